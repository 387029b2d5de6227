//! The life of one job, rule, request or read, told from the tables of its run.

mod job;
mod read;
mod request;
mod rows;
mod rule;
mod slowest;

use std::fmt::Write;
use std::path::Path;

use dapple_records::{Manifest, RunEntry, read_manifest};
use dapple_simulator::units::SimTime;

use crate::ReportError;
use crate::life::rows::Recorded;
use crate::quantity::{Dimension, figure};

pub use slowest::{Slow, Slowest, slowest};

/// Tells what happened to one thing: every state, when, how long, and what it waited for.
///
/// `run` is a run id or the beginning of one; `what` is `job 12`, `rule 17`, `request 3` or `read 5`.
///
/// # Errors
/// Where the results cannot be read, no single run has such an id, the run did not record the table, or it has no
/// such row.
pub fn explain(dir: &Path, run: &str, what: &str) -> Result<String, ReportError> {
    let manifest = read_manifest(dir)?;
    let run = find_run(dir, &manifest, run)?;
    let (kind, id) = parse(what)?;
    let recorded = Recorded { dir, run: &run.id };
    let mut text = match kind {
        Kind::Job => job::life(&recorded, id)?,
        Kind::Request => request::life(&recorded, id)?,
        Kind::Read => read::life(&recorded, id)?,
        Kind::Rule => rule::life(&recorded, id)?,
    };
    let sweep: Vec<String> = run.sweep.iter().map(|at| format!(", {} = {}", at.path, at.text)).collect();
    let place = format!("policy {}, replication {}{}", run.policy, run.replication, sweep.join(""));
    writeln!(text, "\nrun {}: {place}", run.id).expect("strings take all text");
    Ok(text)
}

enum Kind {
    Job,
    Request,
    Read,
    Rule,
}

impl Kind {
    /// By its name, one of them or many; a transfer is a request.
    fn named(name: &str) -> Option<Self> {
        match name.strip_suffix('s').unwrap_or(name) {
            "job" => Some(Self::Job),
            "request" | "transfer" => Some(Self::Request),
            "read" => Some(Self::Read),
            "rule" => Some(Self::Rule),
            _ => None,
        }
    }

    /// What one is called, and the first column of its table.
    const fn word(&self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Request => "request",
            Self::Read => "read",
            Self::Rule => "rule",
        }
    }
}

/// Whether a word begins to say what to explain: `job`, `read-5`, `slowest`; ids of runs never do.
pub fn is_what(word: &str) -> bool {
    let kind = word.split([' ', '-', ':']).next().unwrap_or_default();
    kind == "slowest" || Kind::named(kind).is_some()
}

fn parse(what: &str) -> Result<(Kind, i64), ReportError> {
    let unknown = || ReportError::What { what: what.to_owned() };
    let (kind, id) = what.trim().split_once([' ', '-', ':']).ok_or_else(unknown)?;
    let kind = Kind::named(kind).ok_or_else(unknown)?;
    Ok((kind, id.trim().parse().map_err(|_| unknown())?))
}

fn find_run<'a>(dir: &Path, manifest: &'a Manifest, prefix: &str) -> Result<&'a RunEntry, ReportError> {
    let wanted = prefix.strip_prefix("run-").unwrap_or(prefix);
    let found: Vec<&RunEntry> = manifest.runs.iter().filter(|run| run.id.starts_with(wanted)).collect();
    match found[..] {
        [run] => Ok(run),
        _ => Err(ReportError::Run {
            dir: dir.to_owned(),
            prefix: prefix.to_owned(),
            found: found.iter().map(|run| run.id.clone()).collect(),
        }),
    }
}

/// A state that begins at an instant, in words.
struct State {
    /// When it began [ns]; a state that never began is not told.
    at: Option<i64>,
    /// What it is and what it waits for.
    words: String,
}

fn state(at: Option<i64>, words: impl Into<String>) -> State {
    State { at, words: words.into() }
}

/// One line per state that was reached: when it began, how long it lasted, what it was.
fn told(states: Vec<State>) -> String {
    let reached: Vec<(i64, String)> =
        states.into_iter().filter_map(|state| state.at.map(|at| (at, state.words))).collect();
    let mut text = format!("  {:<18} {:>10}  state\n", "at", "lasted");
    for (index, (at, words)) in reached.iter().enumerate() {
        let lasted = reached.get(index + 1).map(|(next, _)| span(next - at)).unwrap_or_default();
        let mut lines = words.lines();
        let first = lines.next().unwrap_or_default();
        writeln!(text, "  {:<18} {lasted:>10}  {first}", instant(*at)).expect("strings take all text");
        for line in lines {
            writeln!(text, "  {:<18} {:>10}    {line}", "", "").expect("strings take all text");
        }
    }
    text
}

/// An instant: `1d 02:03:04.500`.
fn instant(nanos: i64) -> String {
    SimTime::from_nanos(u64::try_from(nanos).unwrap_or(0)).to_string()
}

/// A span in the unit that fits: `39.2 min`.
fn span(nanos: i64) -> String {
    figure(Dimension::Time, nanos as f64 / 1e9).replace('\u{a0}', " ")
}

