//! Least squares without intercept against R.

use std::collections::BTreeMap;

use dapple_models::regression::{Coefficient, log_change};
use dapple_models::statistics::{Interval, quantile};
use dapple_models::{Features, LeastSquares, LeastSquaresFit};
use serde_json::Value;

use super::{ReferenceSet, Tolerance, count, list, number, numbers, report, text};

type Columns = BTreeMap<String, Vec<f64>>;

/// What the README grants to a case.
#[derive(Clone, Copy)]
struct Grants {
    to: Tolerance,
    /// Noiseless: everything that comes from the residuals is rounding noise in the reference, and not compared.
    exact: bool,
    /// Residuals are differences of fitted values held to 1e-10 of the largest.
    collinear: bool,
}

impl Grants {
    fn of(name: &str) -> Self {
        let exact = name.starts_with("campaign_exact");
        let collinear = name.starts_with("near_collinear");
        let relative = if exact {
            1e-11
        } else if collinear {
            1e-6
        } else if name.starts_with("bad_scaling") {
            1e-7
        } else {
            1e-9
        };
        Self { to: Tolerance::relative(relative), exact, collinear }
    }
}

#[test]
fn campaigns() {
    let set = ReferenceSet::open("ols");
    let (mut cases, mut models) = (0, 0);
    for case in list(&set.index(), "cases") {
        let name = text(case, "name");
        let columns = set.csv(text(case, "file"));
        assert_eq!(columns["T"].len(), count(case, "n"), "{name}");
        models += check_case(name, &columns, &set.json(text(case, "result")));
        cases += 1;
    }
    println!("{models} models");
    report("least squares", cases);
}

/// Checks every model of one file; returns how many there were.
fn check_case(name: &str, columns: &Columns, expected: &Value) -> usize {
    let grants = Grants::of(name);
    let full = fit(columns, &["S", "ConTh", "ConPr"], None);
    check_model(&format!("{name} full"), &full, &expected["full"], &columns["T"], grants);
    let mut models = 1;
    for (key, kept, absent) in [("reduced_conth", "ConTh", "ConPr"), ("reduced_conpr", "ConPr", "ConTh")] {
        if expected[key].is_null() {
            continue;
        }
        let reduced = fit(columns, &["S", kept], Some(absent));
        let t: Vec<f64> = rows_without(columns, absent).into_iter().map(|row| columns["T"][row]).collect();
        check_model(&format!("{name} {key}"), &reduced, &expected[key], &t, grants);
        if let Some(change) = expected["log_change"][kept].as_f64() {
            let found = log_change(&reduced, &full).into_iter().find(|(name, _)| name == kept).unwrap().1;
            // A relative tolerance of the coefficients is an absolute one of the logarithm of their ratio.
            let to = Tolerance { relative: 0.0, absolute: grants.to.relative };
            to.check(&format!("{name} log change of {kept}"), found.unwrap(), change);
        }
        models += 1;
    }
    if !expected["interaction"].is_null() {
        check_interaction(name, columns, &expected["interaction"], grants);
        models += 1;
    }
    models
}

fn rows_without(columns: &Columns, absent: &str) -> Vec<usize> {
    (0..columns[absent].len()).filter(|&row| columns[absent][row] == 0.0).collect()
}

fn features(columns: &Columns, names: &[&str]) -> Features {
    Features::new(names.iter().map(|name| (*name, columns[*name].clone()))).unwrap()
}

fn fit(columns: &Columns, names: &[&str], without: Option<&str>) -> LeastSquaresFit {
    let x = features(columns, names);
    let Some(absent) = without else {
        return LeastSquares::default().fit(&x, &columns["T"]).unwrap();
    };
    let rows = rows_without(columns, absent);
    let y: Vec<f64> = rows.iter().map(|&row| columns["T"][row]).collect();
    LeastSquares::default().fit(&x.filter_rows(|row| columns[absent][row] == 0.0), &y).unwrap()
}

