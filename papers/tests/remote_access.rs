//! Claims of papers against runs of the engine: the paper's figure, ours, and the tolerance with its reason.

use dapple_papers::remote_access::{Campaign, Equation, NoisePlan, Range, dataset, reproduce};
use dapple_papers::{Conditions, PAPERS};
use dapple_policies::access::AlwaysRemote;
use dapple_records::record;
use dapple_scenarios::{LoadOptions, Registry, load_bundled};
use dapple_simulator::decide::Policies;
use dapple_simulator::facts::NoObserver;

const CAMPAIGN: &str = "papers/remote-access/campaign.ron";

fn campaign() -> Campaign {
    campaign_of(None)
}

/// The campaign as it is drawn from another seed.
fn campaign_of(seed: Option<u64>) -> Campaign {
    let options = LoadOptions::default();
    let scenario = load_bundled(CAMPAIGN, &options, &Registry::standard()).expect("a bundled scenario");
    let mut policies = Policies::of_access("remote", AlwaysRemote);
    let run = (&scenario.setup, &scenario.record);
    let output = record(run, &mut policies, seed.unwrap_or(scenario.seed), &mut NoObserver).expect("a campaign runs");
    let reads = output.tables.iter().find(|table| table.schema.name == "reads").expect("the scenario records reads");
    dataset(reads).expect("all reads are from one RSE")
}

/// Begy et al. 2019, section 3: 1122, 342 and 834 reads; T = 0.023568 S + 0.043705 ConTh + 0.001538 ConPr.
///
/// *Consistency*: the coefficients are those put in. Tolerance 1e-6 relative: times are whole nanoseconds of reads that
/// take seconds, so nine digits can be asked for, and six are what the paper gives.
#[test]
fn remote_access_coefficients_that_are_put_in_come_out() {
    let plan = NoisePlan { replications: 1, ..NoisePlan::default() };
    let found = reproduce(&campaign(), plan).expect("enough reads of each kind");
    let counts = found.fits.each_ref().map(|fit| (fit.fit.n_rows, fit.fit.rank, fit.fit.df_residual));
    assert_eq!(counts, [(1122, 3, 1119), (342, 2, 340), (834, 2, 832)]);
    for fit in &found.fits {
        assert!(fit.distance_from_law() < 1e-6, "eq. {}: {}", fit.equation.number(), fit.distance_from_law());
    }
    let effect = found.interaction.largest_effect_s.expect("some reads have traffic of both kinds beside them");
    assert!(effect < 1e-6, "the product ConTh:ConPr adds {effect} s");
}

/// Begy et al. 2019, section 3: F = 4.514e4, 3.119e4 and 2.035e4 for eq. 1, 2 and 3.
///
/// *Calibrated*: F of eq. 1. *Predicted*, and wrong: with one size of relative scatter F of eq. 2 is too small and F of
/// eq. 3 too large by a factor of 1.5 to 2.5; with one size in seconds it is the other way round, by 1.5 and 1.3. One
/// campaign says too little: what its files and the order of its steps are moves F of eq. 3 between 0.74 and 0.90 of the
/// paper's. These are medians over eight campaigns, and the limits leave 10 % for eight others.
#[test]
fn remote_access_f_statistics_are_not_those_of_one_size_of_noise() {
    let plan = NoisePlan { replications: 20, ..NoisePlan::default() };
    let found: Vec<_> =
        (1..=8).map(|seed| reproduce(&campaign_of(Some(seed)), plan).expect("enough reads of each kind")).collect();
    let ratios = |at: usize| {
        Equation::ALL.map(|equation| {
            let medians: Vec<f64> = found.iter().map(|found| Range::of(&found.noise[at].f(equation)).median).collect();
            Range::of(&medians).median / equation.published().f
        })
    };
    let (multiplicative, additive) = (ratios(0), ratios(1));
    assert!((multiplicative[0] - 1.0).abs() < 1e-5 && (additive[0] - 1.0).abs() < 1e-5);
    assert!((0.59..0.73).contains(&multiplicative[1]), "eq. 2, multiplicative: {}", multiplicative[1]);
    assert!((2.2..2.7).contains(&multiplicative[2]), "eq. 3, multiplicative: {}", multiplicative[2]);
    assert!((1.35..1.65).contains(&additive[1]), "eq. 2, additive: {}", additive[1]);
    assert!((0.70..0.85).contains(&additive[2]), "eq. 3, additive: {}", additive[2]);
}

/// Begy et al. 2019, eq. 7 and 8 on a probe of 2 GB and 300 MB under its own coefficients: a is 16.5 % too large, b is 41 %
/// of the truth, and the exact estimator returns both. Tolerance: the digits that are printed.
#[test]
fn remote_access_probe_estimator_of_the_paper_is_biased() {
    let paper = PAPERS.iter().find(|paper| paper.name == "remote-access").expect("it is listed");
    let item = paper.items.iter().find(|item| item.name == "probe").expect("it is listed");
    let conditions = Conditions { registry: &Registry::standard(), jobs: 1, fit: false, progress: &() };
    let sections = paper.make(Some(item), &conditions).expect("a probe can be made");
    let [probe] = &sections[..] else { panic!("{} sections", sections.len()) };
    let row = probe.sheet.rows.iter().find(|row| row[0] == "0.023568").expect("a row for the paper's coefficients");
    assert_eq!(row[5..9], ["1.165", "0.408", "1.000000", "1.000000"], "{row:?}");
}
