//! Probe estimators against exact rational arithmetic.

use dapple_models::regression::ProbeTimes;
use dapple_models::{ExactProbe, FitError, PaperProbe, ProbeEstimator};
use serde_json::Value;

use super::{ReferenceSet, Tolerance, list, number, report};

#[test]
fn probe_estimators() {
    let set = ReferenceSet::open("fluid");
    let index = set.index();
    let mut cases = 0;
    for file in list(&index, "other").iter().filter_map(Value::as_str) {
        if file != "probe_estimators.json" {
            continue; // runs, capacity shares: the simulator's
        }
        for case in list(&set.json(file), "cases") {
            let probe = ProbeTimes {
                large_mb: number(case, "size1_mb"),
                small_mb: number(case, "size2_mb"),
                large_s: number(case, "T1_s"),
                small_s: number(case, "T2_s"),
            };
            // b is a difference, and its zero a zero to the size of what is subtracted: of T1 and S1 a over S2, or of T2 over S2
            // and a. These are products of a handful of numbers, each rounded.
            check(&PaperProbe, &probe, probe.large_s / probe.small_mb, [&case["paper_a"], &case["paper_b"]]);
            check(&ExactProbe, &probe, probe.small_s / probe.small_mb, [&case["fluid_a"], &case["fluid_b"]]);
            cases += 1;
        }
    }
    report("probe estimators", cases);
}

/// Roundings of one result, of half an epsilon each.
const ROUNDINGS: f64 = 16.0;

fn check(estimator: &impl ProbeEstimator, probe: &ProbeTimes, subtracted: f64, [a, b]: [&Value; 2]) {
    let found = match estimator.estimate(probe) {
        Ok(found) => Some(found),
        Err(FitError::NoSolution) => None,
        Err(error) => panic!("{}: {error}", estimator.name()),
    };
    let to = Tolerance { relative: 1e-9, absolute: ROUNDINGS * f64::EPSILON / 2.0 * subtracted };
    to.check_json(estimator.name(), found.map(|found| found.a), a);
    to.check_json(estimator.name(), found.map(|found| found.b), b);
}
