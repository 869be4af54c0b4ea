//! Reading a recording and its labels. The formats are explained in `tests/recordings/README.md`.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stillwire::scan::{Config, Scanner, Token};

/// Where the recordings are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings")
}

/// Who wrote the bytes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The program.
    Output,
    /// The terminal's user side: keys, and answers of the terminal itself.
    Input,
    /// Nobody: the runner found out something.
    Hint,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: u64,
    /// By whom.
    pub kind: Kind,
    /// The bytes, or the name of a hint.
    pub data: Vec<u8>,
}

/// What was true, by the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Something is being done and it shows.
    Working,
    /// Something is being done, and no byte tells so.
    Silent,
    /// Nothing happens until somebody acts.
    Waiting,
    /// A person is typing, or a program starts: either verdict is right.
    Human,
    /// The screen moves though nothing is done: a monitor, a clock each second.
    Repainting,
}

/// A stretch of truth.
#[derive(Clone, Debug)]
pub struct Interval {
    /// Begins.
    pub from: u64,
    /// Ends.
    pub to: u64,
    /// What was true.
    pub state: State,
}

/// A cast and its labels.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The file's name without suffix.
    pub name: String,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Output and input in order.
    pub events: Vec<Event>,
    /// What the runner would have hinted.
    pub hints: Vec<Event>,
    /// The truth, without gaps.
    pub truth: Vec<Interval>,
    /// When the recording ends; nothing happens between the last event and this.
    pub end: u64,
}

/// All recordings of a folder, sorted by name. Panics with file and line where one cannot be read: test data.
pub fn all(folder: &Path) -> Vec<Recording> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(".cast").map(String::from)
        })
        .collect();
    names.sort();
    names.iter().map(|name| load(folder, name)).collect()
}

/// One recording with its labels.
pub fn load(folder: &Path, name: &str) -> Recording {
    let read = |suffix: &str| {
        let path = folder.join(format!("{name}{suffix}"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let cast = read(".cast");
    let mut lines = cast.lines().enumerate().map(|(n, line)| parse(name, n + 1, line));
    let header = lines.next().expect("a header");
    let labels = parse(name, 0, &read(".labels.json"));
    let number = |key: &str| u16::try_from(header[key].as_u64().unwrap_or(0)).unwrap_or(80);
    Recording {
        name: name.into(),
        size: (number("width"), number("height")),
        events: lines.map(|line| event(&line)).collect(),
        hints: list(&labels["hints"]).map(hint).collect(),
        truth: list(&labels["intervals"]).map(interval).collect(),
        end: micros(&labels["end"]),
    }
}

impl Recording {
    /// Events and, where wanted, hints, in the order of time.
    pub fn inputs(&self, with_hints: bool) -> Vec<&Event> {
        let hints = self.hints.iter().filter(|_| with_hints);
        let mut all: Vec<&Event> = self.events.iter().chain(hints).collect();
        all.sort_by_key(|event| event.at);
        all
    }

    /// The same, recorded by a program that keeps output only, as most do.
    pub fn without_input(&self) -> Self {
        let mut other = self.clone();
        other.events.retain(|event| event.kind != Kind::Input);
        other
    }

    /// The same, its output read in pieces of at most `size` bytes.
    pub fn in_pieces(&self, size: usize) -> Self {
        let mut other = self.clone();
        other.events = Vec::new();
        for event in &self.events {
            let whole = if event.kind == Kind::Output { size } else { usize::MAX };
            other.events.extend(
                event.data.chunks(whole).map(|piece| Event { data: piece.to_vec(), ..event.clone() }),
            );
        }
        other
    }

    /// An empty screen of the recording's size.
    pub fn screen(&self) -> vt100::Parser {
        let (columns, rows) = self.size;
        let some = |n| NonZero::new(n).expect("the header gives a size");
        vt100::Parser::new(some(rows), some(columns), 0)
    }

    /// Instants of all output that showed at least one printable character other than a space.
    pub fn shown(&self) -> Vec<u64> {
        let mut scanner = Scanner::new(Config::DEFAULT);
        self.events
            .iter()
            .filter(|event| event.kind == Kind::Output)
            .filter(|event| scanner.scan(&event.data).fold(false, |any, t| any | inked(t)))
            .map(|event| event.at)
            .collect()
    }
}

fn inked(token: Token<'_>) -> bool {
    match token {
        Token::Text(text) => text.chars().any(|c| !c.is_whitespace()),
        Token::Char(c) => !c.is_whitespace(),
        Token::Invalid(_) => true,
        _ => false,
    }
}

fn parse(name: &str, line: usize, text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}, line {line}: {error}"))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Seconds as written, to microseconds.
fn micros(value: &Value) -> u64 {
    let seconds = value.as_f64().expect("seconds");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let micros = (seconds * 1e6).round() as u64;
    micros
}

fn event(line: &Value) -> Event {
    let kind = match line[1].as_str() {
        Some("o") => Kind::Output,
        Some("i") => Kind::Input,
        other => panic!("unexpected kind of event: {other:?}"),
    };
    Event { at: micros(&line[0]), kind, data: line[2].as_str().expect("text").as_bytes().to_vec() }
}

fn hint(pair: &Value) -> Event {
    Event {
        at: micros(&pair[0]),
        kind: Kind::Hint,
        data: pair[1].as_str().expect("a hint").as_bytes().to_vec(),
    }
}

fn interval(value: &Value) -> Interval {
    let state = match value["state"].as_str() {
        Some("working") => State::Working,
        Some("silent") => State::Silent,
        Some("waiting") => State::Waiting,
        Some("human") => State::Human,
        Some("repainting") => State::Repainting,
        other => panic!("unexpected state: {other:?}"),
    };
    Interval { from: micros(&value["from"]), to: micros(&value["to"]), state }
}
