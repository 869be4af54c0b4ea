//! Which of many slots is due first: [`Order`], a tournament that is kept in the slots themselves.
//!
//! ```text
//!            1                 Every slot is a leaf; slot k also keeps the winner of match k: whichever of the two
//!          ╱   ╲               below it is due earlier. Match 1 knows the first of all.
//!        2       3
//!       ╱ ╲     ╱ ╲            hold(i): takes a slot out, because it is about to change, and puts back the one that was
//!      0   1   2   3           out before. What changes often is mostly the same slot, and costs nothing then.
//! ```
//!
//! A change costs the matches on the way up, and ends at the first whose winner stays. Before [`Order::build`] the slots
//! are asked one by one, which is right as well, and slower.

use crate::link::host::peer::Peer;
use crate::link::host::session::Session;
use crate::time::Instant;

/// Who is due at the end of time is so a microsecond before it, and differs from who never is.
const LAST: Instant = Instant::from_micros(u64::MAX - 1);

/// Of one slot: when it is due (the end of time: never, or it is held), and who wins the match with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(in super::super) struct Node {
    at: Instant,
    winner: u16,
}

/// A slot that may be due.
pub(in super::super) trait Timed {
    /// What it takes to know when.
    type Context;

    /// When it is due, as it is now.
    fn due(&self, context: &Self::Context) -> Option<Instant>;
}

/// A slot that has a place in the order.
pub(in super::super) trait Placed: Timed {
    /// Its place.
    fn node(&self) -> &Node;
    /// As [`Self::node`].
    fn node_mut(&mut self) -> &mut Node;
}

impl Placed for Peer {
    fn node(&self) -> &Node {
        &self.node
    }

    fn node_mut(&mut self) -> &mut Node {
        &mut self.node
    }
}

impl<B: AsRef<[u8]>> Placed for Session<B> {
    fn node(&self) -> &Node {
        &self.node
    }

    fn node_mut(&mut self) -> &mut Node {
        &mut self.node
    }
}

/// The order of at most [`Order::MOST`] slots, which are handed in with every call, always the same.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(in super::super) struct Order {
    built: bool,
    held: Option<u16>,
}

/// Slots that are due, see [`Order::due`].
#[derive(Clone, Debug)]
pub(in super::super) struct DueSlots<'a, T> {
    all: &'a [T],
    now: Instant,
    at: usize,
}

impl Node {
    pub(in super::super) const NEW: Self = Self { at: Instant::MAX, winner: 0 };
}

impl Order {
    /// Slots beyond these are nobody's.
    pub(in super::super) const MOST: usize = u16::MAX as usize;

    pub(in super::super) const fn new() -> Self {
        Self { built: false, held: None }
    }

    /// Everything may have changed.
    pub(in super::super) const fn forget(&mut self) {
        *self = Self::new();
    }

    /// Plays all matches, if the order is not known.
    pub(in super::super) fn build<T: Placed>(&mut self, all: &mut [T], context: &T::Context) {
        if self.built {
            return;
        }
        let all = most(all);
        for slot in all.iter_mut() {
            slot.node_mut().at = key(slot, context);
        }
        for number in (1..all.len()).rev() {
            play(all, number);
        }
        *self = Self { built: true, held: None };
    }

    /// A slot is about to change, or has changed.
    pub(in super::super) fn hold<T: Placed>(&mut self, all: &mut [T], index: usize, context: &T::Context) {
        let Ok(hold) = u16::try_from(index) else { return };
        if !self.built || self.held == Some(hold) {
            return;
        }
        let all = most(all);
        if let Some(held) = self.held.replace(hold) {
            let held = usize::from(held);
            let at = all.get(held).map_or(Instant::MAX, |slot| key(slot, context));
            set(all, held, at);
        }
        set(all, index, Instant::MAX);
    }

