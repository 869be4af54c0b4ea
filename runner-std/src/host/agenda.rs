//! What a turn of the loop has to look at: [`Agenda`]. Whatever is not on it costs nothing.

use std::collections::{BTreeSet, VecDeque};

use stillwire::Instant;
use stillwire::link::host::PeerId;

/// What happened, and what comes when.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Sessions to which something happened, each once.
    touched: Vec<usize>,
    /// Which those are.
    is_touched: Vec<bool>,
    /// When ports want to be polled,
    ports: BTreeSet<(Instant, usize)>,
    /// and what is noted of each.
    noted: Vec<Option<Instant>>,
    /// Connections that have to be asked, beside those whom the core names.
    asked: Vec<PeerId>,
    /// Connections with an acknowledgement that waits for company: all for the same time, so the first is due first.
    held: VecDeque<(Instant, PeerId)>,
}

impl Agenda {
    /// All of so many sessions are to be looked at.
    pub(super) fn new(sessions: usize) -> Self {
        Self {
            touched: (0..sessions).collect(),
            is_touched: vec![true; sessions],
            noted: vec![None; sessions],
            ..Self::default()
        }
    }

    /// Something happened to a session.
    pub(super) fn touch(&mut self, session: usize) {
        if let Some(touched) = self.is_touched.get_mut(session).filter(|touched| !**touched) {
            *touched = true;
            self.touched.push(session);
        }
    }

    /// The touched session of this number, in order; they may become more meanwhile.
    pub(super) fn touched(&self, number: usize) -> Option<usize> {
        self.touched.get(number).copied()
    }

    /// Forgets whom something happened to, and tells.
    pub(super) fn take_touched(&mut self) -> Vec<usize> {
        for session in &self.touched {
            if let Some(touched) = self.is_touched.get_mut(*session) {
                *touched = false;
            }
        }
        std::mem::take(&mut self.touched)
    }

    /// To be given back what [`Self::take_touched`] gave, whose memory is used again.
    pub(super) fn give_back(&mut self, mut list: Vec<usize>) {
        if self.touched.is_empty() {
            list.clear();
            self.touched = list;
        }
    }

    /// When the port of a session wants to be polled.
    pub(super) fn note(&mut self, session: usize, at: Option<Instant>) {
        let Some(noted) = self.noted.get_mut(session).filter(|noted| **noted != at) else { return };
        if let Some(before) = std::mem::replace(noted, at) {
            self.ports.remove(&(before, session));
        }
        if let Some(at) = at {
            self.ports.insert((at, session));
        }
    }

    /// A session whose port is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<usize> {
        let (_, session) = self.ports.first().copied().filter(|(at, _)| *at <= now)?;
        self.note(session, None);
        self.touch(session);
        Some(session)
    }

    /// A connection has to be asked.
    pub(super) fn ask(&mut self, peer: PeerId) {
        self.asked.push(peer);
    }

    /// Connections that have to be asked now.
    pub(super) fn take_asked(&mut self, now: Instant) -> Vec<PeerId> {
        while let Some((_, peer)) = self.held.pop_front_if(|(at, _)| *at <= now) {
            self.asked.push(peer);
        }
        std::mem::take(&mut self.asked)
    }

    /// What a connection has to say waits until then; None: no longer.
    pub(super) fn hold(&mut self, peer: PeerId, until: Option<Instant>) {
        self.held.retain(|(_, other)| *other != peer);
        if let Some(until) = until {
            self.held.push_back((until, peer));
        }
    }

    /// When something on it is due.
    pub(super) fn poll_at(&self) -> Option<Instant> {
        let port = self.ports.first().map(|(at, _)| *at);
        let held = self.held.front().map(|(at, _)| *at);
        [port, held].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    #[test]
    fn a_session_is_looked_at_once_for_whatever_happened() {
        let mut agenda = Agenda::new(3);
        assert_eq!(agenda.take_touched(), [0, 1, 2], "nobody has looked at any of them yet");
        agenda.touch(2);
        agenda.touch(2);
        agenda.touch(7);
        assert_eq!((agenda.touched(0), agenda.touched(1)), (Some(2), None));
        assert_eq!(agenda.take_touched(), [2]);
        agenda.touch(2);
        assert_eq!(agenda.take_touched(), [2]);
    }

    #[test]
    fn ports_are_due_in_order_and_only_as_noted_last() {
        let mut agenda = Agenda::new(3);
        let list = agenda.take_touched();
        agenda.give_back(list);
        agenda.note(0, Some(MS(30)));
        agenda.note(1, Some(MS(10)));
        agenda.note(2, Some(MS(20)));
        agenda.note(1, Some(MS(40)));
        assert_eq!(agenda.poll_at(), Some(MS(20)));
        assert_eq!((agenda.due(MS(30)), agenda.due(MS(30)), agenda.due(MS(30))), (Some(2), Some(0), None));
        agenda.note(1, None);
        assert_eq!(agenda.poll_at(), None);
        assert_eq!(agenda.take_touched(), [2, 0]);
    }

    #[test]
    fn what_was_sent_meanwhile_wakes_nobody() {
        let (one, two) = (PeerId { slot: 1, generation: 1 }, PeerId { slot: 2, generation: 2 });
        let mut agenda = Agenda::new(0);
        agenda.hold(one, Some(MS(10)));
        agenda.hold(two, Some(MS(12)));
        agenda.hold(one, None);
        assert_eq!(agenda.poll_at(), Some(MS(12)));
        assert_eq!(agenda.take_asked(MS(12)), [two]);
        assert_eq!(agenda.poll_at(), None);
    }
}
