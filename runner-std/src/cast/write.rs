//! Writing a recording while it happens.

use std::fs::File;
use std::io::{self, Write};

use stillwire::Instant;

use super::text::Utf8;

/// Writes asciicast version 2: one line per event, with the time since the start.
///
/// Version 2 and not 3, because every player reads it and absolute times survive a file that was cut off
/// (`docs/decisions/0006-asciicast.md`). Every event is handed to the system at once, so what was on the screen
/// is in the file even if the machine kills us.
#[derive(Debug)]
pub struct Recorder<W: Write = File> {
    out: W,
    output: Utf8,
    input: Utf8,
    line: Vec<u8>,
}

impl<W: Write> Recorder<W> {
    /// Begins a recording: size of the terminal, wall-clock time in seconds since 1970, and what runs.
    ///
    /// # Errors
    /// If the header cannot be written.
    pub fn new(
        mut out: W,
        columns: u16,
        rows: u16,
        timestamp: u64,
        command: &str,
        title: &str,
    ) -> io::Result<Self> {
        let mut header = serde_json::json!({
            "version": 2, "width": columns, "height": rows, "timestamp": timestamp,
            "command": command, "title": title,
        });
        let env: serde_json::Map<_, _> = ["SHELL", "TERM"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?.into())))
            .collect();
        header["env"] = env.into();
        writeln!(out, "{header}")?;
        Ok(Self { out, output: Utf8::default(), input: Utf8::default(), line: Vec::new() })
    }

    /// Records what the session printed.
    ///
    /// # Errors
    /// If the file takes no more.
    pub fn output(&mut self, at: Instant, bytes: &[u8]) -> io::Result<()> {
        let text = self.output.push(bytes);
        self.event(at, 'o', &text)
    }

    /// Records what the user typed, passwords and all.
    ///
    /// # Errors
    /// If the file takes no more.
    pub fn input(&mut self, at: Instant, bytes: &[u8]) -> io::Result<()> {
        let text = self.input.push(bytes);
        self.event(at, 'i', &text)
    }

    /// Records a new size of the terminal.
    ///
    /// # Errors
    /// If the file takes no more.
    pub fn resize(&mut self, at: Instant, columns: u16, rows: u16) -> io::Result<()> {
        self.event(at, 'r', &format!("{columns}x{rows}"))
    }

    /// Ends the recording; the last characters may have been incomplete.
    ///
    /// # Errors
    /// If the file takes no more.
    pub fn finish(&mut self, at: Instant) -> io::Result<()> {
        let (input, output) = (self.input.finish(), self.output.finish());
        self.event(at, 'i', &input)?;
        self.event(at, 'o', &output)?;
        self.out.flush()
    }

    fn event(&mut self, at: Instant, code: char, data: &str) -> io::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        self.line.clear();
        write!(self.line, "[{at}, \"{code}\", ")?;
        serde_json::to_writer(&mut self.line, data)?;
        self.line.extend_from_slice(b"]\n");
        self.out.write_all(&self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::{Cast, EventKind};

    #[test]
    fn what_is_written_reads_back_to_the_microsecond() {
        let mut file = Vec::new();
        let mut cast = Recorder::new(&mut file, 80, 24, 1_795_000_000, "vim \"x\"", "vim").unwrap();
        cast.output(Instant::from_micros(1_000_001), b"\x1B[31m\xE2\x82").unwrap();
        cast.output(Instant::from_micros(1_000_002), b"\xAC\r\n").unwrap();
        cast.resize(Instant::from_micros(2_000_000), 100, 30).unwrap();
        cast.output(Instant::from_micros(2_500_000), b"\xF0\x9F").unwrap();
        cast.finish(Instant::from_micros(3_000_000)).unwrap();
        let cast = Cast::open(&file[..]).unwrap();
        assert_eq!((cast.header().columns, cast.header().rows), (80, 24));
        assert_eq!(cast.header().command.as_deref(), Some("vim \"x\""));
        let events: Vec<_> =
            cast.map(|event| event.map(|event| (event.at.as_micros(), event.kind)).unwrap()).collect();
        assert_eq!(
            events,
            [
                (1_000_001, EventKind::Output("\x1B[31m".into())),
                (1_000_002, EventKind::Output("€\r\n".into())),
                (2_000_000, EventKind::Resize { columns: 100, rows: 30 }),
                (3_000_000, EventKind::Output("\u{FFFD}".into())),
            ]
        );
    }
}
