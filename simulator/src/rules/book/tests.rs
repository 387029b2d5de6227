use super::*;
use crate::ids::{AccountId, ActivityId, ExpressionId, Id, VoId, WorkloadId};
use crate::rules::{Copies, Grouping};
use proptest::prelude::*;

fn rule(did: usize) -> Rule {
    let new = NewRule {
        workload: WorkloadId::from_index(0),
        key: 0,
        account: AccountId::from_index(0),
        did: Did::File(FileId::from_index(did)),
        copies: Copies::N(1),
        rses: ExpressionId::from_index(0),
        grouping: Grouping::Dataset,
        weight: None,
        lifetime: None,
        vo: VoId::from_index(0),
        activity: ActivityId::from_index(0),
        priority: 3,
        sources: None,
        purges: false,
        approved_after: None,
    };
    Rule {
        new,
        copies: 1,
        files: 1,
        created_at: SimTime::ZERO,
        expires_at: None,
        injected_at: None,
        ok_at: None,
        stuck_at: None,
        stuck_since: None,
        updated_at: SimTime::ZERO,
        state: RuleState::Replicating,
        error: None,
        counts: Counts::default(),
        bytes: Bytes::ZERO,
        transfers: 0,
        locks: Vec::new(),
    }
}

#[test]
fn a_lock_takes_32_bytes() {
    assert_eq!(size_of::<Lock>(), 32);
}

#[test]
fn one_end_turns_the_locks_of_all_rules_that_wait() {
    let mut book = Book::new();
    let (file, rse) = (FileId::from_index(3), RseId::from_index(1));
    let ids: Vec<RuleId> = (0..3).map(|did| book.push(rule(did))).collect();
    book.add_lock(ids[0], (file, rse), LockState::Replicating, SimTime::ZERO);
    book.add_lock(ids[1], (file, rse), LockState::Replicating, SimTime::ZERO);
    book.add_lock(ids[2], (file, rse), LockState::Ok, SimTime::ZERO);
    assert_eq!(book.settle(file, rse, false, SimTime::ZERO)[..], ids[..2]);
    assert_eq!(book.get(ids[1]).map(Rule::state_of_locks), Some(RuleState::Stuck));
    assert_eq!(
        book.settle(file, rse, true, SimTime::ZERO)[..],
        ids[..2],
        "a stuck lock is good once the replica is there"
    );
    assert_eq!(book.get(ids[1]).map(Rule::state_of_locks), Some(RuleState::Ok));
    assert!(book.settle(file, rse, false, SimTime::ZERO).is_empty());
    assert_eq!(book.violation(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever happens to locks, the counts and the list of those that wait go with them.
    #[test]
    fn the_book_adds_up(steps in proptest::collection::vec((0_u8..6, 0_usize..4, 0_usize..5, 0_usize..3), 0..80)) {
        let mut book = Book::new();
        let ids: Vec<RuleId> = (0..4).map(|did| book.push(rule(did))).collect();
        let state = |nth| [LockState::Ok, LockState::Replicating, LockState::Stuck][nth];
        for (nth, (what, which, file, other)) in (0..).zip(steps) {
            let (id, now) = (ids[which], SimTime::from_nanos(nth));
            let (key, n_locks) = ((FileId::from_index(file), RseId::from_index(other)), book.rules[id].locks.len());
            let has = book.rules[id].locks.iter().any(|lock| (lock.file, lock.rse) == key);
            match what {
                0 | 1 if !has => book.add_lock(id, key, state(other), now),
                2 if n_locks > 0 => {
                    book.drop_lock(id, (file % n_locks) as u32);
                }
                3 if n_locks > 0 => book.turn(id, (file % n_locks) as u32, state(other), now),
                4 => {
                    book.settle(key.0, key.1, true, now);
                    prop_assert!(!book.open.contains_key(&key));
                }
                5 => {
                    book.settle(key.0, key.1, false, now);
                }
                _ => {}
            }
            prop_assert_eq!(book.violation(), None);
        }
    }
}
