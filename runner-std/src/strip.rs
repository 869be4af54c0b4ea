//! `strip`: bytes in, visible text out.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::io::Errno;
use stillwire::scan::Encoding;
use stillwire::scan::strip::{self, Config, Stripper};

use crate::cli::{Invalid, StripArgs};
use crate::failure::Failure;

/// Read at once: as much as a pipe holds. What has been read is written before more is read.
const CHUNK: usize = 64 << 10;

/// Strips a file or standard input onto standard output.
///
/// # Errors
/// If the input cannot be opened or read, or the output not be written. A closed pipe is no error.
pub fn run(args: &StripArgs) -> Result<(), Failure> {
    let config = Config {
        invalid: match args.invalid {
            Invalid::Replace => strip::Invalid::Replace,
            Invalid::Drop => strip::Invalid::Drop,
            Invalid::Keep => strip::Invalid::Keep,
        },
        encoding: if args.c1_8bit { Encoding::EightBit } else { Encoding::Utf8 },
    };
    let result = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => copy(rustix::stdio::stdin(), rustix::stdio::stdout(), config, "standard input"),
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|error| Failure::io(format!("open {name}"), error))?;
            copy(file.as_fd(), rustix::stdio::stdout(), config, &name)
        }
    };
    match result {
        Err(Gone::Output(Errno::PIPE)) | Ok(()) => Ok(()),
        Err(Gone::Output(error)) => Err(Failure::io("write to standard output", error)),
        Err(Gone::Input(failure)) => Err(failure),
    }
}

enum Gone {
    Input(Failure),
    Output(Errno),
}

fn copy(input: BorrowedFd<'_>, output: BorrowedFd<'_>, config: Config, name: &str) -> Result<(), Gone> {
    let mut stripper = Stripper::new(config);
    let (mut bytes, mut text) = (vec![0; CHUNK], vec![0; CHUNK + Stripper::MIN_OUTPUT]);
    loop {
        let count = match rustix::io::read(input, &mut *bytes) {
            Ok(0) => break,
            Ok(count) => count,
            Err(Errno::INTR) => continue,
            Err(error) => {
                return Err(Gone::Input(Failure::io(format!("read {name}"), io::Error::from(error))));
            }
        };
        let mut rest = &bytes[..count];
        while !rest.is_empty() {
            let done = stripper.strip(rest, &mut text);
            write_all(output, &text[..done.written])?;
            rest = &rest[done.consumed..];
        }
    }
    let written = stripper.finish(&mut text);
    write_all(output, &text[..written])
}

fn write_all(output: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Gone> {
    while !bytes.is_empty() {
        match rustix::io::write(output, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            // Somebody else made our standard output non-blocking: wait for it.
            Err(Errno::AGAIN) => {
                let mut fds = [rustix::event::PollFd::new(&output, rustix::event::PollFlags::OUT)];
                let _ = rustix::event::poll(&mut fds, None);
            }
            Err(error) => return Err(Gone::Output(error)),
        }
    }
    Ok(())
}
