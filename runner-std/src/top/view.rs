//! The picture: a line of counts, the table, what is known of the selected session, and a line of keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use stillwire::Instant;

use super::model::{Mode, Model, Row};
use super::rate;
use crate::roster::session::{Session, Status, ago, cut, fit, plain, span};
use stillwire::scan::width;

/// Rows of what is told of the selected session, and the least height of a screen that has room for them.
const DETAILS: u16 = 4;
const TALL: u16 = 14;

const HELP: [(&str, &str); 12] = [
    ("up down  j k", "select"),
    ("PgUp PgDn  g G", "a page, the first, the last"),
    ("Enter", "attach; Ctrl-] d comes back"),
    ("K  Del", "kill, after a question"),
    ("/", "filter by words of name, command, status; >5m: waiting longer"),
    ("Esc", "no filter"),
    ("s", "sort by name, status, output, change"),
    ("q  Ctrl-C", "quit"),
    ("", ""),
    ("novel", "something that was not on the screen before"),
    ("repainting", "output goes on, and nothing of it is new"),
    ("idle (...)", "why it is taken to be waiting"),
];

/// Where the columns of the table are: their widths, 0 for those that have no room.
#[derive(Clone, Copy, Debug)]
struct Columns {
    name: usize,
    status: usize,
    age: usize,
    output: usize,
    bars: usize,
    speed: usize,
    peers: usize,
    last: usize,
}

/// Draws everything. `loading`: no host has been heard yet.
pub(super) fn draw(model: &mut Model, now: Instant, colour: bool, area: Rect, buffer: &mut Buffer) {
    let details = if area.height >= TALL { DETAILS } else { 0 };
    let room = area.height.saturating_sub(3 + details);
    let selected = model.settle(now, usize::from(room));
    let pen = Pen { colour, width: usize::from(area.width) };
    put(buffer, area, 0, pen.heading(model));
    let bottom = area.height.saturating_sub(1);
    put(buffer, area, bottom, pen.bottom(model));
    if model.mode == Mode::Help {
        for (row, (keys, what)) in (2..bottom).zip(HELP) {
            let keys = Span::styled(fit(keys, 16), pen.style(Color::Cyan));
            put(buffer, area, row, Line::from(vec![Span::raw("  "), keys, Span::raw(what)]));
        }
        return;
    }
    let (top, filter) = (model.top, model.filter.clone());
    let rows = model.rows(now);
    let columns = Columns::new(pen.width, &rows);
    put(buffer, area, 1, pen.titles(columns));
    if rows.is_empty() && room > 1 {
        let text = match filter.as_str() {
            "" => "there is no session; start one: runner-std host -- bash".into(),
            filter => format!("no session is like {filter:?}; Esc shows all"),
        };
        put(buffer, area, 3, Line::styled(format!("  {}", plain(&text)), pen.dim()));
    }
    for (line, (index, row)) in (2..2 + room).zip(rows.iter().enumerate().skip(top)) {
        let mut text = pen.row(columns, row, now);
        if Some(index) == selected {
            text = text.patch_style(Style::new().add_modifier(Modifier::REVERSED));
        }
        put(buffer, area, line, text);
    }
    if let Some(row) = selected.and_then(|index| rows.get(index)).filter(|_| details > 0) {
        for (line, text) in (bottom - details..bottom).zip(pen.details(row)) {
            put(buffer, area, line, text);
        }
    }
}

fn put(buffer: &mut Buffer, area: Rect, row: u16, line: Line<'_>) {
    if row < area.height {
        buffer.set_line(area.x, area.y + row, &line, area.width);
        // A style reaches to the end of the line.
        buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, line.style);
    }
}

