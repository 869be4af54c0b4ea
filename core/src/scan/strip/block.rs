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

use super::super::machine::{Encoding, State, StringKind};
use super::super::simd::{BLOCK, Isa, Task};
use super::scalar::{self, Output};
use super::{Invalid, Stripped, Stripper};

/// One call of [`Stripper::strip`], for whichever engine the stripper has.
pub(super) struct Strip<'a> {
    pub(super) stripper: &'a mut Stripper,
    pub(super) input: &'a [u8],
    pub(super) out: &'a mut [u8],
}

impl Task for Strip<'_> {
    type Output = Stripped;

    #[inline(always)]
    fn blocks<I: Isa>(self, isa: I) -> Stripped {
        run(isa, self.stripper, self.input, self.out)
    }

    fn scalar(self) -> Stripped {
        scalar::strip(self.stripper, self.input, self.out)
    }
}

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
}

impl Carry {
    /// The state as carries, if the block engine can go on from it.
    #[inline(always)]
    fn of(stripper: &Stripper) -> Option<Self> {
        if !stripper.machine.pending().is_empty() || stripper.lone_c2 {
            return None;
        }
        let mut carry = Self::default();
        match stripper.machine.state {
            State::Ground => {}
            State::Escape => carry.escape = 1,
            State::Csi => carry.csi = 1,
            State::EscapeIntermediate => carry.intermediate = 1,
            State::String(StringKind::Osc) => carry.osc = 1,
            State::String(_) | State::StringEscape(_) => return None,
        }
        Some(carry)
    }

    #[inline(always)]
    fn state(self) -> State {
        if self.none() {
            State::Ground
        } else if self.escape == 1 {
            State::Escape
        } else if self.csi == 1 {
            State::Csi
        } else if self.intermediate == 1 {
            State::EscapeIntermediate
        } else {
            State::String(StringKind::Osc)
        }
    }

    #[inline(always)]
    fn none(self) -> bool {
        self.escape | self.csi | self.intermediate | self.osc == 0
    }
}

/// What the masks say of one block.
struct Verdict {
    keep: u64,
    /// Bytes at the end that begin a character which is not whole: the next block begins with them.
    tail: u32,
    carry: Carry,
}

/// The bytes that have one of `starts` before or at them inside a run of `run`, the bytes behind those
/// runs, and whether one goes on past the block.
#[inline(always)]
fn ripple(run: u64, starts: u64) -> (u64, u64, u64) {
    let (sum, overflow) = run.overflowing_add(starts);
    (run & !sum, sum & !run, u64::from(overflow))
}

/// Bounds every sequence of a block; `None` if it is irregular. `valid` is all ones from some bit up;
/// the bytes below are not part of the stream.
#[inline(always)]
fn judge<I: Isa>(
    isa: I,
    v: I::Vector,
    special: u64,
    valid: u64,
    stripper: &Stripper,
    carry: Carry,
) -> Option<Verdict> {
    let first = valid & valid.wrapping_neg();
    let high = isa.high(v) & valid;
    let tail = if high == 0 { 0 } else { characters(isa, v, high, valid, stripper)? };
    let escape = isa.equal(v, 0x1B) & valid;
    let after = (escape << 1) | (first * carry.escape);
    let mut out = Carry { escape: escape >> 63, ..Carry::default() };
    let mut drop = special & !high;

    let open = isa.equal(v, b'[') & after;
    if open | carry.csi != 0 {
        let (body, end, goes_on) = ripple(isa.range(v, 0x20, 0x3F), (open << 1) | (first * carry.csi));
        let last = end & isa.range(v, 0x40, 0x7E);
        if end & !last & !escape != 0 {
            return None;
        }
        drop |= open | body | last;
        out.csi = goes_on | open >> 63;
    }
    let other = after & !open & !escape;
    if other | carry.intermediate | carry.osc != 0 {
        drop |= others(isa, v, other, escape, first, carry, &mut out)?;
    }
    Some(Verdict { keep: valid & !drop & (u64::MAX >> tail), tail, carry: out })
}

