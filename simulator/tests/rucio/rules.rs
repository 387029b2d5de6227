//! Rules, locks and the judge.

use dapple_simulator::facts::{RuleEnded, RuleError, RuleState, TransferEnded, TransferError, TransferOutcome};
use dapple_simulator::fts::WhenFull;
use dapple_simulator::ids::{ContainerId, Id};
use dapple_simulator::rules::{Copies, Grouping, RuleTemplate, Subscription};
use dapple_simulator::topology::Outage;
use dapple_simulator::units::{Bytes, Rate};
use dapple_simulator::workload::{Data, Deed};

use proptest::prelude::*;

use crate::world::{FILE, World, at, dataset, rse, rule, span};

const FIRST: fn() -> Data = || Data::Dataset(dataset(0));

/// Three RSEs, ten files at the first.
fn three() -> World {
    let mut world = World::of(3);
    world.datasets.push((10, vec![0]));
    world
}

fn ended(rule: &RuleEnded) -> (Option<RuleState>, Option<RuleError>) {
    (rule.state, rule.error)
}

#[test]
fn statement_08_shared_request() {
    let mut world = three();
    world.rule(0.0, FIRST(), rule("R1"));
    world.rule_of(0.05, "alice", FIRST(), rule("R1"));
    let told = world.run(7);
    assert_eq!(told.transfers.len(), 10, "one request for each file, whoever wants it");
    let [one, other] = told.rules()[..] else { panic!("two rules") };
    assert_eq!((one.transfers, other.transfers), (10, 0));
    assert_eq!((one.locks, other.locks), ([10, 0, 0], [10, 0, 0]));
    assert_eq!(one.ok_at, other.ok_at, "both are OK in the same step");
    assert_eq!(one.ok_at, told.transfers.iter().map(|transfer| transfer.transferred_at).max().flatten());
    assert_eq!(told.books.counters.locks_left, 20);
}

#[test]
fn statement_09_already_there() {
    let mut world = three();
    world.rule(5.0, FIRST(), rule("R0"));
    let told = world.run(7);
    let [rule] = told.rules()[..] else { panic!("one rule") };
    assert_eq!((rule.ok_at, rule.injected_at), (Some(at(5.0)), Some(at(5.0))), "its time to complete is 0");
    assert_eq!((rule.transfers, told.transfers.len()), (0, 0));
}

#[test]
fn statement_10_placement_stickiness_in_a_run() {
    let mut world = World::of(6);
    world.datasets.push((10, vec![0]));
    world.containers.push(vec![0]);
    // One file of ten is at R4, and weights speak against it.
    (1..6).for_each(|nth| world.attribute(nth, "share", if nth == 4 { "0.001" } else { "1000" }));
    let weighted = |copies| RuleTemplate { weight: Some("share".into()), copies: Copies::N(copies), ..rule("*\\R0") };
    world.rule(0.0, Data::File(dataset(0), 3), rule("R4"));
    world.rule(10.0, FIRST(), weighted(2));
    for seed in 0..8 {
        let told = world.run(seed);
        let to_r4 = told.transfers.iter().filter(|transfer| transfer.destination == rse(4)).count();
        assert_eq!((to_r4, told.transfers.len()), (10, 1 + 9 + 10), "what is there is not copied again");
    }
}

#[test]
fn statement_11_grouping_in_a_run() {
    let destinations = |grouping, seed| {
        let mut world = World::of(9);
        world.datasets = vec![(40, vec![0]), (40, vec![0])];
        world.containers.push(vec![0, 1]);
        world.rule(0.0, Data::Container(ContainerId::from_index(0)), RuleTemplate { grouping, ..rule("*\\R0") });
        let transfers = world.run(seed).transfers;
        let of = |files: std::ops::Range<usize>| {
            let inside = |transfer: &&TransferEnded| transfer.file.is_some_and(|file| files.contains(&file.index()));
            let mut rses: Vec<_> = transfers.iter().filter(inside).map(|transfer| transfer.destination).collect();
            rses.sort_unstable();
            rses.dedup();
            rses
        };
        (of(0..40), of(40..80))
    };
    let mut apart = 0;
    for seed in 0..10 {
        let (first, second) = destinations(Grouping::All, seed);
        assert_eq!((first.len(), &first), (1, &second), "one draw for the container");
        let (first, second) = destinations(Grouping::Dataset, seed);
        assert_eq!((first.len(), second.len()), (1, 1), "one draw for each dataset");
        apart += u32::from(first != second);
        // Of 40 files, the probability that one of 8 RSEs has none is below 4 %.
        let (first, second) = destinations(Grouping::None, seed);
        assert!(first.len() >= 6 && second.len() >= 6, "one draw for each file");
    }
    // Apart with probability 7/8.
    assert!(apart >= 5, "{apart} of 10");
}

