//! Frames for tests: one of every kind with its bytes, and random ones.

use stillwire::Duration;
use stillwire::idle::{Exit, Reason, Status};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{
    Frame, Hello, MAX_BODY, MAX_NAME, MAX_OFFSET, MAX_SIDE, MAX_TEXT, MAX_TOKEN, MIN_BODY, Outcome, Role,
    Token, Welcome,
};

use stillwire::link::replay::{Attach, Place};

use crate::random::Random;

/// Every kind with its bytes as `docs/PROTOCOL.md` has them, in that order.
pub const GOLDEN: &[(Frame<'_>, &str)] = &[
    (
        Frame::Hello(Hello {
            minor: 0,
            role: Role::Controller,
            max_body: 16_384,
            has: Some(Place { epoch: 0x1122_3344_5566_7788, offset: 4_096 }),
            screen: true,
            client: 0x99aa_bbcc_ddee_ff00,
            input: 12,
            token: Token(b"secret"),
            session: "build",
        }),
        "a1 01 00 32 00 01 40 00 03 11 22 33 44 55 66 77 88 00 00 00 00 00 00 10 00 \
         99 aa bb cc dd ee ff 00 00 00 00 00 00 00 00 0c 06 73 65 63 72 65 74 05 62 75 69 6c 64",
    ),
    (
        Frame::Welcome(Welcome {
            minor: 0,
            role: Role::Viewer,
            max_body: 512,
            slot: 3,
            generation: 9,
            heartbeat: Duration::from_secs(15),
            timeout: Duration::from_secs(35),
            epoch: 0x1122_3344_5566_7788,
            offset: 8_192,
            attach: Attach::Tail,
            known_since: 9,
            input: 12,
            limit: 4_108,
        }),
        "a1 02 00 3f 00 00 02 00 00 03 00 00 00 09 00 00 00 00 00 e4 e1 c0 \
         00 00 00 00 02 16 0e c0 11 22 33 44 55 66 77 88 00 00 00 00 00 00 20 00 \
         01 00 00 00 09 00 00 00 00 00 00 00 0c 00 00 00 00 00 00 10 0c",
    ),
    (
        Frame::Close { reason: CloseReason::Superseded, text: "taken over" },
        "a1 03 00 0d 0f a0 0a 74 61 6b 65 6e 20 6f 76 65 72",
    ),
    (Frame::Ping { nonce: 7, sent: 4_103 }, "a1 04 00 0c 00 00 00 07 00 00 00 00 00 00 10 07"),
    (Frame::Pong { nonce: 7 }, "a1 05 00 04 00 00 00 07"),
    (
        Frame::Output { offset: 4_096, bytes: b"login: " },
        "a1 10 00 0f 00 00 00 00 00 00 10 00 6c 6f 67 69 6e 3a 20",
    ),
    (
        Frame::Snapshot { offset: 8_192, last: true, bytes: b"\x1b[2J" },
        "a1 11 00 0d 00 00 00 00 00 00 20 00 01 1b 5b 32 4a",
    ),
    (Frame::Bootstrap { key: 7, bytes: b"dark" }, "a1 12 00 08 00 00 00 07 64 61 72 6b"),
    (
        Frame::Status { status: Status::Idle(Reason::AtPrompt), age: Duration::from_millis(3_500) },
        "a1 13 00 0d 01 00 00 00 03 00 00 00 00 00 35 67 e0",
    ),
    (Frame::Input { number: 12, bytes: b"ls\r" }, "a1 20 00 0b 00 00 00 00 00 00 00 0c 6c 73 0d"),
    (
        Frame::InputAck { number: 15, limit: 4_111, again: false },
        "a1 21 00 11 00 00 00 00 00 00 00 0f 00 00 00 00 00 00 10 0f 00",
    ),
    (Frame::Resize { columns: 132, rows: 43 }, "a1 22 00 04 00 84 00 2b"),
    (Frame::Role { role: Role::Controller }, "a1 23 00 01 01"),
    (Frame::Credit { limit: 528_384 }, "a1 24 00 08 00 00 00 00 00 08 10 00"),
    (
        Frame::Message { channel: "clip", id: 5, bytes: b"copy" },
        "a1 30 00 11 00 00 00 00 00 00 00 05 04 63 6c 69 70 63 6f 70 79",
    ),
    (
        Frame::Reply { id: 5, outcome: Outcome::Done, bytes: b"ok" },
        "a1 31 00 0b 00 00 00 00 00 00 00 05 00 6f 6b",
    ),
];

/// The bytes that `hex` says.
///
/// # Panics
/// If it is not pairs of hexadecimal digits.
pub fn bytes_of(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).expect("two hex digits")).collect()
}

