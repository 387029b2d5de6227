//! The tables of a run, each declared once: its columns, their units and meaning, and where their cells come from.
//!
//! The meaning of a column is its entry in the data dictionary. Engine types are not the schema: what a fact calls a thing may change,
//! what a file calls it stands here.

use std::borrow::Cow;

use dapple_simulator::decide::{Access, AccessObservation, SourceObservation, SourceQuestion};
use dapple_simulator::engine::Setup;
use dapple_simulator::facts::{
    Decided, Entity, JobEnded, JobError, JobOutcome, ReadEnded, RuleEnded, RuleError, RuleState, Sample,
    SampledQuantity, TransferEnded, TransferOutcome,
};
use dapple_simulator::ids::{
    AccountId, ActivityId, FileId, Id, JobId, PoolId, ReadId, RequestId, RseId, RuleId, WorkloadId,
};
use dapple_simulator::rng::{Purpose, keyed};
use dapple_simulator::units::{Bytes, SimSpan, SimTime};
use rand::RngExt;

use crate::plan::{RecordLevel, RecordPlan};
use crate::table::{Cell, ColumnKind, Schema, TableData};

/// Declares tables: `name(row: Type) = "one row per ..", level, draws { column: Kind = cell, "meaning"; .. }`. The level is the field of
/// [`RecordPlan`] that says how much is kept; the draws are part of the key of [`RecordLevel::Sample`], different for each table and
/// never changed. Kinds are `Int`, `Float`, `Word` and the things whose names a column holds.
macro_rules! tables {
    ($($(#[doc = $doc:literal])* $table:ident($row:ident: $Row:ty) = $what:literal, $level:ident, $draws:literal {
        $($column:ident: $kind:ident = $cell:expr, $meaning:literal;)*
    })*) => {
        $($(#[doc = $doc])*
        pub mod $table {
            use super::*;

            const COLUMNS: &[(&str, Kind, &str)] = &[$((stringify!($column), Kind::$kind, $meaning)),*];

            /// Name, meaning and columns.
            pub fn schema() -> Schema {
                super::schema(stringify!($table), $what, COLUMNS)
            }

            /// The table without rows, for rows of this setup.
            pub(super) fn empty(setup: &Setup) -> TableData {
                super::empty(schema(), COLUMNS, setup)
            }

            /// Appends a row, if its id is kept.
            pub(crate) fn push($row: &$Row, id: u64, kept: &mut Kept) {
                if let Some(table) = kept.row(id) {
                    table.append([$(kinds::$kind($cell)),*]);
                }
            }
        })*

        /// The tables of one run while it is recorded.
        #[derive(Debug)]
        pub(crate) struct RunTables {
            $(pub $table: Kept),*
        }

        impl RunTables {
            pub fn new(setup: &Setup, plan: &RecordPlan, seed: u64) -> Self {
                Self { $($table: Kept { table: $table::empty(setup), level: plan.$level, seed, draws: $draws }),* }
            }

            /// All tables in order, their rows in order of their ids.
            pub fn finish(self) -> Vec<TableData> {
                let mut tables = vec![$(self.$table.table),*];
                // The rows of the series have no id and are in order.
                tables.iter_mut().for_each(TableData::order_by_id);
                tables
            }
        }

        /// The tables of a run in order; that of the groups, which is no table of rows, comes last.
        pub fn schemas() -> Vec<Schema> {
            vec![$($table::schema(),)* crate::groups::schema()]
        }
    };
}

tables! {
    /// One row per attempt of a file transfer.
    requests(t: TransferEnded) = "attempt of a file transfer", requests, 0 {
        request: Int = t.request, "id of the request, in order of creation";
        workload: Workload = t.workload, "workload that caused it";
        file: Int = t.file, "id of the file; empty for traffic that leaves no replica";
        rule: Int = t.rule, "id of the rule that asked for it first; empty: nobody did by a rule";
        activity: Activity = t.activity, "what it is for";
        attempt: Int = t.attempt, "attempts before this one for the same wish (Rucio's retry_count, 0 where that is empty)";
        previous: Int = t.previous, "id of the attempt before this one; empty: this is the first";
        trace_row: Int = t.traced.map(|row| row.number), "row of the log it was replayed from; empty otherwise";
        logged_ns: Int = t.traced.and_then(|row| row.took), "how long it took by that log, from its request (or its start, where starts are replayed) to its end; empty: the log does not say";
        source: Rse = t.source, "RSE it was read from; empty: none was chosen";
        destination: Rse = t.destination, "RSE it was written to";
        size_bytes: Int = t.bytes, "size of the file";
        requested_at_ns: Int = t.requested_at, "when the first attempt was asked for";
        created_at_ns: Int = t.created_at, "when this attempt was asked for";
        submitted_at_ns: Int = t.submitted_at, "when FTS had it; empty: never";
        started_at_ns: Int = t.started_at, "when it took its slots; empty: never";
        flowing_at_ns: Int = t.flowing_at, "when its first byte moved, after start-up; empty: never";
        transferred_at_ns: Int = t.transferred_at, "when its last byte arrived; empty: never";
        learned_at_ns: Int = t.learned_at, "when Rucio had learned how it came out; empty: never";
        moved_bytes: Int = t.moved, "bytes that arrived until the end or the horizon, by all tries of FTS: what is more than the size was lost, of a failed attempt all of it";
        outcome: Word = transfer_outcome(t.outcome), "done, failed, or at the horizon: queued, active, finishing (FTS was through with it, Rucio not)";
        error_class: Word = transfer_error(t.outcome), "why it failed, such as no-space, no-route, no-sources, refused, lost, cancelled, or what its copy failed of (connection-timeout, checksum-mismatch, ..); empty otherwise";
    }

    /// One row per file access of a job.
    reads(r: ReadEnded) = "file access of a job", reads, 1 {
        read: Int = r.read, "id of the read, in order of the decisions";
        workload: Workload = r.workload, "workload of its job";
        job: Int = r.question.job, "job that reads";
        input: Int = r.question.input, "position among the job's inputs, from 0";
        file: Int = r.question.file, "id of the file";
        mode: Word = mode(r.access), "remote, stage-in, or place (stage-in after a placement)";
        source: Rse = r.access.read_from(), "RSE the job itself read from";
        size_bytes: Int = r.question.bytes, "size of the file";
        read_fraction: Float = r.question.read_fraction, "part of the file that the job needs";
        moved_bytes: Int = r.moved, "bytes that this access moved until its end or the horizon";
        decided_at_ns: Int = r.decided_at, "when the access was decided";
        started_at_ns: Int = r.started_at, "when the first byte could move; empty: never";
        ended_at_ns: Int = r.ended_at, "when the last byte arrived; empty: never";
        con_th_bytes: Float = r.concurrent.map(|carried| carried.con_th),
            "bytes moved meanwhile by other threads of the process from the same RSE (ConTh); empty unless remote and ended";
        con_pr_bytes: Float = r.concurrent.map(|carried| carried.con_pr),
            "bytes moved meanwhile by other processes on the node from the same RSE (ConPr); empty unless remote and ended";
    }

    /// One row per job.
    jobs(j: JobEnded) = "job", jobs, 2 {
        job: Int = j.job, "id of the job, in order of submission";
        workload: Workload = j.workload, "workload it belongs to";
        trace_row: Int = j.traced.map(|row| row.number), "row of the log it was replayed from; empty otherwise";
        logged_ns: Int = j.traced.and_then(|row| row.took), "how long it took by that log, from its submission to its end; empty: the log does not say";
        pool: Pool = j.pool, "pool it runs in";
        node: Int = j.node, "worker node it ran on, from 0; empty: never started";
        threads: Int = j.threads, "threads of its process";
        slots: Int = j.slots, "slots that it holds on its node";
        inputs: Int = j.inputs, "number of inputs";
        input_bytes: Int = j.input_bytes, "size of its inputs";
        submitted_at_ns: Int = j.submitted_at, "when it was submitted";
        ready_at_ns: Int = j.ready_at, "when its placements were done and it entered the pool's queue; empty: never";
        started_at_ns: Int = j.started_at, "when it took its slot; empty: never";
        data_at_ns: Int = j.data_at, "when its last input byte had arrived; empty: never";
        ended_at_ns: Int = j.ended_at, "when it ended; empty: not within the run";
        compute_s: Float = j.compute_s, "compute time on its node";
        outcome: Word = job_outcome(j.outcome), "done, failed, placing, queued or running (the last three at the horizon)";
        error_class: Word = job_error(j.outcome), "why it failed: placement-failed, scratch-too-small, node-too-small, input-lost; empty otherwise";
    }

    /// One row per rule.
    rules(r: RuleEnded) = "rule", rules, 6 {
        rule: Int = r.rule, "id of the rule, in order of creation";
        workload: Workload = r.workload, "workload that asked for it";
        account: Account = r.account, "whose it is";
        activity: Activity = r.activity, "what its transfers are for";
        priority: Int = r.priority, "priority of its transfers, 5 before 1";
        copies: Int = Some(r.copies).filter(|copies| *copies > 0), "copies of each file; empty: it was refused before that was known";
        files: Int = r.files, "files of its data when they were looked at last: when it was made, or had grown or shrunk";
        size_bytes: Int = r.bytes, "size of what it locks, all copies together";
        transfers: Int = r.transfers, "transfers that were requested for it, each repair of a lock among them; attempts that follow a failed one are not counted";
        created_at_ns: Int = r.created_at, "when it was asked for";
        injected_at_ns: Int = r.injected_at, "when its locks were made; empty: never";
        ok_at_ns: Int = r.ok_at, "when all its copies were there for the first time; empty: never";
        stuck_at_ns: Int = r.stuck_at, "when one of its locks was stuck for the first time; empty: never";
        deleted_at_ns: Int = r.deleted_at, "when it was deleted; empty: it was refused, or is still there at the horizon";
        state: Word = rule_state(r.state), "its last state: inject, replicating, ok, stuck, suspended, waiting-approval; refused where there never was one";
        locks_ok: Int = r.locks[0], "locks whose replica is there, at its end or the horizon";
        locks_replicating: Int = r.locks[1], "locks that wait for a transfer";
        locks_stuck: Int = r.locks[2], "locks that wait for the repairer";
        error_class: Word = r.error.map(rule_error), "why it was refused, is stuck or suspended: no-such-data, no-rse, not-writable, invalid-weight, insufficient-targets, insufficient-quota, rse-over-quota, duplicate, missing-source, transfers-failed; empty otherwise";
    }

    /// One row per (entity, quantity, instant).
    series(s: Sampled<'_>) = "sample of one quantity of one entity", series, 4 {
        entity: Word = &*entity(s.sample.entity, s.setup), "link, RSE, DTN, pool, or FTS link as `SOURCE > DESTINATION` with the names of its storage hosts";
        quantity: Word = quantity(s.sample.quantity), "rate_bytes_per_s, used_bytes, active, queued, slots_taken, or limit: the files that an FTS link may copy at once";
        at_ns: Int = s.at, "instant of the sample; there is one at the horizon, too";
        value: Float = s.sample.value,
            "a rate: bytes since the sample before over the time since; any other quantity: as it is at that instant, after everything that happens in it";
        capacity: Float = s.sample.capacity,
            "the most that the value can be: mean capacity of a link over the same time, size of an RSE, slots of a pool or DTN; empty where there is none";
    }

    /// One row per access decision.
    decisions(d: AccessRow<'_>) = "access decision", decisions, 3 {
        read: Int = d.read.read, "id of the read that it decided";
        job: Int = d.read.question.job, "job that asked";
        input: Int = d.read.question.input, "position among the job's inputs, from 0";
        decided_at_ns: Int = d.read.decided_at, "when it was decided";
        size_bytes: Int = d.read.question.bytes, "observation: size of the file";
        read_fraction: Float = d.read.question.read_fraction, "observation: part of the file that the job needs";
        sources: Int = d.observation.sources, "observation: replicas that could be reached";
        queued: Int = d.observation.queued, "observation: requests queued towards the pool's site";
        pool_waiting: Int = d.observation.waiting, "observation: jobs queued at the pool";
        action: Word = mode(d.read.access), "remote, stage-in or place";
        source: Rse = d.read.access.source(), "source that was chosen, or suggested for a placement";
        target: Rse = d.read.access.target(), "chosen target of a placement; empty otherwise";
        took_ns: Int = d.read.took(),
            "outcome: from the decision to the last byte in the job's hands; empty: not within the run, or failed";
    }

    /// One row per source decision.
    source_decisions(d: SourceRow<'_>) = "decision from which replica a file is copied", decisions, 5 {
        request: Int = d.transfer.request, "id of the request that it led to";
        job: Int = d.decided.question.job, "job that needed the file first";
        input: Int = d.decided.question.input, "position among the job's inputs, from 0";
        decided_at_ns: Int = d.transfer.created_at, "when it was decided";
        size_bytes: Int = d.decided.question.bytes, "observation: size of the file";
        destination: Rse = d.decided.question.destination, "observation: RSE that it goes to";
        sources: Int = d.decided.observation.sources, "observation: replicas from which it can be reached";
        suggested: Rse = d.decided.question.suggested, "observation: source that the access decision named";
        suggested_queue: Int = d.decided.observation.suggested_queue,
            "observation: requests queued and active on the FTS link from there";
        least_queue: Int = d.decided.observation.least_queue, "observation: the fewest of all such links";
        source: Rse = d.decided.answer, "chosen source";
        took_ns: Int = d.took(), "outcome: from the decision to the last byte; empty: not within the run, or failed";
    }
}

/// A table and how much of it is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    table: TableData,
    level: RecordLevel,
    seed: u64,
    draws: u64,
}