#[test]
fn statement_12_quota_is_strict_in_a_run() {
    let refused = Some(RuleError::InsufficientQuota);
    let with_quota = |files: u64, rses: &str| {
        let mut world = three();
        world.services.rules.quotas.local.push(World::quota("alice", "*", files));
        world.rule_of(0.0, "alice", FIRST(), rule(rses));
        // The run goes on.
        world.rule_of(100.0, "alice", Data::File(dataset(0), 0), rule("R2"));
        let told = world.run(7);
        let errors: Vec<_> = told.rules().iter().map(|rule| rule.error).collect();
        (errors, told.transfers.len())
    };
    assert_eq!(with_quota(10, "R1"), (vec![refused, None], 1), "the quota left equals the size");
    assert_eq!(with_quota(11, "R1"), (vec![None, None], 11));
    assert_eq!(with_quota(10, "R0"), (vec![refused, None], 1), "the full size counts, though the data are there");
    assert_eq!(with_quota(1, "R0"), (vec![refused, refused], 0));

    // A quota at no RSE is a quota.
    let mut world = three();
    world.services.rules.quotas.local.push(World::quota("alice", "NOBODY", 100));
    world.rule(0.0, FIRST(), rule("R1"));
    assert_eq!(world.run(7).rules()[0].error, refused);

    // Several RSEs together: equality is accepted. An account without a quota may lock nothing once there is any.
    let mut world = three();
    world.services.rules.quotas.local.push(World::quota("alice", "*", 100));
    world.services.rules.quotas.global.push(World::quota("alice", "R1|R2", 10));
    world.rule_of(0.0, "alice", FIRST(), rule("R1"));
    world.rule_of(1.0, "alice", Data::File(dataset(0), 0), rule("R2"));
    world.rule_of(2.0, "root", FIRST(), rule("R1"));
    let told = world.run(7);
    let errors: Vec<_> = told.rules().iter().map(|rule| rule.error).collect();
    assert_eq!(errors, [None, refused, refused]);
    world.services.rules.quotas.admins.push("root".into());
    assert_eq!(world.run(7).rules()[2].error, None, "no quota binds an administrator");
}

#[test]
fn statement_13_large_rules() {
    let mut world = World::of(3);
    world.datasets = vec![(9999, vec![0]), (5000, vec![0])];
    world.bandwidth = Rate::from_mb_per_s(1e6);
    world.services.rules.injector_every = span(60.0);
    world.rule(100.0, FIRST(), rule("R1"));
    world.rule(100.0, Data::Dataset(dataset(1)), RuleTemplate { copies: Copies::N(2), ..rule("R1|R2") });
    let mut waits = Vec::new();
    for seed in 0..6 {
        let told = world.run(seed);
        let [small, large] = told.rules()[..] else { panic!("two rules") };
        assert_eq!(small.injected_at, Some(at(100.0)), "9999 locks are made at once");
        let injected_at = large.injected_at.expect("the injector comes by");
        waits.push(injected_at.since(large.created_at).as_secs_f64());
        let rows = told.transfers.iter().filter(|transfer| transfer.rule == Some(large.rule));
        let created: Vec<_> = rows.map(|transfer| (transfer.created_at, transfer.requested_at)).collect();
        assert_eq!(created.len(), 10_000);
        assert!(created.iter().all(|&times| times == (injected_at, injected_at)), "its wait is in no transfer's row");
    }
    assert!(waits.iter().all(|wait| (0.0..=60.0).contains(wait)) && waits.iter().any(|wait| *wait > 1.0), "{waits:?}");
}

