//! A turn of a host: what is due, whom it concerns, who has something to say.

use super::Host;
use super::peer::{Peer, Phase, Text};
use super::session::Session;
use super::types::{Due, Event, PeerId};
use crate::deadline::{Deadline, earliest};
use crate::link::close::CloseReason;
use crate::link::frame::Role;
use crate::link::pace;
use crate::link::typed::Applied;
use crate::monitor;
use crate::time::Instant;

impl<P, S, B> Host<P, S, B>
where
    P: AsRef<[Peer]> + AsMut<[Peer]>,
    S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    /// When to poll next, and why. None: only input can change anything.
    ///
    /// Between two polls it takes the same time for any number of peers and sessions; before the first, and after something
    /// that concerns them all, time in their number.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        let news = Deadline { at: self.clock.latest(), reason: Due::News };
        let peers = self.peers.as_ref();
        let first = self.by_peer.first(peers, &self.config);
        let peer = first.and_then(|(slot, _)| {
            let peer = peers.get(slot)?;
            if peer.has_news() { Some(news) } else { peer.poll_at(&self.config, u16::try_from(slot).ok()?) }
        });
        let sessions = self.sessions.as_ref();
        let first = self.by_session.first(sessions, &());
        let session = first.and_then(|(index, _)| {
            let session = sessions.get(index)?;
            if session.has_news() { Some(news) } else { session.deadline(index) }
        });
        let told = [peer, session].into_iter().flatten().find(|due| due.reason == Due::News);
        let linger = self.linger.poll_at().map(|at| at.map(Due::Linger));
        told.or_else(|| earliest([peer, session, linger]))
    }

    /// What is due and what has to be told, one by one.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        self.by_peer.build(self.peers.as_mut(), &self.config);
        let due = |due: &(usize, Instant)| due.1 <= now;
        while let Some((slot, _)) = self.by_peer.first(self.peers.as_ref(), &self.config).filter(due) {
            self.touch(slot);
            if let Some(event) = self.poll_peer(now, slot) {
                return Some(event);
            }
        }
        self.by_session.build(self.sessions.as_mut(), &());
        while let Some((session, _)) = self.by_session.first(self.sessions.as_ref(), &()).filter(due) {
            self.touch_session(session);
            if let Some(event) = self.poll_session(now, session) {
                return Some(event);
            }
        }
        let exit = self.linger.poll(now)?;
        self.handle_shutdown(now, CloseReason::IdleExit);
        Some(Event::Exit(exit))
    }

    /// Sessions whose own deadline has come at `now`, and for what: before it [polls](Self::poll) a driver may look at
    /// their foreground jobs. Takes time in their number.
    pub fn due_sessions(&mut self, now: Instant) -> impl Iterator<Item = (usize, monitor::Due)> {
        self.by_session.build(self.sessions.as_mut(), &());
        let all = self.sessions.as_ref();
        let due = move |index: usize| {
            let due = all.get(index)?.poll_at().filter(|due| due.at <= now)?;
            Some((index, due.reason))
        };
        let held = self.by_session.held().and_then(due);
        held.into_iter().chain(self.by_session.due(all, now).filter_map(due))
    }

    /// Who may have something to say since it was last asked for all that it had; None: nobody. Everyone is named once
    /// for whatever happened meanwhile.
    ///
    /// Ask for its frames until there are none. Whose link has no room has to be asked again when it has some.
    pub fn next_speaker(&mut self) -> Option<PeerId> {
        while let Some(slot) = self.speakers.take(self.peers.as_mut()) {
            let slot = usize::from(slot);
            let peer = self.peers.as_ref().get(slot).filter(|peer| peer.speaks());
            if let Some(id) = peer.and_then(|peer| peer.id(slot)) {
                return Some(id);
            }
        }
        None
    }

    /// Something is about to happen to a peer.
    pub(super) fn touch(&mut self, slot: usize) {
        self.by_peer.hold(self.peers.as_mut(), slot, &self.config);
        self.speakers.add(self.peers.as_mut(), slot);
    }

    /// Something is about to happen to a session.
    pub(super) fn touch_session(&mut self, session: usize) {
        self.by_session.hold(self.sessions.as_mut(), session, &());
    }

    /// Whoever watches the session may have something to say.
    pub(super) fn tell_viewers(&mut self, session: usize) {
        let Some(viewers) = self.sessions.as_ref().get(session).map(|session| session.viewers) else {
            return;
        };
        let (peers, mut last) = (self.peers.as_mut(), None);
        while let Some(slot) = viewers.next(peers, session, last) {
            self.speakers.add(peers, slot);
            last = Some(slot);
        }
    }

    /// Something was handed out to somebody who watches this session.
    pub(super) fn catch_up(&mut self, now: Instant, session: Option<usize>) {
        let state = session.and_then(|session| Some((session, self.sessions.as_ref().get(session)?)));
        if let Some((session, _)) = state.filter(|(_, state)| state.pace() == pace::Status::Held) {
            self.touch_session(session);
            self.keep_pace(now, session);
        }
    }

    /// Finds out how far whoever controls the session is behind. The session is touched already.
    pub(super) fn keep_pace(&mut self, now: Instant, session: usize) {
        let peers = self.peers.as_ref();
        let Some(state) = self.sessions.as_mut().get_mut(session).filter(|state| state.waits()) else {
            return;
        };
        let (mut behind, mut last) = (0, None);
        while let Some(slot) = state.viewers.next(peers, session, last) {
            let reads = |peer: &&Peer| {
                let seat = &peer.seat;
                peer.role() == Some(Role::Controller) && seat.restart.is_none() && !seat.replay.is_seeking()
            };
            let reader = peers.get(slot).filter(reads);
            behind = behind.max(reader.map_or(0, |peer| peer.seat.replay.behind(&state.history)));
            last = Some(slot);
        }
        state.pace.handle_behind(now, behind, state.history.capacity() as u64);
    }

    /// Whoever controls `session` may type as much as there is room for, if all that was typed has been taken.
    pub(super) fn open_windows(&mut self, session: usize) {
        let Some(state) = self.sessions.as_ref().get(session).filter(|state| state.inbox.len() == 0) else {
            return;
        };
        let peers = self.peers.as_mut();
        let shares = if self.config.share { peers.len() } else { 1 };
        let window = state.inbox.capacity().checked_div(shares).unwrap_or(0) as u64;
        let mut last = None;
        while let Some(slot) = state.viewers.next(peers, session, last) {
            if let Some(peer) = peers.get_mut(slot).filter(|peer| peer.is_attached()) {
                let applied = peer.client.map_or(0, |client| Applied::count(&client.applied));
                let limit = applied.saturating_add(window);
                // Told when half of it is used up, so that most keys cost no frame.
                peer.owed.ack |= peer.seat.limit.saturating_sub(applied) < window / 2;
                peer.seat.limit = peer.seat.limit.max(limit);
                if peer.owed.ack {
                    self.speakers.add(peers, slot);
                }
            }
            last = Some(slot);
        }
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn poll_peer(&mut self, now: Instant, slot: usize) -> Option<Event> {
        let state = self.peers.as_mut().get_mut(slot)?;
        state.advance(now, &self.config);
        let peer = state.id(slot)?;
        let session = state.seat.session;
        if core::mem::take(&mut state.owed.attached) {
            let (role, attach) = (state.seat.role, state.seat.attach);
            return Some(Event::Attached { peer, session, role, attach });
        }
        if state.wants_screen()
            && let Some(restart) = &mut state.seat.restart
        {
            restart.text = Text::Asked;
            return Some(Event::Screen { peer, session, first: state.seat.first });
        }
        let Phase::Gone { reason, attached } = state.phase else { return None };
        state.phase = Phase::Free;
        let lost = state.seat.replay.lost();
        if attached {
            self.linger.handle_detach(now);
        }
        // None: it has another connection already.
        if let Some(client) = state.client.as_mut().filter(|_| attached) {
            client.left = now;
            self.answers.handle_detach(&mut client.handled);
        }
        self.unseat(now, slot);
        Some(Event::Detached { peer, session: attached.then_some(session), reason, lost })
    }

    /// A peer no longer watches its session.
    pub(super) fn unseat(&mut self, now: Instant, slot: usize) {
        let Some(session) = self.peers.as_ref().get(slot).map(|peer| peer.seat.session) else { return };
        if let (Some(state), Ok(slot)) = (self.sessions.as_mut().get_mut(session), u16::try_from(slot)) {
            state.viewers.remove(self.peers.as_mut(), slot);
        }
        self.catch_up(now, Some(session));
    }

    fn poll_session(&mut self, now: Instant, session: usize) -> Option<Event> {
        let state = self.sessions.as_mut().get_mut(session)?;
        if let Some(event) = state.poll(now) {
            self.tell_viewers(session);
            return Some(Event::Status { session, event });
        }
        if let Some(size) = state.poll_size() {
            return Some(Event::Resize { session, size });
        }
        let event = state.pace.poll(now)?;
        Some(Event::Pace { session, event })
    }
}
