//! The loop: the one place that knows all components.

use crate::calendar::{Calendar, Due};
use crate::catalogue::Catalogue;
use crate::compute::{Asked, Compute, ComputeEvent};
use crate::context::{Context, Owner};
use crate::conveyor::Conveyor;
use crate::decide::{Answer, OracleView, Policies, Question, View};
use crate::engine::answers::{check, decided};
use crate::engine::counted::Counted;
use crate::engine::event::Event;
use crate::engine::{Books, EngineError, Impossible, Setup, routes};
use crate::fabric::Fabric;
use crate::facts::{Observer, Settled};
use crate::fts::Fts;
use crate::ids::{DatasetId, Id, WorkloadId};
use crate::network::{Arrival, Network, Wiring};
use crate::questions::AccessQuestion;
use crate::reaper::Reaper;
use crate::rules::{Below, Rules};
use crate::storage::{Dataset, Storage};
use crate::units::SimTime;
use crate::workload::{Arriving, Sources};

/// Events between two reports of progress.
const PROGRESS_EVERY: u64 = 4096;

/// Runs one simulation to its horizon, which is part of the run. The policies learn what happens in it, and are the caller's again
/// afterwards.
///
/// # Errors
/// Where a policy answers with what cannot be done, or the books do not balance (a fault of dapple).
pub fn run(
    setup: &Setup,
    policies: &mut Policies,
    seed: u64,
    observer: &mut dyn Observer,
) -> Result<Books, EngineError> {
    let mut simulation = Simulation::new(setup, seed);
    loop {
        let question = match simulation.next(&mut (&mut *observer, &mut *policies))? {
            Pause::Ask(question) => question,
            Pause::Done(books) => return Ok(books),
        };
        let decided = policies.decide(&question, &simulation.oracle_view(), seed);
        let watchers = &mut (&mut *observer, &mut *policies);
        let answered = match decided {
            Some(answer) => simulation.answer(answer, watchers),
            None => simulation.answer_by_default(watchers),
        };
        answered.map_err(|what| EngineError::Impossible {
            policy: policies.name.clone(),
            at: simulation.now(),
            what,
        })?;
    }
}

/// Where a simulation stops.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a run ends once, and whoever asks wants its books as they are")]
pub enum Pause {
    /// It waits for an answer.
    Ask(Question),
    /// It has reached its horizon.
    Done(Books),
}

/// One run, which stops at each question.
///
/// ```text
///   next(observer) --> Ask(question) --> view() --> answer(..) --> next(observer) --> .. --> Done(books)
/// ```
///
/// [`run`] is a short loop over it. A run is the same, byte for byte, whoever answers, as long as the answers are the same. One
/// observer goes with a simulation: what is told to another one, in between, the first never hears.
#[derive(Clone, Debug)]
pub struct Simulation<'a> {
    pub(super) setup: &'a Setup,
    pub(super) now: SimTime,
    pub(super) calendar: Calendar<Event>,
    sources: Sources,
    pub(super) fts: Fts,
    pub(super) conveyor: Conveyor,
    pub(super) catalogue: Catalogue,
    pub(super) rules: Rules,
    pub(super) reaper: Reaper,
    pub(super) compute: Compute,
    pub(super) fabric: Fabric<'a>,
    /// When the network said that something arrives or changes next.
    announced: Option<SimTime>,
    /// The workload that has just arrived: its next arrival is scheduled when all that this one asks is answered.
    arriving: Option<WorkloadId>,
    /// Whether an event was dispatched and all that it asks is not yet answered.
    is_open: bool,
    pub(super) next_sample: SimTime,
    pub(super) counted: Counted,
    /// What arrives in one instant, to be told.
    arrived: Vec<Arrival<Owner>>,
    n_events: u64,
    closed: Option<Result<Books, EngineError>>,
}

