//! The tables of a run. Their documentation is the data dictionary of the results.

use crate::results::ColumnKind::{Float, Int, Text};
use crate::results::Schema;

/// One row per attempt of a file transfer.
pub fn requests() -> Schema {
    Schema::new(
        "requests",
        "attempt of a file transfer",
        &[
            ("request", Int, "id of the request, in order of creation"),
            ("workload", Text, "workload that caused it"),
            ("file", Int, "id of the file; empty for traffic that leaves no replica"),
            ("trace_row", Int, "row of the log it was replayed from; empty otherwise"),
            ("source", Text, "RSE it was read from"),
            ("destination", Text, "RSE it was written to"),
            ("size_bytes", Int, "size of the file"),
            ("created_at_ns", Int, "when it was asked for"),
            ("started_at_ns", Int, "when it took its slots; empty: never"),
            ("flowing_at_ns", Int, "when its first byte moved, after start-up; empty: never"),
            ("transferred_at_ns", Int, "when its last byte arrived; empty: never"),
            ("moved_bytes", Int, "bytes that arrived until the end or the horizon"),
            ("outcome", Text, "done, failed, queued (at the horizon) or active (at the horizon)"),
            ("error_class", Text, "why it failed: no-space, no-route; empty otherwise"),
        ],
    )
}

/// One row per file access of a job.
pub fn reads() -> Schema {
    Schema::new(
        "reads",
        "file access of a job",
        &[
            ("read", Int, "id of the read, in order of the decisions"),
            ("job", Int, "job that reads"),
            ("input", Int, "position among the job's inputs, from 0"),
            ("file", Int, "id of the file"),
            ("mode", Text, "remote, stage-in, or place (stage-in after a placement)"),
            ("source", Text, "RSE the job itself read from"),
            ("size_bytes", Int, "size of the file"),
            ("read_fraction", Float, "part of the file that the job needs"),
            ("moved_bytes", Int, "bytes that this access moved until its end or the horizon"),
            ("decided_at_ns", Int, "when the access was decided"),
            ("started_at_ns", Int, "when the first byte could move; empty: never"),
            ("ended_at_ns", Int, "when the last byte arrived; empty: never"),
            (
                "con_th_bytes",
                Float,
                "bytes moved meanwhile by other threads of the process from the same RSE (ConTh); empty unless remote and ended",
            ),
            (
                "con_pr_bytes",
                Float,
                "bytes moved meanwhile by other processes on the node from the same RSE (ConPr); empty unless remote and ended",
            ),
        ],
    )
}

/// One row per job.
pub fn jobs() -> Schema {
    Schema::new(
        "jobs",
        "job",
        &[
            ("job", Int, "id of the job, in order of submission"),
            ("workload", Text, "workload it belongs to"),
            ("pool", Text, "pool it runs in"),
            ("node", Int, "worker node it ran on, from 0; empty: never started"),
            ("threads", Int, "threads of its process"),
            ("inputs", Int, "number of inputs"),
            ("input_bytes", Int, "size of its inputs"),
            ("submitted_at_ns", Int, "when it was submitted"),
            ("ready_at_ns", Int, "when its placements were done and it entered the pool's queue; empty: never"),
            ("started_at_ns", Int, "when it took its slot; empty: never"),
            ("data_at_ns", Int, "when its last input byte had arrived; empty: never"),
            ("ended_at_ns", Int, "when it ended; empty: not within the run"),
            ("compute_s", Float, "compute time on its node"),
            ("outcome", Text, "done, failed, placing, queued or running (the last three at the horizon)"),
            ("error_class", Text, "why it failed: placement-failed, scratch-too-small; empty otherwise"),
        ],
    )
}

/// One row per (entity, quantity, instant).
pub fn series() -> Schema {
    Schema::new(
        "series",
        "sample of one quantity of one entity",
        &[
            ("entity", Text, "link, RSE, DTN or pool"),
            ("quantity", Text, "rate_bytes_per_s, used_bytes, active, queued or running"),
            ("at_ns", Int, "instant of the sample"),
            ("value", Float, "value at that instant, after everything that happens in it"),
        ],
    )
}

/// One row per access decision.
pub fn decisions() -> Schema {
    Schema::new(
        "decisions",
        "access decision",
        &[
            ("read", Int, "id of the read that it decided"),
            ("job", Int, "job that asked"),
            ("input", Int, "position among the job's inputs, from 0"),
            ("decided_at_ns", Int, "when it was decided"),
            ("size_bytes", Int, "observation: size of the file"),
            ("read_fraction", Float, "observation: part of the file that the job needs"),
            ("sources", Int, "observation: replicas that could be reached"),
            ("queued", Int, "observation: requests queued towards the pool's site"),
            ("pool_waiting", Int, "observation: jobs queued at the pool"),
            ("action", Text, "remote, stage-in or place"),
            ("source", Text, "chosen source"),
            ("target", Text, "chosen target of a placement; empty otherwise"),
            (
                "took_ns",
                Int,
                "outcome: from the decision to the last byte in the job's hands; empty: not within the run, or failed",
            ),
        ],
    )
}

/// The tables of a run in order.
pub fn all() -> [Schema; 5] {
    [requests(), reads(), jobs(), series(), decisions()]
}
