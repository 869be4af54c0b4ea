//! `stillwire::link::{backoff, close, linger, pace, reconnect, throttle}`.

use core::hint::black_box;

use stillwire::idle::Hint;
use stillwire::link::backoff::{self, Backoff};
use stillwire::link::close::CloseReason;
use stillwire::link::linger::{self, Frame, Linger};
use stillwire::link::pace::{self, Pace};
use stillwire::link::reconnect::{self, Event, Generation, Reconnect, Status};
use stillwire::link::throttle::{self, Throttle};

use crate::time::{now, span};
use crate::{number, show};

pub(crate) fn all() {
    backoffs();
    reasons();
    reconnects();
    lingers();
    paces();
    throttles();
}

fn backoff_config() -> backoff::Config {
    backoff::Config { base: span(), start: span(), cap: span(), ..black_box(backoff::Config::DEFAULT) }
}

fn backoffs() {
    let mut backoff = black_box(Backoff::new(backoff_config(), number()));
    show!(backoff.wait());
    backoff.reset();
    show!(backoff_config(), backoff == backoff.clone(), backoff);
}

fn reasons() {
    let reason = CloseReason::from_code(number() as u16);
    show!(reason, reason.code(), reason.next(), reason.as_str(), reason == black_box(CloseReason::Full));
}

fn reconnects() {
    let config = reconnect::Config {
        backoff: backoff_config(),
        dial_timeout: span(),
        stuck: span(),
        stable: span(),
        burst: span(),
        later: span(),
        ..black_box(reconnect::Config::DEFAULT)
    };
    let mut reconnect = black_box(Reconnect::new(config, number(), now()));
    while let Some(event) = reconnect.poll(now()) {
        show!(event);
        if let Event::Dial(generation) | Event::Close(generation) | Event::Probe(generation) = event {
            connection(&mut reconnect, generation);
        }
    }
    reconnect.handle_online(now());
    reconnect.handle_offline(now());
    reconnect.handle_wake(now());
    reconnect.handle_visible(now());
    reconnect.handle_user(now());
    reconnect.handle_leave(now());
    show!(config, reconnect.poll_at(), reconnect.silence(now()), reconnect.generation());
    let status = reconnect.status();
    if let Status::Disconnected(reason) = status {
        show!(reason, reason.as_str());
    }
    show!(status, status.as_str(), reconnect == reconnect.clone(), reconnect);
}

fn connection(reconnect: &mut Reconnect, generation: Generation) {
    show!(generation, generation.get());
    show!(reconnect.handle_open(now(), generation), reconnect.handle_alive(now(), generation));
    let reason = CloseReason::from_code(number() as u16);
    show!(reconnect.handle_silent(now(), generation), reconnect.handle_closed(now(), generation, reason));
}

fn lingers() {
    let timeout = if number() == 0 { None } else { Some(span()) };
    let config = linger::Config { timeout, strict: number() == 1, ..black_box(linger::Config::DEFAULT) };
    let mut linger = black_box(Linger::new(config, now()));
    linger.handle_attach(now());
    linger.handle_detach(now());
    linger.handle_frame(now(), black_box(Frame::Input));
    linger.handle_output(now());
    linger.handle_hint(now(), black_box(Hint::Busy));
    if let Some(exit) = linger.poll(now()) {
        show!(exit, exit.reason.as_str());
    }
    show!(config, linger.poll_at(), linger.status(), linger.evidence(), linger.connections());
    show!(linger == linger.clone(), linger);
}

fn paces() {
    let config = pace::Config { patience: span(), rest: span() };
    show!(config, pace::Config::default(), pace::Config::OFF);
    let mut pace = black_box(Pace::new(config, now()));
    pace.handle_behind(now(), number(), number());
    while let Some(event) = pace.poll(now()) {
        show!(event, event == black_box(event));
    }
    show!(pace.poll_at(), pace.status(), pace == pace.clone(), pace);
}

fn throttles() {
    let config =
        throttle::Config { burst: number() as u8, interval: span(), ..black_box(throttle::Config::DEFAULT) };
    let mut throttle = black_box(Throttle::new(config, now()));
    throttle.handle_change(now());
    show!(config, throttle.poll_at(), throttle.poll(now()), throttle.is_due(), throttle.held());
    show!(throttle == throttle.clone(), throttle);
}
