//! The block engine: sixty-four bytes become bit masks, and all escape sequences in them are bounded
//! by a few additions instead of a loop.
//!
//! A control sequence is `ESC [`, a run of parameter and intermediate bytes (0x20–0x3F), a final
//! byte. Set one bit at the first byte of each run and add the mask of all such bytes: the carry
//! ripples through the run and comes to rest on the byte behind it. What rippled is the sequence,
//! where it rests is the final byte, and a carry out of bit 63 means that the sequence goes on in
//! the next block. Intermediates of other escapes and operating system commands are runs of other
//! bytes and end the same way. (simdjson finds runs of backslashes like this: Langdale and Lemire,
//! "Parsing gigabytes of JSON per second", 2019, section 3.1.1.)
//!
//! Anything rare (a control inside a sequence, ill-formed UTF-8, DCS and its like) makes the block
//! *irregular*, and [`scalar`] takes it, byte by byte, to the same result.

use super::super::machine::{State, StringKind};
use super::super::simd::{BLOCK, Isa};
use super::scalar::{self, Output};
use super::{Stripped, Stripper};

/// What reaches over the border of two blocks, each 0 or 1.
#[derive(Clone, Copy, Default)]
struct Carry {
    /// The last byte was ESC.
    escape: u64,
    /// In the parameters of a control sequence.
    csi: u64,
    /// In the intermediates of an escape sequence.
    intermediate: u64,
    /// In an operating system command.
    osc: u64,
    /// Bit *i*: byte *i* has to be a continuation byte. Up to three, and not a carry of 0 or 1.
    expect: u64,
}

impl Carry {
    /// The state as carries, if the block engine can go on from it.
    #[inline(always)]
    fn of(stripper: &Stripper) -> Option<Self> {
        let state = stripper.machine.state;
        let carry = Self {
            escape: u64::from(state == State::Escape),
            csi: u64::from(state == State::Csi),
            intermediate: u64::from(state == State::EscapeIntermediate),
            osc: u64::from(state == State::String(StringKind::Osc)),
            expect: 0,
        };
        let known = state == State::Ground || !carry.none();
        (known && stripper.machine.pending().is_empty() && !stripper.lone_c2).then_some(carry)
    }

    /// The state that the carries stand for. A lookup, because a branch on where a chunk happens to be
    /// cut cannot be foreseen.
    #[inline(always)]
    fn state(self) -> State {
        const STATES: [State; 8] = [
            State::Ground,
            State::Escape,
            State::Csi,
            State::EscapeIntermediate,
            State::String(StringKind::Osc),
            State::Ground,
            State::Ground,
            State::Ground,
        ];
        let index = self.escape + 2 * self.csi + 3 * self.intermediate + 4 * self.osc;
        STATES[index as usize & 7]
    }

    #[inline(always)]
    fn none(self) -> bool {
        self.escape | self.csi | self.intermediate | self.osc | self.expect == 0
    }
}

/// What the masks say of one block.
struct Verdict {
    keep: u64,
    /// The last byte has to be looked at with those behind it: the next block begins with it.
    again: bool,
    carry: Carry,
}

/// The bytes of each run of `run` from the bit in `starts` on (which is in the run or just behind it),
/// the bytes behind those runs, and whether one goes on past the block.
#[inline(always)]
fn ripple(run: u64, starts: u64) -> (u64, u64, u64) {
    let (sum, overflow) = run.overflowing_add(starts);
    (run & !sum, sum & !run, u64::from(overflow))
}

