//! All of it for one session: bytes in, status out. [`Monitor`] is what a driver uses.
//!
//! ```text
//!   output ──▶ Scanner ──tokens──▶ you
//!                          ├─────▶ Novelty ──Output──▶ Idle ──▶ Event
//!                          ├─────▶ signals ────────────▲ ▲ ▲
//!                          └─────▶ Modes, Resync       │ │ └── exit
//!   input  ──▶ Keys ──── a person typed ───────────────┘ └──── hints
//! ```
//!
//! The loop of a driver:
//!
//! 1. sleep until [`Monitor::poll_at`], or until there is output, input, or the end;
//! 2. if the time has come, look at the foreground job if you can, and say what you saw:
//!    [`Monitor::handle_hint`];
//! 3. [`Monitor::poll`] until None, and tell each [`Event`];
//! 4. pass on what came: [`Monitor::handle_output`], [`Monitor::handle_input`], [`Monitor::handle_exit`];
//! 5. poll again as in 3, and go back to 1.

use core::iter::FusedIterator;

use crate::deadline::Deadline;
use crate::idle::{self, Evidence, Exit, Hint, Idle, ONE_OUTPUT, Status};
use crate::input::{self, Keys};
use crate::novelty::{self, Novelty, Output};
use crate::scan::{self, Mark, Modes, Quality, Resync, Scanner, Signal, Token, Tokens};
use crate::time::{Duration, Instant};

pub use crate::idle::Event;

/// What a [`Monitor`] is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// How the bytes are read.
    pub scan: scan::Config,
    /// What is new.
    pub novelty: novelty::Config,
    /// When it is still.
    pub idle: idle::Config,
}

/// What a [`Monitor`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// The verdict.
    Idle(idle::Due),
    /// A key.
    Input(input::Due),
}

/// Watches one session. About 1 KiB, whatever comes.
///
/// ```
/// use stillwire::idle::{Reason, Status};
/// use stillwire::monitor::{Config, Monitor};
/// use stillwire::scan::Signal;
/// use stillwire::Instant;
///
/// let mut monitor = Monitor::new(Config::DEFAULT, Instant::ZERO);
/// for token in monitor.handle_output(Instant::from_secs(1), b"Do you want to proceed? \x07") {
///     if let Some(signal) = token.signal() {
///         assert_eq!(signal, Signal::Bell);
///     }
/// }
/// let mut events = Vec::new();
/// while let Some(deadline) = monitor.poll_at() {
///     events.extend(monitor.poll(deadline.at));
/// }
/// assert_eq!(events.len(), 1);
/// assert_eq!(events[0].at, Instant::from_millis(4_500));
/// assert_eq!(events[0].status, Status::Idle(Reason::Bell));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Monitor {
    scanner: Scanner,
    modes: Modes,
    resync: Resync,
    novelty: Novelty,
    idle: Idle,
    keys: Keys,
    output: Output,
}

/// The tokens of one output, from [`Monitor::handle_output`]. Dropping it reads and counts the rest.
#[derive(Debug)]
pub struct Watched<'m, 'i> {
    tokens: Tokens<'m, 'i>,
    modes: &'m mut Modes,
    resync: &'m mut Resync,
    /// Of a mark behind the last token. None: there was no token.
    quality: Option<Quality>,
    len: usize,
    novelty: &'m mut Novelty,
    idle: &'m mut Idle,
    output: &'m mut Output,
    now: Instant,
}

impl Config {
    /// UTF-8, numbers as they are, idle after 3 s and 500 ms without visible output.
    pub const DEFAULT: Self =
        Self { scan: scan::Config::DEFAULT, novelty: novelty::Config::DEFAULT, idle: idle::Config::DEFAULT };
}

