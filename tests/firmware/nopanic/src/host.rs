//! `stillwire::link::host`.

use core::hint::black_box;

use stillwire::idle::{Exit, Hint};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Deframer;
use stillwire::link::frame::{FrameError, Outcome, Role};
use stillwire::link::history::History;
use stillwire::link::host::{Config, Heard, Host, Link, Peer, PeerId, Session};
use stillwire::monitor;

use crate::time::now;
use crate::{buffer, bytes, number, show};

pub(crate) type Small = Host<[Peer; 2], [Session<&'static mut [u8]>; 1], &'static mut [u8]>;

pub(crate) fn all() {
    let history = History::new(buffer(), number(), None);
    let session = Session::new(monitor::Config::DEFAULT, history, buffer(), buffer(), now());
    #[cfg(feature = "many")]
    let session = session.paced(
        stillwire::link::pace::Config {
            patience: black_box(stillwire::link::pace::Config::OFF).patience,
            ..Default::default()
        },
        now(),
    );
    let peers = [Peer::new(), Peer::default()];
    let mut host = black_box(Host::new(Config::DEFAULT, peers, [session], buffer(), now()));
    for _ in 0..number() {
        connection(&mut host);
        sessions(&mut host);
        crate::driver::all(&mut host);
        while let Some(event) = host.poll(now()) {
            show!(event, event == black_box(event));
        }
        show!(host.poll_at());
        for (session, due) in host.due_sessions(now()) {
            show!(session, due);
        }
        while let Some(peer) = host.next_speaker() {
            show!(peer);
        }
    }
    getters(&host);
    show!(host, Config::default());
}

fn peer() -> PeerId {
    PeerId { slot: number() as u16, generation: number() as u32 }
}

fn connection(host: &mut Small) {
    show!(host.handle_connect(now(), Link::Lossy), host.handle_received(now(), peer()));
    show!(host.handle_written(now(), peer()), host.handle_flushed(now(), peer()));
    show!(host.handle_broken(now(), peer(), FrameError::Truncated));
    show!(host.refuse(now(), peer(), CloseReason::Full));
    show!(host.handle_closed(now(), peer(), CloseReason::Abnormal));
    let mut deframer = Deframer::new();
    let mut input = bytes();
    while let Some(Ok(part)) = deframer.next(&mut input) {
        let heard = host.handle_part(now(), peer(), part);
        show!(heard, heard == Ok(Heard::Nothing));
        if let Ok(Heard::Hello(hello)) = heard {
            show!(host.admit(now(), peer(), &hello, number() as usize, Role::Controller));
        }
    }
    show!(host.handle_screen(now(), peer(), number() as usize));
    while let Some(frame) = host.next_frame_with(now(), peer(), number() as usize, bytes()) {
        show!(frame);
    }
    while let Some(frame) = host.next_frame(now(), peer(), number() as usize) {
        show!(frame);
    }
}

fn sessions(host: &mut Small) {
    let session = number() as usize;
    if let Some(printed) = host.handle_output(now(), session, bytes()) {
        for token in printed {
            show!(token);
        }
    }
    host.handle_typed(now(), session, number() as usize);
    host.handle_hint(now(), session, Hint::Busy);
    host.handle_exit(now(), session, Exit::Code(number() as i32));
    show!(host.publish(session, number() as u32, number() as u8, bytes()));
    show!(host.reply(number(), number(), Outcome::Done, bytes()));
    host.handle_wake(now());
    host.handle_shutdown(now(), CloseReason::GoingAway);
}

fn getters(host: &Small) {
    show!(host.sessions().len(), host.is_empty(), host.linger(), host.dropped_replies());
    if let Some(session) = host.session(number() as usize) {
        show!(session.status(), session.since(), session.evidence(), session.modes(), session.history());
        show!(session.typed(), session.is_over(), session.poll_at(), session.pace(), session);
    }
    for peer in host.peers() {
        show!(peer.is_attached(), peer.role(), peer.session(), peer.client(), peer.heartbeat(), peer);
    }
}
