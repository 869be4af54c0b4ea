//! `stillwire::time`.

use stillwire::{Duration, Instant};

use crate::{display, number, show};

/// Some instant.
pub(crate) fn now() -> Instant {
    Instant::from_micros(number())
}

/// Some span.
pub(crate) fn span() -> Duration {
    Duration::from_micros(number())
}

pub(crate) fn all() {
    instants();
    spans();
}

fn instants() {
    let mut at = now();
    at += span();
    display!(at, Instant::from_millis(number()), at.after(span()), at + span());
    show!(at.as_micros(), at.since(now()), at - now());
    show!(at == now(), at < now(), at.max(now()));
}

fn spans() {
    let a = span();
    show!(a, Instant::from_secs(number()), Duration::from_millis(number()), Duration::from_secs(number()));
    show!(a.as_micros(), a.as_millis(), a.as_secs(), a.times(number()), a.is_zero());
    show!(a + span(), a - span(), a == span(), a < span());
    let std = core::hint::black_box(core::time::Duration::MAX);
    show!(Duration::from(std));
    core::hint::black_box(core::time::Duration::from(a));
}