#[test]
fn what_cannot_be_is_told_to_its_owner_and_the_run_goes_on() {
    let mut world = three();
    world.datasets.push((2, Vec::new()));
    world.attribute(1, "share", "many");
    world.attribute(2, "share", "1");
    world.attribute(2, "MaxSpaceAvailable", "4e6");
    let copies = |n, rses| RuleTemplate { copies: Copies::N(n), ..rule(rses) };
    world.rule(0.0, FIRST(), rule("NOBODY"));
    world.rule(0.0, Data::Made(3), rule("R1"));
    world.rule(0.0, FIRST(), copies(3, "R1|R2"));
    world.rule(0.0, FIRST(), RuleTemplate { weight: Some("share".into()), ..rule("R1|R2") });
    world.rule(0.0, FIRST(), RuleTemplate { weight: Some("share".into()), ..rule("R0") });
    world.rule(0.0, FIRST(), rule("R2"));
    world.rule(0.0, FIRST(), rule("R1"));
    world.rule(1.0, FIRST(), rule("R1"));
    world.rule(2.0, Data::Dataset(dataset(1)), rule("R1"));
    let told = world.run(7);
    let found: Vec<_> = told.rules().into_iter().map(ended).collect();
    let refused = |error| (None, Some(error));
    let expected = [
        refused(RuleError::NoRse),
        refused(RuleError::NoSuchData),
        refused(RuleError::InsufficientTargets),
        refused(RuleError::InvalidWeight),
        refused(RuleError::InsufficientTargets),
        refused(RuleError::RseOverQuota),
        (Some(RuleState::Ok), None),
        refused(RuleError::Duplicate),
        // A dataset that nobody has.
        (Some(RuleState::Stuck), Some(RuleError::MissingSource)),
    ];
    assert_eq!(found, expected);
    assert_eq!((told.books.counters.rules_refused, told.books.counters.rules_left), (7, 2));
}

/// A destination that is full, so that transfers fail.
fn full() -> World {
    let mut world = three();
    world.services.fts.when_full = WhenFull::Fail;
    world.rses[1].1 = Some(Bytes::new(7 * FILE));
    world.services.rules.repairer_every = span(60.0);
    world.horizon = 6.0 * 3600.0;
    world
}

#[test]
fn a_stuck_lock_is_tried_again_in_place_after_two_hours() {
    let mut world = full();
    world.rule(0.0, FIRST(), rule("R1"));
    let told = world.run(7);
    let [rule] = told.rules()[..] else { panic!("one rule") };
    assert_eq!((rule.state, rule.error), (Some(RuleState::Stuck), Some(RuleError::TransfersFailed)));
    assert_eq!((rule.locks, rule.ok_at), ([7, 0, 3], None));
    let failed = told.transfers.iter().filter(|transfer| matches!(transfer.outcome, TransferOutcome::Failed(_)));
    let mut failed: Vec<f64> = failed.map(|transfer| transfer.created_at.as_secs_f64()).collect();
    failed.sort_by(f64::total_cmp);
    failed.dedup();
    for pair in failed.windows(2).filter(|pair| pair[1] - pair[0] > 60.0) {
        // The repairer looks every 1800 s at most, on its grid of 60 s.
        assert!((7200.0..7200.0 + 1860.0).contains(&(pair[1] - pair[0])), "{failed:?}");
    }
    assert!(failed.last().is_some_and(|last| *last > 7200.0), "{failed:?}");
}

#[test]
fn without_grouping_a_stuck_lock_goes_elsewhere_at_once() {
    let mut world = full();
    world.attribute(1, "share", "1e9");
    world.attribute(2, "share", "1");
    let template = RuleTemplate { grouping: Grouping::None, weight: Some("share".into()), ..rule("R1|R2") };
    world.rule(0.0, FIRST(), template);
    let told = world.run(7);
    let [rule] = told.rules()[..] else { panic!("one rule") };
    assert_eq!((rule.state, rule.locks), (Some(RuleState::Ok), [10, 0, 0]));
    let repaired = told.transfers.iter().filter(|transfer| transfer.destination == rse(2));
    let times: Vec<f64> = repaired.map(|transfer| transfer.created_at.as_secs_f64()).collect();
    assert_eq!(times.len(), 3);
    assert!(times.iter().all(|at| (1800.0..1860.1).contains(at)), "after half an hour of rest: {times:?}");
    // Its rule is OK only once the repairer has let it go, and the copies are there.
    assert!(rule.ok_at.is_some_and(|ok| ok > at(1800.0)));
}