impl Columns {
    fn new(width: usize, rows: &[Row<'_>]) -> Self {
        let named = rows.iter().map(|row| stillwire::scan::width(&row.told.name)).max().unwrap_or(0);
        // Each column but the first has a blank before it.
        let mut columns =
            Self { name: 0, status: 10, age: 5, output: 0, bars: 0, speed: 0, peers: 0, last: 0 };
        let away = rows.first().is_some_and(|row| row.told.away.is_some());
        columns.name = named.clamp(4, (width / if away { 3 } else { 5 }).max(12));
        let mut left = width.saturating_sub(columns.name + columns.status + columns.age + 2);
        let mut take = |want: usize, keep: usize| {
            let fits = left > want + keep;
            left -= if fits { want + 1 } else { 0 };
            if fits { want } else { 0 }
        };
        columns.bars = take(8, 0);
        columns.status += take(11, 0);
        columns.speed = take(6, 0);
        columns.last = take(10, 0);
        columns.output = take(17, 8);
        columns.peers = take(5, 8);
        if columns.status > 10 {
            left += 1; // no blank within a column
        }
        // The line has most of what is left.
        if columns.bars > 0 {
            let more = (if columns.last > 0 { left / 5 } else { left }).min(rate::SECONDS - 8);
            columns.bars += more;
            left -= more;
        }
        if columns.last > 0 {
            columns.last += left;
        }
        columns
    }

    const fn widths(&self) -> [usize; 8] {
        [self.name, self.status, self.age, self.output, self.bars, self.speed, self.peers, self.last]
    }
}

/// How things look.
struct Pen {
    colour: bool,
    width: usize,
}

impl Pen {
    fn style(&self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    fn dim(&self) -> Style {
        self.style(Color::DarkGray)
    }

    fn status(&self, status: Status) -> Style {
        self.style(match status {
            Status::Running => Color::Green,
            Status::Idle => Color::Blue,
            Status::Exited | Status::Unknown => Color::DarkGray,
            Status::Lost => Color::Red,
        })
    }

    fn heading(&self, model: &Model) -> Line<'static> {
        let counts = model.counts();
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let mut spans = vec![Span::styled("stillwire", bold)];
        let kinds = [Status::Running, Status::Idle, Status::Exited, Status::Lost];
        for (status, count) in kinds.into_iter().zip(counts).filter(|(_, count)| *count > 0) {
            spans.push(Span::styled(format!("  {count} {}", status.as_str()), self.status(status)));
        }
        if !model.filter.is_empty() && model.mode != Mode::Filter {
            spans.push(Span::raw(format!("  /{}", plain(&model.filter))));
        }
        let used: usize = spans.iter().map(|span| width(&span.content)).sum();
        let sort = model.sort.as_str();
        if used + sort.len() + 2 <= self.width {
            spans.push(Span::raw(" ".repeat(self.width - used - sort.len())));
            spans.push(Span::styled(sort, self.dim()));
        }
        Line::from(spans)
    }

    fn titles(&self, columns: Columns) -> Line<'static> {
        let names = ["NAME", "STATUS", "FOR", "OUTPUT", "RATE", "", "PEERS", "LAST LINE"];
        let cells = names.into_iter().zip(columns.widths()).filter(|(_, width)| *width > 0);
        let cells: Vec<String> = cells.map(|(name, width)| fit(name, width)).collect();
        Line::styled(cells.join(" "), self.dim())
    }

    fn row(&self, columns: Columns, row: &Row<'_>, now: Instant) -> Line<'static> {
        let session = &row.session();
        let over = session.status == Status::Exited;
        let base = if over { self.dim() } else { Style::new() };
        let status = if columns.status < 20 { short(session) } else { session.spoken() };
        let cells = [
            (session.name.clone(), base),
            (status, self.status(session.status)),
            (span(session.age), base),
            (session.output(ago, span), base),
            (row.rate.bars(columns.bars), self.style(Color::Cyan)),
            (rate::spoken(row.rate.speed(now)), base),
            (session.peers.to_string(), base),
            (last_line(session).to_owned(), if over { base } else { self.dim() }),
        ];
        let mut spans = Vec::new();
        for ((text, style), width) in cells.into_iter().zip(columns.widths()).filter(|(_, width)| *width > 0)
        {
            if !spans.is_empty() {
                spans.push(Span::raw(" "));
            }
            spans.push(Span::styled(fit(&text, width), style));
        }
        Line::from(spans)
    }

    fn details(&self, row: &Row<'_>) -> [Line<'static>; DETAILS as usize] {
        let session = &row.session();
        let named = match &session.title {
            Some(title) => format!("{} · {title}", session.name),
            None => session.name.clone(),
        };
        let title = format!("── {} ", cut(&named, self.width.saturating_sub(8)));
        let rule = "─".repeat(self.width.saturating_sub(width(&title)));
        let pid = session.pid.map(|pid| format!(" · pid {pid}")).unwrap_or_default();
        let ran = if session.status == Status::Exited { "ran" } else { "up" };
        let from =
            session.controller.as_ref().map_or(String::new(), |from| format!(" · typed in from {from}"));
        let about = format!("{pid} · {ran} {}{from}", span(session.uptime));
        let command = cut(&session.command, self.width.saturating_sub(width(&about)));
        let mut facts = match session.printed {
            _ if session.away.is_some() => {
                Some(session.output(ago, span)).filter(|it| !it.is_empty()).into_iter().collect()
            }
            0 if session.trouble.is_none() => vec!["nothing printed".into()],
            printed => vec![session.output(ago, span), format!("{} printed", rate::size(printed as f64))],
        };
        facts.extend(session.input.map(|input| format!("typed {}", ago(input))));
        facts.push(match (session.peers, session.controllers) {
            (0, _) => "nobody attached".into(),
            (peers, controllers) => format!("{peers} attached, {controllers} typing"),
        });
        let last = last_line(session);
        [
            Line::styled(title + &rule, self.dim()),
            Line::raw((command + &about).trim_start_matches(" · ").to_owned()),
            Line::from(vec![
                Span::styled(session.spoken(), self.status(session.status)),
                Span::raw(format!(" for {} · {}", span(session.age), facts.join(" · "))),
            ]),
            Line::styled(cut(last, self.width), self.dim()),
        ]
    }

    fn bottom(&self, model: &Model) -> Line<'static> {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match &model.mode {
            Mode::Filter => Line::raw(format!("/{}▏", plain(&model.filter))),
            Mode::Kill((_, name)) => {
                let name = cut(name, self.width.saturating_sub(13));
                Line::styled(format!("kill {name}? y / n"), bold.patch(self.style(Color::Red)))
            }
            Mode::Help => Line::styled("any key goes back", self.dim()),
            Mode::List => match &model.notice {
                Some(notice) => Line::styled(cut(&plain(notice), self.width), bold),
                None if self.width < 60 => Line::styled("Enter attach  K kill  / s ?  q quit", self.dim()),
                None => {
                    Line::styled("Enter attach   K kill   / filter   s sort   ? help   q quit", self.dim())
                }
            },
        }
    }
}