impl Kept {
    /// The table to append a row to, unless the row with this id is left out.
    fn row(&mut self, id: u64) -> Option<&mut TableData> {
        let kept = match self.level {
            RecordLevel::Summary => false,
            RecordLevel::Rows => true,
            RecordLevel::Sample(share) => {
                keyed(self.seed, Purpose::RowSample, [self.draws, id]).random::<f64>() < share
            }
        };
        kept.then_some(&mut self.table)
    }
}

/// A row of `series`.
pub(crate) struct Sampled<'a> {
    pub sample: Sample,
    pub at: SimTime,
    pub setup: &'a Setup,
}

/// A row of `decisions`: what could be seen, and what came of it.
pub(crate) struct AccessRow<'a> {
    pub observation: AccessObservation,
    pub read: &'a ReadEnded,
}

/// A decision from which replica a file is copied.
pub(crate) type SourceDecided = Decided<SourceQuestion, SourceObservation, RseId>;

/// A row of `source_decisions`: what could be seen, and what came of it.
pub(crate) struct SourceRow<'a> {
    pub decided: SourceDecided,
    pub transfer: &'a TransferEnded,
}

impl SourceRow<'_> {
    fn took(&self) -> Option<SimSpan> {
        self.transfer.transferred_at.map(|at| at.since(self.transfer.created_at))
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
    Word,
    Workload,
    Rse,
    Pool,
    Activity,
    Account,
}

