//! A turn of a host costs what has changed: it knows who is due, and who has something to say, without asking them all.

use std::collections::BTreeMap;

use stillwire::link::frame::MAX_BODY;
use stillwire::link::host::{Config, Due, Host, Peer, PeerId};
use stillwire::link::linger;
use stillwire::{Duration, Instant};
use stillwire_tests::desk::{OwnedHost, session};
use stillwire_tests::hosting::Hosting;
use stillwire_tests::laws::Machine;
use stillwire_tests::random::Random;

/// Asks everyone.
fn earliest(host: &OwnedHost) -> Option<Instant> {
    let peers = host.peers().iter().filter(|peer| peer.is_attached());
    let peers = peers.filter_map(|peer| peer.heartbeat().poll_at().map(|due| due.at));
    let sessions = host.sessions().iter().filter_map(|session| session.poll_at().map(|due| due.at));
    peers.chain(sessions).chain(host.linger().poll_at().map(|due| due.at)).min()
}

/// What the host says is what asking everyone says.
fn agrees(host: &mut OwnedHost, now: Instant, seed: u64) {
    let (said, asked) = (host.poll_at(), earliest(host));
    match said.map(|due| due.reason) {
        Some(Due::News | Due::Authentication(_) | Due::Closing(_) | Due::Pace(..)) => {
            assert!(
                asked.is_none_or(|asked| said.is_some_and(|said| said.at <= asked.max(now))),
                "seed {seed}"
            );
        }
        _ => assert_eq!(said.map(|due| due.at), asked, "seed {seed}"),
    }
    let mut due: Vec<usize> = host.due_sessions(now).map(|(session, _)| session).collect();
    due.sort_unstable();
    let sessions = host.sessions().iter().enumerate();
    let is_due = sessions.filter(|(_, session)| session.poll_at().is_some_and(|due| due.at <= now));
    assert_eq!(due, is_due.map(|(index, _)| index).collect::<Vec<_>>(), "seed {seed}");
}

#[test]
fn who_is_due_and_who_has_something_to_say_is_known_without_asking_everyone() {
    let seeds = if cfg!(debug_assertions) { 400 } else { 4_000 };
    for seed in 0..seeds {
        let (mut rng, mut now) = (Random::new(seed), Instant::ZERO);
        let mut world = <Hosting as Machine>::new(&mut rng, now);
        // Who was named, and not asked for all that it had since.
        let (mut known, mut waits) = (BTreeMap::new(), BTreeMap::new());
        for _ in 0..120 {
            now +=
                Duration::from_micros(*rng.pick(&[0, 1, 1_000, 500_000, 3_000_000, 15_000_000, 40_000_000]));
            let op = Hosting::op(&mut rng);
            world.call(now, &op);
            agrees(&mut world.host, now, seed);
            if rng.below(4) > 0 {
                while world.host.poll(now).is_some() {}
                agrees(&mut world.host, now, seed);
            }
            while let Some(peer) = world.host.next_speaker() {
                known.insert(peer.slot, peer);
                waits.insert(peer.slot, peer);
            }
            for (slot, &peer) in &known {
                let said = world.host.clone().next_frame_with(now, peer, MAX_BODY, &[b'#'; 600]).is_some();
                assert!(
                    !said || waits.contains_key(slot),
                    "seed {seed}: {peer:?} was not named after {op:?}"
                );
            }
            if rng.below(3) == 0
                && let Some((_, peer)) = waits.pop_first()
            {
                while world.host.next_frame_with(now, peer, MAX_BODY, &[b'#'; 600]).is_some() {}
            }
        }
    }
}

/// A host with so many slots and sessions, and nobody in it.
fn large(peers: usize, sessions: usize) -> OwnedHost {
    let linger = linger::Config { timeout: None, strict: false };
    let sessions = (0..sessions).map(|_| session(64)).collect();
    let config = Config { linger, ..Config::DEFAULT };
    Host::new(config, vec![Peer::new(); peers], sessions, vec![0; 64], Instant::ZERO)
}

#[test]
fn sessions_of_any_number_fall_idle_in_the_order_in_which_they_fell_silent() {
    for count in [1, 2, 3, 5, 8, 33, 1_000] {
        let mut host = large(1, count);
        let mut rng = Random::new(count as u64);
        let mut last = vec![0; count];
        for step in 0..3 * count as u64 {
            let session = rng.below(count);
            let now = Instant::from_micros(1 + step);
            drop(host.handle_output(now, session, b"x"));
            while host.poll(now).is_some() {}
            last[session] = 1 + step;
        }
        let mut fell = Vec::new();
        while let Some(due) = host.poll_at() {
            let before = fell.len();
            let sessions: Vec<usize> = host.due_sessions(due.at).map(|(session, _)| session).collect();
            while let Some(event) = host.poll(due.at) {
                if let stillwire::link::host::Event::Status { session, .. } = event {
                    assert!(sessions.contains(&session), "{session} was not announced");
                    fell.push((last[session], session));
                }
            }
            assert!(fell.len() > before || host.poll_at().is_none_or(|next| next.at > due.at));
        }
        assert_eq!(fell.len(), count);
        assert!(fell.iter().filter(|(at, _)| *at > 0).is_sorted(), "{fell:?}");
    }
}

#[test]
fn nobody_is_named_who_watches_something_else() {
    use stillwire::link::frame::{Hello, Role};
    use stillwire::link::host::Link;
    use stillwire_tests::desk::hello;
    let mut host = large(100, 10);
    let now = Instant::ZERO;
    let peers: Vec<PeerId> = (0..100)
        .map(|client| {
            let peer = host.handle_connect(now, Link::Reliable).unwrap();
            let hello = Hello { role: Role::Viewer, ..hello(client) };
            host.admit(now, peer, &hello, client as usize % 10, Role::Controller).unwrap();
            peer
        })
        .collect();
    while host.poll(now).is_some() {}
    while let Some(peer) = host.next_speaker() {
        while host.next_frame(now, peer, MAX_BODY).is_some() {}
    }
    drop(host.handle_output(now, 3, b"news"));
    let mut named: Vec<PeerId> = std::iter::from_fn(|| host.next_speaker()).collect();
    named.sort_by_key(|peer| peer.slot);
    let expected: Vec<PeerId> = peers.iter().copied().filter(|peer| peer.slot % 10 == 3).collect();
    assert_eq!(named, expected);
    host.handle_closed(now, named[0], stillwire::link::close::CloseReason::Abnormal).unwrap();
    assert_eq!(host.next_speaker(), None, "who has gone says nothing");
    while host.poll(now).is_some() {}
    drop(host.handle_output(now, 3, b"more"));
    assert_eq!(std::iter::from_fn(|| host.next_speaker()).count(), 9);
}