    /// Which is due first, and when.
    pub(in super::super) fn first<T: Placed>(
        &self,
        all: &[T],
        context: &T::Context,
    ) -> Option<(usize, Instant)> {
        let held = self.held.map(usize::from);
        let held = held.and_then(|index| Some((index, all.get(index)?.due(context)?)));
        if !self.built {
            let all = all.iter().take(Self::MOST).enumerate();
            return all.filter_map(|(index, slot)| Some((index, slot.due(context)?))).min_by_key(|due| due.1);
        }
        let count = all.len().min(Self::MOST);
        let first = winner(all, count, 1).and_then(|index| Some((index, all.get(index)?.node().at)));
        let first = first.filter(|(_, at)| *at < Instant::MAX);
        let first = first.map(|(index, at)| (index, if at == LAST { Instant::MAX } else { at }));
        [held, first].into_iter().flatten().min_by_key(|due| due.1)
    }

    /// All that are due at `now`; of the held one nothing is known. Takes time in their number. To be asked after
    /// [`Self::build`].
    pub(in super::super) fn due<'a, T: Placed>(&self, all: &'a [T], now: Instant) -> DueSlots<'a, T> {
        let all = all.get(..Self::MOST).unwrap_or(all);
        DueSlots { all, now, at: usize::from(self.built && !all.is_empty()) }
    }

    /// The slot that is out of the order.
    pub(in super::super) fn held(&self) -> Option<usize> {
        self.held.map(usize::from)
    }
}

impl<T: Placed> Iterator for DueSlots<'_, T> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.at > 0 {
            let first = winner(self.all, self.all.len(), self.at)?;
            let due = self.all.get(first).is_some_and(|slot| {
                let at = slot.node().at;
                at <= self.now && at < Instant::MAX
            });
            if due && self.at < self.all.len() {
                self.at = self.at.saturating_mul(2);
                continue;
            }
            // On to the next that is not below this one.
            while self.at % 2 == 1 {
                self.at /= 2;
            }
            self.at = if self.at == 0 { 0 } else { self.at.saturating_add(1) };
            if due {
                return Some(first);
            }
        }
        None
    }
}

/// The slots that have a place.
fn most<T>(all: &mut [T]) -> &mut [T] {
    let count = all.len().min(Order::MOST);
    all.get_mut(..count).unwrap_or_default()
}

fn key<T: Placed>(slot: &T, context: &T::Context) -> Instant {
    slot.due(context).map_or(Instant::MAX, |at| at.min(LAST))
}

/// Who wins the match of this number, or is that leaf.
fn winner<T: Placed>(all: &[T], count: usize, number: usize) -> Option<usize> {
    match number.checked_sub(count) {
        Some(leaf) => (leaf < count).then_some(leaf),
        None => all.get(number).map(|slot| usize::from(slot.node().winner)),
    }
}

/// Plays a match, and returns who won before and who wins now.
fn play<T: Placed>(all: &mut [T], number: usize) -> Option<(usize, usize)> {
    let (count, twice) = (all.len(), number.saturating_mul(2));
    let one = winner(all, count, twice)?;
    let other = winner(all, count, twice.saturating_add(1))?;
    let earlier = all.get(other)?.node().at < all.get(one)?.node().at;
    let now = if earlier { other } else { one };
    let node = all.get_mut(number)?.node_mut();
    let before = usize::from(core::mem::replace(&mut node.winner, u16::try_from(now).ok()?));
    Some((before, now))
}

/// Enters when a slot is due.
fn set<T: Placed>(all: &mut [T], index: usize, at: Instant) {
    let Some(slot) = all.get_mut(index) else { return };
    if core::mem::replace(&mut slot.node_mut().at, at) == at {
        return;
    }
    let mut number = all.len().saturating_add(index) / 2;
    while number > 0 {
        match play(all, number) {
            // Somebody else won, and wins: above nothing changes.
            Some((before, now)) if before == now && now != index => return,
            Some(_) => number /= 2,
            None => return,
        }
    }
}