/// What to drop for the escape sequences that are not control sequences; `other` are the bytes after
/// their ESC.
#[inline(always)]
fn others<I: Isa>(
    isa: I,
    v: I::Vector,
    other: u64,
    escape: u64,
    first: u64,
    carry: Carry,
    out: &mut Carry,
) -> Option<u64> {
    let intermediates = isa.range(v, 0x20, 0x2F);
    let finals = isa.range(v, 0x30, 0x7E);
    let (body, end, goes_on) = ripple(intermediates, (other & intermediates) | (first * carry.intermediate));
    let last = end & finals;
    let strings = isa.equal(v, b'P') | isa.equal(v, b'X') | isa.range(v, b'^', b'_');
    if end & !last & !escape | other & !(intermediates | finals) | other & strings != 0 {
        return None;
    }
    out.intermediate = goes_on;
    let mut drop = body | last | other & finals;
    let commands = other & isa.equal(v, b']') | first * carry.osc;
    if commands != 0 {
        let ends = escape | isa.equal(v, 0x07) | isa.equal(v, 0x18) | isa.equal(v, 0x1A);
        let (body, _, goes_on) = ripple(!ends, commands);
        drop |= body;
        out.osc = goes_on;
    }
    Some(drop)
}

/// Checks the characters beyond ASCII of a block that begins with a whole one: how many bytes at its
/// end begin one that is not whole, or `None` if there is a C1 control or something ill-formed.
///
/// Every lead byte calls for so many continuation bytes; the text is well-formed if those called for are
/// those that are there, and the few leads that restrict their second byte (Unicode 16, table 3-7)
/// are content.
#[inline(always)]
fn characters<I: Isa>(isa: I, v: I::Vector, high: u64, valid: u64, stripper: &Stripper) -> Option<u32> {
    let keep = stripper.invalid == Invalid::Keep;
    if stripper.machine.encoding == Encoding::EightBit {
        return (keep && isa.range(v, 0x80, 0x9F) & valid == 0).then_some(0);
    }
    let continuation = isa.range(v, 0x80, 0xBF) & valid;
    if keep {
        let c2 = (isa.equal(v, 0xC2) & valid) << 1;
        let fine = c2 & !continuation == 0 && (c2 == 0 || c2 & isa.range(v, 0x80, 0x9F) == 0);
        return fine.then_some(u32::from(isa.equal(v, 0xC2) >> 63 != 0));
    }
    let two = high & !continuation;
    let three = two & isa.range(v, 0xE0, 0xFF);
    let four = three & isa.range(v, 0xF0, 0xFF);
    if continuation != two << 1 | three << 2 | four << 3 {
        return None;
    }
    if isa.suspect(v) & valid != 0 && restricted(isa, v, valid) {
        return None;
    }
    Some(match (two >> 63, three >> 62, four >> 61) {
        (1, ..) => 1,
        (_, 1.., _) => 2,
        (.., 1..) => 3,
        _ => 0,
    })
}

