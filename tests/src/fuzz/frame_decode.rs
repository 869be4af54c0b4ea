//! Bytes from a hostile peer, on each type of link.

use stillwire::link::frame::noisy::{self, Dropped, Receiver};
use stillwire::link::frame::stream::Deframer;
use stillwire::link::frame::{Frame, FrameError, MAX_FRAME, decode, encode};

/// A frame as its bytes.
pub type Whole = Vec<u8>;

/// Frames of a stream that comes in `pieces`, put together again, and the error that ends it.
///
/// # Panics
/// If the parts of a frame do not fit together.
pub fn receive_stream<'i>(pieces: impl IntoIterator<Item = &'i [u8]>) -> (Vec<Whole>, Option<FrameError>) {
    let mut deframer = Deframer::new();
    let (mut frames, mut error) = (Vec::new(), None);
    let mut open: Option<Whole> = None;
    for mut piece in pieces {
        while let Some(part) = deframer.next(&mut piece) {
            assert_eq!(error, None, "nothing comes after an error");
            match part {
                Ok(part) => {
                    let mut whole = open.take().unwrap_or_else(|| head(&part.frame, part.rest));
                    whole.extend(part.frame.payload());
                    assert_eq!(
                        whole.len() + part.rest,
                        4 + usize::from(u16::from_be_bytes([whole[2], whole[3]]))
                    );
                    if let (Frame::Snapshot { last, .. }, true) = (part.frame, part.is_last()) {
                        whole[12] = last.into();
                    }
                    if part.is_last() { frames.push(whole) } else { open = Some(whole) }
                }
                Err(broken) => error = Some(broken),
            }
        }
        assert!(piece.is_empty(), "what was given is used up");
        assert_eq!(deframer.failed(), error);
    }
    (frames, error)
}

/// The header and fields of a frame of which `rest` bytes of payload do not follow yet.
fn head(frame: &Frame<'_>, rest: usize) -> Whole {
    let payload = frame.payload().len();
    let mut whole = match frame {
        Frame::Unknown { kind, .. } => vec![0xA1, *kind, 0, 0],
        frame => {
            let mut whole = vec![0; MAX_FRAME];
            let len = stillwire::link::frame::encode_head(frame, &mut whole).expect("what comes can be sent");
            whole.truncate(len);
            whole
        }
    };
    let len = (whole.len() - 4 + payload + rest) as u16;
    whole[2..4].copy_from_slice(&len.to_be_bytes());
    whole
}

/// Frames that come through a noisy link in `pieces`, with a buffer of `room` bytes, and what was dropped.
///
/// # Panics
/// If something of the input is left.
pub fn receive_noisy<'i>(
    pieces: impl IntoIterator<Item = &'i [u8]>,
    room: usize,
) -> (Vec<Result<Whole, FrameError>>, Dropped) {
    let mut buffer = vec![0; room];
    let mut receiver = Receiver::new(&mut buffer);
    let mut frames = Vec::new();
    for mut piece in pieces {
        while let Some(frame) = receiver.next(&mut piece) {
            frames.push(frame.map(|frame| [&head(&frame, 0)[..], frame.payload()].concat()));
        }
        assert!(piece.is_empty(), "what was given is used up");
    }
    (frames, receiver.dropped())
}

/// The first byte says how the rest is cut; then each type of link gets it.
///
/// # Panics
/// If a frame that was accepted does not encode to the same bytes, if a cut changes what is received, or if a
/// packet arrives other than it was sent.
pub fn frame_decode(data: &[u8]) {
    let Some((&cut, data)) = data.split_first() else { return };
    let pieces = || data.chunks(usize::from(cut) + 1);

    let frame = decode(data);
    let stream = receive_stream([data]);
    assert_eq!(receive_stream(pieces()), stream, "a cut changes nothing");
    match frame {
        Ok(frame) => {
            assert_eq!(stream, (vec![data.to_vec()], None));
            there_and_back(&frame, data);
        }
        Err(FrameError::Truncated) => {} // a part of a frame may be broken on a stream already
        Err(FrameError::Trailing) => assert!(!stream.0.is_empty() || stream.1.is_some()),
        Err(error) => assert_eq!(stream, (vec![], Some(error))),
    }

    let noisy = receive_noisy([data], 512);
    assert_eq!(receive_noisy(pieces(), 512), noisy, "a cut changes nothing");
    for frame in noisy.0.into_iter().flatten() {
        there_and_back(&decode(&frame).expect("it was decoded before"), &frame);
    }
}

fn there_and_back(frame: &Frame<'_>, wire: &[u8]) {
    if matches!(frame, Frame::Unknown { .. }) {
        return;
    }
    let mut again = vec![0; wire.len()];
    assert_eq!(encode(frame, &mut again), Ok(wire.len()));
    assert_eq!(again, wire);
    let mut packet = vec![0; noisy::max_len(wire.len())];
    let len = noisy::encode(frame, &mut packet).expect("the promised room is enough");
    let received = receive_noisy([&packet[..len]], wire.len() + 4);
    assert_eq!(received, (vec![Ok(wire.to_vec())], Dropped::default()));
}