fn check_model(name: &str, fit: &LeastSquaresFit, expected: &Value, y: &[f64], grants: Grants) {
    let to = grants.to;
    assert_eq!(fit.n_rows, count(expected, "n"), "{name}");
    assert_eq!(fit.rank, count(expected, "rank"), "{name}");
    assert_eq!(fit.df_residual, count(expected, "df_residual"), "{name}");
    assert_eq!(fit.terms.len(), list(expected, "coefficients").len(), "{name}");
    for (term, expected) in fit.terms.iter().zip(list(expected, "coefficients")) {
        assert_eq!(term.name, text(expected, "name"));
        check_coefficient(&format!("{name} {}", term.name), term.coefficient.as_ref(), expected, grants);
    }
    to.check(&format!("{name} TSS"), fit.tss_uncentred, number(expected, "tss_uncentred"));
    to.check(&format!("{name} R2"), fit.r_squared, number(expected, "r_squared_uncentred"));
    to.check(&format!("{name} adjusted R2"), fit.adjusted_r_squared, number(expected, "adj_r_squared_uncentred"));
    to.check_optional(&format!("{name} condition number"), fit.condition_number, &expected["condition_number_2norm"]);
    check_predictions(name, fit, expected, grants);
    assert_eq!(fit.f.df1, count(expected, "f_df1"), "{name}");
    assert_eq!(fit.f.df2, count(expected, "f_df2"), "{name}");
    if !grants.exact {
        check_noise(name, fit, expected, y, grants);
    }
}

/// Everything that comes from the residuals.
fn check_noise(name: &str, fit: &LeastSquaresFit, expected: &Value, y: &[f64], grants: Grants) {
    let to = grants.to;
    to.check(&format!("{name} sigma"), fit.sigma, number(expected, "sigma"));
    to.check(&format!("{name} RSS"), fit.rss, number(expected, "rss"));
    to.check(&format!("{name} F"), fit.f.statistic, number(expected, "f_statistic"));
    check_p(&format!("{name} F"), fit.f.p, fit.f.ln_p, number(expected, "f_p"), number(expected, "f_ln_p"));
    to.check(&format!("{name} log-likelihood"), fit.log_likelihood, number(expected, "loglik"));
    to.check(&format!("{name} AIC"), fit.aic, number(expected, "aic"));
    to.check(&format!("{name} BIC"), fit.bic, number(expected, "bic"));
    let covariance = fit.covariance();
    assert_eq!(covariance.len(), list(expected, "vcov").len());
    for (found, expected) in covariance.iter().zip(list(expected, "vcov")) {
        for (found, expected) in found.iter().zip(numbers(expected)) {
            to.check(&format!("{name} covariance"), *found, expected);
        }
    }
    let largest = y.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let to = if grants.collinear { Tolerance { relative: 0.0, absolute: 1e-10 * largest } } else { to };
    let probabilities = [0.0, 0.25, 0.5, 0.75, 1.0];
    for (probability, expected) in
        probabilities.into_iter().zip(numbers(&expected["residual_quantiles_0_25_50_75_100"]))
    {
        to.check(&format!("{name} residuals"), quantile(&fit.residuals, probability).unwrap(), expected);
    }
}

fn check_coefficient(name: &str, found: Option<&Coefficient>, expected: &Value, grants: Grants) {
    let Some(found) = found else {
        assert!(expected["estimate"].is_null(), "{name}: not estimated");
        return;
    };
    let to = grants.to;
    to.check(name, found.estimate, number(expected, "estimate"));
    if grants.exact {
        return;
    }
    to.check(&format!("{name} std error"), found.std_error, number(expected, "std_error"));
    to.check(&format!("{name} t"), found.t, number(expected, "t"));
    check_p(name, found.p, found.ln_p, number(expected, "p"), number(expected, "ln_p"));
    check_interval(name, found.interval, &expected["ci95"], to);
}

