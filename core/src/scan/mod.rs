//! The scanner: what is text, what is control, and what a terminal says out loud.

mod machine;

pub use machine::{Encoding, StringKind};