#[test]
fn where_a_stuck_lock_goes_does_not_hang_on_when_it_goes() {
    let to = |repair_after: f64| {
        let mut world = World::of(8);
        world.datasets.push((10, vec![0]));
        world.services.fts.when_full = WhenFull::Fail;
        world.rses[1].1 = Some(Bytes::new(FILE / 2));
        world.attribute(1, "share", "1e9");
        (2..8).for_each(|nth| world.attribute(nth, "share", "1"));
        world.services.rules.repair_after = span(repair_after);
        world.horizon = 6000.0;
        let template = RuleTemplate { grouping: Grouping::None, weight: Some("share".into()), ..rule("*\\R0") };
        world.rule(0.0, FIRST(), template);
        let told = world.run(7);
        let mut to: Vec<_> = told.transfers.iter().map(|row| (row.file, row.destination)).collect();
        to.retain(|(_, rse)| rse.index() > 1);
        to.sort_unstable();
        to
    };
    assert_eq!(to(1800.0).len(), 10);
    assert_eq!(to(1800.0), to(2000.0));
}

#[test]
fn a_rule_that_stays_stuck_is_suspended() {
    let mut world = three();
    world.horizon = 6.0 * 3600.0;
    world.services.rules.repairer_every = span(60.0);
    world.services.rules.suspend_after = span(3.0 * 3600.0);
    let from_r2 = RuleTemplate { sources: Some("R2".into()), ..rule("R1") };
    world.rule(0.0, FIRST(), from_r2.clone());
    world.rule_of(0.0, "alice", Data::File(dataset(0), 0), from_r2);
    // What it may come from is there an hour later, for one file, and the source that it may not come from does not count.
    world.rule(3600.0, Data::File(dataset(0), 0), rule("R2"));
    let told = world.run(7);
    let [one, other, _] = told.rules()[..] else { panic!("three rules") };
    assert_eq!((one.state, one.error), (Some(RuleState::Suspended), Some(RuleError::MissingSource)));
    assert_eq!(one.locks, [1, 0, 9]);
    assert_eq!((other.state, other.error, other.stuck_at), (Some(RuleState::Ok), None, Some(at(0.0))));
    assert!(other.ok_at.is_some_and(|ok| ok > at(3600.0) && ok < at(3600.0 + 1861.0)));
}

#[test]
fn a_growing_dataset_takes_its_rules_along_to_where_they_are() {
    let mut world = World::of(5);
    world.services.rules.evaluator_every = span(30.0);
    world.step(0.0, Deed::Make { files: World::files(0, 3), lifetime: None });
    world.rule(10.0, Data::Made(0), RuleTemplate { copies: Copies::N(2), ..rule("*\\R0") });
    world.step(100.0, Deed::Grow { dataset: Data::Made(0), files: World::files(0, 4) });
    world.step(200.0, Deed::Close { dataset: Data::Made(0) });
    world.step(300.0, Deed::Grow { dataset: Data::Made(0), files: World::files(0, 4) });
    for seed in 0..6 {
        let told = world.run(seed);
        let [rule] = told.rules()[..] else { panic!("one rule") };
        assert_eq!(
            (rule.files, rule.locks, rule.state),
            (7, [14, 0, 0], Some(RuleState::Ok)),
            "a closed one grows no more"
        );
        let mut rses: Vec<_> = told.transfers.iter().map(|transfer| transfer.destination).collect();
        rses.sort_unstable();
        rses.dedup();
        assert_eq!(rses.len(), 2, "new files go where their siblings are");
        let late = told.transfers.iter().map(|transfer| transfer.created_at.as_secs_f64()).filter(|at| *at > 50.0);
        let late: Vec<f64> = late.collect();
        assert!(
            late.len() == 8 && late.iter().all(|at| (100.0..=130.0).contains(at)),
            "the evaluator's grid: {late:?}"
        );
    }
}

