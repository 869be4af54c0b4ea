//! `stillwire::link::{bootstrap, history, replay, typed}`.

use core::hint::black_box;

use stillwire::link::bootstrap::{Bootstrap, Joining, Refused};
use stillwire::link::history::{History, Size};
use stillwire::link::replay::{Attach, Follower, Piece, Place, Replay};
use stillwire::link::typed::{Applied, Typed};
use stillwire::{Monitor, monitor};

use crate::time::now;
use crate::{buffer, bytes, number, show};

pub(crate) fn all() {
    histories();
    bootstraps();
    typing();
}

fn size() -> Size {
    Size { columns: number() as u16, rows: number() as u16 }
}

fn place() -> Place {
    Place { epoch: number(), offset: number() }
}

fn histories() {
    let mut history = black_box(History::new(buffer(), number(), Some(size())));
    let mut monitor = black_box(Monitor::new(monitor::Config::DEFAULT, now()));
    history.push(bytes());
    let mut watched = monitor.handle_output(now(), bytes());
    while watched.next().is_some() {
        if let Some(mark) = watched.mark() {
            history.mark(mark, watched.modes());
        }
    }
    history.handle_resize(size());
    show!(history.epoch(), history.capacity(), history.start(), history.end(), history.size());
    show!(history.read(number()), history.anchor_from(number()), history.size_at(number()));
    show!(history.latest());
    show!(history.boundary_after(number()), size() == size(), place() == place());
    let (replay, how) = Replay::attach(&history, Some(place()));
    let mut replay = black_box(replay);
    while let Some(piece) = replay.next(&history, number() as usize) {
        show!(piece, piece == black_box(Piece::Size(size())));
    }
    show!(replay.place(), replay.lost(), replay.behind(&history), replay.is_seeking());
    show!(how, how == Attach::Exact, replay, history);
    let mut follower = black_box(Follower::new());
    follower.handle_restart(number(), number());
    show!(follower.handle_bytes(number(), bytes()), follower.place(), follower);
}

fn bootstraps() {
    let mut bootstrap = black_box(Bootstrap::new(buffer()));
    for _ in 0..number() {
        let refused = bootstrap.set(number() as u32, number() as u8, bytes());
        show!(refused, refused == Err(Refused::TooManyKeys));
    }
    show!(bootstrap.get(number() as u32), bootstrap.len(), bootstrap.is_empty());
    let mut joining = black_box(Joining::new());
    if let Ok(changed) = bootstrap.set(number() as u32, number() as u8, bytes()) {
        joining.handle_change(changed);
    }
    while let Some(item) = joining.next(&bootstrap, number() as usize, number() as usize) {
        show!(item);
    }
    show!(joining.has(&bootstrap, number() as u32), joining.is_due(&bootstrap), joining.skipped());
    show!(joining, bootstrap);
}

fn typing() {
    let mut typed = black_box(Typed::new(buffer()));
    show!(typed.push(bytes()), typed.room(), typed.pending());
    while let Some(chunk) = typed.next(number() as usize) {
        show!(chunk);
    }
    show!(typed.handle_ack(number(), number()), typed.handle_again(number()));
    show!(typed.handle_welcome(number() == 0, number(), number()));
    show!(typed.handle_new_session(number(), number()));
    show!(typed.sent(), typed.next_number(), typed.is_waiting(), typed.unacknowledged());
    let mut applied = black_box(Applied::new(number()));
    show!(applied.fresh(number(), bytes()));
    applied.commit(number() as usize);
    show!(applied.count(), applied.poll_ack(), applied, typed);
}
