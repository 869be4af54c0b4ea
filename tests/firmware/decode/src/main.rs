//! Reads the frames that an image logged with defmt from standard input, and prints them, as `defmt-print -e ELF` does. For the
//! machine that builds, not for Cortex-M.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Read as _};

use defmt_decoder::{DecodeError, Table};

fn main() -> Result<(), Box<dyn Error>> {
    let elf = fs::read(env::args().nth(1).ok_or("usage: decode ELF < FRAMES")?)?;
    let table = Table::parse(&elf)?.ok_or("this image logs nothing")?;
    let mut decoder = table.new_stream_decoder();
    let mut frames = Vec::new();
    io::stdin().read_to_end(&mut frames)?;
    decoder.received(&frames);
    loop {
        match decoder.decode() {
            Ok(frame) => {
                let level = frame.level().map_or("", |level| level.as_str());
                println!("{level} {}", frame.display_message());
            }
            Err(DecodeError::UnexpectedEof) => return Ok(()),
            Err(DecodeError::Malformed) => return Err("a frame that is none".into()),
        }
    }
}
