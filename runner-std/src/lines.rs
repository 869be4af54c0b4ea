//! Event lines: one JSON object per line, the same for `watch --events` and `timeline --json`.

use std::fmt::Write;

use stillwire::Instant;
use stillwire::idle::{Evidence, Status};
use stillwire::scan::{Progress, PromptMark, Signal};

use crate::port::pty::Outcome;
use crate::track::{Report, What};

/// The line for a report; none for the end, which [`exit`] tells.
pub fn report(report: &Report) -> Option<String> {
    match &report.what {
        What::Status(Status::Exited(_), _) => None,
        What::Status(now, evidence) => Some(status(report.at, *now, evidence)),
        What::Signal { signal: said, text, dropped } => Some(signal(report.at, *said, text, *dropped)),
    }
}

/// The first line: what runs. A recording has no process.
pub fn start(session: &str, pid: Option<u32>) -> String {
    let mut line = format!("{{\"t\":{},\"event\":\"start\",\"session\":{}", Instant::ZERO, quoted(session));
    if let Some(pid) = pid {
        let _ = write!(line, ",\"pid\":{pid}");
    }
    close(line)
}

/// The status or its reason has changed. For `idle` with the evidence: the last visible output, and the last
/// novel one where that is older (something was repainted since).
pub fn status(at: Instant, status: Status, evidence: &Evidence) -> String {
    let mut line = format!("{{\"t\":{at},\"event\":\"status\",\"status\":\"{}\"", status.as_str());
    if let Some(reason) = status.reason() {
        let _ = write!(line, ",\"reason\":\"{}\"", reason.as_str());
        if let Some(visible) = evidence.visible {
            let _ = write!(line, ",\"last_visible\":{visible}");
        }
        if let Some(novel) = evidence.novel.filter(|novel| Some(*novel) != evidence.visible) {
            let _ = write!(line, ",\"last_novel\":{novel}");
        }
    }
    close(line)
}

/// The session said something out loud; `text` for titles and notifications, `dropped` lines before this one.
pub fn signal(at: Instant, signal: Signal, text: &str, dropped: u32) -> String {
    let mut line = format!("{{\"t\":{at},\"event\":\"signal\",\"signal\":\"{}\"", signal_name(signal));
    match signal {
        Signal::Prompt(mark) => {
            let _ = write!(line, ",\"mark\":\"{}\"", mark_name(mark));
            if let PromptMark::CommandFinished { exit: Some(code) } = mark {
                let _ = write!(line, ",\"code\":{code}");
            }
        }
        Signal::Progress(progress) => {
            let (state, percent) = progress_parts(progress);
            let _ = write!(line, ",\"state\":\"{state}\"");
            if let Some(percent) = percent {
                let _ = write!(line, ",\"percent\":{percent}");
            }
        }
        Signal::Title | Signal::Notification => {
            let _ = write!(line, ",\"text\":{}", quoted(text));
        }
        Signal::AlternateScreen(on) | Signal::SynchronizedUpdate(on) => {
            let _ = write!(line, ",\"on\":{on}");
        }
        Signal::Bell | Signal::Query => {}
    }
    if dropped > 0 {
        let _ = write!(line, ",\"dropped\":{dropped}");
    }
    close(line)
}

/// The session is over.
pub fn exit(at: Instant, outcome: Outcome) -> String {
    let mut line = format!("{{\"t\":{at},\"event\":\"exit\",\"code\":{}", outcome.code());
    if let Outcome::Signal(signal) = outcome {
        let _ = write!(line, ",\"signal\":{signal}");
    }
    close(line)
}

/// So many watch the session now.
pub fn peers(at: Instant, count: usize) -> String {
    close(format!("{{\"t\":{at},\"event\":\"peers\",\"peers\":{count}"))
}

/// The host of a session has gone without saying how the session ended.
pub fn gone(at: Instant) -> String {
    close(format!("{{\"t\":{at},\"event\":\"gone\""))
}

/// Lines before this one that nobody took in time.
pub fn lost(at: Instant, count: u64) -> String {
    close(format!("{{\"t\":{at},\"event\":\"lost\",\"count\":{count}"))
}

/// A peer was told that it missed so many bytes of output.
pub fn gap(at: Instant, bytes: u64) -> String {
    close(format!("{{\"t\":{at},\"event\":\"gap\",\"bytes\":{bytes}"))
}

/// Whoever typed was superseded by a newer one.
pub fn takeover(at: Instant) -> String {
    close(format!("{{\"t\":{at},\"event\":\"takeover\""))
}

/// The line with the name of its session, where those of several are mixed.
pub fn of(session: &str, line: String) -> String {
    match line.strip_suffix("}\n") {
        Some(open) => close(format!("{open},\"session\":{}", quoted(session))),
        None => line,
    }
}

/// The name of a signal in event lines and pictures.
pub const fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::Bell => "bell",
        Signal::Prompt(_) => "prompt",
        Signal::Progress(_) => "progress",
        Signal::Notification => "notification",
        Signal::Title => "title",
        Signal::AlternateScreen(_) => "alternate_screen",
        Signal::SynchronizedUpdate(_) => "synchronized_update",
        Signal::Query => "query",
    }
}

const fn mark_name(mark: PromptMark) -> &'static str {
    match mark {
        PromptMark::PromptStart => "prompt_start",
        PromptMark::CommandStart => "command_start",
        PromptMark::CommandExecuted => "command_executed",
        PromptMark::CommandFinished { .. } => "command_finished",
    }
}

const fn progress_parts(progress: Progress) -> (&'static str, Option<u8>) {
    match progress {
        Progress::Clear => ("clear", None),
        Progress::Percent(percent) => ("percent", Some(percent)),
        Progress::Error(percent) => ("error", percent),
        Progress::Indeterminate => ("indeterminate", None),
        Progress::Paused(percent) => ("paused", percent),
    }
}

/// A JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn close(mut line: String) -> String {
    line.push_str("}\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use stillwire::idle::Reason;

    #[test]
    fn the_lines_are_those_of_the_design() {
        let at = Instant::from_micros;
        assert_eq!(
            start("build", Some(4711)),
            "{\"t\":0.000000,\"event\":\"start\",\"session\":\"build\",\"pid\":4711}\n"
        );
        let seen = Some(at(1_000_000));
        let evidence = Evidence { raw: seen, visible: seen, novel: seen, ..Evidence::default() };
        assert_eq!(
            status(at(4_500_000), Status::Idle(Reason::Quiet), &evidence),
            "{\"t\":4.500000,\"event\":\"status\",\"status\":\"idle\",\"reason\":\"quiet\",\"last_visible\":1.000000}\n"
        );
        let older = Evidence { novel: Some(at(500_000)), ..evidence };
        assert!(status(at(1), Status::Idle(Reason::Quiet), &older).ends_with("\"last_novel\":0.500000}\n"));
        assert_eq!(
            status(at(9_120_000), Status::Running, &evidence),
            "{\"t\":9.120000,\"event\":\"status\",\"status\":\"running\"}\n"
        );
        assert_eq!(
            signal(at(9_130_000), Signal::Bell, "", 0),
            "{\"t\":9.130000,\"event\":\"signal\",\"signal\":\"bell\"}\n"
        );
        assert_eq!(
            exit(at(60_020_000), Outcome::Code(0)),
            "{\"t\":60.020000,\"event\":\"exit\",\"code\":0}\n"
        );
        assert!(exit(at(1), Outcome::Signal(9)).ends_with("\"code\":137,\"signal\":9}\n"));
    }
}