fn check_p(name: &str, p: f64, ln_p: f64, expected_p: f64, expected_ln_p: f64) {
    Tolerance { relative: 0.0, absolute: 1e-6 }.check(&format!("{name} ln p"), ln_p, expected_ln_p);
    if expected_p > 1e-300 {
        Tolerance::relative(1e-8).check(&format!("{name} p"), p, expected_p);
    }
}

fn check_interval(name: &str, found: Interval, expected: &Value, to: Tolerance) {
    let expected = numbers(expected);
    to.check(&format!("{name} lower limit"), found.low, expected[0]);
    to.check(&format!("{name} upper limit"), found.high, expected[1]);
}

fn check_predictions(name: &str, fit: &LeastSquaresFit, expected: &Value, grants: Grants) {
    for expected in expected["predict"].as_array().into_iter().flatten() {
        let row = Features::new(["S", "ConTh", "ConPr"].map(|name| (name, vec![number(expected, name)]))).unwrap();
        let found = fit.predict_with_intervals(&row, 0.95).unwrap()[0];
        grants.to.check(&format!("{name} prediction"), found.fit, number(expected, "fit"));
        if !grants.exact {
            grants.to.check(&format!("{name} prediction error"), found.std_error, number(expected, "se_fit"));
            check_interval(&format!("{name} prediction"), found.prediction, &expected["prediction95"], grants.to);
            check_interval(&format!("{name} confidence"), found.confidence, &expected["confidence95"], grants.to);
        }
    }
}

fn check_interaction(name: &str, columns: &Columns, expected: &Value, grants: Grants) {
    let x = features(columns, &["S", "ConTh", "ConPr"]);
    let found = LeastSquares::default().interaction(&x, &columns["T"], "ConTh", "ConPr").unwrap();
    if grants.exact {
        return; // an interaction of rounding noise
    }
    let to = grants.to;
    to.check(&format!("{name} interaction"), found.term.estimate, number(expected, "estimate"));
    to.check(&format!("{name} interaction std error"), found.term.std_error, number(expected, "std_error"));
    to.check(&format!("{name} interaction t"), found.term.t, number(expected, "t"));
    to.check(&format!("{name} interaction F"), found.f.statistic, number(expected, "f_vs_full"));
    let p = Tolerance::relative(1e-8);
    p.check(&format!("{name} interaction p"), found.term.p, number(expected, "p"));
    p.check(&format!("{name} interaction p of F"), found.f.p, number(expected, "p_vs_full"));
}

#[test]
fn classic_sets() {
    let mut cases = 0;
    let to = Tolerance::relative(1e-9);
    for case in list(&ReferenceSet::open("ols").json("classic.json"), "cases") {
        let name = text(case, "name");
        let columns = list(case, "x_columns").iter().enumerate();
        let x = Features::new(columns.map(|(at, values)| (format!("x{at}"), numbers(values)))).unwrap();
        let fit = LeastSquares::default().fit(&x, &numbers(&case["y"])).unwrap();
        for (at, term) in fit.terms.iter().enumerate() {
            let found = term.coefficient.as_ref().unwrap();
            to.check(name, found.estimate, numbers(&case["estimate"])[at]);
            to.check(&format!("{name} std error"), found.std_error, numbers(&case["std_error"])[at]);
            to.check(&format!("{name} t"), found.t, numbers(&case["t"])[at]);
            Tolerance::relative(1e-8).check(&format!("{name} p"), found.p, numbers(&case["p"])[at]);
        }
        to.check(&format!("{name} sigma"), fit.sigma, number(case, "sigma"));
        to.check(&format!("{name} R2"), fit.r_squared, number(case, "r_squared_uncentred"));
        to.check(&format!("{name} F"), fit.f.statistic, number(case, "f_statistic"));
        assert_eq!((fit.f.df1, fit.f.df2), (count(case, "f_df1"), count(case, "f_df2")), "{name}");
        cases += 1;
    }
    report("classic least squares", cases);
}
