//! Passes that are made only when they could start something, against a scan of all files at every grid point; and what the
//! passes do to those who share a link.

mod harness;
mod scan;

use proptest::prelude::*;

use super::{PassRules, VoWeights};
use crate::fts::lottery::ActivityShares;
use crate::ids::{HostId, Id, VoId};
use harness::{Change, Counted, Script, Start, Submit, run, run_counted};
use scan::Scan;

fn host(index: usize) -> HostId {
    HostId::from_index(index)
}

/// Rules without weights and shares.
fn plain() -> PassRules {
    PassRules {
        max_processes: 400,
        remembers_turns: false,
        vo_weights: std::iter::empty().collect(),
        activity_shares: [None, None, None].into_iter().collect(),
    }
}

/// One node that passes every 2 s, two hosts, and a link of so many slots between them.
fn one_link(limit: Option<u32>, submits: Vec<Submit>) -> Script {
    Script { submits, limit, ..Script::default() }
}

fn submit(at: u64, takes: u64) -> Submit {
    Submit { at, takes, ..Submit::default() }
}

fn files(starts: &[Start]) -> Vec<usize> {
    starts.iter().map(|start| start.file).collect()
}

#[test]
fn statement_01_first_in_first_out_inside_a_class() {
    let mut submits: Vec<Submit> = (0..300).map(|nth| submit(nth * 70, 1 + nth * 37 % 9_000)).collect();
    let starts = run(&one_link(Some(4), submits.clone()));
    assert_eq!(files(&starts), (0..300).collect::<Vec<_>>());
    // On two links that share nothing but their source, the order is not that of submission.
    for (nth, submit) in submits.iter_mut().enumerate() {
        submit.link = (0, 1 + usize::from(nth < 150));
    }
    let order = files(&run(&one_link(Some(4), submits)));
    assert_ne!(order, (0..300).collect::<Vec<_>>());
    let of_link = |first: bool| order.iter().copied().filter(move |file| (*file < 150) == first);
    assert!(of_link(true).is_sorted() && of_link(false).is_sorted());
}

#[test]
fn statement_02_nothing_starts_beside_a_higher_priority_that_is_queued() {
    // 20 of priority 3 are there first, then 20 of priority 5, of which each fails once and waits 120 s for its retry.
    let urgent = Submit { priority: 5, fails: 1, ..submit(2_000, 6_000) };
    let mut submits = vec![submit(0, 6_000); 20];
    submits.extend(vec![urgent; 20]);
    let starts = run(&one_link(Some(2), submits));
    let after = starts.iter().filter(|start| start.at > 2_000);
    let last_urgent = starts.iter().rfind(|start| start.file >= 20).map(|start| start.at).expect("they start");
    assert!(after.clone().filter(|start| start.file < 20).all(|start| start.at >= last_urgent), "{starts:?}");
    // While all of them wait for their retries, both slots are empty for two minutes but for those that were running.
    let mut times: Vec<u64> = after.map(|start| start.at).collect();
    times.dedup();
    assert!(times.windows(2).any(|pair| pair[1] - pair[0] > 50_000), "{times:?}");
}

#[test]
fn statement_03_at_most_two_on_a_link_that_no_optimiser_has_seen() {
    let script =
        Script { changes: vec![(60_000, Change::Limit((0, 1), 66))], ..one_link(None, vec![submit(0, 600_000); 100]) };
    let starts = run(&script);
    assert_eq!(starts.iter().filter(|start| start.at < 60_000).count(), 2);
    assert_eq!(starts.iter().filter(|start| start.at < 63_000).count(), 66);
}

/// The most that run at once, counted from the starts.
fn most_at_once(script: &Script, starts: &[Start]) -> usize {
    let ends = |start: &Start| start.at + start.latency + script.submits[start.file].takes;
    let running = |at: u64| starts.iter().filter(|start| start.at <= at && at < ends(start)).count();
    starts.iter().map(|start| running(start.at)).max().unwrap_or(0)
}

#[test]
fn statement_09_the_limit_of_a_link_holds_unless_starts_are_seen_late() {
    let several_vos = |nth: usize| Submit { vo: nth % 2, ..submit(0, 20_000 + nth as u64 * 997 % 60_000) };
    let script = one_link(Some(10), (0..400).map(several_vos).collect());
    assert_eq!(most_at_once(&script, &run(&script)), 10);
    // A process that takes up to 2.5 s to say that it has begun is not counted by the pass after the one that started it.
    let late = Script { latency: (500, 2_500), ..script };
    let most = most_at_once(&late, &run(&late));
    assert!((11..=20).contains(&most), "{most}");
}

