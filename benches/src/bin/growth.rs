//! How the cost of one event grows with the number of flows and of classes.

use clap::Parser;
use dapple_benches::{Input, Prepared, drive, generators, usage};

/// Prints CPU time per event over the number of concurrent flows and of classes, and the exponents of their growth.
#[derive(Parser)]
struct Arguments {
    /// Most flows on the one link; from 100 on in steps of ten.
    #[arg(long, default_value_t = 1_000_000)]
    flows: u32,
    /// Most hosts of the star; from 8 on in steps of two. n hosts have n (n - 1) classes of one flow.
    #[arg(long, default_value_t = 128)]
    hosts: u32,
}

/// CPU seconds for which a case is repeated at least.
const AT_LEAST_S: f64 = 0.2;

fn main() {
    let Arguments { flows, hosts } = Arguments::parse();
    let counts = std::iter::successors(Some(100), |n: &u32| n.checked_mul(10)).take_while(|n| *n <= flows);
    table("flows of one class", counts.map(|n| (n, generators::one_link(n, 1))));
    println!();
    let counts = std::iter::successors(Some(8), |n: &u32| n.checked_mul(2)).take_while(|n| *n <= hosts);
    table("classes of one flow", counts.map(|n| (n * (n - 1), generators::star(n, 1))));
}

fn table(what: &str, cases: impl Iterator<Item = (u32, Input)>) {
    println!("| {what} | events | CPU s | ns an event | solutions |");
    println!("|--:|--:|--:|--:|--:|");
    let mut points = Vec::new();
    for (n, input) in cases {
        let (mut runs, mut total) = (0, 0.0);
        let mut outcome = dapple_benches::Counts::default();
        while total < AT_LEAST_S {
            let prepared = Prepared::new(&input);
            let (result, took) = usage::measured(|| drive(prepared, &input, |_, _| {}));
            (outcome, runs, total) = (result, runs + 1, total + took);
        }
        let cpu_s = total / f64::from(runs);
        let per_event = 1e9 * cpu_s / outcome.events as f64;
        println!("| {n} | {} | {cpu_s:.6} | {per_event:.0} | {} |", outcome.events, outcome.solutions);
        points.push((f64::from(n).ln(), per_event.ln()));
    }
    if let Some(exponent) = slope(&points) {
        println!("\nCost of an event in proportion to n^{exponent:.2} (least squares over logarithms).");
    }
}

/// Slope of the least-squares line; `None` for fewer than two points.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|it| it.0).sum::<f64>() / n, points.iter().map(|it| it.1).sum::<f64>() / n);
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (points.len() > 1).then(|| covariance / variance)
}
