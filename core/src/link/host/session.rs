//! One terminal of a host: [`Session`], and what it printed, token by token: [`Printed`].

use core::iter::FusedIterator;

use super::slots::{Node, Timed, Viewers};
use super::types::Due;
#[cfg(not(feature = "pace"))]
use super::unpaced::Pace;
use crate::deadline::{Deadline, earliest};
use crate::idle::{self, Evidence, Status};
use crate::link::bootstrap::Bootstrap;
use crate::link::history::{History, Size};
use crate::link::linger::Linger;
use crate::link::pace;
#[cfg(feature = "pace")]
use crate::link::pace::Pace;
use crate::link::ring::Ring;
use crate::monitor::{self, Monitor, Watched};
use crate::scan::{Modes, Token};
use crate::time::Instant;

/// One terminal, with what it printed, what was typed for it, and what it is doing.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Session<B> {
    pub(super) monitor: Monitor,
    pub(super) history: History<B>,
    /// What was typed and the port has not taken yet.
    pub(super) inbox: Ring<B>,
    pub(super) retained: Bootstrap<B>,
    /// The status that peers are told, since when, and which change of it this is.
    pub(super) status: Status,
    pub(super) since: Instant,
    pub(super) change: u32,
    /// The size that the port was told.
    pub(super) told: Option<Size>,
    /// Whether it waits for whoever controls it.
    pub(super) pace: Pace,
    pub(super) viewers: Viewers,
    #[cfg_attr(
        not(any(feature = "many", feature = "defmt")),
        expect(dead_code, reason = "a few have no order to have a place in")
    )]
    pub(super) node: Node,
}

/// The tokens of one output, from [`Host::handle_output`](super::Host::handle_output). Dropping it reads the rest.
#[derive(Debug)]
pub struct Printed<'h, 'i, B: AsRef<[u8]> + AsMut<[u8]>> {
    watched: Watched<'h, 'i>,
    history: &'h mut History<B>,
    linger: &'h mut Linger,
    now: Instant,
    visible: bool,
}

impl<B: AsRef<[u8]>> Session<B> {
    /// A session that begins at `now`.
    ///
    /// `inbox` holds what was typed until the port takes it: it bounds what may be on its way, and a session that
    /// several may control divides it. `retained` holds the payloads of [`publish`](super::Host::publish).
    pub const fn new(
        config: monitor::Config,
        history: History<B>,
        inbox: B,
        retained: B,
        now: Instant,
    ) -> Self {
        let told = history.size();
        Self {
            monitor: Monitor::new(config, now),
            history,
            inbox: Ring::new(inbox),
            retained: Bootstrap::new(retained),
            status: Status::Running,
            since: now,
            change: 1,
            told,
            pace: Pace::new(pace::Config::OFF, now),
            viewers: Viewers::NOBODY,
            node: Node::NEW,
        }
    }

    /// The same, whose output waits a moment for whoever controls it: [`Event::Pace`](super::Event::Pace). For ports that
    /// can wait, such as pseudo-terminals. (Feature `pace`.)
    #[cfg(feature = "pace")]
    pub fn paced(mut self, config: pace::Config, now: Instant) -> Self {
        self.pace = Pace::new(config, now);
        self
    }

    /// Whether its output waits for whoever controls it.
    pub const fn pace(&self) -> pace::Status {
        self.pace.status()
    }

    /// What it is doing, as its peers are told.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Since when.
    pub const fn since(&self) -> Instant {
        self.since
    }

    /// When its verdict is due, and why. A host that has several looks at the foreground job of each before it polls.
    pub fn poll_at(&self) -> Option<Deadline<monitor::Due>> {
        self.monitor.poll_at()
    }

    /// What the status rests on.
    pub const fn evidence(&self) -> Evidence {
        self.monitor.evidence()
    }

    /// The modes that it has set.
    pub const fn modes(&self) -> &Modes {
        self.monitor.modes()
    }

    /// What it printed last.
    pub const fn history(&self) -> &History<B> {
        &self.history
    }

    /// What was typed and the port has not taken yet, in two slices, of which the second is often empty.
    pub fn typed(&self) -> (&[u8], &[u8]) {
        self.inbox.slices(0, usize::MAX)
    }

    /// Whether it is over.
    pub const fn is_over(&self) -> bool {
        matches!(self.status, Status::Exited(_))
    }

    /// Whether anybody is ever waited for.
    pub(super) const fn waits(&self) -> bool {
        Pace::WAITS
    }

    /// What changed since it was told last.
    pub(super) fn poll(&mut self, now: Instant) -> Option<idle::Event> {
        let event = self.monitor.poll(now)?;
        (self.status, self.since) = (event.status, event.at);
        self.change = self.change.wrapping_add(1).max(1);
        Some(event)
    }

    /// The size that the port has to be told.
    pub(super) fn poll_size(&mut self) -> Option<Size> {
        let size = self.history.size().filter(|_| self.has_size())?;
        self.told = Some(size);
        Some(size)
    }

    /// Whether the port has to be told a size.
    pub(super) fn has_size(&self) -> bool {
        self.told != self.history.size()
    }

    /// Whether the driver has to be told something.
    pub(super) fn has_news(&self) -> bool {
        self.has_size() || self.pace.has_news()
    }

    /// When it is to be polled, as its host says it.
    pub(super) fn deadline(&self, index: usize) -> Option<Deadline<Due>> {
        let verdict = self.monitor.poll_at().map(|at| at.map(|due| Due::Session(index, due)));
        let pace = self.pace.poll_at().map(|at| at.map(|due| Due::Pace(index, due)));
        earliest([verdict, pace])
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Session<B> {
    /// What the output means; it is in the history already.
    pub(super) fn print<'h, 'i>(
        &'h mut self,
        linger: &'h mut Linger,
        now: Instant,
        output: &'i [u8],
    ) -> Printed<'h, 'i, B> {
        let watched = self.monitor.handle_output(now, output);
        Printed { watched, history: &mut self.history, linger, now, visible: false }
    }
}

impl<B: AsRef<[u8]>> Timed for Session<B> {
    type Context = ();

    fn due(&self, (): &()) -> Option<Instant> {
        if self.has_news() { Some(Instant::ZERO) } else { Some(self.deadline(0)?.at) }
    }
}

impl<'i, B: AsRef<[u8]> + AsMut<[u8]>> Iterator for Printed<'_, 'i, B> {
    type Item = Token<'i>;

    #[inline]
    fn next(&mut self) -> Option<Token<'i>> {
        let next = self.watched.next();
        let token = next.as_ref()?;
        self.visible |= matches!(token, Token::Text(_) | Token::Char(_) | Token::Invalid(_));
        if let Some(mark) = self.watched.mark() {
            self.history.mark(mark, self.watched.modes());
        }
        next
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> FusedIterator for Printed<'_, '_, B> {}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Drop for Printed<'_, '_, B> {
    fn drop(&mut self) {
        while self.next().is_some() {}
        if self.visible {
            self.linger.handle_output(self.now);
        }
    }
}
