//! The scanner: what is text, what is control, and what a terminal says out loud.

mod csi;
mod dcs;
mod find;
mod machine;
mod osc;
mod scanner;
mod signal;
mod token;

pub use csi::{Csi, Param, Params};
pub use machine::{Encoding, StringKind};
pub use scanner::{Config, Scanner, Tokens};
pub use signal::{Progress, PromptMark, Signal};
pub use token::{Escape, StringEnd, Token};
