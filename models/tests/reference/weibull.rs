//! Weibull load curves against scipy.

use dapple_models::WeibullCurve;
use dapple_models::regression::{WeibullFit, WeibullFitter};
use serde_json::Value;

use super::{ReferenceSet, Tolerance, count, list, number, numbers, report, text};

fn curve(case: &Value) -> WeibullCurve {
    WeibullCurve::new(number(case, "A"), number(case, "k"), number(case, "lam")).unwrap()
}

#[test]
fn evaluation() {
    let set = ReferenceSet::open("weibull");
    let to = Tolerance::relative(1e-12);
    let mut cases = 0;
    for case in list(&set.json("evaluate.json"), "cases") {
        let curve = curve(case);
        for (x, expected) in numbers(&case["x"]).into_iter().zip(numbers(&case["throughput"])) {
            // Below 1e-300 a double has fewer digits than the tolerance asks for.
            let to = Tolerance { absolute: 1e-300, ..to };
            to.check(&format!("{curve:?} at {x}"), curve.throughput(x), expected);
        }
        to.check_json("mode", curve.mode(), &case["peak_x"]);
        to.check_json("peak", curve.peak_throughput(), &case["peak_throughput"]);
        assert_eq!(curve.best_concurrency() as usize, count(case, "best_integer_concurrency"));
        let first_differences = numbers(&case["marginal"]);
        for (n, expected) in (1_u32..).zip(first_differences) {
            let (here, next) = (curve.throughput(f64::from(n)), curve.throughput(f64::from(n + 1)));
            // The tolerance belongs to the two values; their difference may be small against them.
            Tolerance { absolute: 1e-12 * here.max(next), ..to }.check("difference", next - here, expected);
        }
        cases += 1;
    }
    report("weibull evaluation", cases);
}

/// Transfers that start together and share the curve equally: finish times follow from its values at whole numbers alone.
#[test]
fn equal_shares() {
    let set = ReferenceSet::open("weibull");
    let mut cases = 0;
    for case in list(&set.json("sharing.json"), "cases") {
        let (curve, sizes) = (curve(case), numbers(&case["sizes_mb"]));
        let (mut now, mut moved) = (0.0, 0.0);
        let active = (1..=sizes.len()).rev();
        for ((size, expected), active) in sizes.iter().zip(numbers(&case["finish_s"])).zip(active) {
            now += (size - moved) * active as f64 / curve.throughput(active as f64);
            moved = *size;
            Tolerance::relative(1e-9).check("finish time", now, expected);
        }
        cases += 1;
    }
    report("equal shares", cases);
}

#[test]
fn fits() {
    let set = ReferenceSet::open("weibull");
    let mut cases = 0;
    for case in list(&set.index(), "fits") {
        let name = text(case, "name");
        let columns = set.csv(text(case, "file"));
        let (x, y) = (&columns["concurrency"], &columns["throughput"]);
        let fitter = WeibullFitter::default();
        let fit = if case["weighted"].as_bool() == Some(true) {
            fitter.fit_weighted(x, y, &columns["sigma"])
        } else {
            fitter.fit(x, y)
        };
        let fit = fit.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(fit.n_rows, count(case, "n"), "{name}");
        println!("{name}: {} of {} starts agree", fit.starts_agreeing, fit.starts);
        if name.starts_with("exact") {
            check_exact(name, &fit, case);
        } else {
            check_noisy(name, &fit, case);
        }
        cases += 1;
    }
    report("weibull fits", cases);
}

/// Noiseless data: the sum of squares and the standard errors of the reference are 0, ours are rounding.
fn check_exact(name: &str, fit: &WeibullFit, case: &Value) {
    let to = Tolerance::relative(1e-7);
    let expected = &case["fit"];
    to.check(name, fit.curve.amplitude, number(expected, "A"));
    to.check(name, fit.curve.shape, number(expected, "k"));
    to.check(name, fit.curve.scale, number(expected, "lam"));
    to.check_json(name, fit.curve.mode(), &case["peak_x"]);
    to.check_json(name, fit.curve.peak_throughput(), &case["peak_throughput"]);
    to.check_json(name, fit.r_squared, &case["r2"]);
}

fn check_noisy(name: &str, fit: &WeibullFit, case: &Value) {
    let best = number(case, "sum_of_squares");
    assert!(fit.sum_of_squares <= best * (1.0 + 1e-8), "{name}: {} above {best}", fit.sum_of_squares);
    let found = fit.std_errors.expect("the data determine the curve");
    let (expected, errors) = (&case["fit"], &case["std_errors"]);
    for (key, value, std_error) in [
        ("A", fit.curve.amplitude, found.amplitude),
        ("k", fit.curve.shape, found.shape),
        ("lam", fit.curve.scale, found.scale),
    ] {
        let reference_error = number(errors, key);
        let to = Tolerance { relative: 1e-6, absolute: 1e-4 * reference_error };
        to.check(&format!("{name} {key}"), value, number(expected, key));
        Tolerance::relative(1e-4).check(&format!("{name} error of {key}"), std_error, reference_error);
    }
    // Follow from the parameters and inherit their tolerance.
    let peak = Tolerance { relative: 1e-6, absolute: 1e-4 * number(errors, "lam") };
    peak.check_json(name, fit.curve.mode(), &case["peak_x"]);
    Tolerance::relative(1e-6).check_json(name, fit.curve.peak_throughput(), &case["peak_throughput"]);
    Tolerance::relative(1e-6).check_json(name, fit.r_squared, &case["r2"]);
}
