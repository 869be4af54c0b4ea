//! Who is due next: a binary heap of entities, each with at most one wake-up, which can be moved.

/// Entities are numbers from 0; of two that are due at the same instant the smaller number is first.
#[derive(Debug)]
pub(super) struct Queue {
    /// A heap: the least at the front.
    heap: Vec<(u64, u32)>,
    /// Where an entity is in the heap.
    place: Vec<u32>,
}

/// Not in the heap.
const NOWHERE: u32 = u32::MAX;

impl Queue {
    pub(super) fn new(entities: usize) -> Self {
        Self { heap: Vec::with_capacity(entities), place: vec![NOWHERE; entities] }
    }

    /// `entity` is due at `at` and at no other time; [`u64::MAX`] is never.
    pub(super) fn set(&mut self, entity: usize, at: u64) {
        let place = self.place[entity];
        if at == u64::MAX {
            if place != NOWHERE {
                self.remove(place as usize);
                self.place[entity] = NOWHERE;
            }
        } else if place == NOWHERE {
            self.heap.push((at, entity as u32));
            self.up(self.heap.len() - 1);
        } else {
            let place = place as usize;
            let before = core::mem::replace(&mut self.heap[place].0, at);
            if at < before {
                self.up(place);
            } else if at > before {
                self.down(place);
            }
        }
    }

    /// The earliest wake-up, and whose it is.
    pub(super) fn first(&self) -> Option<(u64, usize)> {
        self.heap.first().map(|&(at, entity)| (at, entity as usize))
    }

    fn remove(&mut self, place: usize) {
        let moved = self.heap.pop().expect("there is one to remove");
        if place < self.heap.len() {
            self.heap[place] = moved;
            self.up(place);
            self.down(self.place[moved.1 as usize] as usize);
        }
    }

    fn up(&mut self, mut place: usize) {
        let item = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[parent] <= item {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, item);
    }

    fn down(&mut self, mut place: usize) {
        let item = self.heap[place];
        loop {
            let left = 2 * place + 1;
            let right = left + 1;
            let Some(&first) = self.heap.get(left) else { break };
            let (child, least) = match self.heap.get(right) {
                Some(&second) if second < first => (right, second),
                _ => (left, first),
            };
            if item <= least {
                break;
            }
            self.put(place, least);
            place = child;
        }
        self.put(place, item);
    }

    fn put(&mut self, place: usize, item: (u64, u32)) {
        self.heap[place] = item;
        self.place[item.1 as usize] = place as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_first_is_the_earliest_whatever_was_moved_or_removed() {
        let mut random = Random::new(1);
        let mut queue = Queue::new(40);
        let mut plain = [u64::MAX; 40];
        for _ in 0..20_000 {
            let (entity, at) = (random.below(40), random.below(50) as u64);
            let at = if random.below(4) == 0 { u64::MAX } else { at };
            queue.set(entity, at);
            plain[entity] = at;
            let due = plain.iter().enumerate().filter(|(_, at)| **at != u64::MAX);
            assert_eq!(queue.first(), due.map(|(entity, at)| (*at, entity)).min());
        }
    }
}