#[test]
fn several_nodes_fill_the_same_slots() {
    let submits: Vec<Submit> = (0..400).map(|nth| Submit { node: nth % 4, ..submit(0, 60_000) }).collect();
    let script = Script { nodes: 4, latency: (3_000, 3_000), ..one_link(Some(10), submits) };
    // All four pass before the first process has spoken, and each takes the 10 slots for free twice.
    let most = most_at_once(&script, &run(&script));
    assert!((40..=80).contains(&most), "{most}");
}

/// Files of about so many seconds on five links into one storage that takes 10 at once: starts by link, and the most at once.
fn storage_of_ten(remembers_turns: bool, seconds: u64) -> (Vec<usize>, usize) {
    let takes = |nth: usize| (seconds - seconds / 8) * 1_000 + nth as u64 * 7_919 % (seconds * 250);
    let of_link = |nth: usize| Submit { link: (1 + nth % 5, 0), ..submit(0, takes(nth)) };
    let rules = PassRules { remembers_turns, ..plain() };
    let submits = (0..12_000).map(of_link).collect();
    let until = seconds * 200_000;
    let script = Script { rules, hosts: 6, inbound: 10, until, ..one_link(Some(50), submits) };
    let starts = run(&script);
    let n_of = |link| starts.iter().filter(|start| start.file % 5 == link).count();
    ((0..5).map(n_of).collect(), most_at_once(&script, &starts))
}

#[test]
fn statement_10_the_slots_of_a_storage_go_round_its_links() {
    let (starts, most) = storage_of_ten(true, 20);
    assert_eq!(most, 10);
    // Ten run all the time, and files are of equal length in the mean: 2 +- 1 of each link is a fifth of the starts +- half of it.
    let total: usize = starts.iter().sum();
    assert!(starts.iter().all(|n| n.abs_diff(total / 5) < total / 50), "{starts:?}");
    // The real service begins each pass with the first link by name. Where slots come free one by one, it gets nearly all.
    let (starts, most) = storage_of_ten(false, 200);
    let total: usize = starts.iter().sum();
    assert_eq!(most, 10);
    assert!(starts[0] * 100 > total * 85, "{starts:?}");
}

#[test]
fn the_limit_of_a_storage_leaks_where_nothing_is_queued() {
    // Ten run on a link with an empty queue: they are not seen, and ten more start on another link into the same storage.
    let mut submits = vec![Submit { link: (1, 0), ..submit(0, 600_000) }; 10];
    submits.extend(vec![Submit { link: (2, 0), ..submit(10_000, 600_000) }; 30]);
    let leaks = Script { hosts: 3, inbound: 10, until: 500_000, ..one_link(Some(50), submits.clone()) };
    assert_eq!(most_at_once(&leaks, &run(&leaks)), 20);
    // One more in the first queue, which the link's own limit keeps there, and all are counted.
    submits.insert(10, Submit { link: (1, 0), ..submit(0, 600_000) });
    let seen = Script { limit: Some(10), ..Script { submits, ..leaks } };
    assert_eq!(most_at_once(&seen, &run(&seen)), 10);
}

#[test]
fn statement_11_vos_take_turns_by_weight() {
    let weights = VoWeights { listed: vec![(VoId::from_index(0), 3.0), (VoId::from_index(1), 1.0)], public: 0.0 };
    let rules = PassRules { vo_weights: [((host(0), host(1)), weights)].into_iter().collect(), ..plain() };
    let submits = (0..16_000).map(|nth| Submit { vo: nth % 2, ..submit(0, 1_000) }).collect();
    let starts = run(&Script { rules, until: 8_000_000, ..one_link(Some(1), submits) });
    let (first, n) = (starts.iter().filter(|start| start.file % 2 == 0).count() as f64, starts.len() as f64);
    assert!(n > 3_900.0, "one start a pass: {n}");
    // Three standard deviations of a binomial.
    assert!((first / n - 0.75).abs() < 3.0 * (0.75 * 0.25 / n).sqrt(), "{}", first / n);
}

#[test]
fn statement_12_activities_share_starts_and_not_slots() {
    let shares = [("quick".to_owned(), 0.5), ("slow".to_owned(), 0.5), ("default".to_owned(), 0.0)];
    let shares = ActivityShares::new(["quick", "slow"].into_iter(), &shares);
    let rules = PassRules { activity_shares: [Some(shares)].into_iter().collect(), ..plain() };
    let takes = |nth: usize| if nth.is_multiple_of(2) { 30_000 } else { 300_000 };
    let submits = (0..30_000).map(|nth| Submit { activity: nth % 2, ..submit(0, takes(nth)) }).collect();
    let script = Script { rules, until: 36_000_000, ..one_link(Some(50), submits) };
    // The first ten minutes fill the slots.
    let starts: Vec<Start> = run(&script).into_iter().filter(|start| start.at > 3_600_000).collect();
    let of = |activity| starts.iter().filter(move |start| start.file % 2 == activity);
    let (quick, slow) = (of(0).count() as f64, of(1).count() as f64);
    let n = quick + slow;
    assert!((quick / n - 0.5).abs() < 3.0 * (0.25 / n).sqrt(), "starts {quick} and {slow}");
    // Slots held are starts times durations: 0.5 x 30 against 0.5 x 300, whatever the shares say.
    let slots = |activity: usize| of(activity).map(|start| takes(start.file) as f64).sum::<f64>();
    let share = slots(0) / (slots(0) + slots(1));
    assert!((share - 1.0 / 11.0).abs() < 0.01, "running slots {share}");
}