impl Monitor {
    /// A session that begins at `now`.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self {
            scanner: Scanner::new(config.scan),
            modes: Modes::DEFAULT,
            resync: Resync::new(),
            novelty: Novelty::new(config.novelty),
            idle: Idle::new(config.idle, now),
            keys: Keys::new(),
            output: Output::NONE,
        }
    }

    /// The session wrote `output`. What it means can be read from the tokens; they need not be read.
    pub fn handle_output<'m, 'i>(&'m mut self, now: Instant, output: &'i [u8]) -> Watched<'m, 'i> {
        let now = self.idle.clamp(now);
        let paused = self.idle.evidence().raw.is_none_or(|last| now.since(last) >= ONE_OUTPUT);
        if paused {
            self.novelty.rest();
        }
        Watched {
            tokens: self.scanner.scan(output),
            modes: &mut self.modes,
            resync: &mut self.resync,
            quality: None,
            len: output.len(),
            novelty: &mut self.novelty,
            idle: &mut self.idle,
            output: &mut self.output,
            now,
        }
    }

    /// The user's terminal sent `input`: keys, or answers that nobody typed.
    pub fn handle_input(&mut self, now: Instant, input: &[u8]) {
        let now = self.idle.clamp(now);
        if self.keys.handle(now, input) {
            self.idle.handle_input(now);
        }
    }

    /// The driver looked at the foreground job.
    pub fn handle_hint(&mut self, now: Instant, hint: Hint) {
        let now = self.idle.clamp(now);
        self.idle.handle_hint(now, hint);
    }

    /// The session is over.
    pub fn handle_exit(&mut self, now: Instant, exit: Exit) {
        let now = self.idle.clamp(now);
        self.idle.handle_exit(now, exit);
    }

    /// When to poll next, and why. None: only input can change anything.
    ///
    /// While an ESC may be a key the verdict waits for it, [`input::ESC_WAIT`] at most.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        match self.keys.poll_at() {
            Some(key) => Some(key.map(Due::Input)),
            None => self.idle.poll_at().map(|verdict| verdict.map(Due::Idle)),
        }
    }

    /// A change of the status or its reason that was not told yet. At most one; drain until None.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.idle.clamp(now);
        if self.keys.poll(now) {
            self.idle.handle_input(now);
        }
        match self.keys.poll_at() {
            Some(_) => None,
            None => self.idle.poll(now),
        }
    }

    /// The status as of the last call with a `now`.
    pub fn status(&self) -> Status {
        self.idle.status()
    }

    /// What the verdict rests on.
    pub const fn evidence(&self) -> Evidence {
        self.idle.evidence()
    }

    /// The tally of the last output.
    pub const fn last_output(&self) -> Output {
        self.output
    }

    /// Whether the output is between two sequences and two characters: something may be put in between.
    pub fn is_ground(&self) -> bool {
        self.scanner.is_ground()
    }

    /// The modes that the session has set and a terminal that joins now has to be told.
    pub const fn modes(&self) -> &Modes {
        &self.modes
    }

    /// The span of quiet in force: as configured, or longer while the session flaps.
    pub const fn quiet(&self) -> Duration {
        self.idle.quiet()
    }
}

impl Watched<'_, '_> {
    /// Whether a reader may begin behind the last token, counted in bytes since the monitor began.
    pub fn mark(&self) -> Option<Mark> {
        self.resync.mark(self.quality?, &self.tokens)
    }

    /// The sticky modes behind the last token.
    pub const fn modes(&self) -> &Modes {
        self.modes
    }

    fn read_on(&mut self) {
        while let Some(token) = &self.tokens.next() {
            self.watch(token);
        }
    }

    #[inline]
    fn watch(&mut self, token: &Token<'_>) {
        match token {
            Token::Text(text) => self.novelty.text(text),
            Token::Csi(csi) if csi.is_rendition() => {} // says nothing to anyone
            _ => return self.watch_others(token),
        }
        self.quality = Some(Quality::Token);
        if self.resync.is_updating() {
            self.resync.note(token, None, &self.tokens);
        }
    }

    /// The same for all but text and colours.
    #[inline(never)]
    fn watch_others(&mut self, token: &Token<'_>) {
        let signal = token.signal();
        self.modes.handle(token);
        self.quality = Some(self.resync.note(token, signal, &self.tokens));
        self.novelty.handle_signal(token, signal);
        // All others say nothing of the verdict.
        if let Some(signal @ (Signal::Bell | Signal::Prompt(_))) = signal {
            self.idle.handle_signal(self.now, signal);
        }
    }
}

impl<'i> Iterator for Watched<'_, 'i> {
    type Item = Token<'i>;

    #[inline]
    fn next(&mut self) -> Option<Token<'i>> {
        let next = self.tokens.next();
        if let Some(token) = &next {
            self.watch(token);
        }
        next
    }
}

impl FusedIterator for Watched<'_, '_> {}

impl Drop for Watched<'_, '_> {
    fn drop(&mut self) {
        self.read_on();
        self.resync.handle_end(self.len);
        let bytes = u32::try_from(self.len).unwrap_or(u32::MAX);
        *self.output = Output { bytes, ..self.novelty.take() };
        self.idle.handle_output(self.now, *self.output);
    }
}
