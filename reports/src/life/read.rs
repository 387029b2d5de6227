//! The life of a read: the access to one input of a job.

use dapple_records::TableData;

use crate::ReportError;
use crate::life::rows::{Recorded, Row, rows};
use crate::life::{State, counted, rate, request, state, told, volume};

/// Decision, wait and transport of one read.
pub(super) fn life(recorded: &Recorded<'_>, id: i64) -> Result<String, ReportError> {
    let reads = recorded.needed("reads")?;
    let read = recorded.rows(&reads, "read", id)?[0];
    life_of(recorded, read)
}

/// The same for a row that was found already.
pub(super) fn life_of(recorded: &Recorded<'_>, read: Row<'_>) -> Result<String, ReportError> {
    let (mode, size) = (read.text("mode"), read.int("size_bytes").unwrap_or(0));
    let part = read.float("read_fraction").filter(|part| *part < 1.0);
    let part = part.map_or_else(String::new, |part| format!(", {:.0} % of it", part * 100.0));
    let mut text = format!(
        "read {}: input {} of job {}, file {}, {}{part}, by {mode} from {}\n\n",
        read.int("read").unwrap_or(0),
        read.int("input").unwrap_or(0),
        read.int("job").unwrap_or(0),
        read.int("file").unwrap_or(0),
        volume(size),
        read.text("source"),
    );
    let decisions = recorded.table("decisions")?;
    let requests = if mode == "place" { recorded.table("requests")? } else { None };
    text.push_str(&told(states(read, decisions.as_ref(), requests.as_ref())));
    Ok(text)
}

fn states(read: Row<'_>, decisions: Option<&TableData>, requests: Option<&TableData>) -> Vec<State> {
    let (decided, started, ended) = (read.int("decided_at_ns"), read.int("started_at_ns"), read.int("ended_at_ns"));
    let mode = read.text("mode");
    let decision = decisions.and_then(|table| rows(table).find(|row| row.int("read") == read.int("read")));
    let seen = decision.map_or_else(String::new, |seen| {
        let count = |column, thing| counted(seen.int(column).unwrap_or(0), thing);
        format!(
            "\nthe policy saw {}, {} queued towards the site and {} waiting at the pool",
            count("sources", "reachable replica"),
            count("queued", "request"),
            count("pool_waiting", "job"),
        )
    });
    let waits = match mode {
        _ if started == decided => "starts at once",
        "place" => "waits for the placement and its job's slot",
        _ => "waits for its job's slot",
    };
    let placement = requests.and_then(|table| placement(read, table));
    let placement =
        placement.map_or_else(String::new, |request| format!("\nthe file came by {}", request::summary(request)));
    let moved = read.int("moved_bytes").unwrap_or(0);
    let speed = match (started, ended) {
        (Some(from), Some(to)) if to > from => format!(", {} on average", rate(moved, to - from)),
        _ => String::new(),
    };
    let beside = ["con_th_bytes", "con_pr_bytes"].map(|column| read.float(column));
    let beside = match beside {
        [Some(threads), Some(processes)] => format!(
            "\nmeanwhile {} went to other threads of the job (ConTh) and {} to other jobs on the node (ConPr)",
            volume(threads as i64),
            volume(processes as i64)
        ),
        _ => String::new(),
    };
    let mut states = vec![
        state(decided, format!("decided: {mode}; {waits}{seen}{placement}")),
        state(started, format!("first byte can move from {}", read.text("source"))),
        state(ended, format!("last byte arrived: {}{speed}{beside}", volume(moved))),
    ];
    if ended.is_none() {
        states.push(state(started.or(decided), format!("not ended within the run; {} had moved", volume(moved))));
    }
    states
}

/// The request that brought the file: the last one for it to the read's source that was created before the read
/// started.
fn placement<'a>(read: Row<'_>, requests: &'a TableData) -> Option<Row<'a>> {
    let before = read.int("started_at_ns").unwrap_or(i64::MAX);
    let fits = |row: &Row<'_>| {
        row.int("file").is_some()
            && row.int("file") == read.int("file")
            && row.text("destination") == read.text("source")
            && row.int("created_at_ns").is_some_and(|at| at <= before)
    };
    rows(requests).filter(fits).max_by_key(|row| row.int("created_at_ns"))
}
