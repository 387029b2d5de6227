use dapple_records::{TableData, Value, tables};

use super::*;

/// Cells of a row by column; those that are not named are empty.
type Cells<'a> = &'a [(&'a str, Value<'a>)];

fn table(schema: &dapple_records::Schema, made: &[Cells<'_>]) -> TableData {
    let mut table = TableData::new(schema.clone());
    for cells in made {
        let cell = |name: &str| cells.iter().find(|(column, _)| *column == name).map_or(Value::Empty, |cell| cell.1);
        table.push(&schema.columns.iter().map(|column| cell(&column.name)).collect::<Vec<_>>());
    }
    table
}

/// A request for rule 1 in seconds: created, submitted, started, transferred, learned; a negative instant never was.
fn request<'a>(
    id: i64,
    file: i64,
    (rule, previous): (i64, Option<i64>),
    at: [i64; 5],
    outcome: &'a str,
) -> Vec<(&'a str, Value<'a>)> {
    let columns = ["created_at_ns", "submitted_at_ns", "started_at_ns", "transferred_at_ns", "learned_at_ns"];
    let instants = columns.into_iter().zip(at).filter(|(_, at)| *at >= 0);
    let mut cells: Vec<_> = instants.map(|(column, at)| (column, Value::Int(at * 1_000_000_000))).collect();
    cells.extend([
        ("request", Value::Int(id)),
        ("file", Value::Int(file)),
        ("rule", Value::Int(rule)),
        ("source", Value::Text("FROM")),
        ("destination", Value::Text("TO")),
        ("outcome", Value::Text(outcome)),
    ]);
    cells.extend(previous.map(|previous| ("previous", Value::Int(previous))));
    cells
}

/// What is told of rule 1, created at 0, with these instants of being OK and stuck.
fn told_of(ok: Option<i64>, stuck: Option<i64>, made: &[Vec<(&str, Value<'_>)>]) -> String {
    let second = |at: i64| Value::Int(at * 1_000_000_000);
    let mut rule = vec![
        ("rule", Value::Int(1)),
        ("created_at_ns", second(0)),
        ("injected_at_ns", second(0)),
        ("copies", Value::Int(1)),
    ];
    rule.push(("state", Value::Text(if ok.is_some() { "ok" } else { "replicating" })));
    rule.extend(ok.map(|at| ("ok_at_ns", second(at))));
    rule.extend(stuck.map(|at| ("stuck_at_ns", second(at))));
    let rules = table(&tables::rules::schema(), &[&rule]);
    let made: Vec<Cells<'_>> = made.iter().map(Vec::as_slice).collect();
    let requests = table(&tables::requests::schema(), &made);
    let rule = rows(&rules).next().expect("there is one");
    describe(rule, Some(&requests))
}

/// The parts that are told, `30 s in Rucio's queue`, without their shares.
fn parts_of(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.contains("OK after")).skip(1).take_while(|line| !line.is_empty());
    lines
        .map(|line| {
            let (span, what) = line.trim().split_once("  ").expect("two columns");
            let what = what.split_once("%  ").expect("a share").1;
            format!("{}: {what}", span.trim())
        })
        .collect()
}

#[test]
fn the_parts_of_a_rule_are_the_whole() {
    let first = request(1, 7, (1, None), [0, 5, 6, 8, 9], "done");
    let last = request(2, 8, (1, None), [0, 30, 70, 90, 95], "done");
    let text = told_of(Some(100), None, &[first, last]);
    assert_eq!(
        parts_of(&text),
        [
            "30.0 s: in Rucio's queue (RQ)",
            "40.0 s: at FTS before its copy began (FQ; tape, earlier hops and sources included)",
            "20.0 s: on the network (NT)",
            "10.0 s: waiting for daemons to learn and to act",
        ]
    );
    assert!(text.contains("2 transfers in 2 attempts, 0 of which failed"), "{text}");
}

#[test]
fn what_a_rule_was_stuck_for_is_told_as_such() {
    let failed = request(1, 7, (1, None), [0, 10, 20, 30, 40], "failed");
    let again = request(2, 7, (1, Some(1)), [50, 60, 70, 80, 90], "failed");
    // The judge asks anew: a request without one before it.
    let repaired = request(3, 7, (1, None), [7300, 7310, 7320, 7330, 7340], "done");
    let text = told_of(Some(7350), Some(100), &[failed, again, repaired]);
    assert_eq!(
        parts_of(&text),
        [
            "10.0 s: in Rucio's queue (RQ)",
            "10.0 s: at FTS before its copy began (FQ; tape, earlier hops and sources included)",
            "10.0 s: on the network (NT)",
            "80.0 s: on attempts that failed",
            "10.0 s: between attempts",
            "2.00 h: stuck, until the repairer asked anew",
            "20.0 s: waiting for daemons to learn and to act",
        ]
    );
    assert!(text.contains("1 transfer in 3 attempts, 2 of which failed"), "{text}");
    assert!(text.contains("one of its locks is stuck; waits for the repairer"), "{text}");
}

#[test]
fn what_is_still_to_come_came_last() {
    let there = request(1, 7, (1, None), [0, 5, 6, 8, 9], "done");
    let waits = request(2, 8, (1, None), [0, 5, -1, -1, -1], "queued");
    let text = told_of(None, None, &[there, waits]);
    assert!(text.contains("the file that came last, file 8 "), "{text}");
}

#[test]
fn what_others_did_for_the_same_file_belongs_to_it_and_what_came_after_does_not() {
    let of_others = request(1, 7, (2, None), [-1, -1, -1, -1, -1], "done");
    let failed = request(2, 7, (2, None), [10, 20, 30, 40, 50], "failed");
    let own = request(3, 7, (1, Some(2)), [60, 60, 60, 70, 80], "done");
    let recovery = request(4, 7, (1, None), [500, 510, 520, 530, 540], "done");
    let text = told_of(Some(90), None, &[of_others, failed, own, recovery]);
    assert_eq!(
        parts_of(&text),
        [
            "10.0 s: until it was requested",
            "10.0 s: on the network (NT)",
            "40.0 s: on attempts that failed",
            "10.0 s: between attempts",
            "20.0 s: waiting for daemons to learn and to act",
        ]
    );
    assert!(text.contains("1 transfer in 2 attempts, 1 of which failed"), "{text}");
}

#[test]
fn what_was_cancelled_or_never_sent_waits_in_nobodys_way() {
    let mut cancelled = request(1, 7, (1, None), [0, 5, -1, -1, 20], "failed");
    cancelled.push(("error_class", Value::Text("cancelled")));
    let unsent = request(2, 8, (1, None), [0, -1, -1, -1, 10], "failed");
    let waits = request(3, 9, (1, None), [0, 30, 60, 70, 80], "done");
    let text = told_of(Some(90), None, &[cancelled, unsent, waits]);
    assert!(!text.contains("behind"), "{text}");
    assert!(text.contains("with no other file of this pair of RSEs at FTS"), "{text}");
}
