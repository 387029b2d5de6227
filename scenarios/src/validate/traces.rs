//! Logs: CSV files become lists of transfers and jobs.
//!
//! Real logs are dirty. A row with a missing or unreadable number, a negative one or an unknown name is left out
//! and counted; the first of them are shown, so that a wrong unit or column is seen.

use std::sync::Arc;

use dapple_simulator::ids::{Id, PoolId, RseId};
use dapple_simulator::units::{Bytes, SimSpan, SimTime};
use dapple_simulator::workload::{JobTrace, TracedJob, TracedTransfer, TransferTrace};
use serde::Serialize;

use super::csv_rows::{Columns, DirtyCell, Row, Rows, TraceFiles};
use super::scope::Scope;
use crate::check::{Check, Names};
use crate::digest::Digest;
use crate::file;
use crate::file::{Dirty, NameFrom, Origin};
use crate::logs::LogFile;
use crate::notation::compact;
use crate::read::path::At;

/// Dirty rows that are shown.
const SHOWN: usize = 3;

/// What was taken from a log, and what was not.
struct Taken<T> {
    rows: Vec<T>,
    dirty: usize,
    shown: Vec<String>,
}

/// A row with its time in the column's unit.
struct Timed<T> {
    time: f64,
    what: T,
}

/// Reads a log of transfers.
pub(super) fn transfers(
    file: &file::TransferTrace,
    at: &At<'_>,
    scope: &Scope<'_>,
    files: &mut TraceFiles<'_>,
    check: &mut Check,
) -> Option<TransferTrace> {
    let columns_at = at.field("columns");
    let named = |field: &'static str, from: &NameFrom, check: &mut Check| {
        constant(from, &columns_at.field(field), &scope.grid.rses, check)
    };
    let source = named("source", &file.columns.source, check);
    let destination = named("destination", &file.columns.destination, check);
    if let (Constant::Known(source), Constant::Known(destination)) = (&source, &destination)
        && let Some(why) = scope.why_not(*source, *destination)
    {
        check.fault(&columns_at.field("destination"), why);
        return None;
    }
    let log = files.open(&file.file, at, check)?;
    let names = (source, destination);
    let key = key(&log, file, scope);
    let take = |check: &mut Check| take_transfers(file, &log, names, (at, scope), check);
    let transfers = files.logs.transfers.get_or_take(key, check, take)?;
    Some(TransferTrace { transfers, queues: file.queues })
}

fn take_transfers(
    file: &file::TransferTrace,
    log: &LogFile,
    (source, destination): (Constant<RseId>, Constant<RseId>),
    (at, scope): (&At<'_>, &Scope<'_>),
    check: &mut Check,
) -> Option<Arc<[TracedTransfer]>> {
    let mut rows = Rows::of(log, at, check)?;
    let columns = &file.columns;
    let columns_at = at.field("columns");
    let wanted = [&columns.at.name, &columns.size.name];
    let mut used = Used::new(&rows, at, check);
    let [time, size] = wanted.map(|name| used.column(&columns_at, name));
    let source = used.name(&columns_at.field("source"), &columns.source, source);
    let destination = used.name(&columns_at.field("destination"), &columns.destination, destination);
    let filter = used.filter(&file.filter);
    let (time, size, source, destination, filter) = (time?, size?, source?, destination?, filter?);
    let taken = take(&mut rows, &filter, |row| {
        let source = source.find(row, &scope.grid.rses)?;
        let destination = destination.find(row, &scope.grid.rses)?;
        if let Some(why) = scope.why_not(source, destination) {
            return Err(DirtyCell::of_row(why));
        }
        let bytes = bytes(row, size, columns.size.unit.factor())?;
        let traced = TracedTransfer { at: SimTime::ZERO, source, destination, bytes, row: row.number };
        Ok(Timed { time: row.number_at(time)?, what: traced })
    });
    let taken = finish(taken, &file.name, &file.dirty, at, check)?;
    let nanos = columns.at.unit.factor();
    let transfers = on_time(taken, (&file.origin, nanos), (&file.name, scope.horizon), at, check, |at, what| {
        TracedTransfer { at, ..what }
    })?;
    Some(TransferTrace::new(transfers, file.queues).transfers)
}