/// Bounds every sequence of a block; `None` if it is irregular. `valid` is all ones from some bit up;
/// the bytes below are not part of the stream.
#[inline(always)]
fn judge<I: Isa, const KEEP: bool>(isa: I, v: I::Vector, valid: u64, carry: Carry) -> Option<Verdict> {
    let first = valid & valid.wrapping_neg();
    let unprintable = isa.unprintable(v);
    let high = isa.high(v) & valid;
    let (expect, again) = match high | carry.expect {
        0 => (0, false),
        _ => characters::<I, KEEP>(isa, v, high, first, carry.expect)?,
    };
    let escape = isa.equal(v, 0x1B) & valid;
    let after = (escape << 1) | (first * carry.escape);
    let open = isa.equal(v, b'[') & after;
    let (body, last, goes_on) = ripple(isa.range(v, 0x20, 0x3F), (open << 1) | (first * carry.csi));
    if last & unprintable & !escape != 0 {
        return None;
    }
    let mut out = Carry { escape: escape >> 63, csi: goes_on | open >> 63, expect, ..Carry::default() };
    let mut drop = (unprintable & !isa.layout(v) & !high) | open | body | last;
    let other = after & !open & !escape;
    if other | carry.intermediate | carry.osc != 0 {
        drop |= others(isa, v, other, unprintable, escape, first, carry, &mut out)?;
    }
    Some(Verdict { keep: valid & !drop & (u64::MAX >> u32::from(again)), again, carry: out })
}

/// What to drop for the escape sequences that are not control sequences; `other` are the bytes after
/// their ESC.
#[expect(clippy::too_many_arguments, reason = "the masks that `judge` has, once more would cost time")]
#[inline(always)]
fn others<I: Isa>(
    isa: I,
    v: I::Vector,
    other: u64,
    unprintable: u64,
    escape: u64,
    first: u64,
    carry: Carry,
    out: &mut Carry,
) -> Option<u64> {
    let intermediates = isa.range(v, 0x20, 0x2F);
    let (body, last, goes_on) = ripple(intermediates, (other & intermediates) | (first * carry.intermediate));
    if (last | other) & unprintable & !escape != 0 {
        return None;
    }
    out.intermediate = goes_on;
    let mut drop = body | last | other;
    if (other & isa.range(v, 0x50, 0x5F)) | carry.osc != 0 {
        let strings = isa.equal(v, b'P') | isa.equal(v, b'X') | isa.range(v, b'^', b'_');
        if other & strings != 0 {
            return None;
        }
        let commands = (other & isa.equal(v, b']')) | (first * carry.osc);
        let ends = escape | isa.equal(v, 0x07) | isa.equal(v, 0x18) | isa.equal(v, 0x1A);
        let (body, _, goes_on) = ripple(!ends, commands);
        drop |= body;
        out.osc = goes_on;
    }
    Some(drop)
}

/// Checks the characters beyond ASCII: which bytes of the next block they call for, and whether the
/// last byte has to be looked at again with that block; `None` if there is a C1 control or
/// something ill-formed.
///
/// Every lead byte calls for so many continuation bytes; the text is well-formed if those called for are
/// those that are there, and the few leads that restrict their second byte (Unicode 16, table 3-7)
/// are content.
#[inline(always)]
pub(super) fn characters<I: Isa, const KEEP: bool>(
    isa: I,
    v: I::Vector,
    high: u64,
    first: u64,
    expect: u64,
) -> Option<(u64, bool)> {
    let continuation = isa.continuation(v) & high;
    if KEEP {
        let c2 = isa.equal(v, 0xC2) & high;
        if c2 == 0 {
            return Some((0, false));
        }
        let fine = (c2 << 1) & (!continuation | isa.range(v, 0x80, 0x9F)) == 0;
        return fine.then_some((0, c2 >> 63 != 0));
    }
    let two = high & !continuation;
    let three = two & isa.high_from(v, 0xE0);
    let four = three & isa.high_from(v, 0xF0);
    if continuation != two << 1 | three << 2 | four << 3 | (first * expect) {
        return None;
    }
    let expect = two >> 63 | three >> 62 | four >> 61;
    let suspect = isa.suspect(v) & high;
    if suspect == 0 {
        return Some((expect, false));
    }
    if restricted(isa, v, high) {
        return None;
    }
    let again = suspect >> 63 != 0;
    Some((if again { 0 } else { expect }, again))
}

