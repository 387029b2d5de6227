//! Rows are read, counted and put in order of time.

use std::sync::Arc;

use dapple_simulator::units::SimTime;

use super::columns::Condition;
use crate::check::Check;
use crate::file::{Delimiter, Dirty, Origin};
use crate::logs::{Clock, Dirt, DirtyCell, LogAccount, LogFile, Row, Rows, dirt_in_words};
use crate::read::path::At;
use crate::validate::scope::Scope;
use crate::validate::trace_files::cannot_read;

/// What a row becomes.
pub(super) trait Traced {
    /// The same at this instant of the run.
    fn at(self, at: SimTime) -> Self;

    /// Numbers of the places between which it moves or reads, the first `None` where it does neither.
    fn between(&self) -> (Option<usize>, usize);

    /// What it moves or reads.
    fn bytes(&self) -> u64;
}

/// A row with its time as its column counts it.
pub(super) struct Timed<T> {
    pub nanos: i128,
    pub what: T,
    /// Why it is not known when it ended, where something else than nothing tells.
    pub end: Result<(), DirtyCell>,
}

/// How a log is taken, for transfers and jobs alike.
pub(super) struct Taking<'t> {
    /// The workload.
    name: &'t str,
    /// The log as the scenario names it.
    file: &'t str,
    origin: &'t Origin,
    dirty: &'t Dirty,
    /// Where the workload stands.
    at: &'t At<'t>,
    horizon: SimTime,
}

