//! How much work an experiment is: a little of it is done, the rest is worked out.
//!
//! ```text
//!   plan --a few runs, spread over policies and sweep points--> each to a part of its horizon, twice as far every time,
//!        until its share of the time is used --> events, seconds and rows against simulated time, drawn on to the horizon
//! ```

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dapple_records::{Format, TableData, written_bytes};
use dapple_scenarios::Scenario;
use dapple_simulator::units::SimTime;

use crate::alone::{Done, Failure, Run};
use crate::plan::{self, Plan};

/// Sweep points that are tried: both ends and what is between.
const POINTS: usize = 3;
/// Policy sets that are tried.
const POLICIES: usize = 6;
/// The part of the horizon that is tried first: of a run of many hours it takes less than a second.
const FIRST_PART: f64 = 1.0 / 65_536.0;
/// Bytes of the record of a run and of its lines in the files of the experiment.
const RUN_BYTES: f64 = 3_250.0;
/// Seconds that the files of a run take besides its tables.
const RUN_CORE_S: f64 = 0.002;

/// What an experiment will take, all its runs together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Runs.
    pub runs: f64,
    /// Events.
    pub events: f64,
    /// Seconds of one core.
    pub core_s: f64,
    /// Bytes of what is written.
    pub disk_bytes: f64,
    /// Bytes of memory that the rows of one run take, of the run that has most of them.
    pub rows_bytes: f64,
    /// The part of the events that was simulated to know it.
    pub probed: f64,
}

impl Work {
    /// The same of so many of the runs.
    pub fn of_runs(self, runs: usize) -> Self {
        let part = runs as f64 / self.runs.max(1.0);
        Self {
            runs: runs as f64,
            events: self.events * part,
            core_s: self.core_s * part,
            disk_bytes: self.disk_bytes * part,
            ..self
        }
    }
}

/// Simulates for about so long and says what the whole experiment will take, written in `format`. A policy has `patience` for each
/// question.
///
/// # Errors
/// In words, where a run that is tried fails.
pub fn probe(
    plan: &Plan,
    scenario: &Scenario,
    format: Format,
    budget: Duration,
    patience: Duration,
) -> Result<Work, String> {
    let points = spread(plan.points.len(), POINTS);
    let policies = spread(plan.policies.len(), POLICIES);
    let slot = budget / u32::try_from(points.len() * policies.len()).unwrap_or(u32::MAX).max(1);
    let (mut total, mut events_done, mut n) = (Work::default(), 0.0, 0.0);
    for &point in &points {
        let sweep = &plan.points[point].sweep;
        let swept;
        let here = if sweep.is_empty() {
            scenario
        } else {
            swept = plan::at(scenario, sweep).map_err(|problems| problems.to_string())?;
            &swept
        };
        for &policy in &policies {
            let (run, done) = one_run(here, policy, format, (slot, patience))?;
            total.events += run.events;
            total.core_s += run.core_s;
            total.disk_bytes += run.disk_bytes;
            total.rows_bytes = total.rows_bytes.max(run.rows_bytes);
            events_done += done;
            n += 1.0;
        }
    }
    let runs = plan.n_runs() as f64;
    let part = if n > 0.0 { runs / n } else { 0.0 };
    let events = total.events * part;
    Ok(Work {
        runs,
        events,
        core_s: total.core_s * part,
        disk_bytes: total.disk_bytes * part,
        rows_bytes: total.rows_bytes,
        probed: if events > 0.0 { (events_done / events).min(1.0) } else { 1.0 },
    })
}

/// What was seen of a run up to a part of its horizon.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    part: f64,
    events: f64,
    rows_bytes: f64,
    disk_bytes: f64,
    core_s: f64,
}

/// What a whole run takes, and how many events were simulated for it.
fn one_run(
    scenario: &Scenario,
    policy: usize,
    format: Format,
    (slot, patience): (Duration, Duration),
) -> Result<(Work, f64), String> {
    let started = Instant::now();
    let (mut before, mut part) = (Seen::default(), FIRST_PART);
    loop {
        let seen = see(scenario, policy, format, part, patience)?;
        // What takes hardly any time tells hardly anything: a larger step is as cheap.
        let going_on = going_on_s(before, seen);
        let faster = (slot.as_secs_f64() / 4.0 / going_on.max(1e-6)).clamp(2.0, 16.0);
        let next = Duration::from_secs_f64(seen.core_s + (faster - 1.0) * going_on);
        // One part alone does not tell what a run begins with from what goes on.
        if part >= 1.0 || (before.part > 0.0 && started.elapsed() + next > slot) {
            return Ok((drawn_on(before, seen), seen.events));
        }
        (before, part) = (seen, (part * faster).min(1.0));
    }
}

/// Seconds of what was seen last that come again in each further part, and not at the start only.
fn going_on_s(before: Seen, last: Seen) -> f64 {
    let slope = (last.core_s - before.core_s) / (last.part - before.part).max(f64::MIN_POSITIVE);
    (slope * last.part).clamp(0.0, last.core_s)
}

