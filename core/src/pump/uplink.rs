//! The port of a peer: [`Uplink`].

use embedded_io::{Read, ReadReady, Write, WriteReady};

use super::{BURST, CHUNK, Codec};
use crate::link::close::CloseReason;
use crate::link::frame::Frame;
use crate::link::frame::wire::Wire;
use crate::link::host::{Event, Heard, Host, Link, Peer, PeerId, Session};
use crate::time::Instant;

/// One connection to a peer, with the frame that is on its way out.
///
/// ```text
///            stream: handle_connect        frames, bytes
///   no peer ─────────────────────────▶ peer ⇄ Host
///      ▲     line: a hello came          │
///      ╰──────────── Event::Detached ────╯
/// ```
///
/// A **stream** is connected and closed by somebody (TCP, a modem's carrier); a **line** is always there, and frames get
/// damaged on it (a UART). Nobody says that a line was plugged in, so a hello is its connection; whoever speaks without one
/// learns that the host does not know it, with a close that makes it say hello.
#[derive(Debug)]
pub struct Uplink<'b, W = Wire<'b>> {
    wire: W,
    /// The peer broke the format: what else it says is thrown away.
    broken: bool,
    /// What is written, and not taken by the port: `from..to`.
    out: &'b mut [u8],
    from: usize,
    to: usize,
    peer: Option<PeerId>,
    /// What a connection begins with is to be written.
    opens: bool,
    /// What somebody who is no peer is to be told.
    rejects: Option<CloseReason>,
}

/// The stream is at its end: close the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the driver closes that port"]
pub enum Gone {
    /// It goes on.
    No,
    /// The other side closed it.
    Yes,
}

impl<'b> Uplink<'b> {
    /// A connection that loses nothing. `out` holds one frame: as much as [`Wire::max_len`] says of the bodies that it is
    /// to carry.
    pub const fn stream(out: &'b mut [u8]) -> Self {
        Self::new(Wire::stream(), out)
    }

    /// A serial line. `packet` holds a frame that comes: the host's `max_body` and 8 bytes; `out` one that goes, as of
    /// [`stream`](Self::stream).
    pub const fn line(packet: &'b mut [u8], out: &'b mut [u8]) -> Self {
        Self::new(Wire::noisy(packet), out)
    }
}

impl<'b, W: Codec> Uplink<'b, W> {
    /// A connection with this codec, `out` as of [`stream`](Uplink::stream). With a [`Receiver`](crate::link::frame::noisy::Receiver)
    /// it is a line, of less code and less memory than one that could as well be a stream.
    pub const fn new(wire: W, out: &'b mut [u8]) -> Self {
        Self { wire, broken: false, out, from: 0, to: 0, peer: None, opens: true, rejects: None }
    }