/// How cells are made, by the kind of their column.
#[expect(non_snake_case, reason = "they are called as the kinds are")]
mod kinds {
    use super::{AccountId, ActivityId, Cell, Id, PoolId, RseId, Whole, WorkloadId};

    pub fn Int(value: impl Whole) -> Cell<'static> {
        value.whole().map_or(Cell::Empty, |n| Cell::Int(i64::try_from(n).unwrap_or(i64::MAX)))
    }

    pub fn Float(value: impl Into<Option<f64>>) -> Cell<'static> {
        value.into().map_or(Cell::Empty, Cell::Float)
    }

    pub fn Word<'a>(value: impl Into<Option<&'a str>>) -> Cell<'a> {
        value.into().map_or(Cell::Empty, Cell::Word)
    }

    pub fn Workload(value: impl Into<Option<WorkloadId>>) -> Cell<'static> {
        name(value)
    }

    pub fn Rse(value: impl Into<Option<RseId>>) -> Cell<'static> {
        name(value)
    }

    pub fn Pool(value: impl Into<Option<PoolId>>) -> Cell<'static> {
        name(value)
    }

    pub fn Activity(value: impl Into<Option<ActivityId>>) -> Cell<'static> {
        name(value)
    }

    pub fn Account(value: impl Into<Option<AccountId>>) -> Cell<'static> {
        name(value)
    }

    fn name<K: Id>(id: impl Into<Option<K>>) -> Cell<'static> {
        id.into().map_or(Cell::Empty, |id| Cell::Name(id.index()))
    }
}

