//! The table: one line per session.

use stillwire::scan::width;

use crate::os;
use crate::roster::session::{Session, Status, ago, cut, fit, plain, span};

const COLUMNS: usize = 7;
/// Cells between two columns.
const GAP: &str = "  ";

/// How the table is to look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Page {
    /// With colours.
    pub colour: bool,
    /// Cells of a line; None: as many as it takes.
    pub width: Option<usize>,
    /// Seconds since 1970 now: times are told by the clock, so that they stay true without being painted again.
    pub clock: Option<f64>,
}

impl Page {
    /// All sessions, with a heading.
    pub(super) fn table(&self, sessions: &[Session]) -> String {
        let (since, up) = if self.clock.is_some() { ("SINCE", "START") } else { ("FOR", "UP") };
        let mut rows = vec![["NAME", "STATUS", since, "OUTPUT", "PEERS", up, "COMMAND"].map(str::to_owned)];
        rows.extend(sessions.iter().map(|session| self.row(session)));
        let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
        let widths: [usize; COLUMNS] = std::array::from_fn(widest);
        let colours =
            std::iter::once(None).chain(sessions.iter().map(|session| Some(session.status.colour())));
        let mut text = String::new();
        for (row, colour) in rows.iter().zip(colours) {
            text.push_str(&self.line(row, widths, colour));
            text.push('\n');
        }
        text
    }

    fn line(&self, row: &[String; COLUMNS], widths: [usize; COLUMNS], colour: Option<&str>) -> String {
        let (mut line, mut left) = (String::new(), self.width.unwrap_or(usize::MAX));
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let last = column + 1 == COLUMNS;
            // A name is cut before the rest of the line is pushed out.
            let room = if column == 0 { width.min((left / 4).max(8)) } else { width }.min(left);
            let shown = if last { cut(cell, room) } else { fit(cell, room) };
            match colour.filter(|_| column == 1 && self.colour) {
                Some(colour) => {
                    line.push_str(&format!("{colour}{}\x1B[m{}", shown.trim_end(), blanks(&shown)));
                }
                None => line.push_str(&shown),
            }
            left -= room;
            if !last && left > 0 {
                let gap = GAP.get(..left.min(GAP.len())).unwrap_or_default();
                line.push_str(gap);
                left -= gap.len();
            }
        }
        line.trim_end().to_owned()
    }

    fn row(&self, session: &Session) -> [String; COLUMNS] {
        let (since, output, up) = match self.clock {
            None => (span(session.age), session.output(ago, span), span(session.uptime)),
            Some(now) => {
                let at = |age: f64| clock(now - age);
                let over = if session.status == Status::Exited { session.age } else { 0.0 };
                let output = session.output(at, |age| format!("since {}", at(age)));
                (at(session.age), output, at(session.uptime + over))
            }
        };
        let peers = session.peers.to_string();
        let name = session.name.clone();
        [name, session.spoken(), since, output, peers, up, session.command.clone()]
    }
}

/// The time of day, or the day if that was not today or yesterday's night.
pub(super) fn clock(seconds: f64) -> String {
    plain(&os::local_time(seconds))
}

fn blanks(text: &str) -> &str {
    text.get(text.trim_end().len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::session::Host;

    const HOST: &str = r#"{ "sessions": [
        { "name": "build", "command": "make\u001b[2J -j8", "status": "idle", "reason": "at_prompt", "for": 90.4,
          "novel": 1600.0, "visible": 2.0, "peers": 1, "uptime": 7300 },
        { "name": "漢", "command": "true", "status": "exited", "code": 3, "for": 7200.0, "peers": 0, "uptime": 3 }
    ] }"#;

    #[test]
    fn the_table_says_what_a_session_does_and_nothing_to_the_terminal() {
        let sessions = Host::parse(HOST).unwrap().sessions;
        let table = Page::default().table(&sessions);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines,
            [
                "NAME   STATUS            FOR   OUTPUT           PEERS  UP   COMMAND",
                "build  idle (at prompt)  90 s  repainting 26 m  1      2 h  make -j8",
                "漢     exited 3          2 h   none             0      3 s  true",
            ]
        );
        let narrow = Page { width: Some(40), ..Page::default() }.table(&sessions);
        assert!(narrow.lines().all(|line| width(line) <= 40), "{narrow}");
        let clock = Page { clock: Some(0.0), ..Page::default() }.table(&sessions);
        assert!(clock.starts_with("NAME   STATUS            SINCE") && !clock.contains(" ago"), "{clock}");
        let coloured = Page { colour: true, ..Page::default() }.table(&sessions);
        assert!(coloured.contains("\x1B[34midle (at prompt)\x1B[m  90 s"), "{coloured}");
        assert!(coloured.contains("\x1B[90mexited 3\x1B[m          2 h"), "{coloured}");
    }
}
