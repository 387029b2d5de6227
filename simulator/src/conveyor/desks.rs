//! Workers of daemons and what waits for them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::conveyor::line::Line;
use crate::ids::RequestId;
use crate::ticker::Rounds;
use crate::units::{SimSpan, SimTime};

/// A worker that takes requests, the oldest first.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub rounds: Rounds,
    pub line: Line,
}

impl Desk {
    pub fn new(rounds: Rounds) -> Self {
        Self { rounds, line: Line::default() }
    }

    /// The run for which an event is to be scheduled; `None`: none is.
    pub fn wake(&mut self, now: SimTime) -> Option<SimTime> {
        let from = self.line.opens_at(now)?;
        self.rounds.wake(now, from)
    }
}

/// A worker that asks FTS for what became of requests.
#[derive(Clone, Debug)]
pub(super) struct Lookout {
    pub rounds: Rounds,
    /// By when it finds out that they have ended. Looks that find nothing are left out.
    finds: BinaryHeap<Reverse<(SimTime, RequestId)>>,
}

impl Lookout {
    pub fn new(rounds: Rounds) -> Self {
        Self { rounds, finds: BinaryHeap::new() }
    }

    pub fn push(&mut self, at: SimTime, request: RequestId) {
        self.finds.push(Reverse((at, request)));
    }

    pub fn wake(&mut self, now: SimTime) -> Option<SimTime> {
        let Reverse((at, _)) = *self.finds.peek()?;
        self.rounds.wake(now, at)
    }

    /// What it finds now, so much at most.
    pub fn take(&mut self, now: SimTime, limit: usize) -> Vec<RequestId> {
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(&Reverse((at, request))) = self.finds.peek()
            && at <= now
        {
            self.finds.pop();
            found.push(request);
        }
        found
    }
}

/// A worker that takes requests in the order in which they came to it.
#[derive(Clone, Debug)]
pub(super) struct Tray {
    pub rounds: Rounds,
    pub queue: VecDeque<RequestId>,
}

impl Tray {
    pub fn new(rounds: Rounds) -> Self {
        Self { rounds, queue: VecDeque::new() }
    }

    pub fn wake(&mut self, now: SimTime) -> Option<SimTime> {
        if self.queue.is_empty() { None } else { self.rounds.wake(now, now) }
    }
}

/// The workers of one daemon.
pub(super) fn workers(daemon: &str, every: SimSpan, n: u32, seed: u64) -> impl Iterator<Item = Rounds> {
    (0..n as usize).map(move |worker| Rounds::seeded(every, (daemon, worker), seed))
}
