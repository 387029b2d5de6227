//! Logs: text files become lists of transfers and jobs.
//!
//! Real logs are dirty. A row with an unreadable or negative number or time, an unknown name or broken quotes is left out
//! and counted by reason, with the lines of the first of them, so that a wrong unit or column is seen.

mod columns;
mod taking;

use std::sync::Arc;

use dapple_simulator::ids::{Id, PoolId, RseId};
use dapple_simulator::topology::Pool;
use dapple_simulator::units::{Bytes, SimSpan, SimTime};
use dapple_simulator::workload::{JobTrace, TracedJob, TracedTransfer, TransferTrace};
use serde::Serialize;

use super::scope::Scope;
use super::trace_files::TraceFiles;
use crate::check::Check;
use crate::digest::Digest;
use crate::file;
use crate::logs::{Clock, DirtyCell, LogAccount, LogFile, Row};
use crate::notation::compact;
use crate::read::path::At;
use columns::{Constant, Ending, Lookup, Used, amount, clock, constant, ending, instant, size};
use taking::{Taking, Timed, Traced, open};

/// Rows and what is to be told of how they were taken.
type Rows<T> = (Arc<[T]>, LogAccount);

/// Reads a log of transfers.
pub(super) fn transfers(
    file: &file::TransferTrace,
    at: &At<'_>,
    scope: &Scope<'_>,
    files: &mut TraceFiles<'_>,
    check: &mut Check,
) -> Option<TransferTrace> {
    let columns_at = at.field("columns");
    let source = constant(&file.columns.source, &columns_at.field("source"), &scope.grid.rses, check);
    let destination = constant(&file.columns.destination, &columns_at.field("destination"), &scope.grid.rses, check);
    if let (Constant::Known(source), Constant::Known(destination)) = (&source, &destination)
        && let Some(why) = scope.why_not(*source, *destination)
    {
        check.fault(&columns_at.field("destination"), why);
        return None;
    }
    let log = files.open(&file.file, at, check)?;
    let take = || take_transfers(file, &log, (source, destination), (at, scope), check);
    let (transfers, account) = files.logs.transfers.get_or_take(key(&log, file, scope), take)?;
    check.log(account);
    Some(TransferTrace { transfers, ties: file.ties, queues: file.queues })
}

fn take_transfers(
    file: &file::TransferTrace,
    log: &Arc<LogFile>,
    (source, destination): (Constant<RseId>, Constant<RseId>),
    (at, scope): (&At<'_>, &Scope<'_>),
    check: &mut Check,
) -> Option<Rows<TracedTransfer>> {
    let mut rows = open(log, &file.delimiter, at, check)?;
    let columns = &file.columns;
    let columns_at = at.field("columns");
    let clock = clock(&columns.at, &columns_at.field("at"), check);
    let mut used = Used { columns: rows.columns(), at, check };
    let time = used.column(&columns_at.field("at").field("name"), &columns.at.name);
    let bytes = used.column(&columns_at.field("size").field("name"), &columns.size.name);
    let source = used.name(&columns_at.field("source"), &columns.source, source);
    let destination = used.name(&columns_at.field("destination"), &columns.destination, destination);
    let ending = ending((&columns.ended, &columns.took), &columns_at, &mut used);
    let filter = used.filter(&file.filter);
    let (clock, time, bytes, ending, filter) = (clock?, time?, bytes?, ending?, filter?);
    let (source, destination) = (source?, destination?);
    let taking = Taking::of((&file.name, &file.file), (&file.origin, &file.dirty), (at, scope));
    let unit = columns.size.unit.factor();
    let read = |row: &Row<'_>| {
        let source = source.find(row, &scope.grid.rses)?;
        let destination = destination.find(row, &scope.grid.rses)?;
        if let Some(why) = scope.why_not(source, destination) {
            return Err(DirtyCell::of_row(why));
        }
        let bytes = Bytes::new(amount(row, bytes, unit)?);
        let nanos = instant(row, time, &clock)?;
        let (took, end) = known(ending.took(row, nanos));
        let what = TracedTransfer { at: SimTime::ZERO, source, destination, bytes, took, row: row.number };
        Ok(Timed { nanos, what, end })
    };
    let names = |(from, to): (Option<usize>, usize)| {
        (from.map(|from| scope.rse_name(Id::from_index(from))), scope.rse_name(Id::from_index(to)))
    };
    taking.take((log, &mut rows, &clock), &filter, check, read, names)
}

/// What is known of an end, and why no more.
fn known(took: Result<Option<SimSpan>, DirtyCell>) -> (Option<SimSpan>, Result<(), DirtyCell>) {
    match took {
        Ok(took) => (took, Ok(())),
        Err(why) => (None, Err(why)),
    }
}

impl Traced for TracedTransfer {
    fn at(self, at: SimTime) -> Self {
        Self { at, ..self }
    }

    fn between(&self) -> (Option<usize>, usize) {
        (Some(self.source.index()), self.destination.index())
    }

    fn bytes(&self) -> u64 {
        self.bytes.get()
    }
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
    let source_at = columns_at.field("source");
    let source = columns.source.as_ref().map(|from| constant(from, &source_at, &scope.grid.rses, check));
    let log = files.open(&file.file, at, check)?;
    let take = || take_jobs(file, &log, (pool, source), (at, scope), check);
    let (jobs, account) = files.logs.jobs.get_or_take(key(&log, file, scope), take)?;
    check.log(account);
    let (threads, blocks) = (file.threads, file.blocks);
    Some(JobTrace { jobs, ties: file.ties, threads, read_fraction: file.read_fraction, blocks })
}

