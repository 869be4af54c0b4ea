//! Frames on streams of bytes: cut anywhere, and damaged anywhere.

use core::mem::size_of;

use stillwire::link::frame::noisy::{self, Receiver};
use stillwire::link::frame::stream::{Deframer, Part};
use stillwire::link::frame::{Frame, FrameError, MAX_FRAME, MAX_HEAD, encode};
use stillwire_tests::frames::{GOLDEN, Material, bytes_of};
use stillwire_tests::fuzz::{Whole, receive_noisy, receive_stream};
use stillwire_tests::random::Random;

fn golden() -> Vec<u8> {
    GOLDEN.iter().flat_map(|(_, hex)| bytes_of(hex)).collect()
}

fn packet(frame: &Frame<'_>) -> Vec<u8> {
    let mut wire = vec![0; noisy::max_len(MAX_FRAME)];
    let len = noisy::encode(frame, &mut wire).expect("room for any frame");
    wire.truncate(len);
    wire
}

fn whole(frame: &Frame<'_>) -> Whole {
    let mut wire = vec![0; MAX_FRAME];
    let len = encode(frame, &mut wire).expect("within bounds");
    wire.truncate(len);
    wire
}

#[test]
fn a_stream_cut_at_any_two_places_gives_the_same_frames() {
    let wire = golden();
    let expected: Vec<Whole> = GOLDEN.iter().map(|(_, hex)| bytes_of(hex)).collect();
    for first in 0..=wire.len() {
        for second in first..=wire.len() {
            let pieces = [&wire[..first], &wire[first..second], &wire[second..]];
            assert_eq!(receive_stream(pieces), (expected.clone(), None), "cut at {first} and {second}");
        }
    }
    assert_eq!(receive_stream(wire.chunks(1)), (expected, None), "byte by byte");
}

#[test]
fn random_frames_in_random_pieces_arrive_as_they_were_sent() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let material = Material::new(&mut random);
        let longest = *random.pick(&[0, 10, 300, 16_000]);
        let sent: Vec<Whole> = (0..20).map(|_| whole(&material.frame(&mut random, longest))).collect();
        let wire = sent.concat();
        let pieces = random.split(&wire, longest + 9);
        assert_eq!(receive_stream(pieces), (sent, None), "seed {seed}");
    }
}

#[test]
fn a_frame_that_is_all_there_is_one_part_that_borrows_from_the_input() {
    let wire = whole(&Frame::Message { channel: "c", id: 1, bytes: &[9; 5_000] });
    let mut deframer = Deframer::new();
    let mut input = &wire[..];
    let part = deframer.next(&mut input).expect("a part").expect("a frame");
    assert!(part.is_last() && wire.as_ptr_range().contains(&part.frame.payload().as_ptr()));
    assert!(deframer.is_between_frames());
}

#[test]
fn the_parts_of_output_are_output() {
    let wire = whole(&Frame::Output { offset: 100, bytes: b"abcdef" });
    let mut deframer = Deframer::new();
    let mut next = |mut piece: &[u8]| match deframer.next(&mut piece) {
        Some(Ok(Part { frame: Frame::Output { offset, bytes }, at, rest })) => {
            Some((offset, String::from_utf8_lossy(bytes).into_owned(), at, rest))
        }
        None => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(next(&wire[..12]), None, "no payload yet");
    assert_eq!(next(&wire[12..14]), Some((100, "ab".into(), 0, 4)));
    assert_eq!(next(&wire[14..17]), Some((102, "cde".into(), 2, 1)));
    assert_eq!(next(&wire[17..]), Some((105, "f".into(), 5, 0)));
}

#[test]
fn a_broken_stream_says_so_once_at_the_byte_that_breaks_it() {
    let mut wire = whole(&Frame::Ping { nonce: 1, sent: 0 });
    wire.extend(b"\xa1\x22\x00\x05"); // a resize of five bytes: the length alone is not wrong yet
    wire.extend(b"\x00\x50\x00\x18\x00");
    let mut deframer = Deframer::new();
    let mut told = Vec::new();
    for (at, byte) in wire.iter().enumerate() {
        let mut input = std::slice::from_ref(byte);
        while let Some(part) = deframer.next(&mut input) {
            told.push((at, part.map(|part| part.frame.kind())));
        }
    }
    assert_eq!(told, [(15, Ok(0x04)), (23, Err(FrameError::Malformed(0x22)))]);
    assert_eq!(deframer.failed(), Some(FrameError::Malformed(0x22)));
    for (bytes, error) in [
        (&b"SSH-2.0"[..1], FrameError::NotAFrame(b'S')),
        (b"\xa3", FrameError::Version(3)),
        (b"\xa1\x10\x40\x01", FrameError::TooLong(16_385)),
        (b"\xa1\x10\x00\x07", FrameError::Malformed(0x10)), // an offset needs eight
    ] {
        assert_eq!(receive_stream([bytes]).1, Some(error), "{bytes:x?}");
    }
}

#[test]
fn packets_in_random_pieces_arrive_as_they_were_sent() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let material = Material::new(&mut random);
        let longest = *random.pick(&[0, 10, 300, 16_000]);
        let frames: Vec<Frame<'_>> = (0..20).map(|_| material.frame(&mut random, longest)).collect();
        let wire: Vec<u8> = frames.iter().flat_map(packet).collect();
        let pieces = random.split(&wire, longest + 9);
        let (received, dropped) = receive_noisy(pieces, MAX_FRAME + 4);
        assert_eq!(received, frames.iter().map(|frame| Ok(whole(frame))).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(dropped, noisy::Dropped::default());
    }
}