fn schema(name: &str, row: &str, columns: &[(&str, Kind, &str)]) -> Schema {
    let kind = |kind| match kind {
        Kind::Int => ColumnKind::Int,
        Kind::Float => ColumnKind::Float,
        Kind::Word | Kind::Workload | Kind::Rse | Kind::Pool | Kind::Activity | Kind::Account => ColumnKind::Text,
    };
    let columns: Vec<_> = columns.iter().map(|&(name, of, meaning)| (name, kind(of), meaning)).collect();
    Schema::new(name, row, &columns)
}

fn empty(schema: Schema, columns: &[(&str, Kind, &str)], setup: &Setup) -> TableData {
    let mut table = TableData::new(schema);
    let map = &setup.topology.map;
    for (column, kind, _) in columns {
        match kind {
            Kind::Int | Kind::Float | Kind::Word => {}
            Kind::Workload => table.set_names(column, setup.workloads.values().map(|workload| workload.name.as_str())),
            Kind::Rse => table.set_names(column, map.rses().values().map(|rse| rse.name.as_str())),
            Kind::Pool => table.set_names(column, map.pools().values().map(|pool| pool.name.as_str())),
            Kind::Activity => table.set_names(column, setup.names.activities.values().map(String::as_str)),
            Kind::Account => table.set_names(column, setup.names.accounts.values().map(String::as_str)),
        }
    }
    table
}

/// What a column of whole numbers takes.
trait Whole {
    fn whole(self) -> Option<u64>;
}

