//! The clock of a daemon.

use crate::rng::{Purpose, keyed, keys_of};
use crate::units::{SimSpan, SimTime};
use rand::RngExt;

/// The instants `phase + n · period` at which a daemon wakes, or a service publishes.
///
/// A tick is a fact of arithmetic, not an event: a daemon that has work schedules its next tick, one that has none schedules
/// nothing, and who looks at what was published asks for the last tick.
///
/// ```
/// use dapple_simulator::ticker::Ticker;
/// use dapple_simulator::units::{SimSpan, SimTime};
/// let (at, span) = (SimTime::from_nanos, SimSpan::from_nanos);
/// let ticker = Ticker::new(span(10), span(3));
/// assert_eq!([ticker.next_after(at(0)), ticker.next_after(at(3))], [at(3), at(13)]);
/// assert_eq!([ticker.last_until(at(2)), ticker.last_until(at(13))], [None, Some(at(13))]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticker {
    period: SimSpan,
    phase: SimSpan,
}

impl Ticker {
    /// A clock that ticks first at `phase`, then after every `period`. A period of zero ticks all the time.
    pub const fn new(period: SimSpan, phase: SimSpan) -> Self {
        Self { period, phase }
    }

    /// Whether it ticks all the time.
    pub fn is_continuous(self) -> bool {
        self.period == SimSpan::ZERO
    }

    /// The first tick after `now`; `now` itself where it ticks all the time.
    pub fn next_after(self, now: SimTime) -> SimTime {
        self.last_until(now).map_or(SimTime::ZERO + self.phase, |last| last + self.period)
    }

    /// The first tick at `at` or later; `at` itself where it ticks all the time.
    pub fn first_from(self, at: SimTime) -> SimTime {
        self.last_until(at).filter(|last| *last == at).unwrap_or_else(|| self.next_after(at))
    }

    /// How many ticks come before that of `at`.
    pub fn number_of(self, at: SimTime) -> u64 {
        let since_first = at.as_nanos().saturating_sub(self.phase.as_nanos());
        since_first.checked_div(self.period.as_nanos()).unwrap_or(0)
    }

    /// The last tick up to and including `now`; `None`: it has not ticked yet.
    pub fn last_until(self, now: SimTime) -> Option<SimTime> {
        let since_first = now.as_nanos().checked_sub(self.phase.as_nanos())?;
        let since_last = since_first.checked_rem(self.period.as_nanos()).unwrap_or(0);
        Some(SimTime::from_nanos(now.as_nanos() - since_last))
    }
}

/// From one run of a worker that found its hands full to the next.
const BUSY_STEP: SimSpan = SimSpan::from_nanos(1_000_000_000);

/// The runs of one worker of a daemon.
///
/// ```text
///   at t it takes what waits      few:   next run at t + period (at least 1 s)
///                                 many:  next run at t + 1 s
/// ```
///
/// The period is exact and nothing jitters: the phase is set where the daemon starts and moves with each busy run. A run that
/// would find nothing changes nothing but the instant of the next, so it is skipped by arithmetic: who gives the worker
/// something to do calls [`Rounds::wake`], and schedules an event where that says so. A run finds what was there before its
/// instant; what comes at that instant waits for the next. A period of zero is no daemon: it runs at once.
///
/// ```
/// use dapple_simulator::ticker::Rounds;
/// use dapple_simulator::units::{SimSpan, SimTime};
/// let at = |s: u64| SimTime::from_nanos(s * 1_000_000_000);
/// let mut worker = Rounds::new(SimSpan::from_secs_f64(60.0), SimSpan::from_secs_f64(7.0));
/// assert_eq!(worker.wake(at(100), at(100)), Some(at(127)), "the runs at 7 and 67 found nothing");
/// assert_eq!(worker.wake(at(110), at(110)), None, "it will run anyway");
/// assert!(worker.is_due(at(127)));
/// worker.ran(at(127), true);
/// assert_eq!(worker.wake(at(127), at(127)), Some(at(128)), "it had its hands full");
/// worker.ran(at(128), false);
/// assert_eq!(worker.wake(at(200), at(200)), Some(at(248)), "its phase has moved");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    period: SimSpan,
    /// Its next run, if nothing was to be skipped.
    next: SimTime,
    /// The run that an event is scheduled for.
    scheduled: Option<SimTime>,
}

