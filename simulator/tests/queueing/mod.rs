//! Whole runs of the engine against the closed forms of queueing theory.
//!
//! Each system is built from the parts of a grid: a pool of slots serves in order of arrival, so do the slots of an FTS
//! link, and a link shares. The time-average of the number in the system is integrated exactly from the recorded rows.
//! It is accepted within four standard errors, from the closed form of its variance where there is one and from batch
//! means otherwise. Seeds are fixed.

mod estimate;
mod service;
mod shared;
mod slots;
mod streamed;
mod twin;

use dapple_records::RunOutput;
use serde::Deserialize;
use serde_json::Value;

use crate::grid::seconds;
use crate::reference::ReferenceSet;

/// Models that no part of a grid behaves like: the engine neither turns arrivals away, nor has priorities, nor sends
/// what it has served back into a queue.
const NOT_SIMULATED: [&str; 6] =
    ["M/G/c/c", "M/M/c/K", "M/G/1 non-preemptive priority", "Jackson", "closed MVA", "DTN Weibull loss"];

/// Models that are simulated here.
const SIMULATED: [&str; 9] = [
    "M/M/1",
    "M/M/c",
    "M/G/inf",
    "M/G/1",
    "M/G/1-PS",
    "D/M/1",
    "M[X]/G/1",
    "PS link with per-flow cap",
    "DTN Weibull queue",
];

/// The remote access law under Poisson arrivals.
const REGRESSION: &str = "regression fluid, single-thread processes";

#[derive(Deserialize)]
struct Index {
    files: Vec<String>,
}

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

/// One closed form.
#[derive(Deserialize)]
struct Case {
    model: String,
    parameters: Value,
    results: Value,
    #[serde(default)]
    planning: Value,
}

impl Case {
    fn parameter(&self, name: &str) -> f64 {
        self.parameters[name].as_f64().unwrap_or_else(|| panic!("{} has no parameter {name}", self.model))
    }

    fn result(&self, name: &str) -> f64 {
        self.results[name].as_f64().unwrap_or_else(|| panic!("{} has no result {name}", self.model))
    }

    /// Variance of a time average of the number in the system over T, times T, for exponential service.
    fn variance(&self) -> Option<f64> {
        let keys = ["asymptotic_variance_of_time_average_L", "asymptotic_variance_of_time_average_L_if_exponential"];
        keys.iter().find_map(|key| self.planning[*key].as_f64())
    }

    /// Length of the run after the warm-up [s]: that which knows the number in the system to a tenth, if this takes
    /// no more than some 200 000 arrivals.
    fn length(&self) -> f64 {
        let (rate, number) = (self.parameter("lam"), self.result("L"));
        let variance = self.variance().expect("birth-death models have one");
        (16.0 * variance / (0.1 * number).powi(2)).clamp(30_000.0 / rate, 210_000.0 / rate)
    }

    fn name(&self) -> String {
        let fields = self.parameters.as_object().expect("parameters have names").iter();
        let parameters: Vec<String> = fields.map(|(name, value)| format!("{name} {value}").replace('"', "")).collect();
        format!("{}: {}", self.model, parameters.join(", "))
    }
}

fn all_cases() -> Vec<Case> {
    let set = ReferenceSet::open("queueing");
    let index: Index = set.index();
    let read = |file: &String| set.json::<Cases>(file).cases;
    index.files.iter().flat_map(read).collect()
}

/// The closed forms of one model; there is at least one.
fn cases_of(model: &str) -> Vec<Case> {
    let cases: Vec<Case> = all_cases().into_iter().filter(|case| case.model == model).collect();
    assert!(!cases.is_empty(), "no closed form of {model}");
    println!("{model}: {} cases", cases.len());
    cases
}

#[test]
fn every_closed_form_is_simulated_or_named_as_left_out() {
    let cases = all_cases();
    let simulated = |case: &&Case| SIMULATED.contains(&case.model.as_str()) || case.model == REGRESSION;
    let left_out = cases.iter().filter(|case| NOT_SIMULATED.contains(&case.model.as_str())).count();
    let simulated = cases.iter().filter(simulated).count();
    println!("queueing: {} closed forms, {simulated} simulated, {left_out} left out", cases.len());
    assert_eq!(simulated + left_out, cases.len());
}

/// From entering to leaving [s], of everything that entered; infinite where it had not left.
fn stays(output: &RunOutput, table: &str, entered: &str, left: &str) -> Vec<(f64, f64)> {
    let ends = seconds(output, table, left).into_iter().map(|at| at.unwrap_or(f64::INFINITY));
    seconds(output, table, entered).into_iter().zip(ends).filter_map(|(from, until)| Some((from?, until))).collect()
}
