//! The scenarios that dapple ships: they load, read again from their resolved form, and are what they claim to be.

use std::path::{Path, PathBuf};

use dapple_records::{ColumnData, Kpi, RunOutput, TableData, record};
use dapple_scenarios::{LoadOptions, Registry, Scenario, load, load_bundled, load_text_with};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::workload::{Campaign, Distribution, WorkloadKind};

const COEFFICIENTS: [f64; 3] = [0.023568, 0.043705, 0.001538];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Loads a file that warns of nothing, and checks what holds for all of them.
fn shipped(name: &str) -> Scenario {
    warning(name, &[])
}

/// Loads a file of which this much is wrong by intention, and checks what holds for all of them.
fn warning(name: &str, of: &[&str]) -> Scenario {
    let path = folder().join(name);
    let registry = Registry::standard();
    let scenario = load(&path, &[], &registry).unwrap_or_else(|problems| panic!("{name}:\n{problems}"));
    assert_eq!(scenario.warnings, of, "{name}");
    let base = path.parent().expect("in a folder");
    let again = load_text_with("resolved", &scenario.resolved, base, &LoadOptions::default(), &registry)
        .unwrap_or_else(|problems| panic!("{name}:\n{problems}\n{}", scenario.resolved));
    assert_eq!((&again.resolved, &again.physics), (&scenario.resolved, &scenario.physics), "{name}");
    assert_eq!(again.experiment, scenario.experiment, "{name}");
    assert_eq!(format!("{:?}", again.setup), format!("{:?}", scenario.setup), "{name}");
    let bundled =
        load_bundled(name, &LoadOptions::default(), &registry).unwrap_or_else(|problems| panic!("{name}:\n{problems}"));
    assert_eq!((&bundled.text(), &bundled.physics), (&scenario.text(), &scenario.physics), "{name}");
    scenario
}

/// One run of a policy set, with other values at some paths.
fn one_run(scenario: &Scenario, policy: &str, point: &[(&str, &str)]) -> RunOutput {
    let point: Vec<(String, String)> = point.iter().map(|(path, value)| ((*path).into(), (*value).into())).collect();
    let scenario = scenario.at(&point).unwrap_or_else(|problems| panic!("{problems}"));
    let set = scenario.policies.iter().find(|set| set.name == policy).expect("it is compared");
    let mut policies = set.build().expect("it could be built before");
    let run = (&scenario.setup, &scenario.record);
    record(run, &mut policies, scenario.seed, &mut NoObserver).expect("the run ends well")
}

fn turnaround(output: &RunOutput) -> f64 {
    output.kpis.get(Kpi::JobTurnaround).expect("jobs ended")
}

#[test]
fn quickstart_is_small() {
    let scenario = shipped("quickstart/two-sites.ron");
    let size = scenario.experiment_size();
    assert_eq!(size.runs, 320);
    let events: u64 = scenario.policies.iter().map(|set| one_run(&scenario, &set.name, &[]).events).sum();
    assert!((20_000..300_000).contains(&events), "{events} events in one replication of all policies");
    let guessed = size.events * scenario.policies.len() as f64;
    assert!(guessed > events as f64 / 5.0 && guessed < events as f64 * 5.0, "{guessed} guessed, {events} events");
}

#[test]
fn the_first_link_by_name_gets_the_slots_of_a_full_storage() {
    let scenario = shipped("services/two-links.ron");
    // Of all files that start in the first hour, when both links have files queued, how many come from BNL.
    let share = |turns: &str| {
        let run = one_run(&scenario, "fts", &[("services.fts.pass_turns", turns)]);
        let requests = run.tables.iter().find(|table| table.schema.name == "requests").expect("kept");
        let started = requests.ints("started_at_ns").expect("has instants");
        let workloads = requests.texts("workload").expect("has names");
        let in_first_hour = started.iter().map(|at| at.is_some_and(|at| at < 3_600_000_000_000));
        let names: Vec<_> = workloads.iter().zip(in_first_hour).filter(|(_, starts)| *starts).map(|of| of.0).collect();
        assert!(names.len() > 300, "{} starts", names.len());
        names.iter().filter(|name| **name == Some("from-bnl")).count() as f64 / names.len() as f64
    };
    let (first, in_turn) = (share("FromTheFirst"), share("InTurn"));
    assert!(first > 0.8, "{first}");
    assert!((in_turn - 0.5).abs() < 0.05, "{in_turn}");
}

