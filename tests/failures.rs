//! Runs that fail cost themselves only. Through the library, with policies that the binary does not have.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use dapple::Registry;
use dapple::lab::{self, Execution, NoObserver, Options, PlannedRun, RunEnd, RunObserver};
use dapple::records::{Format, read_manifest};
use dapple::simulator::decide::{Access, AccessMode, AccessQuestion, Decider, Policy, View};
use dapple::simulator::rng::PolicyRng;
use dapple::simulator::units::SimTime;

use crate::{Lab, TRIAL};

/// Panics, asks for what cannot be done, or never answers.
#[derive(Clone, Copy)]
enum Faulty {
    Panics,
    Lies,
    IsSilent,
}

impl Policy<AccessMode> for Faulty {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        match self {
            Self::Panics => panic!("lost the thread"),
            Self::IsSilent => loop {
                thread::park();
            },
            Self::Lies => {}
        }
        let source = view.map().rses().ids().find(|rse| !view.replicas(question.file).contains(rse));
        Access::Remote { source: source.expect("the trial has an RSE without replicas") }
    }
}

fn execute(lab: &Lab, out: &str, stop: &AtomicBool, observer: &dyn RunObserver) -> Execution {
    let faulty = [("panics", Faulty::Panics), ("lies", Faulty::Lies), ("silent", Faulty::IsSilent)];
    let registry = faulty.into_iter().fold(Registry::standard(), |registry, (name, faulty)| {
        registry.access(name, move |_| Ok(Decider::policy(faulty)))
    });
    let scenario = dapple::scenarios::load(&lab.path("trial.ron"), &[], &registry).expect("the scenario is valid");
    let plan = lab::plan(&scenario).expect("the scenario can be planned");
    let options = Options { jobs: 2, format: Format::Parquet, stop, observer, patience: Duration::from_secs(1) };
    lab::execute(&plan, &scenario, &lab.path(out), &options).expect("the folder can be written")
}

#[test]
fn failed_runs_are_recorded_and_the_others_are_done() {
    let lab = Lab::new();
    let faulty = TRIAL.replace(
        "(name: \"random\", access: Random),",
        "(name: \"panics\", access: Custom(name: \"panics\")), (name: \"lies\", access: Custom(name: \"lies\")),",
    );
    lab.write("trial.ron", &faulty);
    let execution = execute(&lab, "out", &AtomicBool::new(false), &NoObserver);
    assert_eq!((execution.done, execution.failed.len(), execution.missing), (6, 6, 0));
    let manifest = read_manifest(&lab.path("out")).expect("the manifest is there");
    for run in &manifest.failed {
        let reasons = if run.policy == "panics" {
            [
                "policy `panics` panicked while deciding `access` for job 0, at 0",
                ": lost the thread, at tests/failures.rs:",
            ]
        } else {
            ["policy `lies` chose", "CERN_DISK"]
        };
        assert!(reasons.iter().all(|reason| run.error.contains(reason)), "{}", run.error);
        assert!(!lab.path("out").join(format!("run-{}", run.id)).exists());
    }
    let again = execute(&lab, "out", &AtomicBool::new(false), &NoObserver);
    assert_eq!((again.done, again.skipped, again.failed.len()), (0, 6, 6), "failed runs are tried again");
}

#[test]
fn a_policy_that_never_answers_is_named_and_ends_alone() {
    let lab = Lab::new();
    let silent = "(name: \"silent\", access: Custom(name: \"silent\")),";
    lab.write("trial.ron", &TRIAL.replace("(name: \"random\", access: Random),", silent));
    let execution = execute(&lab, "out", &AtomicBool::new(false), &NoObserver);
    assert_eq!((execution.done, execution.failed.len(), execution.missing), (6, 3, 0));
    let told = |words: &str| execution.failed.iter().filter(|run| run.error.contains(words)).count();
    let waited = told("policy `silent` gave no answer within 1 s while deciding `access` for job 0, at 0");
    assert!((1..=2).contains(&waited), "two threads: {:?}", execution.failed);
    assert_eq!(waited + told("not begun: policy `silent` gave no answer in run "), 3, "{:?}", execution.failed);
}

/// Asks for an end as soon as the first run has ended.
struct StopsAfterOne<'a>(&'a AtomicBool);

impl RunObserver for StopsAfterOne<'_> {
    fn planned(&self, _: &[&PlannedRun], _: usize) {}
    fn started(&self, _: &PlannedRun) {}
    fn advanced(&self, _: &PlannedRun, _: SimTime, _: u64) {}
    fn ended(&self, _: &PlannedRun, _: RunEnd<'_>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_stop_finishes_what_is_in_flight_and_starts_nothing() {
    let lab = Lab::new();
    let stop = AtomicBool::new(false);
    let execution = execute(&lab, "out", &stop, &StopsAfterOne(&stop));
    assert!((1..=2).contains(&execution.done), "{} runs on two threads", execution.done);
    assert_eq!(execution.missing, 9 - execution.done);
    assert_eq!(execution.manifest.missing.len(), execution.missing);
}
