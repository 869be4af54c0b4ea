//! `stillwire::link::frame`.

use core::hint::black_box;

use stillwire::link::frame::stream::Deframer;
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{
    EncodeError, Frame, FrameError, Header, Token, decode, encode, encode_head, noisy,
};

use crate::{buffer, bytes, display, number, show};

pub(crate) fn all() {
    match decode(bytes()) {
        Ok(frame) => send(&black_box(frame)),
        Err(error) => errors(error, EncodeError::NoRoom),
    }
    show!(Header::parse(bytes()));
    if let Ok(Some((header, _))) = Header::parse(bytes()) {
        show!(header.kind(), header.len(), header);
    }
    streams();
    wires();
    damaged();
}

fn send(frame: &Frame<'_>) {
    show!(encode(frame, buffer()), encode_head(frame, buffer()), noisy::encode(frame, buffer()));
    show!(frame.payload(), frame.kind(), *frame == black_box(Frame::Ping { nonce: 0, sent: 0 }), *frame);
    show!(noisy::max_len(number() as usize), Token(bytes()).matches(bytes()));
}

fn errors(received: FrameError, sent: EncodeError) {
    display!(received, black_box(sent));
    show!(received.as_str(), black_box(sent).as_str());
}

fn streams() {
    let mut deframer = black_box(Deframer::new());
    let mut input = bytes();
    while let Some(part) = deframer.next(&mut input) {
        if let Ok(part) = part {
            show!(part.is_last(), part);
        }
    }
    show!(deframer.failed(), deframer.is_between_frames(), deframer);
}

fn wires() {
    for wire in [Wire::messages(), Wire::stream(), Wire::noisy(buffer())] {
        let mut wire = black_box(wire);
        let mut input = bytes();
        while let Some(part) = wire.next(&mut input) {
            show!(part);
        }
        show!(wire.encode(&black_box(Frame::Ping { nonce: 0, sent: 0 }), buffer()), wire.opening());
        wire.reset();
        show!(wire.max_len(number() as usize), wire.max_body(number() as usize));
        show!(wire.failed(), wire.dropped());
    }
}

fn damaged() {
    let mut receiver = black_box(noisy::Receiver::new(buffer()));
    let mut input = bytes();
    while let Some(frame) = receiver.next(&mut input) {
        show!(frame);
    }
    show!(receiver.dropped());
}