#[test]
fn rules_wait_for_daemons() {
    let scenario = shipped("services/rules.ron");
    let runs = ["instant", "cms2026", "rucio-defaults"]
        .map(|preset| one_run(&scenario, "production", &[("services.preset", &format!("{preset:?}"))]));
    let of = |kpi: Kpi| runs.each_ref().map(|run| run.kpis.get(kpi).expect("there are some"));
    // Small rules: nothing, two periods of a minute, one of ten minutes on average, beside the transfer itself.
    let [instant, cms, defaults] = of(Kpi::RucioQueueTime);
    assert!(
        instant == 0.0 && (30.0..130.0).contains(&cms) && (200.0..400.0).contains(&defaults),
        "{:?}",
        of(Kpi::RucioQueueTime)
    );
    let [instant, cms, defaults] = of(Kpi::RuleTtcP50);
    assert!(instant + 30.0 < cms && cms + 100.0 < defaults, "{:?}", of(Kpi::RuleTtcP50));
    assert!(of(Kpi::RulesOk).iter().all(|ok| *ok > 200.0), "{:?}", of(Kpi::RulesOk));
    // Whatever the services are set to, the same rules are asked for, and those of users are refused where they have one already.
    let table =
        |run: &RunOutput, name: &str| run.tables.iter().find(|table| table.schema.name == name).expect("kept").rows();
    assert!(table(&runs[0], "rules") > 300 && table(&runs[0], "rules") == table(&runs[1], "rules"));
    let refused = of(Kpi::RulesRefused);
    assert!(refused[0] > 0.0, "{refused:?}");
}

fn campaign(scenario: &Scenario) -> &Campaign {
    match &scenario.setup.workloads.values().next().expect("one workload").kind {
        WorkloadKind::Campaign(campaign) => campaign,
        other => panic!("a campaign is expected, not {other:?}"),
    }
}

#[test]
fn the_campaign_has_the_numbers_of_the_paper() {
    let scenario = shipped("papers/remote-access/campaign.ron");
    let campaign = campaign(&scenario);
    let steps = &campaign.steps;
    assert_eq!(steps.len(), 251, "28 April 00:00 to 30 April 14:30 every 15 minutes");
    let reads = |counts: &dyn Fn(&[u32], u32) -> bool| -> u32 {
        let of_step = |step: &Vec<u32>| -> u32 { step.iter().filter(|&&threads| counts(step, threads)).sum() };
        steps.iter().map(of_step).sum()
    };
    assert_eq!(reads(&|_, _| true), 1122);
    assert_eq!(reads(&|step, _| step.len() == 1), 342, "ConPr = 0");
    assert_eq!(reads(&|_, threads| threads == 1), 834, "ConTh = 0");
    assert!(steps.iter().all(|step| step.len() <= 12 && step.iter().all(|&threads| threads <= 4)));
    assert!(steps.iter().any(|step| step.len() == 12) && steps.iter().flatten().any(|&threads| threads == 4));

    // No read can last until the next step: T = a S + b ConTh + c ConPr with all other files of the step at their largest.
    let Distribution::Uniform { high, .. } = campaign.size else { panic!("uniform sizes") };
    let ([a, b, c], largest) = (COEFFICIENTS, high / 1e6);
    for step in steps {
        let all: u32 = step.iter().sum();
        for &threads in step {
            let slowest = largest * (a + b * f64::from(threads - 1) + c * f64::from(all - threads));
            assert!(slowest < campaign.every.as_secs_f64(), "{step:?}: {slowest} s");
        }
    }
}