impl<T: Whole> Whole for Option<T> {
    fn whole(self) -> Option<u64> {
        self.and_then(T::whole)
    }
}

macro_rules! whole {
    ($($Type:ty: $value:ident => $n:expr;)*) => {$(
        impl Whole for $Type {
            fn whole(self) -> Option<u64> {
                let $value = self;
                Some($n)
            }
        }
    )*};
}

whole! {
    u64: n => n;
    u32: n => u64::from(n);
    u8: n => u64::from(n);
    usize: n => n as u64;
    Bytes: bytes => bytes.get();
    SimTime: at => at.as_nanos();
    SimSpan: span => span.as_nanos();
    RequestId: id => id.index() as u64;
    ReadId: id => id.index() as u64;
    JobId: id => id.index() as u64;
    FileId: id => id.index() as u64;
    RuleId: id => id.index() as u64;
}

const fn transfer_outcome(outcome: TransferOutcome) -> &'static str {
    match outcome {
        TransferOutcome::Done => "done",
        TransferOutcome::Failed(_) => "failed",
        TransferOutcome::Queued => "queued",
        TransferOutcome::Active => "active",
        TransferOutcome::Finishing => "finishing",
    }
}

const fn transfer_error(outcome: TransferOutcome) -> Option<&'static str> {
    match outcome {
        TransferOutcome::Failed(error) => Some(error.name()),
        TransferOutcome::Done | TransferOutcome::Queued | TransferOutcome::Active | TransferOutcome::Finishing => None,
    }
}

const fn job_outcome(outcome: JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Done => "done",
        JobOutcome::Failed(_) => "failed",
        JobOutcome::Placing => "placing",
        JobOutcome::Queued => "queued",
        JobOutcome::Running => "running",
    }
}

const fn job_error(outcome: JobOutcome) -> Option<&'static str> {
    match outcome {
        JobOutcome::Failed(JobError::PlacementFailed) => Some("placement-failed"),
        JobOutcome::Failed(JobError::ScratchTooSmall) => Some("scratch-too-small"),
        JobOutcome::Failed(JobError::NodeTooSmall) => Some("node-too-small"),
        JobOutcome::Failed(JobError::InputLost) => Some("input-lost"),
        JobOutcome::Done | JobOutcome::Placing | JobOutcome::Queued | JobOutcome::Running => None,
    }
}

const fn rule_state(state: Option<RuleState>) -> &'static str {
    match state {
        None => "refused",
        Some(RuleState::Inject) => "inject",
        Some(RuleState::Replicating) => "replicating",
        Some(RuleState::Ok) => "ok",
        Some(RuleState::Stuck) => "stuck",
        Some(RuleState::Suspended) => "suspended",
        Some(RuleState::WaitingApproval) => "waiting-approval",
    }
}

const fn rule_error(error: RuleError) -> &'static str {
    match error {
        RuleError::NoSuchData => "no-such-data",
        RuleError::NoRse => "no-rse",
        RuleError::NotWritable => "not-writable",
        RuleError::InvalidWeight => "invalid-weight",
        RuleError::InsufficientTargets => "insufficient-targets",
        RuleError::InsufficientQuota => "insufficient-quota",
        RuleError::RseOverQuota => "rse-over-quota",
        RuleError::Duplicate => "duplicate",
        RuleError::MissingSource => "missing-source",
        RuleError::TransfersFailed => "transfers-failed",
    }
}

const fn mode(access: Access) -> &'static str {
    match access {
        Access::Remote { .. } => "remote",
        Access::StageIn { .. } => "stage-in",
        Access::Place { .. } => "place",
    }
}

fn entity(entity: Entity, setup: &Setup) -> Cow<'_, str> {
    let map = &setup.topology.map;
    match entity {
        Entity::Link(id) => map.links()[id].name.as_str().into(),
        Entity::Rse(id) => map.rses()[id].name.as_str().into(),
        Entity::Dtn(id) => map.dtns()[id].name.as_str().into(),
        Entity::Pool(id) => map.pools()[id].name.as_str().into(),
        Entity::FtsLink { source, destination } => {
            format!("{} > {}", map.hosts()[source], map.hosts()[destination]).into()
        }
    }
}

const fn quantity(quantity: SampledQuantity) -> &'static str {
    match quantity {
        SampledQuantity::Rate => "rate_bytes_per_s",
        SampledQuantity::Used => "used_bytes",
        SampledQuantity::Active => "active",
        SampledQuantity::Queued => "queued",
        SampledQuantity::SlotsTaken => "slots_taken",
        SampledQuantity::Limit => "limit",
    }
}
