//! One stripper on one kind of text, with divan's statistics. The table of all is `strip_table`.
//!
//!     cargo bench -p stillwire-tests --bench strip -- avx2

mod peers;

use divan::{Bencher, counter::BytesCount};

/// Text that needs no corpus: so many bytes of it between two escape sequences.
const SPACING: [usize; 4] = [4, 16, 64, 1024];

fn main() {
    divan::main();
}

fn names() -> Vec<String> {
    peers::all().into_iter().map(|(name, _)| name).collect()
}

#[divan::bench(args = names(), consts = SPACING)]
fn strip<const SPACING: usize>(bencher: Bencher<'_, '_>, name: &String) {
    let piece = ["\x1b[38;5;208m", &"x".repeat(SPACING)].concat();
    let input = piece.repeat((1 << 20) / piece.len()).into_bytes();
    let mut out = vec![0; input.len()];
    let (_, strip) = peers::all().into_iter().find(|(other, _)| other == name).expect("a name of the list");
    bencher.counter(BytesCount::of_slice(&input)).bench_local(|| strip(&input, usize::MAX, &mut out));
}
