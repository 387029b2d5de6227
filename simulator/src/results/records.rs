//! The facts that the engine tells, one per row of a table: the one place where engine types meet the schema.

use crate::engine::Setup;
use crate::ids::{FileId, Id, PoolId, RseId, WorkloadId};
use crate::network::Carried;
use crate::results::{TableData, Value};
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
    pub fn push(&self, table: &mut TableData, setup: &Setup) {
        let rses = setup.topology.rses();
        table.push(&[
            count(self.request),
            Value::Text(&setup.workloads[self.workload].name),
            self.file.map_or(Value::Empty, |file| count(file.index() as u64)),
            self.trace_row.map_or(Value::Empty, count),
            Value::Text(&rses[self.source].name),
            Value::Text(&rses[self.destination].name),
            bytes(self.bytes),
            at(self.created_at),
            maybe_at(self.started_at),
            maybe_at(self.flowing_at),
            maybe_at(self.transferred_at),
            bytes(self.moved),
            Value::Text(self.outcome),
            self.error_class.map_or(Value::Empty, Value::Text),
        ]);
    }
}

impl ReadRecord {
    pub fn push(&self, table: &mut TableData, setup: &Setup) {
        table.push(&[
            count(self.read),
            count(self.job),
            count(u64::from(self.input)),
            count(self.file.index() as u64),
            Value::Text(self.mode),
            Value::Text(&setup.topology.rses()[self.source].name),
            bytes(self.bytes),
            Value::Float(self.fraction),
            bytes(self.moved),
            at(self.decided_at),
            maybe_at(self.started_at),
            maybe_at(self.ended_at),
            self.concurrent.map_or(Value::Empty, |carried| Value::Float(carried.con_th)),
            self.concurrent.map_or(Value::Empty, |carried| Value::Float(carried.con_pr)),
        ]);
    }
}

impl JobRecord {
    pub fn push(&self, table: &mut TableData, setup: &Setup) {
        table.push(&[
            count(self.job),
            Value::Text(&setup.workloads[self.workload].name),
            Value::Text(&setup.topology.pools()[self.pool].name),
            self.node.map_or(Value::Empty, |node| count(u64::from(node))),
            count(u64::from(self.threads)),
            count(self.inputs as u64),
            bytes(self.input_bytes),
            at(self.submitted_at),
            maybe_at(self.ready_at),
            maybe_at(self.started_at),
            maybe_at(self.data_at),
            maybe_at(self.ended_at),
            Value::Float(self.compute_s),
            Value::Text(self.outcome),
            self.error_class.map_or(Value::Empty, Value::Text),
        ]);
    }
}

impl DecisionRecord {
    pub fn push(&self, table: &mut TableData, setup: &Setup) {
        let rses = setup.topology.rses();
        table.push(&[
            count(self.read),
            count(self.job),
            count(u64::from(self.input)),
            at(self.decided_at),
            bytes(self.bytes),
            Value::Float(self.fraction),
            count(self.sources as u64),
            count(u64::from(self.queued)),
            count(self.waiting as u64),
            Value::Text(self.action),
            Value::Text(&rses[self.source].name),
            self.target.map_or(Value::Empty, |target| Value::Text(&rses[target].name)),
            self.took.map_or(Value::Empty, |took| nanos(took.as_nanos())),
        ]);
    }
}

fn count(n: u64) -> Value<'static> {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn nanos(nanos: u64) -> Value<'static> {
    count(nanos)
}

fn bytes(bytes: Bytes) -> Value<'static> {
    count(bytes.get())
}

fn at(at: SimTime) -> Value<'static> {
    nanos(at.as_nanos())
}

fn maybe_at(instant: Option<SimTime>) -> Value<'static> {
    instant.map_or(Value::Empty, at)
}
