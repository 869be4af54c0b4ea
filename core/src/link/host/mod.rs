//! The side that owns sessions: [`Host`].
//!
//! ```text
//!            connections                       Host                            ports
//!   handle_connect ─────────────▶ Peer ◀── Heartbeat, Replay
//!   handle_part ──────▶ Hello ──▶  │  ╲
//!        admit, refuse ◀──────────╯    ╲──── input ────▶ Session: inbox ──▶ typed, handle_typed
//!   next_frame ◀────────────────── Peer ◀─── History ─── Session ◀── handle_output, handle_exit
//!   Event::Detached ◀── poll ───── Linger ◀────────────────╯   ──▶ Event::Resize, Event::Status
//! ```
//!
//! The loop of a driver: hand over what came from connections and ports, and after a stop write what connections take, so
//! that a wait in our own buffers is not taken for theirs; [`Host::poll`] until None and do what it says; write what was typed to the ports; ask [`Host::next_frame`] for every connection that has room until None;
//! sleep until [`Host::poll_at`], or until something comes. `core/examples/loopback.rs` is one.
//!
//! With the feature `many` a turn of that loop costs what has changed, and the logarithm of how much there is: who is due
//! first is known, [`Host::next_speaker`] names those who may have something to say, [`Host::due_sessions`] those whose
//! verdict is about to fall. Without it all of them are asked, which a host with a few of each may as well do (`few.rs`).
//!
//! Slots for peers and sessions are lent, as arrays, slices or vectors: their number is the bound. A peer that is slow
//! loses its own output and is told how much; one that breaks the format is closed; neither costs the others anything.

#[cfg(not(feature = "many"))]
mod few;
mod hear;
#[cfg(feature = "many")]
mod many;
mod peer;
mod session;
mod speak;
mod turn;
mod types;
#[cfg(not(feature = "pace"))]
mod unpaced;

use core::marker::PhantomData;

use crate::deadline::Clock;
use crate::idle::{Exit, Hint};
use crate::link::bootstrap::Refused;
use crate::link::close::CloseReason;
use crate::link::frame::Outcome;
use crate::link::linger::Linger;
use crate::link::message::{Answers, BadReply};
use crate::scan::Modes;
use crate::time::Instant;
#[cfg(not(feature = "many"))]
use few as slots;
#[cfg(feature = "many")]
use many as slots;
pub use peer::Peer;
use peer::Phase;
pub use session::{Printed, Session};
use slots::{Order, Speakers};
pub use types::{Config, Due, Event, Heard, Link, PeerId, Stale};

/// Owns sessions, and serves them to peers.
///
/// `P` are the slots for peers, `S` the sessions, `B` the storage of what they print, are typed and retain: arrays,
/// lent slices or vectors.
///
/// - **Inputs** of a connection: [`handle_connect`](Self::handle_connect), [`handle_received`](Self::handle_received),
///   [`handle_part`](Self::handle_part), [`admit`](Self::admit), [`refuse`](Self::refuse), [`handle_broken`](Self::handle_broken),
///   [`handle_written`](Self::handle_written), [`handle_flushed`](Self::handle_flushed), [`handle_closed`](Self::handle_closed),
///   [`handle_screen`](Self::handle_screen).
/// - **Inputs** of the system: [`handle_wake`](Self::handle_wake), [`handle_shutdown`](Self::handle_shutdown).
/// - **Inputs** of a session: [`handle_output`](Self::handle_output), [`handle_typed`](Self::handle_typed),
///   [`handle_hint`](Self::handle_hint), [`handle_exit`](Self::handle_exit), [`publish`](Self::publish), [`reply`](Self::reply).
/// - **Outputs**: [`next_speaker`](Self::next_speaker), [`next_frame`](Self::next_frame) or
///   [`next_frame_with`](Self::next_frame_with), [`Session::typed`]; [`poll`](Self::poll) until it says None (at most two
///   events for each peer, four for each session, and one more), then sleep until [`poll_at`](Self::poll_at).
/// - **Getters**: [`due_sessions`](Self::due_sessions), [`session`](Self::session), [`peers`](Self::peers), [`is_empty`](Self::is_empty).
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Host<P, S, B> {
    config: Config,
    clock: Clock,
    linger: Linger,
    peers: P,
    sessions: S,
    by_peer: Order,
    by_session: Order,
    speakers: Speakers,
    answers: Answers<B>,
    /// The last generation.
    generation: u32,
    /// Why nobody is let in any more.
    leaving: Option<CloseReason>,
    /// Modes on their way.
    scratch: [u8; Modes::MAX_BYTES],
    bytes: PhantomData<B>,
}