/// Whether a lead byte is none, or followed by a byte that it excludes, or is half of a C1 control.
#[inline(always)]
fn restricted<I: Isa>(isa: I, v: I::Vector, high: u64) -> bool {
    let follows = |lead| (isa.equal(v, lead) & high) << 1;
    let never = (isa.range(v, 0xC0, 0xC1) | isa.range(v, 0xF5, 0xFF)) & high;
    let low = isa.range(v, 0x80, 0x9F);
    let lowest = isa.range(v, 0x80, 0x8F);
    let excluded = (follows(0xC2) | follows(0xE0)) & low
        | follows(0xED) & !low
        | follows(0xF0) & lowest
        | follows(0xF4) & !lowest;
    never | excluded != 0
}

/// Strips block by block, with excursions into [`scalar`].
#[inline(always)]
pub(super) fn run<I: Isa, const KEEP: bool>(
    isa: I,
    stripper: &mut Stripper,
    input: &[u8],
    out: &mut [u8],
) -> Stripped {
    let mut out = Output { bytes: out, written: 0 };
    let mut read = if input.len() <= BLOCK { short::<I, KEEP>(isa, stripper, input, &mut out) } else { 0 };
    while read < input.len() {
        let mut least = 1;
        if let Some(carry) = Carry::of(stripper) {
            if input.len() - read >= WORTH_A_BLOCK {
                let (consumed, carry) = blocks::<I, KEEP>(isa, carry, input, read, &mut out);
                stripper.machine.state = carry.state();
                read = consumed;
            }
            least = BLOCK;
        } else if let State::String(_) = stripper.machine.state
            && stripper.machine.pending().is_empty()
        {
            read += string(isa, input.get(read..).unwrap_or(&[]));
        }
        let rest = input.get(read..).unwrap_or(&[]);
        if rest.is_empty() {
            break;
        }
        let stepped = scalar::advance(stripper, rest, least, &mut out);
        read += stepped;
        if stepped < least.min(rest.len()) {
            break; // the output is full
        }
    }
    Stripped { consumed: read, written: out.written }
}

/// An input that is one block at most: the way of terminals and serial ports, on which setting up the
/// loops would cost more than the work. Returns how far it came, which is the end but for a character
/// that is cut there and for what is irregular.
#[inline(always)]
fn short<I: Isa, const KEEP: bool>(
    isa: I,
    stripper: &mut Stripper,
    input: &[u8],
    out: &mut Output<'_>,
) -> usize {
    let mut read = 0;
    if !stripper.machine.pending().is_empty() {
        read = scalar::advance(stripper, input, 1, out);
    }
    let rest = input.get(read..).unwrap_or(&[]);
    let Some(carry) = Carry::of(stripper) else { return read };
    let Some((again, carry)) = last::<I, KEEP>(isa, carry, input, rest, out) else { return read };
    stripper.machine.state = carry.state();
    take_back(input, input.len() - usize::from(again), carry, out)
}

/// Blocks that are treated alike. If all of a group were plain, the next ones are looked at as such
/// first; in mixed text such a look is as good as a coin, and a wrong guess of the processor costs
/// more than the masks.
const GROUP: usize = 8;