/// Reads a log of jobs.
pub(super) fn jobs(
    file: &file::JobTrace,
    at: &At<'_>,
    scope: &Scope<'_>,
    files: &mut TraceFiles<'_>,
    check: &mut Check,
) -> Option<JobTrace> {
    let columns_at = at.field("columns");
    let columns = &file.columns;
    if columns.input.is_some() != columns.source.is_some() {
        check.fault(&columns_at, "`input` and `source` belong together: an input needs to be somewhere");
        return None;
    }
    let pool = constant(&file.pool, &at.field("pool"), &scope.grid.pools, check);
    let source = (columns.source.as_ref())
        .map(|from| (from, constant(from, &columns_at.field("source"), &scope.grid.rses, check)));
    let log = files.open(&file.file, at, check)?;
    let source = source.map(|(_, source)| source);
    let key = key(&log, file, scope);
    let take = |check: &mut Check| take_jobs(file, &log, (pool, source), (at, scope), check);
    let jobs = files.logs.jobs.get_or_take(key, check, take)?;
    let (threads, blocks) = (file.threads, file.blocks);
    Some(JobTrace { jobs, threads, read_fraction: file.read_fraction, blocks })
}

fn take_jobs(
    file: &file::JobTrace,
    log: &LogFile,
    (pool, source): (Constant<PoolId>, Option<Constant<RseId>>),
    (at, scope): (&At<'_>, &Scope<'_>),
    check: &mut Check,
) -> Option<Arc<[TracedJob]>> {
    let mut rows = Rows::of(log, at, check)?;
    let columns = &file.columns;
    let columns_at = at.field("columns");
    let source = columns.source.as_ref().zip(source);
    let mut used = Used::new(&rows, at, check);
    let submitted = used.column(&columns_at, &columns.submitted.name);
    let compute = used.column(&columns_at, &columns.compute.name);
    let input = columns.input.as_ref().map(|input| (used.column(&columns_at, &input.name), input.unit.factor()));
    let slots = columns.slots.as_ref().map(|slots| used.column(&columns_at.field("slots"), slots));
    let requested = columns.requested.as_ref().map(|requested| {
        let column = used.column(&columns_at.field("requested"), &requested.name)?;
        Some((column, requested.unit.factor()))
    });
    let pool = used.name(&at.field("pool"), &file.pool, pool);
    let source = source.map(|(from, source)| used.name(&columns_at.field("source"), from, source));
    let filter = used.filter(&file.filter);
    let (submitted, compute, pool, filter) = (submitted?, compute?, pool?, filter?);
    if slots == Some(None) || requested == Some(None) {
        return None;
    }
    let (slots, requested) = (slots.flatten(), requested.flatten());
    let input = match (input, source) {
        (Some((size, unit)), Some(source)) => Some((size?, unit, source?)),
        _ => None,
    };
    let compute_s = columns.compute.unit.factor() / 1e9;
    let taken = take(&mut rows, &filter, |row| {
        let pool = pool.find(row, &scope.grid.pools)?;
        let (source, input) = match &input {
            Some((size, unit, source)) => (Some(source.find(row, &scope.grid.rses)?), bytes(row, *size, *unit)?),
            None => (None, Bytes::ZERO),
        };
        if let Some(source) = source
            && let Some(topology) = &scope.grid.topology
            && topology.map.route_to_pool(source, pool).is_none()
        {
            return Err(DirtyCell::of_row("no route leads from its source to its pool"));
        }
        let compute_s = row.not_negative_at(compute)? * compute_s;
        let slots = slots.map_or(Ok(1), |column| slots_at(row, column, pool, scope))?;
        let requested = match requested {
            Some((column, unit)) if row.text_at(column).is_ok() => {
                Some(SimSpan::from_secs_f64(row.not_negative_at(column)? * unit / 1e9))
            }
            _ => None,
        };
        let traced = TracedJob { submitted_at: SimTime::ZERO, pool, source, input, compute_s, slots, requested };
        Ok(Timed { time: row.number_at(submitted)?, what: traced })
    });
    let taken = finish(taken, &file.name, &file.dirty, at, check)?;
    let nanos = columns.submitted.unit.factor();
    let jobs = on_time(taken, (&file.origin, nanos), (&file.name, scope.horizon), at, check, |at, what| TracedJob {
        submitted_at: at,
        ..what
    })?;
    Some(jobs.into())
}

