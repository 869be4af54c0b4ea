//! A timeline against the truth.

use super::{DETECT, GRACE, Interval, Recording, SECOND, SETTLE, State, Timeline};

/// What a rule did right and wrong on one recording, or on several together.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Busy turns in the truth.
    pub turns: u32,
    /// From the first sign of each turn to Running, in order; `None`: never during the turn.
    pub found: Vec<Option<u64>>,
    /// From the last sign of each activity (a turn, a person typing) to Idle; `None`: never while
    /// it waited. Only waits longer than [`SETTLE`] count.
    pub ended: Vec<Option<u64>>,
    /// Changes to Running while nothing was done.
    pub false_turns: u32,
    /// Changes to Idle in the middle of work that showed.
    pub false_ends: u32,
    /// A status that lasted less than a second.
    pub flaps: u32,
    /// Microseconds Running while working.
    pub right: u64,
    /// Microseconds Running while waiting, after the time allowed to settle.
    pub wrong: u64,
    /// Microseconds of work that showed, from the first sign of each turn.
    pub work: u64,
    /// Microseconds of silent work, and of it Running.
    pub silent: (u64, u64),
    /// Microseconds of mere repainting, and of it Idle, each after the time allowed to settle.
    pub repainting: (u64, u64),
}

impl Score {
    /// Of the time called Running, the part that was work.
    pub fn time_precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    /// Of the work that showed, the part called Running.
    pub fn time_recall(&self) -> f64 {
        ratio(self.right, self.work)
    }

    /// Turns found in time.
    pub fn found_in_time(&self) -> u32 {
        count(&self.found, DETECT)
    }

    /// Ends told in time, [`GRACE`] granted.
    pub fn ended_in_time(&self) -> u32 {
        count(&self.ended, SETTLE + GRACE)
    }

    /// Of the changes told, the part that was true and in time.
    pub fn change_precision(&self) -> f64 {
        let good = u64::from(self.found_in_time() + self.ended_in_time());
        let late = self.found.len() + self.ended.len();
        let late = (late as u64).saturating_sub(good);
        ratio(good, good + late + u64::from(self.false_turns + self.false_ends))
    }

    /// Of the true changes, the part told in time.
    pub fn change_recall(&self) -> f64 {
        let good = u64::from(self.found_in_time() + self.ended_in_time());
        ratio(good, (self.found.len() + self.ended.len()) as u64)
    }

    /// Adds another recording's.
    pub fn add(&mut self, other: &Self) {
        self.turns += other.turns;
        self.found.extend(&other.found);
        self.ended.extend(&other.ended);
        self.false_turns += other.false_turns;
        self.false_ends += other.false_ends;
        self.flaps += other.flaps;
        self.right += other.right;
        self.wrong += other.wrong;
        self.work += other.work;
        self.silent.0 += other.silent.0;
        self.silent.1 += other.silent.1;
        self.repainting.0 += other.repainting.0;
        self.repainting.1 += other.repainting.1;
    }
}

fn count(delays: &[Option<u64>], limit: u64) -> u32 {
    delays.iter().flatten().map(|&d| u32::from(d <= limit)).sum()
}

/// 1 where there was nothing to get wrong.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Compares one timeline with the truth.
pub fn score(recording: &Recording, line: &Timeline) -> Score {
    let mut score = Score::default();
    let shown = recording.shown();
    let signs = Signs { shown: &shown };
    for (n, interval) in recording.truth.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| recording.truth[n].state);
        match interval.state {
            State::Working => working(&mut score, line, interval, before, &signs),
            State::Waiting => waiting(&mut score, line, interval, before.is_some()),
            State::Silent => {
                score.silent.0 += interval.to - interval.from;
                score.silent.1 += line.running_within(interval.from, interval.to);
            }
            State::Repainting => {
                let from = (interval.from + SETTLE).min(interval.to);
                score.repainting.0 += interval.to - from;
                score.repainting.1 += interval.to - from - line.running_within(from, interval.to);
            }
            State::Human => {}
        }
    }
    let changes = line.changes();
    let lengths = changes.windows(2).skip(1).map(|pair| pair[1].0 - pair[0].0);
    score.flaps = lengths.map(|length| u32::from(length < SECOND)).sum();
    score
}

/// Instants at which something showed.
struct Signs<'a> {
    shown: &'a [u64],
}

impl Signs<'_> {
    fn first_in(&self, interval: &Interval) -> Option<u64> {
        let at = self.shown.partition_point(|&at| at < interval.from);
        self.shown.get(at).copied().filter(|&at| at <= interval.to)
    }
}

fn working(
    score: &mut Score,
    line: &Timeline,
    interval: &Interval,
    before: Option<State>,
    signs: &Signs<'_>,
) {
    let Some(sign) = signs.first_in(interval) else {
        return;
    };
    let begins = !matches!(before, Some(State::Working | State::Silent));
    let found = line.first(interval.from, true).filter(|&at| at < interval.to);
    score.turns += u32::from(begins);
    // Work that goes on after silence must be found again just as soon as a turn that begins.
    score.found.push(found.map(|at| at.saturating_sub(sign)));
    score.work += interval.to - sign;
    score.right += line.running_within(sign, interval.to);
    let ends = line.changes().iter().skip(1);
    score.false_ends +=
        ends.filter(|&&(at, running)| !running && at > interval.from && at < interval.to).count() as u32;
}

fn waiting(score: &mut Score, line: &Timeline, interval: &Interval, after_activity: bool) {
    let settled = (interval.from + SETTLE).min(interval.to);
    if after_activity && interval.to > interval.from + SETTLE {
        let idle = line.first(interval.from, false).filter(|&at| at < interval.to);
        score.ended.push(idle.map(|at| at - interval.from));
    }
    score.wrong += line.running_within(settled, interval.to);
    let turns = line.changes().iter().skip(1);
    score.false_turns +=
        turns.filter(|&&(at, running)| running && at > interval.from && at < interval.to).count() as u32;
}
