//! The slowest jobs, rules, requests or reads of some runs.

use std::path::Path;

use super::rows::{Recorded, Row, rows};
use super::{Kind, span, volume};
use crate::ReportError;

/// Something that took long.
#[derive(Clone, Debug, PartialEq)]
pub struct Slow {
    /// The run it belongs to.
    pub run: String,
    /// What it is, as [`super::explain`] takes it: `job 12`.
    pub what: String,
    /// How long it took \[ns\]: from submission, creation or decision to the end.
    pub took_ns: i64,
    /// Whether it had not ended at the horizon, so that it took longer than that.
    pub unfinished: bool,
    /// What it was: where it ran or went, how much it moved, how it ended.
    pub words: String,
}

impl Slow {
    /// How long it took: `39.2 min`, `> 3.1 h`.
    pub fn took(&self) -> String {
        format!("{}{}", if self.unfinished { "> " } else { "" }, span(self.took_ns))
    }
}

/// The slowest things of one kind in some runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slowest {
    /// The slowest first; those that had not ended count with their age at the last instant that their run recorded.
    pub found: Vec<Slow>,
    /// Among how many they were looked for.
    pub of: usize,
    /// Runs that recorded none.
    pub without: usize,
}

/// The `n` slowest `jobs`, `rules`, `requests` or `reads` of these runs, by id.
///
/// # Errors
/// Where a table cannot be read, or there is no such kind.
pub fn slowest<'a>(
    dir: &Path,
    runs: impl IntoIterator<Item = &'a str>,
    kind: &str,
    n: usize,
) -> Result<Slowest, ReportError> {
    let kind = Kind::named(kind).ok_or_else(|| ReportError::What { what: format!("slowest {kind}") })?;
    let (table, from, to) = match kind {
        Kind::Job => ("jobs", "submitted_at_ns", "ended_at_ns"),
        Kind::Request => ("requests", "created_at_ns", "transferred_at_ns"),
        Kind::Read => ("reads", "decided_at_ns", "ended_at_ns"),
        Kind::Rule => ("rules", "created_at_ns", "ok_at_ns"),
    };
    let mut slowest = Slowest::default();
    for run in runs {
        let Some(table) = (Recorded { dir, run }).table(table)? else {
            slowest.without += 1;
            continue;
        };
        let last = rows(&table).flat_map(|row| [row.int(from), row.int(to)]).flatten().max().unwrap_or(0);
        slowest.of += table.rows();
        slowest.found.extend(rows(&table).filter_map(|row| {
            // What failed has ended, at an instant that need not be told.
            // A rule that was deleted waits for nothing more.
            let (begun, ended) = (row.int(from)?, row.int(to).or(row.int("deleted_at_ns")));
            let unfinished = ended.is_none() && !is_failed(row);
            let took_ns = ended.or(unfinished.then_some(last))? - begun;
            let what = format!("{} {}", kind.word(), row.int(kind.word())?);
            Some(Slow { run: run.to_owned(), what, took_ns, unfinished, words: words(&kind, row) })
        }));
        // Sorted by time alone, and stable: equal ones stay in the order of runs and ids.
        slowest.found.sort_by_key(|slow| std::cmp::Reverse(slow.took_ns));
        slowest.found.truncate(n);
    }
    Ok(slowest)
}

/// Reads have no outcome; a rule that was refused has a state.
fn is_failed(row: Row<'_>) -> bool {
    row.text("outcome") == "failed" || row.text("state") == "refused"
}

fn words(kind: &Kind, row: Row<'_>) -> String {
    let size = |column: &str| volume(row.int(column).unwrap_or(0));
    match kind {
        Kind::Job => {
            format!(
                "{} in {}, {}, {}",
                row.text("workload"),
                row.text("pool"),
                size("input_bytes"),
                row.text("outcome")
            )
        }
        Kind::Request => format!(
            "{} to {}, {}, {}",
            row.text("source"),
            row.text("destination"),
            size("size_bytes"),
            row.text("outcome")
        ),
        Kind::Rule => format!(
            "{} for {}, {} files, {}",
            row.text("workload"),
            row.text("activity"),
            row.int("files").unwrap_or(0),
            row.text("state")
        ),
        Kind::Read => format!("{} from {}, {}", row.text("mode"), row.text("source"), size("moved_bytes")),
    }
}
