//! The life of a rule: what it waited for, told by the file that came last.

use std::fmt::Write;

use dapple_records::TableData;

use crate::ReportError;
use crate::life::rows::{Recorded, Row, rows};
use crate::life::{State, counted, span, state, told, volume};

/// From its creation to the last copy, and where the time went.
pub(super) fn life(recorded: &Recorded<'_>, id: i64) -> Result<String, ReportError> {
    let rules = recorded.needed("rules")?;
    let rule = recorded.rows(&rules, "rule", id)?[0];
    let requests = recorded.table("requests")?;
    let mut text = format!(
        "rule {id} of workload {}, account {}, for {}: {} of {} ({}), {} requested\n\n",
        rule.text("workload"),
        rule.text("account"),
        rule.text("activity"),
        counted(rule.int("copies").unwrap_or(0), "copy").replace("copys", "copies"),
        counted(rule.int("files").unwrap_or(0), "file"),
        volume(rule.int("size_bytes").unwrap_or(0)),
        counted(rule.int("transfers").unwrap_or(0), "transfer"),
    );
    let own: Vec<Row<'_>> = requests.iter().flat_map(rows).filter(|row| row.int("rule") == Some(id)).collect();
    let last =
        own.iter().max_by_key(|row| (row.int("learned_at_ns").or(row.int("transferred_at_ns")), row.int("request")));
    let attempts = last.map(|last| chain(&own, *last)).unwrap_or_default();
    text.push_str(&told(states(rule, &attempts, requests.as_ref())));
    match (&requests, attempts.is_empty()) {
        (None, _) => text.push_str(
            "\nIts transfers were not recorded: run it again with `--set record=Rows` and another `--out`.\n",
        ),
        (Some(_), true) => {
            text.push_str("\nNothing was moved for it: its files were there, or others had asked for them before.\n");
        }
        (Some(_), false) => text.push_str(&where_it_went(rule, &attempts, &own)),
    }
    Ok(text)
}

/// The attempts for the wish that ended with this one, the first one first.
fn chain<'a>(own: &[Row<'a>], last: Row<'a>) -> Vec<Row<'a>> {
    let mut attempts = vec![last];
    while let Some(previous) = attempts.last().and_then(|attempt| attempt.int("previous")) {
        let Some(before) = own.iter().find(|row| row.int("request") == Some(previous)) else { break };
        attempts.push(*before);
    }
    attempts.reverse();
    attempts
}

fn states(rule: Row<'_>, attempts: &[Row<'_>], requests: Option<&TableData>) -> Vec<State> {
    let (created, injected, ok) = (rule.int("created_at_ns"), rule.int("injected_at_ns"), rule.int("ok_at_ns"));
    if rule.text("state") == "refused" {
        return vec![state(created, format!("refused: {}", rule.text("error_class")))];
    }
    let mut states = Vec::new();
    match injected {
        Some(at) if Some(at) > created => {
            states.push(state(created, "asked for; waits for the injector"));
            states.push(state(injected, "its locks are made"));
        }
        Some(_) => states.push(state(created, "asked for; its locks are made at once")),
        None => states.push(state(created, "asked for; its locks were never made")),
    }
    for (nth, attempt) in attempts.iter().enumerate() {
        states.extend(of_attempt(*attempt, nth, requests));
    }
    if let (Some(at), true) = (rule.int("stuck_at_ns"), ok.is_none() || rule.int("stuck_at_ns") < ok) {
        states.push(state(Some(at), format!("stuck: {}; waits for the repairer", rule.text("error_class"))));
    }
    states.push(state(ok, "all copies are there: OK"));
    states.push(state(rule.int("deleted_at_ns"), "deleted"));
    if ok.is_none() && rule.int("deleted_at_ns").is_none() {
        let last = states.iter().filter_map(|state| state.at).max();
        let locks = ["locks_ok", "locks_replicating", "locks_stuck"].map(|column| rule.int(column).unwrap_or(0));
        let why = match rule.text("error_class") {
            "?" => String::new(),
            error => format!(" ({error})"),
        };
        let [done, open, stuck] = locks;
        states.push(state(
            last,
            format!(
                "{} at the horizon{why}: {done} of its locks OK, {open} replicating, {stuck} stuck",
                rule.text("state")
            ),
        ));
    }
    // A rule may be stuck between two attempts.
    states.sort_by_key(|state| state.at);
    states
}

