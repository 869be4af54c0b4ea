//! What the benchmarks compare: ours and every peer, behind one function type.

use std::hint::black_box;

use stillwire::scan::{
    Backend, Encoding,
    strip::{Config, Invalid, Stripper},
};

/// Strips `input` in chunks of `chunk` bytes with state carried over, and returns how many bytes are
/// left; `None` if it cannot take chunks. `out` has room for all of it.
pub(crate) type Strip = Box<dyn Fn(&[u8], usize, &mut [u8]) -> Option<usize>>;

/// Name and function of everything that is measured.
pub(crate) fn all() -> Vec<(String, Strip)> {
    let mut all: Vec<(String, Strip)> = vec![("memcpy".into(), Box::new(memcpy))];
    for backend in Backend::ALL {
        for (name, invalid) in [("keep", Invalid::Keep), ("replace", Invalid::Replace)] {
            let config = Config { invalid, encoding: Encoding::Utf8 };
            if let Some(stripper) = Stripper::with_backend(config, backend) {
                let name = format!("stillwire {} {name}", format!("{backend:?}").to_lowercase());
                all.push((
                    name,
                    Box::new(move |input, chunk, out| ours(stripper.clone(), input, chunk, out)),
                ));
            }
        }
    }
    all.push(("stillwire runs".into(), Box::new(runs)));
    all.push(("memchr (finds ESC)".into(), Box::new(memchr)));
    all.push(("fast-strip-ansi".into(), Box::new(fast_strip_ansi)));
    all.push(("strip-ansi".into(), Box::new(strip_ansi)));
    all.push(("anstream".into(), Box::new(anstream)));
    all.push(("console".into(), Box::new(console)));
    all.push(("vte".into(), Box::new(vte)));
    all.push(("strip-ansi-escapes".into(), Box::new(strip_ansi_escapes)));
    all
}

fn memcpy(input: &[u8], chunk: usize, out: &mut [u8]) -> Option<usize> {
    for (from, to) in input.chunks(chunk).zip(out.chunks_mut(chunk)) {
        to[..from.len()].copy_from_slice(black_box(from));
    }
    Some(input.len())
}

fn ours(mut stripper: Stripper, input: &[u8], chunk: usize, out: &mut [u8]) -> Option<usize> {
    let mut written = 0;
    for chunk in input.chunks(chunk) {
        let done = stripper.strip(black_box(chunk), &mut out[written..]);
        debug_assert_eq!(done.consumed, chunk.len());
        written += done.written;
    }
    Some(written)
}

/// Borrowed runs, with the fastest backend: nothing is copied.
fn runs(input: &[u8], chunk: usize, _: &mut [u8]) -> Option<usize> {
    let mut stripper = Stripper::new(Config { invalid: Invalid::Keep, encoding: Encoding::Utf8 });
    let chunks = input.chunks(chunk);
    Some(
        chunks
            .map(|chunk| stripper.runs(black_box(chunk)).map(|run| black_box(&run[..]).len()).sum::<usize>())
            .sum(),
    )
}

/// Not a stripper: the least that finding the next escape sequence costs.
fn memchr(input: &[u8], chunk: usize, _: &mut [u8]) -> Option<usize> {
    Some(input.chunks(chunk).map(|chunk| ::memchr::memchr_iter(0x1B, black_box(chunk)).count()).sum())
}

/// Given every advantage: what it calls back with is looked at, not copied.
fn fast_strip_ansi(input: &[u8], chunk: usize, _: &mut [u8]) -> Option<usize> {
    let mut written = 0;
    let mut count = |text: &[u8]| written += black_box(text).len();
    if chunk >= input.len() {
        ::fast_strip_ansi::strip_ansi_bytes_callback(input, count);
    } else {
        let mut stripper = ::fast_strip_ansi::StreamingStripper::new();
        for chunk in input.chunks(chunk) {
            stripper.feed(black_box(chunk), &mut count);
        }
    }
    Some(written)
}

fn strip_ansi(input: &[u8], chunk: usize, _: &mut [u8]) -> Option<usize> {
    (chunk >= input.len()).then_some(())?;
    Some(black_box(::strip_ansi::strip_ansi(std::str::from_utf8(input).ok()?)).len())
}

fn anstream(input: &[u8], chunk: usize, out: &mut [u8]) -> Option<usize> {
    let mut state = ::anstream::adapter::StripBytes::new();
    let mut written = 0;
    for chunk in input.chunks(chunk) {
        for text in state.strip_next(black_box(chunk)) {
            out[written..written + text.len()].copy_from_slice(text);
            written += text.len();
        }
    }
    Some(written)
}

fn console(input: &[u8], chunk: usize, _: &mut [u8]) -> Option<usize> {
    (chunk >= input.len()).then_some(())?;
    Some(black_box(::console::strip_ansi_codes(std::str::from_utf8(input).ok()?)).len())
}

struct Text<'o>(&'o mut [u8], usize);

impl ::vte::Perform for Text<'_> {
    fn print(&mut self, c: char) {
        self.1 += c.encode_utf8(&mut self.0[self.1..]).len();
    }
    fn execute(&mut self, byte: u8) {
        if let b'\t' | b'\n' | b'\r' = byte {
            self.0[self.1] = byte;
            self.1 += 1;
        }
    }
}

fn vte(input: &[u8], chunk: usize, out: &mut [u8]) -> Option<usize> {
    let mut parser = ::vte::Parser::new();
    let mut text = Text(out, 0);
    for chunk in input.chunks(chunk) {
        parser.advance(&mut text, black_box(chunk));
    }
    Some(text.1)
}

fn strip_ansi_escapes(input: &[u8], chunk: usize, out: &mut [u8]) -> Option<usize> {
    use std::io::Write;
    let mut writer = ::strip_ansi_escapes::Writer::new(std::io::Cursor::new(out));
    for chunk in input.chunks(chunk) {
        writer.write_all(black_box(chunk)).ok()?;
    }
    writer.flush().ok()?;
    Some(writer.into_inner().ok()?.position() as usize)
}
