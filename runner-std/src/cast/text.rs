//! Bytes to text, however they were cut.

/// Turns a stream of bytes into pieces of valid UTF-8 for a format that only holds text.
///
/// A character that is cut by the border between two pieces belongs to the later one. What is no UTF-8 becomes
/// one U+FFFD per maximal subpart (Unicode 3.9, as in WHATWG Encoding), the same for every cut.
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character whose end has not come yet: at most three bytes.
    cut: Vec<u8>,
}

impl Utf8 {
    /// The text that `bytes` completes.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        let whole = all.len() - cut_tail(&all);
        self.cut = all.split_off(whole);
        String::from_utf8_lossy(&all).into_owned()
    }

    /// What is left at the end of the stream: U+FFFD for a character that never ended, or nothing.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.cut)).into_owned()
    }
}

/// How many bytes at the end are the beginning of a character.
fn cut_tail(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    (tail..bytes.len())
        .find(|&at| {
            std::str::from_utf8(&bytes[at..])
                .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .map_or(0, |at| bytes.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x90\xA7 \xFF \xE2\x82 \xF0\x9F\x90\x1B[m\xED\xA0\x80\xC0\xAF z\xF0\x9F";

    #[test]
    fn every_cut_gives_the_same_text() {
        let whole = String::from_utf8_lossy(STREAM);
        for first in 0..=STREAM.len() {
            for second in first..=STREAM.len() {
                let mut text = Utf8::default();
                let pieces = [&STREAM[..first], &STREAM[first..second], &STREAM[second..]];
                let mut joined: String = pieces.iter().map(|piece| text.push(piece)).collect();
                joined.push_str(&text.finish());
                assert_eq!(joined, whole, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_character_that_is_not_complete_waits_for_its_end() {
        let mut text = Utf8::default();
        assert_eq!(text.push(b"x\xF0\x9F"), "x");
        assert_eq!(text.push(b"\x90"), "");
        assert_eq!(text.push(b"\xA7"), "🐧");
        assert_eq!(text.finish(), "");
    }
}
