use super::*;
use crate::catalogue::Group;
use crate::ids::{FileId, Id};
use crate::rules::blocks::{Block, Grouping, blocks};

fn rse(index: usize) -> RseId {
    RseId::from_index(index)
}

fn candidates(weights: &[f64]) -> Vec<Candidate> {
    let candidate = |(index, &weight): (usize, &f64)| Candidate {
        rse: rse(index),
        weight,
        quota: QuotaLeft::Unlimited,
        space_left: None,
    };
    weights.iter().enumerate().map(candidate).collect()
}

fn with_quota(local: &[i128], global: &[i128]) -> Vec<Candidate> {
    let mut candidates = candidates(&vec![1.0; local.len()]);
    for (candidate, &local) in candidates.iter_mut().zip(local) {
        candidate.quota = QuotaLeft::Of { local, global: global.to_vec() };
    }
    candidates
}

const NOTHING: Placing<'static> =
    Placing { key: 0, bytes: Bytes::new(100), copies: None, there: &[], preferred: Preferred::First(&[]), barred: &[] };

/// Sum of squared differences over what is expected, and its 99.9 % point for as many degrees of freedom.
fn chi_square(counts: &[u64], weights: &[f64]) -> (f64, f64) {
    const POINTS: [f64; 4] = [10.83, 13.82, 16.27, 18.47];
    let (n, total): (u64, f64) = (counts.iter().sum(), weights.iter().sum());
    let term = |(&count, &weight): (&u64, &f64)| {
        let expected = n as f64 * weight / total;
        (count as f64 - expected).powi(2) / expected
    };
    (counts.iter().zip(weights).map(term).sum(), POINTS[counts.len() - 2])
}

/// How often each RSE has the first copy of rules with these weights.
fn frequencies(weights: &[f64], rules: u64) -> Vec<u64> {
    let mut counts = vec![0; weights.len()];
    for rule in 0..rules {
        let mut selector = Selector::new(candidates(weights), 1, (7, rule)).expect("there are enough");
        counts[selector.select(&NOTHING).expect("nothing limits it")[0].index()] += 1;
    }
    counts
}

#[test]
fn statement_10_placement_stickiness() {
    let weights = [1.0, 2.0, 3.0, 4.0];
    let (chi, point) = chi_square(&frequencies(&weights, 20_000), &weights);
    assert!(chi < point, "{chi} for weights, where one in a thousand is above {point}");
    // What is there wins against any weight, most bytes first, and only for as long as quota allows.
    let preferred = [rse(3), rse(0)];
    for rule in 0..200 {
        let placing = Placing { preferred: Preferred::First(&preferred), ..NOTHING };
        let mut selector = Selector::new(candidates(&[1.0, 1e6, 1e6, 1.0]), 2, (7, rule)).expect("enough");
        assert_eq!(selector.select(&placing).expect("nothing limits it")[..], [rse(3), rse(0)]);
        let mut selector = Selector::new(with_quota(&[500, 500, 500, 100], &[]), 1, (7, rule)).expect("enough");
        assert_eq!(selector.select(&placing).expect("quota is left elsewhere")[..], [rse(0)]);
    }
}

#[test]
fn among_siblings_rses_it_is_a_draw_by_weight() {
    let preferred = [rse(0), rse(2)];
    let mut counts = [0; 2];
    for rule in 0..4000 {
        let mut selector = Selector::new(candidates(&[1.0, 50.0, 3.0]), 1, (7, rule)).expect("enough");
        let placing = Placing { preferred: Preferred::Any(&preferred), ..NOTHING };
        counts[selector.select(&placing).expect("nothing limits it")[0].index() / 2] += 1;
    }
    let (chi, point) = chi_square(&counts, &[1.0, 3.0]);
    assert!(chi < point, "{counts:?}");
}

#[test]
fn statement_11_grouping() {
    let weights = [1.0, 1.0, 2.0];
    let group =
        |first: usize, n: usize| Group { dataset: None, files: (first..first + n).map(FileId::from_index).collect() };
    let of = |grouping, rule, copies| -> Vec<(Block, SmallVec<[RseId; 2]>)> {
        let blocks = blocks(vec![group(0, 40), group(40, 60)], grouping, |_| Bytes::new(1));
        let mut selector = Selector::new(candidates(&weights), copies, (7, rule)).expect("enough");
        let place = |block: Block| {
            let placing = Placing { key: block.key, bytes: block.bytes, ..NOTHING };
            let chosen = selector.select(&placing).expect("nothing limits it");
            (block, chosen)
        };
        blocks.into_iter().map(place).collect()
    };
    let mut same = 0;
    let mut counts = [0; 3];
    for rule in 0..200 {
        let all = of(Grouping::All, rule, 1);
        assert_eq!((all.len(), all[0].0.files.len()), (1, 100), "one draw for a container");
        let datasets = of(Grouping::Dataset, rule, 2);
        assert_eq!(datasets.iter().map(|(block, _)| block.files.len()).collect::<Vec<_>>(), [40, 60]);
        assert!(datasets.iter().all(|(_, chosen)| chosen.len() == 2 && chosen[0] != chosen[1]));
        same += u64::from(datasets[0].1[0] == datasets[1].1[0]);
        let files = of(Grouping::None, rule, 1);
        assert_eq!(files.len(), 100);
        files.iter().for_each(|(_, chosen)| counts[chosen[0].index()] += 1);
    }
    // Two datasets draw apart: the same first RSE with probability 1/16 + 1/16 + 1/4 = 0.375, 75 of 200 (sd 6.8).
    assert!((50..100).contains(&same), "{same}");
    let (chi, point) = chi_square(&counts, &weights);
    assert!(chi < point, "{counts:?}");
}

