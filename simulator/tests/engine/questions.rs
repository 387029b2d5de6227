//! Questions and answers, stepped from outside.

use std::sync::{Arc, Mutex};

use dapple_records::{RecordLevel, Recorder, RunOutput};
use dapple_simulator::decide::{
    Access, AccessMode, AccessQuestion, Answer, Decider, Policies, Policy, Question, SourceChoice, SourceQuestion, View,
};
use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::{EngineError, Impossible, Pause, Setup, Simulation};
use dapple_simulator::facts::{Fact, NoObserver, Observer, Wants};
use dapple_simulator::ids::{Id, RseId};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::storage::Dataset;
use dapple_simulator::units::{Bytes, SimTime};
use dapple_simulator::workload::{Inputs, JobTemplate, Pick};

use super::jobs;
use crate::grid::{Always, Grid, at, fresh, here, idle_job, ints, local, remote, rse, span, texts, there};

/// A second RSE with a replica behind the link, and one with a replica from which nothing leads here.
fn second() -> RseId {
    RseId::from_index(2)
}

fn unreachable() -> RseId {
    RseId::from_index(3)
}

/// One job that reads a file of which there are replicas at `remote` and `second`, which lies at the pool's own site.
fn two_replicas() -> Grid {
    let inputs = Inputs::Dataset { dataset: Id::from_index(0), files: 1, pick: Pick::InOrder };
    let mut grid = Grid { workloads: vec![jobs(&[3.0], JobTemplate { inputs, ..idle_job() })], ..Grid::default() };
    grid.rses.extend([rse("second", there()), rse("spare", here())]);
    let size = Distribution::Constant(1e8);
    grid.datasets.push(Dataset {
        name: "data".into(),
        files: 1,
        size,
        replicas: vec![remote(), second()],
        is_cache: false,
    });
    grid
}

fn asked(pause: Result<Pause, EngineError>) -> Question {
    match pause {
        Ok(Pause::Ask(question)) => question,
        other => panic!("nothing is asked: {other:?}"),
    }
}

/// What was told, by kind.
#[derive(Default)]
struct Told {
    access: u32,
    source: u32,
}

impl Observer for Told {
    fn observe(&mut self, _: SimTime, fact: &Fact) {
        self.access += u32::from(matches!(fact, Fact::AccessDecided(_)));
        self.source += u32::from(matches!(fact, Fact::SourceDecided(_)));
    }

    fn wants(&self) -> Wants {
        Wants { decisions: true, samples_every: None }
    }
}

#[test]
fn wrong_answers_leave_the_question_and_are_not_told() {
    let setup: Setup = two_replicas().setup();
    let mut told = Told::default();
    let mut simulation = Simulation::new(&setup, 1);
    let nothing = simulation.answer(Answer::Source(remote()), &mut told);
    assert_eq!(nothing, Err(Impossible::NothingAsked));
    let question = asked(simulation.next(&mut told));
    assert!(matches!(&question, Question::Access(question) if question.bytes.get() == 100_000_000));
    assert!(simulation.questions().eq([question.clone()]));
    assert_eq!(simulation.answer(Answer::Source(remote()), &mut told), Err(Impossible::OtherAsked));
    assert_eq!(simulation.answer_by_default(&mut told), Err(Impossible::NoDefault));
    let nowhere = Answer::Access(Access::Remote { source: local() });
    assert!(matches!(simulation.answer(nowhere, &mut told), Err(Impossible::NoReplicaThere { .. })));
    assert_eq!(asked(simulation.next(&mut told)), question);
    let place = Answer::Access(Access::Place { source: remote(), target: local() });
    assert_eq!((simulation.answer(place, &mut told), told.access, told.source), (Ok(()), 1, 0));

    let Question::Source(source) = asked(simulation.next(&mut told)) else { panic!("a placement asks for its source") };
    assert_eq!((source.suggested, source.destination), (remote(), local()));
    assert_eq!(simulation.answer(place, &mut told), Err(Impossible::OtherAsked));
    let refused = simulation.answer(Answer::Source(unreachable()), &mut told);
    assert!(matches!(refused, Err(Impossible::NoReplicaThere { .. })), "{refused:?}");
    assert_eq!((simulation.answer(Answer::Source(second()), &mut told), told.source), (Ok(()), 1));
    let Ok(Pause::Done(books)) = simulation.next(&mut told) else { panic!("nothing more is asked") };
    assert_eq!(books.counters.jobs_done, 1);
    assert_eq!(simulation.next(&mut told), Ok(Pause::Done(books)), "the end is told again");
    assert_eq!(simulation.now(), at(1000.0));
}

/// Chooses the replica that was not suggested.
struct TheOther;

impl Policy<SourceChoice> for TheOther {
    fn decide(&mut self, question: &SourceQuestion, view: &View<'_>, _: &mut PolicyRng) -> RseId {
        let mut sources = view.copy_sources(question.file, question.destination);
        sources.find(|source| *source != question.suggested).expect("there are two")
    }
}