/// Tells apart all that decides which rows are taken: the log, what the scenario takes from it, and the names, routes and
/// end of the run that it is taken for. What else is swept leaves the rows alone.
fn key(log: &LogFile, file: &impl Serialize, scope: &Scope<'_>) -> Digest {
    let mut parts = vec![log.digest.to_string(), compact(file), scope.horizon.as_nanos().to_string()];
    if let Some(topology) = &scope.grid.topology {
        let map = &topology.map;
        let sites = map.sites();
        for from in sites.ids() {
            let is_there = |to| if map.route(from, to).is_some() { '1' } else { '0' };
            parts.push(sites.ids().map(is_there).collect());
        }
        parts.extend(map.rses().values().map(|rse| format!("rse {} {}", rse.site.index(), rse.name)));
        parts.extend(
            map.pools().values().map(|pool| format!("pool {} {} {}", pool.site.index(), pool.slots, pool.name)),
        );
    }
    Digest::of_parts(parts)
}

/// A name that is the same for all rows, looked up.
enum Constant<Id> {
    Known(Id),
    Unknown,
    PerRow,
}

fn constant<Id: Copy>(from: &NameFrom, at: &At<'_>, names: &Names<Id>, check: &mut Check) -> Constant<Id> {
    match from {
        NameFrom::Constant(name) => names.resolve(at, name, check).map_or(Constant::Unknown, Constant::Known),
        NameFrom::Column(_) => Constant::PerRow,
    }
}

/// Where the name in a row comes from.
enum Lookup<Id> {
    Always(Id),
    Column(usize),
}

impl<Id: Copy> Lookup<Id> {
    fn find(&self, row: &Row<'_>, names: &Names<Id>) -> Result<Id, DirtyCell> {
        match self {
            Self::Always(id) => Ok(*id),
            Self::Column(column) => {
                let name = row.text_at(*column)?;
                names.get(name).ok_or_else(|| row.dirty(*column, format!("`{name}` is not a name of the topology")))
            }
        }
    }
}

/// Looks columns up, collecting what is not there.
struct Used<'u, 'at> {
    columns: Columns,
    at: &'u At<'at>,
    check: &'u mut Check,
}

impl<'u, 'at> Used<'u, 'at> {
    fn new(rows: &Rows<'_>, at: &'u At<'at>, check: &'u mut Check) -> Self {
        Self { columns: rows.columns(), at, check }
    }

    fn column(&mut self, at: &At<'_>, name: &str) -> Option<usize> {
        let found = self.columns.find(name);
        if found.is_none() {
            let (message, help) = self.columns.unknown(name);
            self.check.fault_help(at, message, help);
        }
        found
    }

    fn name<Id>(&mut self, at: &At<'_>, from: &NameFrom, constant: Constant<Id>) -> Option<Lookup<Id>> {
        match (constant, from) {
            (Constant::Known(id), _) => Some(Lookup::Always(id)),
            (Constant::PerRow, NameFrom::Column(name)) => self.column(at, name).map(Lookup::Column),
            _ => None,
        }
    }

    fn filter<'f>(&mut self, filters: &'f [file::Filter]) -> Option<Vec<(usize, &'f file::Filter)>> {
        let list = self.at.field("filter");
        // Options until all filters are looked at, so that every mistake in them is told.
        let mut found = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            let at = list.index(index);
            if filter.one_of.is_empty() && filter.at_least.is_none() && filter.at_most.is_none() {
                self.check.fault(&at, "says nothing: give `one_of`, `at_least` or `at_most`");
            }
            for (field, bound) in [("at_least", filter.at_least), ("at_most", filter.at_most)] {
                if bound.is_some_and(f64::is_nan) {
                    self.check.fault(&at.field(field), "must be a number, is NaN");
                }
            }
            found.push(self.column(&at.field("column"), &filter.column).map(|column| (column, filter)));
        }
        found.into_iter().collect()
    }
}

fn passes(row: &Row<'_>, (column, filter): &(usize, &file::Filter)) -> Result<bool, DirtyCell> {
    if !filter.one_of.is_empty() {
        let value = row.text_at(*column)?;
        if !filter.one_of.iter().any(|wanted| wanted == value) {
            return Ok(false);
        }
    }
    if filter.at_least.is_none() && filter.at_most.is_none() {
        return Ok(true);
    }
    let value = row.number_at(*column)?;
    Ok(filter.at_least.is_none_or(|low| value >= low) && filter.at_most.is_none_or(|high| value <= high))
}

