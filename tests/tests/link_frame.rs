//! The wire format: every kind there and back, as the protocol's page draws it, and nothing beyond its bounds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stillwire::Duration;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{
    EncodeError, Frame, FrameError, HEADER, Hello, MAX_BODY, MAX_FRAME, MAX_HEAD, MAX_NAME, MAX_OFFSET,
    MAX_SIDE, MAX_TEXT, MAX_TOKEN, MIN_BODY, Role, Token, Welcome, decode, encode, encode_head,
};
use stillwire::link::replay::{Attach, Place};
use stillwire_tests::frames::{GOLDEN, Material, bytes_of};
use stillwire_tests::random::Random;

fn encoded(frame: &Frame<'_>) -> Vec<u8> {
    let mut wire = vec![0; MAX_FRAME];
    let len = encode(frame, &mut wire).expect("within bounds, and room for any frame");
    wire.truncate(len);
    wire
}

const HELLO: Hello<'_> = Hello {
    minor: 0,
    role: Role::Viewer,
    max_body: MIN_BODY as u16,
    has: None,
    screen: false,
    client: 0,
    input: 0,
    token: Token(&[0; MAX_TOKEN]),
    session: "",
};

const WELCOME: Welcome = Welcome {
    minor: 0,
    role: Role::Viewer,
    max_body: MAX_BODY as u16,
    slot: 0,
    generation: 0,
    heartbeat: Duration::ZERO,
    timeout: Duration::ZERO,
    epoch: 0,
    offset: 0,
    attach: Attach::Exact,
    known_since: 0,
    input: 0,
    limit: 0,
};

#[test]
fn every_kind_is_written_and_read_as_the_protocol_draws_it() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PROTOCOL.md");
    let page = fs::read_to_string(page).expect("docs/PROTOCOL.md");
    let examples: Vec<Vec<u8>> = page
        .split("```hex\n")
        .skip(1)
        .map(|block| bytes_of(block.split("```").next().unwrap_or_default()))
        .collect();
    assert_eq!(examples.len(), GOLDEN.len(), "an example for every kind");
    for ((frame, hex), example) in GOLDEN.iter().zip(&examples) {
        assert_eq!(&encoded(frame), example, "{frame:?}");
        assert_eq!(&bytes_of(hex), example, "{frame:?}");
        assert_eq!(decode(example).as_ref(), Ok(frame));
    }
}

#[test]
fn every_kind_makes_the_round_trip_with_any_fields() {
    let mut kinds = BTreeSet::new();
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let material = Material::new(&mut random);
        for round in 0..500 {
            let frame = material.frame(&mut random, [0, 20, 600][round % 3]);
            let wire = encoded(&frame);
            assert_eq!(decode(&wire), Ok(frame));
            let mut head = [0; MAX_HEAD];
            let len = encode_head(&frame, &mut head).expect("every head fits");
            assert_eq!([&head[..len], frame.payload()].concat(), wire);
            kinds.insert(frame.kind());
        }
    }
    assert_eq!(kinds.len(), GOLDEN.len());
}

#[test]
fn a_frame_that_is_cut_or_goes_on_is_refused() {
    for (frame, hex) in GOLDEN {
        let wire = bytes_of(hex);
        for end in 0..wire.len() {
            assert_eq!(decode(&wire[..end]), Err(FrameError::Truncated), "{frame:?} cut at {end}");
        }
        assert_eq!(decode(&[&wire[..], &[0]].concat()), Err(FrameError::Trailing), "{frame:?}");
    }
}

#[test]
fn a_body_of_another_length_is_malformed_unless_it_is_payload() {
    for (frame, hex) in GOLDEN {
        let fields = encode_head(frame, &mut [0; MAX_HEAD]).expect("a head") - HEADER;
        let mut longer = bytes_of(hex);
        longer.push(0);
        for len in 0..longer.len() - HEADER {
            let mut wire = longer[..HEADER + len].to_vec();
            wire[2..4].copy_from_slice(&(len as u16).to_be_bytes());
            assert_eq!(
                decode(&wire).is_ok(),
                len >= fields && (len == fields || !frame.payload().is_empty())
            );
        }
    }
}

#[test]
fn what_a_flipped_bit_makes_of_a_frame_is_refused_or_is_a_frame_that_encodes_to_it() {
    for (frame, hex) in GOLDEN {
        let wire = bytes_of(hex);
        for bit in 0..wire.len() * 8 {
            let mut damaged = wire.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match decode(&damaged) {
                Ok(Frame::Unknown { kind, bytes }) => assert_eq!((kind, bytes), (damaged[1], &damaged[4..])),
                Ok(other) => assert_eq!(encoded(&other), damaged, "{frame:?} became {other:?}"),
                Err(_) => {}
            }
        }
    }
}

