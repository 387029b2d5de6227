//! The life of a transfer request, attempt by attempt.

use dapple_records::TableData;

use crate::ReportError;
use crate::life::rows::{Recorded, Row, rows};
use crate::life::{State, instant, rate, span, state, told, volume};

/// Queue, start-up and transport of one request.
pub(super) fn life(recorded: &Recorded<'_>, id: i64) -> Result<String, ReportError> {
    let requests = recorded.needed("requests")?;
    let attempts = recorded.rows(&requests, "request", id)?;
    let first = attempts[0];
    let file = first.int("file").map_or_else(|| "traffic without a replica".to_owned(), |file| format!("file {file}"));
    let mut text = format!(
        "request {id} of workload {}: {file}, {}, from {} to {}\n\n",
        first.text("workload"),
        volume(first.int("size_bytes").unwrap_or(0)),
        first.text("source"),
        first.text("destination"),
    );
    for (index, attempt) in attempts.iter().enumerate() {
        if attempts.len() > 1 {
            text.push_str(&format!("attempt {} of {}\n", index + 1, attempts.len()));
        }
        text.push_str(&told(states(&requests, *attempt)));
    }
    Ok(text)
}

/// `request 3 (created 00:00:01.000, done 00:02:00.000)`.
pub(super) fn summary(request: Row<'_>) -> String {
    let id = request.int("request").unwrap_or(0);
    let created = request.int("created_at_ns").map_or_else(String::new, instant);
    match request.int("transferred_at_ns") {
        Some(done) => format!("request {id} (created {created}, done {})", instant(done)),
        None => format!("request {id} (created {created}, {})", request.text("outcome")),
    }
}

fn states(requests: &TableData, attempt: Row<'_>) -> Vec<State> {
    let (created, started) = (attempt.int("created_at_ns"), attempt.int("started_at_ns"));
    let submitted = attempt.int("submitted_at_ns").filter(|at| Some(*at) > created);
    let (flowing, done) = (attempt.int("flowing_at_ns"), attempt.int("transferred_at_ns"));
    let (size, outcome) = (attempt.int("size_bytes").unwrap_or(0), attempt.text("outcome"));
    let queue = match (submitted.or(created), started) {
        (Some(at), Some(started)) if started == at => "; its slots are free".to_owned(),
        (Some(at), _) => waits_for_slots(requests, attempt, at),
        _ => String::new(),
    };
    let speed = match (flowing, done) {
        (Some(from), Some(to)) if to > from => format!(" at {} on average", rate(size, to - from)),
        _ => String::new(),
    };
    let total = match (created, done) {
        (Some(from), Some(to)) => format!("; time to complete {}", span(to - from)),
        _ => String::new(),
    };
    let mut states = vec![
        match submitted {
            Some(_) => state(created, "created; waits for the daemons before FTS to come round to it"),
            None => state(created, format!("created{queue}")),
        },
        state(submitted, format!("FTS has it{queue}")),
        state(started, "takes its slots; starts up"),
        state(flowing, "first byte moves"),
        state(done, format!("last byte arrived{speed}: {outcome}{total}")),
    ];
    if done.is_none() {
        let last = states.iter().filter_map(|state| state.at).max();
        let moved = volume(attempt.int("moved_bytes").unwrap_or(0));
        let why = if outcome == "failed" { format!(": {}", attempt.text("error_class")) } else { String::new() };
        states.push(state(last, format!("{outcome}{why}, {moved} had arrived")));
    }
    states
}

/// Who held the slots of its FTS link, source and destination when FTS had it.
fn waits_for_slots(requests: &TableData, attempt: Row<'_>, at: i64) -> String {
    let others = || rows(requests).filter(|other| other.int("request") != attempt.int("request"));
    let same = |other: &Row<'_>, column: &str| other.text(column) == attempt.text(column);
    let link = |other: &Row<'_>| same(other, "source") && same(other, "destination");
    format!(
        "; waits for slots\nof the recorded requests, {} were active and {} queued on {} to {};\n{} were leaving {} and {} entering {}",
        others().filter(|other| other.is_active(at) && link(other)).count(),
        others().filter(|other| other.is_queued(at) && link(other)).count(),
        attempt.text("source"),
        attempt.text("destination"),
        others().filter(|other| other.is_active(at) && same(other, "source")).count(),
        attempt.text("source"),
        others().filter(|other| other.is_active(at) && same(other, "destination")).count(),
        attempt.text("destination"),
    )
}
