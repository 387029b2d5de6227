//! The life of a rule: what it waited for, told by the file that came last.
//!
//! A rule wants files at RSEs. What brings one there is a chain of attempts, of this rule or of others that asked for the same before, or
//! of the judge, who asks anew once the attempts are used up. The chain that came last, or is still open, is told; what was between its
//! attempts is told with it, so that the parts are the whole.

use std::collections::BTreeMap;
use std::fmt::Write;

use dapple_records::TableData;

use crate::ReportError;
use crate::life::rows::{Recorded, Row, rows};
use crate::life::{State, counted, span, state, told, volume};

/// From its creation to the last copy, and where the time went.
pub(super) fn life(recorded: &Recorded<'_>, id: i64) -> Result<String, ReportError> {
    let rules = recorded.needed("rules")?;
    let rule = recorded.rows(&rules, "rule", id)?[0];
    Ok(describe(rule, recorded.table("requests")?.as_ref()))
}

fn describe(rule: Row<'_>, requests: Option<&TableData>) -> String {
    let mut text = format!(
        "rule {} of workload {}, account {}, for {}: {} of {} ({}), {} requested\n\n",
        rule.int("rule").unwrap_or(0),
        rule.text("workload"),
        rule.text("account"),
        rule.text("activity"),
        counted(rule.int("copies").unwrap_or(0), "copy").replace("copys", "copies"),
        counted(rule.int("files").unwrap_or(0), "file"),
        volume(rule.int("size_bytes").unwrap_or(0)),
        counted(rule.int("transfers").unwrap_or(0), "transfer"),
    );
    let chains = chains(rule, requests);
    // A rule that waits does so for what is still open; one that is OK got what came to nothing from elsewhere.
    let open = if rule.int("ok_at_ns").is_none() { i64::MAX } else { i64::MIN };
    let last = chains.values().max_by_key(|chain| (came_at(chain).unwrap_or(open), first_request(chain)));
    let attempts = last.map_or(&[][..], Vec::as_slice);
    text.push_str(&told(states(rule, attempts, requests)));
    match (requests, attempts.is_empty()) {
        (None, _) => text.push_str(
            "\nIts transfers were not recorded: run it again with `--set record=Rows` and another `--out`.\n",
        ),
        (Some(_), true) => {
            text.push_str("\nNothing was moved for it: its files were there, or others had asked for them before.\n");
        }
        (Some(_), false) => {
            text.push_str(&where_it_went(rule, attempts));
            let all = || chains.values().flatten();
            let failed = all().filter(|row| row.text("outcome") == "failed").count();
            writeln!(
                text,
                "\n  {} in {}, {failed} of which failed",
                counted(chains.len() as i64, "transfer"),
                counted(all().count() as i64, "attempt")
            )
            .expect("strings take all text");
        }
    }
    text
}

/// The attempts for each file and RSE that the rule has asked for, in order of time; what was asked for after it was OK is another story.
fn chains<'a>(rule: Row<'a>, requests: Option<&'a TableData>) -> BTreeMap<(i64, &'a str), Vec<Row<'a>>> {
    let (id, created, until) = (rule.int("rule"), rule.int("created_at_ns"), rule.int("ok_at_ns").unwrap_or(i64::MAX));
    let counts = |row: &Row<'_>| {
        row.int("created_at_ns").is_some_and(|at| at <= until)
            && (row.int("rule") == id || ended_at(*row).is_none_or(|at| Some(at) >= created))
    };
    let place = |row: Row<'a>| Some((row.int("file")?, row.text("destination")));
    let mut chains: BTreeMap<_, Vec<Row<'a>>> = BTreeMap::new();
    for row in requests.into_iter().flat_map(rows).filter(|row| row.int("rule") == id && counts(row)) {
        chains.entry(place(row)).or_default();
    }
    for row in requests.into_iter().flat_map(rows).filter(counts) {
        if let Some(chain) = chains.get_mut(&place(row)) {
            chain.push(row);
        }
    }
    let placed = chains.into_iter().filter_map(|(place, chain)| Some((place?, chain)));
    placed
        .map(|(place, mut chain)| {
            chain.sort_by_key(|row| (row.int("created_at_ns"), row.int("request")));
            (place, chain)
        })
        .collect()
}