fn numbers(table: &TableData, column: &str) -> Vec<f64> {
    let position = table.schema.position(column).expect("the column is there");
    let numbers: Option<Vec<f64>> = match &table.columns[position] {
        ColumnData::Int(cells) => cells.iter().map(|cell| cell.map(|cell| cell as f64)).collect(),
        ColumnData::Float(cells) => cells.iter().collect(),
        ColumnData::Text(_) => None,
    };
    numbers.unwrap_or_else(|| panic!("`{column}` has a number in each row"))
}

#[test]
fn a_run_of_the_campaign_measures_what_the_paper_measured() {
    let scenario = shipped("papers/remote-access/campaign.ron");
    let output = one_run(&scenario, "remote", &[]);
    let table = output.tables.iter().find(|table| table.schema.name == "reads").expect("reads are recorded");
    let (con_th, con_pr) = (numbers(table, "con_th_bytes"), numbers(table, "con_pr_bytes"));
    assert_eq!(con_th.len(), 1122);
    assert_eq!(con_pr.iter().filter(|bytes| **bytes < 1.0).count(), 342);
    assert_eq!(con_th.iter().filter(|bytes| **bytes < 1.0).count(), 834);
    // Nothing but the law limits, so it holds for every read; nanoseconds are rounded.
    let (sizes, started, ended) =
        (numbers(table, "size_bytes"), numbers(table, "started_at_ns"), numbers(table, "ended_at_ns"));
    let [a, b, c] = COEFFICIENTS;
    for read in 0..sizes.len() {
        let law = (a * sizes[read] + b * con_th[read] + c * con_pr[read]) / 1e6;
        let took = (ended[read] - started[read]) / 1e9;
        assert!((took - law).abs() < 1e-6, "read {read}: {took} s, law {law} s");
    }
}

#[test]
fn remote_access_goes_around_a_loaded_storage() {
    let scenario = shipped("papers/remote-access/loaded-storage.ron");
    let load = "workload.exports.arrivals.per_hour";
    // A queue at nine tenths of its capacity and more differs much from run to run.
    let seeds = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let took = |policy, load_now| {
        let of_seed = |seed| turnaround(&one_run(&scenario, policy, &[(load, load_now), ("seed", seed)]));
        seeds.map(of_seed).iter().sum::<f64>() / seeds.len() as f64
    };
    let (idle, busy) = (took("place", "200"), took("place", "1050"));
    assert!(busy > 1.5 * idle, "placement suffers: {idle} s, {busy} s");
    let (remote_idle, remote_busy) = (took("remote", "200"), took("remote", "1050"));
    assert!(
        (remote_busy - remote_idle).abs() < 0.01 * remote_idle,
        "remote access does not: {remote_idle}, {remote_busy}"
    );
    assert!(idle < remote_idle && remote_busy < busy, "the ways cross: {idle} < {remote_idle}, {remote_busy} < {busy}");
}

#[test]
fn remote_access_needs_no_scratch() {
    let scenario = shipped("papers/remote-access/full-scratch.ron");
    let scratch = "topology.pools.DC1_WN.scratch";
    let took = |policy, space| turnaround(&one_run(&scenario, policy, &[(scratch, space)]));
    let (short, ample) = (took("stage-in", "GB(6)"), took("stage-in", "GB(24)"));
    assert!(short > 1.5 * ample, "stage-in waits for space: {short} s, {ample} s");
    let (remote_short, remote_ample) = (took("remote", "GB(6)"), took("remote", "GB(24)"));
    assert!((remote_short - remote_ample).abs() < 1e-6, "remote access does not: {remote_short}, {remote_ample}");
    assert!(
        ample < remote_ample && remote_short < short,
        "the ways cross: {ample} < {remote_ample}, {remote_short} < {short}"
    );
}

