//! From which replica a request is copied: the production rule.

use std::cmp::Reverse;

use smallvec::SmallVec;

use crate::ids::{Id, RseId};
use crate::rng::{Purpose, keyed};
use crate::settings;
use rand::RngExt;

settings! {
    /// In which order the replicas of a file are tried as sources.
    #[derive(Copy, Default, Eq)]
    pub enum SourceOrder {
        /// That of today: the fewest failures, a tape counting as one more; disk before tape; the smallest distance; one hop before several; then in the order of the RSEs.
        #[default]
        Ranked,
        /// As `Ranked`, but before the distance the share of transfers from the RSE that have failed in the last hour.
        FailureRate,
        /// That of 2019: disk before tape, the fewest failures, the smallest distance; those that are equal in all of it in an order drawn for each attempt.
        DiskFirst,
        /// Before the distance the requests that wait for the RSE as their source, which the shipped service does not look at: it leaves one of several equal sources without work while another is overrun.
        Backlog,
    }
}

/// A replica as a source of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub rse: RseId,
    /// Attempts of this request that have failed while it was in use.
    pub failures: u32,
    pub is_tape: bool,
    /// Distance over all hops, with their penalties.
    pub distance: u32,
    pub is_multihop: bool,
    /// Failures of all that was copied from the RSE in the last hour, in units of 0.01 %; looked at by `FailureRate` alone.
    pub failure_rate: u32,
    /// Requests that have it as their source and have not ended; looked at by `Backlog` alone.
    pub backlog: u32,
}

/// What the order of equal ones is drawn for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TieKey {
    pub seed: u64,
    /// The file, by what no policy shifts.
    pub file: u64,
    pub destination: RseId,
    /// Submissions of the file to the destination before.
    pub nth: u32,
}

/// Puts the replicas in the order in which they are tried, best first.
pub(crate) fn rank(order: SourceOrder, candidates: &mut [Candidate], tie: TieKey) {
    if candidates.len() < 2 {
        return;
    }
    let of_tape = |c: &Candidate| u32::from(c.is_tape);
    match order {
        SourceOrder::Ranked => {
            candidates.sort_unstable_by_key(|c| (c.failures + of_tape(c), c.is_tape, c.distance, c.is_multihop, c.rse));
        }
        SourceOrder::FailureRate => candidates.sort_unstable_by_key(|c| {
            (c.failures + of_tape(c), c.is_tape, c.failure_rate, c.distance, c.is_multihop, c.rse)
        }),
        SourceOrder::Backlog => candidates.sort_unstable_by_key(|c| {
            (c.failures + of_tape(c), c.is_tape, c.backlog, c.distance, c.is_multihop, c.rse)
        }),
        SourceOrder::DiskFirst => {
            let drawn = |rse: RseId| {
                let thing = [tie.file, tie.destination.index() as u64, u64::from(tie.nth), rse.index() as u64];
                keyed(tie.seed, Purpose::SourceTie, thing).random::<u64>()
            };
            candidates.sort_by_cached_key(|c| (c.is_tape, c.failures, c.distance, Reverse(drawn(c.rse)), c.rse));
        }
    }
}

/// The sources that earlier attempts of a request have used up, and how often; most have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures(SmallVec<[(RseId, u32); 2]>);

impl Failures {
    /// An attempt has failed with this source in use.
    pub fn add(&mut self, source: RseId) {
        match self.0.iter_mut().find(|(rse, _)| *rse == source) {
            Some((_, n)) => *n += 1,
            None => self.0.push((source, 1)),
        }
    }