/// Storage for random frames to borrow from.
pub struct Material {
    bytes: Vec<u8>,
    text: String,
}

impl Material {
    /// Random bytes, with enough zeros and long runs without one to be of interest to COBS.
    pub fn new(random: &mut Random) -> Self {
        let zeros = random.below(2) == 0;
        let byte = |random: &mut Random| if zeros && random.below(4) == 0 { 0 } else { random.bits() as u8 };
        let bytes = (0..MAX_BODY).map(|_| byte(random)).collect();
        let text = (0..MAX_TEXT).map(|_| *random.pick(&['a', 'é', '中', '\u{1F600}', '\0'])).collect();
        Self { bytes, text }
    }

    /// A frame of any kind, payloads of up to `longest` bytes.
    pub fn frame(&self, random: &mut Random, longest: usize) -> Frame<'_> {
        let offset = random.bits() & MAX_OFFSET >> random.below(53);
        let other = random.bits() & MAX_OFFSET >> random.below(53);
        let (role, flag) = (*random.pick(&[Role::Viewer, Role::Controller]), random.below(2) == 0);
        let max_body = (MIN_BODY + random.below(MAX_BODY - MIN_BODY + 1)) as u16;
        let [columns, rows] = [0; 2].map(|_| 1 + random.below(MAX_SIDE.into()) as u16);
        let attach = *random.pick(&[Attach::Exact, Attach::Tail, Attach::Reanchor]);
        let payload = random.below(longest + 1);
        let bytes = &self.bytes[random.below(self.bytes.len() - payload + 1)..][..payload];
        let name = |random: &mut Random, least, most| self.name(random, least, most);
        match random.below(16) {
            0 => Frame::Hello(Hello {
                minor: random.bits() as u8,
                role,
                max_body,
                has: flag.then_some(Place { epoch: random.bits(), offset }),
                screen: random.below(2) == 0,
                client: random.bits(),
                input: other,
                token: Token(&self.bytes[..random.below(MAX_TOKEN + 1)]),
                session: name(random, 0, MAX_NAME),
            }),
            1 => Frame::Welcome(Welcome {
                minor: random.bits() as u8,
                role,
                max_body,
                slot: random.bits() as u16,
                generation: random.bits() as u32,
                heartbeat: Duration::from_micros(random.bits()),
                timeout: Duration::from_micros(random.bits()),
                epoch: random.bits(),
                offset,
                attach,
                known_since: random.bits() as u32,
                input: other.min(offset),
                limit: other.max(offset),
            }),
            2 => Frame::Close {
                reason: CloseReason::from_code(3_000 + random.below(2_000) as u16),
                text: name(random, 0, MAX_TEXT),
            },
            3 => Frame::Ping { nonce: random.bits() as u32, sent: offset },
            4 => Frame::Pong { nonce: random.bits() as u32 },
            5 => Frame::Output { offset, bytes },
            6 => Frame::Snapshot { offset, last: flag, bytes },
            7 => Frame::Bootstrap { key: random.bits() as u32, bytes },
            8 => Frame::Status { status: status(random), age: Duration::from_micros(random.bits()) },
            9 => Frame::Role { role },
            10 => Frame::Input { number: offset, bytes },
            11 => Frame::InputAck { number: offset.min(other), limit: offset.max(other), again: flag },
            12 => Frame::Resize { columns, rows },
            13 => Frame::Credit { limit: offset },
            14 => Frame::Message { channel: name(random, 1, MAX_NAME), id: random.bits(), bytes },
            _ => {
                let outcome = *random.pick(&[Outcome::Done, Outcome::NoHandler, Outcome::Lost]);
                Frame::Reply { id: random.bits(), outcome, bytes }
            }
        }
    }

    /// Text of `least` to `most` bytes.
    fn name(&self, random: &mut Random, least: usize, most: usize) -> &str {
        let end = (least..=least + random.below(most - least + 1)).rev();
        end.map(|end| &self.text[..self.text.floor_char_boundary(end)])
            .find(|name| name.len() >= least)
            .unwrap_or("x")
    }
}

fn status(random: &mut Random) -> Status {
    let number = random.bits() as i32;
    *random.pick(&[
        Status::Running,
        Status::Idle(Reason::NeverActive),
        Status::Idle(Reason::Quiet),
        Status::Idle(Reason::Repainting),
        Status::Idle(Reason::AtPrompt),
        Status::Idle(Reason::AwaitingInput),
        Status::Idle(Reason::Bell),
        Status::Exited(Exit::Code(number)),
        Status::Exited(Exit::Signal(number)),
    ])
}
