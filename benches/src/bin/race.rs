//! Runs the bare network of dapple through a race file.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use dapple_benches::{Counts, Prepared, drive, race_file, usage};
use dapple_simulator::units::{NANOS_PER_SECOND, SimTime};

/// Runs the bare network of dapple through a race file, and prints one line of JSON.
#[derive(Parser)]
struct Arguments {
    /// The race file.
    input: PathBuf,
    /// Where the instant at which each flow ended goes, one line a flow, in seconds.
    #[arg(long)]
    ends: Option<PathBuf>,
}

#[derive(serde::Serialize)]
struct Line {
    simulator: &'static str,
    /// CPU time of the simulation alone.
    cpu_s: f64,
    /// Most memory held, reading the file included.
    peak_bytes: Option<u64>,
    #[serde(flatten)]
    outcome: Counts,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let context = || arguments.input.display().to_string();
    let file = File::open(&arguments.input).with_context(context)?;
    let input = race_file::read(BufReader::new(file)).with_context(context)?;
    let mut ends: Vec<Option<SimTime>> = vec![None; input.flows.len()];
    let prepared = Prepared::new(&input);
    let (outcome, cpu_s) = usage::measured(|| drive(prepared, &input, |flow, at| ends[flow as usize] = Some(at)));
    let peak_bytes = usage::peak_bytes();
    println!("{}", serde_json::to_string(&Line { simulator: "dapple", cpu_s, peak_bytes, outcome })?);
    if let Some(path) = &arguments.ends {
        let context = || path.display().to_string();
        let mut file = BufWriter::new(File::create(path).with_context(context)?);
        for end in ends {
            match end.map(SimTime::as_nanos) {
                Some(nanos) => writeln!(file, "{}.{:09}", nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND),
                None => writeln!(file, "never"),
            }
            .with_context(context)?;
        }
        file.flush().with_context(context)?;
    }
    Ok(())
}
