//! Progress bars, on standard error and only where that is a terminal.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dapple_lab::{PlannedRun, RunEnd, RunObserver};
use dapple_papers::Progress;
use dapple_simulator::units::SimTime;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::columns::count;

/// How often the bar is drawn even if nothing happens, so that its times go on.
const TICK: Duration = Duration::from_millis(500);

/// Shows runs done, simulated time, events per second and the time that is left.
pub struct ExperimentBar {
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    since: Instant,
    to_do: usize,
    ended: usize,
    failed: usize,
    /// Events of runs that have ended.
    events: u64,
    /// Simulated seconds and events of runs in flight, by id.
    in_flight: BTreeMap<String, (u64, u64)>,
    /// Simulated seconds of runs that have ended: the bar counts these, so that long runs count for more.
    simulated_s: u64,
    planned_s: u64,
}

impl ExperimentBar {
    /// A bar, hidden where `quiet` or where nobody would see it.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  elapsed {elapsed}, left {eta}");
        bar.set_style(style.expect("the template is valid").progress_chars("━╸─"));
        let state = State {
            since: Instant::now(),
            to_do: 0,
            ended: 0,
            failed: 0,
            events: 0,
            in_flight: BTreeMap::new(),
            simulated_s: 0,
            planned_s: 0,
        };
        Self { bar, state: Mutex::new(state) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        if !self.bar.is_hidden() {
            self.bar.set_length(state.planned_s.max(1));
            self.bar.set_position(state.position());
            self.bar.set_message(state.words());
        }
    }
}

impl State {
    fn position(&self) -> u64 {
        self.simulated_s + self.in_flight.values().map(|(simulated_s, _)| simulated_s).sum::<u64>()
    }

    fn words(&self) -> String {
        let events = self.events + self.in_flight.values().map(|(_, events)| events).sum::<u64>();
        let per_s = count(events as f64 / self.since.elapsed().as_secs_f64().max(1e-3));
        let days = self.position() as f64 / 86_400.0;
        let failed = if self.failed > 0 { format!(" ({} failed)", self.failed) } else { String::new() };
        format!("{}/{} runs{failed}, {days:.1} days simulated, {per_s} events/s", self.ended, self.to_do)
    }
}

fn whole_seconds(time: SimTime) -> u64 {
    time.as_secs_f64() as u64
}

impl RunObserver for ExperimentBar {
    fn planned(&self, to_do: &[&PlannedRun], _skipped: usize) {
        self.update(|state| {
            state.to_do = to_do.len();
            state.planned_s = to_do.iter().map(|run| whole_seconds(run.horizon)).sum();
            state.since = Instant::now();
        });
        if !self.bar.is_hidden() && !to_do.is_empty() {
            self.bar.reset();
            self.bar.enable_steady_tick(TICK);
        }
    }

    fn started(&self, run: &PlannedRun) {
        self.update(|state| {
            state.in_flight.insert(run.id.clone(), (0, 0));
        });
    }

    fn advanced(&self, run: &PlannedRun, now: SimTime, events: u64) {
        self.update(|state| {
            if let Some(progress) = state.in_flight.get_mut(&run.id) {
                *progress = (whole_seconds(now), events);
            }
        });
    }

    fn ended(&self, run: &PlannedRun, end: RunEnd<'_>) {
        self.update(|state| {
            let (_, counted) = state.in_flight.remove(&run.id).unwrap_or_default();
            state.events += if let RunEnd::Done { events } = end { events } else { counted };
            state.simulated_s += whole_seconds(run.horizon);
            state.ended += 1;
            state.failed += usize::from(matches!(end, RunEnd::Failed(_)));
        });
    }
}

/// Shows how many of a few long things are done.
pub struct CountBar(ProgressBar);

impl CountBar {
    /// A bar that shows up once it is told how much there is to do, and never where `quiet`.
    pub fn new(quiet: bool) -> Self {
        let bar = ProgressBar::hidden();
        if !quiet {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        Self(bar)
    }
}

impl Progress for CountBar {
    fn planned(&self, n: usize, what: &str) {
        let style = format!("{{bar:30}} {{pos}} of {{len}} {what}  elapsed {{elapsed}}  {{msg}}");
        let style = ProgressStyle::with_template(&style).expect("the template is valid");
        self.0.set_style(style.progress_chars("━╸─"));
        self.0.reset();
        self.0.set_length(n as u64);
        self.0.enable_steady_tick(TICK);
    }

    fn done(&self, name: &str) {
        self.0.set_message(name.to_owned());
        self.0.inc(1);
    }

    fn finished(&self) {
        self.0.finish_and_clear();
    }
}
