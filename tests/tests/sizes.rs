//! Memory is a promise: constant, and small enough for a microcontroller.

use core::mem::size_of;

use stillwire::idle::Idle;
use stillwire::input::Keys;
use stillwire::link::bootstrap::{Bootstrap, Joining};
use stillwire::link::history::History;
use stillwire::link::host::{Host, Peer, Session};
use stillwire::link::message::{Answers, Handled, Requests};
use stillwire::link::replay::{Follower, Replay};
use stillwire::link::typed::{Applied, Typed};
use stillwire::monitor::Monitor;
use stillwire::novelty::Novelty;
use stillwire::scan::Scanner;

#[test]
fn scanner_novelty_and_verdict_fit_into_one_kibibyte() {
    let sizes = [size_of::<Scanner>(), size_of::<Novelty>(), size_of::<Idle>()];
    assert!(sizes.iter().sum::<usize>() <= 1_024, "{sizes:?}");
}

#[test]
fn keys_are_a_few_dozen_bytes() {
    assert!(size_of::<Keys>() <= 32, "{}", size_of::<Keys>());
}

#[test]
fn a_monitor_is_about_one_kibibyte() {
    assert!(size_of::<Monitor>() <= 1_152, "{}", size_of::<Monitor>());
}

#[test]
fn what_the_link_keeps_beside_its_storage() {
    assert!(size_of::<History<&mut [u8]>>() <= 1_280, "{}", size_of::<History<&mut [u8]>>());
    assert!(size_of::<Bootstrap<&mut [u8]>>() <= 152, "{}", size_of::<Bootstrap<&mut [u8]>>());
    assert!(size_of::<Answers<&mut [u8]>>() <= 48, "{}", size_of::<Answers<&mut [u8]>>());
    let peer = [size_of::<Replay>(), size_of::<Joining>(), size_of::<Applied>(), size_of::<Handled>()];
    assert!(peer.iter().sum::<usize>() <= 112, "{peer:?}");
    let client = [size_of::<Follower>(), size_of::<Typed<&mut [u8]>>(), size_of::<Requests<&mut [u8]>>()];
    assert!(client.iter().sum::<usize>() <= 160, "{client:?}");
}

/// A host that lends its storage.
type LentHost<const PEERS: usize> = Host<[Peer; PEERS], [Session<&'static mut [u8]>; 1], &'static mut [u8]>;

#[test]
fn a_host_is_a_session_and_less_than_half_a_kibibyte_for_each_peer() {
    let (peer, session) = (size_of::<Peer>(), size_of::<Session<&mut [u8]>>());
    let (four, many) = (size_of::<LentHost<4>>(), size_of::<LentHost<64>>());
    println!("peer {peer}, session {session}, host with 4 peers {four}, with 64 {many}");
    assert!(peer <= 512, "{peer}");
    assert!(session <= 2_560, "{session}");
    assert!(four <= 5_120 && many - four == 60 * peer, "{four}, {many}");
}
