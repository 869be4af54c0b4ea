//! Finding where runs end, many bytes at a time: the only inner loops of the scanner.
//!
//! Text looks at a register at a time, since its runs are short; strings look at blocks with a test that
//! compilers turn into vector code.

use super::machine::StringKind;

/// Bytes looked at together.
const BLOCK: usize = 32;
/// What a register holds. WebAssembly has 64 bits for it, though its addresses have 32.
#[cfg(not(target_family = "wasm"))]
type Word = usize;
#[cfg(target_family = "wasm")]
type Word = u64;
/// Its bytes.
pub(super) const WORD: usize = size_of::<Word>();

/// Length of the run of text that `bytes` (UTF-8) begin with: up to the first C0 control, DEL or
/// C1 control (`C2 80`–`C2 9F`). A `C2` that ends the input is inside the run; so is invalid UTF-8.
#[inline]
pub(super) fn text_end(bytes: &[u8]) -> usize {
    let ascii = ascii_end(bytes);
    match bytes.get(ascii..) {
        Some(rest @ [0x80..=0xFF, ..]) => ascii + foreign_end(rest),
        _ => ascii,
    }
}

/// Length of the run of printable ASCII that `bytes` begin with.
#[inline]
pub(super) fn ascii_end(bytes: &[u8]) -> usize {
    first(bytes, unprintable)
}

/// How many bytes of `word` are printable ASCII before the first that is not.
#[inline(always)]
pub(super) fn plain(word: &[u8; WORD]) -> usize {
    let stops = unprintable(Word::from_le_bytes(*word)) & HIGH;
    if stops == 0 { WORD } else { stops.trailing_zeros() as usize / 8 }
}

/// Length of the run of parameters and intermediates (0x20–0x3F) that `bytes` begin with.
#[inline(always)]
pub(super) fn parameters_end(bytes: &[u8]) -> usize {
    match bytes.first_chunk() {
        Some(word) => {
            let others = (Word::from_le_bytes(*word) ^ (EACH * 0x20)) & (EACH * 0xE0);
            match others.trailing_zeros() as usize / 8 {
                WORD => WORD + bytewise(bytes.get(WORD..).unwrap_or(&[])),
                few => few,
            }
        }
        None => bytewise(bytes),
    }
}

fn bytewise(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| (0x20..=0x3F).contains(*byte)).count()
}

/// As [`text_end`], where not all is ASCII.
fn foreign_end(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        let stop = first(rest, |word| below_space(word) | equal(word, 0x7F) | equal(word, 0xC2));
        rest = rest.get(stop..).unwrap_or(&[]);
        match rest {
            [0xC2, 0x80..=0x9F, ..] | [..=0x7F, ..] | [] => return bytes.len() - rest.len(),
            [_, after @ ..] => rest = after,
        }
    }
}

/// Length of the piece of a control string's body that `bytes` begin with: up to the first byte
/// that ends the string or may (ESC; CAN, SUB; BEL in an OSC; U+009C or a `C2` that ends the input;
/// in 8-bit streams 0x9C).
pub(super) fn body_end(bytes: &[u8], kind: StringKind, eight_bit: bool) -> usize {
    let high = if eight_bit { 0x9C } else { 0xC2 };
    let bell = if kind == StringKind::Osc { 0x07 } else { 0x1B };
    let stops = |byte: u8| matches!(byte, 0x18 | 0x1A | 0x1B) || byte == bell || byte == high;
    let mut at = 0;
    loop {
        at += plain_blocks(bytes.get(at..).unwrap_or(&[]), stops);
        let rest = bytes.get(at..).unwrap_or(&[]);
        let Some(stop) = rest.iter().position(|&byte| stops(byte)) else { return bytes.len() };
        let after = rest.get(stop..).unwrap_or(&[]);
        match after {
            [0xC2, 0x9C, ..] | [0xC2] if !eight_bit => return at + stop,
            [0xC2, ..] if !eight_bit => at += stop + 1,
            _ => return at + stop,
        }
    }
}