#[test]
fn statement_12_quota_is_strict() {
    let select = |local: i128, global: &[i128], there: &[(RseId, Bytes)]| {
        let mut selector = Selector::new(with_quota(&[local], global), 1, (7, 0))?;
        selector.select(&Placing { there, ..NOTHING }).map(|chosen| chosen.len())
    };
    assert_eq!(select(100, &[], &[]), Err(RuleError::InsufficientQuota), "what is left equals the size");
    assert_eq!(select(101, &[], &[]), Ok(1));
    assert_eq!(select(100, &[], &[(rse(0), Bytes::new(100))]), Err(RuleError::InsufficientQuota), "though it is there");
    assert_eq!(select(101, &[100, 500], &[]), Ok(1), "a quota over several RSEs accepts equality");
    assert_eq!(select(101, &[99, 500], &[]), Err(RuleError::InsufficientQuota));
    assert_eq!(select(0, &[], &[]), Err(RuleError::InsufficientQuota));
}

#[test]
fn a_rule_uses_up_its_quota_block_by_block() {
    let mut selector = Selector::new(with_quota(&[250, 150], &[]), 1, (7, 0)).expect("enough");
    let preferred = [rse(0)];
    let mut select = |key| selector.select(&Placing { key, preferred: Preferred::First(&preferred), ..NOTHING });
    assert_eq!(select(0).expect("250 are left")[0], rse(0));
    assert_eq!(select(1).expect("150 are left")[0], rse(0));
    assert_eq!(select(2).expect("50 are left there")[0], rse(1));
    assert_eq!(select(3), Err(RuleError::InsufficientQuota));
}

#[test]
fn space_counts_what_is_missing_only() {
    let with_space = |left: i128, there: &[(RseId, Bytes)]| {
        let mut candidates = candidates(&[1.0]);
        candidates[0].space_left = Some(left);
        Selector::new(candidates, 1, (7, 0))?.select(&Placing { there, ..NOTHING }).map(|chosen| chosen.len())
    };
    assert_eq!(with_space(99, &[]), Err(RuleError::RseOverQuota));
    assert_eq!(with_space(100, &[]), Ok(1));
    assert_eq!(with_space(0, &[(rse(0), Bytes::new(100))]), Ok(1), "all of it is there");
    assert_eq!(with_space(39, &[(rse(0), Bytes::new(60))]), Err(RuleError::RseOverQuota));
}

#[test]
fn too_few_rses_are_an_error_of_their_own() {
    assert_eq!(Selector::new(candidates(&[1.0]), 2, (7, 0)).map(|_| ()), Err(RuleError::InsufficientTargets));
    let mut selector = Selector::new(candidates(&[1.0, 1.0]), 2, (7, 0)).expect("enough");
    let barred = [rse(1)];
    assert_eq!(selector.select(&Placing { barred: &barred, ..NOTHING }), Err(RuleError::InsufficientTargets));
}

#[test]
fn draws_hang_on_rule_block_and_copy_alone() {
    let draw = |rule, before: u64, weights: &[f64]| {
        let mut selector = Selector::new(candidates(weights), 1, (7, rule)).expect("enough");
        // What came before moves no later draw.
        for key in 100..100 + before {
            selector.select(&Placing { key, ..NOTHING }).expect("nothing limits it");
        }
        selector.select(&Placing { key: 3, ..NOTHING }).expect("nothing limits it")[0]
    };
    let weights = [1.0; 16];
    assert!((0..50).all(|rule| draw(rule, 0, &weights) == draw(rule, 5, &weights)));
    assert!((1..50).any(|rule| draw(rule, 0, &weights) != draw(0, 0, &weights)));
}

#[test]
fn an_rse_that_weighs_nothing_is_drawn_only_where_none_weighs_anything() {
    assert_eq!(frequencies(&[0.0, 1.0, 0.0], 500), [0, 500, 0]);
    let (chi, point) = chi_square(&frequencies(&[0.0, 0.0, 0.0], 3000), &[1.0; 3]);
    assert!(chi < point);
}