/// One attempt for the file that came last.
fn of_attempt(attempt: Row<'_>, nth: usize, requests: Option<&TableData>) -> Vec<State> {
    let [created, submitted, started, done, learned] =
        ["created_at_ns", "submitted_at_ns", "started_at_ns", "transferred_at_ns", "learned_at_ns"]
            .map(|column| attempt.int(column));
    let what = if nth == 0 {
        format!(
            "the file that came last, file {} ({}), is requested at {}",
            attempt.int("file").unwrap_or(0),
            volume(attempt.int("size_bytes").unwrap_or(0)),
            attempt.text("destination")
        )
    } else {
        format!("attempt {} is requested", nth + 1)
    };
    let waits = match (created, submitted) {
        (Some(from), Some(to)) if to == from => "; submitted at once".to_owned(),
        (Some(from), Some(to)) => format!("; waits {} for the daemons before FTS to come round to it", span(to - from)),
        _ => "; never submitted".to_owned(),
    };
    let mut states = vec![state(created, format!("{what}{waits} (request {})", attempt.int("request").unwrap_or(0)))];
    if let Some(at) = submitted {
        let queue = match started {
            Some(started) if started == at => "; a slot is free".to_owned(),
            Some(started) => format!("; waits {} {}", span(started - at), behind(attempt, requests, at)),
            None => format!("; waits {}", behind(attempt, requests, at)),
        };
        states.push(state(submitted, format!("FTS has it, from {}{queue}", attempt.text("source"))));
    }
    states.push(state(started, "takes its slot; checks, copies, verifies"));
    let outcome = match attempt.text("outcome") {
        "failed" => format!("failed: {}", attempt.text("error_class")),
        outcome => outcome.to_owned(),
    };
    match (done, learned) {
        (Some(at), Some(knows)) if knows > at => {
            states.push(state(done, format!("{outcome}; Rucio learns of it {} later", span(knows - at))));
        }
        (Some(_), _) => states.push(state(done, outcome)),
        (None, Some(_)) => states.push(state(learned, outcome)),
        (None, None) => {}
    }
    states
}

/// How many were in the way of an attempt when FTS got it.
fn behind(attempt: Row<'_>, requests: Option<&TableData>, at: i64) -> String {
    let others = || {
        let same = |other: &Row<'_>, column: &str| other.text(column) == attempt.text(column);
        let rows = requests.into_iter().flat_map(rows);
        rows.filter(move |other| {
            other.int("request") != attempt.int("request") && same(other, "source") && same(other, "destination")
        })
    };
    let is_over = |other: &Row<'_>| other.int("learned_at_ns").is_some_and(|over| over <= at);
    let active =
        others().filter(|other| other.spans("started_at_ns", "transferred_at_ns", at) && !is_over(other)).count();
    let queued =
        others().filter(|other| other.spans("submitted_at_ns", "started_at_ns", at) && !is_over(other)).count();
    format!("behind {} of the same pair of RSEs, {active} of them active", counted((active + queued) as i64, "file"))
}

/// Where the time until the last copy went, and how the other transfers fared.
fn where_it_went(rule: Row<'_>, attempts: &[Row<'_>], own: &[Row<'_>]) -> String {
    let between = |row: &Row<'_>, from: &str, to: &str| Some((row.int(to)? - row.int(from)?).max(0));
    let mut text = String::new();
    if let (Some(created), Some(ok)) = (rule.int("created_at_ns"), rule.int("ok_at_ns")) {
        let total = ok - created;
        let (done, failed): (Vec<_>, Vec<_>) = attempts.iter().partition(|attempt| attempt.text("outcome") == "done");
        let sum = |from: &str, to: &str| done.iter().filter_map(|attempt| between(attempt, from, to)).sum::<i64>();
        let parts = [
            ("in Rucio's queue (RQ)", sum("created_at_ns", "submitted_at_ns")),
            ("in FTS's queue (FQ)", sum("submitted_at_ns", "started_at_ns")),
            ("on the network (NT)", sum("started_at_ns", "transferred_at_ns")),
            (
                "on attempts that failed",
                failed.iter().filter_map(|a| between(a, "created_at_ns", "learned_at_ns")).sum(),
            ),
        ];
        let known: i64 = parts.iter().map(|(_, part)| part).sum();
        writeln!(text, "\n  OK after {}, of which the file that came last spent", span(total))
            .expect("strings take all text");
        for (what, part) in parts.into_iter().chain([("waiting for daemons to learn and to act", total - known)]) {
            if part > 0 {
                let share = 100.0 * part as f64 / total.max(1) as f64;
                writeln!(text, "    {:>10}  {share:>3.0} %  {what}", span(part)).expect("strings take all text");
            }
        }
    }
    let failed = own.iter().filter(|row| row.text("outcome") == "failed").count();
    let files = own.iter().filter(|row| row.int("previous").is_none()).count();
    writeln!(
        text,
        "\n  {} in {}, {failed} of which failed",
        counted(files as i64, "transfer"),
        counted(own.len() as i64, "attempt")
    )
    .expect("strings take all text");
    text
}
