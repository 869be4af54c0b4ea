//! From an interrupt to the main loop: in order, counted, at the right time.

use critical_section as _; // its std implementation
use std::thread;
use std::time::Duration as Span;

use embedded_io::{Read, ReadReady, Write, WriteReady};
use stillwire::isr::{Port, Ring, Taken};
use stillwire::link::history::History;
use stillwire::link::host::{Config, Host, Peer, Session};
use stillwire::ticks::Widener;
use stillwire::{Instant, monitor};
use stillwire_tests::random::Random;

type OwnedHost = Host<Vec<Peer>, Vec<Session<Vec<u8>>>, Vec<u8>>;

fn host() -> OwnedHost {
    let history = History::new(vec![0; 1_024], 7, None);
    let session = Session::new(monitor::Config::DEFAULT, history, vec![0; 64], vec![], Instant::ZERO);
    Host::new(Config::DEFAULT, vec![Peer::new()], vec![session], vec![], Instant::ZERO)
}

fn printed(host: &OwnedHost) -> Vec<u8> {
    let (first, second) = host.sessions()[0].history().read(0).expect("from the beginning");
    [first, second].concat()
}

#[test]
fn bytes_come_out_in_order_or_are_counted_where_they_are_missing() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let ring = Ring::<37>::new();
        let (mut pushed, mut expected, mut got) = (0u32, Vec::new(), Vec::new());
        let mut hole = 0;
        for _ in 0..2_000 {
            if random.below(5) < 4 {
                let byte = random.below(256) as u8;
                pushed += 1;
                if ring.push(byte, pushed) {
                    assert_eq!(hole, 0, "nothing is taken behind a hole before that was told");
                    expected.push(byte);
                } else {
                    hole += 1;
                }
            } else {
                let mut into = vec![0; random.below(60)];
                let taken = ring.take(&mut into);
                got.extend_from_slice(&into[..taken.len]);
                if taken.lost > 0 {
                    assert_eq!((taken.lost, got.len()), (hole, expected.len()), "at the place of the hole");
                    hole = 0;
                }
                assert!(taken.len == 0 || taken.at == pushed);
            }
        }
        assert_eq!(expected[..got.len()], got[..]);
        assert_eq!(ring.len(), expected.len() - got.len());
        assert_eq!(ring.lost() as usize, pushed as usize - expected.len());
    }
}

#[test]
fn a_thread_and_the_main_loop_at_once() {
    static RING: Ring<64> = Ring::new();
    let interrupt = thread::spawn(|| {
        for tick in 0..100_000u32 {
            while !RING.push(tick as u8, tick) {
                thread::sleep(Span::from_micros(10));
            }
        }
    });
    let (mut last, mut count, mut bytes) = (0u8, 0, [0; 100]);
    while count < 100_000 {
        let taken = RING.take(&mut bytes);
        for byte in &bytes[..taken.len] {
            assert_eq!(*byte, last);
            last = last.wrapping_add(1);
        }
        count += taken.len;
    }
    interrupt.join().expect("no assertion");
    assert_eq!(RING.take(&mut bytes).len, 0);
}

#[test]
fn what_a_console_printed_is_handed_over_at_the_time_when_it_did() {
    let (ring, mut clock, mut host) = (Ring::<64>::new(), Widener::millis(u32::MAX - 999), host());
    for byte in b"login" {
        ring.push(*byte, u32::MAX);
    }
    ring.push(b':', 0); // the counter wrapped, one second after the beginning
    clock.at(9_000); // and the main loop comes ten seconds after that
    assert_eq!(ring.feed(&mut clock, &mut host, 0), 6);
    assert_eq!(printed(&host), b"login:");
    assert_eq!(host.sessions()[0].evidence().raw, Some(Instant::from_secs(1)));
}

#[test]
fn a_hole_is_told_in_the_output_and_ends_a_cut_sequence() {
    let (ring, mut clock, mut host) = (Ring::<8>::new(), Widener::millis(0), host());
    for byte in b"text\x1b[38;5;1mred" {
        ring.push(*byte, 0);
    }
    ring.feed(&mut clock, &mut host, 0);
    for byte in b"more" {
        ring.push(*byte, 1);
    }
    ring.feed(&mut clock, &mut host, 0);
    assert_eq!(
        printed(&host).escape_ascii().to_string(),
        r"text\x1b[38\x18\r\n[stillwire: 8 bytes lost]\r\nmore"
    );
    assert_eq!(ring.lost(), 8);
}

#[test]
fn two_rings_are_a_port() {
    let (received, sending) = (Ring::<8>::new(), Ring::<4>::new());
    let mut kicks = 0;
    let mut port = Port::new(&received, &sending, || kicks += 1);
    assert_eq!((port.read_ready(), port.write_ready()), (Ok(false), Ok(true)));
    assert_eq!(port.write(b"hello"), Ok(4));
    assert_eq!((port.write_ready(), port.write(b"")), (Ok(false), Ok(0)));
    received.push(b'!', 0);
    let mut bytes = [0; 8];
    assert_eq!((port.read_ready(), port.read(&mut bytes), bytes[0]), (Ok(true), Ok(1), b'!'));
    assert_eq!(kicks, 2);
    assert_eq!(std::iter::from_fn(|| sending.pop()).collect::<Vec<_>>(), b"hell");
}

#[test]
fn a_ring_without_room_is_no_reason_to_panic() {
    let ring = Ring::<0>::new();
    assert!(!ring.push(1, 9) && ring.pop().is_none() && ring.put(b"x") == 0);
    assert_eq!(ring.take(&mut [0; 4]), Taken { len: 0, lost: 1, at: 9 });
    assert!(ring.is_empty());
}
