//! The life of a job.

use std::fmt::Write;

use dapple_records::TableData;

use crate::ReportError;
use crate::life::rows::{Recorded, Row, rows};
use crate::life::{State, counted, read, span, state, told, volume};

/// Placing, queueing, reading and computing, with the job's reads.
pub(super) fn life(recorded: &Recorded<'_>, id: i64) -> Result<String, ReportError> {
    let jobs = recorded.needed("jobs")?;
    let job = recorded.rows(&jobs, "job", id)?[0];
    let reads = recorded.table("reads")?;
    let mut text = format!(
        "job {id} of workload {} in pool {}: {}, {}, {}, {} of compute\n\n",
        job.text("workload"),
        job.text("pool"),
        counted(job.int("inputs").unwrap_or(0), "input"),
        volume(job.int("input_bytes").unwrap_or(0)),
        counted(job.int("threads").unwrap_or(1), "thread"),
        span((job.float("compute_s").unwrap_or(0.0) * 1e9) as i64),
    );
    let mut streams = None;
    if let Some(reads) = &reads {
        let mut own = rows(reads).filter(|row| row.int("job") == Some(id)).peekable();
        streams = own.peek().is_some().then(|| own.any(|read| read.text("mode") == "remote"));
    }
    text.push_str(&told(states(&jobs, job, streams)));
    if let (Some(from), Some(to)) = (job.int("submitted_at_ns"), job.int("ended_at_ns")) {
        writeln!(text, "  turnaround {}", span(to - from)).expect("strings take all text");
    }
    match &reads {
        None => {
            text.push_str(
                "\nIts reads were not recorded: run it again with `--set record=Rows` and another `--out`.\n",
            );
        }
        Some(reads) => {
            for own in rows(reads).filter(|row| row.int("job") == Some(id)) {
                text.push('\n');
                text.push_str(&read::life_of(recorded, own)?);
            }
        }
    }
    Ok(text)
}

/// What a job does in its slot before all its data is there. `streams` says whether any of its reads is a remote one, where that was
/// recorded.
fn while_reading(job: Row<'_>, streams: Option<bool>) -> &'static str {
    let compute = job.float("compute_s").unwrap_or(0.0);
    let after = job.int("ended_at_ns").zip(job.int("data_at_ns")).map(|(ended, data)| (ended - data) as f64 / 1e9);
    // What was not computed after the last byte was computed before it.
    let overlaps = after.is_some_and(|after| after < compute * (1.0 - 1e-6) - 1e-6);
    match (job.int("inputs").unwrap_or(0), streams) {
        (0, _) => "needs no data",
        (_, Some(false)) => "waits for its data",
        _ if overlaps => "streams its data and computes on what has arrived",
        (_, Some(true)) => "streams its data",
        (_, None) => "reads its data",
    }
}

fn states(jobs: &TableData, job: Row<'_>, streams: Option<bool>) -> Vec<State> {
    let (submitted, ready, started) = (job.int("submitted_at_ns"), job.int("ready_at_ns"), job.int("started_at_ns"));
    let (data, ended) = (job.int("data_at_ns"), job.int("ended_at_ns"));
    let outcome = job.text("outcome");
    let placing = if ready == submitted {
        "submitted; nothing to wait for"
    } else {
        "submitted; waits until its placements are done"
    };
    let node = job.int("node").map_or_else(String::new, |node| format!(" on node {node}"));
    let mut states = vec![state(submitted, placing)];
    if let Some(at) = ready {
        let queue = if started == ready { "a slot is free".to_owned() } else { waits_for_slot(jobs, job, at) };
        states.push(state(ready, format!("in the queue of {}; {queue}", job.text("pool"))));
    }
    let reading = while_reading(job, streams);
    states.push(state(started, format!("takes a slot{node}; {reading}")));
    if data <= ended || ended.is_none() {
        states.push(state(
            data.filter(|data| started.is_none_or(|started| *data >= started)),
            if reading.ends_with("what has arrived") {
                "all data is there; computes on the rest"
            } else {
                "all data is there; computes"
            },
        ));
    }
    let why = if outcome == "failed" { format!(": {}", job.text("error_class")) } else { String::new() };
    states.push(state(ended, format!("{outcome}{why}")));
    if ended.is_none() {
        let last = states.iter().filter_map(|state| state.at).max();
        states.push(state(last, format!("had not ended at the horizon: {outcome}")));
    }
    states
}

/// Who is in the way of a job that enters the queue at `at`.
fn waits_for_slot(jobs: &TableData, job: Row<'_>, at: i64) -> String {
    let of_pool =
        || rows(jobs).filter(|other| other.text("pool") == job.text("pool") && other.int("job") != job.int("job"));
    let running = of_pool().filter(|other| other.spans("started_at_ns", "ended_at_ns", at)).count();
    let ahead = of_pool().filter(|other| other.spans("ready_at_ns", "started_at_ns", at)).count();
    format!("waits for a slot\nof the recorded jobs, {running} ran there and {ahead} were queued")
}
