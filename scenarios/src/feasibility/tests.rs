//! Figures worked out by hand.

use std::path::Path;

use crate::{LoadOptions, Registry, load_text, load_text_with};

/// A pool of 10 x 8 slots at `B`, data at `A`, a link of 100 MB/s between.
fn scenario(pool: &str, workload: &str, policies: &str) -> String {
    format!(
        r#"(
    name: "feasible", horizon: Hours(10),
    topology: (
        sites: [(name: "A"), (name: "B")],
        rses: [(name: "A_D", site: "A", capacity: TB(100), read: MBps(400)), (name: "B_D", site: "B", capacity: TB(1), write: MBps(50))],
        pools: [(name: "WN", site: "B", nodes: 10, slots: 8{pool})],
        links: [(name: "A-B", from: "A", to: "B", bandwidth: MBps(100))],
    ),
    data: (datasets: [
        (name: "aod", files: 100, size: LogNormal(median: GB(2), sigma: 0.5), replicas: ["A_D"]),
        (name: "daod", files: 100, size: Uniform(low: GB(1), high: GB(4)), replicas: ["A_D"]),
    ]),
    workload: [{workload}],
    policies: [{policies}],
)"#
    )
}

fn warnings(text: &str) -> Vec<String> {
    let loaded = load_text("test.ron", text, Path::new(""), &[], &Registry::standard());
    loaded.unwrap_or_else(|problems| panic!("{problems}")).warnings
}

