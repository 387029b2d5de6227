//! What happens next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{SimSpan, SimTime};

/// Pending events in order of (time, order of scheduling); both are integers, so ties break the same way everywhere.
#[derive(Debug)]
pub struct Calendar<E> {
    heap: BinaryHeap<Entry<E>>,
    sequence: u64,
}

#[derive(Debug)]
struct Entry<E> {
    /// Time in the upper, order of scheduling in the lower half.
    key: Reverse<u128>,
    event: E,
}

impl<E> Default for Calendar<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0 }
    }
}

impl<E> Calendar<E> {
    /// A calendar without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    pub fn schedule(&mut self, at: SimTime, event: E) {
        let key = Reverse(u128::from(at.as_nanos()) << 64 | u128::from(self.sequence));
        self.sequence += 1;
        self.heap.push(Entry { key, event });
    }

    /// Time of the next event.
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(Entry::at)
    }

    /// Takes the next event up to and including `horizon`.
    pub fn pop_until(&mut self, horizon: SimTime) -> Option<(SimTime, E)> {
        if self.next_at()? > horizon {
            return None;
        }
        self.heap.pop().map(|entry| (entry.at(), entry.event))
    }
}

impl<E> Entry<E> {
    fn at(&self) -> SimTime {
        let nanos = u64::try_from(self.key.0 >> 64).expect("the upper half of 128 bits has 64");
        SimTime::ZERO + SimSpan::from_nanos(nanos)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_of_time_then_of_scheduling() {
        let mut calendar = Calendar::new();
        let at = SimTime::from_nanos;
        for (nanos, name) in [(5, "c"), (3, "a"), (5, "d"), (3, "b"), (9, "late")] {
            calendar.schedule(at(nanos), name);
        }
        let taken: Vec<&str> = std::iter::from_fn(|| calendar.pop_until(at(8))).map(|(_, event)| event).collect();
        assert_eq!(taken, ["a", "b", "c", "d"]);
        assert_eq!(calendar.next_at(), Some(at(9)));
    }
}