#[test]
fn rules_end_with_their_lifetime_and_leave_cache() {
    let mut world = three();
    world.services.rules.cleaner_every = span(60.0);
    let template = |purge| RuleTemplate { lifetime: Some(span(300.0)), purge, ..rule("R1") };
    world.rule(0.0, FIRST(), template(false));
    // While the replicas are cache, another rule finds them there.
    world.rule(500.0, FIRST(), template(false));
    let told = world.run(7);
    let [one, other] = told.rules()[..] else { panic!("two rules") };
    let deleted = one.deleted_at.expect("its time is over").as_secs_f64();
    assert!((300.0..=360.0).contains(&deleted), "{deleted}");
    assert_eq!((other.ok_at, told.transfers.len()), (Some(at(500.0)), 10));
    assert_eq!(one.bytes.get(), 10 * FILE, "those that it last had");
    assert_eq!((told.books.counters.rules_deleted, told.books.counters.locks_gone), (2, 20));
}

#[test]
fn a_deleted_rule_stays_for_an_hour() {
    let mut world = three();
    world.horizon = 10_000.0;
    world.rule(0.0, FIRST(), rule("R1"));
    world.rule_of(0.0, "alice", FIRST(), rule("R1"));
    world.step(100.0, Deed::DeleteRules { on: FIRST(), account: "root".into() });
    let told = world.run(7);
    let deleted: Vec<_> = told.rules().iter().map(|rule| rule.deleted_at).collect();
    assert_eq!(deleted, [Some(at(3700.0)), None], "only those of the account");
}

#[test]
fn a_bad_replica_is_copied_again_and_a_file_without_good_ones_is_lost() {
    let mut world = three();
    world.services.rules.necromancer_every = span(60.0);
    world.rule(0.0, FIRST(), rule("R1"));
    world.step(200.0, Deed::DeclareBad { dataset: dataset(0), nth: 4, rse: rse(1) });
    world.step(500.0, Deed::DeclareBad { dataset: dataset(0), nth: 7, rse: rse(0) });
    world.step(500.0, Deed::DeclareBad { dataset: dataset(0), nth: 7, rse: rse(1) });
    let told = world.run(7);
    let [rule] = told.rules()[..] else { panic!("one rule") };
    let again: Vec<_> = told.transfers.iter().filter(|transfer| transfer.created_at > at(100.0)).collect();
    let [again] = again[..] else { panic!("one recovery") };
    assert_eq!((again.file.map(Id::index), again.destination), (Some(4), rse(1)));
    assert!((200.0..=260.0).contains(&again.created_at.as_secs_f64()));
    assert_eq!(
        (rule.files, rule.locks, rule.state),
        (9, [9, 0, 0], Some(RuleState::Ok)),
        "the lost file has left its dataset"
    );
    assert_eq!(rule.bytes.get(), 9 * FILE, "with its bytes");
    assert_eq!(told.books.counters.files_lost, 1, "once, not once for each replica");
}

#[test]
fn a_bad_replica_that_another_rule_claims_first_is_ok_for_neither() {
    let mut world = three();
    world.services.rules.necromancer_every = span(300.0);
    world.bandwidth = Rate::from_mb_per_s(0.002);
    world.rule(0.0, Data::File(dataset(0), 4), rule("R0"));
    world.step(1.0, Deed::DeclareBad { dataset: dataset(0), nth: 4, rse: rse(0) });
    // Nobody else has it: it is lost, and both rules go with it.
    world.rule_of(2.0, "alice", Data::File(dataset(0), 4), rule("R0"));
    // Here R0 has it as well.
    world.datasets.push((1, vec![0, 1]));
    let second = || Data::Dataset(dataset(1));
    world.rule(0.0, second(), rule("R1"));
    world.step(1.0, Deed::DeclareBad { dataset: dataset(1), nth: 0, rse: rse(1) });
    world.rule_of(2.0, "alice", second(), rule("R1"));
    world.horizon = 450.0;
    let told = world.run(7);
    let under_way = |rule: &&&RuleEnded| (rule.locks, rule.deleted_at) == ([0, 1, 0], None);
    assert_eq!(told.rules().iter().filter(under_way).count(), 2, "{:?}", told.rules());
    assert_eq!(told.transfers.iter().filter(|row| row.destination == rse(1)).count(), 1, "one request for both");
    assert_eq!((told.books.counters.files_lost, told.books.counters.rules_deleted), (1, 2));
}