/// Steps a run, answering placements from `remote` and sources by `source`, or by default.
fn stepped(grid: &Grid, source: Option<RseId>) -> RunOutput {
    let setup = grid.setup();
    let mut recorder = Recorder::new(&setup, &grid.record, 1);
    let mut simulation = Simulation::new(&setup, 1);
    loop {
        let answered = match simulation.next(&mut recorder).expect("it runs") {
            Pause::Ask(Question::Access(_)) => {
                simulation.answer(Answer::Access(Access::Place { source: remote(), target: local() }), &mut recorder)
            }
            Pause::Ask(_) => match source {
                Some(source) => simulation.answer(Answer::Source(source), &mut recorder),
                None => simulation.answer_by_default(&mut recorder),
            },
            Pause::Done(books) => return recorder.finish(books),
        };
        answered.expect("it can be done");
    }
}

#[test]
fn a_source_policy_may_depart_from_what_is_suggested() {
    let grid = two_replicas();
    let by_default = grid.run(Always::Place, 1);
    assert_eq!(texts(&by_default, "requests", "source"), [Some("remote".to_owned())]);
    // What nobody decided is no decision.
    assert!(ints(&by_default, "source_decisions", "request").is_empty());
    assert_eq!(by_default, stepped(&grid, None));

    let policies = Policies { source: Some(Decider::policy(TheOther)), ..Policies::of_access("other", Always::Place) };
    let output = grid.run_set(policies, 1);
    assert_eq!(texts(&output, "requests", "source"), [Some("second".to_owned())]);
    assert_eq!(texts(&output, "source_decisions", "suggested"), [Some("remote".to_owned())]);
    assert_eq!(texts(&output, "source_decisions", "source"), [Some("second".to_owned())]);
    assert_eq!(ints(&output, "source_decisions", "sources"), [Some(2)]);
    assert_eq!(ints(&output, "source_decisions", "took_ns"), [Some(1_000_000_000)]);
    assert_eq!(output, stepped(&grid, Some(second())));
}

/// Counts what it hears.
#[derive(Default)]
struct Hears(Arc<Mutex<Vec<String>>>);

impl Policy<AccessMode> for Hears {
    fn decide(&mut self, _: &AccessQuestion, _: &View<'_>, _: &mut PolicyRng) -> Access {
        Access::Place { source: remote(), target: local() }
    }

    fn learn(&mut self, fact: &Fact) {
        self.0.lock().expect("nobody panicked").push(format!("{fact:?}"));
    }
}

#[test]
fn a_policy_hears_the_same_whatever_is_recorded_and_failures_at_once_too() {
    let job = JobTemplate { inputs: fresh(1, 100.0), ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[3.0], job)], ..Grid::default() };
    grid.rses[0].capacity = Some(Bytes::new(1));
    let heard = |grid: &Grid| {
        let told = Arc::<Mutex<Vec<String>>>::default();
        grid.run(Hears(Arc::clone(&told)), 1);
        Arc::into_inner(told).expect("the run is over").into_inner().expect("nobody panicked")
    };
    let plain = heard(&grid);
    let kinds: Vec<&str> = plain.iter().map(|fact| fact.split('(').next().unwrap_or_default()).collect();
    assert_eq!(kinds, ["TransferEnded", "ReadEnded", "JobEnded"]);
    assert!(plain[0].contains("NoSpace"), "{}", plain[0]);
    grid.record.series = RecordLevel::Rows;
    assert_eq!(heard(&grid), plain);
    grid.record_only(&[]);
    assert_eq!(heard(&grid), plain);
}

#[test]
fn who_wants_samples_late_gets_those_still_to_come() {
    /// Instants of samples, wanted from now on or not.
    struct Samples(bool, Vec<SimTime>);
    impl Observer for Samples {
        fn observe(&mut self, at: SimTime, fact: &Fact) {
            self.1.extend(matches!(fact, Fact::Sampled(_)).then_some(at));
        }
        fn wants(&self) -> Wants {
            let every = span(400.0);
            Wants { decisions: false, samples_every: self.0.then_some(every) }
        }
    }
    let job = JobTemplate { inputs: fresh(1, 100.0), ..idle_job() };
    let setup = Grid { workloads: vec![jobs(&[500.0], job)], ..Grid::default() }.setup();
    let mut simulation = Simulation::new(&setup, 1);
    asked(simulation.next(&mut NoObserver));
    let mut late = Samples(true, Vec::new());
    simulation.answer(Answer::Access(Access::Remote { source: remote() }), &mut late).expect("it is there");
    assert!(matches!(simulation.next(&mut late), Ok(Pause::Done(_))));
    late.1.dedup();
    assert_eq!(late.1, [at(800.0), at(1000.0)], "the last one at the horizon");
}
