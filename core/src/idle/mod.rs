//! The verdict: is the session running, or has it gone still, and why? [`Idle`].
//!
//! ```text
//!                activity                      activity
//!              ┌─────────┐              ┌───────────────────┐
//!              ▼         │              │                   │
//!   new ───▶ Running ────┴── quiet ──▶ Settling ── confirm ─┴─▶ Idle(reason) ──┐ new reason:
//!              ▲                                                │   ▲          │ bell, prompt, hint,
//!              │   key, appended text, painting that goes on,   │   └──────────┘ repaint begins, ends
//!              └── or `wake` novel characters at once ──────────┘
//!
//!   any ── handle_exit ──▶ Exited
//! ```
//!
//! *Activity* is output of the tier that counts, input by a person, or [`Hint::Busy`]. Idle comes exactly at
//! the last activity + quiet + confirm; Settling is told to nobody, it is when a driver looks at the job. What
//! leaves Idle is more than what keeps Running: that is the hysteresis.
//!
//! How often and how late it is polled changes when a verdict is *told*, never what it is: each input first
//! carries the machine to `now`. (A hint does not, because it is asked for at the verdict.) A verdict that was
//! taken back before anybody asked is not told.

mod damper;
mod types;
mod wake;

use crate::deadline::{Clock, Deadline};
use crate::novelty::Output;
use crate::scan::{PromptMark, Signal};
use crate::time::{Duration, Instant};
use damper::Damper;
pub use types::{Config, Due, Event, Evidence, Exit, Hint, Reason, Status, Tier};
use wake::Stir;
pub use wake::{GOES_ON, ONE_OUTPUT};

/// Quiet, Confirm, Repaint: more cannot fall due without an input between them.
const MAX_DUE: usize = 3;
/// A bell so soon after a key, at a prompt, refuses the key: nothing to complete.
const BELL_IS_ECHO: Duration = Duration::from_millis(500);

/// Tells a session that runs from one that has gone still. No clocks, no polling: exact deadlines.
///
/// - **Inputs**: [`handle_output`](Self::handle_output), [`handle_input`](Self::handle_input),
///   [`handle_signal`](Self::handle_signal), [`handle_hint`](Self::handle_hint),
///   [`handle_exit`](Self::handle_exit); drain `poll` after each.
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most one event), then sleep until
///   [`poll_at`](Self::poll_at).
/// - **Getters**: [`status`](Self::status), [`evidence`](Self::evidence), [`quiet`](Self::quiet).
///
/// ```
/// use stillwire::idle::{Config, Idle, Reason, Status};
/// use stillwire::novelty::Output;
/// use stillwire::Instant;
///
/// let mut idle = Idle::new(Config::DEFAULT, Instant::ZERO);
/// let output = Output { bytes: 5, visible: 5, appended: 5, novel: 5, ..Output::NONE };
/// idle.handle_output(Instant::from_secs(1), output);
///
/// while let Some(deadline) = idle.poll_at() {
///     if let Some(event) = idle.poll(deadline.at) { // a driver sleeps until then
///         assert_eq!(event.at, Instant::from_millis(4_500));
///         assert_eq!(event.status, Status::Idle(Reason::Quiet));
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Idle {
    config: Config,
    clock: Clock,
    phase: Phase,
    /// When the phase, or the reason of Idle, became what it is.
    since: Instant,
    /// What was told last.
    told: Status,
    evidence: Evidence,
    damper: Damper,
    /// The screen was painted without anything that counts; when last.
    repainted: Option<Instant>,
    /// Output that counts has come, or a key.
    active: bool,
    at_prompt: bool,
    /// The last bell that is not an answer to a key, if nothing went on after it.
    call: Option<Instant>,
    hint: Option<Hint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    /// Quiet begins at the last activity.
    Running { active: Instant },
    /// It was quiet; the verdict follows.
    Settling { active: Instant },
    /// Still, for this reason.
    Idle { reason: Reason, stir: Stir },
    /// Over.
    Exited(Exit),
}

