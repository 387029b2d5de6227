//! The scenarios about limits that tune themselves do what their comments say.

use dapple_records::{ColumnData, RunOutput, record};
use dapple_scenarios::{LoadOptions, Registry, Scenario, load_bundled};
use dapple_simulator::facts::NoObserver;

fn scenario(name: &str) -> Scenario {
    load_bundled(name, &LoadOptions::default(), &Registry::standard()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// One run, with other values at some paths.
fn run(scenario: &Scenario, seed: u64, point: &[(&str, &str)]) -> RunOutput {
    let seed = ("seed".to_owned(), seed.to_string());
    let point = point.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned()));
    let scenario =
        scenario.at(&point.chain([seed]).collect::<Vec<_>>()).unwrap_or_else(|problems| panic!("{problems}"));
    let mut policies = scenario.policies[0].build().expect("it could be built before");
    record((&scenario.setup, &scenario.record), &mut policies, scenario.seed, &mut NoObserver).expect("it ends well")
}

/// A column of instants in seconds; empty where there is none.
fn seconds(output: &RunOutput, column: &str) -> Vec<Option<f64>> {
    let table = output.tables.iter().find(|table| table.schema.name == "requests").expect("they are recorded");
    let nth = table.schema.columns.iter().position(|c| c.name == column).expect("a column");
    match &table.columns[nth] {
        ColumnData::Int(values) => values.iter().map(|at| at.map(|at| at as f64 / 1e9)).collect(),
        _ => panic!("`{column}` is no instant"),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean and its standard error.
fn estimate(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean(values)).powi(2)).sum();
    (mean(values), (squares / (n - 1.0) / n).sqrt())
}

/// Rate of the node with so many transfers, in files of the mean size each second.
fn node(active: u32) -> f64 {
    let (amplitude, shape, scale) = (9.0, 1.7_f64, 22.0);
    let x = f64::from(active) / scale;
    amplitude * shape / scale * x.powf(shape - 1.0) * (-x.powf(shape)).exp()
}

const OFFERED: f64 = 897.77 / 3600.0;

/// Mean time in the system with so many slots and an endless queue: a birth-death chain.
fn stay(slots: u32) -> f64 {
    let (mut weight, mut total, mut files) = (1.0, 1.0, 0.0);
    for n in 1..10_000 {
        weight *= OFFERED / node(n.min(slots));
        total += weight;
        files += f64::from(n) * weight;
    }
    files / total / OFFERED
}

/// Mean time until so many are active for the first time, from none on.
fn fills(slots: u32) -> f64 {
    let (mut step, mut total) = (0.0, 0.0);
    for n in 0..slots {
        step = (1.0 + if n == 0 { 0.0 } else { node(n) * step }) / OFFERED;
        total += step;
    }
    total
}

/// When so many were active for the first time.
fn filled_at(output: &RunOutput, slots: usize) -> Option<f64> {
    let mut changes: Vec<(f64, i32)> =
        seconds(output, "started_at_ns").into_iter().flatten().map(|at| (at, 1)).collect();
    changes.extend(seconds(output, "transferred_at_ns").into_iter().flatten().map(|at| (at, -1)));
    changes.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
    let mut active = 0;
    changes.into_iter().find_map(|(at, change)| {
        active += change;
        (active >= slots as i32).then_some(at)
    })
}

#[test]
fn a_node_with_40_slots_looks_healthy_for_two_hours_and_collapses() {
    let scenario = scenario("services/dtn-collapse.ron");
    let of = |slots: &'static str, figure: &dyn Fn(&RunOutput) -> f64| {
        // Without passes, which let each file wait for a second.
        let at_once = ("services.fts.scheduling_interval", "Seconds(0)");
        let point = [at_once, ("services.fts.max_active_per_link", slots), ("record", "Rows")];
        (1..=20).map(|seed| figure(&run(&scenario, seed, &point))).collect::<Vec<f64>>()
    };
    let stays = |output: &RunOutput| {
        let (created, arrived) = (seconds(output, "created_at_ns"), seconds(output, "transferred_at_ns"));
        let stays = created.into_iter().zip(arrived).filter_map(|(from, to)| Some(to? - from?));
        mean(&stays.collect::<Vec<_>>())
    };
    let (stay_of_13, error) = estimate(&of("13", &stays));
    println!("13 slots: {stay_of_13:.2} s +- {error:.2}, by the chain {:.2}", stay(13));
    assert!((stay_of_13 - stay(13)).abs() < 4.0 * error, "{stay_of_13} s, by the chain {}", stay(13));

    let (filled, error) = estimate(&of("40", &|output| filled_at(output, 40).expect("within 12 hours")));
    println!("40 slots: full after {filled:.0} s +- {error:.0}, by the chain {:.0}", fills(40));
    assert!((filled - fills(40)).abs() < 4.0 * error, "{filled} s, by the chain {}", fills(40));
}