#[test]
fn a_dataset_ends_with_the_rules_on_it() {
    let mut world = three();
    world.services.rules.undertaker_every = span(60.0);
    world.step(0.0, Deed::Make { files: World::files(0, 3), lifetime: Some(span(400.0)) });
    world.rule(10.0, Data::Made(0), rule("R1"));
    world.rule(900.0, Data::Made(0), rule("R2"));
    let told = world.run(7);
    let [one, other] = told.rules()[..] else { panic!("two rules") };
    assert!(one.deleted_at.is_some_and(|end| (400.0..=460.0).contains(&end.as_secs_f64())));
    assert_eq!(ended(other), (None, Some(RuleError::NoSuchData)), "it is gone");
}

#[test]
fn subscriptions_make_rules_on_new_datasets() {
    let mut world = World::of(4);
    world.services.rules.transmogrifier_every = span(60.0);
    world.attribute(3, "type", "TAPE");
    let split = RuleTemplate { copies: Copies::All, split: true, ..rule("*\\(R0|type=TAPE)") };
    let of = |name: &str, workload: Option<&str>, rules| Subscription {
        name: name.into(),
        workload: workload.map(Into::into),
        account: "alice".into(),
        rules,
    };
    let subscriptions = vec![
        of("export", Some("persons"), vec![split, rule("type=TAPE")]),
        of("other", Some("nobody"), vec![rule("R1")]),
    ];
    world.services.rules.subscriptions = subscriptions;
    world.step(100.0, Deed::Make { files: World::files(0, 2), lifetime: None });
    let told = world.run(7);
    let rules = told.rules();
    assert_eq!(rules.len(), 3, "one for each of two RSEs, and one for tape");
    assert!(rules.iter().all(|rule| (100.0..=160.0).contains(&rule.created_at.as_secs_f64())));
    assert!(rules.iter().all(|rule| (rule.copies, rule.locks) == (1, [2, 0, 0])));
    let mut rses: Vec<_> = told.transfers.iter().map(|transfer| transfer.destination.index()).collect();
    rses.sort_unstable();
    assert_eq!(rses, [1, 1, 2, 2, 3, 3]);
}

#[test]
fn a_rule_waits_for_consent() {
    let mut world = three();
    world.rule(0.0, FIRST(), RuleTemplate { approved_after: Some(span(50.0)), ..rule("R1") });
    world.rule(0.0, FIRST(), RuleTemplate { approved_after: Some(span(5000.0)), ..rule("R2") });
    let told = world.run(7);
    let [one, other] = told.rules()[..] else { panic!("two rules") };
    assert_eq!(one.injected_at, Some(at(50.0)));
    assert_eq!((other.state, other.injected_at), (Some(RuleState::WaitingApproval), None));
}

#[test]
fn statement_17_cancel() {
    let mut world = three();
    // Ten files share a link that takes a second for each of them: all are under way for ten seconds.
    world.bandwidth = Rate::from_mb_per_s(1.0);
    world.services.rules.deleted_after = span(0.0);
    world.rule(0.0, FIRST(), rule("R1"));
    world.rule(0.0, FIRST(), rule("R2"));
    world.rule_of(1.0, "alice", FIRST(), rule("R2"));
    world.step(5.0, Deed::DeleteRules { on: FIRST(), account: "root".into() });
    // What is left is no cache: it is copied again.
    world.rule(100.0, FIRST(), rule("R1"));
    let told = world.run(7);
    let [one, other, shared, late] = told.rules()[..] else { panic!("four rules") };
    assert_eq!((one.deleted_at, one.locks), (Some(at(5.0)), [0, 10, 0]));
    assert_eq!(other.deleted_at, Some(at(5.0)));
    let rows = told.told_at.iter().zip(&told.transfers);
    let of = |rule: &RuleEnded| rows.clone().filter(|(_, row)| row.rule == Some(rule.rule)).collect::<Vec<_>>();
    let cancelled = TransferOutcome::Failed(TransferError::Cancelled);
    assert_eq!(of(one).len(), 10);
    let at_once = |(told_at, row): &(&_, &TransferEnded)| **told_at == at(5.0) && row.outcome == cancelled;
    assert!(of(one).iter().all(at_once), "its rows are history at once");
    assert!(of(other).iter().all(|(_, row)| row.outcome == TransferOutcome::Done), "another rule waits for the same");
    assert_eq!((shared.locks, shared.state), ([10, 0, 0], Some(RuleState::Ok)));
    assert_eq!((late.transfers, late.locks), (10, [10, 0, 0]));
    // Half of each file had moved.
    let lost = told.books.counters.bytes_lost;
    assert!(lost.abs_diff(5 * FILE) < 100, "{lost} bytes lost");
    assert_eq!((told.books.counters.locks_gone, told.books.counters.locks_left), (20, 20));
}