/// Strips `input` from `read` on until a block is irregular, the input ends or the output may not have
/// room. Returns how far it came and what reaches over that border.
#[inline(always)]
fn blocks<I: Isa, const KEEP: bool>(
    isa: I,
    mut carry: Carry,
    input: &[u8],
    mut read: usize,
    out: &mut Output<'_>,
) -> (usize, Carry) {
    let mut plain = false;
    'aligned: loop {
        let (chunks, rest) = input.get(read..).unwrap_or(&[]).as_chunks::<BLOCK>();
        for group in chunks.chunks(GROUP) {
            if plain && copy_plain(isa, group, out) {
                read += group.as_flattened().len();
                continue;
            }
            let mut kept = u64::MAX;
            for block in group {
                let Some(room) = room(out) else { break 'aligned };
                let v = isa.load(block);
                let Some(verdict) = judge::<I, KEEP>(isa, v, u64::MAX, carry) else { break 'aligned };
                isa.compact(v, verdict.keep, room);
                out.written += verdict.keep.count_ones() as usize;
                carry = verdict.carry;
                kept &= verdict.keep;
                read += BLOCK;
                if verdict.again {
                    read -= 1;
                    continue 'aligned;
                }
                if verdict.keep == 0 && carry.osc == 1 {
                    let more = string(isa, input.get(read..).unwrap_or(&[]));
                    read += more - more % BLOCK;
                    continue 'aligned;
                }
            }
            plain = kept == u64::MAX && carry.none();
        }
        if let Some((again, after)) = last::<I, KEEP>(isa, carry, input, rest, out) {
            read = input.len() - usize::from(again);
            carry = after;
        }
        break;
    }
    (take_back(input, read, carry, out), carry)
}

/// Takes back what is there of a character that reaches over the end of what was read, for it may be
/// none; returns how far was read without it.
#[inline(always)]
fn take_back(input: &[u8], read: usize, carry: Carry, out: &mut Output<'_>) -> usize {
    if carry.expect == 0 {
        return read;
    }
    let before = input.get(..read).unwrap_or(&[]);
    let begun = 1 + before.iter().rev().take_while(|byte| **byte < 0xC0).count();
    out.written -= begun * (1 - carry.osc as usize);
    read - begun
}

/// The next block of the output, if there is room for one.
#[inline(always)]
fn room<'o>(out: &'o mut Output<'_>) -> Option<&'o mut [u8; BLOCK]> {
    out.bytes.get_mut(out.written..)?.first_chunk_mut::<BLOCK>()
}

/// Copies a group if all of it is plain and has room.
#[inline(always)]
fn copy_plain<I: Isa>(isa: I, group: &[[u8; BLOCK]], out: &mut Output<'_>) -> bool {
    let end = out.written + group.as_flattened().len();
    let Some(room) = out.bytes.get_mut(out.written..end) else { return false };
    for (block, room) in group.iter().zip(room.as_chunks_mut::<BLOCK>().0) {
        let v = isa.load(block);
        if !isa.is_plain(v) {
            return false;
        }
        isa.store(v, room);
    }
    out.written = end;
    true
}

/// The `rest` of `input`, fewer bytes than a block, as the upper end of one; or nothing, if they are
/// irregular or have no room.
#[inline(always)]
fn last<I: Isa, const KEEP: bool>(
    isa: I,
    carry: Carry,
    input: &[u8],
    rest: &[u8],
    out: &mut Output<'_>,
) -> Option<(bool, Carry)> {
    if rest.len() < WORTH_A_BLOCK {
        return None;
    }
    let mut padded = [0; BLOCK];
    let block = match input.last_chunk::<BLOCK>() {
        Some(block) => block,
        None => {
            padded.get_mut(BLOCK - rest.len()..)?.copy_from_slice(rest);
            &padded
        }
    };
    let valid = u64::MAX << (BLOCK - rest.len());
    let v = isa.load(block);
    let verdict = judge::<I, KEEP>(isa, v, valid, carry)?;
    let count = verdict.keep.count_ones() as usize;
    let room = out.bytes.get_mut(out.written..)?;
    match room.first_chunk_mut::<BLOCK>() {
        Some(room) => isa.compact(v, verdict.keep, room),
        None => {
            let mut packed = [0; BLOCK];
            isa.compact(v, verdict.keep, &mut packed);
            room.get_mut(..count)?.copy_from_slice(packed.get(..count)?);
        }
    }
    out.written += count;
    Some((verdict.again, verdict.carry))
}

/// Fewer bytes than these are sooner done one by one.
const WORTH_A_BLOCK: usize = 8;

/// How many bytes of an open control string come before one that could end it.
#[inline(always)]
fn string<I: Isa>(isa: I, input: &[u8]) -> usize {
    let mut read = 0;
    for block in input.as_chunks::<BLOCK>().0 {
        let v = isa.load(block);
        let ends = isa.equal(v, 0x1B) | isa.equal(v, 0x07) | isa.equal(v, 0x18) | isa.equal(v, 0x1A);
        let ends = ends | isa.equal(v, 0xC2);
        if ends != 0 {
            return read + ends.trailing_zeros() as usize;
        }
        read += BLOCK;
    }
    read
}
