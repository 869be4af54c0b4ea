//! The seven laws that every machine keeps, as a harness: implement [`Machine`], call [`check`].
//!
//! 1. `poll` reaches `None` within a stated bound.
//! 2. After that `poll_at()` is `None` or later than `now`.
//! 3. Polling early changes nothing.
//! 4. A late poll fires once; the next period counts from `now`.
//! 5. A `now` that went back is treated as the latest seen.
//! 6. `Instant::MAX` overflows nothing.
//! 7. Same seed and inputs, same outputs.
//!
//! A seed is a whole life of a machine. One that breaks a law is named in the panic; run it alone with
//! `STILLWIRE_SEED=… cargo test -p stillwire-tests`.

use core::fmt::Debug;

use stillwire::{Duration, Instant};

use crate::random::Random;

/// A machine under test.
pub trait Machine: Clone {
    /// So many events one drain may give (law 1).
    const BOUND: usize;
    /// One call of a `handle_*`.
    type Op: Clone + Debug;
    /// What `poll` gives.
    type Event: PartialEq + Debug;
    /// All that the getters say.
    type Facts: PartialEq + Debug;

    /// A machine with a random configuration that begins at `now`.
    fn new(rng: &mut Random, now: Instant) -> Self;
    /// A random call.
    fn op(rng: &mut Random) -> Self::Op;
    /// Makes the call.
    fn apply(&mut self, now: Instant, op: &Self::Op);
    /// When it wants to be polled.
    fn poll_at(&self) -> Option<Instant>;
    /// What is due.
    fn poll(&mut self, now: Instant) -> Option<Self::Event>;
    /// All that the getters say.
    fn facts(&self) -> Self::Facts;
}

/// How a driver polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    /// At every deadline, and after every input.
    Exact,
    /// And now and then in between, when nothing is due.
    Early,
    /// Only after every input: deadlines in between are missed.
    Late,
}

/// Spans between two inputs that tend to hit borders: the defaults, and one microsecond beside them.
const SPANS: [u64; 20] = [
    0,
    0,
    0,
    1,
    49_999,
    50_000,
    80_000,
    100_000,
    499_999,
    500_000,
    999_999,
    1_000_000,
    2_999_999,
    3_000_000,
    3_499_999,
    3_500_000,
    3_500_001,
    6_500_000,
    60_000_000,
    120_000_000,
];

/// Checks all laws on `seeds` random lives, or on the one in `STILLWIRE_SEED`.
///
/// # Panics
/// If a law is broken.
pub fn check<M: Machine>(seeds: u64) {
    match std::env::var("STILLWIRE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => check_seed::<M>(seed),
        None => (0..seeds).for_each(check_seed::<M>),
    }
}

/// Checks all laws on one life.
fn check_seed<M: Machine>(seed: u64) {
    let life = std::panic::AssertUnwindSafe(|| check_life::<M>(seed));
    if let Err(panic) = std::panic::catch_unwind(life) {
        eprintln!("{}: STILLWIRE_SEED={seed}", core::any::type_name::<M>()); // whoever panicked
        std::panic::resume_unwind(panic);
    }
}

fn check_life<M: Machine>(seed: u64) {
    let context = format!("{}, STILLWIRE_SEED={seed}", core::any::type_name::<M>());
    let script = script::<M>(seed);
    let exact = live::<M>(seed, &script, Driver::Exact, &context);
    assert_eq!(exact, live::<M>(seed, &script, Driver::Exact, &context), "law 7, {context}");
    assert_eq!(exact, live::<M>(seed, &script, Driver::Early, &context), "law 3, {context}");
    live::<M>(seed, &script, Driver::Late, &context);
}

/// When which call is made; times may go back.
fn script<M: Machine>(seed: u64) -> Vec<(Instant, M::Op)> {
    let mut rng = Random::new(seed);
    let mut micros = rng.bits() % 10_000_000;
    let count = 1 + rng.below(60);
    (0..count)
        .map(|_| {
            micros += if rng.below(3) == 0 { rng.bits() % 5_000_000 } else { *rng.pick(&SPANS) };
            let back = if rng.below(16) == 0 { *rng.pick(&SPANS) } else { 0 };
            (Instant::from_micros(micros.saturating_sub(back)), M::op(&mut rng))
        })
        .collect()
}

