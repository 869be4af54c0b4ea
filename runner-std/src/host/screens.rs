//! Screens for those who come new or too late.

use stillwire::Instant;
use stillwire::link::host::{PeerId, Session};
use stillwire::scan::Mode;

use super::server::Server;
use crate::limits;
use crate::screen::Picture;

impl Server {
    /// A peer waits for the screen of its session.
    pub(super) fn wanted(&mut self, peer: PeerId, session: usize, first: bool) {
        if let Some(guest) = self.guests.get_mut(usize::from(peer.slot)).and_then(Option::as_mut) {
            guest.waits = Some((session, first));
            (self.waiting, self.again) = (true, true);
        }
    }

    /// Gives screens to those who wait, unless much time was spent on that lately.
    pub(super) fn show(&mut self, now: Instant) {
        if !std::mem::take(&mut self.waiting) {
            return;
        }
        let mut made: Option<(usize, Option<Picture>)> = None;
        for guest in self.guests.iter_mut().flatten() {
            let Some((session, first)) = guest.waits else { continue };
            let Some((seat, state)) = self.seats.get_mut(session).zip(self.core.session(session)) else {
                continue;
            };
            let history = state.history();
            let full = state.modes().is_on(Mode::AlternateScreen);
            let short = history.start() == 0 && history.end() <= limits::SHORT && !full;
            let picture = match (&mut seat.model, &made) {
                _ if short => None,
                (Some(_), Some((of, picture))) if *of == session => picture.clone(),
                (Some(model), _) if model.rested() > now => {
                    self.waiting = true;
                    continue;
                }
                (Some(model), _) => model.picture(now, history),
                (None, _) => None,
            };
            // What is not known of a full screen is painted anew by the program itself, if it is asked to.
            if full && !short && picture.as_ref().is_none_or(|picture| !picture.whole) {
                seat.nudge(history.size());
            }
            guest.waits = None;
            guest.screen = picture.as_ref().map_or(Vec::new(), |picture| picture.bytes(first));
            let _ = self.core.handle_screen(now, guest.peer, guest.screen.len());
            made = if short { made } else { Some((session, picture)) };
        }
    }

    /// When somebody who waits may have a screen.
    pub(super) fn screen_at(&self) -> Option<Instant> {
        if !self.waiting {
            return None;
        }
        let waiting = self.guests.iter().flatten().filter_map(|guest| guest.waits);
        let seats = waiting.filter_map(|(session, _)| self.seats.get(session));
        seats.map(|seat| seat.model.as_ref().map_or(Instant::ZERO, |model| model.rested())).min()
    }

    /// Something was printed: what it made of the screen has to be known before it is forgotten.
    pub(super) fn keep_up(&mut self, now: Instant, session: usize) {
        let model = self.seats.get_mut(session).and_then(|seat| seat.model.as_mut());
        if let Some((model, history)) = model.zip(self.core.session(session).map(Session::history)) {
            model.keep_up(now, history);
        }
    }
}
