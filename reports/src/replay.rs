//! The replay of a log that knows how long things took: simulated against logged durations, from the tables of requests and jobs.

use dapple_models::statistics::quantile;
use dapple_records::{TableData, read_run_table};

use crate::experiment::Experiment;

/// Relative error up to which a simulated duration is good: the τ of FoGP(τ), the fraction of good predictions.
pub const TAU: f64 = 0.3;

/// Whether a simulated duration is within [`TAU`] of the logged one. An infinite one, of what did not end, is not.
pub fn is_good(logged_s: f64, simulated_s: f64) -> bool {
    (simulated_s - logged_s).abs() <= TAU * logged_s
}

/// What was replayed, and how long it took here and by the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Replay {
    /// `Transfers` or `Jobs`.
    pub(crate) what: &'static str,
    /// What their place is: `FTS link` of transfers, `pool` of jobs.
    pub(crate) place: &'static str,
    /// The durations under each policy that has any, with its index.
    pub(crate) by_policy: Vec<(usize, Vec<Timed>)>,
}

/// One row of a log, replayed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timed {
    /// How long it took by the log, in seconds.
    pub(crate) logged_s: f64,
    /// How long it was simulated to take, in seconds; infinite: it failed, or did not end before the horizon.
    pub(crate) simulated_s: f64,
    /// `source → destination` or the pool.
    pub(crate) place: String,
}

/// How near simulated durations are to logged ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Nearness {
    /// How many there are.
    pub(crate) n: usize,
    /// How many of them did not end.
    pub(crate) not_ended: usize,
    /// FoGP: the fraction within 30 % of the logged duration. What did not end is none of them.
    pub(crate) good: f64,
    /// 10 %, 50 % and 90 % quantiles of simulated over logged, over those that ended and took time by the log.
    pub(crate) ratio: Option<[f64; 3]>,
}

impl Nearness {
    /// Of these.
    pub(crate) fn of<'a>(timed: impl Iterator<Item = &'a Timed>) -> Self {
        let (mut n, mut not_ended, mut good, mut ratios) = (0, 0, 0_usize, Vec::new());
        for at in timed {
            n += 1;
            not_ended += usize::from(at.simulated_s.is_infinite());
            good += usize::from(is_good(at.logged_s, at.simulated_s));
            if at.simulated_s.is_finite() && at.logged_s > 0.0 {
                ratios.push(at.simulated_s / at.logged_s);
            }
        }
        ratios.sort_by(f64::total_cmp);
        let at = |share| quantile(&ratios, share);
        let ratio = at(0.1).zip(at(0.5)).zip(at(0.9)).map(|((low, mid), high)| [low, mid, high]);
        Self { n, not_ended, good: good as f64 / (n.max(1)) as f64, ratio }
    }
}

/// The tables that can tell of a replay: their name, what its rows are, where they are, and when they begin and end.
const SOURCES: [(&str, &str, &str, [&str; 2]); 2] = [
    ("requests", "Transfers", "FTS link", ["created_at_ns", "transferred_at_ns"]),
    ("jobs", "Jobs", "pool", ["submitted_at_ns", "ended_at_ns"]),
];

/// What was replayed from logs that know durations, in the first replication of each policy at the first sweep point: the log is the
/// same in all of them. Tables that cannot be read are told in `notes`.
pub(crate) fn replays(experiment: &Experiment, notes: &mut Vec<String>) -> Vec<Replay> {
    let mut found = Vec::new();
    for (table, what, place, instants) in SOURCES {
        let mut by_policy = Vec::new();
        for policy in 0..experiment.policies.len() {
            let Some(run) = experiment.runs(0, policy).first() else { continue };
            match read_run_table(&experiment.dir, &run.run, table) {
                Ok(read) => {
                    let timed = read.map(|read| timed(&read, instants)).unwrap_or_default();
                    if !timed.is_empty() {
                        by_policy.push((policy, timed));
                    }
                }
                Err(error) => notes.push(error.to_string()),
            }
        }
        if !by_policy.is_empty() {
            found.push(Replay { what, place, by_policy });
        }
    }
    found
}

/// The rows whose log knows how long they took.
fn timed(table: &TableData, [from, to]: [&str; 2]) -> Vec<Timed> {
    let columns = (table.ints("logged_ns"), table.ints(from), table.ints(to), table.texts("outcome"));
    let (Some(logged), Some(from), Some(to), Some(outcome)) = columns else { return Vec::new() };
    let name = |column: &str, row: usize| table.texts(column).and_then(|names| names.get(row)).unwrap_or_default();
    let row = |row: usize| {
        let logged_s = logged.get(row)? as f64 / 1e9;
        let took = from.get(row).zip(to.get(row)).filter(|_| outcome.get(row) == Some("done"));
        let simulated_s = took.map_or(f64::INFINITY, |(from, to)| (to - from) as f64 / 1e9);
        let place = match table.texts("pool") {
            Some(_) => name("pool", row).to_owned(),
            None => format!("{} → {}", name("source", row), name("destination", row)),
        };
        Some(Timed { logged_s, simulated_s, place })
    };
    (0..table.rows()).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_end_is_no_good_prediction_and_has_no_ratio() {
        let timed = |logged_s, simulated_s| Timed { logged_s, simulated_s, place: String::new() };
        let all = [timed(10.0, 13.0), timed(10.0, 20.0), timed(10.0, f64::INFINITY), timed(0.0, 1.0)];
        let near = Nearness::of(all.iter());
        assert_eq!((near.n, near.not_ended, near.good), (4, 1, 0.25));
        let [low, mid, high] = near.ratio.expect("two ended");
        assert!((mid - 1.65).abs() < 1e-12 && low >= 1.3 && high <= 2.0, "{near:?}");
        assert_eq!(Nearness::of([].iter()), Nearness { n: 0, not_ended: 0, good: 0.0, ratio: None });
    }
}
