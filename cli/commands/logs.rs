//! What was taken of the logs of a scenario, in words and as a file.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use dapple_scenarios::LogAccount;
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
    if !log.unknown_ends.is_empty() {
        lines.push("  replayed, though when it ended is not known:".to_owned());
        lines.extend(log.unknown_ends.iter().map(|reason| format!("    {}", reason.words())));
    }
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

/// The rows that cannot be used, of all logs of some scenarios.
#[derive(Default)]
pub struct Rejected(Vec<(String, Arc<LogAccount>)>);

impl Rejected {
    /// Adds those of a scenario.
    pub fn extend(&mut self, scenario: &Path, logs: &[Arc<LogAccount>]) {
        self.0.extend(logs.iter().map(|log| (scenario.display().to_string(), Arc::clone(log))));
    }

    /// Writes them to a new file: one that is there may be the log itself.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let write = || {
            let mut file = BufWriter::new(File::create_new(path)?);
            file.write_all(b"scenario,workload,line,reason,row\n")?;
            self.0.iter().try_for_each(|(scenario, log)| log.write_rejected(scenario, &mut file))?;
            file.flush()
        };
        write().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::new(Exit::Files, format_args!("{} is there already, and is left as it is", path.display()))
            }
            _ => Failure::new(Exit::Files, format_args!("cannot write {}: {error}", path.display())),
        })
    }
}
