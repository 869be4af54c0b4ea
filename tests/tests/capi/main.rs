//! C programs made of `core/capi` (feature `capi`; `tests/run capi` builds them first).

mod scanner;

use std::path::{Path, PathBuf};

/// A program that `tests/run capi` made.
fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/capi").join(name)
}
