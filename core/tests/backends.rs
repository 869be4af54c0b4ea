//! Every backend, every cut and every output size gives the text that the scalar one gives.
use stillwire::scan::{
    Backend, Encoding,
    strip::{Config, Invalid, Stripper},
};

struct Rng(u64);
impl Rng {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }
}

fn strip(
    mut stripper: Stripper,
    input: &[u8],
    mut cut: impl FnMut() -> usize,
    mut room: impl FnMut() -> usize,
) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (mut chunk, after) = rest.split_at(cut().clamp(1, rest.len()));
        rest = after;
        while !chunk.is_empty() {
            let mut out = vec![0xAA; room()];
            let done = stripper.strip(chunk, &mut out);
            assert!(done.consumed > 0 || done.written > 0, "no way forward");
            text.extend_from_slice(&out[..done.written]);
            chunk = &chunk[done.consumed..];
        }
    }
    let mut out = [0; 4];
    let n = stripper.finish(&mut out);
    text.extend_from_slice(&out[..n]);
    text
}

fn in_place(mut stripper: Stripper, input: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut buffer = [b".".repeat(Stripper::MIN_OUTPUT), input.to_vec()].concat();
    let mut start = Stripper::MIN_OUTPUT;
    while start < buffer.len() {
        let done = stripper.strip_in_place(&mut buffer, start);
        assert!(done.consumed > 0, "no way forward");
        text.extend_from_slice(&buffer[..done.written]);
        start += done.consumed;
    }
    let mut end = [0; 4];
    let n = stripper.finish(&mut end);
    text.extend_from_slice(&end[..n]);
    text
}

const PIECES: &[&[u8]] = &[
    b"\x1b[0m",
    b"\x1b[1;31m",
    b"\x1b[38;2;1;2;3m",
    b"\x1b]8;;http://example.org/\x1b\\",
    b"\x1b]0;title\x07",
    b"\x1b(B",
    b"\x1b7",
    b"\x1bPq#0;2;0;0;0~~@@vv\x1b\\",
    b"\x1b_G\xe6\x9c\x9b\x1b\\",
    b"\xc2\x9b1m",
    b"\xc2\x9d0;x\xc2\x9c",
    "é漢字🦀".as_bytes(),
    b"\xe2\x82",
    b"\xff",
    b"\xc2",
    b"\x9b",
    b"\x90",
    b"\x1b",
    b"\x18",
    b"\x07",
    b"\n",
    b"\t\r",
    b"\x7f",
    b"\x1b[3\n1m",
    b"\x1b[3",
    b"\x1b]8;",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc0\xaf",
    b"\xe0\x80",
    b"plain text that is a little longer than a block of sixty-four bytes, to be copied whole.",
    b"a",
    b"bc",
    b"the quick brown fox",
    b"\x1b[?25l",
    b"\x1b# ",
    b"\x1b\x1b[m",
    b"\x1bX..\x07..\x1b\\",
    b"\xc3",
    b"\xa9",
    b"\xf0\x9f\xa6",
    b"\xc2\xa0",
];

#[test]
fn every_backend_gives_the_same_text_for_every_cut() {
    let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
    for round in 0..20_000 {
        let mut input = Vec::new();
        for _ in 0..rng.next(30) {
            match rng.next(8) {
                0 => (0..rng.next(6)).for_each(|_| input.push(rng.next(256) as u8)),
                _ => input.extend_from_slice(PIECES[rng.next(PIECES.len())]),
            }
        }
        for invalid in [Invalid::Replace, Invalid::Drop, Invalid::Keep] {
            for encoding in [Encoding::Utf8, Encoding::EightBit] {
                let config = Config { invalid, encoding };
                let expected = strip(Stripper::scalar(config), &input, || 1 << 20, || 1 << 12);
                for backend in Backend::ALL {
                    let Some(stripper) = Stripper::with_backend(config, backend) else { continue };
                    let got = strip(stripper.clone(), &input, || 1 << 20, || 1 << 12);
                    assert_eq!(got, expected, "round {round}, {backend:?}, {config:?}, whole, {input:02x?}");
                    let mut borrowed = stripper.clone();
                    let mut text = Vec::new();
                    let mut cuts = Rng(rng.0 | 1);
                    let mut rest = &input[..];
                    while !rest.is_empty() {
                        let (chunk, after) = rest.split_at((1 + cuts.next(150)).min(rest.len()));
                        rest = after;
                        borrowed.runs(chunk).for_each(|run| text.extend_from_slice(&run));
                    }
                    let mut end = [0; 4];
                    let n = borrowed.finish(&mut end);
                    text.extend_from_slice(&end[..n]);
                    assert_eq!(text, expected, "round {round}, {backend:?}, {config:?}, runs, {input:02x?}");
                    let got = in_place(stripper.clone(), &input);
                    assert_eq!(
                        got, expected,
                        "round {round}, {backend:?}, {config:?}, in place, {input:02x?}"
                    );
                    let (max, size) = (1 + rng.next(200), 4 + rng.next(200));
                    let mut cuts = Rng(rng.0);
                    let got = strip(stripper, &input, || 1 + cuts.next(max), || size);
                    assert_eq!(got, expected, "round {round}, {backend:?}, {config:?}, cut, {input:02x?}");
                }
            }
        }
    }
}
