//! `stillwire::{deadline, duration, idle, input, monitor, novelty}`.

use core::hint::black_box;

use stillwire::deadline::{self, Clock, Deadline};
use stillwire::idle::{Exit, Hint, Idle, Reason, Status, Tier};
use stillwire::input::Keys;
use stillwire::novelty::{Novelty, Output};
use stillwire::scan::{Scanner, Signal};
use stillwire::{Duration, Monitor, duration, idle, monitor, novelty, scan};

use crate::time::{now, span};
use crate::{bytes, display, number, show, text};

pub(crate) fn all() {
    deadlines();
    durations();
    keys();
    novelties();
    words();
    idles();
    monitors();
}

fn deadlines() {
    let due = || black_box(Some(Deadline { at: now(), reason: Reason::Quiet }));
    show!(deadline::earliest([due(), due(), due()]));
    show!(due().map(|due| due.map(|_| Reason::Bell)));
    let mut clock = black_box(Clock::new(now()));
    show!(clock.clamp(now()), clock.latest(), clock);
}

fn durations() {
    show!(duration::parse(text()));
    match duration::parse_span(text()) {
        Ok(span) => display!(span),
        Err(error) => display!(error),
    }
}

fn keys() {
    let mut keys = black_box(Keys::new());
    show!(keys.handle(now(), bytes()), keys.poll_at(), keys.poll(now()));
    show!(keys);
}

fn novelties() {
    let config = novelty::Config { fold_digits: number() == 0 };
    let mut novelty = black_box(Novelty::new(config));
    for token in Scanner::new(scan::Config::DEFAULT).scan(bytes()) {
        novelty.handle(&token);
    }
    novelty.rest();
    show!(config, novelty.take(), novelty::Config::DEFAULT);
    show!(novelty);
}

fn words() {
    let status = black_box(Status::Running);
    let reason = black_box(Reason::Quiet);
    let tier = black_box(Tier::Visible);
    show!(status, status.as_str(), status.reason(), reason, reason.as_str(), tier, tier.as_str());
}

fn idle_config() -> idle::Config {
    let number = number() as u32;
    idle::Config {
        quiet: span(),
        confirm: span(),
        counts: black_box(Tier::Novel),
        wake: number,
        quiet_cap: span(),
        ..black_box(idle::Config::DEFAULT)
    }
}

fn idles() {
    let config = idle_config();
    let mut idle = black_box(Idle::new(config, now()));
    idle.handle_output(now(), black_box(Output::NONE));
    idle.handle_input(now());
    idle.handle_signal(now(), black_box(Signal::Bell));
    idle.handle_hint(now(), black_box(Hint::Busy));
    idle.handle_exit(now(), black_box(Exit::Code(0)));
    while let Some(event) = idle.poll(now()) {
        show!(event);
    }
    let quiet: Duration = idle.quiet();
    show!(config, idle.poll_at(), idle.status(), idle.evidence(), quiet);
    show!(idle);
}

fn monitors() {
    let config = black_box(monitor::Config { idle: idle_config(), ..monitor::Config::DEFAULT });
    let mut monitor = black_box(Monitor::new(config, now()));
    for token in monitor.handle_output(now(), bytes()) {
        show!(token);
    }
    monitor.handle_input(now(), bytes());
    monitor.handle_hint(now(), black_box(Hint::Blocked));
    monitor.handle_exit(now(), black_box(Exit::Code(0)));
    while let Some(event) = monitor.poll(now()) {
        show!(event);
    }
    show!(monitor.last_output(), monitor.is_ground());
    show!(monitor.poll_at(), monitor.status(), monitor.evidence(), monitor.quiet(), *monitor.modes());
    show!(monitor == black_box(Monitor::new(config, now())), monitor);
}
