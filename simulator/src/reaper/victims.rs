//! Which of the replicas that may go are deleted.

use crate::reaper::need::Need;
use crate::storage::{Candidate, Tombstone};

/// The production rule: candidates in their order, which is that of their tombstones, until they free what is needed or are a chunk. Obsolete
/// ones go whatever the need; what never arrived frees nothing and does not count.
pub(super) fn victims(
    need: Need,
    chunk: usize,
    candidates: impl IntoIterator<Item = Candidate>,
) -> impl Iterator<Item = Candidate> {
    let (mut freed, mut counted) = (0, 0);
    candidates.into_iter().take_while(move |candidate| {
        let is_wanted = candidate.tombstone == Tombstone::OBSOLETE || freed < need.bytes.get();
        let Some(frees) = candidate.frees.filter(|_| is_wanted && counted < chunk) else {
            return is_wanted && counted < chunk;
        };
        freed += frees.get();
        counted += 1;
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FileId, Id};
    use crate::units::{Bytes, SimTime};

    /// The candidates' numbers that are taken; each says its tombstone in seconds (0: obsolete) and what it frees.
    fn taken(need: u64, chunk: usize, candidates: &[(u64, Option<u64>)]) -> Vec<usize> {
        let of = |(nth, &(second, frees)): (usize, &(u64, Option<u64>))| Candidate {
            file: FileId::from_index(nth),
            tombstone: if second == 0 { Tombstone::OBSOLETE } else { Tombstone::at(SimTime::from_nanos(second)) },
            used_at: SimTime::ZERO,
            frees: frees.map(Bytes::new),
        };
        let need = Need { bytes: Bytes::new(need) };
        victims(need, chunk, candidates.iter().enumerate().map(of)).map(|victim| victim.file.index()).collect()
    }

    #[test]
    fn they_go_in_order_until_the_need_is_met() {
        let candidates = [(0, Some(5)), (0, None), (1, Some(5)), (2, Some(5)), (3, Some(5))];
        assert_eq!(taken(0, 100, &candidates), [0, 1], "obsolete ones only");
        assert_eq!(taken(5, 100, &candidates), [0, 1]);
        assert_eq!(taken(6, 100, &candidates), [0, 1, 2], "obsolete ones count");
        assert_eq!(taken(1_000, 100, &candidates), [0, 1, 2, 3, 4]);
        assert_eq!(taken(1_000, 2, &candidates), [0, 1, 2], "what frees nothing does not count");
        assert_eq!(taken(1_000, 1, &candidates), [0]);
    }
}