#[test]
fn nothing_is_placed_where_a_downtime_is_declared() {
    let mut world = three();
    let outage = |declared| Outage { at: at(10.0), lasts: span(500.0), declared };
    world.outages = vec![(1, outage(true))];
    world.rule(20.0, FIRST(), rule("R1"));
    world.rule(20.0, FIRST(), rule("R1|R2"));
    // A rule that was there before is none the worse.
    world.step(0.0, Deed::Make { files: World::files(0, 1), lifetime: None });
    world.rule(1.0, Data::Made(0), RuleTemplate { lifetime: Some(span(1e6)), ..rule("R1") });
    let told = world.run(7);
    let [early, refused, elsewhere] = told.rules()[..] else { panic!("three rules") };
    assert_eq!(ended(refused), (None, Some(RuleError::NotWritable)));
    assert_eq!((ended(elsewhere), early.state), ((Some(RuleState::Ok), None), Some(RuleState::Ok)));
    assert!(told.transfers.iter().filter(|row| row.created_at > at(10.0)).all(|row| row.destination == rse(2)));
}

#[test]
fn a_rule_that_cannot_grow_is_stuck_until_the_repairer_extends_it() {
    let mut world = World::of(2);
    world.horizon = 6000.0;
    world.outages = vec![(1, Outage { at: at(50.0), lasts: span(500.0), declared: true })];
    world.step(0.0, Deed::Make { files: World::files(0, 3), lifetime: None });
    world.rule(10.0, Data::Made(0), rule("R1"));
    world.step(100.0, Deed::Grow { dataset: Data::Made(0), files: World::files(0, 4) });
    let told = world.run(7);
    let [rule] = told.rules()[..] else { panic!("one rule") };
    assert_eq!((rule.stuck_at, ended(rule)), (Some(at(100.0)), (Some(RuleState::Ok), None)));
    assert_eq!((rule.files, rule.locks), (7, [7, 0, 0]));
    let created = told.transfers.iter().map(|row| row.created_at).max();
    assert_eq!(created, Some(at(1900.0)), "the repairer leaves it alone for half an hour");
    world.horizon = 1000.0;
    let told = world.run(7);
    assert_eq!(ended(&told.rules[0]), (Some(RuleState::Stuck), Some(RuleError::NotWritable)));
}

#[test]
fn the_injector_suspends_for_want_of_quota_alone() {
    for every in [0.0, 45.0] {
        let mut world = three();
        world.services.rules.injector_every = span(every);
        world.services.rules.quotas.local = vec![World::quota("root", "*", 100), World::quota("alice", "*", 15)];
        world.outages = vec![(1, Outage { at: at(50.0), lasts: span(500.0), declared: true })];
        let waits = |rses| RuleTemplate { approved_after: Some(span(100.0)), ..rule(rses) };
        world.rule(0.0, FIRST(), waits("R1"));
        world.rule_of(0.0, "alice", FIRST(), waits("R2"));
        (1..7).for_each(|nth| world.rule_of(1.0, "alice", Data::File(dataset(0), nth), rule("R2")));
        let told = world.run(7);
        let rules = told.rules();
        assert_eq!(ended(rules[0]), (Some(RuleState::Ok), None));
        assert!(rules[0].injected_at.is_some_and(|then| then >= at(550.0) && then <= at(615.0)), "{:?}", rules[0]);
        assert_eq!(ended(rules[1]), (Some(RuleState::Suspended), Some(RuleError::InsufficientQuota)));
    }
}

