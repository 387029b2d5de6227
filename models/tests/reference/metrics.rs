//! Error measures, normalisations and recommender scores against scikit-learn and independent formulas.

use dapple_models::PredictionErrors;
use dapple_models::metrics::{
    Confusion, LogNormalisation, MinMaxScaling, StandardDeviation, seasonal_naive_scale, top_k_accuracy,
    user_top_k_accuracy,
};
use serde_json::Value;

use super::{ReferenceSet, Tolerance, count, list, number, numbers, report, text};

const LISTED: [&str; 4] =
    ["regression_metrics.json", "log_normalisation.json", "minmax_scaling.json", "recommender_metrics.json"];

#[test]
fn every_file_of_the_index_is_checked() {
    let index = ReferenceSet::open("metrics").index();
    let files: Vec<&str> = list(&index, "files").iter().filter_map(Value::as_str).collect();
    for file in &files {
        assert!(LISTED.contains(file), "{file} is not checked");
    }
    report("metric files", files.len());
}

#[test]
fn regression_metrics() {
    let (mut cases, mut values) = (0, 0);
    for case in list(&ReferenceSet::open("metrics").json(LISTED[0]), "cases") {
        let (y, prediction) = (numbers(&case["y"]), numbers(&case["prediction"]));
        let errors = PredictionErrors::new(&y, &prediction).unwrap();
        let name = text(case, "name");
        let largest = y.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let hard = name == "cancellation";
        let to =
            if hard { Tolerance::relative(1e-6) } else { Tolerance { relative: 1e-10, absolute: 1e-12 * largest } };
        for block in ["sklearn", "formula"] {
            for (key, expected) in case[block].as_object().unwrap() {
                if hard && (key.contains("msle") || key.contains("deviance")) {
                    continue; // left out by the reference: logarithms of nearly equal large numbers
                }
                check(&errors, key, expected, case, to);
                values += 1;
            }
        }
        for entry in list(case, "fogp") {
            assert_eq!(errors.fogp(number(entry, "tau")), number(entry, "value"), "{name}: FoGP {entry}");
            values += 1;
        }
        cases += 1;
    }
    println!("{values} values");
    report("regression metrics", cases);
}

fn check(errors: &PredictionErrors<'_>, key: &str, expected: &Value, case: &Value, to: Tolerance) {
    let what = format!("{} {key}", text(case, "name"));
    let found = match key {
        "re" => return check_relative_errors(errors, expected, &what, to),
        "mase_in_sample_naive" => return check_mase(errors, expected, case, to),
        "mse" => Some(errors.mse()),
        "rmse" => Some(errors.rmse()),
        "mae" => Some(errors.mae()),
        "medae" => Some(errors.median_absolute_error()),
        "max_error" => Some(errors.max_error()),
        "msle" | "msle_formula" => errors.msle(),
        "rmsle" => errors.rmsle(),
        "explained_variance" => Some(errors.explained_variance_or_convention()),
        "explained_variance_formula" => errors.explained_variance(),
        "r2" => errors.r2_or_convention(),
        "r2_formula" => errors.r2(),
        "mape_fraction_sklearn" => Some(errors.mape_clamped()),
        "mape_percent_seed" => errors.mape_percent_signed(),
        "mape_percent_abs" => errors.mape_percent(),
        "medape_percent_abs" => errors.median_ape_percent(),
        "smape_percent_0_200" => errors.smape_percent(),
        "smape_percent_0_200_zero_over_zero_is_0" => Some(errors.smape_percent_or_zero()),
        "smedape_percent_0_200" => errors.median_symmetric_ape_percent(),
        "mean_poisson_deviance" => errors.mean_poisson_deviance(),
        "mean_gamma_deviance" => errors.mean_gamma_deviance(),
        "nrmse_range" => errors.nrmse_by_range(),
        "nrmse_mean" => errors.nrmse_by_mean(),
        "nrmse_sd_n_minus_1" => errors.nrmse_by_sd(),
        "bias" => Some(errors.bias()),
        _ => panic!("{what}: no such measure here"),
    };
    to.check_json(&what, found, expected);
}

