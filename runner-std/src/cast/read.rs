//! Reading a recording, one event at a time.

use std::fmt;
use std::io::BufRead;

use serde_json::Value;
use stillwire::{Duration, Instant};

use super::{Event, EventKind, Header};

/// The longest line that is read; a longer one is no recording, and must not take all memory.
const LONGEST_LINE: u64 = 256 << 20;

/// A recording being read: a header, then an iterator of events.
///
/// Times never go back: an event that is dated before its predecessor counts as simultaneous with it.
#[derive(Debug)]
pub struct Cast<R> {
    input: R,
    header: Header,
    line: u64,
    now: Instant,
    relative: bool,
    /// The events of version 1, which come in one JSON value, in reverse.
    parsed: Vec<(u64, Value)>,
    failed: bool,
}

/// Why a recording cannot be read: the line, what was expected there, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastError {
    /// The line, counted from one.
    pub line: u64,
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub found: String,
}

impl fmt::Display for CastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}, found {}", self.line, self.expected, self.found)
    }
}

impl std::error::Error for CastError {}

impl<R: BufRead> Cast<R> {
    /// Reads the header, and all of it if it is version 1.
    ///
    /// # Errors
    /// If this is no asciicast of version 1, 2 or 3.
    pub fn open(mut input: R) -> Result<Self, CastError> {
        let mut first = String::new();
        let mut line = 0;
        while first.trim().is_empty() {
            first.clear();
            line += 1;
            if !read_line(&mut input, line, &mut first)? {
                return Err(error(line, "the header of an asciicast", "the end of the file"));
            }
        }
        let value = match serde_json::from_str::<Value>(&first) {
            Ok(value) => value,
            // Version 1 may be spread over lines: the header is then the whole file.
            Err(broken) if broken.is_eof() => {
                while read_line(&mut input, line, &mut first)? {}
                serde_json::from_str(&first)
                    .map_err(|broken| json_error(line, 0, &broken, &first, "an asciicast header"))?
            }
            Err(broken) => {
                return Err(json_error(line, 0, &broken, &first, "an asciicast header, {\"version\": 2, …}"));
            }
        };
        let header = header(&value, line)?;
        let mut parsed = Vec::new();
        if header.version == 1 {
            let Some(Value::Array(events)) = value.get("stdout") else {
                return Err(error(line, "\"stdout\": [[delay, \"text\"], …]", "none"));
            };
            let numbered = events.iter().enumerate().map(|(index, event)| (index as u64 + 1, event.clone()));
            parsed = numbered.rev().collect();
        }
        let relative = header.version != 2;
        Ok(Self { input, header, line, now: Instant::ZERO, relative, parsed, failed: false })
    }

    /// What the recording says about itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The line that was read last, counted from one.
    pub const fn line(&self) -> u64 {
        self.line
    }

    fn next_event(&mut self) -> Option<Result<Event, CastError>> {
        if self.header.version == 1 {
            let (index, value) = self.parsed.pop()?;
            return Some(self.event_v1(index, &value));
        }
        let mut text = String::new();
        loop {
            text.clear();
            self.line += 1;
            match read_line(&mut self.input, self.line, &mut text) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
            let trimmed = text.trim();
            // Version 3 has comments; nobody means anything else by them in version 2.
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            match self.event(trimmed) {
                Ok(None) => {}
                Ok(Some(event)) => return Some(Ok(event)),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn event_v1(&mut self, index: u64, value: &Value) -> Result<Event, CastError> {
        let shape = format!("event {index} of \"stdout\" to be [delay, \"text\"]");
        let (Some(delay), Some(Value::String(text))) = (value.get(0), value.get(1)) else {
            return Err(error(self.line, &shape, &clip(&value.to_string())));
        };
        let at = self.advance(delay)?;
        Ok(Event { at, kind: EventKind::Output(text.clone()) })
    }

    fn event(&mut self, text: &str) -> Result<Option<Event>, CastError> {
        let shape =
            if self.relative { "[interval, \"code\", \"data\"]" } else { "[time, \"code\", \"data\"]" };
        let value: Value =
            serde_json::from_str(text).map_err(|broken| json_error(self.line, 0, &broken, text, shape))?;
        let parts = value.as_array().map(Vec::as_slice);
        let Some([time, Value::String(code), Value::String(data)]) = parts else {
            return Err(error(self.line, shape, &clip(text)));
        };
        let at = self.advance(time)?;
        let kind = match code.as_str() {
            "o" => EventKind::Output(data.clone()),
            "i" => EventKind::Input(data.clone()),
            "m" => EventKind::Marker(data.clone()),
            "r" => {
                let size = data.split_once('x').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)));
                let Some((columns, rows)) = size else {
                    return Err(error(self.line, "a size such as \"80x24\"", &format!("{data:?}")));
                };
                EventKind::Resize { columns, rows }
            }
            "x" => match data.trim().parse() {
                Ok(code) => EventKind::Exit(code),
                Err(_) => return Err(error(self.line, "an exit code such as \"0\"", &format!("{data:?}"))),
            },
            _ => return Ok(None),
        };
        Ok(Some(Event { at, kind }))
    }