#[test]
fn statement_13_a_retry_waits_and_keeps_its_place() {
    let mut submits = vec![Submit { fails: 3, ..submit(0, 5_000) }];
    submits.extend(vec![submit(0, 10_000); 60]);
    let starts = run(&one_link(Some(1), submits));
    let tries: Vec<u64> = starts.iter().filter(|start| start.file == 0).map(|start| start.at).collect();
    assert_eq!(tries.len(), 4);
    // Each begins 120 s after the failure of the one before, or when the slot is free next: it is first in its queue.
    assert!(tries.windows(2).all(|pair| (125_000..=125_000 + 14_000).contains(&(pair[1] - pair[0]))), "{tries:?}");
}

#[test]
fn nodes_that_can_start_nothing_do_not_keep_each_other_passing() {
    // One file keeps the only slot of the source for an hour, and both nodes have files queued.
    let submits = (0..10).map(|nth| Submit { node: nth % 2, ..submit(nth as u64, 3_600_000) }).collect();
    let script = Script { nodes: 2, outbound: 1, until: 3_000_000, ..one_link(Some(5), submits) };
    let (starts, Counted { passes, .. }) = run_counted(&script);
    assert_eq!(starts.len(), 1);
    assert!(passes < 10, "{passes}");
}

fn any_submit() -> impl Strategy<Value = Submit> {
    let place = ((0_usize..3, 0_usize..3), 0_usize..3, 0_usize..4, 3_u8..6, 0_usize..2);
    (place, 0_u64..60_000, 0_u64..30_000, prop_oneof![3 => Just(0_u32), 1 => 1_u32..3]).prop_map(
        |((link, vo, activity, priority, node), at, takes, fails)| Submit {
            link,
            vo,
            activity,
            priority,
            node,
            at,
            takes,
            fails,
        },
    )
}

fn any_change() -> impl Strategy<Value = (u64, Change)> {
    let change = prop_oneof![
        ((0_usize..3, 0_usize..3), 0_u32..6).prop_map(|(link, limit)| Change::Limit(link, limit)),
        (0_usize..200).prop_map(Change::Cancel),
    ];
    (0_u64..120_000, change)
}

fn any_rules() -> impl Strategy<Value = PassRules> {
    let weights = proptest::option::of((0_u32..4, 1_u32..4, 1_u32..3));
    let shares = proptest::option::of(proptest::collection::vec(0_u32..4, 3));
    (1_u32..12, any::<bool>(), weights, proptest::collection::vec(shares, 3)).prop_map(
        |(max_processes, remembers_turns, weights, shares)| {
            let of = |(first, second, public): (u32, u32, u32)| VoWeights {
                listed: vec![(VoId::from_index(0), f64::from(first)), (VoId::from_index(2), f64::from(second))],
                public: f64::from(public),
            };
            let names = ["c", "default", "A", "b"];
            let shares = shares.into_iter().map(|shares| {
                let named = |shares: Vec<u32>| {
                    let of = |(name, share): (&&str, u32)| ((*name).to_owned(), f64::from(share));
                    names.iter().zip(shares).map(of).collect::<Vec<_>>()
                };
                shares.map(|shares| ActivityShares::new(names.into_iter(), &named(shares)))
            });
            PassRules {
                max_processes,
                remembers_turns,
                vo_weights: weights.map(of).into_iter().map(|of| ((host(0), host(1)), of)).collect(),
                activity_shares: shares.collect(),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn passes_left_out_would_have_started_nothing(
        rules in any_rules(),
        submits in proptest::collection::vec(any_submit(), 1..200),
        changes in proptest::collection::vec(any_change(), 0..20),
        limit in proptest::option::of(0_u32..6),
        slots in (1_u32..12, 1_u32..12),
        latency in prop_oneof![Just((0, 0)), Just((500, 2_500)), Just((0, 4_000))],
    ) {
        let (outbound, inbound) = slots;
        let script = Script {
            rules, submits, changes, limit, outbound, inbound, latency, nodes: 2, hosts: 3, until: 2_000_000,
        };
        let (starts, Counted { passes, most }) = run_counted(&script);
        prop_assert_eq!(&starts, &Scan::run(&script));
        // And it is cheap: no pass without a reason.
        prop_assert!(passes <= most, "{passes} passes, of which {most} have a reason");
    }
}
