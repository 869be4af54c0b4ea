//! The timeline as text: bars along an axis, the idle periods, the totals.

use std::fmt::Write;

use stillwire::Instant;
use stillwire::idle::Reason;
use stillwire::scan::{PromptMark, Signal};

use super::axis::{clock, count, grouped, seconds, spoken, ticks};
use super::replay::{Kind, Mark, Replay, Span};

/// Idle periods that are listed; `--json` has them all.
const LISTED: usize = 40;
/// Columns of the names at the left.
const MARGIN: usize = 9;

const RUNNING: &str = "32";
const REPAINTING: &str = "33";
const IDLE: &str = "34";
const SIGNAL: &str = "35";
const DIM: &str = "2";
const BOLD: &str = "1";

/// Draws a replay in `width` columns, with colours or without.
pub(super) fn render(name: &str, replay: &Replay, width: usize, colour: bool) -> String {
    let page = Page { replay, columns: width.saturating_sub(MARGIN + 1).max(20), colour };
    let header = &replay.header;
    let exit = replay.exit.map_or(String::new(), |code| format!(" · exit {code}"));
    let end = spoken(replay.end.since(Instant::ZERO));
    let mut out = format!(
        "{} {}\n\n",
        page.paint(BOLD, name),
        page.paint(DIM, &format!("· {}×{} · {end}{exit}", header.columns, header.rows))
    );
    out.push_str(&page.axis());
    out.push_str(&page.row("status", &page.status()));
    out.push_str(&page.row("output", &page.rate(|output| output.visible, "36")));
    out.push_str(&page.row("novel", &page.rate(|output| output.novel, RUNNING)));
    if !replay.marks.is_empty() {
        out.push_str(&page.row("signals", &page.signals()));
    }
    out.push_str(&page.legend());
    out.push_str(&page.totals());
    out.push_str(&page.periods());
    out
}

struct Page<'a> {
    replay: &'a Replay,
    columns: usize,
    colour: bool,
}

