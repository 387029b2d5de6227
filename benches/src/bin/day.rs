//! A day of a large grid, on the bare network or in the whole engine.

use std::time::Instant;

use clap::{Parser, ValueEnum};
use dapple_benches::day::{DAY_SEED, Day, Skew, Width, idle_policies, requests_only};
use dapple_benches::{Prepared, drive, usage};
use dapple_records::{RecordLevel, record as run_recorded};
use dapple_simulator::facts::NoObserver;

/// Runs a day of a large grid, and prints one line of JSON.
#[derive(Parser)]
struct Arguments {
    /// What runs it.
    #[arg(value_enum)]
    by: By,
    /// Width of uplinks and downlinks.
    #[arg(long, value_enum, default_value = "measured")]
    width: WidthName,
    /// What the engine records of each transfer.
    #[arg(long, value_enum, default_value = "summary")]
    record: Record,
    /// Expected number of transfers.
    #[arg(long, default_value_t = 3_400_000.0)]
    transfers: f64,
    /// Number of sites.
    #[arg(long, default_value_t = 129)]
    sites: u32,
    /// Number of pairs of sites with traffic.
    #[arg(long, default_value_t = 3800)]
    pairs: usize,
    /// Seed of the pairs of sites: how much each moves.
    #[arg(long, default_value_t = DAY_SEED)]
    day_seed: u64,
    /// Seed of arrivals and sizes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    /// The network alone, to the end of the last transfer.
    Network,
    /// The whole engine, to the end of the day.
    Engine,
}

#[derive(Clone, Copy, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum WidthName {
    /// At least twice the mean traffic.
    Measured,
    /// 90 % loaded.
    Busy,
}

#[derive(Clone, Copy, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
enum Record {
    /// What the KPIs need.
    Summary,
    /// One row for each transfer.
    Rows,
}

#[derive(serde::Serialize)]
struct Line {
    by: By,
    width: WidthName,
    record: Option<Record>,
    flows_started: u64,
    flows_at_the_end: u64,
    /// Starts and ends of flows on the bare network, events of the calendar in the engine.
    events: u64,
    solutions: Option<u64>,
    most_flows: Option<u64>,
    cpu_s: f64,
    wall_s: f64,
    peak_bytes: Option<u64>,
    skew_of_files: Skew,
    skew_of_bytes: Skew,
}

fn main() -> anyhow::Result<()> {
    let Arguments { by, width, record, transfers, sites, pairs, day_seed, seed } = Arguments::parse();
    let day = Day::new(sites, pairs, transfers, day_seed);
    let site_width = match width {
        WidthName::Measured => Width::Measured,
        WidthName::Busy => Width::Busy,
    };
    let (skew_of_files, skew_of_bytes) = (day.skew_of_files(), day.skew_of_bytes());
    let line = match by {
        By::Network => {
            let input = day.input(site_width, seed);
            let prepared = Prepared::new(&input);
            let began = Instant::now();
            let (outcome, cpu_s) = usage::measured(|| drive(prepared, &input, |_, _| {}));
            let wall_s = began.elapsed().as_secs_f64();
            Line {
                by,
                width,
                record: None,
                flows_started: input.flows.len() as u64,
                flows_at_the_end: outcome.stalled,
                events: outcome.events,
                solutions: Some(outcome.solutions),
                most_flows: Some(outcome.most_flows),
                cpu_s,
                wall_s,
                peak_bytes: usage::peak_bytes(),
                skew_of_files,
                skew_of_bytes,
            }
        }
        By::Engine => {
            let level = match record {
                Record::Summary => RecordLevel::Summary,
                Record::Rows => RecordLevel::Rows,
            };
            let (setup, plan) = (day.setup(site_width)?, requests_only(level));
            let began = Instant::now();
            let (output, cpu_s) =
                usage::measured(|| run_recorded((&setup, &plan), &mut idle_policies(), seed, &mut NoObserver));
            let wall_s = began.elapsed().as_secs_f64();
            let output = output?;
            Line {
                by,
                width,
                record: Some(record),
                flows_started: output.counters.flows_started,
                flows_at_the_end: output.counters.flows_in_flight,
                events: output.events,
                solutions: None,
                most_flows: None,
                cpu_s,
                wall_s,
                peak_bytes: usage::peak_bytes(),
                skew_of_files,
                skew_of_bytes,
            }
        }
    };
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}