    /// Somebody connected. A line needs no such call.
    ///
    /// # Errors
    /// The host takes no one now: [`send`](Self::send) tells them so, then close the port.
    pub fn handle_connect<P, S, B>(
        &mut self,
        now: Instant,
        host: &mut Host<P, S, B>,
    ) -> Result<PeerId, CloseReason>
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let connected = host.handle_connect(now, self.wire.link());
        self.reset();
        match connected {
            Ok(peer) => self.peer = Some(peer),
            Err(reason) => self.rejects = Some(reason),
        }
        connected
    }

    /// The port is gone.
    pub fn handle_closed<P, S, B>(&mut self, now: Instant, host: &mut Host<P, S, B>)
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        if let Some(peer) = self.peer.take() {
            let _stale = host.handle_closed(now, peer, CloseReason::Abnormal);
        }
        self.reset();
    }

    /// Something that the host reported. True: this was its peer, who is gone; close a stream's port.
    pub fn handle_event(&mut self, event: &Event) -> bool {
        let gone = matches!(event, Event::Detached { peer, .. } if self.peer == Some(*peer));
        if gone {
            self.peer = None;
            self.reset();
        }
        gone
    }

    /// Reads what came, and hands it to the host; what that cannot answer alone goes to `heard`, which
    /// [admits](Host::admit) or [refuses](Host::refuse) whoever says hello, and [replies](Host::reply) to messages.
    ///
    /// # Errors
    /// Those of the port, which is to be closed: [`handle_closed`](Self::handle_closed).
    pub fn receive<T, P, S, B>(
        &mut self,
        now: Instant,
        port: &mut T,
        host: &mut Host<P, S, B>,
        mut heard: impl FnMut(&mut Host<P, S, B>, PeerId, Heard<'_>),
    ) -> Result<(usize, Gone), T::Error>
    where
        T: Read + ReadReady,
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut chunk = [0; CHUNK];
        let mut count = 0usize;
        for _ in 0..BURST {
            if !port.read_ready()? {
                break;
            }
            let len = port.read(&mut chunk)?;
            if len == 0 {
                return Ok((count, Gone::Yes));
            }
            let mut input = chunk.get(..len).unwrap_or_default();
            self.handle_received(now, host);
            while let Some(part) = self.next(now, host, &mut input) {
                if let (Some(peer), what) = part {
                    heard(host, peer, what);
                }
            }
            count = count.saturating_add(len);
        }
        Ok((count, Gone::No))
    }

    /// Writes what the host has to say, as far as the port takes it now; how many bytes.
    ///
    /// What a port has taken counts as sent: the heartbeat's patience includes the time that it takes to empty the port's
    /// buffer.
    ///
    /// # Errors
    /// Those of the port, as of [`receive`](Self::receive).
    pub fn send<T, P, S, B>(
        &mut self,
        now: Instant,
        port: &mut T,
        host: &mut Host<P, S, B>,
    ) -> Result<usize, T::Error>
    where
        T: Write + WriteReady,
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut count = 0usize;
        for _ in 0..BURST {
            self.outgoing(now, host);
            if self.is_empty() {
                break;
            }
            while let Some(bytes) = self.out.get(self.from..self.to).filter(|bytes| !bytes.is_empty()) {
                if !port.write_ready()? {
                    return Ok(count);
                }
                let taken = port.write(bytes)?;
                if taken == 0 {
                    return Ok(count);
                }
                self.handle_taken(now, host, taken);
                count = count.saturating_add(taken);
            }
        }
        Ok(count)
    }

    /// Without a port: some bytes came, which are a sign of life before it is known what they mean. Take them apart with
    /// [`next`](Self::next).
    pub fn handle_received<P, S, B>(&mut self, now: Instant, host: &mut Host<P, S, B>)
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        if let Some(peer) = self.peer {
            let _stale = host.handle_received(now, peer);
        }
    }

    /// Without a port: takes the next frame, or part of one, off the front of `input` and hands it to the host. Whose it was
    /// and what of it the host cannot answer alone, as of [`receive`](Self::receive); nobody's if there is nothing to do. None
    /// once `input` is used up.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next<'p, 'i: 'p, P, S, B>(
        &'p mut self,
        now: Instant,
        host: &mut Host<P, S, B>,
        input: &mut &'i [u8],
    ) -> Option<(Option<PeerId>, Heard<'p>)>
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let link = self.wire.link();
        if input.is_empty() && self.peer.is_none() && link == Link::Lossy {
            self.wire.reset(); // whatever was wrong with it was somebody else's
            self.broken = false;
        }
        if self.broken {
            *input = &[];
        }
        let part = match self.wire.next(input)? {
            Ok(part) => part,
            Err(error) => {
                self.broken = true;
                if let Some(peer) = self.peer {
                    let _stale = host.handle_broken(now, peer, error);
                }
                return Some((None, Heard::Nothing));
            }
        };
        if self.peer.is_none() && link == Link::Lossy {
            match part.frame {
                Frame::Hello(_) => match host.handle_connect(now, link) {
                    Ok(peer) => self.peer = Some(peer),
                    Err(reason) => self.rejects = Some(reason),
                },
                Frame::Close { .. } => {}
                _ => self.rejects = Some(CloseReason::GoingAway),
            }
        }
        let Some(peer) = self.peer else { return Some((None, Heard::Nothing)) };
        match host.handle_part(now, peer, part) {
            Ok(Heard::Nothing) | Err(_) => Some((None, Heard::Nothing)),
            Ok(heard) => Some((Some(peer), heard)),
        }
    }

    /// Without a port: what is to be written next; empty if there is nothing to say. Say what of it was taken with
    /// [`handle_taken`](Self::handle_taken).
    pub fn outgoing<P, S, B>(&mut self, now: Instant, host: &mut Host<P, S, B>) -> &[u8]
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        if self.is_empty() {
            self.fill(now, host);
        }
        self.out.get(self.from..self.to).unwrap_or_default()
    }

    /// Without a port: so many bytes of [`outgoing`](Self::outgoing) were taken.
    pub fn handle_taken<P, S, B>(&mut self, now: Instant, host: &mut Host<P, S, B>, taken: usize)
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        self.from = self.from.saturating_add(taken).min(self.to);
        let Some(peer) = self.peer.filter(|_| taken > 0) else { return };
        let _stale = host.handle_written(now, peer);
        if self.is_empty() {
            let _stale = host.handle_flushed(now, peer);
        }
    }

    /// Whether the port has taken all that was written.
    pub const fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Who is at the other end.
    pub const fn peer(&self) -> Option<PeerId> {
        self.peer
    }

    /// The codec, which counts what was damaged.
    pub const fn wire(&self) -> &W {
        &self.wire
    }

    fn reset(&mut self) {
        self.wire.reset();
        self.broken = false;
        (self.from, self.to) = (0, 0);
        (self.opens, self.rejects) = (true, None);
    }

    /// Writes the next thing to say into the empty buffer.
    #[cfg_attr(target_os = "none", inline(never))]
    fn fill<P, S, B>(&mut self, now: Instant, host: &mut Host<P, S, B>)
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        (self.from, self.to) = (0, 0);
        let opening = if core::mem::take(&mut self.opens) { self.wire.opening() } else { &[] };
        let Some((head, room)) = self.out.split_at_mut_checked(opening.len()) else { return };
        head.copy_from_slice(opening);
        let body = self.wire.max_body(room.len());
        let frame = match (self.peer, self.rejects.take()) {
            (Some(peer), _) => host.next_frame(now, peer, body),
            (None, reason) => reason.map(|reason| Frame::Close { reason, text: reason.as_str() }),
        };
        let written = frame.map_or(Ok(0), |frame| self.wire.encode(&frame, room));
        match (written, self.peer) {
            (Ok(len), _) => (self.from, self.to) = (0, opening.len().saturating_add(len)),
            // Cannot be, as there was room; if it is, the peer must not miss a frame that counts as said.
            (Err(_), Some(peer)) => {
                let _stale = host.handle_closed(now, peer, CloseReason::Abnormal);
            }
            (Err(_), None) => {}
        }
    }
}
