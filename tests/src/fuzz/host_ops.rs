//! Bytes as calls to a host, for fuzzing.

use stillwire::{Duration, Instant};

use crate::hosting::Hosting;
use crate::laws::Machine;
use crate::random::Random;

/// Lives one life of a host: the first byte configures it, then every four bytes are a call and the time before it.
///
/// # Panics
/// If a law is broken, or a rule of [`Hosting::check`].
pub fn host_ops(data: &[u8]) {
    let (head, calls) = data.split_first().unwrap_or((&0, &[]));
    let mut now = Instant::ZERO;
    let mut host = <Hosting as Machine>::new(&mut Random::new(u64::from(*head)), now);
    for call in calls.chunks_exact(4) {
        let &[span, unit, a, b] = call else { return };
        now +=
            Duration::from_micros(u64::from(span) * [0, 1, 1_000, 100_000, 1_000_000][usize::from(unit % 5)]);
        let op = Hosting::op(&mut Random::new(u64::from(u16::from_be_bytes([a, b]))));
        while let Some(due) = host.poll_at().filter(|&due| due <= now && unit < 128) {
            drain(&mut host, due);
        }
        host.apply(now, &op);
        drain(&mut host, now);
        host.check();
    }
}

fn drain(host: &mut Hosting, now: Instant) {
    let events = core::iter::from_fn(|| host.poll(now)).take(Hosting::BOUND + 1).count();
    assert!(events <= Hosting::BOUND, "law 1");
    assert!(host.poll_at().is_none_or(|due| due > now), "law 2");
}