    /// All of them.
    pub fn sources(&self) -> impl Iterator<Item = RseId> + '_ {
        self.0.iter().map(|(rse, _)| *rse)
    }

    /// How often it has.
    pub fn of(&self, source: RseId) -> u32 {
        self.0.iter().find(|(rse, _)| *rse == source).map_or(0, |(_, n)| *n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rse: usize, distance: u32) -> Candidate {
        let rse = RseId::from_index(rse);
        Candidate { rse, failures: 0, is_tape: false, distance, is_multihop: false, failure_rate: 0, backlog: 0 }
    }

    fn tape(rse: usize, distance: u32) -> Candidate {
        Candidate { is_tape: true, ..at(rse, distance) }
    }

    fn tie() -> TieKey {
        TieKey { seed: 7, file: 3, destination: RseId::from_index(9), nth: 0 }
    }

    fn order(order: SourceOrder, candidates: &[Candidate], tie: TieKey) -> Vec<usize> {
        let mut candidates = candidates.to_vec();
        rank(order, &mut candidates, tie);
        candidates.iter().map(|c| c.rse.index()).collect()
    }

    /// Sources of so many attempts that all fail.
    fn attempts(rule: SourceOrder, candidates: &[Candidate], n: usize) -> Vec<usize> {
        let mut failures = Failures::default();
        let attempt = |_| {
            let mut now: Vec<_> = candidates.iter().map(|c| Candidate { failures: failures.of(c.rse), ..*c }).collect();
            rank(rule, &mut now, tie());
            failures.add(now[0].rse);
            now[0].rse.index()
        };
        (0..n).map(attempt).collect()
    }

    #[test]
    fn statement_06_source_demotion() {
        assert_eq!(attempts(SourceOrder::Ranked, &[at(1, 1), at(2, 5)], 4), [1, 2, 1, 2]);
        assert_eq!(attempts(SourceOrder::Ranked, &[at(1, 9), tape(2, 1)], 4), [1, 1, 2, 1]);
        // In 2019 disk came first whatever had failed.
        assert_eq!(attempts(SourceOrder::DiskFirst, &[at(1, 9), tape(2, 1)], 4), [1, 1, 1, 1]);
    }

    #[test]
    fn an_unfailed_source_however_far_and_one_hop_before_several() {
        let failed = Candidate { failures: 1, ..at(1, 1) };
        assert_eq!(order(SourceOrder::Ranked, &[failed, at(2, 99)], tie()), [2, 1]);
        let hops = Candidate { is_multihop: true, ..at(1, 5) };
        assert_eq!(order(SourceOrder::Ranked, &[hops, at(2, 5), at(3, 6)], tie()), [2, 1, 3]);
        assert_eq!(order(SourceOrder::Ranked, &[at(2, 5), at(1, 5)], tie()), [1, 2], "the order of the RSEs");
    }

    #[test]
    fn failure_rate_and_backlog_come_before_the_distance_and_after_failures() {
        let bad = Candidate { failure_rate: 500, backlog: 30, ..at(1, 1) };
        let failed = Candidate { failures: 1, ..at(3, 1) };
        assert_eq!(order(SourceOrder::Ranked, &[bad, at(2, 5), failed], tie()), [1, 2, 3]);
        assert_eq!(order(SourceOrder::FailureRate, &[bad, at(2, 5), failed], tie()), [2, 1, 3]);
        assert_eq!(order(SourceOrder::Backlog, &[bad, at(2, 5), failed], tie()), [2, 1, 3]);
    }

    #[test]
    fn ties_of_2019_are_drawn_for_each_attempt_and_by_nothing_else() {
        let equal: Vec<_> = (0..4).map(|rse| at(rse, 1)).collect();
        let first = |file| order(SourceOrder::DiskFirst, &equal, TieKey { file, ..tie() })[0];
        let mut n = [0; 4];
        (0..4000).for_each(|file| n[first(file)] += 1);
        // Binomial: 1000 with a standard deviation of 27.
        assert!(n.iter().all(|n| (880..1120).contains(n)), "{n:?}");
        let backwards: Vec<_> = equal.iter().rev().copied().collect();
        assert_eq!(order(SourceOrder::DiskFirst, &backwards, tie()), order(SourceOrder::DiskFirst, &equal, tie()));
        // One replica more moves no other.
        let without = order(SourceOrder::DiskFirst, &equal[..3], tie());
        let mut with = order(SourceOrder::DiskFirst, &equal, tie());
        with.retain(|&rse| rse < 3);
        assert_eq!(with, without);
    }
}