/// One life: every event, with the instant of the poll that gave it, and what was true at the end.
fn live<M: Machine>(
    seed: u64,
    script: &[(Instant, M::Op)],
    driver: Driver,
    context: &str,
) -> (Vec<(Instant, M::Event)>, M::Facts) {
    let mut rng = Random::new(seed ^ 0x5EED);
    let mut machine = M::new(&mut rng, Instant::ZERO);
    let (mut events, mut latest) = (Vec::new(), Instant::ZERO);
    for (now, op) in script {
        if driver != Driver::Late {
            while let Some(due) = machine.poll_at().filter(|due| due <= now) {
                if driver == Driver::Early {
                    poll_early(&mut machine, &mut rng, latest, due, context);
                }
                events.extend(drain(&mut machine, due, latest, context));
                latest = latest.max(due);
            }
        }
        clock_back(&machine, op, latest, context);
        machine.apply(*now, op);
        events.extend(drain(&mut machine, *now, latest, context));
        latest = latest.max(*now);
    }
    let facts = machine.facts();
    end_of_time(machine, script, context);
    (events, facts)
}

/// Laws 1, 2 and 4: drains, and looks at what is left.
fn drain<M: Machine>(
    machine: &mut M,
    now: Instant,
    latest: Instant,
    context: &str,
) -> Vec<(Instant, M::Event)> {
    let mut events = Vec::new();
    while let Some(event) = machine.poll(now) {
        if let Some((_, last)) = events.last() {
            assert_ne!(*last, event, "law 4: fired twice, {context}");
        }
        events.push((now, event));
        assert!(events.len() <= M::BOUND, "law 1: {events:?} at {now}, {context}");
    }
    let (latest, next) = (latest.max(now), machine.poll_at());
    assert!(next.is_none_or(|next| next > latest), "law 2: {next:?} at {latest}, {context}");
    events
}

/// Law 3, at once: nothing comes of it. (That nothing comes of it later shows in the whole life.)
fn poll_early<M: Machine>(machine: &mut M, rng: &mut Random, latest: Instant, due: Instant, context: &str) {
    let left = due.since(latest).as_micros();
    if left == 0 || rng.below(2) == 0 {
        return;
    }
    let (facts, now) = (machine.facts(), latest + Duration::from_micros(rng.bits() % left));
    assert_eq!(machine.poll(now), None, "law 3: at {now}, due {due}, {context}");
    assert_eq!(machine.facts(), facts, "law 3: at {now}, due {due}, {context}");
    assert_eq!(machine.poll_at(), Some(due), "law 3: at {now}, {context}");
}

/// Law 5: a call with an earlier `now` does what it does at the latest one.
fn clock_back<M: Machine>(machine: &M, op: &M::Op, latest: Instant, context: &str) {
    let (mut back, mut still) = (machine.clone(), machine.clone());
    back.apply(Instant::ZERO, op);
    still.apply(latest, op);
    assert_eq!(back.poll(Instant::ZERO), still.poll(latest), "law 5: {op:?} at {latest}, {context}");
    assert_eq!(back.facts(), still.facts(), "law 5: {op:?} at {latest}, {context}");
    assert_eq!(back.poll_at(), still.poll_at(), "law 5: {op:?} at {latest}, {context}");
}

/// Law 6: everything once more at the end of time.
fn end_of_time<M: Machine>(mut machine: M, script: &[(Instant, M::Op)], context: &str) {
    for (now, (_, op)) in [Instant::from_micros(u64::MAX - 1_000_000), Instant::MAX]
        .into_iter()
        .flat_map(|now| script.iter().take(8).map(move |step| (now, step)))
    {
        machine.apply(now, op);
        let mut count = 0;
        while machine.poll(now).is_some() {
            count += 1;
            assert!(count <= M::BOUND, "law 6: at {now}, {context}");
        }
        let next = machine.poll_at();
        assert!(next.is_none_or(|next| next > now), "law 6: {next:?} at {now}, {context}");
    }
}
