//! What was taken of a log, and what was not: told by `dapple check`.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use dapple_simulator::units::{Bytes, SimSpan};
use serde::Serialize;

use super::LogFile;
use super::dirt::DirtyRows;
use super::lines::Lines;

/// Reasons that a warning tells one by one.
const TOLD: usize = 4;

/// What was taken of a log for one workload, and what was not. Every row of data is in exactly one of `n_taken`,
/// `n_filtered`, `n_early`, `n_late` and [`LogAccount::n_dirty`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogAccount {
    /// The workload.
    pub workload: String,
    /// The log as the scenario names it.
    pub file: String,
    /// Rows of data in the log.
    pub n_rows: u64,
    /// Those that are replayed.
    pub n_taken: u64,
    /// Those that the filters leave out.
    pub n_filtered: u64,
    /// Those before the origin.
    pub n_early: u64,
    /// Those at or after the horizon.
    pub n_late: u64,
    /// Those that cannot be used, by reason, in order of their first rows.
    pub dirty: Vec<DirtyRows>,
    /// Rows that can be used and whose end cannot be read, by reason: the end is not known.
    pub unknown_ends: Vec<DirtyRows>,
    /// What the rows taken move or read in all, in bytes.
    pub bytes: u64,
    /// The first and the last time of the rows taken, as people read it.
    pub times: [String; 2],
    /// From the first to the last, in nanoseconds.
    pub span_ns: u64,
    /// Rows taken that have the same time as another one.
    pub n_tied: u64,
    /// Rows taken that come earlier than the one before them in the log.
    pub n_out_of_order: u64,
    /// Rows taken from each place to each, the most bytes first.
    pub between: Vec<Taken>,
    #[serde(skip)]
    pub(crate) rejected: Vec<(u64, u32)>,
    #[serde(skip)]
    pub(crate) log: Arc<LogFile>,
}

/// What was taken from one place to another: RSEs of transfers, RSE and pool of jobs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taken {
    /// Where the data are; `None` for jobs without input.
    pub from: Option<String>,
    /// Where they go, or the pool of the jobs.
    pub to: String,
    /// Rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl LogAccount {
    /// Nothing is taken yet.
    pub(crate) fn of(log: Arc<LogFile>) -> Self {
        Self {
            workload: String::new(),
            file: String::new(),
            n_rows: 0,
            n_taken: 0,
            n_filtered: 0,
            n_early: 0,
            n_late: 0,
            dirty: Vec::new(),
            unknown_ends: Vec::new(),
            bytes: 0,
            times: Default::default(),
            span_ns: 0,
            n_tied: 0,
            n_out_of_order: 0,
            between: Vec::new(),
            rejected: Vec::new(),
            log,
        }
    }

    /// Sums up rows that are taken: the numbers of the places they are between, and their bytes.
    pub(crate) fn sum_up(
        &mut self,
        rows: impl Iterator<Item = ((Option<usize>, usize), u64)>,
        names: impl Fn((Option<usize>, usize)) -> (Option<String>, String),
    ) {
        let mut sums: BTreeMap<(Option<usize>, usize), (u64, u64)> = BTreeMap::new();
        for (places, bytes) in rows {
            let sum = sums.entry(places).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(bytes));
            self.bytes = self.bytes.saturating_add(bytes);
        }
        let named = |(places, (rows, bytes))| {
            let (from, to) = names(places);
            Taken { from, to, rows, bytes }
        };
        self.between = sums.into_iter().map(named).collect();
        self.between.sort_by_key(|taken| std::cmp::Reverse((taken.bytes, taken.rows)));
    }

    /// Rows that cannot be used.
    pub fn n_dirty(&self) -> u64 {
        self.dirty.iter().map(|reason| reason.rows).sum()
    }

    /// From the first to the last of the rows taken.
    pub fn span(&self) -> SimSpan {
        SimSpan::from_nanos(self.span_ns)
    }

    /// Where the data of the rows taken are, with rows and bytes, the most bytes first.
    pub fn sources(&self) -> Vec<(&str, u64, Bytes)> {
        let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for taken in &self.between {
            let sum = sums.entry(taken.from.as_deref().unwrap_or("no input")).or_default();
            *sum = (sum.0 + taken.rows, sum.1.saturating_add(taken.bytes));
        }
        let mut sources: Vec<_> =
            sums.into_iter().map(|(name, (rows, bytes))| (name, rows, Bytes::new(bytes))).collect();
        sources.sort_by_key(|(_, rows, bytes)| std::cmp::Reverse((*bytes, *rows)));
        sources
    }

    /// What is worth knowing before a run.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |what: String| warnings.push(format!("workload `{}`: {what}", self.workload));
        if self.n_dirty() > 0 {
            warn(dirt_in_words(&self.dirty, self.n_rows));
        }
        if !self.unknown_ends.is_empty() {
            let n: u64 = self.unknown_ends.iter().map(|reason| reason.rows).sum();
            let ends = reasons_in_words(&self.unknown_ends);
            warn(format!("when {n} of {} rows ended is not known: {ends}", self.n_rows));
        }
        let clean = self.n_taken + self.n_early + self.n_late;
        for (count, place) in [(self.n_early, "before the origin"), (self.n_late, "at or after the horizon")] {
            if count > 0 {
                warn(format!("{count} of {clean} rows are left out: {place}"));
            }
        }
        warnings
    }

    /// Writes the rows that cannot be used as they stand in the log, one CSV row each: scenario, workload, line, reason and row.
    ///
    /// # Errors
    /// Where they cannot be written; the log itself is in memory.
    pub fn write_rejected(&self, scenario: &str, to: &mut dyn io::Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(to);
        let mut lines = Lines::of(&self.log.bytes)?;
        for (line, reason) in &self.rejected {
            while lines.number() < *line && lines.advance()? {}
            let why = self.dirty[*reason as usize].why.as_bytes();
            let [scenario, workload] = [scenario, self.workload.as_str()].map(str::as_bytes);
            writer.write_record([scenario, workload, line.to_string().as_bytes(), why, lines.line()])?;
        }
        writer.flush()
    }
}

/// Dirty rows in one line: how many of how many, and why.
pub(crate) fn dirt_in_words(dirty: &[DirtyRows], n_rows: u64) -> String {
    let n_dirty: u64 = dirty.iter().map(|reason| reason.rows).sum();
    format!("{n_dirty} of {n_rows} rows cannot be read: {}", reasons_in_words(dirty))
}

/// The reasons of most rows, and how many others there are.
fn reasons_in_words(dirty: &[DirtyRows]) -> String {
    let mut reasons: Vec<&DirtyRows> = dirty.iter().collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
    let told: Vec<String> = reasons.iter().take(TOLD).map(|reason| reason.words()).collect();
    let more = match reasons.len() - told.len() {
        0 => String::new(),
        n => format!("; and {n} more reasons"),
    };
    format!("{}{more}", told.join("; "))
}
