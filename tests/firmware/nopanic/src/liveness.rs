//! `stillwire::link::{heartbeat, probe, rtt, watchdog}`.

use core::hint::black_box;

use stillwire::link::heartbeat::{self, Heartbeat};
use stillwire::link::probe::{self, Doubt, Probe};
use stillwire::link::rtt::Rtt;
use stillwire::link::watchdog::Watchdog;

use crate::time::{now, span};
use crate::{number, show};

pub(crate) fn all() {
    rtts();
    heartbeats();
    watchdogs();
    probes();
}

fn nonce() -> u32 {
    number() as u32
}

fn rtts() {
    let mut rtt = black_box(Rtt::new(span(), now()));
    show!(rtt.ping(), rtt.handle_flushed(now(), nonce()), rtt.is_open(nonce()));
    show!(rtt.handle_pong(now(), nonce()), rtt.srtt(), rtt.rttvar(), rtt.budget());
    show!(rtt.budget_within(span(), span()), rtt);
}

fn heartbeats() {
    let config = heartbeat::Config { interval: span(), stall: span(), again: span() };
    let config = if span() > span() { config.lossy() } else { config };
    let mut heartbeat = black_box(Heartbeat::new(config, now()));
    heartbeat.handle_authenticated(now());
    heartbeat.handle_flushed(now(), nonce());
    heartbeat.handle_written(now());
    heartbeat.handle_received(now());
    heartbeat.handle_wake(now());
    heartbeat.handle_pong(now(), nonce());
    while let Some(event) = heartbeat.poll(now()) {
        show!(event);
    }
    show!(config, config.timeout(), heartbeat::Config::default());
    show!(heartbeat.poll_at(), heartbeat.status(), heartbeat.heard(), heartbeat.rtt().srtt());
    show!(heartbeat);
}

fn watchdogs() {
    let mut watchdog = black_box(Watchdog::new(now()));
    watchdog.handle_welcome(now(), span(), span());
    watchdog.handle_received(now());
    watchdog.handle_wake(now());
    while let Some(event) = watchdog.poll(now()) {
        show!(event);
    }
    show!(watchdog.poll_at(), watchdog.status(), watchdog.heard());
    show!(watchdog);
}

fn probes() {
    let config = probe::Config { shortest: span(), longest: span() };
    let mut probe = black_box(Probe::new(config, now()));
    probe.handle_doubt(now(), black_box(Doubt::Wake));
    probe.handle_flushed(now(), nonce());
    probe.handle_written(now());
    probe.handle_received(now());
    probe.handle_pong(now(), nonce());
    while let Some(event) = probe.poll(now()) {
        show!(event);
    }
    show!(config, probe::Config::default());
    show!(probe.poll_at(), probe.status(), probe.budget(), probe.rtt().srtt());
    show!(probe);
}
