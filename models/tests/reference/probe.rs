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
            check(&PaperProbe, &probe, &case["paper_a"], &case["paper_b"]);
            check(&ExactProbe, &probe, &case["fluid_a"], &case["fluid_b"]);
            cases += 1;
        }
    }
    report("probe estimators", cases);
}

fn check(estimator: &impl ProbeEstimator, probe: &ProbeTimes, a: &Value, b: &Value) {
    let found = match estimator.estimate(probe) {
        Ok(found) => Some(found),
        Err(FitError::NoSolution) => None,
        Err(error) => panic!("{}: {error}", estimator.name()),
    };
    // b is a difference of costs of the size of T2/S2: its zero is a zero to that scale.
    let to = Tolerance { relative: 1e-9, absolute: 1e-15 * probe.small_s / probe.small_mb };
    to.check_json(estimator.name(), found.map(|found| found.a), a);
    to.check_json(estimator.name(), found.map(|found| found.b), b);
}
