//! What a run asks of its calendar, recorded from a run over an input.
//!
//! As in the engine, each route has one pending arrival; a transfer that arrives starts to flow by an event of the same
//! instant, and one that ends is told by another. In between the network announces its next arrival, anew after most
//! solutions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dapple_simulator::calendar::{Calendar, Due};
use dapple_simulator::units::SimTime;

use crate::{Input, Prepared, drive_telling};

/// One use of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event is scheduled.
    Schedule(SimTime),
    /// The network announces when it is next due.
    Announce(Option<SimTime>),
    /// The next event, or what was announced, is taken.
    Take,
}

/// The steps of a run over an input, to the last end of a flow.
pub fn recorded(input: &Input) -> Vec<Step> {
    let mut following: Vec<Option<SimTime>> = vec![None; input.flows.len()];
    let mut last_on: Vec<Option<usize>> = vec![None; input.routes.len()];
    let mut steps = Vec::new();
    for (nth, flow) in input.flows.iter().enumerate() {
        match last_on[flow.route as usize].replace(nth) {
            Some(before) => following[before] = Some(flow.start),
            None => steps.push(Step::Schedule(flow.start)),
        }
    }
    let mut announced = None;
    drive_telling(Prepared::new(input), input, |now, starts, n_ends, next| {
        if n_ends > 0 {
            // What was announced, and one piece of news for each end.
            steps.push(Step::Take);
            steps.extend((0..n_ends).map(|_| Step::Schedule(now)));
            steps.extend((0..n_ends).map(|_| Step::Take));
        }
        for flow in starts {
            // The arrival, which schedules the next one, and the begin of the flow.
            steps.push(Step::Take);
            steps.extend(following[flow].map(Step::Schedule));
            steps.extend([Step::Schedule(now), Step::Take]);
        }
        if next != announced || n_ends > 0 {
            announced = next;
            steps.push(Step::Announce(next));
        }
    });
    steps
}

/// Replays the steps on dapple's calendar; returns how much was taken.
pub fn replay(steps: &[Step]) -> u64 {
    let mut calendar = Calendar::new();
    let (mut taken, mut number) = (0, 0u32);
    for step in steps {
        match *step {
            Step::Schedule(at) => calendar.schedule(at, number),
            Step::Announce(at) => calendar.announce(at),
            Step::Take => taken += u64::from(calendar.pop_until(SimTime::MAX).is_some()),
        }
        number += 1;
    }
    taken
}

/// A queue of events with an epoch each; zero: it never goes stale.
trait Queue {
    fn push(&mut self, at: SimTime, epoch: u64);
    fn pop(&mut self) -> Option<u64>;
}

impl Queue for Calendar<u64> {
    fn push(&mut self, at: SimTime, epoch: u64) {
        self.schedule(at, epoch);
    }
    fn pop(&mut self) -> Option<u64> {
        match self.pop_until(SimTime::MAX)? {
            (_, Due::Event(epoch)) => Some(epoch),
            (_, Due::Announced) => None,
        }
    }
}

/// The standard library's heap with a number for the order of events.
#[derive(Default)]
struct Standard(BinaryHeap<Reverse<(u128, u64)>>, u64);

impl Queue for Standard {
    fn push(&mut self, at: SimTime, epoch: u64) {
        self.1 += 1;
        self.0.push(Reverse((u128::from(at.as_nanos()) << 64 | u128::from(self.1), epoch)));
    }
    fn pop(&mut self) -> Option<u64> {
        self.0.pop().map(|Reverse((_, epoch))| epoch)
    }
}

/// The same on the same calendar, with an event that may go stale in place of each announcement.
pub fn replay_stale(steps: &[Step]) -> u64 {
    stale(steps, &mut Calendar::new())
}

/// The same on the standard library's binary heap.
pub fn replay_stale_on_std(steps: &[Step]) -> u64 {
    stale(steps, &mut Standard::default())
}

fn stale(steps: &[Step], queue: &mut impl Queue) -> u64 {
    let (mut taken, mut epoch) = (0, 0);
    for step in steps {
        match *step {
            Step::Schedule(at) => queue.push(at, 0),
            Step::Announce(at) => {
                epoch += 1;
                at.into_iter().for_each(|at| queue.push(at, epoch));
            }
            Step::Take => {
                let mut found = queue.pop();
                while found.is_some_and(|found| found != 0 && found != epoch) {
                    found = queue.pop();
                }
                taken += u64::from(found.is_some());
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators;

    #[test]
    fn a_replay_takes_two_for_each_start_and_end() {
        let input = generators::grid(10, 0.9, 300, 1);
        let steps = recorded(&input);
        let takes = steps.iter().filter(|step| **step == Step::Take).count() as u64;
        assert!(takes <= 4 * 300 && takes > 3 * 300, "{takes}");
        assert_eq!([replay(&steps), replay_stale(&steps), replay_stale_on_std(&steps)], [takes; 3]);
    }
}