impl<'t> Taking<'t> {
    /// A workload by its name and its log, with what it says of them.
    pub fn of(
        (name, file): (&'t str, &'t str),
        (origin, dirty): (&'t Origin, &'t Dirty),
        (at, scope): (&'t At<'t>, &Scope<'_>),
    ) -> Self {
        Self { name, file, origin, dirty, at, horizon: scope.horizon }
    }
}

/// The rows of a log, its header read.
pub(super) fn open<'f>(log: &'f LogFile, delimiter: &Delimiter, at: &At<'_>, check: &mut Check) -> Option<Rows<'f>> {
    let delimiter = match delimiter {
        Delimiter::Detected => None,
        Delimiter::Comma => Some(','),
        Delimiter::Semicolon => Some(';'),
        Delimiter::Tab => Some('\t'),
    };
    Rows::of(log, delimiter).map_err(|why| cannot_read(&log.path, &why, at, check)).ok()
}

/// All rows that pass the filters, and what becomes of the others.
struct Read<T> {
    rows: Vec<Timed<T>>,
    n_rows: u64,
    n_filtered: u64,
    dirt: Dirt,
    /// Ends that cannot be read, of rows that can.
    ends: Dirt,
}

fn read_all<T>(
    rows: &mut Rows<'_>,
    filter: &[Condition<'_>],
    read: impl Fn(&Row<'_>) -> Result<Timed<T>, DirtyCell>,
) -> Result<Read<T>, String> {
    let mut found = Read { rows: Vec::new(), n_rows: 0, n_filtered: 0, dirt: Dirt::default(), ends: Dirt::default() };
    while let Some(row) = rows.next()? {
        let read_row = || -> Result<Option<Timed<T>>, DirtyCell> {
            let row = row?;
            for condition in filter {
                if !condition.holds(&row)? {
                    return Ok(None);
                }
            }
            read(&row).map(Some)
        };
        let outcome = read_row();
        found.n_rows = rows.number();
        match outcome {
            Ok(Some(mut timed)) => {
                if let Err(cell) = std::mem::replace(&mut timed.end, Ok(())) {
                    let columns = rows.columns();
                    found.ends.push(rows.line(), cell, |column| columns.name(column));
                }
                found.rows.push(timed);
            }
            Ok(None) => found.n_filtered += 1,
            Err(cell) => {
                let columns = rows.columns();
                found.dirt.push(rows.line(), cell, |column| columns.name(column));
            }
        }
    }
    Ok(found)
}

impl Taking<'_> {
    /// Takes the rows of a log: those that are clean, pass the filters and fall between origin and horizon, in order of time,
    /// those of one time in order of the log. `names` are those of the places between which they are.
    pub fn take<T: Traced>(
        &self,
        (log, rows, clock): (&Arc<LogFile>, &mut Rows<'_>, &Clock),
        filter: &[Condition<'_>],
        check: &mut Check,
        read: impl Fn(&Row<'_>) -> Result<Timed<T>, DirtyCell>,
        names: impl Fn((Option<usize>, usize)) -> (Option<String>, String),
    ) -> Option<(Arc<[T]>, LogAccount)> {
        let file = self.at.field("file");
        let found = read_all(rows, filter, read).map_err(|why| check.fault(&file, why)).ok()?;
        let (dirty, rejected) = found.dirt.into_parts();
        let mut account = LogAccount {
            workload: self.name.to_owned(),
            file: self.file.to_owned(),
            n_rows: found.n_rows,
            n_filtered: found.n_filtered,
            dirty,
            unknown_ends: found.ends.into_parts().0,
            rejected,
            ..LogAccount::of(Arc::clone(log))
        };
        // Which rows are a fault is told all the same.
        let refused = |account: LogAccount, check: &mut Check| {
            check.accounts.push(Arc::new(account));
            None
        };
        if !account.dirty.is_empty() && (check.strict || *self.dirty == Dirty::Refuse) {
            check.fault(&file, dirt_in_words(&account.dirty, found.n_rows));
            return refused(account, check);
        }
        if found.rows.is_empty() {
            let mut why = vec!["no row of the log is left".to_owned()];
            why.extend((!account.dirty.is_empty()).then(|| dirt_in_words(&account.dirty, found.n_rows)));
            let (n_filtered, n_rows) = (found.n_filtered, found.n_rows);
            why.extend((n_filtered > 0).then(|| format!("{n_filtered} of {n_rows} rows do not pass the filters")));
            why.extend((n_rows == 0).then(|| "it has a header row only".to_owned()));
            check.fault(&file, why.join(": "));
            return refused(account, check);
        }
        let origin = self.origin(&found.rows, clock, check)?;
        let mut taken = self.on_time(found.rows, origin, &mut account);
        if taken.is_empty() {
            let message = "no row of the log falls between the start and the horizon";
            let times =
                format!("{} rows are before the origin, {} at or after the horizon", account.n_early, account.n_late);
            check.fault_help(self.at, message, times);
            return refused(account, check);
        }
        account.n_out_of_order = taken.windows(2).filter(|pair| pair[1].0 < pair[0].0).count() as u64;
        taken.sort_by_key(|(at, _)| *at);
        account.n_tied = n_tied(&taken);
        let (first, last) = (taken.first()?.0, taken.last()?.0);
        account.times = [first, last].map(|at| clock.written(origin + i128::from(at.as_nanos())));
        account.span_ns = last.since(first).as_nanos();
        let taken: Arc<[T]> = taken.into_iter().map(|(at, what)| what.at(at)).collect();
        account.sum_up(taken.iter().map(|what| (what.between(), what.bytes())), names);
        Some((taken, account))
    }

    fn origin<T>(&self, rows: &[Timed<T>], clock: &Clock, check: &mut Check) -> Option<i128> {
        let at = self.at.field("origin");
        match (self.origin, clock) {
            (Origin::First, _) => rows.iter().map(|row| row.nanos).min(),
            (Origin::At(origin), _) if !origin.is_finite() => {
                check.fault(&at, format!("must be finite, is {origin}"));
                None
            }
            (Origin::At(_), Clock::Calendar(_)) => {
                let help = "write `Written(\"2025-01-20T00:00:00Z\")`";
                check.fault_help(&at, "the column holds calendar times, and this is a number", help);
                None
            }
            (Origin::At(origin), Clock::Counts(_)) => self.written(&origin.to_string(), clock, check),
            (Origin::Written(text), _) => self.written(text, clock, check),
        }
    }

    fn written(&self, text: &str, clock: &Clock, check: &mut Check) -> Option<i128> {
        let read = clock.read_any(text);
        read.map_err(|why| check.fault(&self.at.field("origin"), format!("`{text}` {why}"))).ok()
    }

    /// Counts times from the origin; leaves out what comes before it or not before the horizon.
    fn on_time<T>(&self, rows: Vec<Timed<T>>, origin: i128, account: &mut LogAccount) -> Vec<(SimTime, T)> {
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            if row.nanos < origin {
                account.n_early += 1;
                continue;
            }
            let at = u64::try_from(row.nanos - origin).map_or(SimTime::MAX, SimTime::from_nanos);
            if at < self.horizon {
                kept.push((at, row.what));
            } else {
                account.n_late += 1;
            }
        }
        account.n_taken = kept.len() as u64;
        kept
    }
}

/// Rows that share their time with another one, in a list in order of time.
fn n_tied<T>(rows: &[(SimTime, T)]) -> u64 {
    rows.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len).filter(|rows| *rows > 1).sum::<usize>() as u64
}