#[test]
fn another_protocol_and_another_version_are_told_apart() {
    assert_eq!(decode(b"GET / HTTP/1.1\r\n"), Err(FrameError::NotAFrame(b'G')));
    assert_eq!(decode(b"\xa2"), Err(FrameError::Version(2)), "from the first byte on");
    assert_eq!(decode(b"\xa1\x04\xff\xff"), Err(FrameError::TooLong(0xFFFF)));
    assert_eq!(decode(b""), Err(FrameError::Truncated));
}

#[test]
fn an_unknown_kind_is_handed_out_to_be_skipped_and_cannot_be_sent() {
    let unknown = Frame::Unknown { kind: 0x7F, bytes: b"later" };
    assert_eq!(decode(b"\xa1\x7f\x00\x05later"), Ok(unknown));
    assert_eq!(encode(&unknown, &mut [0; 64]), Err(EncodeError::OutOfBounds));
}

#[test]
fn nothing_beyond_its_bound_is_sent_or_received() {
    let (long, text) = ("x".repeat(MAX_NAME + 1), "x".repeat(MAX_TEXT + 1));
    let too_much = [0; MAX_BODY];
    let beyond = MAX_OFFSET + 1;
    let frames = [
        Frame::Hello(Hello { max_body: MIN_BODY as u16 - 1, ..HELLO }),
        Frame::Hello(Hello { max_body: MAX_BODY as u16 + 1, ..HELLO }),
        Frame::Hello(Hello { token: Token(&[0; MAX_TOKEN + 1]), ..HELLO }),
        Frame::Hello(Hello { session: &long, ..HELLO }),
        Frame::Hello(Hello { has: Some(Place { epoch: 0, offset: beyond }), ..HELLO }),
        Frame::Hello(Hello { input: beyond, ..HELLO }),
        Frame::Welcome(Welcome { input: 1, ..WELCOME }),
        Frame::Welcome(Welcome { limit: beyond, ..WELCOME }),
        Frame::Welcome(Welcome { max_body: 0, ..WELCOME }),
        Frame::Welcome(Welcome { offset: beyond, ..WELCOME }),
        Frame::Close { reason: CloseReason::ChildExited, text: &text },
        Frame::Close { reason: CloseReason::Abnormal, text: "" },
        Frame::Output { offset: beyond, bytes: b"" },
        Frame::Output { offset: 0, bytes: &too_much },
        Frame::Ping { nonce: 0, sent: beyond },
        Frame::Snapshot { offset: beyond, last: true, bytes: b"" },
        Frame::Message { channel: &long, id: 0, bytes: b"" },
        Frame::Resize { columns: 1, rows: MAX_SIDE + 1 },
        Frame::Resize { columns: 0, rows: 1 },
        Frame::Message { channel: "", id: 0, bytes: b"" },
        Frame::InputAck { number: 0, limit: beyond, again: false },
        Frame::InputAck { number: 1, limit: 0, again: false },
    ];
    for frame in frames {
        assert_eq!(encode(&frame, &mut [0; MAX_FRAME]), Err(EncodeError::OutOfBounds), "{frame:?}");
    }
    for wire in [
        "a1 22 00 04 00 00 00 18",                            // no columns
        "a1 22 00 04 10 01 00 18",                            // too many
        "a1 23 00 01 02",                                     // no such role
        "a1 11 00 09 00 00 00 00 00 00 00 00 02",             // neither true nor false
        "a1 31 00 09 00 00 00 00 00 00 00 00 03",             // no such outcome
        "a1 30 00 09 00 00 00 00 00 00 00 00 00",             // no channel
        "a1 03 00 04 0f a0 01 ff",                            // not UTF-8
        "a1 13 00 0d 01 00 00 00 06 00 00 00 00 00 00 00 00", // no such reason
        "a1 13 00 0d 00 00 00 00 01 00 00 00 00 00 00 00 00", // running, with a reason
        "a1 20 00 08 00 20 00 00 00 00 00 00",                // 2⁵³
    ] {
        let wire = bytes_of(wire);
        assert_eq!(decode(&wire), Err(FrameError::Malformed(wire[1])), "{wire:x?}");
    }
}

#[test]
fn a_buffer_that_is_too_small_is_refused_and_one_that_is_not_is_used() {
    for (frame, hex) in GOLDEN {
        let len = bytes_of(hex).len();
        for room in 0..len {
            assert_eq!(encode(frame, &mut vec![0; room]), Err(EncodeError::NoRoom), "{frame:?} in {room}");
        }
        assert_eq!(encode(frame, &mut vec![0; len]), Ok(len));
    }
    let longest = Frame::Hello(Hello { session: &"x".repeat(MAX_NAME), ..HELLO });
    assert_eq!(encode_head(&longest, &mut [0; MAX_HEAD]), Ok(MAX_HEAD), "the bound is met exactly");
    const { assert!(MAX_HEAD - HEADER <= MIN_BODY) };
}

#[test]
fn a_token_is_never_shown() {
    let shown = format!("{:?}", Frame::Hello(Hello { token: Token(b"hunter2"), ..HELLO }));
    assert!(shown.contains("Token(…)") && !shown.contains("104, 117"), "{shown}");
}