impl Page<'_> {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1B[{code}m{text}\x1B[m") } else { text.to_owned() }
    }

    fn row(&self, name: &str, cells: &str) -> String {
        format!("{}{cells}\n", self.paint(DIM, &format!("{name:>w$} ", w = MARGIN - 1)))
    }

    /// The column of an instant.
    fn column(&self, at: f64) -> usize {
        let end = seconds(self.replay.end).max(1e-6);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the width"
        )]
        let column = (at / end * count(self.columns)).floor().max(0.0) as usize;
        column.min(self.columns - 1)
    }

    fn axis(&self) -> String {
        let (mut labels, mut line) = (vec![' '; self.columns + MARGIN], vec!['─'; self.columns]);
        for (at, label) in ticks(self.replay.end, self.columns / 9) {
            let column = self.column(at);
            line[column] = if column == 0 { '├' } else { '┬' };
            if column + label.len() <= self.columns {
                labels.splice(MARGIN + column..MARGIN + column + label.len(), label.chars());
            }
        }
        let labels: String = labels.into_iter().collect();
        let line: String = line.into_iter().collect();
        format!("{}\n{}{}\n", self.paint(DIM, labels.trim_end()), " ".repeat(MARGIN), self.paint(DIM, &line))
    }

    /// What went on most in each column; what went on at all where it is shorter than a column.
    fn status(&self) -> String {
        let mut cells: Vec<[f64; 3]> = vec![[0.0; 3]; self.columns];
        let width = seconds(self.replay.end).max(1e-6) / count(self.columns);
        for span in &self.replay.spans {
            let (from, to) = (seconds(span.from), seconds(span.to));
            let columns = self.column(from)..=self.column(to);
            let first = *columns.start();
            for (index, cell) in cells.get_mut(columns).into_iter().flatten().enumerate() {
                let left = count(first + index) * width;
                cell[tone(span.kind)] += (to.min(left + width) - from.max(left)).max(0.0);
            }
        }
        let tone = |cell: &[f64; 3]| (0..3).max_by(|&a, &b| cell[a].total_cmp(&cell[b])).unwrap_or(0);
        let tones: Vec<usize> = cells.iter().map(tone).collect();
        let runs = tones.chunk_by(|a, b| a == b);
        runs.map(|run| {
            let (glyph, code) = [("█", RUNNING), ("▒", REPAINTING), ("─", IDLE)][run[0]];
            self.paint(code, &glyph.repeat(run.len()))
        })
        .collect()
    }

    /// Characters per second on a logarithmic scale: one step of height is about a factor of three.
    fn rate(&self, tier: impl Fn(&stillwire::novelty::Output) -> u32, code: &str) -> String {
        const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let mut cells = vec![0.0; self.columns];
        for (at, output) in &self.replay.samples {
            cells[self.column(seconds(*at))] += f64::from(tier(output));
        }
        let width = (seconds(self.replay.end) / count(self.columns)).max(1e-3);
        let bars = cells.iter().map(|&characters| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1–8")]
            let step = ((characters / width).log10() * 2.0).clamp(1.0, 8.0) as usize;
            STEPS[if characters > 0.0 { step } else { 0 }]
        });
        self.paint(code, bars.collect::<String>().trim_end())
    }

    fn signals(&self) -> String {
        let mut cells = vec![' '; self.columns];
        for (at, mark) in &self.replay.marks {
            let cell = &mut cells[self.column(seconds(*at))];
            let glyph = glyph(*mark);
            // A bell or a failed command is what one looks for; a key is everywhere.
            if weight(glyph) >= weight(*cell) {
                *cell = glyph;
            }
        }
        self.paint(SIGNAL, cells.into_iter().collect::<String>().trim_end())
    }

    fn legend(&self) -> String {
        let has = |tones: usize| self.replay.spans.iter().any(|span| tone(span.kind) == tones);
        let mut items = Vec::new();
        for (index, (glyph, code, name)) in
            [("█", RUNNING, "running"), ("▒", REPAINTING, "only repainting"), ("─", IDLE, "idle")]
                .iter()
                .enumerate()
        {
            if has(index) {
                items.push(format!("{} {name}", self.paint(code, glyph)));
            }
        }
        let mut seen: Vec<(char, &str)> =
            self.replay.marks.iter().map(|(_, mark)| (glyph(*mark), meaning(*mark))).collect();
        seen.sort_by_key(|(glyph, _)| std::cmp::Reverse(weight(*glyph)));
        seen.dedup();
        items.extend(
            seen.iter().map(|(glyph, name)| format!("{} {name}", self.paint(SIGNAL, &glyph.to_string()))),
        );
        let mut lines = vec![String::new()];
        let mut used = 0;
        for item in items {
            let width = shown_width(&item) + 3;
            if used + width > self.columns {
                lines.push(String::new());
                used = 0;
            }
            used += width;
            if let Some(line) = lines.last_mut() {
                let _ = write!(line, "{item}   ");
            }
        }
        let lines: Vec<_> =
            lines.iter().map(|line| format!("{}{}", " ".repeat(MARGIN), line.trim_end())).collect();
        format!("\n{}\n\n", lines.join("\n"))
    }

    fn totals(&self) -> String {
        let total = |wanted: usize| {
            let spans = self.replay.spans.iter().filter(|span| tone(span.kind) == wanted);
            spans.map(|span| span.length().as_micros()).sum::<u64>()
        };
        let all = self.replay.end.as_micros().max(1);
        let mut out = String::new();
        for (index, (name, code)) in
            [("running", RUNNING), ("repainting", REPAINTING), ("idle", IDLE)].iter().enumerate()
        {
            let micros = total(index);
            if micros == 0 && index > 0 {
                continue;
            }
            let mut line = format!(
                "{:>9}  {:>4}",
                spoken(stillwire::Duration::from_micros(micros)),
                format!("{}%", (micros * 100 + all / 2) / all)
            );
            if index == 2 {
                let periods = idle_periods(self.replay);
                let longest = periods.iter().map(Span::length).max().unwrap_or_default();
                let times = if periods.len() == 1 {
                    "once".into()
                } else {
                    format!("{} times, longest {}", periods.len(), spoken(longest))
                };
                let _ = write!(line, "   {times}");
            }
            let _ = writeln!(out, "{} {line}", self.paint(code, &format!("{name:>10}")));
        }
        let sum = |tier: fn(&stillwire::novelty::Output) -> u32| {
            self.replay.samples.iter().map(|(_, output)| u64::from(tier(output))).sum::<u64>()
        };
        let _ = writeln!(
            out,
            "{}  {} bytes, {} characters visible, {} of them novel",
            self.paint(DIM, "    output"),
            grouped(sum(|output| output.bytes)),
            grouped(sum(|output| output.visible)),
            grouped(sum(|output| output.novel)),
        );
        out
    }

    fn periods(&self) -> String {
        let spans: Vec<&Span> =
            self.replay.spans.iter().filter(|span| matches!(span.kind, Kind::Idle(_))).collect();
        let mut out = String::new();
        if !spans.is_empty() {
            let head = format!(
                "{:>12}  {:>12}  {:>9}  {:<14}  {:>12}",
                "idle from", "until", "for", "reason", "last visible"
            );
            let _ = writeln!(out, "\n{}", self.paint(DIM, &head));
        }
        for span in spans.iter().take(LISTED) {
            let Kind::Idle(reason) = span.kind else { continue };
            let visible = span.visible.map_or_else(|| "never".into(), clock);
            let _ = writeln!(
                out,
                "{:>12}  {:>12}  {:>9}  {}  {visible:>12}",
                clock(span.from),
                if span.to == self.replay.end { "end".into() } else { clock(span.to) },
                spoken(span.length()),
                self.paint(IDLE, &format!("{:<14}", spoken_reason(reason))),
            );
        }
        if spans.len() > LISTED {
            let _ = writeln!(out, "{:>12}  {} more; --json lists all", "…", spans.len() - LISTED);
        }
        if let Some((at, reason)) = self.replay.after {
            let note = format!(
                "The recording ends before the next verdict: idle at {} ({}).",
                clock(at),
                spoken_reason(reason)
            );
            let _ = writeln!(out, "\n{}", self.paint(DIM, &note));
        }
        out
    }
}

