//! Writes the input of a race.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use dapple_benches::day::{DAY_SEED, Day, Width};
use dapple_benches::{generators, race_file};

/// Writes the input of a race.
#[derive(Parser)]
struct Arguments {
    /// Which input.
    #[command(subcommand)]
    kind: Kind,
    /// Where it goes.
    #[arg(long, global = true, default_value = "race.txt")]
    out: PathBuf,
    /// Seed of all draws; the pairs of a day are always the same.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
}

#[derive(Subcommand)]
enum Kind {
    /// Random transfers between sites with an uplink and a downlink each.
    Grid {
        /// Number of sites.
        #[arg(long, default_value_t = 100)]
        sites: u32,
        /// Mean load of an uplink, from 0 to 1.
        #[arg(long, default_value_t = 0.9)]
        load: f64,
        /// Number of transfers.
        #[arg(long, default_value_t = 100_000)]
        transfers: u32,
    },
    /// One flow from every host to every other one.
    Star {
        /// Number of hosts.
        #[arg(long, default_value_t = 128)]
        hosts: u32,
    },
    /// Flows that share one link.
    OneLink {
        /// Number of flows.
        #[arg(long, default_value_t = 10_000)]
        flows: u32,
    },
    /// A day of a large grid.
    Day {
        /// Expected number of transfers.
        #[arg(long, default_value_t = 3_400_000.0)]
        transfers: f64,
        /// Width of uplinks and downlinks.
        #[arg(long, value_enum, default_value = "measured")]
        width: WidthName,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum WidthName {
    /// At least twice the mean traffic.
    Measured,
    /// 90 % loaded.
    Busy,
}

fn main() -> anyhow::Result<()> {
    let Arguments { kind, out, seed } = Arguments::parse();
    let input = match kind {
        Kind::Grid { sites, load, transfers } => generators::grid(sites, load, transfers, seed),
        Kind::Star { hosts } => generators::star(hosts, seed),
        Kind::OneLink { flows } => generators::one_link(flows, seed),
        Kind::Day { transfers, width } => {
            let width = match width {
                WidthName::Measured => Width::Measured,
                WidthName::Busy => Width::Busy,
            };
            Day::new(129, 3800, transfers, DAY_SEED).input(width, seed)
        }
    };
    let context = || out.display().to_string();
    let mut file = BufWriter::new(File::create(&out).with_context(context)?);
    race_file::write(&input, &mut file).with_context(context)?;
    file.flush().with_context(context)
}
