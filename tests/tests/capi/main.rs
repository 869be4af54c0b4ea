//! C programs made of `core/capi` (feature `capi`; `tests/run capi` builds them first).

#[path = "../gateway/board.rs"]
mod board;
mod contract;
mod scanner;
#[path = "../gateway/stories.rs"]
mod stories;

use std::path::{Path, PathBuf};

mod gateway {
    crate::stories::every_story!(crate::board::Machine::ProgramInC);
}

mod firmware {
    crate::stories::every_story!(crate::board::Machine::FirmwareInC);
}

/// A program that `tests/run capi` made.
fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/capi").join(name)
}
