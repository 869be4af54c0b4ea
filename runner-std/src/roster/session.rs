//! What a host says of its sessions, and how it is put into words.

use serde::Deserialize;
use stillwire::scan::strip::{Config, Stripper};
use stillwire::scan::{Width, width};

/// A host and its sessions, as of the moment it said so.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct Host {
    /// Its process.
    pub pid: u32,
    /// Its sessions.
    pub sessions: Vec<Session>,
}

/// A session. Ages are in seconds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct Session {
    /// Its name.
    pub name: String,
    /// What runs in it.
    pub command: String,
    /// Its leader.
    pub pid: Option<u32>,
    /// `running`, `idle`, `exited`
    pub status: Status,
    /// Why it is idle.
    pub reason: Option<String>,
    /// How long the status and its reason have been so.
    #[serde(rename = "for")]
    pub age: f64,
    /// Since the last byte, the last visible character, the last that was not there before, and the last key.
    pub raw: Option<f64>,
    pub visible: Option<f64>,
    pub novel: Option<f64>,
    pub input: Option<f64>,
    /// How many watch it, and how many of those may type.
    pub peers: usize,
    pub controllers: usize,
    /// Where one of those comes from.
    pub controller: Option<String>,
    /// Bytes printed so far.
    pub printed: u64,
    /// How long it has been there, or was.
    pub uptime: f64,
    /// The title of its terminal.
    pub title: Option<String>,
    /// The last visible line.
    pub last: Option<String>,
    /// Its exit code.
    pub code: Option<u8>,
    /// Why what is behind it, a serial port or a console, is not there.
    pub trouble: Option<String>,
    /// Where it is, if that is another machine; then `name` has both names in it.
    #[serde(skip)]
    pub away: Option<Box<Away>>,
}

/// A session of another machine, which tells a broker what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Away {
    /// The name of its host.
    pub host: String,
    /// Its name there.
    pub session: String,
    /// Where one can attach.
    pub address: Option<String>,
}

/// What a session does.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Something goes on.
    Running,
    /// Nothing does.
    Idle,
    /// It is over.
    Exited,
    /// Its host is not there any more; the reason is what it did last.
    #[serde(skip)]
    Lost,
    /// A newer host than this program.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// The colour in which it is shown: green, blue, grey, red.
    pub(crate) const fn colour(self) -> &'static str {
        match self {
            Self::Running => "\x1B[32m",
            Self::Idle => "\x1B[34m",
            Self::Exited | Self::Unknown => "\x1B[90m",
            Self::Lost => "\x1B[31m",
        }
    }

    /// As in event lines.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Idle => "idle",
            Self::Exited => "exited",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }
}

impl Host {
    /// Reads what a host says; nothing in it speaks to a terminal any more.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut host: Self = serde_json::from_str(text).ok()?;
        for session in &mut host.sessions {
            for text in [&mut session.name, &mut session.command] {
                *text = plain(text);
            }
            session.last = session.last.take().map(|text| plain(&text));
            session.title = session.title.take().map(|text| plain(&text));
            session.trouble = session.trouble.take().map(|text| plain(&text));
            session.controller = session.controller.take().map(|text| plain(&text));
            session.reason = session.reason.take().map(|text| plain(&text));
        }
        Some(host)
    }
}

impl Session {
    /// `running`, `idle (at prompt)`, `exited 3`
    pub(crate) fn spoken(&self) -> String {
        match self.status {
            Status::Running => "running".into(),
            Status::Idle => match &self.reason {
                Some(reason) => format!("idle ({})", reason.replace('_', " ")),
                None => "idle".into(),
            },
            Status::Exited => self.code.map_or_else(|| "exited".into(), |code| format!("exited {code}")),
            Status::Lost => self.reason.as_ref().map_or("lost".into(), |was| format!("lost (was {was})")),
            Status::Unknown => "?".into(),
        }
    }

    /// The tiers of output, from the one that says most; `ago` puts an age into words.
    pub(crate) fn output(&self, ago: impl Fn(f64) -> String, since: impl Fn(f64) -> String) -> String {
        if self.away.is_some() && self.status != Status::Idle {
            return String::new(); // only changes are told that far away, and output is none
        }
        if let Some(trouble) = &self.trouble {
            return format!("waits: {trouble}");
        }
        match (self.novel, self.visible, self.raw) {
            // Something is painted again and again, and nothing of it is new.
            (Some(novel), Some(visible), _) if novel - visible > REPAINT && visible < FRESH => {
                format!("repainting {}", since(novel))
            }
            (Some(novel), Some(visible), _) if novel - visible > REPAINT => {
                format!("novel {}, repainted {}", ago(novel), ago(visible))
            }
            (Some(novel), ..) => format!("novel {}", ago(novel)),
            (None, Some(visible), _) => format!("visible {}", ago(visible)),
            (None, None, Some(raw)) => format!("controls {}", ago(raw)),
            (None, None, None) => "none".into(),
        }
    }