/// The idle periods of a replay; one whose reason changed on the way is one.
pub(super) fn idle_periods(replay: &Replay) -> Vec<Span> {
    let mut periods: Vec<Span> = Vec::new();
    for span in replay.spans.iter().filter(|span| matches!(span.kind, Kind::Idle(_))) {
        match periods.last_mut() {
            Some(last) if last.to == span.from => last.to = span.to,
            _ => periods.push(*span),
        }
    }
    periods
}

/// A reason as people say it.
pub(super) fn spoken_reason(reason: Reason) -> String {
    reason.as_str().replace('_', " ")
}

/// What a mark is called.
pub(super) const fn meaning(mark: Mark) -> &'static str {
    match mark {
        Mark::Signal(Signal::Bell) => "bell",
        Mark::Signal(Signal::Notification) => "notification",
        Mark::Signal(Signal::Prompt(PromptMark::CommandFinished { exit: Some(0) | None })) => "command done",
        Mark::Signal(Signal::Prompt(PromptMark::CommandFinished { .. })) => "command failed",
        Mark::Signal(Signal::Prompt(PromptMark::CommandExecuted)) => "command starts",
        Mark::Signal(Signal::Prompt(_)) => "prompt",
        Mark::Signal(Signal::Progress(_)) => "progress",
        Mark::Signal(Signal::AlternateScreen(_)) => "full screen",
        Mark::Signal(Signal::Title) => "title",
        Mark::Signal(_) => "other",
        Mark::Input => "typed",
        Mark::Resize => "resized",
        Mark::Marker => "marker",
    }
}

pub(super) const fn glyph(mark: Mark) -> char {
    match mark {
        Mark::Signal(Signal::Bell) => '♪',
        Mark::Signal(Signal::Notification) => '!',
        Mark::Signal(Signal::Prompt(PromptMark::CommandFinished { exit: Some(0) | None })) => '✓',
        Mark::Signal(Signal::Prompt(PromptMark::CommandFinished { .. })) => '✗',
        Mark::Signal(Signal::Prompt(PromptMark::CommandExecuted)) => '>',
        Mark::Signal(Signal::Prompt(_)) => '$',
        Mark::Signal(Signal::Progress(_)) => '%',
        Mark::Signal(Signal::AlternateScreen(_)) => '□',
        Mark::Signal(Signal::Title) => 't',
        Mark::Signal(_) => '?',
        Mark::Input => '·',
        Mark::Resize => '↔',
        Mark::Marker => '▾',
    }
}

/// Which of two marks in one column is shown.
pub(super) fn weight(glyph: char) -> usize {
    const ORDER: &str = " ·?t%↔>$□✓▾!✗♪";
    ORDER.chars().position(|known| known == glyph).unwrap_or(0)
}

const fn tone(kind: Kind) -> usize {
    match kind {
        Kind::Running => 0,
        Kind::Repainting => 1,
        Kind::Idle(_) => 2,
    }
}

/// Columns of a text that may hold our own colours; every glyph here is one column wide.
fn shown_width(text: &str) -> usize {
    let mut colour = false;
    let visible = text.chars().filter(|&c| {
        let was = colour || c == '\x1B';
        colour = was && c != 'm';
        !was
    });
    visible.count()
}