#[test]
fn daemons_subscriptions_and_the_reaper_are_chance() {
    let has_chance = |set: fn(&mut World)| {
        let mut world = three();
        set(&mut world);
        world.setup().has_chance()
    };
    assert!(!has_chance(|_| {}));
    assert!(has_chance(|world| world.services.rules.cleaner_every = span(60.0)));
    assert!(has_chance(|world| world.services.reaper.every = span(60.0)));
    assert!(has_chance(|world| {
        let of = Subscription { name: "all".into(), workload: None, account: "root".into(), rules: Vec::new() };
        world.services.rules.subscriptions.push(of);
    }));
}

/// Something that persons do, by four small numbers.
fn deed((what, which, nth, account): (u8, u32, u32, bool)) -> Deed {
    let account = || if account { "alice" } else { "root" }.to_owned();
    let data = [FIRST(), Data::File(dataset(0), nth), Data::Container(ContainerId::from_index(0)), Data::Made(0)];
    let on = data[which as usize % 4];
    let grouping = [Grouping::All, Grouping::Dataset, Grouping::None][nth as usize % 3];
    let (rses, copies) = [("*", 2), ("R1|R2", 1), ("*\\R0", 3), ("R3", 1)][nth as usize % 4];
    let (copies, lifetime) = (Copies::N(copies), (which % 2 == 0).then(|| span(600.0)));
    let template = RuleTemplate { copies, grouping, lifetime, ..rule(rses) };
    match what {
        0..=2 => Deed::Rule { on, account: account(), rule: Box::new(template) },
        3 => Deed::DeleteRules { on, account: account() },
        4 => Deed::Make { files: World::files(0, nth + 1), lifetime: Some(span(900.0)) },
        5 => Deed::Grow { dataset: Data::Made(0), files: World::files(0, nth + 1) },
        _ => Deed::DeclareBad { dataset: dataset(0), nth, rse: rse(which as usize % 4) },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever persons do, on RSEs that fill up and go down, with or without daemons: the books of the run balance, or it would end with
    /// an error, and each rule ends once.
    #[test]
    fn no_rule_lock_or_byte_is_unaccounted_for(
        deeds in proptest::collection::vec((0_u32..2000, (0_u8..7, 0_u32..8, 0_u32..10, any::<bool>())), 1..25),
        has_daemons in any::<bool>(),
        seed in 0_u64..1000,
    ) {
        let mut world = World::of(4);
        world.datasets = vec![(10, vec![0, 3]), (4, vec![0])];
        world.containers.push(vec![0, 1]);
        world.bandwidth = Rate::from_mb_per_s(0.5);
        world.services.fts.when_full = WhenFull::Fail;
        world.rses[1].1 = Some(Bytes::new(6 * FILE));
        world.outages = vec![(2, Outage { at: at(300.0), lasts: span(200.0), declared: seed % 2 == 0 })];
        world.horizon = 20_000.0;
        let rules = &mut world.services.rules;
        rules.deleted_after = span(100.0);
        rules.quotas.local = vec![World::quota("alice", "*", 25), World::quota("root", "*", 1000)];
        if has_daemons {
            (rules.injector_every, rules.evaluator_every, rules.cleaner_every) = (span(60.0), span(30.0), span(60.0));
            (rules.repairer_every, rules.necromancer_every, rules.undertaker_every) = (span(60.0), span(60.0), span(60.0));
            rules.inject_from = 8;
        }
        deeds.into_iter().for_each(|(seconds, what)| world.step(f64::from(seconds), deed(what)));
        let told = world.run(seed);
        let counters = told.books.counters;
        prop_assert_eq!(told.rules.len() as u64, counters.rules_created);
        let left: u32 = told.rules.iter().filter(|rule| rule.deleted_at.is_none()).flat_map(|rule| rule.locks).sum();
        prop_assert_eq!(u64::from(left), counters.locks_left);
        prop_assert_eq!(told.transfers.len() as u64, counters.requests_created);
    }
}