    /// The same session `seconds` later, if nothing was printed meanwhile.
    pub(crate) fn later(&self, seconds: f64) -> Self {
        let later = |age: Option<f64>| age.map(|age| age + seconds);
        let over = self.status == Status::Exited;
        Self {
            age: self.age + seconds,
            raw: later(self.raw),
            visible: later(self.visible),
            novel: later(self.novel),
            input: later(self.input),
            uptime: self.uptime + if over { 0.0 } else { seconds },
            ..self.clone()
        }
    }
}

/// So much older than the last visible output is the last novel one if what came since was only painted again.
const REPAINT: f64 = 1.0;
/// So young is output of something that is still at it.
const FRESH: f64 = 3.0;

/// `12 s ago`
pub(crate) fn ago(seconds: f64) -> String {
    format!("{} ago", span(seconds))
}

/// `12 s`, `26 m`, `3 h`, `5 d`
pub(crate) fn span(seconds: f64) -> String {
    let (length, unit) = unit(seconds);
    format!("{} {unit}", (seconds / length).floor().max(0.0))
}

/// The seconds of the unit in which a span is shown, and its name.
fn unit(seconds: f64) -> (f64, &'static str) {
    match seconds {
        s if s < 120.0 => (1.0, "s"),
        s if s < 7_200.0 => (60.0, "m"),
        s if s < 172_800.0 => (3_600.0, "h"),
        _ => (86_400.0, "d"),
    }
}

/// Seconds until `span` says something else.
pub(crate) fn until_next(seconds: f64) -> f64 {
    let (length, _) = unit(seconds);
    length - seconds.max(0.0) % length
}

/// What a session calls itself must not speak to this terminal: whole escape sequences go, and then whatever
/// [`plain`](crate::plain::plain) does not like.
pub(crate) fn plain(text: &str) -> String {
    let mut out = vec![0; text.len() + Stripper::MIN_OUTPUT];
    let written = Stripper::new(Config::DEFAULT).strip(text.as_bytes(), &mut out).written;
    let text = String::from_utf8_lossy(out.get(..written).unwrap_or_default());
    crate::plain::plain(&text.replace(['\t', '\r', '\n'], " "))
}

/// The text in exactly so many cells: cut with an ellipsis, or filled up.
pub(crate) fn fit(text: &str, cells: usize) -> String {
    let mut out = cut(text, cells);
    let have = width(&out);
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(have)));
    out
}

/// The text in at most so many cells.
pub(crate) fn cut(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let (mut seen, mut end) = (Width::new(), 0);
    for (at, char) in text.char_indices() {
        seen.push_char(char);
        if seen.cells() + 1 > cells {
            break;
        }
        end = at + char.len_utf8();
    }
    let mut out = text.get(..end).unwrap_or_default().trim_end().to_owned();
    if cells > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_session_calls_itself_is_only_text() {
        let host = Host::parse(
            r#"{"pid":1,"sessions":[{"name":"a\u001b]0;b\u0007c","command":"x\u202ey\u009b2Jz","status":"sleeping","last":"\u001b[31mred\tone"}]}"#,
        );
        let session = host.unwrap().sessions.remove(0);
        assert_eq!((session.name.as_str(), session.command.as_str()), ("ac", "xyz"));
        assert_eq!((session.last.as_deref(), session.status), (Some("red one"), Status::Unknown));
    }

    #[test]
    fn tiers_are_told_by_the_one_that_says_most() {
        let said =
            |novel, visible, raw| Session { novel, visible, raw, ..Session::default() }.output(ago, span);
        assert_eq!(said(Some(2.0), Some(2.0), Some(1.0)), "novel 2 s ago");
        assert_eq!(said(Some(1_600.0), Some(0.4), Some(0.4)), "repainting 26 m");
        assert_eq!(said(Some(1_600.0), Some(300.0), Some(0.4)), "novel 26 m ago, repainted 5 m ago");
        assert_eq!(said(None, None, Some(0.0)), "controls 0 s ago");
        assert_eq!(said(None, None, None), "none");
        let away = Session { trouble: Some("No such device".into()), raw: Some(1.0), ..Session::default() };
        assert_eq!(away.output(ago, span), "waits: No such device");
    }

    #[test]
    fn spans_say_when_they_change() {
        for (seconds, text, next) in
            [(0.0, "0 s", 1.0), (119.5, "119 s", 0.5), (150.0, "2 m", 30.0), (7_300.0, "2 h", 3_500.0)]
        {
            assert_eq!((span(seconds).as_str(), until_next(seconds)), (text, next));
        }
    }

    #[test]
    fn text_is_cut_by_what_it_takes_on_the_screen() {
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("漢字漢字", 4), "漢…");
        assert_eq!(cut("漢字", 4), "漢字");
        assert_eq!(fit("ab", 4), "ab  ");
        assert_eq!((cut("ab", 1), cut("ab", 0)), ("…".into(), String::new()));
    }
}
