//! What happens next.

use std::cmp::Reverse;
use std::collections::VecDeque;

use dary_heap::QuaternaryHeap;

use crate::units::{SimSpan, SimTime};

/// Pending events in order of (time, order of scheduling); both are integers, so ties break the same way everywhere.
///
/// Beside the events there is one **announcement**, an instant that may move: announcing another one replaces it. That is
/// cheaper than an event that goes stale, and the network's next arrival moves with almost every solution.
///
/// ```
/// use dapple_simulator::calendar::{Calendar, Due};
/// use dapple_simulator::units::SimTime;
/// let at = SimTime::from_nanos;
/// let mut calendar = Calendar::new();
/// calendar.schedule(at(5), "b");
/// calendar.announce(Some(at(9)));
/// calendar.schedule(at(3), "a");
/// calendar.announce(Some(at(4)));
/// let mut taken = Vec::new();
/// while let Some(next) = calendar.pop_until(at(10)) {
///     taken.push(next);
/// }
/// assert_eq!(taken, [(at(3), Due::Event("a")), (at(4), Due::Announced), (at(5), Due::Event("b"))]);
/// ```
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    heap: QuaternaryHeap<Entry<E>>,
    /// Events of the instant that was reached last, in order: half of all are scheduled for the instant they come from.
    at_once: VecDeque<Entry<E>>,
    /// That instant.
    now: SimTime,
    /// Key of the announcement; the last one of all: there is none.
    announced: u128,
    sequence: u64,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<E> {
    /// An event.
    Event(E),
    /// What was announced; it is withdrawn by this.
    Announced,
}

#[derive(Clone, Debug)]
struct Entry<E> {
    /// Time in the upper, order of scheduling in the lower half.
    key: Reverse<u128>,
    event: E,
}

impl<E> Default for Calendar<E> {
    fn default() -> Self {
        Self {
            heap: QuaternaryHeap::new(),
            at_once: VecDeque::new(),
            now: SimTime::ZERO,
            announced: u128::MAX,
            sequence: 0,
        }
    }
}

impl<E> Calendar<E> {
    /// A calendar without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    pub fn schedule(&mut self, at: SimTime, event: E) {
        let entry = Entry { key: Reverse(self.next_key(at)), event };
        if at == self.now && self.at_once.back().is_none_or(|last| time_of(last.key.0) == at) {
            self.at_once.push_back(entry);
        } else {
            self.heap.push(entry);
        }
    }

    /// Announces an instant in place of the one before, or none. It stands among the events of that instant as if it were
    /// one that is scheduled now.
    pub fn announce(&mut self, at: Option<SimTime>) {
        self.announced = at.map_or(u128::MAX, |at| self.next_key(at));
    }

    /// Time of what is next.
    pub fn next_at(&self) -> Option<SimTime> {
        let (at_once, later) = self.next_keys();
        let next = at_once.min(later).min(self.announced);
        (next != u128::MAX).then(|| time_of(next))
    }

    /// Takes what is next up to and including `horizon`.
    pub fn pop_until(&mut self, horizon: SimTime) -> Option<(SimTime, Due<E>)> {
        let (at_once, later) = self.next_keys();
        let next = at_once.min(later).min(self.announced);
        let at = (next != u128::MAX).then(|| time_of(next)).filter(|at| *at <= horizon)?;
        self.now = at;
        if next == self.announced {
            self.announced = u128::MAX;
            return Some((at, Due::Announced));
        }
        let entry = if next == at_once { self.at_once.pop_front() } else { self.heap.pop() };
        entry.map(|entry| (at, Due::Event(entry.event)))
    }

    /// Keys of the next events of this instant and of the others; the last key of all: there is none.
    fn next_keys(&self) -> (u128, u128) {
        let key = |entry: Option<&Entry<E>>| entry.map_or(u128::MAX, |entry| entry.key.0);
        (key(self.at_once.front()), key(self.heap.peek()))
    }

    fn next_key(&mut self, at: SimTime) -> u128 {
        self.sequence += 1;
        u128::from(at.as_nanos()) << 64 | u128::from(self.sequence)
    }
}

fn time_of(key: u128) -> SimTime {
    let nanos = u64::try_from(key >> 64).expect("the upper half of 128 bits has 64");
    SimTime::ZERO + SimSpan::from_nanos(nanos)
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
            calendar.announce((name == "d").then(|| at(3)));
        }
        calendar.announce(Some(at(3)));
        calendar.schedule(at(3), "after");
        let taken: Vec<&str> = std::iter::from_fn(|| calendar.pop_until(at(8)))
            .map(|(_, due)| match due {
                Due::Event(name) => name,
                Due::Announced => "announced",
            })
            .collect();
        assert_eq!(taken, ["a", "b", "announced", "after", "c", "d"]);
        assert_eq!(calendar.next_at(), Some(at(9)));
    }

    proptest::proptest! {
        /// Against a list that is searched: events at now, later and (which the engine never does) before, announcements.
        #[test]
        fn it_agrees_with_a_searched_list(steps in proptest::collection::vec((0u8..6, 0u64..4), 1..200)) {
            let mut calendar = Calendar::new();
            let (mut list, mut announced, mut now) = (Vec::new(), None, 0u64);
            for (nth, (kind, ahead)) in steps.into_iter().enumerate() {
                match kind {
                    0..=2 => {
                        calendar.schedule(SimTime::from_nanos(now + ahead), nth);
                        list.push((now + ahead, nth));
                    }
                    3 => {
                        announced = (ahead > 0).then(|| (now + ahead - 1, nth));
                        calendar.announce(announced.map(|(at, _)| SimTime::from_nanos(at)));
                    }
                    _ => {
                        let next = list.iter().copied().chain(announced).min().filter(|(at, _)| *at <= now + 2);
                        let expected = next.map(|(at, nth)| {
                            let due = if announced == Some((at, nth)) { Due::Announced } else { Due::Event(nth) };
                            (SimTime::from_nanos(at), due)
                        });
                        proptest::prop_assert_eq!(calendar.pop_until(SimTime::from_nanos(now + 2)), expected);
                        list.retain(|entry| Some(*entry) != next);
                        announced = announced.filter(|entry| Some(*entry) != next);
                        now = next.map_or(now, |(at, _)| at);
                    }
                }
                let first = list.iter().copied().chain(announced).min();
                proptest::prop_assert_eq!(calendar.next_at(), first.map(|(at, _)| SimTime::from_nanos(at)));
            }
        }
    }
}
