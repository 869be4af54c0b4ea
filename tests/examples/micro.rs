use std::{hint::black_box, time::Instant};
use stillwire::scan::{
    Backend, Encoding,
    strip::{Config, Invalid, Stripper},
};
fn main() {
    let file = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let chunk: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let file = &file[..1 << 20];
    let backend = match std::env::args().nth(3).unwrap().as_str() {
        "avx512" => Backend::Avx512,
        "avx2" => Backend::Avx2,
        "sse2" => Backend::Sse2,
        "portable" => Backend::Portable,
        _ => Backend::Scalar,
    };
    let invalid = if std::env::args().nth(4).is_some() { Invalid::Replace } else { Invalid::Keep };
    let mut s = Stripper::with_backend(Config { invalid, encoding: Encoding::Utf8 }, backend).unwrap();
    let mut out = vec![1; file.len() * 3 + 100];
    let mut best = f64::MAX;
    for _ in 0..300 {
        let t = Instant::now();
        let mut w = 0;
        for c in file.chunks(chunk) {
            w += s.strip(black_box(c), &mut out[w..]).written;
        }
        black_box(w);
        best = best.min(t.elapsed().as_nanos() as f64);
    }
    println!("{:.2} GB/s, {:.1} ns a call", file.len() as f64 / best, best / (file.len() / chunk) as f64);
}