fn take<T>(
    rows: &mut Rows<'_>,
    filter: &[(usize, &file::Filter)],
    mut read: impl FnMut(&Row<'_>) -> Result<Timed<T>, DirtyCell>,
) -> Result<Taken<Timed<T>>, String> {
    let mut taken = Taken { rows: Vec::new(), dirty: 0, shown: Vec::new() };
    while let Some(row) = rows.next()? {
        let read_row = || -> Result<Option<Timed<T>>, DirtyCell> {
            let row = row?;
            for filter in filter {
                if !passes(&row, filter)? {
                    return Ok(None);
                }
            }
            read(&row).map(Some)
        };
        match read_row().map_err(|cell| cell.to_string()) {
            Ok(timed) => taken.rows.extend(timed),
            Err(why) => {
                taken.dirty += 1;
                if taken.shown.len() < SHOWN {
                    taken.shown.push(format!("row {}: {why}", rows.number()));
                }
            }
        }
    }
    Ok(taken)
}

/// How many slots a job holds: 1 where the cell is empty.
fn slots_at(row: &Row<'_>, column: usize, pool: PoolId, scope: &Scope<'_>) -> Result<u32, DirtyCell> {
    let Ok(text) = row.text_at(column) else { return Ok(1) };
    let slots = text.parse().ok().filter(|slots| *slots > 0);
    let slots: u32 = slots.ok_or_else(|| row.dirty(column, format!("`{text}` is not a whole number above 0")))?;
    let Some(pool) = scope.grid.topology.as_ref().map(|topology| &topology.map.pools()[pool]) else { return Ok(slots) };
    if slots > pool.slots {
        let why = format!("{slots} slots are more than the {} of a node of pool `{}`", pool.slots, pool.name);
        return Err(row.dirty(column, why));
    }
    Ok(slots)
}

fn bytes(row: &Row<'_>, column: usize, unit: f64) -> Result<Bytes, DirtyCell> {
    let bytes = row.not_negative_at(column)? * unit;
    if bytes >= 2f64.powi(63) {
        return Err(row.dirty(column, "is too large"));
    }
    Ok(Bytes::from_f64(bytes))
}

/// Tells what was dirty.
fn finish<T>(
    taken: Result<Taken<T>, String>,
    name: &str,
    dirty: &Dirty,
    at: &At<'_>,
    check: &mut Check,
) -> Option<Vec<T>> {
    let taken = match taken {
        Ok(taken) => taken,
        Err(why) => {
            check.fault(&at.field("file"), why);
            return None;
        }
    };
    if taken.dirty > 0 {
        let message = format!(
            "{} of {} rows cannot be read: {}{}",
            taken.dirty,
            taken.rows.len() + taken.dirty,
            taken.shown.join("; "),
            if taken.dirty > taken.shown.len() { "; .." } else { "" }
        );
        if check.strict || *dirty == Dirty::Refuse {
            check.fault(&at.field("file"), message);
            return None;
        }
        check.warnings.push(format!("workload `{name}`: {message}"));
    }
    if taken.rows.is_empty() {
        check.fault(&at.field("file"), "no row of the log is left");
        return None;
    }
    Some(taken.rows)
}

/// Counts times from the origin and puts the rows in order of time, rows of the same time in order of the log.
fn on_time<T>(
    rows: Vec<Timed<T>>,
    (origin, nanos): (&Origin, f64),
    (name, horizon): (&str, SimTime),
    at: &At<'_>,
    check: &mut Check,
    set: impl Fn(SimTime, T) -> T,
) -> Option<Vec<T>> {
    let origin = match origin {
        Origin::First => rows.iter().map(|row| row.time).fold(f64::INFINITY, f64::min),
        Origin::At(origin) if origin.is_finite() => *origin,
        Origin::At(origin) => {
            check.fault(&at.field("origin"), format!("must be finite, is {origin}"));
            return None;
        }
    };
    let all = rows.len();
    let mut kept: Vec<(SimTime, T)> = rows
        .into_iter()
        .filter(|row| row.time >= origin)
        .map(|row| (SimTime::from_nanos(((row.time - origin) * nanos).round() as u64), row.what))
        .collect();
    let early = all - kept.len();
    kept.retain(|(time, _)| *time < horizon);
    let late = all - early - kept.len();
    for (count, what) in [(early, "before the origin"), (late, "after the horizon")] {
        if count > 0 {
            check.warnings.push(format!("workload `{name}`: {count} of {all} rows are left out: {what}"));
        }
    }
    if kept.is_empty() {
        check.fault(at, "no row of the log falls between the start and the horizon");
        return None;
    }
    kept.sort_by_key(|(time, _)| *time);
    Some(kept.into_iter().map(|(time, what)| set(time, what)).collect())
}
