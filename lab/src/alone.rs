//! A run on a thread of its own, so that a policy that never answers costs its run only.
//!
//! ```text
//!   worker of the pool                         thread of the run
//!     in_time(work, patience) ---- spawns ---->  policies are made, the run, its tables
//!       looks at AtWork, Pulse <---- write -----
//!       the result, or an error <--- sends -----
//! ```
//!
//! A thread cannot be stopped from outside. One whose policy does not answer is left behind: it holds what it works on, can
//! write into no folder, and ends with the process.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use dapple_records::{RecordPlan, RunOutput, record};
use dapple_scenarios::Scenario;
use dapple_simulator::decide::{AtWork, Policies, Task};
use dapple_simulator::facts::{Fact, Observer};
use dapple_simulator::units::SimTime;

use crate::panics::caught;

/// How often a run that goes on is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is run.
#[derive(Clone)]
pub struct Run {
    /// The scenario, at its sweep point.
    pub scenario: Arc<Scenario>,
    /// What is recorded.
    pub tables: RecordPlan,
    /// Position of the policy set.
    pub policy: usize,
    /// The seed.
    pub seed: u64,
}

/// What comes out.
pub struct Done {
    /// The result.
    pub output: RunOutput,
    /// Seconds of a core that it took, where the system says so; seconds that passed, where not.
    pub core_s: f64,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The run ended with this.
    Failed(String),
    /// A policy does not answer; its thread is left behind.
    NeverAnswers(String),
}

/// How far a run is.
#[derive(Clone, Debug, Default)]
struct Pulse(Arc<[AtomicU64; 2]>);

impl Observer for Pulse {
    fn observe(&mut self, _: SimTime, _: &Fact) {}

    fn advanced(&mut self, now: SimTime, events: u64) {
        self.0[0].store(now.as_nanos(), Ordering::Relaxed);
        self.0[1].store(events, Ordering::Relaxed);
    }
}

impl Run {
    /// Does it, and waits for a policy that is at one thing no longer than `patience`. `advanced` is told, a few times a second, how
    /// far it is.
    pub fn in_time(&self, patience: Duration, advanced: &dyn Fn(SimTime, u64)) -> Result<Done, Failure> {
        let (at_work, pulse) = (AtWork::default(), Pulse::default());
        let (send, receive) = channel();
        let (run, working, mut beating) = (self.clone(), at_work.clone(), pulse.clone());
        let work = move || {
            // Nobody listens any more where it took too long.
            let begun = Instant::now();
            let result = run.guarded(&working, &mut beating);
            let _ = send.send(result.map(|output| Done { output, core_s: core_s(begun) }));
        };
        let thread = thread::Builder::new().name("run".into()).spawn(work);
        let thread = thread.map_err(|error| Failure::Failed(format!("the system gives no thread: {error}")))?;
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            match receive.recv_timeout(LOOK_EVERY) {
                Ok(result) => {
                    // What it holds is given back before the next one begins.
                    let _ = thread.join();
                    return result.map_err(Failure::Failed);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::Failed("a fault in the program: the run ended without a result".into()));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let [now, events] = [0, 1].map(|which| pulse.0[which].load(Ordering::Relaxed));
            advanced(SimTime::from_nanos(now), events);
            let doing = at_work.doing();
            if doing != seen || doing.is_none() {
                (seen, since) = (doing, Instant::now());
            }
            if let Some(doing) = doing.filter(|_| since.elapsed() >= patience) {
                let (policy, s) = (self.name(), patience.as_secs_f64());
                return Err(Failure::NeverAnswers(format!(
                    "policy `{policy}` gave no answer within {s} s while {doing}"
                )));
            }
        }
    }

    fn guarded(&self, at_work: &AtWork, pulse: &mut Pulse) -> Result<RunOutput, String> {
        caught(|| self.simulate(at_work, pulse)).unwrap_or_else(|said| match at_work.doing() {
            Some(doing) => Err(format!("policy `{}` panicked while {doing}: {said}", self.name())),
            None => Err(format!("a fault in the program: {said}")),
        })
    }

    fn simulate(&self, at_work: &AtWork, pulse: &mut Pulse) -> Result<RunOutput, String> {
        let Self { scenario, tables, policy, seed } = self;
        at_work.begin(Task::Start, SimTime::ZERO);
        let policies = scenario.policies[*policy].build()?;
        let mut policies = Policies { at_work: at_work.clone(), ..policies };
        at_work.end();
        let recorded = record((&scenario.setup, tables), &mut policies, *seed, pulse);
        recorded.map_err(|error| error.to_string())
    }

    fn name(&self) -> &str {
        &self.scenario.policies[self.policy].name
    }
}

/// Seconds that this thread has had of a core since its start, just before `begun`. On a busy machine more seconds have passed.
fn core_s(begun: Instant) -> f64 {
    let linux = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = linux.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok()).filter(|nanos| *nanos > 0.0);
    nanos.map_or_else(|| begun.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}
