//! The one codec: any link, the same loop.

use core::mem::size_of;

use stillwire::link::frame::noisy::Dropped;
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{Frame, FrameError, HEADER, MAX_BODY, MAX_FRAME, MAX_HEAD, MIN_BODY, encode};
use stillwire_tests::frames::Material;
use stillwire_tests::random::Random;

fn wires(buffer: &mut [u8]) -> [(&'static str, Wire<'_>); 3] {
    [("messages", Wire::messages()), ("stream", Wire::stream()), ("noisy", Wire::noisy(buffer))]
}

fn whole(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = vec![0; MAX_FRAME];
    let len = encode(frame, &mut bytes).expect("within bounds");
    bytes.truncate(len);
    bytes
}

fn sent(wire: &Wire<'_>, frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = vec![0; wire.max_len(MAX_BODY)];
    let len = wire.encode(frame, &mut bytes).expect("room for any frame");
    assert!(len <= wire.max_len(whole(frame).len() - HEADER), "{frame:?}");
    bytes.truncate(len);
    bytes
}

/// Frames that come in `inputs`, their payloads put together again.
fn received(wire: &mut Wire<'_>, inputs: &[&[u8]]) -> Vec<Result<(u8, Vec<u8>), FrameError>> {
    let (mut frames, mut open) = (Vec::new(), Vec::new());
    for &(mut input) in inputs {
        while let Some(part) = wire.next(&mut input) {
            match part {
                Ok(part) => {
                    assert_eq!(part.at, open.len());
                    open.extend(part.frame.payload());
                    if part.is_last() {
                        frames.push(Ok((part.frame.kind(), std::mem::take(&mut open))));
                    }
                }
                Err(error) => frames.push(Err(error)),
            }
        }
        assert!(input.is_empty(), "what was given is used up");
    }
    frames
}

#[test]
fn any_frames_arrive_through_any_link_by_the_same_loop() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let material = Material::new(&mut random);
        let frames: Vec<Frame<'_>> = (0..20).map(|_| material.frame(&mut random, 600)).collect();
        let expected: Vec<_> =
            frames.iter().map(|frame| Ok((frame.kind(), frame.payload().to_vec()))).collect();
        for (name, mut wire) in wires(&mut [0; MAX_FRAME + 4]) {
            let packets: Vec<Vec<u8>> = frames.iter().map(|frame| sent(&wire, frame)).collect();
            let all = [wire.opening().to_vec(), packets.concat()].concat();
            let inputs: Vec<&[u8]> = if name == "messages" {
                packets.iter().map(|it| &it[..]).collect()
            } else {
                random.split(&all, 700)
            };
            assert_eq!(received(&mut wire, &inputs), expected, "seed {seed}, {name}");
            assert_eq!((wire.failed(), wire.dropped()), (None, Dropped::default()));
        }
    }
}

#[test]
fn a_peer_that_breaks_the_format_is_told_once_and_not_heard_again() {
    let broken = whole(&Frame::Resize { columns: 1, rows: 1 });
    for (name, mut wire) in wires(&mut [0; 64]) {
        let ping = sent(&wire, &Frame::Ping { nonce: 1, sent: 0 });
        let mut bad = broken.clone();
        bad[0] = 0xA2;
        if name == "noisy" {
            bad.extend(crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(&bad).to_be_bytes());
            let mut packet = vec![0; 64];
            let len = cobs::encode(&bad, &mut packet);
            bad = packet[..=len].to_vec();
        }
        let got = received(&mut wire, &[&ping, &bad, &ping, &bad]);
        assert_eq!(got, [Ok((0x04, vec![])), Err(FrameError::Version(2))], "{name}");
        assert_eq!(wire.failed(), Some(FrameError::Version(2)));
    }
}

#[test]
fn noise_on_a_line_is_counted_and_an_opening_ends_it() {
    let mut buffer = [0; 64];
    let mut wire = Wire::noisy(&mut buffer);
    let ping = sent(&wire, &Frame::Ping { nonce: 1, sent: 0 });
    let all = [b"boot", wire.opening(), &ping[..]].concat();
    assert_eq!(received(&mut wire, &[&all]), [Ok((0x04, vec![]))]);
    assert_eq!(wire.dropped().packets, 1);
}

#[test]
fn an_empty_message_is_none() {
    assert!(Wire::messages().next(&mut &b""[..]).is_none());
}

#[test]
fn the_longest_body_that_fits_is_the_longest() {
    for (name, wire) in wires(&mut []) {
        for room in 0..2_000 {
            let body = wire.max_body(room);
            assert!(body == 0 || wire.max_len(body) <= room, "{name}: {body} in {room}");
            assert!(wire.max_len(body + 1) > room, "{name}: more than {body} in {room}");
        }
        assert_eq!(wire.max_body(usize::MAX), MAX_BODY);
        assert_eq!(wire.max_body(wire.max_len(MIN_BODY)), MIN_BODY, "{name}");
    }
}

#[test]
fn a_wire_is_small() {
    assert!(size_of::<Wire<'_>>() <= MAX_HEAD + 56, "{}", size_of::<Wire<'_>>());
}
