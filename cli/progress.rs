//! Progress bars, on standard error and only where that is a terminal that can draw.
//!
//! A bar is one line that is no wider than the terminal: the parts that do not fit are left out, the least important first.

use std::collections::BTreeMap;
use std::env;
use std::io::stderr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dapple_lab::{PlannedRun, RunEnd, RunObserver};
use dapple_papers::Progress;
use dapple_simulator::units::SimTime;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::columns::{count, short_time};
use crate::terminal::show;

/// How often the bar is drawn even if nothing happens, so that its times go on.
const TICK: Duration = Duration::from_millis(500);
/// Width where the terminal does not say it.
const WIDTH: usize = 80;
/// Fewest and most characters of the bar itself.
const BAR: (usize, usize) = (10, 30);
/// Columns from which on there is always a bar.
const ROOM_FOR_BAR: usize = 50;

/// A line that is drawn over and over; hidden where `quiet` or where nobody would see it.
fn line(quiet: bool) -> ProgressBar {
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let target = if quiet || is_dumb { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is valid"));
    bar
}

/// The columns of the terminal but for the last, after which some begin a new line.
fn width() -> usize {
    let size = terminal_size::terminal_size_of(stderr());
    size.map_or(WIDTH, |(width, _)| usize::from(width.0)).saturating_sub(1)
}

/// A bar, how much is done, and as many of `parts`, the most important first, as fit into `width` columns.
fn fitted(width: usize, share: f64, parts: &[String]) -> String {
    let share = share.clamp(0.0, 1.0);
    let mut text = format!("{:>3.0} %", (100.0 * share).floor());
    // The bar itself is worth more than the last parts, and less than the first.
    let room = if width >= ROOM_FOR_BAR { width - BAR.0 - 1 } else { width };
    for part in parts {
        if text.chars().count() + 2 + part.chars().count() <= room {
            text = format!("{text}  {part}");
        }
    }
    let left = width.saturating_sub(text.chars().count() + 1).min(BAR.1);
    if left >= BAR.0 {
        let done = (left as f64 * share) as usize;
        text = format!("{}{} {text}", "━".repeat(done), "─".repeat(left - done));
    }
    text.chars().take(width).collect()
}

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
        Self { bar: line(quiet), state: Mutex::new(state) }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        if !self.bar.is_hidden() {
            self.bar.set_message(state.line(width(), state.since.elapsed()));
        }
    }
}

/// Whatever the end, no line is left behind.
impl Drop for ExperimentBar {
    fn drop(&mut self) {
        show(None);
        self.bar.finish_and_clear();
    }
}

impl State {
    fn simulated_s(&self) -> u64 {
        self.simulated_s + self.in_flight.values().map(|(simulated_s, _)| simulated_s).sum::<u64>()
    }

    fn line(&self, width: usize, elapsed: Duration) -> String {
        let elapsed = elapsed.as_secs_f64();
        let simulated_s = self.simulated_s() as f64;
        let share = simulated_s / self.planned_s.max(1) as f64;
        let events = self.events + self.in_flight.values().map(|(_, events)| events).sum::<u64>();
        let mut parts = vec![format!("{}/{} runs", self.ended, self.to_do)];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        if share > 0.0 {
            parts.push(format!("{} left", short_time(elapsed * (1.0 - share).max(0.0) / share)));
        }
        parts.push(format!("{} events/s", count(events as f64 / elapsed.max(1e-3))));
        parts.push(format!("{:.1} days simulated", simulated_s / 86_400.0));
        parts.push(format!("{} elapsed", short_time(elapsed)));
        fitted(width, share, &parts)
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
            show(Some(self.bar.clone()));
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
pub struct CountBar {
    bar: ProgressBar,
    state: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    what: String,
    to_do: usize,
    done: usize,
    last: String,
}

impl CountBar {
    /// A bar that shows up once it is told how much there is to do, and never where `quiet`.
    pub fn new(quiet: bool) -> Self {
        let bar = line(quiet);
        bar.set_style(ProgressStyle::with_template("{elapsed:>4} {msg}").expect("the template is valid"));
        Self { bar, state: Mutex::default() }
    }

    fn update(&self, change: impl FnOnce(&mut Counted)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let Counted { what, to_do, done, last } = &*state;
        let share = *done as f64 / (*to_do).max(1) as f64;
        // The time stands in front.
        let width = width().saturating_sub(5);
        self.bar.set_message(fitted(width, share, &[format!("{done} of {to_do} {what}"), last.clone()]));
    }
}

impl Drop for CountBar {
    fn drop(&mut self) {
        self.finished();
    }
}

impl Progress for CountBar {
    fn planned(&self, n: usize, what: &str) {
        self.update(|state| *state = Counted { what: what.to_owned(), to_do: n, ..Counted::default() });
        if !self.bar.is_hidden() {
            show(Some(self.bar.clone()));
            self.bar.reset();
            self.bar.enable_steady_tick(TICK);
        }
    }

    fn done(&self, name: &str) {
        self.update(|state| {
            state.done += 1;
            name.clone_into(&mut state.last);
        });
    }

    fn finished(&self) {
        show(None);
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_every_terminal_and_leaves_the_least_out() {
        let state = State {
            since: Instant::now(),
            to_do: 10_000,
            ended: 1_234,
            failed: 56,
            events: 987_654_321,
            in_flight: BTreeMap::from([("a".to_owned(), (40_000, 1_000_000))]),
            simulated_s: 86_400 * 1_234,
            planned_s: 86_400 * 10_000,
        };
        let line = |width| state.line(width, Duration::from_secs(4_000));
        for width in 0..200 {
            assert!(line(width).chars().count() <= width, "{width}: {}", line(width));
        }
        let wide = "━━━───────────────────────────  12 %  1234/10000 runs  56 failed  7.9 h left  247 k events/s  \
                    1234.5 days simulated  67 min elapsed";
        assert_eq!(line(150), wide);
        assert_eq!(line(79), "━━───────────────  12 %  1234/10000 runs  56 failed  7.9 h left  247 k events/s");
        assert_eq!(line(40), " 12 %  1234/10000 runs  56 failed");
        assert_eq!(line(24), " 12 %  1234/10000 runs");
    }
}