impl Rounds {
    /// A worker whose first run is at `phase`.
    pub fn new(period: SimSpan, phase: SimSpan) -> Self {
        let period = if period == SimSpan::ZERO { period } else { period.max(BUSY_STEP) };
        Self { period, next: SimTime::ZERO + phase, scheduled: None }
    }

    /// The nth worker of a daemon, with a phase drawn from its period.
    pub fn seeded(period: SimSpan, (daemon, worker): (&str, usize), seed: u64) -> Self {
        let mut phase = SimSpan::ZERO;
        if let (Some(key), true) = (keys_of([daemon]).next(), period > SimSpan::ZERO) {
            let mut rng = keyed(seed, Purpose::DaemonPhase, [key, worker as u64]);
            phase = SimSpan::from_nanos(rng.random_range(0..period.as_nanos()));
        }
        Self::new(period, phase)
    }

    /// Whether it is no daemon: what there is to do is done at once.
    pub fn is_immediate(&self) -> bool {
        self.period == SimSpan::ZERO
    }

    /// From one run to the next while there is little to do.
    pub fn period(&self) -> SimSpan {
        self.period
    }

    /// The first of its runs not before `at`, which may be past, had it been idle all the time.
    pub fn on_grid(&self, at: SimTime) -> SimTime {
        let (at, next, period) = (at.as_nanos(), self.next.as_nanos(), self.period.as_nanos());
        if period == 0 {
            return SimTime::from_nanos(at);
        }
        let run =
            if at > next { next + (at - next).div_ceil(period) * period } else { next - (next - at) / period * period };
        SimTime::from_nanos(run)
    }

    /// There is something to do that it may take from `from` on: the run for which an event is to be scheduled; `None` where one
    /// is scheduled that comes no later. One that was scheduled for later is not due any more.
    pub fn wake(&mut self, now: SimTime, from: SimTime) -> Option<SimTime> {
        let at = self.next_run(now, from);
        if self.scheduled.is_some_and(|scheduled| scheduled <= at) {
            return None;
        }
        self.scheduled = Some(at);
        Some(at)
    }

    /// Whether an event that comes now is the run that was scheduled last.
    pub fn is_due(&self, now: SimTime) -> bool {
        self.scheduled == Some(now)
    }

    /// It has run; `busy`: it took so much that it looks again in a second.
    pub fn ran(&mut self, now: SimTime, busy: bool) {
        self.scheduled = None;
        self.next = match (self.is_immediate(), busy) {
            (true, _) => now,
            (false, true) => now + BUSY_STEP,
            (false, false) => now + self.period,
        };
    }