/// Values of a quantity of the link in the order of the samples.
fn sampled(output: &RunOutput, quantity: &str) -> Vec<f64> {
    let table = output.tables.iter().find(|table| table.schema.name == "series").expect("they are recorded");
    let quantities = table.texts("quantity").expect("they are told apart");
    let entities = table.texts("entity").expect("they are of something");
    let rows = quantities.iter().zip(entities.iter()).zip(table.floats("value").expect("they have values").iter());
    let of_link = |((what, of), value): ((Option<&str>, Option<&str>), Option<f64>)| {
        (what == Some(quantity) && of.is_some_and(|of| of.contains(" > "))).then_some(value?)
    };
    rows.filter_map(of_link).collect()
}

/// The shares of files done that the scenario's comment tells: rows by optimiser, columns by the most files at once.
#[test]
fn an_optimiser_does_not_see_the_node_collapse() {
    let scenario = scenario("services/dtn-collapse.ron");
    let done = |optimizer: &str, most: &str| {
        let point = [("services.fts.optimizer", optimizer), ("services.fts.max_active_per_link", most)];
        let share = |output: &RunOutput| output.counters.requests_done as f64 / output.counters.requests_created as f64;
        estimate(&(1..=8).map(|seed| share(&run(&scenario, seed, &point))).collect::<Vec<_>>())
    };
    for (optimizer, told) in
        [("None", [0.999, 0.41, 0.19]), ("(rules: V313)", [0.999, 0.76, 0.33]), ("(rules: V314)", [0.999, 0.62, 0.35])]
    {
        for (most, told) in ["13", "40", "130"].into_iter().zip(told) {
            let (found, error) = done(optimizer, most);
            assert!(
                (found - told).abs() < 4.0 * error + 0.005,
                "{optimizer} {most}: {found:.3} +- {error:.3}, not {told}"
            );
        }
    }
}

#[test]
fn the_optimiser_swings_where_files_run_out_of_time() {
    let scenario = scenario("services/dtn-collapse.ron");
    let point = [
        ("services.fts.optimizer", "(rules: V314)"),
        ("services.fts.max_active_per_link", "130"),
        ("record", "Tables(series: Rows, series_interval: Minutes(1))"),
    ];
    let limits = sampled(&run(&scenario, 1, &point), "limit");
    let late = &limits[120..];
    let (least, most) =
        late.iter().fold((f64::MAX, 0.0_f64), |(least, most), limit| (least.min(*limit), most.max(*limit)));
    assert!((10.0..30.0).contains(&least) && (65.0..100.0).contains(&most), "{least} to {most}");
    let middle = f64::midpoint(least, most);
    let crossings = late.windows(2).filter(|pair| (pair[0] < middle) != (pair[1] < middle)).count();
    // Ten hours of swings of 90 minutes, two crossings each.
    assert!((9..20).contains(&crossings), "{crossings} crossings of {middle}");
}

/// The numbers that the scenario's comment tells.
#[test]
fn the_knife_edge_is_where_its_comment_says() {
    let scenario = scenario("services/optimizer-knife-edge.ron");
    for (rules, failing, told) in [
        ("V313", "0.03", [97.0, 121.0, 126.0, 128.0]),
        ("V313", "0.04", [76.0, 92.0, 96.0, 111.0]),
        ("V313", "0.05", [61.0, 55.0, 42.0, 11.0]),
        ("V314", "0.03", [97.0, 121.0, 127.0, 129.0]),
        ("V314", "0.04", [75.0, 91.0, 105.0, 118.0]),
        ("V314", "0.05", [59.0, 53.0, 46.0, 30.0]),
    ] {
        let point = [
            ("services.fts.optimizer.rules", rules),
            ("services.copy.failures.0.probability", failing),
            ("record", "Tables(series: Rows, series_interval: Minutes(1))"),
        ];
        let runs: Vec<_> = (1..=20).map(|seed| sampled(&run(&scenario, seed, &point), "limit")).collect();
        for (minute, told) in [30, 60, 120, 720].into_iter().zip(told) {
            let (found, error) = estimate(&runs.iter().map(|run| run[minute]).collect::<Vec<_>>());
            assert!(
                (found - told).abs() < 4.0 * error + 0.5,
                "{rules} {failing} {minute}: {found:.1} +- {error:.1}, not {told}"
            );
        }
    }
}