/// Index of the first byte that `stops` marks in its high bit, a word at a time. Marks of bytes
/// behind the first one may be wrong.
#[inline(always)]
fn first(bytes: &[u8], stops: impl Fn(Word) -> Word) -> usize {
    let marks = |word: &[u8; WORD]| stops(Word::from_le_bytes(*word)) & HIGH;
    let place = |marks: Word| marks.trailing_zeros() as usize / 8;
    let (words, tail) = bytes.as_chunks();
    let (pairs, single) = words.as_chunks();
    let mut rest = pairs.iter();
    while let Some([one, two]) = rest.next() {
        let (one, two) = (marks(one), marks(two));
        if one | two != 0 {
            let before = (pairs.len() - rest.len() - 1) * 2 * WORD;
            return before + if one != 0 { place(one) } else { WORD + place(two) };
        }
    }
    if let [word] = single {
        let marks = marks(word);
        if marks != 0 {
            return bytes.len() - tail.len() - WORD + place(marks);
        }
    }
    match bytes.last_chunk() {
        _ if tail.is_empty() => bytes.len(),
        // The last word once more with what is left: the bytes before that are known not to stop.
        Some(word) => bytes.len() - WORD + place(marks(word)),
        None => bytes.iter().take_while(|&&byte| stops(Word::from(byte) | PLAIN) & 0x80 == 0).count(),
    }
}

const EACH: Word = Word::MAX / 0xFF;
const HIGH: Word = EACH * 0x80;
/// Bytes that stop nothing, above one that may.
const PLAIN: Word = EACH * 0x20 - 0x20;

/// Marks the first byte that is not printable ASCII: one subtraction finds those below 0x20 and from 0xA0 on,
/// one addition those from 0x7F to 0xFE.
#[inline(always)]
fn unprintable(word: Word) -> Word {
    word.wrapping_sub(EACH * 0x20) | word.wrapping_add(EACH)
}

/// Marks the first byte below 0x20.
fn below_space(word: Word) -> Word {
    word.wrapping_sub(EACH * 0x20) & !word
}

/// Marks the first byte that is `byte`.
fn equal(word: Word, byte: u8) -> Word {
    let zero = word ^ (EACH * Word::from(byte));
    zero.wrapping_sub(EACH) & !zero
}

/// Bytes in the whole blocks before the first block that holds a byte that `stops`.
fn plain_blocks(bytes: &[u8], stops: impl Fn(u8) -> bool) -> usize {
    let plain = |block: &&[u8]| !block.iter().fold(false, |any, &byte| any | stops(byte));
    bytes.chunks_exact(BLOCK).take_while(plain).count() * BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place of a run that is longer than two blocks.
    #[test]
    fn runs_end_where_the_slow_definition_says() {
        for length in [0, 1, 31, 32, 33, 63, 64, 65, 70] {
            for place in 0..length {
                for byte in 0..=255u8 {
                    let mut bytes = [b'a'; 70];
                    bytes[place] = byte;
                    let bytes = &bytes[..length];
                    let control = byte < 0x20 || byte == 0x7F;
                    assert_eq!(text_end(bytes), if control { place } else { length });
                    let ascii = !control && byte < 0x80;
                    assert_eq!(ascii_end(bytes), if ascii { length } else { place });
                    let ends = matches!(byte, 7 | 0x18 | 0x1A | 0x1B) || byte == 0xC2 && place + 1 == length;
                    assert_eq!(body_end(bytes, StringKind::Osc, false), if ends { place } else { length });
                }
            }
        }
    }

    #[test]
    fn a_c1_control_ends_a_run_and_its_look_alike_does_not() {
        for place in 0..68 {
            let mut bytes = [b'a'; 70];
            bytes[place] = 0xC2;
            bytes[place + 1] = 0x9C;
            assert_eq!(text_end(&bytes), place);
            assert_eq!(body_end(&bytes, StringKind::Dcs, false), place);
            assert_eq!(body_end(&bytes, StringKind::Dcs, true), place + 1);
            bytes[place + 1] = 0xA9;
            assert_eq!(text_end(&bytes), 70);
            assert_eq!(body_end(&bytes, StringKind::Dcs, false), 70);
        }
    }
}
