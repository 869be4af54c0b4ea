//! What is counted, and the table that is made of it.

use core::fmt::Write;

use super::fault::{FAULTS, Fault};

/// Spans of time by size: eight classes for each power of two.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    counts: Vec<u64>,
    most: u64,
}

/// Counts of one run, or of many.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Worlds.
    pub seeds: u64,
    /// Wake-ups.
    pub events: u64,
    /// µs for which connections were welcomed, all together.
    pub linked: u64,
    pub(super) simulated: u64,
    pub(super) dials: u64,
    pub(super) welcomes: u64,
    pub(super) faults: [u64; FAULTS.len()],
    pub(super) errors: u64,
    /// Silence before a host, a client, a probe gave a link up.
    pub(super) by_host: Spans,
    pub(super) by_client: Spans,
    pub(super) by_probe: Spans,
    /// From not Live to Live.
    pub(super) reconnects: Spans,
    /// From the end of faults until the last is Live.
    pub(super) recoveries: Spans,
    pub(super) false_verdicts: u64,
    pub(super) output: u64,
    pub(super) seen: u64,
    pub(super) gaps: (u64, u64),
    pub(super) typed: u64,
    pub(super) applied: u64,
    pub(super) typed_lost: u64,
    pub(super) requests: u64,
    pub(super) replies: u64,
    pub(super) verdicts: u64,
    pub(super) superseded: u64,
    pub(super) refused: u64,
}

impl Spans {
    fn new() -> Self {
        Self { counts: vec![0; 64 * 8], most: 0 }
    }

    pub(super) fn add(&mut self, micros: u64) {
        let power = (micros | 8).ilog2();
        let class = power as usize * 8 + (micros >> (power - 3)) as usize % 8;
        self.counts[class] += 1;
        self.most = self.most.max(micros);
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.most = self.most.max(other.most);
    }

    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// In so many of a thousand cases it was no longer than this.
    fn quantile(&self, thousandth: u64) -> f64 {
        let mut left = (self.count() * thousandth).div_ceil(1_000);
        for (class, count) in self.counts.iter().enumerate() {
            if left <= *count {
                let (power, part) = (class / 8, class as u64 % 8);
                let end = (9 + part) << (power.max(3) - 3);
                return end.min(self.most) as f64 / 1e6;
            }
            left -= count;
        }
        0.0
    }

    fn line(&self) -> String {
        format!(
            "{} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3}",
            self.count(),
            self.quantile(500),
            self.quantile(900),
            self.quantile(990),
            self.quantile(999),
            self.most as f64 / 1e6
        )
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            seeds: 0,
            events: 0,
            linked: 0,
            simulated: 0,
            dials: 0,
            welcomes: 0,
            faults: [0; FAULTS.len()],
            errors: 0,
            by_host: Spans::new(),
            by_client: Spans::new(),
            by_probe: Spans::new(),
            reconnects: Spans::new(),
            recoveries: Spans::new(),
            false_verdicts: 0,
            output: 0,
            seen: 0,
            gaps: (0, 0),
            typed: 0,
            applied: 0,
            typed_lost: 0,
            requests: 0,
            replies: 0,
            verdicts: 0,
            superseded: 0,
            refused: 0,
        }
    }

    /// Hours for which links were up.
    pub fn hours(&self) -> f64 {
        self.linked as f64 / 3_600e6
    }

    /// Faults of all kinds.
    pub fn faults(&self) -> u64 {
        self.faults.iter().sum()
    }

    /// Simulated seconds, of worlds.
    pub fn seconds(&self) -> f64 {
        self.simulated as f64 / 1e6
    }

    /// Adds what another run counted.
    pub fn merge(&mut self, other: &Self) {
        let sums: [(&mut u64, u64); 19] = [
            (&mut self.seeds, other.seeds),
            (&mut self.events, other.events),
            (&mut self.linked, other.linked),
            (&mut self.simulated, other.simulated),
            (&mut self.dials, other.dials),
            (&mut self.welcomes, other.welcomes),
            (&mut self.errors, other.errors),
            (&mut self.false_verdicts, other.false_verdicts),
            (&mut self.output, other.output),
            (&mut self.seen, other.seen),
            (&mut self.gaps.0, other.gaps.0),
            (&mut self.gaps.1, other.gaps.1),
            (&mut self.typed, other.typed),
            (&mut self.applied, other.applied),
            (&mut self.typed_lost, other.typed_lost),
            (&mut self.requests, other.requests),
            (&mut self.replies, other.replies),
            (&mut self.verdicts, other.verdicts),
            (&mut self.superseded, other.superseded),
        ];
        for (sum, more) in sums {
            *sum += more;
        }
        self.refused += other.refused;
        for (sum, more) in self.faults.iter_mut().zip(other.faults) {
            *sum += more;
        }
        self.by_host.merge(&other.by_host);
        self.by_client.merge(&other.by_client);
        self.by_probe.merge(&other.by_probe);
        self.reconnects.merge(&other.reconnects);
        self.recoveries.merge(&other.recoveries);
    }

    /// In the form of `docs/TESTING.md`.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let (faults, seconds) = (self.faults(), self.seconds());
        let rows = [
            ("worlds", self.seeds.to_string()),
            ("link-hours", format!("{:.0}", self.hours())),
            ("wake-ups", self.events.to_string()),
            ("faults", format!("{faults}, one each {:.1} s of a world", seconds / faults.max(1) as f64)),
            ("errors on noisy lines, beside", self.errors.to_string()),
            ("dials, welcomes", format!("{}, {}", self.dials, self.welcomes)),
            ("bytes printed, seen by clients", format!("{}, {}", self.output, self.seen)),
            ("gaps announced, bytes in them", format!("{}, {}", self.gaps.1, self.gaps.0)),
            (
                "bytes typed, applied, told as lost",
                format!("{}, {}, {}", self.typed, self.applied, self.typed_lost),
            ),
            ("requests, replies", format!("{}, {}", self.requests, self.replies)),
            ("verdicts of idleness, to the µs", self.verdicts.to_string()),
            ("superseded", self.superseded.to_string()),
            ("**false verdicts**", self.false_verdicts.to_string()),
        ];
        out.push_str("| what | count |\n|---|---|\n");
        for (name, value) in rows {
            writeln!(out, "| {name} | {value} |").expect("a string");
        }
        out.push_str("\n| s | count | 50 % | 90 % | 99 % | 99.9 % | most |\n|---|---|---|---|---|---|---|\n");
        for (name, spans) in [
            ("silence until a host gave up", &self.by_host),
            ("silence until a client gave up", &self.by_client),
            ("doubt until a probe gave up", &self.by_probe),
            ("from not Live to Live", &self.reconnects),
            ("from the last fault until all are Live", &self.recoveries),
        ] {
            writeln!(out, "| {name} | {} |", spans.line()).expect("a string");
        }
        out.push_str("\n| fault | count |\n|---|---|\n");
        for (fault, count) in FAULTS.iter().zip(self.faults) {
            writeln!(out, "| {} | {count} |", Fault::name(*fault)).expect("a string");
        }
        out
    }
}