impl Idle {
    /// A session that begins at `now`, Running: whoever starts something expects it to do something.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self {
            config,
            clock: Clock::new(now),
            phase: Phase::Running { active: now },
            since: now,
            told: Status::Running,
            evidence: Evidence { raw: None, visible: None, novel: None, input: None, bell: None },
            damper: Damper::new(config.quiet),
            repainted: None,
            active: false,
            at_prompt: false,
            call: None,
            hint: None,
        }
    }

    /// Output came.
    pub fn handle_output(&mut self, now: Instant, output: Output) {
        let now = self.advance(now);
        let goes_on =
            output.visible > 0 && self.evidence.visible.is_some_and(|last| now.since(last) < GOES_ON);
        for (seen, last) in [
            (output.bytes > 0 || output.visible > 0, &mut self.evidence.raw),
            (output.visible > 0, &mut self.evidence.visible),
            (output.novel > 0, &mut self.evidence.novel),
        ] {
            if seen {
                *last = Some(now);
            }
        }
        if self.config.counts.has(&output) {
            self.active = true;
            self.handle_counted(now, &output);
        } else if goes_on {
            self.repainted = Some(now);
        }
        self.settle_reason(now);
    }

    /// A person typed. Not for what a terminal sends by itself; see [`crate::input::Keys`].
    pub fn handle_input(&mut self, now: Instant) {
        let now = self.advance(now);
        self.evidence.input = Some(now);
        self.active = true;
        self.call = None;
        self.keep_running(now, Duration::ZERO);
    }

    /// A program said something out loud. Bell and prompt marks give an Idle its reason; none wakes.
    pub fn handle_signal(&mut self, now: Instant, signal: Signal) {
        let now = self.advance(now);
        match signal {
            Signal::Bell => {
                self.evidence.bell = Some(now);
                let key = self.evidence.input.is_some_and(|input| now.since(input) < BELL_IS_ECHO);
                if !(self.at_prompt && key) {
                    self.call = Some(now);
                }
            }
            Signal::Prompt(mark) => {
                self.at_prompt = matches!(mark, PromptMark::PromptStart | PromptMark::CommandStart);
            }
            _ => {}
        }
        self.settle_reason(now);
    }

    /// The driver looked at the foreground job. Best given at [`Due::Confirm`], before the poll.
    pub fn handle_hint(&mut self, now: Instant, hint: Hint) {
        // Asked at the verdict, so the verdict waits for the answer.
        let now = self.clock.clamp(now);
        if let (Hint::Busy, Phase::Running { active } | Phase::Settling { active }) = (hint, self.phase) {
            self.keep_running(now, now.since(active));
        }
        self.hint = Some(hint);
        self.advance(now);
        self.settle_reason(now);
    }

    /// The session is over; nothing changes it any more.
    pub fn handle_exit(&mut self, now: Instant, exit: Exit) {
        let now = self.advance(now);
        if !matches!(self.phase, Phase::Exited(_)) {
            self.enter(Phase::Exited(exit), now);
        }
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        if self.told != self.status() {
            return Some(Deadline { at: self.clock.latest(), reason: Due::News });
        }
        self.due()
    }

    /// What changed since it was told last, if anything. Of several changes only where they led is told.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        self.advance(now);
        let status = self.status();
        if status == self.told {
            return None;
        }
        self.told = status;
        Some(Event { at: self.since, status })
    }

    /// The status as of the last call with a `now`.
    pub fn status(&self) -> Status {
        match self.phase {
            Phase::Running { .. } | Phase::Settling { .. } => Status::Running,
            Phase::Idle { reason, .. } => Status::Idle(reason),
            Phase::Exited(exit) => Status::Exited(exit),
        }
    }

    /// What the verdict rests on.
    pub const fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// The span of quiet in force: as configured, or longer while the session flaps.
    pub const fn quiet(&self) -> Duration {
        self.damper.quiet()
    }

    /// The later of `now` and all that were given before; nothing falls due by it.
    pub(crate) fn clamp(&mut self, now: Instant) -> Instant {
        self.clock.clamp(now)
    }

    /// Output of the tier that counts.
    fn handle_counted(&mut self, now: Instant, output: &Output) {
        let enough = self.config.wake;
        match &mut self.phase {
            Phase::Running { active } | Phase::Settling { active } => {
                let pause = now.since(*active);
                self.keep_running(now, pause);
            }
            Phase::Idle { stir, .. } => {
                if output.appended > 0 || stir.painted(now, output.novel, enough) {
                    self.damper.flip(now, self.config.quiet_cap);
                    self.keep_running(now, Duration::ZERO);
                }
            }
            Phase::Exited(_) => {}
        }
    }

    /// Activity, after a pause of the session's own.
    fn keep_running(&mut self, now: Instant, pause: Duration) {
        if matches!(self.phase, Phase::Exited(_)) {
            return;
        }
        self.hint = None;
        self.call = self.call.filter(|&bell| now.since(bell) < self.config.quiet);
        self.damper.activity(now, pause, self.config.quiet, self.config.quiet + self.config.confirm);
        if matches!(self.phase, Phase::Idle { .. }) {
            self.since = now;
        }
        self.phase = Phase::Running { active: now };
    }

    /// Lets everything happen that was due by `now`, in its order, each at its own instant.
    fn advance(&mut self, now: Instant) -> Instant {
        let now = self.clock.clamp(now);
        for _ in 0..MAX_DUE {
            match self.due() {
                Some(due) if due.at <= now => self.fire(due),
                _ => break,
            }
        }
        now
    }

    fn fire(&mut self, due: Deadline<Due>) {
        match (due.reason, self.phase) {
            (Due::Quiet, Phase::Running { active }) => self.phase = Phase::Settling { active },
            (Due::Confirm, _) => {
                self.end_repaint(due.at);
                self.enter(Phase::Idle { reason: self.reason(), stir: Stir::NONE }, due.at);
            }
            (Due::Repaint, _) => {
                self.end_repaint(due.at);
                self.settle_reason(due.at);
            }
            _ => {}
        }
    }

    /// What time alone will change next.
    fn due(&self) -> Option<Deadline<Due>> {
        let quiet = self.damper.quiet();
        if quiet == Duration::MAX {
            return None;
        }
        let (from, span, reason) = match self.phase {
            Phase::Running { active } => (active, quiet, Due::Quiet),
            Phase::Settling { active } => (active, quiet + self.config.confirm, Due::Confirm),
            Phase::Idle { reason: Reason::Repainting, .. } => {
                (self.repainted?, quiet + self.config.confirm, Due::Repaint)
            }
            Phase::Idle { .. } | Phase::Exited(_) => return None,
        };
        Some(Deadline { at: from.after(span), reason })
    }

    /// Forgets a repaint that had stopped by `at` for as long as an end takes.
    fn end_repaint(&mut self, at: Instant) {
        let span = self.damper.quiet() + self.config.confirm;
        self.repainted = self.repainted.filter(|&last| last.after(span) > at);
    }

    /// The reason of Idle follows what is known.
    fn settle_reason(&mut self, now: Instant) {
        let next = self.reason();
        if let Phase::Idle { reason, .. } = &mut self.phase
            && *reason != next
        {
            *reason = next;
            self.since = now;
        }
    }

    /// Strongest sign first.
    fn reason(&self) -> Reason {
        match () {
            () if self.call.is_some() => Reason::Bell,
            () if self.at_prompt => Reason::AtPrompt,
            () if self.hint == Some(Hint::Blocked) => Reason::AwaitingInput,
            () if self.repainted.is_some() => Reason::Repainting,
            () if !self.active => Reason::NeverActive,
            () => Reason::Quiet,
        }
    }

    fn enter(&mut self, phase: Phase, at: Instant) {
        self.phase = phase;
        self.since = at;
    }
}

impl Tier {
    /// Whether `output` has any of this tier.
    const fn has(self, output: &Output) -> bool {
        match self {
            Self::Raw => output.bytes > 0 || output.visible > 0,
            Self::Visible => output.visible > 0,
            Self::Novel => output.novel > 0,
        }
    }
}
