//! The timeline as a picture: output rate by tier, status bands, signals marked.

use std::fmt::Write;

use stillwire::novelty::Output;
use stillwire::{Duration, Instant};

use super::axis::{clock, count, grouped, seconds, spoken, ticks};
use super::replay::{Kind, Replay, Span};
use super::text::{glyph, idle_periods, meaning, spoken_reason, weight};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 344.0;
/// Left and right edge of everything that is drawn over time.
const LEFT: f64 = 62.0;
const RIGHT: f64 = WIDTH - 24.0;
/// Top and bottom of the rates, of the status band, of the signals.
const RATE: (f64, f64) = (64.0, 206.0);
const BAND: (f64, f64) = (216.0, 244.0);
const SIGNALS: (f64, f64) = (250.0, 272.0);
/// Width of one bar.
const BAR: f64 = 3.0;
/// Marks nearer to each other than this are shown as one, the most telling.
const MARK: f64 = 9.0;

const STYLE: &str = "
  text { font: 12px ui-sans-serif, system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #57606a }
  .name { font-size: 16px; font-weight: 600; fill: #1f2328 } .small { font-size: 11px } .end { text-anchor: end }
  .mid { text-anchor: middle } .page { fill: #ffffff; stroke: #d0d7de } .grid { stroke: #d8dee4; stroke-width: 1 }
  .raw { fill: #d0d7de } .visible { fill: #c297ff } .novel { fill: #8250df }
  .running { fill: #2da44e } .repainting { fill: #d4a72c } .idle { fill: #218bff } .shade { fill: #218bff; opacity: .08 }
  .on { fill: #ffffff; font-size: 11px } .mark { fill: #cf222e; font-size: 13px } .stem { stroke: #cf222e; opacity: .35 }
  @media (prefers-color-scheme: dark) {
    text { fill: #8d96a0 } .name { fill: #e6edf3 } .page { fill: #0d1117; stroke: #30363d } .grid { stroke: #21262d }
    .raw { fill: #373e47 } .visible { fill: #6e40c9 } .novel { fill: #be8fff } .mark { fill: #ff7b72 }
    .stem { stroke: #ff7b72 } .shade { opacity: .14 } .on { fill: #ffffff }
  }
";

/// Draws a replay as SVG, 960 × 344, light or dark as the reader's page is.
pub(super) fn render(name: &str, replay: &Replay) -> String {
    let page = Picture { replay, end: seconds(replay.end).max(1e-6) };
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
        escape(name),
        WIDTH - 1.0,
        HEIGHT - 1.0
    );
    page.head(&mut out, name);
    page.grid(&mut out);
    page.rates(&mut out);
    page.band(&mut out);
    page.marks(&mut out);
    page.legend(&mut out);
    out.push_str("</svg>\n");
    out
}

/// One count of a tally.
type Tier = fn(&Output) -> u32;

struct Picture<'a> {
    replay: &'a Replay,
    end: f64,
}

impl Picture<'_> {
    fn x(&self, at: f64) -> f64 {
        LEFT + (at / self.end).clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    fn head(&self, out: &mut String, name: &str) {
        let header = &self.replay.header;
        let exit = self.replay.exit.map_or(String::new(), |code| format!(" · exit {code}"));
        let length = spoken(self.replay.end.since(Instant::ZERO));
        let facts = format!("{} × {} · {length}{exit}", header.columns, header.rows);
        text(out, "name", (24.0, 32.0), &clip(name, 72));
        text(out, "end", (RIGHT, 32.0), &facts);
    }

    /// Lines for the powers of ten, ticks for the time, a shade over everything that is idle.
    fn grid(&self, out: &mut String) {
        for span in self.replay.spans.iter().filter(|span| matches!(span.kind, Kind::Idle(_))) {
            let (from, to) = (self.x(seconds(span.from)), self.x(seconds(span.to)));
            rect(out, "shade", (from, RATE.0), (to, SIGNALS.1), "");
        }
        for (power, label) in [(0, "1"), (1, "10"), (2, "100"), (3, "1k"), (4, "10k"), (5, "100k"), (6, "1M")]
        {
            if f64::from(power) <= self.decades() {
                let y = RATE.1 - f64::from(power) / self.decades() * (RATE.1 - RATE.0);
                let _ = writeln!(out, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
                text(out, "small end", (LEFT - 8.0, y + 4.0), label);
            }
        }
        text(out, "small", (24.0, RATE.0 - 10.0), "characters per second");
        for (at, label) in ticks(self.replay.end, 12) {
            let x = self.x(at);
            let _ = writeln!(out, "<path class=\"grid\" d=\"M{x:.1} {}V{}\"/>", RATE.0, SIGNALS.1);
            text(out, "small mid", (x, SIGNALS.1 + 15.0), &label);
        }
        for (name, y) in [("status", BAND.0 + 18.0), ("signals", SIGNALS.0 + 16.0)] {
            text(out, "small end", (LEFT - 8.0, y), name);
        }
    }

    /// Bars of output per second, one tier in front of the other, on a logarithmic scale.
    fn rates(&self, out: &mut String) {
        let tiers: [(&str, Tier); 3] = [
            ("raw", |output| output.bytes),
            ("visible", |output| output.visible),
            ("novel", |output| output.novel),
        ];
        for (class, tier) in tiers {
            let mut path = String::new();
            for (index, rate) in self.bins(tier).into_iter().enumerate().filter(|(_, rate)| *rate > 0.0) {
                let height = (rate.log10() / self.decades() * (RATE.1 - RATE.0)).max(2.0);
                let _ = write!(
                    path,
                    "M{:.1} {}v{:.1}h{BAR}V{}z",
                    LEFT + count(index) * BAR,
                    RATE.1,
                    -height,
                    RATE.1
                );
            }
            if !path.is_empty() {
                let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}\"/>");
            }
        }
    }

    /// Output per second in each bar.
    fn bins(&self, tier: impl Fn(&Output) -> u32) -> Vec<f64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
        let bars = ((RIGHT - LEFT) / BAR) as usize;
        let mut bins = vec![0.0; bars];
        let width = (self.end / count(bars)).max(1e-3);
        for (at, output) in &self.replay.samples {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the bars"
            )]
            let bin = (seconds(*at) / self.end * count(bars)).clamp(0.0, count(bars - 1)) as usize;
            bins[bin] += f64::from(tier(output)) / width;
        }
        bins
    }

    /// How many powers of ten the scale needs: at least two.
    fn decades(&self) -> f64 {
        let most = self.bins(|output| output.bytes).into_iter().fold(100.0, f64::max);
        most.log10().max(2.0) * 1.03
    }

    fn band(&self, out: &mut String) {
        for span in &self.replay.spans {
            let (class, name) = match span.kind {
                Kind::Running => ("running", "running".to_owned()),
                Kind::Repainting => ("repainting", "only repainting".to_owned()),
                Kind::Idle(reason) => ("idle", spoken_reason(reason)),
            };
            let (from, to) = (self.x(seconds(span.from)), self.x(seconds(span.to)));
            let length = spoken(span.length());
            let title = format!("{name}, {length}: {} to {}", clock(span.from), clock(span.to));
            rect(out, class, (from, BAND.0), (to.max(from + 1.0), BAND.1), &title);
            let labels = [format!("{name} · {length}"), name, length];
            if let Some(label) =
                labels.iter().find(|label| count(label.chars().count()) * 6.4 + 8.0 < to - from)
            {
                text(out, "on mid", ((from + to) / 2.0, BAND.0 + 18.0), label);
            }
        }
    }

    fn marks(&self, out: &mut String) {
        let mut shown: Vec<(f64, char, String)> = Vec::new();
        for (at, mark) in &self.replay.marks {
            let (x, glyph) = (self.x(seconds(*at)), glyph(*mark));
            let title = format!("{} at {}", meaning(*mark), clock(*at));
            match shown.last_mut() {
                Some(last) if x - last.0 < MARK => {
                    if weight(glyph) > weight(last.1) {
                        (last.1, last.2) = (glyph, title);
                    }
                }
                _ => shown.push((x, glyph, title)),
            }
        }
        for (x, glyph, title) in shown {
            if weight(glyph) >= weight('✓') {
                let _ = writeln!(out, "<path class=\"stem\" d=\"M{x:.1} {}V{}\"/>", RATE.0, RATE.1);
            }
            let _ = writeln!(
                out,
                "<text class=\"mark mid\" x=\"{x:.1}\" y=\"{:.1}\">{glyph}<title>{}</title></text>",
                SIGNALS.0 + 17.0,
                escape(&title)
            );
        }
    }

    fn legend(&self, out: &mut String) {
        let total = |wanted: fn(&Kind) -> bool| {
            let spans = self.replay.spans.iter().filter(|span| wanted(&span.kind));
            Duration::from_micros(spans.map(|span| span.length().as_micros()).sum())
        };
        let sum = |tier: fn(&Output) -> u32| {
            grouped(self.replay.samples.iter().map(|(_, output)| u64::from(tier(output))).sum())
        };
        let periods = idle_periods(self.replay);
        let longest = periods.iter().map(Span::length).max().unwrap_or_default();
        let status = [
            ("running", format!("running {}", spoken(total(|kind| *kind == Kind::Running)))),
            ("repainting", format!("only repainting {}", spoken(total(|kind| *kind == Kind::Repainting)))),
            (
                "idle",
                format!(
                    "idle {}, {}×, longest {}",
                    spoken(total(|kind| matches!(kind, Kind::Idle(_)))),
                    periods.len(),
                    spoken(longest)
                ),
            ),
        ];
        let tiers = [
            ("novel", format!("novel {}", sum(|output| output.novel))),
            ("visible", format!("visible {}", sum(|output| output.visible))),
            ("raw", format!("bytes {}", sum(|output| output.bytes))),
        ];
        for (items, y) in [(&status, HEIGHT - 32.0), (&tiers, HEIGHT - 14.0)] {
            let mut x = LEFT;
            for (class, label) in items.iter().filter(|(_, label)| !label.ends_with(" 0ms")) {
                rect(out, class, (x, y - 9.0), (x + 10.0, y + 1.0), "");
                text(out, "small", (x + 15.0, y), label);
                x += 36.0 + count(label.chars().count()) * 6.3;
            }
        }
        let mut marks: Vec<_> =
            self.replay.marks.iter().map(|(_, mark)| (glyph(*mark), meaning(*mark))).collect();
        marks.sort_by_key(|(glyph, _)| std::cmp::Reverse(weight(*glyph)));
        marks.dedup();
        let named: Vec<_> =
            marks.iter().take(7).map(|(glyph, name)| format!("{glyph}\u{A0}{name}")).collect();
        text(out, "small end", (RIGHT, HEIGHT - 14.0), &named.join("\u{A0}\u{A0} "));
    }
}

fn rect(out: &mut String, class: &str, from: (f64, f64), to: (f64, f64), title: &str) {
    let (width, height) = (to.0 - from.0, to.1 - from.1);
    let place =
        format!("x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"", from.0, from.1);
    let _ = match title {
        "" => writeln!(out, "<rect class=\"{class}\" {place}/>"),
        title => writeln!(out, "<rect class=\"{class}\" {place}><title>{}</title></rect>", escape(title)),
    };
}

fn text(out: &mut String, class: &str, (x, y): (f64, f64), text: &str) {
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(text));
}

fn clip(text: &str, most: usize) -> String {
    let short: String = text.chars().take(most).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
