//! The scanner: what is text, what is control, and what a terminal says out loud.

mod csi;
mod dcs;
mod escape;
mod find;
mod keyboard;
mod machine;
mod modes;
mod osc;
mod resync;
mod scanner;
mod seams;
mod signal;
mod simd;
pub mod strip;
mod token;
mod tokens;
mod width;
mod width_table;
pub(crate) mod writer;

pub use csi::{Csi, Param, Params};
pub use escape::Escape;
pub use machine::{Encoding, StringKind};
pub use modes::{Mode, Modes, Mouse, MouseEncoding};
pub use resync::{Mark, Quality, Resync};
pub use scanner::{Config, Scanner};
pub use seams::Seams;
pub use signal::{Progress, PromptMark, Signal};
pub use simd::Backend;
pub use token::{StringEnd, Token};
pub use tokens::Tokens;
pub use width::{Width, width};