/// What is told instead of the last line by those who do not tell it is a title.
fn last_line(session: &Session) -> &str {
    let title = session.away.as_ref().map_or("", |_| &session.command);
    session.last.as_deref().unwrap_or(title)
}

/// The status without its reason, where there is little room.
fn short(session: &Session) -> String {
    match session.status {
        Status::Idle => "idle".into(),
        _ => session.spoken(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::session::Host;
    use std::path::Path;

    fn picture(columns: u16, rows: u16, change: impl FnOnce(&mut Model)) -> Vec<String> {
        let list = r#"{"sessions":[
            {"name":"build","command":"make -j8","pid":7,"status":"running","for":12,"novel":2,"visible":2,"peers":1,
             "controllers":1,"controller":"10.0.0.7:50122\u001b[2J","printed":12345,"uptime":7300,"title":"make\u001b[2J: all","last":"Compiling the world"},
            {"name":"agent-with-a-very-long-name-of-its-own","status":"idle","reason":"awaiting_input","for":200,
             "novel":300,"visible":203,"printed":9,"last":"漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"}]}"#;
        let mut model = Model::default();
        model.tell(Instant::ZERO, Path::new("x"), Host::parse(list).unwrap());
        change(&mut model);
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        draw(&mut model, Instant::ZERO, true, area, &mut buffer);
        let line =
            |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..rows).map(line).collect()
    }

    #[test]
    fn it_fits_into_every_terminal() {
        for (columns, rows) in [(200, 60), (120, 30), (80, 24), (40, 10), (20, 4), (7, 3), (1, 1), (0, 0)] {
            let lines = picture(columns, rows, |_| {});
            assert_eq!(lines.len(), usize::from(rows));
            let help = picture(columns, rows, |model| model.mode = Mode::Help);
            assert_eq!(help.len(), usize::from(rows));
        }
        let small = picture(40, 10, |_| {});
        assert!(small[0].starts_with("stillwire  1 running  1 idle"), "{small:#?}");
        assert!(small[2].starts_with("agent-with-… idle       3 m"), "{small:#?}");
        assert!(small[3].starts_with("build") && small[3].contains("running    12 s"), "{small:#?}");
        let usual = picture(80, 24, |_| {});
        assert!(usual[2].contains("idle (awaiting input)"), "{usual:#?}");
        assert!(usual[21].contains("for 3 m · novel 5 m ago, repainted 3 m ago"), "{usual:#?}");
    }

    #[test]
    fn questions_and_what_happened_are_at_the_bottom() {
        let kill = picture(80, 24, |model| model.mode = Mode::Kill(("x".into(), "build".into())));
        assert_eq!(kill[23], "kill build? y / n");
        let filter = picture(80, 24, |model| {
            model.filter = "zz".into();
            model.mode = Mode::Filter;
        });
        assert_eq!(
            (filter[23].as_str(), filter[3].trim()),
            ("/zz▏", "no session is like \"zz\"; Esc shows all")
        );
        let notice = picture(80, 24, |model| model.notice = Some("a\x1B[2J: gone".into()));
        assert_eq!(notice[23], "a: gone");
    }
}
