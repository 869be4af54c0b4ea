//! asciicast, the recordings of asciinema: reads versions 1, 2 and 3, writes version 2.
//!
//! Formats: <https://docs.asciinema.org/manual/asciicast/v1/> and its siblings `v2` and `v3`.

mod read;
mod text;
mod write;

pub use read::{Cast, CastError};
pub use text::Utf8;
pub use write::Recorder;

use stillwire::Instant;

/// What a recording says about itself before it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Version of the format: 1, 2 or 3.
    pub version: u8,
    /// Columns of the terminal at the start.
    pub columns: u16,
    /// Rows of the terminal at the start.
    pub rows: u16,
    /// The command that was recorded.
    pub command: Option<String>,
    /// The title that somebody gave the recording.
    pub title: Option<String>,
}

/// One thing that happened in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, counted from the start of the recording.
    pub at: Instant,
    /// What.
    pub kind: EventKind,
}

/// The kinds of events; those that a future version adds are passed over, as the specification asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// `o`: the session printed this.
    Output(String),
    /// `i`: the user typed this.
    Input(String),
    /// `r`: the terminal has this size now.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// `m`: somebody set a mark here.
    Marker(String),
    /// `x`: the session ended with this code (version 3).
    Exit(i32),
}