#[test]
fn logs_say_where_they_are_missing() {
    let read = |data: Option<PathBuf>| {
        let options = LoadOptions { data, ..LoadOptions::default() };
        load_bundled("logs/hpss.ron", &options, &Registry::standard())
    };
    let told = read(None).expect_err("nobody said where").plain();
    assert!(told.contains("set DAPPLE_DATA to the folder that holds `hpss-transfers/transfers.csv.gz`"), "{told}");
    let told = read(Some(Path::new("nowhere").into())).expect_err("it is not there").plain();
    assert!(told.contains("there is no such file"), "{told}");
    let told = load_bundled("logs/hpsss.ron", &LoadOptions::default(), &Registry::standard()).expect_err("no such one");
    assert!(told.plain().contains("did you mean `logs/hpss.ron`?"), "{}", told.plain());
    // Everything but the log is checked without it.
    let stub = tempfile::tempdir().expect("a folder");
    let log = stub.path().join("hpss-transfers");
    std::fs::create_dir(&log).expect("a folder");
    let rows = "t_start_s,t_end_s,bytes,duration_s,kind\n1541624173.000,1541624180,5,7,migrate\n";
    std::fs::write(log.join("transfers.csv.gz"), rows).expect("a file");
    let scenario = read(Some(stub.path().into())).unwrap_or_else(|problems| panic!("{problems}"));
    assert!((scenario.experiment_size().transfers - 1.0).abs() < 1e-9);
}

/// The replica with the shortest queue is never the worse choice where everything else is equal.
#[test]
fn two_sources_shows_what_the_choice_of_a_replica_is_worth() {
    let scenario = shipped("lab/two-sources.ron");
    let ttc = |policy| one_run(&scenario, policy, &[]).kpis.get(Kpi::TtcP50).expect("files are placed");
    let (nearest, least_queue) = (ttc("nearest"), ttc("least-queue"));
    assert!(least_queue < 0.9 * nearest, "{least_queue} s against {nearest} s");
}

/// What its comments say of the three reapers.
#[test]
fn storage_full_shows_what_the_reaper_makes_of_a_full_disk() {
    let scenario = shipped("services/storage-full.ron");
    let texts = ["(every: Seconds(0))", "(every: Minutes(1), min_free_space: Share(0.1))"];
    let exact = "(every: Minutes(1), min_free_space: Share(0.1), need_by: LiveUsage)";
    let [off, shipped, exact] =
        [texts[0], texts[1], exact].map(|reaper| one_run(&scenario, "cache", &[("services.reaper", reaper)]));

    // The fill of the disk from hour to hour.
    let fill = |output: &RunOutput, from_h: f64, until_h: f64| -> (f64, f64) {
        let series = output.tables.iter().find(|table| table.schema.name == "series").expect("it is recorded");
        let (entities, quantities) = (series.texts("entity").expect("has"), series.texts("quantity").expect("has"));
        let (at, value) = (series.ints("at_ns").expect("has"), series.floats("value").expect("has"));
        let rows = entities.iter().zip(quantities.iter()).zip(at.iter().zip(value.iter()));
        let used = rows.filter(|(of, _)| *of == (Some("GRIF_DISK"), Some("used_bytes"))).filter_map(|(_, row)| {
            let hour = row.0? as f64 / 3.6e12;
            (from_h..until_h).contains(&hour).then_some(row.1? / 4e12)
        });
        used.fold((1.0, 0.0), |(low, high), share| (f64::min(low, share), f64::max(high, share)))
    };
    let summer = |output: &RunOutput, kpi: &str| -> Option<f64> {
        let groups = output.tables.iter().find(|table| table.schema.name == "groups").expect("every run has it");
        let at = groups.texts("group").expect("has").iter().position(|name| name == Some("summer-analysis"));
        groups.floats(kpi).expect("has").iter().nth(at.expect("it ran")).flatten()
    };
    assert_eq!(off.counters.replicas_deleted, 0);
    assert!(fill(&off, 0.0, 12.0).1 < 0.9 && fill(&off, 18.0, 48.0).0 > 0.999, "full after some 17 hours");
    assert_eq!(summer(&off, "placements").unwrap_or(0.0), 0.0);
    assert!(summer(&shipped, "placements").is_some_and(|placements| placements > 2_000.0));

    let (low, high) = fill(&shipped, 20.0, 48.0);
    assert!((0.84..0.88).contains(&low) && (0.91..0.94).contains(&high), "{low} to {high}");
    let (low, high) = fill(&exact, 20.0, 48.0);
    assert!((0.895..0.901).contains(&low) && (0.9..0.91).contains(&high), "{low} to {high}");

    let wan = |output: &RunOutput| output.kpis.get(Kpi::WanBytes).expect("bytes move");
    assert!((1.8..2.2).contains(&(wan(&off) / wan(&shipped))), "{} and {}", wan(&off), wan(&shipped));
    assert!((wan(&shipped) / wan(&exact) - 1.0).abs() < 0.01, "{} and {}", wan(&shipped), wan(&exact));
    assert_eq!(off.kpis.get(Kpi::Evictions), Some(0.0));
    assert!(shipped.kpis.get(Kpi::Evictions).is_some_and(|evictions| evictions > 2_500.0));
    assert!([off, shipped, exact].iter().all(|output| output.counters.jobs_failed == 0));
}