/// Whether a lead byte is none, or followed by a byte that it excludes, or is half of a C1 control.
#[inline(always)]
fn restricted<I: Isa>(isa: I, v: I::Vector, valid: u64) -> bool {
    let follows = |lead| (isa.equal(v, lead) & valid) << 1;
    let never = (isa.range(v, 0xC0, 0xC1) | isa.range(v, 0xF5, 0xFF)) & valid;
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
fn run<I: Isa>(isa: I, stripper: &mut Stripper, input: &[u8], out: &mut [u8]) -> Stripped {
    let mut out = Output { bytes: out, written: 0 };
    let mut read = 0;
    while read < input.len() {
        let mut least = 1;
        if let Some(carry) = Carry::of(stripper) {
            read += blocks(isa, stripper, carry, input, read, &mut out);
            least = BLOCK;
        } else if let State::String(_) = stripper.machine.state
            && stripper.machine.pending().is_empty()
        {
            read += string(isa, stripper.machine.encoding, input.get(read..).unwrap_or(&[]));
        }
        let rest = input.get(read..).unwrap_or(&[]);
        let stepped = scalar::advance(stripper, rest, least, &mut out);
        read += stepped;
        if stepped < least.min(rest.len()) {
            break; // the output is full
        }
    }
    Stripped { consumed: read, written: out.written }
}

/// Strips `input` from `start` on until a block is irregular or the output may not have room for it,
/// leaves the state in the stripper, and returns how many bytes that were.
#[inline(always)]
fn blocks<I: Isa>(
    isa: I,
    stripper: &mut Stripper,
    mut carry: Carry,
    input: &[u8],
    start: usize,
    out: &mut Output<'_>,
) -> usize {
    let mut read = start;
    loop {
        let rest = input.get(read..).unwrap_or(&[]);
        let Some(block) = rest.first_chunk::<BLOCK>() else { break };
        let Some(room) = out.bytes.get_mut(out.written..).and_then(|room| room.first_chunk_mut::<BLOCK>()) else {
            break;
        };
        let v = isa.load(block);
        let special = isa.special(v);
        if special == 0 && carry.none() {
            isa.store(v, room);
            read += BLOCK;
            out.written += BLOCK;
            continue;
        }
        let Some(verdict) = judge(isa, v, special, u64::MAX, stripper, carry) else {
            stripper.machine.state = carry.state();
            return read - start;
        };
        isa.compact(v, block, verdict.keep, room);
        out.written += verdict.keep.count_ones() as usize;
        read += BLOCK - verdict.tail as usize;
        carry = verdict.carry;
    }
    if let Some((consumed, after)) = last(isa, stripper, carry, input, read, out) {
        read += consumed;
        carry = after;
    }
    stripper.machine.state = carry.state();
    read - start
}

/// The last bytes of `input`, fewer than a block, as the upper end of one; or nothing, if they are
/// irregular or have no room.
#[inline(always)]
fn last<I: Isa>(
    isa: I,
    stripper: &Stripper,
    carry: Carry,
    input: &[u8],
    read: usize,
    out: &mut Output<'_>,
) -> Option<(usize, Carry)> {
    let rest = input.get(read..)?;
    if rest.len() < 8 || rest.len() > BLOCK {
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
    let verdict = judge(isa, v, isa.special(v), valid, stripper, carry)?;
    let count = verdict.keep.count_ones() as usize;
    let room = out.bytes.get_mut(out.written..)?;
    match room.first_chunk_mut::<BLOCK>() {
        Some(room) => isa.compact(v, block, verdict.keep, room),
        None => {
            let mut packed = [0; BLOCK];
            isa.compact(v, block, verdict.keep, &mut packed);
            room.get_mut(..count)?.copy_from_slice(packed.get(..count)?);
        }
    }
    out.written += count;
    Some((rest.len() - verdict.tail as usize, verdict.carry))
}

/// How many bytes of an open control string come before one that could end it.
#[inline(always)]
fn string<I: Isa>(isa: I, encoding: Encoding, input: &[u8]) -> usize {
    let mut read = 0;
    while let Some(block) = input.get(read..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
        let v = isa.load(block);
        let c1 = match encoding {
            Encoding::Utf8 => isa.equal(v, 0xC2),
            Encoding::EightBit => isa.range(v, 0x80, 0x9F),
        };
        let ends = isa.equal(v, 0x1B) | isa.equal(v, 0x07) | isa.equal(v, 0x18) | isa.equal(v, 0x1A) | c1;
        if ends != 0 {
            return read + ends.trailing_zeros() as usize;
        }
        read += BLOCK;
    }
    read
}