pub(crate) fn see(
    scenario: &Scenario,
    policy: usize,
    format: Format,
    part: f64,
    patience: Duration,
) -> Result<Seen, String> {
    let mut scenario = scenario.clone();
    let horizon = scenario.setup.horizon.as_secs_f64() * part;
    if part < 1.0 {
        scenario.setup.horizon = SimTime::from_secs_f64(horizon);
    }
    let (tables, seed) = (scenario.record, scenario.seed);
    let run = Run { scenario: Arc::new(scenario), tables, policy, seed };
    let Done { output, core_s } = run.in_time(patience, &|_, _| {}).map_err(|failure| match failure {
        Failure::Failed(why) | Failure::NeverAnswers(why) => why,
    })?;
    let bytes = |table: &TableData| (8 * table.rows() * table.schema.columns.len()) as f64;
    let rows_bytes = output.tables.iter().map(bytes).sum();
    let writing = Instant::now();
    let disk_bytes = written_bytes(&output.tables, format).map_err(|error: io::Error| error.to_string())? as f64;
    let core_s = core_s + writing.elapsed().as_secs_f64();
    Ok(Seen { part, events: output.events as f64, rows_bytes, disk_bytes, core_s })
}

/// From two parts of a run to the whole: what comes at the start, before the grid is full, is not taken for the rest.
pub(crate) fn drawn_on(before: Seen, last: Seen) -> Work {
    let left = 1.0 - last.part;
    let whole = |figure: fn(&Seen) -> f64| {
        let slope = (figure(&last) - figure(&before)) / (last.part - before.part).max(f64::MIN_POSITIVE);
        figure(&last) + left * slope.max(0.0)
    };
    let events = whole(|seen| seen.events);
    // What a run costs before its first event is paid once: further events cost what they have cost from one part to the next, and
    // where there are none yet, further time does.
    let core_s = if last.events > before.events {
        let most = last.core_s / last.events;
        let each = ((last.core_s - before.core_s) / (last.events - before.events)).clamp(0.0, most);
        last.core_s + each * (events - last.events)
    } else {
        whole(|seen| seen.core_s)
    };
    Work {
        runs: 1.0,
        events,
        core_s: RUN_CORE_S + core_s,
        disk_bytes: RUN_BYTES + whole(|seen| seen.disk_bytes),
        rows_bytes: whole(|seen| seen.rows_bytes),
        probed: 0.0,
    }
}

/// Up to `most` of `n` positions, the first and the last among them.
fn spread(n: usize, most: usize) -> Vec<usize> {
    let k = n.min(most);
    (0..k).map(|nth| if k == 1 { n / 2 } else { nth * (n - 1) / (k - 1) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_spread_from_end_to_end() {
        assert_eq!(spread(0, 3), [0; 0]);
        assert_eq!(spread(1, 3), [0]);
        assert_eq!(spread(2, 3), [0, 1]);
        assert_eq!(spread(11, 3), [0, 5, 10]);
    }

    #[test]
    fn what_comes_at_the_start_is_not_taken_for_the_rest() {
        // 100 events at once, then 1000 over the horizon.
        let seen = |part: f64| {
            let events = 100.0 + 1000.0 * part;
            // 15 ms before the first event, 10 µs for each.
            Seen { part, events, core_s: 0.015 + 1e-5 * events, ..Seen::default() }
        };
        let work = drawn_on(seen(0.1), seen(0.2));
        assert!((work.events - 1100.0).abs() < 1e-9, "{}", work.events);
        assert!((work.core_s - RUN_CORE_S - 0.026).abs() < 1e-9, "{}", work.core_s);
        assert!((going_on_s(seen(0.1), seen(0.2)) - 0.002).abs() < 1e-9);
        let whole = drawn_on(seen(0.5), seen(1.0));
        assert!((whole.core_s - RUN_CORE_S - 0.026).abs() < 1e-9, "{}", whole.core_s);
        // No event yet: what it takes is drawn on by time, and is not nothing.
        let quiet = |part: f64| Seen { part, core_s: 0.015 + 0.1 * part, ..Seen::default() };
        let work = drawn_on(quiet(0.1), quiet(0.2));
        assert!((work.core_s - RUN_CORE_S - 0.115).abs() < 1e-9, "{}", work.core_s);
    }

    #[test]
    fn what_a_run_begins_with_is_not_taken_for_its_events() {
        // 15 ms and a few dozen events in two short parts of a run of a million: noise in the milliseconds is all that tells them apart.
        let seen = |part: f64, core_s: f64| Seen { part, events: 1e6 * part, core_s, ..Seen::default() };
        let work = drawn_on(seen(FIRST_PART, 0.0151), seen(2.0 * FIRST_PART, 0.015));
        assert!(work.core_s < 0.1, "{}", work.core_s);
    }
}
