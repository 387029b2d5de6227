//! The facts that the engine tells, one per row of a table: the one place where engine types meet the schema.

use crate::engine::{RecordLevel, Setup};
use crate::ids::{FileId, Id, PoolId, RseId, WorkloadId};
use crate::network::Carried;
use crate::results::table::Cell;
use crate::results::{TableData, schema};
use crate::units::{Bytes, SimSpan, SimTime};

/// The end of a transfer request, or its state at the horizon.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestRecord {
    pub request: u64,
    pub workload: WorkloadId,
    pub file: Option<FileId>,
    pub trace_row: Option<u64>,
    pub source: RseId,
    pub destination: RseId,
    pub bytes: Bytes,
    pub created_at: SimTime,
    pub started_at: Option<SimTime>,
    pub flowing_at: Option<SimTime>,
    pub transferred_at: Option<SimTime>,
    pub moved: Bytes,
    pub outcome: &'static str,
    pub error_class: Option<&'static str>,
}

/// The end of a file access, or its state at the horizon.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReadRecord {
    pub read: u64,
    pub job: u64,
    pub input: u32,
    pub file: FileId,
    pub mode: &'static str,
    pub source: RseId,
    pub pool: PoolId,
    pub bytes: Bytes,
    pub fraction: f64,
    pub moved: Bytes,
    pub decided_at: SimTime,
    pub started_at: Option<SimTime>,
    pub ended_at: Option<SimTime>,
    pub concurrent: Option<Carried>,
}

/// The end of a job, or its state at the horizon.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobRecord {
    pub job: u64,
    pub workload: WorkloadId,
    pub pool: PoolId,
    pub node: Option<u32>,
    pub threads: u32,
    pub inputs: usize,
    pub input_bytes: Bytes,
    pub submitted_at: SimTime,
    pub ready_at: Option<SimTime>,
    pub started_at: Option<SimTime>,
    pub data_at: Option<SimTime>,
    pub ended_at: Option<SimTime>,
    pub compute_s: f64,
    pub outcome: &'static str,
    pub error_class: Option<&'static str>,
}

/// An access decision and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DecisionRecord {
    pub read: u64,
    pub job: u64,
    pub input: u32,
    pub decided_at: SimTime,
    pub bytes: Bytes,
    pub fraction: f64,
    pub sources: usize,
    pub queued: u32,
    pub waiting: usize,
    pub action: &'static str,
    pub source: RseId,
    pub target: Option<RseId>,
    pub took: Option<SimSpan>,
}

impl RequestRecord {
    pub fn push(&self, table: &mut TableData) {
        table.append([
            count(self.request),
            name(self.workload),
            maybe(self.file, id),
            maybe(self.trace_row, count),
            name(self.source),
            name(self.destination),
            bytes(self.bytes),
            at(self.created_at),
            maybe(self.started_at, at),
            maybe(self.flowing_at, at),
            maybe(self.transferred_at, at),
            bytes(self.moved),
            Cell::Word(self.outcome),
            maybe(self.error_class, Cell::Word),
        ]);
    }
}

impl ReadRecord {
    pub fn push(&self, table: &mut TableData) {
        table.append([
            count(self.read),
            count(self.job),
            count(u64::from(self.input)),
            id(self.file),
            Cell::Word(self.mode),
            name(self.source),
            bytes(self.bytes),
            Cell::Float(self.fraction),
            bytes(self.moved),
            at(self.decided_at),
            maybe(self.started_at, at),
            maybe(self.ended_at, at),
            maybe(self.concurrent, |carried| Cell::Float(carried.con_th)),
            maybe(self.concurrent, |carried| Cell::Float(carried.con_pr)),
        ]);
    }
}

impl JobRecord {
    pub fn push(&self, table: &mut TableData) {
        table.append([
            count(self.job),
            name(self.workload),
            name(self.pool),
            maybe(self.node, |node| count(u64::from(node))),
            count(u64::from(self.threads)),
            count(self.inputs as u64),
            bytes(self.input_bytes),
            at(self.submitted_at),
            maybe(self.ready_at, at),
            maybe(self.started_at, at),
            maybe(self.data_at, at),
            maybe(self.ended_at, at),
            Cell::Float(self.compute_s),
            Cell::Word(self.outcome),
            maybe(self.error_class, Cell::Word),
        ]);
    }
}

impl DecisionRecord {
    pub fn push(&self, table: &mut TableData) {
        table.append([
            count(self.read),
            count(self.job),
            count(u64::from(self.input)),
            at(self.decided_at),
            bytes(self.bytes),
            Cell::Float(self.fraction),
            count(self.sources as u64),
            count(u64::from(self.queued)),
            count(self.waiting as u64),
            Cell::Word(self.action),
            name(self.source),
            maybe(self.target, name),
            maybe(self.took, |took| count(took.as_nanos())),
        ]);
    }
}

/// The tables of a run in order of [`schema::all`]; those that are to be recorded know the names that their ids
/// stand for.
pub(super) fn tables(setup: &Setup) -> [TableData; 5] {
    let mut tables = schema::all().map(TableData::new);
    let [requests, reads, jobs, _, decisions] = &mut tables;
    let (topology, record) = (&setup.topology, &setup.record);
    let rses = || topology.rses().values().map(|rse| rse.name.as_str());
    let workloads = || setup.workloads.values().map(|workload| workload.name.as_str());
    if record.requests != RecordLevel::Summary {
        requests.set_names("workload", workloads());
        requests.set_names("source", rses());
        requests.set_names("destination", rses());
    }
    if record.reads != RecordLevel::Summary {
        reads.set_names("source", rses());
    }
    if record.jobs != RecordLevel::Summary {
        jobs.set_names("workload", workloads());
        jobs.set_names("pool", topology.pools().values().map(|pool| pool.name.as_str()));
    }
    if record.decisions != RecordLevel::Summary {
        decisions.set_names("source", rses());
        decisions.set_names("target", rses());
    }
    tables
}

fn count(n: u64) -> Cell<'static> {
    Cell::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn id(id: impl Id) -> Cell<'static> {
    count(id.index() as u64)
}

/// The name of a thing, where [`tables`] gives the column those of its table.
fn name(id: impl Id) -> Cell<'static> {
    Cell::Name(id.index())
}

fn bytes(bytes: Bytes) -> Cell<'static> {
    count(bytes.get())
}

fn at(at: SimTime) -> Cell<'static> {
    count(at.as_nanos())
}

fn maybe<T>(there: Option<T>, cell: impl FnOnce(T) -> Cell<'static>) -> Cell<'static> {
    there.map_or(Cell::Empty, cell)
}
