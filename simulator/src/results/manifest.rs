//! The manifest of an experiment: what was asked, what ran, and the books.

use serde::{Deserialize, Serialize};

/// `manifest.json`: the same bytes whatever host or number of threads made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of all files of the experiment, see [`crate::results::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of dapple that made it.
    pub dapple_version: String,
    /// Name of the scenario.
    pub name: String,
    /// The scenario with all its defaults and included files, as RON.
    pub resolved: String,
    /// The scenario file as it was written.
    pub scenario: String,
    /// Hash of `resolved`, 16 hexadecimal digits.
    pub scenario_hash: String,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the policies in order of declaration.
    pub policies: Vec<String>,
    /// The policy that the others are compared with.
    pub baseline: String,
    /// Column name of the primary KPI; all others are exploratory.
    pub primary_kpi: String,
    /// Number of replications.
    pub replications: u32,
    /// Paths of the swept fields, in order of declaration.
    pub sweep_paths: Vec<String>,
    /// Finished runs, sorted by id.
    pub runs: Vec<RunEntry>,
    /// Runs that failed, sorted by id.
    pub failed: Vec<FailedRun>,
    /// Ids of runs not done yet, sorted; empty where the experiment is complete.
    pub missing: Vec<String>,
    /// Counts that deserve attention, such as refused trace rows; sorted.
    pub warnings: Vec<String>,
}

/// One finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// Hash of resolved physics, policies, sweep point and seed, 16 hexadecimal digits.
    pub id: String,
    /// Name of its policy set.
    pub policy: String,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its sweep coordinates, one per swept path.
    pub sweep: Vec<SweepPoint>,
    /// Events that were handled.
    pub events: u64,
    /// The books of the run.
    pub counters: Counters,
}

/// One coordinate of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Path of the field.
    pub path: String,
    /// Its value as RON, such as `Gbps(10)`.
    pub text: String,
    /// Its value as a number in the unit written, where it is one: the x of plots.
    pub number: Option<f64>,
}

/// One run that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedRun {
    /// Its id.
    pub id: String,
    /// Name of its policy set.
    pub policy: String,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its sweep coordinates.
    pub sweep: Vec<SweepPoint>,
    /// Why it failed.
    pub error: String,
}

/// Conservation counters (physics: what enters leaves exactly once or is still there at the horizon).
///
/// `bytes_sent = bytes_received + bytes_lost + bytes_in_flight` by definition; the engine checks that sum against the
/// integral of all rates, and the other laws against counts made one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Bytes that left sources.
    pub bytes_sent: u64,
    /// Bytes of accesses and transfers that were completed.
    pub bytes_received: u64,
    /// Bytes moved by accesses and transfers that failed or were cancelled.
    pub bytes_lost: u64,
    /// Bytes moved by accesses and transfers still under way at the horizon.
    pub bytes_in_flight: u64,
    /// Flows that were started.
    pub flows_started: u64,
    /// Flows that ended, by moving all their bytes or by being cancelled.
    pub flows_done: u64,
    /// Flows still under way at the horizon.
    pub flows_in_flight: u64,
    /// Jobs submitted.
    pub jobs_submitted: u64,
    /// Jobs that ended well.
    pub jobs_done: u64,
    /// Jobs that failed.
    pub jobs_failed: u64,
    /// Jobs still there at the horizon.
    pub jobs_left: u64,
    /// Transfer requests created.
    pub requests_created: u64,
    /// Transfer requests done.
    pub requests_done: u64,
    /// Transfer requests that failed.
    pub requests_failed: u64,
    /// Transfer requests still queued or active at the horizon.
    pub requests_left: u64,
    /// Flows waiting at rate zero at the horizon.
    pub flows_stalled: u64,
    /// Sum over RSEs of the space that replicas and reservations take at the horizon, without the initial fill.
    pub space_used_bytes: u64,
}

impl Counters {
    /// The first law of the books that does not hold, in words.
    pub fn violation(&self) -> Option<String> {
        let laws = [
            (
                "bytes sent = received + lost + in flight",
                self.bytes_sent,
                self.bytes_received.saturating_add(self.bytes_lost).saturating_add(self.bytes_in_flight),
            ),
            (
                "jobs submitted = done + failed + left",
                self.jobs_submitted,
                self.jobs_done + self.jobs_failed + self.jobs_left,
            ),
            (
                "requests created = done + failed + left",
                self.requests_created,
                self.requests_done + self.requests_failed + self.requests_left,
            ),
            ("flows started = done + in flight", self.flows_started, self.flows_done + self.flows_in_flight),
        ];
        laws.into_iter()
            .find(|(_, left, right)| left != right)
            .map(|(law, left, right)| format!("{law}: {left} is not {right}"))
    }
}