fn jobs(name: &str, per_hour: f64, inputs: &str, more: &str) -> String {
    format!(r#"Jobs(name: "{name}", pool: "WN", arrivals: Poisson(per_hour: {per_hour:?}), inputs: {inputs}{more}),"#)
}

const STAGE_IN: &str = r#"(name: "stage-in", access: StageIn)"#;
const REMOTE: &str = r#"(name: "remote", access: AlwaysRemote)"#;

/// The percentages in warnings about scratch space, in order of the workload.
fn percentages(warnings: &[String]) -> Vec<f64> {
    let about =
        warnings.iter().filter(|warning| warning.contains("scratch space of pool `WN` (2.00 GB for each node)"));
    about
        .map(|warning| warning.split(['t', '%']).nth(1).expect("about x %").trim().parse().expect("a number"))
        .collect()
}

/// Uniform(1, 4) is above 2 with probability 2/3. A log-normal is above its median with 1/2; the sum of two of them, by numerical
/// convolution, is above it with 0.9816. Of 10 + 12 + 6 jobs an hour these are 0.766: about three quarters fail.
#[test]
fn files_larger_than_scratch_are_told_with_their_share() {
    let workload = [
        jobs("cern", 10.0, r#"Dataset(dataset: "daod", pick: Zipf(exponent: 1.0))"#, ""),
        jobs("cnaf", 12.0, r#"Dataset(dataset: "aod", files: 2)"#, ""),
        jobs("kit", 6.0, r#"Dataset(dataset: "aod")"#, ""),
    ]
    .concat();
    let text = scenario(", scratch: GB(2)", &workload, &[REMOTE, STAGE_IN].join(", "));
    let warnings = warnings(&text);
    let shares = percentages(&warnings);
    let mut expected = vec![66.7, 98.2, 50.0];
    let mut found = shares.clone();
    expected.sort_by(f64::total_cmp);
    found.sort_by(f64::total_cmp);
    assert_eq!(found.len(), 3, "{warnings:?}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= 1.0, "{warnings:?}");
    }
    let failing = (found[0] * 6.0 + found[1] * 10.0 + found[2] * 12.0) / 28.0;
    assert!((failing - 76.6).abs() < 1.0, "{failing} % of the jobs");
    assert!(
        warnings.iter().any(|warning| warning.contains("dataset `daod`") && warning.contains("`cern`")),
        "{warnings:?}"
    );

    // Nobody stages in, or there is room: nothing to tell.
    let about_scratch = |text: &str| percentages(&self::warnings(text)).len();
    assert_eq!(about_scratch(&scenario(", scratch: GB(2)", &workload, REMOTE)), 0);
    assert_eq!(about_scratch(&scenario(", scratch: GB(2000)", &workload, STAGE_IN)), 0);
    assert_eq!(about_scratch(&scenario("", &workload, STAGE_IN)), 0);
}

/// 134 jobs an hour of 0.8 h on 80 slots: 107.2 slots busy, 1.34 times what there is.
#[test]
fn more_jobs_than_slots_are_told() {
    let compute = ", compute: (fixed: Constant(Minutes(48)))";
    let found = |pool: &str, per_hour: f64| warnings(&scenario(pool, &jobs("j", per_hour, "None", compute), REMOTE));
    assert_eq!(
        found("", 134.0),
        [
            "jobs offer at least 1.34 x the 80 slots of pool `WN`, by their compute time alone: queues grow until the horizon"
        ]
    );
    assert_eq!(found("", 99.0), Vec::<String>::new());
    assert_eq!(found(", speed: 2.0", 134.0), Vec::<String>::new(), "nodes twice as fast");
    assert!(found(", speed: 0.5", 134.0)[0].contains("2.68 x"));
}

/// 120 transfers an hour of 3.6 GB are 120 MB/s: 1.20 of the link, 2.40 of the 50 MB/s that are written.
#[test]
fn more_traffic_than_links_and_rses_carry_is_told() {
    let stream = |per_hour: f64| {
        let arrivals = format!("arrivals: Poisson(per_hour: {per_hour:?})");
        format!(
            r#"Transfers(name: "t", source: "A_D", destinations: ["B_D"], {arrivals}, size: Exponential(mean: GB(3.6))),"#
        )
    };
    let found = warnings(&scenario("", &stream(120.0), REMOTE));
    assert_eq!(
        found,
        [
            "link `A-B` is offered 1.20 x what it carries until the horizon",
            "the write limit of RSE `B_D` is offered 2.40 x what it carries until the horizon",
        ]
    );
    assert_eq!(warnings(&scenario("", &stream(49.0), REMOTE)), Vec::<String>::new());
    let half = scenario("", &stream(49.0), REMOTE).replace("MBps(100))", "MBps(100), sharing: PerFlow)");
    assert_eq!(warnings(&half), Vec::<String>::new());
}

/// Jobs read 0.4 of 2.5 GB: 130 an hour are 36 MB/s remotely and 90 MB/s staged in, beside 45 MB/s of transfers the other way.
#[test]
fn what_jobs_read_counts_by_policy_and_both_ways_of_a_half_duplex_wire_together() {
    let back = r#"Transfers(name: "t", source: "B_D", destinations: ["A_D"], arrivals: Poisson(per_hour: 45.0), size: Constant(GB(3.6))),"#;
    let reads = jobs("j", 129.6, r#"Dataset(dataset: "daod")"#, ", read_fraction: 0.4");
    let text = scenario("", &(reads + back), &[REMOTE, STAGE_IN].join(", "));
    assert_eq!(warnings(&text), Vec::<String>::new(), "each way for itself");
    let half = text.replace("MBps(100))", "MBps(100), duplex: Half)");
    assert_eq!(
        warnings(&half),
        ["link `A-B` is offered 1.35 x what it carries until the horizon, under policy set `stage-in`"]
    );
}

/// Jobs of two files each: those that look at each file alone may overfill a node, those of one file may not.
#[test]
fn scratch_space_is_a_matter_of_those_who_stage_in_what_does_not_fit() {
    const PLACE: &str = r#"(name: "place", access: Place())"#;
    let random = r#"(name: "random", access: Random)"#;
    let told = |files: u32, policies: &[&str]| {
        let inputs = format!(r#"Dataset(dataset: "aod", files: {files})"#);
        warnings(&scenario(", scratch: GB(2)", &jobs("j", 1.0, &inputs, ""), &policies.join(", ")))
    };
    assert_eq!(told(1, &[PLACE, random, REMOTE]), Vec::<String>::new(), "these stream what does not fit");
    assert!(told(1, &[PLACE, STAGE_IN])[0].ends_with("their jobs fail (policy set `stage-in`)"));
    assert!(told(2, &[PLACE, STAGE_IN, REMOTE])[0].ends_with("their jobs fail (policy sets `place`, `stage-in`)"));
}

/// A job that holds 4 slots for 48 minutes counts four times: 33.5 of them an hour are 134 of one slot.
#[test]
fn jobs_count_with_the_slots_that_they_hold() {
    let job = |slots: &str| jobs("j", 33.5, "None", &format!(", compute: (fixed: Constant(Minutes(48))){slots}"));
    assert!(
        warnings(&scenario("", &job(", slots: 4"), REMOTE))[0].starts_with("jobs offer at least 1.34 x the 80 slots")
    );
    assert_eq!(warnings(&scenario("", &job(""), REMOTE)), Vec::<String>::new());
}

/// What may be placed at `B`, an RSE of 1 TB, until the horizon of 10 h.
#[test]
fn more_placements_than_space_are_told_as_what_they_are_at_most() {
    let told = |per_hour: f64, inputs: &str, policies: &[&str]| {
        warnings(&scenario("", &jobs("j", per_hour, inputs, ""), &policies.join(", ")))
    };
    let place = |uses: u32| format!(r#"(name: "place", access: Place(min_reuse: {uses}))"#);
    let once = |rse: &str, files: u32| format!(r#"Fresh(rse: "{rse}", files: {files}, size: Constant(GB(1)))"#);
    // 100 jobs an hour bring 2 files of 1 GB each: 2 TB.
    let most = "policy set `place` may place up to 2.00 TB at site `B` until the horizon, where 1.00 TB are free: \
                what finds no room is streamed, waits or fails (`when_full`)";
    assert_eq!(told(100.0, &once("A_D", 2), &[REMOTE, &place(1)]), [most]);
    assert_eq!(
        told(100.0, &once("A_D", 2), &[REMOTE, STAGE_IN, &place(2)]),
        Vec::<String>::new(),
        "nobody reads twice"
    );
    assert_eq!(
        told(100.0, &once("B_D", 2), &[REMOTE, &place(1)]),
        Vec::<String>::new(),
        "they are there, and take none"
    );
    // However often, 100 files of 2.5 GB are placed once each.
    assert_eq!(told(1000.0, r#"Dataset(dataset: "daod")"#, &[&place(1)]), Vec::<String>::new());
    // It is no fault: what finds no room is streamed.
    let text = scenario("", &jobs("j", 100.0, &once("A_D", 2), ""), &place(1));
    let options = LoadOptions { strict: true, ..LoadOptions::default() };
    let loaded = load_text_with("test.ron", &text, Path::new(""), &options, &Registry::standard());
    assert_eq!(loaded.unwrap_or_else(|problems| panic!("{problems}")).warnings, [most]);
}

#[test]
fn nothing_is_said_of_fillers() {
    // The speed cannot be read; a filler in its place is no reason for more.
    let compute = ", compute: (fixed: Constant(Minutes(48)))";
    let text = scenario(", speed: fast", &jobs("j", 134.0, "None", compute), REMOTE);
    let options = LoadOptions { strict: true, ..LoadOptions::default() };
    let refused = load_text_with("test.ron", &text, Path::new(""), &options, &Registry::standard());
    assert_eq!(refused.expect_err("no number").len(), 1);
}

#[test]
fn what_cannot_work_is_refused_where_a_scenario_must_be_clean() {
    let compute = ", compute: (fixed: Constant(Minutes(48)))";
    let text = scenario("", &jobs("j", 134.0, "None", compute), REMOTE);
    let options = LoadOptions { strict: true, ..LoadOptions::default() };
    let refused = load_text_with("test.ron", &text, Path::new(""), &options, &Registry::standard());
    let refused = refused.expect_err("more jobs than slots");
    let problem = refused.iter().next().expect("one");
    assert_eq!((problem.path.as_str(), problem.line), ("topology.pools.WN", 6), "{refused}");
}