/// The reference prints them for short series only.
fn check_relative_errors(errors: &PredictionErrors<'_>, expected: &Value, what: &str, to: Tolerance) {
    let Some(expected) = expected.as_array() else {
        return;
    };
    let found = errors.relative_errors();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.into_iter().zip(expected) {
        to.check_json(what, found, expected);
    }
}

fn check_mase(errors: &PredictionErrors<'_>, expected: &Value, case: &Value, to: Tolerance) {
    let (train, season) = (numbers(&case["train"]), count(expected, "m"));
    to.check_json("scale", seasonal_naive_scale(&train, season), &expected["scale"]);
    to.check_json("MASE", errors.mase(&train, season), &expected["value"]);
}

#[test]
fn log_normalisation() {
    let mut cases = 0;
    for case in list(&ReferenceSet::open("metrics").json(LISTED[1]), "cases") {
        let x = numbers(&case["x"]);
        for (key, deviation) in [("ddof0", StandardDeviation::Population), ("ddof1", StandardDeviation::Sample)] {
            let normalisation = LogNormalisation::learn(&x, deviation).unwrap();
            check_transformed(&x, |x| normalisation.apply(x), &numbers(&case[key]));
        }
        cases += 1;
    }
    report("log normalisation", cases);
}

#[test]
fn minmax_scaling() {
    let mut cases = 0;
    for case in list(&ReferenceSet::open("metrics").json(LISTED[2]), "cases") {
        let x = numbers(&case["x"]);
        let scaling = MinMaxScaling::learn(&x).unwrap();
        check_transformed(&x, |x| scaling.apply(x), &numbers(&case["scaled"]));
        cases += 1;
    }
    report("min-max scaling", cases);
}

/// Relative 1e-10, absolute 1e-12 times the largest of the reference values.
fn check_transformed(x: &[f64], apply: impl Fn(f64) -> f64, expected: &[f64]) {
    assert_eq!(x.len(), expected.len());
    let largest = expected.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let to = Tolerance { relative: 1e-10, absolute: 1e-12 * largest };
    for (x, expected) in x.iter().zip(expected) {
        to.check("transformed", apply(*x), *expected);
    }
}

#[test]
fn recommender_metrics() {
    let to = Tolerance { relative: 1e-10, absolute: 1e-12 };
    let file = ReferenceSet::open("metrics").json(LISTED[3]);
    let ids = |value: &Value| -> Vec<u64> { value.as_array().unwrap().iter().filter_map(Value::as_u64).collect() };
    let mut cases = 0;
    for case in list(&file, "accuracy") {
        let (user, truth) = (ids(&case["user"]), ids(&case["truth"]));
        let ranked: Vec<Vec<u64>> = list(case, "ranked3").iter().map(ids).collect();
        for k in [1, 3] {
            let total = top_k_accuracy(&truth, &ranked, k).unwrap();
            to.check("total accuracy", total, number(case, &format!("total_accuracy_top{k}")));
            let by_user = user_top_k_accuracy(&user, &truth, &ranked, k).unwrap();
            to.check("user accuracy", by_user, number(case, &format!("user_accuracy_top{k}")));
        }
        cases += 1;
    }
    for case in list(&file, "precision_recall") {
        let flags = |key: &str| -> Vec<bool> { ids(&case[key]).iter().map(|&flag| flag == 1).collect() };
        let confusion = Confusion::count(&flags("predicted"), &flags("actual")).unwrap();
        assert_eq!(confusion.true_positives, count(case, "tp"));
        assert_eq!(confusion.false_positives, count(case, "fp"));
        assert_eq!(confusion.false_negatives, count(case, "fn"));
        to.check_json("precision", confusion.precision(), &case["precision"]);
        to.check_json("recall", confusion.recall(), &case["recall"]);
        cases += 1;
    }
    report("recommender metrics", cases);
}
