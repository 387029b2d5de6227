//! Planning a large experiment over a long log.

use std::fmt::Write;
use std::fs;
use std::time::Instant;

use anyhow::anyhow;
use clap::Parser;
use dapple_benches::usage;
use dapple_lab::plan;
use dapple_scenarios::{Registry, load};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Loads and plans a swept replay of a made-up log, names all runs, and prints one line of JSON.
#[derive(Parser)]
struct Arguments {
    /// Rows of the log.
    #[arg(long, default_value_t = 100_000)]
    rows: u32,
    /// Sweep points.
    #[arg(long, default_value_t = 100)]
    points: u32,
    /// Replications of each of two policies at each point.
    #[arg(long, default_value_t = 500)]
    replications: u32,
    /// Sites, all linked to the first one.
    #[arg(long, default_value_t = 2)]
    sites: u32,
}

#[derive(serde::Serialize)]
struct Line {
    runs: usize,
    load_s: f64,
    plan_s: f64,
    ids_s: f64,
    plan_bytes: usize,
    peak_bytes: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = std::env::temp_dir().join(format!("dapple-plan-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let line = planned(&arguments, &folder);
    fs::remove_dir_all(&folder)?;
    println!("{}", serde_json::to_string(&line?)?);
    Ok(())
}

fn planned(arguments: &Arguments, folder: &std::path::Path) -> anyhow::Result<Line> {
    fs::write(folder.join("log.csv"), log(arguments)?)?;
    let file = folder.join("plan.ron");
    fs::write(&file, scenario(arguments))?;
    let since = Instant::now();
    let scenario = load(&file, &[], &Registry::standard()).map_err(|problems| anyhow!("{problems}"))?;
    let load_s = since.elapsed().as_secs_f64();
    let since = Instant::now();
    let plan = plan(&scenario).map_err(|problems| anyhow!("{problems}"))?;
    let plan_s = since.elapsed().as_secs_f64();
    let since = Instant::now();
    let runs: Vec<_> = plan.runs().collect();
    let ids_s = since.elapsed().as_secs_f64();
    let peak_bytes = usage::peak_bytes();
    Ok(Line { runs: runs.len(), load_s, plan_s, ids_s, plan_bytes: plan.to_json().len(), peak_bytes })
}

fn log(arguments: &Arguments) -> Result<String, std::fmt::Error> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut log = String::from("at_s,bytes,from,to\n");
    for row in 0..arguments.rows {
        let at = f64::from(row) * 86_400.0 / f64::from(arguments.rows);
        let (size, site) =
            (rng.random_range(1_000_000..10_000_000_000_u64), rng.random_range(1..arguments.sites.max(2)));
        let (from, to) = if rng.random::<bool>() { (0, site) } else { (site, 0) };
        writeln!(log, "{at:.3},{size},DISK-{from},DISK-{to}")?;
    }
    Ok(log)
}

fn scenario(arguments: &Arguments) -> String {
    let sites = 0..arguments.sites.max(2);
    let list = |text: &dyn Fn(u32) -> String| sites.clone().map(text).collect::<Vec<_>>().join(", ");
    let names = list(&|site| format!("(name: \"S-{site}\")"));
    let rses = list(&|site| format!("(name: \"DISK-{site}\", site: \"S-{site}\")"));
    let pools = list(&|site| format!("(name: \"WN-{site}\", site: \"S-{site}\", nodes: 2, slots: 2)"));
    let links: Vec<String> = (sites.clone().skip(1))
        .map(|site| format!("(name: \"L-{site}\", from: \"S-0\", to: \"S-{site}\", bandwidth: Gbps(10))"))
        .collect();
    let values: Vec<String> = (0..arguments.points).map(|point| format!("Gbps({})", 10 + point)).collect();
    format!(
        r#"(
    name: "plan", seed: 7, horizon: Hours(25),
    topology: (sites: [{names}], rses: [{rses}], pools: [{pools}], links: [{}]),
    workload: [TransferTrace(
        name: "log", file: "log.csv",
        columns: (
            at: (name: "at_s", unit: Seconds), size: (name: "bytes", unit: B),
            source: Column("from"), destination: Column("to"),
        ),
    )],
    policies: [(name: "remote", access: AlwaysRemote), (name: "stage-in", access: StageIn)],
    experiment: (
        replications: {}, baseline: "remote",
        sweep: [(path: "topology.links.L-1.bandwidth", values: [{}])],
    ),
)"#,
        links.join(", "),
        arguments.replications,
        values.join(", ")
    )
}