impl<P, S, B> Host<P, S, B>
where
    P: AsRef<[Peer]> + AsMut<[Peer]>,
    S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    /// A host that begins at `now`, with nobody connected. Of more than 65,535 peers or sessions the first are used. `answers` holds
    /// replies to messages.
    pub const fn new(config: Config, peers: P, sessions: S, answers: B, now: Instant) -> Self {
        Self {
            config,
            clock: Clock::new(now),
            linger: Linger::new(config.linger, now),
            peers,
            sessions,
            by_peer: Order::new(),
            by_session: Order::new(),
            speakers: Speakers::NOBODY,
            answers: Answers::new(answers),
            generation: 0,
            leaving: None,
            scratch: [0; Modes::MAX_BYTES],
            bytes: PhantomData,
        }
    }

    /// Somebody connected.
    ///
    /// # Errors
    /// There is no slot, or the host leaves: close the connection with this.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn handle_connect(&mut self, now: Instant, link: Link) -> Result<PeerId, CloseReason> {
        let now = self.clock.clamp(now);
        if let Some(leaving) = self.leaving {
            return Err(leaving);
        }
        let free = self.peers.as_mut().iter_mut().enumerate().filter(|(_, peer)| peer.phase == Phase::Free);
        // Whoever left long ago is forgotten first.
        let oldest = free.min_by_key(|(_, peer)| peer.client.map(|client| client.left));
        let (slot, peer) = oldest.ok_or(CloseReason::Full)?;
        let slot = u16::try_from(slot).ok().filter(|slot| *slot < u16::MAX).ok_or(CloseReason::Full)?;
        self.generation = self.generation.wrapping_add(1).max(1);
        peer.connect(self.generation, &self.config, link, now);
        self.touch(slot.into());
        Ok(PeerId { slot, generation: self.generation })
    }

    /// The connection is gone.
    pub fn handle_closed(&mut self, now: Instant, peer: PeerId, reason: CloseReason) -> Result<(), Stale> {
        self.clock.clamp(now);
        self.peer(peer)?.end(reason);
        Ok(())
    }

    /// It took some of what was handed out.
    pub fn handle_written(&mut self, now: Instant, peer: PeerId) -> Result<(), Stale> {
        let now = self.clock.clamp(now);
        let state = self.peer(peer)?;
        state.heartbeat.handle_written(now);
        let session = state.session();
        self.catch_up(now, session);
        Ok(())
    }

    /// It took all that was handed out. (Which is also some.)
    pub fn handle_flushed(&mut self, now: Instant, peer: PeerId) -> Result<(), Stale> {
        let now = self.clock.clamp(now);
        let state = self.peer(peer)?;
        state.flushed(now);
        let session = state.session();
        self.catch_up(now, session);
        Ok(())
    }

    /// The session printed `output`; what it means can be read from the tokens, or not.
    ///
    /// Of more than half the history at once readers lose some: hand over no more than that. None: there is no such
    /// session.
    pub fn handle_output<'h, 'i>(
        &'h mut self,
        now: Instant,
        session: usize,
        output: &'i [u8],
    ) -> Option<Printed<'h, 'i, B>> {
        let now = self.clock.clamp(now);
        self.touch_session(session);
        self.sessions.as_mut().get_mut(session)?.history.push(output);
        self.tell_viewers(session);
        self.keep_pace(now, session);
        let session = self.sessions.as_mut().get_mut(session)?;
        Some(session.print(&mut self.linger, now, output))
    }

    /// The port took so many bytes of [`Session::typed`].
    pub fn handle_typed(&mut self, now: Instant, session: usize, taken: usize) {
        self.clock.clamp(now);
        if let Some(typed) = self.sessions.as_mut().get_mut(session) {
            typed.inbox.forget(taken);
            self.open_windows(session);
        }
    }

    /// The machine slept and woke: the clock of the time since boot ran ahead of that of the time awake by 2 s or more.
    /// To be told before [`poll`](Self::poll), which may otherwise take its sleep for the silence of peers.
    pub fn handle_wake(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        self.by_peer.forget();
        for peer in self.peers.as_mut() {
            peer.wake(now);
        }
    }

    /// The driver looked at the session's foreground job.
    pub fn handle_hint(&mut self, now: Instant, session: usize, hint: Hint) {
        let now = self.clock.clamp(now);
        self.touch_session(session);
        if let Some(session) = self.sessions.as_mut().get_mut(session) {
            session.monitor.handle_hint(now, hint);
            self.linger.handle_hint(now, hint);
        }
    }

    /// The session ended; all that it printed has been handed over before. Its peers get the rest, are told, and closed.
    pub fn handle_exit(&mut self, now: Instant, session: usize, exit: Exit) {
        let now = self.clock.clamp(now);
        self.touch_session(session);
        if let Some(session) = self.sessions.as_mut().get_mut(session) {
            session.monitor.handle_exit(now, exit);
        }
    }

    /// Whoever watches `session` is told `payload` under `key`, now or when they come: the latest, those with a low
    /// `priority` number first.
    ///
    /// # Errors
    /// There is no room for it: the key keeps what it had.
    pub fn publish(
        &mut self,
        session: usize,
        key: u32,
        priority: u8,
        payload: &[u8],
    ) -> Option<Result<(), Refused>> {
        let state = self.sessions.as_mut().get_mut(session)?;
        let changed = state.retained.set(key, priority, payload);
        if let Ok(changed) = changed {
            let (viewers, mut last) = (state.viewers, None);
            while let Some(slot) = viewers.next(self.peers.as_ref(), session, last) {
                if let Some(peer) = self.peers.as_mut().get_mut(slot) {
                    peer.seat.joining.handle_change(changed);
                }
                last = Some(slot);
            }
            self.tell_viewers(session);
        }
        Some(changed.map(drop))
    }

    /// Answers a message ([`Heard::Message`]). Whether its client is connected does not matter: it is told when it is,
    /// if the reply is still there then.
    ///
    /// # Errors
    /// The client did not ask that, or has been forgotten; or the payload is too long.
    pub fn reply(&mut self, client: u64, id: u64, outcome: Outcome, payload: &[u8]) -> Result<(), BadReply> {
        let slot = self.peers.as_ref().iter().position(|peer| peer.client() == Some(client));
        let slot = slot.ok_or(BadReply::NotOpen)?;
        self.speakers.add(self.peers.as_mut(), slot);
        let peer = self.peers.as_mut().get_mut(slot).and_then(|peer| peer.client.as_mut());
        self.answers.reply(&mut peer.ok_or(BadReply::NotOpen)?.handled, id, outcome, payload)
    }

    /// The answer to [`Event::Screen`]: the peer's screen has `len` bytes, which go out with [`Self::next_frame_with`],
    /// before output from [`History::latest`](super::history::History::latest) on. It has to be the screen as it is there.
    ///
    /// 0: there is none. Then the peer begins with modes and what there is of the output.
    pub fn handle_screen(&mut self, now: Instant, peer: PeerId, len: usize) -> Result<(), Stale> {
        self.clock.clamp(now);
        let session = self.peer(peer)?.seat.session;
        let Some(session) = self.sessions.as_ref().get(session) else { return Ok(()) };
        if let Some(state) = self.peers.as_mut().get_mut(usize::from(peer.slot)) {
            state.show(&session.history, len);
        }
        Ok(())
    }

    /// Everyone is told why and closed, and nobody let in any more.
    pub fn handle_shutdown(&mut self, now: Instant, reason: CloseReason) {
        let now = self.clock.clamp(now);
        self.leaving = self.leaving.or(Some(reason));
        self.by_peer.forget();
        for slot in 0..self.peers.as_ref().len() {
            self.close(now, slot, reason);
        }
    }

    /// One of the sessions.
    pub fn session(&self, session: usize) -> Option<&Session<B>> {
        self.sessions.as_ref().get(session)
    }

    /// All sessions.
    pub fn sessions(&self) -> &[Session<B>] {
        self.sessions.as_ref()
    }

    /// All slots, free ones too.
    pub fn peers(&self) -> &[Peer] {
        self.peers.as_ref()
    }

    /// Whether every slot is free: after [`Event::Exit`] or [`Self::handle_shutdown`], that everyone has been told.
    pub fn is_empty(&self) -> bool {
        self.peers.as_ref().iter().all(|peer| peer.phase == Phase::Free)
    }

    /// What keeps the host.
    pub const fn linger(&self) -> &Linger {
        &self.linger
    }

    /// Replies whose payload no client got or will get.
    pub const fn dropped_replies(&self) -> u64 {
        self.answers.dropped()
    }

    /// Whoever has this number, to whom something is about to happen.
    fn peer(&mut self, id: PeerId) -> Result<&mut Peer, Stale> {
        let slot = usize::from(id.slot);
        if self.peers.as_ref().get(slot).and_then(|peer| peer.id(slot)) != Some(id) {
            return Err(Stale(id));
        }
        self.touch(slot);
        self.peers.as_mut().get_mut(slot).ok_or(Stale(id))
    }

    fn close(&mut self, now: Instant, slot: usize, reason: CloseReason) {
        self.touch(slot);
        if let Some(peer) = self.peers.as_mut().get_mut(slot) {
            peer.close(now, reason);
        }
    }
}
