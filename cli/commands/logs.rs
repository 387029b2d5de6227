//! What was taken of the logs of a scenario, in words and as a file.

use std::fs::File;
use std::path::{Path, PathBuf};

use dapple_scenarios::{LogAccount, Scenario};
use dapple_simulator::units::{Bytes, NANOS_PER_SECOND};

use crate::columns::plural;
use crate::exit::{Exit, Failure};

/// Places that are told one by one.
const TOLD: usize = 5;

/// What was taken of a log, on a few lines.
pub fn in_words(log: &LogAccount) -> String {
    let [first, last] = &log.times;
    let mut lines = vec![
        format!(
            "log `{}` ({}): {} of {} taken, {}",
            log.workload,
            log.file,
            log.n_taken,
            rows(log.n_rows),
            Bytes::new(log.bytes)
        ),
        format!("  from {first} to {last}, {}", span(log)),
        format!("  {}", sources(log)),
    ];
    if log.n_tied > 0 {
        let order = match log.n_out_of_order {
            0 => "in order of its times".to_owned(),
            n => format!("not in order of its times: {} earlier than the one before", rows(n)),
        };
        lines.push(format!("  {} with a time that another one has (`ties`); the log is {order}", rows(log.n_tied)));
    }
    let left_out = [
        (log.n_filtered, "by the filters"),
        (log.n_early, "before the origin"),
        (log.n_late, "at or after the horizon"),
        (log.n_dirty(), "cannot be used"),
    ];
    let left_out: Vec<String> = left_out.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}")).collect();
    if !left_out.is_empty() {
        lines.push(format!("  left out: {}", left_out.join(", ")));
    }
    lines.extend(log.dirty.iter().map(|reason| format!("    {}", reason.words())));
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

/// Spans below a second to the nanosecond: others are printed to the millisecond.
fn span(log: &LogAccount) -> String {
    if log.span_ns < NANOS_PER_SECOND { format!("{} ns", log.span_ns) } else { log.span().to_string() }
}

fn sources(log: &LogAccount) -> String {
    let sources = log.sources();
    let told = sources.iter().take(TOLD).map(|(name, n, bytes)| format!("{name} ({}, {bytes})", rows(*n)));
    let told = told.collect::<Vec<_>>().join(", ");
    let more = sources.len().checked_sub(TOLD).filter(|n| *n > 0).map_or(String::new(), |n| format!(", and {n} more"));
    let n_sources = plural(sources.len(), "source", "sources");
    let n_pairs = plural(log.between.len(), "pair", "pairs");
    format!("{n_sources} in {n_pairs} of source and destination: {told}{more}")
}

fn rows(n: u64) -> String {
    plural(usize::try_from(n).unwrap_or(usize::MAX), "row", "rows")
}

/// The file of rows that cannot be used.
pub struct Rejected {
    path: PathBuf,
    file: File,
}

impl Rejected {
    /// An empty one, its header row apart.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let create = || {
            let mut file = File::create(path)?;
            std::io::Write::write_all(&mut file, b"workload,line,reason,row\n")?;
            Ok(file)
        };
        let file = create().map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds those of a scenario.
    pub fn append(&mut self, scenario: &Scenario) -> Result<(), Failure> {
        let mut logs = scenario.logs.iter();
        logs.try_for_each(|log| log.write_rejected(&mut self.file)).map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Files, format_args!("cannot write {}: {error}", path.display()))
}