/// `1 input`, `2 inputs`.
fn counted(n: i64, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// A volume in the unit that fits: `2.50 GB`.
fn volume(bytes: i64) -> String {
    figure(Dimension::Bytes, bytes as f64).replace('\u{a0}', " ")
}

/// What moved in a span: `125 MB/s`.
fn rate(bytes: i64, nanos: i64) -> String {
    figure(Dimension::Rate, bytes as f64 / (nanos as f64 / 1e9)).replace('\u{a0}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Folder, Synthetic};
    use dapple_records::read_run_table;

    #[test]
    fn the_slowest_are_found_by_their_times() {
        let folder = Folder::new("slowest");
        Synthetic { rows: true, ..Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 3) }.write(folder.path());
        let manifest = read_manifest(folder.path()).expect("just written");
        let runs = || manifest.runs.iter().map(|run| run.id.as_str());
        for kind in ["jobs", "requests", "reads"] {
            let slowest = slowest(folder.path(), runs(), kind, 5).expect("readable");
            assert!(slowest.found.len() == 5 && slowest.of > 5, "{slowest:?}");
            assert!(slowest.found.is_sorted_by(|a, b| a.took_ns >= b.took_ns), "{slowest:?}");
            assert!(slowest.without > 0, "the last replication recorded nothing");
            let (first, what) = (&slowest.found[0], &slowest.found[0].what);
            assert!(kind.starts_with(what.split(' ').next().expect("a kind")), "{what}");
            explain(folder.path(), &first.run, what).expect("it can be explained");
        }
        // By hand: the slowest job that has ended in one run.
        let table = read_run_table(folder.path(), &manifest.runs[0].id, "jobs");
        if let Some(table) = table.expect("readable") {
            let (from, to) = (table.ints("submitted_at_ns").expect("there"), table.ints("ended_at_ns").expect("there"));
            let longest = (0..table.rows()).filter_map(|row| Some(to.get(row)? - from.get(row)?)).max();
            let all = slowest(folder.path(), [manifest.runs[0].id.as_str()], "jobs", table.rows()).expect("readable");
            assert_eq!(all.found.iter().filter(|slow| !slow.unfinished).map(|slow| slow.took_ns).max(), longest);
        }
        assert!(slowest(folder.path(), runs(), "sites", 5).is_err());
    }

    #[test]
    fn jobs_requests_and_reads_have_lives() {
        let folder = Folder::new("life");
        Synthetic { rows: true, ..Synthetic::new(&[("place", 2200.0), ("remote", 2500.0)], 3) }.write(folder.path());
        let manifest = read_manifest(folder.path()).expect("just written");
        let run = manifest.runs.iter().find(|run| run.replication == 0 && run.policy == "place").expect("three");
        let tell = |what: &str| explain(folder.path(), &run.id[..12], what);
        let job = tell("job 4").expect("recorded");
        assert!(job.contains("in the queue of GRIF_WN; waits for a slot"), "{job}");
        assert!(job.contains("read 4: input 0 of job 4") && job.contains("31 requests queued towards"), "{job}");
        assert!(job.contains("the file came by request 4 (") && job.contains("; waits for its data"), "{job}");
        // Whoever streams and takes less than its computing after the last byte computed on what had arrived.
        let streaming: Vec<String> = (1..40).step_by(2).map(|n| tell(&format!("job {n}")).expect("recorded")).collect();
        assert!(streaming.iter().all(|job| !job.contains("waits for its data")), "{streaming:?}");
        let overlaps = |job: &&String| job.contains("; streams its data and computes on what has arrived");
        let job = streaming.iter().find(overlaps).expect("1200 s of computing, most end within less");
        assert!(job.contains("all data is there; computes on the rest"), "{job}");
        let unfinished = tell("job 595").expect("recorded");
        assert!(unfinished.contains("had not ended at the horizon: running"), "{unfinished}");
        let request = tell("request 3").expect("recorded");
        assert!(request.contains("last byte arrived at 34.5 MB/s on average: done"), "{request}");
        let read = tell("read 5").expect("recorded");
        assert!(read.contains("40 % of it, by remote") && read.contains("800 MB, 13.3 MB/s on average"), "{read}");

        let error = tell("job 4711").expect_err("600 jobs").to_string();
        assert!(error.ends_with("has no job 4711: it recorded 0 to 599, perhaps not all of them"), "{error}");
        assert_eq!(tell("transfer 3").expect("a transfer is a request"), request);
        assert!(matches!(tell("site 3"), Err(ReportError::What { .. })));
        assert!(matches!(tell("rule 3"), Err(ReportError::NotRecorded { .. })));
        assert!(matches!(explain(folder.path(), "", "job 1"), Err(ReportError::Run { .. })));
        let last = manifest.runs.iter().find(|run| run.replication == 2).expect("three");
        let error = explain(folder.path(), &last.id, "job 1").expect_err("not recorded").to_string();
        assert!(
            error.ends_with("did not record its jobs: run it again with `--set record=Rows` and another `--out`"),
            "{error}"
        );
    }
}
