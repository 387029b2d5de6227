//! The books of a run: what entered has left exactly once or is still there.

use serde::{Deserialize, Serialize};

use crate::ids::{LinkId, Table};

/// What is left of a run apart from what was told of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Books {
    /// The counters, checked.
    pub counters: Counters,
    /// Events that were handled.
    pub events: u64,
    /// What each link carried.
    pub links: Table<LinkId, LinkUse>,
    /// Counts that deserve attention, in words; sorted.
    pub warnings: Vec<String>,
}

/// What a link carried in a run, and what it could have carried.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkUse {
    /// Bytes that crossed it in its direction.
    pub carried_bytes: f64,
    /// Bytes that crossed its wire: of a half-duplex wire those of both directions; 0 for a link without contention.
    pub wire_carried_bytes: f64,
    /// Bytes that the capacity of its wire would have let through; `None`: a link without contention carries what it is given.
    pub could_carry_bytes: Option<f64>,
}

impl LinkUse {
    /// Mean use of its wire, bytes over capacity; `None`: it can carry nothing, or is never busy.
    pub fn mean(&self) -> Option<f64> {
        self.could_carry_bytes.filter(|could| *could > 0.0).map(|could| self.wire_carried_bytes / could)
    }
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
    /// Rules that were asked for.
    pub rules_created: u64,
    /// Rules that were refused.
    pub rules_refused: u64,
    /// Rules that were deleted.
    pub rules_deleted: u64,
    /// Rules still there at the horizon.
    pub rules_left: u64,
    /// Locks made.
    pub locks_made: u64,
    /// Locks that went, with their rule or before it.
    pub locks_gone: u64,
    /// Locks still there at the horizon.
    pub locks_left: u64,
    /// Flows waiting at rate zero at the horizon.
    pub flows_stalled: u64,
    /// Replicas that the reaper has deleted.
    #[serde(default)]
    pub replicas_deleted: u64,
    /// Files of which no good replica was left.
    #[serde(default)]
    pub files_lost: u64,
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
            (
                "rules created = refused + deleted + left",
                self.rules_created,
                self.rules_refused + self.rules_deleted + self.rules_left,
            ),
            ("locks made = gone + left", self.locks_made, self.locks_gone + self.locks_left),
            ("flows started = done + in flight", self.flows_started, self.flows_done + self.flows_in_flight),
        ];
        laws.into_iter()
            .find(|(_, left, right)| left != right)
            .map(|(law, left, right)| format!("{law}: {left} is not {right}"))
    }
}
