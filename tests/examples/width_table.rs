//! Prints `core/src/scan/width_table.rs`, made from what the `unicode-width` crate says:
//!
//! ```sh
//! cargo run -p stillwire-tests --example width_table > core/src/scan/width_table.rs
//! ```

use unicode_width::{UNICODE_VERSION, UnicodeWidthStr};

const WOMAN_JOINED: &str = "\u{1F469}\u{200D}";

fn width(parts: &[&str]) -> usize {
    parts.concat().width()
}

/// The class of a character, as `core/src/scan/width.rs` reads it.
fn class(char: char) -> u32 {
    if char.is_control() {
        return 0;
    }
    let text = char.to_string();
    let alone = width(&[&text]);
    let takes_vs16 = alone > 0 && width(&[&text, "\u{FE0F}\u{200D}", "\u{1F469}"]) == 2;
    let takes_vs15 = alone == 2 && width(&[&text, "\u{FE0E}"]) == 1;
    let modifier_base = alone > 0 && width(&[&text, "\u{1F3FB}"]) == 2;
    let emoji = alone == 2 && width(&[WOMAN_JOINED, &text]) == 2;
    let flags = [takes_vs16, takes_vs15, modifier_base, emoji];
    alone as u32 | flags.iter().enumerate().map(|(bit, &flag)| u32::from(flag) << (bit + 2)).sum::<u32>()
}

fn main() {
    let mut starts = Vec::new();
    let mut last = u32::MAX;
    for code in 0..=0x10_FFFF {
        // Surrogates are no characters: whatever stands before them goes on.
        let Some(char) = char::from_u32(code) else { continue };
        let class = class(char);
        if class != last {
            starts.push(code << 8 | class);
            last = class;
        }
    }
    let (major, minor, _) = UNICODE_VERSION;
    println!(
        "//! Classes of all characters in Unicode {major}.{minor}; written by `tests/examples/width_table.rs`."
    );
    println!();
    println!("/// First character of a range, times 256, plus the class of the range (see `width.rs`).");
    println!("#[rustfmt::skip]");
    println!("pub(super) static RANGES: [u32; {}] = [", starts.len());
    for line in starts.chunks(10) {
        let line: Vec<String> = line.iter().map(|start| format!("0x{start:x}")).collect();
        println!("    {},", line.join(", "));
    }
    println!("];");
}