    fn advance(&mut self, time: &Value) -> Result<Instant, CastError> {
        let seconds = time.as_f64().filter(|seconds| *seconds >= 0.0 && *seconds < 1e12);
        let Some(seconds) = seconds else {
            return Err(error(self.line, "a time in seconds, 0 or more", &clip(&time.to_string())));
        };
        // Exact to the microsecond for 285 years: 2^53 µs.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ seconds < 10^12")]
        let micros = (seconds * 1e6).round() as u64;
        self.now = if self.relative {
            self.now.after(Duration::from_micros(micros))
        } else {
            self.now.max(Instant::from_micros(micros))
        };
        Ok(self.now)
    }
}

impl<R: BufRead> Iterator for Cast<R> {
    type Item = Result<Event, CastError>;

    /// The next event; after an error there are none.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_event();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

fn header(value: &Value, line: u64) -> Result<Header, CastError> {
    let version = value.get("version").and_then(Value::as_u64);
    let (wide, high, at) = match version {
        Some(1 | 2) => ("width", "height", Some(value)),
        Some(3) => ("cols", "rows", value.get("term")),
        _ => {
            let found =
                value.get("version").map_or_else(|| clip(&value.to_string()), |v| format!("version {v}"));
            return Err(error(line, "an asciicast header with \"version\" 1, 2 or 3", &found));
        }
    };
    let number = |name: &str| {
        at.and_then(|at| at.get(name)).and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok())
    };
    let (Some(columns), Some(rows)) = (number(wide), number(high)) else {
        let place = if version == Some(3) {
            "\"term\": {\"cols\": 80, \"rows\": 24}"
        } else {
            "\"width\" and \"height\""
        };
        return Err(error(line, &format!("{place} in the header"), &clip(&value.to_string())));
    };
    let text = |name: &str| {
        value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let version = version.and_then(|version| u8::try_from(version).ok()).unwrap_or(0);
    Ok(Header { version, columns, rows, command: text("command"), title: text("title") })
}

fn read_line(input: &mut impl BufRead, line: u64, text: &mut String) -> Result<bool, CastError> {
    let mut bytes = std::mem::take(text).into_bytes();
    let before = bytes.len();
    let mut limited = std::io::Read::take(&mut *input, LONGEST_LINE);
    let count = limited
        .read_until(b'\n', &mut bytes)
        .map_err(|failed| error(line, "to read", &failed.to_string()))?;
    if count as u64 == LONGEST_LINE {
        return Err(error(line, "a line of at most 256 MiB", "a longer one"));
    }
    *text = String::from_utf8(bytes).map_err(|broken| {
        error(line, "UTF-8", &format!("byte {}", broken.utf8_error().valid_up_to() - before + 1))
    })?;
    Ok(count > 0)
}

fn json_error(line: u64, skipped: u64, broken: &serde_json::Error, text: &str, expected: &str) -> CastError {
    let line = line + skipped + (broken.line() as u64).saturating_sub(1);
    let shown = text.lines().nth(broken.line().saturating_sub(1)).unwrap_or("");
    let mut why = broken.to_string();
    if let Some(at) = why.rfind(" at line ") {
        why.truncate(at);
    }
    error(line, expected, &format!("{} ({why}, column {})", clip(shown), broken.column()))
}

fn error(line: u64, expected: &str, found: &str) -> CastError {
    CastError { line, expected: expected.to_owned(), found: found.to_owned() }
}

/// The beginning of a text that is too long to print, without control characters.
fn clip(text: &str) -> String {
    let text: String = text.trim().chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    let cut = text.chars().count() > 40;
    let short: String = text.chars().take(40).collect();
    if text.is_empty() { "nothing".to_owned() } else { format!("{short}{}", if cut { "…" } else { "" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Result<Vec<(u64, EventKind)>, CastError> {
        Cast::open(text.as_bytes())?
            .map(|event| event.map(|event| (event.at.as_micros(), event.kind)))
            .collect()
    }

    fn output(text: &str) -> EventKind {
        EventKind::Output(text.to_owned())
    }

    #[test]
    fn the_three_versions_tell_the_same_story() {
        let v1 = r#"{"version": 1, "width": 80, "height": 24, "duration": 1.5, "stdout": [[0.25, "a"], [1.000001, "b"]]}"#;
        let v1_lines = v1.replace(", ", ",\n ");
        let v2 = "{\"version\": 2, \"width\": 80, \"height\": 24}\n[0.25, \"o\", \"a\"]\n[1.250001, \"o\", \"b\"]\n";
        let v3 = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n# a comment\n[0.25,\"o\",\"a\"]\n\n[1.000001,\"o\",\"b\"]";
        for cast in [v1, &v1_lines, v2, v3] {
            assert_eq!(events(cast).unwrap(), [(250_000, output("a")), (1_250_001, output("b"))], "{cast}");
            let cast = Cast::open(cast.as_bytes()).unwrap();
            assert_eq!((cast.header().columns, cast.header().rows), (80, 24));
        }
    }

    #[test]
    fn every_kind_of_event_is_read_and_unknown_ones_are_passed_over() {
        let cast = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n[1,\"i\",\"q\"]\n[1,\"r\",\"100x30\"]\n\
                    [1,\"m\",\"here\"]\n[0,\"z\",\"?\"]\n[0.5,\"x\",\"3\"]\n";
        assert_eq!(
            events(cast).unwrap(),
            [
                (1_000_000, EventKind::Input("q".into())),
                (2_000_000, EventKind::Resize { columns: 100, rows: 30 }),
                (3_000_000, EventKind::Marker("here".into())),
                (3_500_000, EventKind::Exit(3)),
            ]
        );
    }

    #[test]
    fn times_that_go_back_count_as_now() {
        let cast = "{\"version\":2,\"width\":80,\"height\":24}\n[2,\"o\",\"a\"]\n[1,\"o\",\"b\"]\n";
        assert_eq!(events(cast).unwrap(), [(2_000_000, output("a")), (2_000_000, output("b"))]);
    }

    #[test]
    fn errors_name_the_line_and_what_was_expected() {
        let head = "{\"version\":2,\"width\":80,\"height\":24}\n";
        for (cast, line, expected) in [
            (String::new(), 1, "the header of an asciicast"),
            ("hello\n".to_owned(), 1, "an asciicast header"),
            ("{\"version\":9}\n".to_owned(), 1, "\"version\" 1, 2 or 3"),
            ("{\"version\":2,\"width\":80}\n".to_owned(), 1, "\"width\" and \"height\""),
            ("{\"version\":3,\"width\":80,\"height\":24}\n".to_owned(), 1, "\"term\": {\"cols\""),
            ("{\"version\":1,\"width\":80,\"height\":24}\n".to_owned(), 1, "\"stdout\""),
            (format!("{head}[1,\"o\",\"a\"]\n[2,\"o\",\"b\n"), 3, "[time, \"code\", \"data\"]"),
            (format!("{head}[1,\"o\"]\n"), 2, "[time, \"code\", \"data\"]"),
            (format!("{head}[\"1\",\"o\",\"\"]\n"), 2, "a time in seconds"),
            (format!("{head}[-1,\"o\",\"\"]\n"), 2, "a time in seconds"),
            (format!("{head}\n[1,\"r\",\"big\"]\n"), 3, "a size such as"),
            (format!("{head}[1,\"x\",\"\"]\n"), 2, "an exit code"),
        ] {
            let error = events(&cast).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_place() {
        let error =
            Cast::open(&b"{\"version\":2,\"width\":80,\"height\":24,\"title\":\"\xFF\"}\n"[..]).unwrap_err();
        assert_eq!((error.line, error.expected.as_str()), (1, "UTF-8"));
    }
}