#[test]
fn no_flipped_bit_is_delivered_and_the_next_packet_but_one_is_whole_again() {
    for (frame, hex) in GOLDEN {
        let next = packet(&Frame::Ping { nonce: 77, sent: 0 });
        let wire = [packet(frame), next.clone(), next].concat();
        let first = packet(frame).len();
        for bit in 0..first * 8 {
            let mut damaged = wire.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (received, dropped) = receive_noisy([&damaged[..]], 256);
            let pings: Vec<_> = received.iter().map(|frame| frame.clone().expect("a frame")).collect();
            assert!(
                pings.iter().all(|ping| *ping == whole(&Frame::Ping { nonce: 77, sent: 0 })),
                "{hex}, bit {bit}"
            );
            // Where the delimiter was hit, the packet behind it is lost too.
            assert_eq!(pings.len(), if bit / 8 == first - 1 { 1 } else { 2 }, "{hex}, bit {bit}");
            assert!((1..=2).contains(&dropped.packets), "{hex}, bit {bit}: {dropped:?}");
        }
    }
}

#[test]
fn whatever_is_lost_doubled_or_damaged_only_frames_that_were_sent_arrive() {
    let mut arrived = 0;
    for seed in 0..2_000 {
        let mut random = Random::new(seed);
        let material = Material::new(&mut Random::new(seed / 100));
        let frames: Vec<Frame<'_>> = (0..10).map(|_| material.frame(&mut random, 40)).collect();
        let mut wire: Vec<u8> = frames.iter().flat_map(packet).collect();
        for _ in 0..1 + random.below(8) {
            let at = random.below(wire.len());
            let end = (at + random.below(12)).min(wire.len());
            match random.below(4) {
                0 => wire[at] ^= 1 << random.below(8),
                1 => wire[at..end].fill_with(|| random.bits() as u8),
                2 => drop(wire.drain(at..end)),
                _ => drop(wire.splice(at..at, wire[at..end].to_vec())),
            }
        }
        let (received, _) = receive_noisy(random.split(&wire, 30), 300);
        let sent: Vec<Whole> = frames.iter().map(whole).collect();
        for frame in received {
            assert!(sent.contains(&frame.expect("a frame")), "seed {seed}: delivered what was never sent");
            arrived += 1;
        }
    }
    assert!(arrived > 10_000, "{arrived} of 20,000");
}

#[test]
fn noise_around_a_packet_costs_nothing_behind_a_delimiter_and_is_counted() {
    let ping = packet(&Frame::Ping { nonce: 1, sent: 0 });
    let wire = [b"\x07\xffboot\0", &ping[..], b"\x09ab\0\0\0", &ping[..]].concat();
    let (received, dropped) = receive_noisy([&wire[..]], 64);
    assert_eq!(received, vec![Ok(whole(&Frame::Ping { nonce: 1, sent: 0 })); 2]);
    assert_eq!(dropped, noisy::Dropped { packets: 2, bytes: 7 + 4, too_long: 0 });
}

#[test]
fn noise_that_is_nothing_with_the_crc_of_nothing_is_noise() {
    // Four zeros in COBS, which are the CRC of an empty frame.
    let (received, dropped) = receive_noisy([&b"\x01\x01\x01\x01\x01\0"[..]], 64);
    assert_eq!((received.len(), dropped.packets), (0, 1));
}

#[test]
fn a_packet_that_is_too_long_is_dropped_and_counted() {
    let long = packet(&Frame::Output { offset: 0, bytes: &[1; 300] });
    let wire = [&long[..], &packet(&Frame::Ping { nonce: 1, sent: 0 })].concat();
    let (received, dropped) = receive_noisy([&wire[..]], 64);
    assert_eq!(received, [Ok(whole(&Frame::Ping { nonce: 1, sent: 0 }))]);
    assert_eq!(dropped, noisy::Dropped { packets: 1, bytes: long.len() as u32, too_long: 1 });
}

#[test]
fn an_undamaged_packet_that_breaks_the_format_is_an_error() {
    let mut wire = [0; 64];
    let mut packet = cobs::CobsEncoder::new(&mut wire);
    let frame = b"\xa2\x04\x00\x04\x00\x00\x00\x01";
    packet.push(frame).expect("room");
    packet.push(&crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(frame).to_be_bytes()).expect("room");
    let len = packet.finalize() + 1;
    let (received, dropped) = receive_noisy([&wire[..len]], 64);
    assert_eq!((received, dropped), (vec![Err(FrameError::Version(2))], noisy::Dropped::default()));
}

#[test]
fn a_packet_of_any_length_has_the_overhead_that_is_promised() {
    for zeros in [false, true] {
        for len in (0..600).chain([1_000, 16_376]) {
            let bytes = vec![if zeros { 0 } else { 1 }; len];
            let frame = Frame::Output { offset: 1, bytes: &bytes };
            let packet = packet(&frame);
            let most = noisy::max_len(4 + 8 + len);
            assert!(packet.len() <= most, "{len}: {} > {most}", packet.len());
            assert_eq!(noisy::encode(&frame, &mut vec![0; packet.len()]), Ok(packet.len()), "{len}");
            assert!(noisy::encode(&frame, &mut vec![0; packet.len() - 1]).is_err(), "{len}");
            let (received, _) = receive_noisy([&packet[..]], 12 + len + 4);
            assert_eq!(received, [Ok(whole(&frame))], "{len}");
        }
    }
}

#[test]
fn receivers_are_small() {
    assert!(size_of::<Deframer>() <= MAX_HEAD + 38, "{}", size_of::<Deframer>());
    assert!(size_of::<Receiver<'_>>() <= 48, "{}", size_of::<Receiver<'_>>());
}