#[test]
fn links_that_tune_themselves_are_shipped() {
    shipped("services/dtn-collapse.ron");
    // Its queue is to be longer than the number of files at all times.
    warning("services/optimizer-knife-edge.ron", &["link `A-B` is offered 1.17 x what it carries until the horizon"]);
}

/// With FTS's daemons the files of a bulk start at its polls, 0, 300, 900, .. s after its request; without them as each is on disk. The
/// lone file is asked for 300 to 420 s after its submission, and noticed at the second poll; drives have it after 141 s.
#[test]
fn recalls_from_tape_start_on_the_grid_of_polls() {
    let scenario = shipped("services/tape-recall.ron");
    let starts = |staging: &str| {
        let output = one_run(&scenario, "production", &[("services.fts.staging", staging)]);
        let requests = output.tables.iter().find(|table| table.schema.name == "requests").expect("is recorded");
        let started = requests.ints("started_at_ns").expect("a column");
        let mut seconds: Vec<f64> = started.iter().flatten().map(|nanos| nanos as f64 / 1e9).collect();
        assert_eq!(seconds.len(), 201, "all are there in the end");
        seconds.sort_unstable_by(f64::total_cmp);
        let lone = seconds.pop().expect("the last one") - 4.0 * 3600.0;
        (seconds, lone)
    };
    let (at_once, lone) = starts("(every: Seconds(0))");
    assert!((lone - (90.0 + 40.0 + 4000.0 / 360.0)).abs() < 1e-6, "{lone}");
    let n_different = |seconds: &[f64]| seconds.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1;
    assert!(n_different(&at_once) >= 100, "each drive brings one after the other");
    let shipped = "(every: Seconds(60), wait: Seconds(300), polls: (first: Seconds(300), every: Seconds(600)))";
    let (on_grid, lone) = starts(shipped);
    assert!((600.0..=720.0).contains(&lone), "{lone}");
    let asked_at = on_grid[0] - 300.0;
    assert!((600.0..=660.0).contains(&asked_at), "a full bulk goes at the next look, not at {asked_at}");
    let polls = |start: &f64| (start - on_grid[0]) / 600.0;
    // Seconds as doubles tell 10^-11 of them apart.
    assert!(on_grid.iter().all(|start| (polls(start) - polls(start).round()).abs() < 1e-9), "{on_grid:?}");
    assert!((5..=12).contains(&n_different(&on_grid)), "{on_grid:?}");
}
