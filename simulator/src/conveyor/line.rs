//! Requests that wait for a worker of a daemon.

use std::collections::VecDeque;

use crate::ids::RequestId;
use crate::units::SimTime;

/// Requests in the order in which they were made; those that the worker has looked at in vain rest for a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// By their numbers, which count up as requests are made.
    ready: VecDeque<RequestId>,
    /// In the order in which their rest is over.
    resting: VecDeque<(SimTime, RequestId)>,
}

impl Line {
    /// One more waits.
    pub fn push(&mut self, request: RequestId) {
        // Nearly always the youngest.
        let at = self.ready.partition_point(|&other| other < request);
        self.ready.insert(at, request);
    }

    /// One that was looked at in vain may be looked at again from an instant on.
    pub fn rest(&mut self, request: RequestId, until: SimTime) {
        // Nearly always the last.
        let at = self.resting.partition_point(|&(other, _)| other <= until);
        self.resting.insert(at, (until, request));
    }

    /// The oldest that are still there, so many at most.
    pub fn take(&mut self, now: SimTime, limit: usize, mut is_there: impl FnMut(RequestId) -> bool) -> Vec<RequestId> {
        while let Some(&(until, request)) = self.resting.front()
            && until <= now
        {
            self.resting.pop_front();
            self.push(request);
        }
        let mut taken = Vec::with_capacity(limit.min(self.ready.len()));
        while taken.len() < limit
            && let Some(request) = self.ready.pop_front()
        {
            if is_there(request) {
                taken.push(request);
            }
        }
        taken
    }

    /// From when on there is something to take; `None`: nothing waits.
    pub fn opens_at(&self, now: SimTime) -> Option<SimTime> {
        let rested = self.resting.front().map(|&(until, _)| until);
        if self.ready.is_empty() { rested } else { Some(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn the_oldest_are_taken_and_those_looked_at_in_vain_rest() {
        let id = RequestId::from_index;
        let at = SimTime::from_nanos;
        let mut line = Line::default();
        [3, 1, 2, 5].into_iter().for_each(|nth| line.push(id(nth)));
        assert_eq!(line.take(at(0), 3, |request| request != id(2)), [1, 3, 5].map(id), "the second has gone meanwhile");
        assert_eq!(line.opens_at(at(0)), None);
        line.rest(id(1), at(10));
        line.push(id(7));
        line.push(id(6));
        assert_eq!(line.opens_at(at(5)), Some(at(5)));
        assert_eq!(line.take(at(9), 9, |_| true), [6, 7].map(id));
        assert_eq!(line.opens_at(at(9)), Some(at(10)));
        line.push(id(8));
        assert_eq!(line.take(at(10), 9, |_| true), [1, 8].map(id), "it is older than what came meanwhile");
        [(3, 30), (4, 20)].into_iter().for_each(|(nth, until)| line.rest(id(nth), at(until)));
        assert_eq!(line.take(at(20), 9, |_| true), [4].map(id), "whichever went to rest first");
    }
}