fn first_request(chain: &[Row<'_>]) -> Option<i64> {
    chain.first()?.int("request")
}

/// When an attempt was over for Rucio, or for FTS where Rucio has not learned of it; `None`: it is not over.
fn ended_at(row: Row<'_>) -> Option<i64> {
    row.int("learned_at_ns").or(row.int("transferred_at_ns"))
}

/// When the file was there; `None`: it is still to come.
fn came_at(chain: &[Row<'_>]) -> Option<i64> {
    let last = chain.last()?;
    (last.text("outcome") == "done").then(|| ended_at(*last)).flatten()
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
        states.push(state(Some(at), "one of its locks is stuck; waits for the repairer"));
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
        let by = match attempt.int("previous") {
            None => " anew, by the judge or for another rule",
            Some(_) => "",
        };
        format!("attempt {} is requested{by}", nth + 1)
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
    let same = |other: &Row<'_>, column: &str| other.text(column) == attempt.text(column);
    let others = || {
        let others = requests.into_iter().flat_map(rows);
        others.filter(|other| {
            other.int("request") != attempt.int("request") && same(other, "source") && same(other, "destination")
        })
    };
    let active = others().filter(|other| other.is_active(at)).count();
    let queued = others().filter(|other| other.is_queued(at)).count();
    match active + queued {
        0 => "with no other file of this pair of RSEs at FTS: what is recorded does not tell more (passes of FTS, tape, earlier hops and sources)".to_owned(),
        all => format!("behind {} of the same pair of RSEs, {active} of them active", counted(all as i64, "file")),
    }
}

/// Where the time went until the rule was OK.
fn where_it_went(rule: Row<'_>, attempts: &[Row<'_>]) -> String {
    let (Some(created), Some(ok)) = (rule.int("created_at_ns"), rule.int("ok_at_ns")) else { return String::new() };
    let mut text = format!("\n  OK after {}, of which the file that came last spent\n", span(ok - created));
    for (what, part) in parts((created, ok), rule.int("stuck_at_ns"), attempts) {
        let share = 100.0 * part as f64 / (ok - created).max(1) as f64;
        writeln!(text, "    {:>10}  {share:>3.0} %  {what}", span(part)).expect("strings take all text");
    }
    text
}

/// What is on the way of a file, in the order in which it is told.
const PARTS: [&str; 8] = [
    "until it was requested",
    "in Rucio's queue (RQ)",
    "at FTS before its copy began (FQ; tape, earlier hops and sources included)",
    "on the network (NT)",
    "on attempts that failed",
    "between attempts",
    "stuck, until the repairer asked anew",
    "waiting for daemons to learn and to act",
];

/// The parts of a span, which they fill: each instant belongs to what the file was waiting for then.
fn parts((created, ok): (i64, i64), stuck_at: Option<i64>, attempts: &[Row<'_>]) -> Vec<(&'static str, i64)> {
    let mut spent = [0; PARTS.len()];
    let mut now = created;
    let mut until = |part: usize, at: Option<i64>| {
        let at = at.unwrap_or(now).clamp(now, ok.max(now));
        spent[part] += at - now;
        now = at;
    };
    for (nth, attempt) in attempts.iter().enumerate() {
        let begun = attempt.int("created_at_ns");
        let was_stuck = stuck_at.zip(begun).is_some_and(|(stuck, begun)| stuck <= begun);
        match attempt.int("previous") {
            _ if nth == 0 => until(0, begun),
            None if was_stuck => until(6, begun),
            _ => until(5, begun),
        }
        if attempt.text("outcome") == "failed" {
            until(4, ended_at(*attempt));
        } else {
            until(1, attempt.int("submitted_at_ns"));
            until(2, attempt.int("started_at_ns"));
            until(3, attempt.int("transferred_at_ns"));
        }
    }
    until(7, Some(ok));
    PARTS.into_iter().zip(spent).filter(|(_, part)| *part > 0).collect()
}

#[cfg(test)]
mod tests;