    /// Its first run after `now` that is not before `from`.
    pub fn next_run(&self, now: SimTime, from: SimTime) -> SimTime {
        if self.is_immediate() {
            return now.max(from);
        }
        let from = from.max(now + SimSpan::from_nanos(1));
        let short = from.as_nanos().saturating_sub(self.next.as_nanos());
        self.next + self.period * short.div_ceil(self.period.as_nanos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows (when each comes, how long it may not be taken) and when each is taken by a worker that takes `limit` at once.
    struct Worker {
        rows: Vec<(u64, u64)>,
        limit: usize,
        busy: usize,
    }

    impl Worker {
        fn take(&self, now: u64, taken: &mut [Option<u64>]) -> bool {
            let ready = |(at, wait): (u64, u64)| at < now && at + wait <= now;
            let open = taken.iter_mut().zip(&self.rows).filter(|(taken, row)| taken.is_none() && ready(**row));
            open.take(self.limit).map(|(taken, _)| *taken = Some(now)).count() >= self.busy
        }

        /// Runs each time, whether there is something to do or not.
        fn ticking(&self, (period, phase): (u64, u64)) -> Vec<Option<u64>> {
            let (mut taken, mut now) = (vec![None; self.rows.len()], phase);
            while taken.iter().any(Option::is_none) {
                now += if self.take(now, &mut taken) { BUSY_STEP.as_nanos() } else { period };
            }
            taken
        }

        /// Runs when it is woken.
        fn woken(&self, (period, phase): (u64, u64)) -> (Vec<Option<u64>>, usize) {
            let mut rounds = Rounds::new(SimSpan::from_nanos(period), SimSpan::from_nanos(phase));
            let (mut taken, mut n_runs) = (vec![None; self.rows.len()], 0);
            // Rows first, then runs, at each instant; only the run scheduled last is one.
            let mut events: Vec<(u64, Option<u64>)> = self.rows.iter().map(|&(at, wait)| (at, Some(wait))).collect();
            while let Some(first) = (0..events.len()).min_by_key(|&nth| (events[nth].0, events[nth].1.is_none())) {
                let (now, comes) = events.swap_remove(first);
                let at = SimTime::from_nanos(now);
                let mut wait = comes;
                if comes.is_none() {
                    if !rounds.is_due(at) {
                        continue;
                    }
                    n_runs += 1;
                    let busy = self.take(now, &mut taken);
                    rounds.ran(at, busy);
                    let left = taken.iter().zip(&self.rows).filter(|(taken, row)| taken.is_none() && row.0 <= now);
                    wait = left.map(|(_, row)| (row.0 + row.1).saturating_sub(now)).min();
                }
                let from = wait.map(|wait| at + SimSpan::from_nanos(wait));
                if let Some(run) = from.and_then(|from| rounds.wake(at, from)) {
                    events.push((run.as_nanos(), None));
                }
            }
            (taken, n_runs)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
        /// In half seconds, so that rows come at the instants of runs.
        #[test]
        fn runs_that_would_find_nothing_change_nothing(
            rows in proptest::collection::vec((0_u64..400, prop_oneof![Just(0_u64), 0_u64..100]), 1..40),
            period in 2_u64..60,
            phase in 0_u64..60,
            (limit, busy) in (1_usize..6).prop_flat_map(|limit| (Just(limit), 1..=limit)),
        ) {
            const HALF: u64 = 500_000_000;
            let mut rows: Vec<_> = rows.into_iter().map(|(at, wait)| (at * HALF, wait * HALF)).collect();
            rows.sort_unstable();
            let worker = Worker { rows, limit, busy };
            let clock = (period * HALF, phase * HALF);
            let (taken, n_runs) = worker.woken(clock);
            prop_assert_eq!(&taken, &worker.ticking(clock));
            prop_assert!(n_runs <= 2 * worker.rows.len(), "{} runs", n_runs);
        }
    }

    #[test]
    fn without_a_period_it_runs_at_once() {
        let mut rounds = Rounds::seeded(SimSpan::ZERO, ("finisher", 0), 7);
        let now = SimTime::from_nanos(17);
        assert_eq!(rounds.wake(now, now), Some(now));
        rounds.ran(now, true);
        assert_eq!(rounds.wake(now, now), Some(now));
    }

    #[test]
    fn workers_and_seeds_have_phases_of_their_own_within_the_period() {
        let period = SimSpan::from_secs_f64(60.0);
        let phase = |daemon, worker, seed| Rounds::seeded(period, (daemon, worker), seed).next;
        let phases = [phase("poller", 0, 1), phase("poller", 1, 1), phase("poller", 0, 2), phase("finisher", 0, 1)];
        assert!(phases.iter().all(|&phase| phase < SimTime::ZERO + period));
        assert!((1..4).all(|nth| !phases[..nth].contains(&phases[nth])), "{phases:?}");
        let mean = (0..2000).map(|seed| phase("poller", 0, seed).as_nanos() as f64).sum::<f64>() / 2000.0;
        // Standard deviation of the mean: 60 / sqrt(12 * 2000) = 0.39 s.
        assert!((mean / 1e9 - 30.0).abs() < 1.6, "{mean}");
    }

    #[test]
    fn a_period_of_zero_ticks_all_the_time() {
        let ticker = Ticker::new(SimSpan::ZERO, SimSpan::ZERO);
        let now = SimTime::from_nanos(17);
        assert_eq!((ticker.last_until(now), ticker.next_after(now)), (Some(now), now));
    }
}