impl<'a> Simulation<'a> {
    /// A run at its start; everything that is drawn in it is drawn from `seed`.
    pub fn new(setup: &'a Setup, seed: u64) -> Self {
        let (topology, datasets) = (&setup.topology, &setup.datasets);
        let map = &topology.map;
        let mut network = Network::new();
        let wiring = Wiring::new(topology, &mut network);
        let storage = Storage::new(map, &setup.services.storage, datasets, seed);
        let files_of = |(id, dataset): (DatasetId, &Dataset)| (storage.file_of(id, 0), dataset.files);
        let mut catalogue = Catalogue::new(map, &setup.names, &setup.catalogue, datasets.iter().map(files_of));
        let workloads: Vec<&str> = setup.workloads.values().map(|workload| workload.name.as_str()).collect();
        let rules = Rules::new(&setup.services.rules, (&setup.names, &workloads), &mut catalogue, seed);
        let sources =
            Sources::new((&setup.workloads, datasets), (&setup.names, &mut catalogue.words), (setup.horizon, seed));
        let conveyor =
            Conveyor::new(&setup.services.conveyor, &mut catalogue.words, &setup.topology.map, &setup.names, seed);
        let reaper = Reaper::new(map, &setup.services.reaper, &catalogue.words, seed);
        let mut simulation = Self {
            setup,
            now: SimTime::ZERO,
            calendar: Calendar::new(),
            sources,
            fts: Fts::new(map, (&setup.services.fts, &setup.services.copy), &setup.names, seed),
            conveyor,
            catalogue,
            rules,
            reaper,
            compute: Compute::new(map),
            fabric: Fabric { network, wiring, storage },
            announced: None,
            arriving: None,
            is_open: false,
            next_sample: SimTime::ZERO,
            counted: Counted::default(),
            arrived: Vec::new(),
            n_events: 0,
            closed: None,
        };
        for workload in setup.workloads.ids() {
            simulation.schedule_arrival(workload);
        }
        for (at, round) in simulation.reaper.first_rounds() {
            simulation.calendar.schedule(at, round.into());
        }
        simulation
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Runs to the next question, or to the horizon. While a question waits it is asked again; after the end, the end is told again.
    ///
    /// # Errors
    /// Where the workload itself asks for what cannot be done, or the books do not balance (a fault of dapple).
    pub fn next(&mut self, observer: &mut dyn Observer) -> Result<Pause, EngineError> {
        let wants = observer.wants();
        loop {
            if let Some(question) = self.ask(observer)? {
                return Ok(Pause::Ask(question));
            }
            if std::mem::take(&mut self.is_open) {
                self.close_event(observer);
            }
            if let Some(every) = wants.samples_every {
                self.sample_before_next(every, observer);
            }
            let Some((now, due)) = self.calendar.pop_until(self.setup.horizon) else { break };
            self.now = now;
            self.is_open = true;
            match due {
                Due::Event(event) => self.dispatch(event, observer),
                Due::Announced => self.deliver(),
            }
        }
        self.finish(observer).map(Pause::Done)
    }

    /// What waits for an answer now, in the order in which answers are taken; the first is the one that [`Simulation::next`] asks.
    /// Whoever answers several at once does so from one view, in which none of these answers has been carried out; an answer can raise
    /// a further question, which comes first then. The list ends before an input that cannot be reached, which ends the run.
    pub fn questions(&self) -> impl Iterator<Item = Question> + '_ {
        let view = self.view();
        self.compute.asked().iter().map_while(move |asked| match asked {
            Asked::Access { question, given: None } => {
                view.reachable(question).next().map(|_| Question::Access(question.clone()))
            }
            Asked::Access { given: Some(_), .. } => None,
            Asked::Source { question, .. } => Some(Question::Source(question.clone())),
        })
    }

