//! What the messages say: the event lines of everything else here, with times that stay true while they are kept.
//!
//! `t` and `last_*` count from the start of the session, as in every event line; `since` is `t` as Unix time, so that
//! `since - t` is the start, and an age is the difference to the reader's clock.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use stillwire::Instant;
use stillwire::idle::{Evidence, Reason, Status};

use crate::lines::quoted;
use crate::plain::plain;

/// A session as it is to be told.
#[derive(Clone, Debug)]
pub struct State<'s> {
    /// Its name.
    pub session: &'s str,
    /// Since when it has the status.
    pub since: Instant,
    /// What it does.
    pub status: Status,
    /// What that rests on.
    pub evidence: Evidence,
    /// How many watch it, and how many of those may type.
    pub peers: usize,
    /// See `peers`.
    pub controllers: usize,
    /// What it calls itself; empty: nothing.
    pub title: &'s str,
    /// Its last visible line, if that may be told.
    pub last: Option<&'s str>,
}

/// A state that somebody told.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct Told {
    /// Seconds from the start of the session to when it got this status.
    pub t: f64,
    /// `running`, `idle`
    pub status: String,
    /// Why it is idle.
    pub reason: Option<String>,
    /// That as Unix time.
    pub since: f64,
    /// Seconds from the start to the last byte, visible character, novel one, and key.
    pub last_raw: Option<f64>,
    /// See `last_raw`.
    pub last_visible: Option<f64>,
    /// See `last_raw`.
    pub last_novel: Option<f64>,
    /// See `last_raw`.
    pub last_input: Option<f64>,
    /// How many watch it.
    pub peers: usize,
    /// How many of those may type.
    pub controllers: usize,
    /// What it calls itself.
    pub title: String,
    /// The last visible line.
    pub last: Option<String>,
}

/// Something about a host.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct About {
    /// When it began, as Unix time.
    pub start: f64,
    /// How many sessions it had then.
    pub sessions: usize,
    /// Where one can attach, if it says so: a URL without a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The program.
    pub version: String,
}

/// The message for a state, without a line end; `start`: Unix time at the start of the session.
pub fn status(state: &State<'_>, start: f64) -> String {
    let since = start + seconds(state.since);
    let mut line =
        format!("{{\"t\":{},\"event\":\"status\",\"status\":\"{}\"", state.since, state.status.as_str());
    if let Some(reason) = state.status.reason().map(Reason::as_str) {
        let _ = write!(line, ",\"reason\":\"{reason}\"");
    }
    let Evidence { raw, visible, novel, input, .. } = state.evidence;
    for (key, at) in [("raw", raw), ("visible", visible), ("novel", novel), ("input", input)] {
        if let Some(at) = at {
            let _ = write!(line, ",\"last_{key}\":{at}");
        }
    }
    let (peers, controllers) = (state.peers, state.controllers);
    let _ = write!(line, ",\"since\":{since:.3},\"peers\":{peers},\"controllers\":{controllers}");
    if !state.title.is_empty() {
        let _ = write!(line, ",\"title\":{}", quoted(state.title));
    }
    if let Some(last) = state.last {
        let _ = write!(line, ",\"last\":{}", quoted(last));
    }
    let _ = write!(line, ",\"session\":{}}}", quoted(state.session));
    line
}

/// An event line with its Unix time, without a line end.
pub fn event(line: &str, time: f64) -> String {
    match line.trim_end().strip_suffix('}') {
        Some(open) => format!("{open},\"time\":{time:.3}}}"),
        None => line.to_owned(),
    }
}

/// Reads a state; nothing in it speaks to a terminal any more. None: it is none.
pub fn read(payload: &[u8]) -> Option<Told> {
    let mut told: Told =
        serde_json::from_slice(payload).ok().filter(|told: &Told| !told.status.is_empty())?;
    told.title = plain(&told.title);
    told.reason = told.reason.map(|text| plain(&text));
    told.last = told.last.map(|text| plain(&text));
    Some(told)
}

/// Reads what a host says of itself.
pub fn read_about(payload: &[u8]) -> Option<About> {
    let mut about: About = serde_json::from_slice(payload).ok()?;
    about.address = about.address.map(|text| plain(&text)).filter(|text| text.contains("://"));
    Some(about)
}

/// Seconds since 1970.
pub fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |span| span.as_secs_f64())
}

fn seconds(at: Instant) -> f64 {
    at.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State<'static> {
        let at = |millis| Some(Instant::from_millis(millis));
        let evidence = Evidence { raw: at(1_200), visible: at(1_000), novel: at(500), ..Evidence::default() };
        State {
            session: "build",
            since: Instant::from_millis(4_500),
            status: Status::Idle(Reason::AtPrompt),
            evidence,
            peers: 2,
            controllers: 1,
            title: "vim \"x\"",
            last: None,
        }
    }

    #[test]
    fn a_state_is_an_event_line_that_stays_true() {
        assert_eq!(
            status(&state(), 1_700_000_000.25),
            "{\"t\":4.500000,\"event\":\"status\",\"status\":\"idle\",\"reason\":\"at_prompt\",\
             \"last_raw\":1.200000,\"last_visible\":1.000000,\"last_novel\":0.500000,\"since\":1700000004.750,\
             \"peers\":2,\"controllers\":1,\"title\":\"vim \\\"x\\\"\",\"session\":\"build\"}"
        );
    }

    #[test]
    fn what_is_told_is_read_and_speaks_to_no_terminal() {
        let told = read(status(&state(), 100.0).as_bytes()).unwrap();
        assert_eq!((told.status.as_str(), told.reason.as_deref()), ("idle", Some("at_prompt")));
        assert_eq!((told.since - told.t, told.last_visible, told.last_input), (100.0, Some(1.0), None));
        let evil = br#"{"status":"idle","title":"\u001b[2Jx","last":"\u009b1m","reason":"\u001b]0;"}"#;
        let told = read(evil).unwrap();
        assert_eq!(
            (told.title.as_str(), told.last.as_deref(), told.reason.as_deref()),
            ("[2Jx", Some("1m"), Some("]0;"))
        );
        for nonsense in [&b""[..], b"true", b"{", b"{\"status\":7}", b"{}", b"\xFF"] {
            assert_eq!(read(nonsense), None);
        }
    }

    #[test]
    fn output_is_told_only_when_it_may_be() {
        let last = State { last: Some("password: x"), ..state() };
        assert!(status(&last, 0.0).contains("password"));
        assert!(!status(&state(), 0.0).contains("\"last\":"));
    }

    #[test]
    fn an_address_is_a_url_or_nothing() {
        assert_eq!(
            read_about(br#"{"address":"https://h:1"}"#).unwrap().address.as_deref(),
            Some("https://h:1")
        );
        assert_eq!(read_about(br#"{"address":"--help"}"#).unwrap().address, None);
    }
}