fn take_jobs(
    file: &file::JobTrace,
    log: &Arc<LogFile>,
    (pool, source): (Constant<PoolId>, Option<Constant<RseId>>),
    (at, scope): (&At<'_>, &Scope<'_>),
    check: &mut Check,
) -> Option<Rows<TracedJob>> {
    let mut rows = open(log, &file.delimiter, at, check)?;
    let columns = &file.columns;
    let columns_at = at.field("columns");
    let clock = clock(&columns.submitted, &columns_at.field("submitted"), check);
    let mut used = Used { columns: rows.columns(), at, check };
    let column = |field: &'static str, name: &str, used: &mut Used<'_>| {
        used.column(&columns_at.field(field).field("name"), name)
    };
    let submitted = column("submitted", &columns.submitted.name, &mut used);
    let compute = column("compute", &columns.compute.name, &mut used);
    let compute = compute.map(|column| (column, columns.compute.unit.factor()));
    let input = columns.input.as_ref().map(|input| (column("input", &input.name, &mut used), input.unit.factor()));
    let slots = columns.slots.as_ref().map(|name| used.column(&columns_at.field("slots"), name));
    let requested = columns.requested.as_ref().map(|span| {
        let found = column("requested", &span.name, &mut used);
        found.map(|column| (column, span.unit.factor()))
    });
    let ending = ending((&columns.ended, &columns.took), &columns_at, &mut used);
    let pool = used.name(&at.field("pool"), &file.pool, pool);
    let source = (columns.source.as_ref().zip(source))
        .map(|(from, source)| used.name(&columns_at.field("source"), from, source));
    let filter = used.filter(&file.filter);
    let (clock, submitted, compute, pool) = (clock?, submitted?, compute?, pool?);
    let (ending, filter) = (ending?, filter?);
    // `None`: the log has no such column; a column that is not there is a fault.
    let slots = slots.map_or(Some(None), |found| found.map(Some))?;
    let requested = requested.map_or(Some(None), |found| found.map(Some))?;
    let input = match (input, source) {
        (Some((column, unit)), Some(source)) => Some((column?, unit, source?)),
        _ => None,
    };
    let taking = Taking::of((&file.name, &file.file), (&file.origin, &file.dirty), (at, scope));
    let cells = JobCells { clock: &clock, submitted, compute, input, slots, requested, ending, pool };
    let read = |row: &Row<'_>| cells.read(row, scope);
    let names = |(from, to): (Option<usize>, usize)| {
        (from.map(|from| scope.rse_name(Id::from_index(from))), scope.pool_name(Id::from_index(to)))
    };
    taking.take((log, &mut rows, &clock), &filter, check, read, names)
}

/// Where in a row of a log of jobs things are; a column with a unit has its factor beside it.
struct JobCells<'c> {
    clock: &'c Clock,
    submitted: usize,
    compute: (usize, f64),
    input: Option<(usize, f64, Lookup<RseId>)>,
    slots: Option<usize>,
    requested: Option<(usize, f64)>,
    ending: Ending,
    pool: Lookup<PoolId>,
}

impl JobCells<'_> {
    /// The job of a row.
    fn read(&self, row: &Row<'_>, scope: &Scope<'_>) -> Result<Timed<TracedJob>, DirtyCell> {
        let pool = self.pool.find(row, &scope.grid.pools)?;
        let (mut source, mut input) = (None, Bytes::ZERO);
        if let Some((column, unit, from)) = &self.input
            && let Some(size) = size(row, *column, *unit)?
        {
            (source, input) = (Some(from.find(row, &scope.grid.rses)?), size);
        }
        if let Some(source) = source
            && let Some(topology) = &scope.grid.topology
            && topology.map.route_to_pool(source, pool).is_none()
        {
            return Err(DirtyCell::of_row("no route leads from its source to its pool"));
        }
        let span = |(column, unit): (usize, f64)| amount(row, column, unit).map(SimSpan::from_nanos);
        let compute_s = span(self.compute)?.as_secs_f64();
        let slots = self.slots.map_or(Ok(1), |column| slots_at(row, column, pool, scope))?;
        let requested = self.requested.filter(|(column, _)| !row.cell(*column).is_empty()).map(span).transpose()?;
        let nanos = instant(row, self.submitted, self.clock)?;
        let (took, end) = known(self.ending.took(row, nanos));
        let submitted_at = SimTime::ZERO;
        let what = TracedJob { submitted_at, pool, source, input, compute_s, slots, requested, took, row: row.number };
        Ok(Timed { nanos, what, end })
    }
}

/// How many slots a job holds: 1 where the cell is empty.
fn slots_at(row: &Row<'_>, column: usize, pool: PoolId, scope: &Scope<'_>) -> Result<u32, DirtyCell> {
    let text = row.cell(column);
    if text.is_empty() {
        return Ok(1);
    }
    let slots: Option<u32> = text.parse().ok().filter(|slots| *slots > 0);
    let slots = slots.ok_or_else(|| DirtyCell::of_cell(column, text, "is not a whole number above 0"))?;
    let of_node = scope.grid.topology.as_ref().map(|topology| topology.map.pools()[pool].slots);
    if of_node.is_some_and(|of_node| slots > of_node) {
        return Err(DirtyCell::of_cell(column, text, "is more slots than a node of its pool has"));
    }
    Ok(slots)
}

impl Traced for TracedJob {
    fn at(self, at: SimTime) -> Self {
        Self { submitted_at: at, ..self }
    }

    fn between(&self) -> (Option<usize>, usize) {
        (self.source.map(Id::index), self.pool.index())
    }

    fn bytes(&self) -> u64 {
        self.input.get()
    }
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
        let pool = |pool: &Pool| format!("pool {} {} {}", pool.site.index(), pool.slots, pool.name);
        parts.extend(map.pools().values().map(pool));
    }
    Digest::of_parts(parts)
}