    /// What a policy may see now.
    pub fn view(&self) -> View<'_> {
        let Self { setup, fts, conveyor, compute, fabric, now, .. } = self;
        View { now: *now, map: &setup.topology.map, storage: &fabric.storage, fts, conveyor, compute }
    }

    /// What only an oracle may see.
    pub fn oracle_view(&self) -> OracleView<'_> {
        OracleView { view: self.view(), physics: &self.setup.topology.physics }
    }

    /// Carries out the answer to the first question that waits.
    ///
    /// # Errors
    /// Where it cannot be carried out; the question still waits then.
    pub fn answer(&mut self, answer: Answer, observer: &mut dyn Observer) -> Result<(), Impossible> {
        let asked = self.asked().ok_or(Impossible::NothingAsked)?;
        let view = self.view();
        check(asked, &answer, &view)?;
        if observer.wants().decisions {
            observer.observe(self.now, &decided(asked, answer, &view)?);
        }
        self.carry_out(answer, observer);
        Ok(())
    }

    /// Does what the service that asks would do itself. It is no decision, and none is told.
    ///
    /// # Errors
    /// Where the service has no rule of its own, or cannot carry it out; the question still waits then.
    pub fn answer_by_default(&mut self, observer: &mut dyn Observer) -> Result<(), Impossible> {
        let asked = self.asked().ok_or(Impossible::NothingAsked)?;
        let answer = asked.question().default_answer().ok_or(Impossible::NoDefault)?;
        check(asked, &answer, &self.view())?;
        self.carry_out(answer, observer);
        Ok(())
    }

    /// What somebody outside is to answer first.
    fn asked(&self) -> Option<&Asked> {
        self.compute.asked().front().filter(|asked| !matches!(asked, Asked::Access { given: Some(_), .. }))
    }

    /// The next question that only somebody outside can answer; those that the workload answers itself are carried out.
    fn ask(&mut self, observer: &mut dyn Observer) -> Result<Option<Question>, EngineError> {
        while let Some(asked) = self.compute.asked().front() {
            let (question, given) = match asked {
                Asked::Access { question, given } => (question, *given),
                Asked::Source { question, .. } => return Ok(Some(Question::Source(question.clone()))),
            };
            let view = self.view();
            if view.reachable(question).next().is_none() {
                if !self.fabric.storage.file(question.file).has_lost {
                    return Err(self.unreachable(question));
                }
                let Self { setup, now, calendar, compute, fabric, .. } = self;
                compute.give_up(fabric, &mut context(*now, setup, calendar, observer));
                continue;
            }
            let Some(answer) = given.map(Answer::Access) else { return Ok(Some(Question::Access(question.clone()))) };
            check(asked, &answer, &view).map_err(|what| EngineError::Impossible {
                policy: "(campaign)".to_owned(),
                at: self.now,
                what,
            })?;
            self.carry_out(answer, observer);
        }
        Ok(None)
    }

    fn unreachable(&self, question: &AccessQuestion) -> EngineError {
        let pool = self.setup.topology.map.pools()[question.pool].name.clone();
        EngineError::Unreachable { job: question.job.index() as u64, pool, at: self.now }
    }

    fn carry_out(&mut self, answer: Answer, observer: &mut dyn Observer) {
        let Self { setup, now, calendar, fts, conveyor, compute, fabric, .. } = self;
        let cx = &mut context(*now, setup, calendar, observer);
        match answer {
            Answer::Access(access) => compute.reach(access, conveyor, fabric, cx),
            Answer::Source(source) => compute.copy(source, (conveyor, fts), fabric, cx),
        }
    }

    fn dispatch(&mut self, event: Event, observer: &mut dyn Observer) {
        let Self { setup, now, calendar, sources, fts, conveyor, catalogue, rules, reaper, compute, fabric, .. } = self;
        let cx = &mut context(*now, setup, calendar, observer);
        match event {
            Event::Fts(event) => fts.handle(event, fabric, cx),
            Event::Conveyor(event) => conveyor.handle(event, fts, fabric, cx),
            Event::Settled(settled @ Settled { file, rse, done }) => {
                rules.settled(settled, fabric, cx);
                compute.handle(ComputeEvent::Placed { file, rse, done }, fabric, cx);
            }
            Event::Rules(event) => rules.handle(event, &mut Below { catalogue, conveyor, fts, fabric }, cx),
            Event::Reaper(event) => reaper.handle(event, &mut fabric.storage, cx),
            Event::Compute(event) => compute.handle(event, fabric, cx),
            Event::Arrive(id) => {
                let workload = (id, &setup.workloads[id]);
                let made = (&mut fabric.storage, &mut catalogue.namespace);
                for arrived in sources.arrive(workload, (&setup.datasets, &setup.names), made) {
                    match arrived {
                        Arriving::Job(job) => compute.submit(&job, fabric, cx),
                        Arriving::Transfer(want) => {
                            conveyor.request(want, fts, fabric, cx);
                        }
                        Arriving::Order(order) => {
                            rules.obey(order, &mut Below { catalogue, conveyor, fts, fabric }, cx);
                        }
                    }
                }
                self.arriving = Some(id);
            }
        }
    }

    /// The network delivers: the news goes to those whom it concerns.
    fn deliver(&mut self) {
        self.announced = None;
        self.fabric.network.arrivals(self.now, &mut self.arrived);
        for arrival in self.arrived.drain(..) {
            self.calendar.schedule(self.now, routes::of_arrival(&arrival));
        }
    }

    fn schedule_arrival(&mut self, workload: WorkloadId) {
        if let Some(at) = self.sources.next_at(workload) {
            self.calendar.schedule(at, Event::Arrive(workload));
        }
    }

    /// Everything that an event has asked is answered.
    fn close_event(&mut self, observer: &mut dyn Observer) {
        if let Some(workload) = self.arriving.take() {
            self.schedule_arrival(workload);
        }
        if self.calendar.next_at() != Some(self.now) {
            self.end_instant();
        }
        self.n_events += 1;
        if self.n_events.is_multiple_of(PROGRESS_EVERY) {
            observer.advanced(self.now, self.n_events);
        }
    }

    /// All changes of an instant are solved once, here.
    fn end_instant(&mut self) {
        if self.announced.is_none() || self.fabric.network.is_dirty() {
            let next = self.fabric.network.settle(self.now);
            if next != self.announced {
                self.announced = next;
                self.calendar.announce(next);
            }
        }
    }

    fn finish(&mut self, observer: &mut dyn Observer) -> Result<Books, EngineError> {
        if let Some(closed) = &self.closed {
            return closed.clone();
        }
        let horizon = self.setup.horizon;
        observer.advanced(horizon, self.n_events);
        self.now = horizon;
        // Brings all clocks to the horizon.
        self.fabric.network.settle(horizon);
        let Self { setup, calendar, fts, conveyor, rules, compute, fabric, .. } = self;
        let cx = &mut context(horizon, setup, calendar, observer);
        conveyor.close(fts, fabric, cx);
        rules.close(cx);
        let in_flight = fts.in_flight(fabric) + compute.close(fabric, cx);
        let counters = self.counters(in_flight.get());
        let (warnings, links) = (self.warnings(), self.link_uses());
        let books = Books { counters, events: self.n_events, links, warnings };
        let closed = self.audit(&counters).map(|()| books);
        self.closed = Some(closed.clone());
        closed
    }
}

fn context<'a>(
    now: SimTime,
    setup: &'a Setup,
    calendar: &'a mut Calendar<Event>,
    observer: &'a mut dyn Observer,
) -> Context<'a, Event> {
    Context { now, map: &setup.topology.map, calendar, observer, route: routes::of_fact }
}
