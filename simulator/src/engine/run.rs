//! The loop: the one place that knows all components.

use crate::compute::Compute;
use crate::engine::calendar::{Calendar, Due};
use crate::engine::context::{Context, Fabric, Owner};
use crate::engine::event::Event;
use crate::engine::{EngineError, Policies, Progress, RecordLevel, RunOutput, Setup};
use crate::fts::Fts;
use crate::ids::WorkloadId;
use crate::network::{Arrival, Network, Wiring};
use crate::results::{Counters, Recorder};
use crate::storage::Storage;
use crate::units::SimTime;
use crate::workload::{Arriving, Sources};

/// Events between two reports of progress.
const PROGRESS_EVERY: u64 = 4096;

/// Runs one simulation to its horizon, which is part of the run.
///
/// # Errors
/// Where a policy answers with what cannot be done, or the books do not balance (a fault of dapple).
pub fn run(
    setup: &Setup,
    policies: Policies,
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<RunOutput, EngineError> {
    Engine::new(setup, policies, seed).run(progress)
}

struct Engine<'a> {
    setup: &'a Setup,
    seed: u64,
    policies: Policies,
    calendar: Calendar<Event>,
    recorder: Recorder,
    sources: Sources,
    fts: Fts,
    compute: Compute,
    fabric: Fabric,
    /// When the network said that something arrives or changes next.
    announced: Option<SimTime>,
    sample_due: bool,
    /// What arrives in one instant, to be told.
    arrived: Vec<Arrival<Owner>>,
    n_events: u64,
    /// Those of them that are no part of what is simulated: what is recorded of a run must not show in its figures.
    n_samples: u64,
}

impl<'a> Engine<'a> {
    fn new(setup: &'a Setup, policies: Policies, seed: u64) -> Self {
        let mut network = Network::new();
        let wiring = Wiring::new(&setup.topology, &mut network);
        Self {
            setup,
            seed,
            policies,
            calendar: Calendar::new(),
            recorder: Recorder::new(setup, seed),
            sources: Sources::new(setup, seed),
            fts: Fts::new(setup),
            compute: Compute::new(setup),
            fabric: Fabric { network, wiring, storage: Storage::new(setup, seed) },
            announced: None,
            sample_due: false,
            arrived: Vec::new(),
            n_events: 0,
            n_samples: 0,
        }
    }

    fn run(mut self, progress: &mut dyn Progress) -> Result<RunOutput, EngineError> {
        for workload in self.setup.workloads.ids() {
            self.schedule_arrival(workload);
        }
        if self.setup.record.series != RecordLevel::Summary {
            self.calendar.schedule(SimTime::ZERO, Event::Sample);
        }
        while let Some((now, due)) = self.calendar.pop_until(self.setup.horizon) {
            match due {
                Due::Event(event) => self.dispatch(now, event)?,
                Due::Announced => self.deliver(now),
            }
            if self.calendar.next_at() != Some(now) {
                self.end_instant(now);
            }
            self.n_events += 1;
            if self.n_events.is_multiple_of(PROGRESS_EVERY) {
                progress.advanced(now, self.n_events);
            }
        }
        progress.advanced(self.setup.horizon, self.n_events);
        self.finish()
    }

    fn dispatch(&mut self, now: SimTime, event: Event) -> Result<(), EngineError> {
        let Self { setup, seed, policies, calendar, recorder, fts, compute, fabric, .. } = self;
        let cx = &mut Context { now, calendar, recorder, setup, policies, seed: *seed };
        match event {
            Event::Fts(event) => fts.handle(event, fabric, cx),
            Event::Compute(event) => compute.handle(event, fabric, cx),
            Event::Arrive(workload) => {
                for arriving in self.sources.arrive(workload, cx.setup, &mut fabric.storage) {
                    match arriving {
                        Arriving::Job(job) => compute.submit(&job, fts, fabric, cx)?,
                        Arriving::Transfer(order) => {
                            fts.submit(order, fabric, cx);
                        }
                    }
                }
                self.schedule_arrival(workload);
            }
            Event::Sample => {
                self.sample_due = true;
                self.n_samples += 1;
                let next = now + self.setup.record.series_interval;
                self.calendar.schedule(next, Event::Sample);
            }
        }
        Ok(())
    }

    /// The network delivers: the news goes to those whom it concerns.
    fn deliver(&mut self, now: SimTime) {
        self.announced = None;
        self.fabric.network.arrivals(now, &mut self.arrived);
        for arrival in self.arrived.drain(..) {
            self.calendar.schedule(now, arrival.owner.news(arrival.blocks, arrival.ended));
        }
    }

    fn schedule_arrival(&mut self, workload: WorkloadId) {
        if let Some(at) = self.sources.next_at(workload) {
            self.calendar.schedule(at, Event::Arrive(workload));
        }
    }

    /// All changes of an instant are solved once, here.
    fn end_instant(&mut self, now: SimTime) {
        if self.announced.is_none() || self.fabric.network.is_dirty() {
            let next = self.fabric.network.settle(now);
            if next != self.announced {
                self.announced = next;
                self.calendar.announce(next);
            }
        }
        if self.sample_due && self.calendar.next_at() != Some(now) {
            self.sample_due = false;
            self.sample(now);
        }
    }

    fn sample(&mut self, now: SimTime) {
        let Self { setup, recorder, fts, compute, fabric, .. } = self;
        let topology = &setup.topology;
        for (id, link) in topology.links().iter() {
            let rate = fabric.network.load(fabric.wiring.link(id)).as_bytes_per_s();
            recorder.sample((&link.name, "rate_bytes_per_s"), now, rate, setup);
        }
        for (id, rse) in topology.rses().iter() {
            recorder.sample((&rse.name, "used_bytes"), now, fabric.storage.taken(id).as_f64(), setup);
            recorder.sample((&rse.name, "queued"), now, f64::from(fts.queued_to(id)), setup);
        }
        for (id, dtn) in topology.dtns().iter() {
            recorder.sample((&dtn.name, "active"), now, f64::from(fts.active_on_dtn(id)), setup);
            let rate = fabric.network.load(fabric.wiring.dtn(id)).as_bytes_per_s();
            recorder.sample((&dtn.name, "rate_bytes_per_s"), now, rate, setup);
        }
        for (id, pool) in topology.pools().iter() {
            let (waiting, running) = compute.load(id);
            recorder.sample((&pool.name, "queued"), now, waiting as f64, setup);
            recorder.sample((&pool.name, "running"), now, f64::from(running), setup);
        }
    }

    fn finish(mut self) -> Result<RunOutput, EngineError> {
        let horizon = self.setup.horizon;
        // Brings all clocks to the horizon.
        self.fabric.network.settle(horizon);
        let in_flight = {
            let Self { setup, seed, policies, calendar, recorder, fts, compute, fabric, .. } = &mut self;
            let cx = &mut Context { now: horizon, calendar, recorder, setup, policies, seed: *seed };
            fts.close(fabric, cx) + compute.close(fabric, cx)
        };
        let counters = self.counters(in_flight.get());
        self.audit(&counters)?;
        let warnings = self.warnings();
        let busiest = self.busiest_link();
        let (tables, kpis) = self.recorder.finish(busiest);
        Ok(RunOutput { tables, kpis, counters, events: self.n_events - self.n_samples, warnings })
    }

    fn counters(&self, bytes_in_flight: u64) -> Counters {
        let network = &self.fabric.network;
        let (jobs_submitted, jobs_done, jobs_failed) = self.compute.counts();
        let (requests_created, requests_done, requests_failed) = self.fts.counts();
        let bytes_received = self.recorder.received.get();
        let flows_in_flight = network.n_flows() as u64;
        Counters {
            bytes_sent: bytes_received.saturating_add(bytes_in_flight),
            bytes_received,
            bytes_lost: 0,
            bytes_in_flight,
            flows_started: network.n_started(),
            flows_done: network.n_ended(),
            flows_in_flight,
            jobs_submitted,
            jobs_done,
            jobs_failed,
            jobs_left: self.compute.n_left(),
            requests_created,
            requests_done,
            requests_failed,
            requests_left: self.fts.n_left(),
            flows_stalled: network.n_stalled() as u64,
            space_used_bytes: self.fabric.storage.total_taken().get(),
        }
    }

    /// The books are kept twice: by what was given to whom, and by the integral of all rates.
    fn audit(&self, counters: &Counters) -> Result<(), EngineError> {
        if let Some(violation) = counters.violation() {
            return Err(EngineError::Books(violation));
        }
        let (booked, integral) = (counters.bytes_sent as f64, self.fabric.network.moved());
        // Ends are rounded up to a nanosecond, and bytes in flight down to a byte.
        let per_flow = (2e-9 * self.fabric.network.fastest()).max(1e3);
        let rounding = counters.flows_started as f64 * per_flow + booked * 1e-9 + 1.0;
        if (booked - integral).abs() > rounding {
            return Err(EngineError::Books(format!("{booked} bytes were given out and {integral} moved")));
        }
        match self.fabric.storage.violation() {
            Some(violation) => Err(EngineError::Books(violation)),
            None => Ok(()),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let topology = &self.setup.topology;
        let mut warnings: Vec<String> = self
            .fabric
            .storage
            .overfull(topology)
            .map(|rse| format!("RSE `{rse}` holds more at the start than its capacity"))
            .collect();
        for (resource, is_last) in self.fabric.network.stalled_on() {
            let name = self.fabric.wiring.name(resource, topology).unwrap_or_else(|| "an access law".to_owned());
            let until =
                if is_last { "and its capacity is never to change: they wait for ever" } else { "at the horizon" };
            warnings.push(format!("flows wait at rate zero on {name}, {until}"));
        }
        warnings.sort();
        warnings.dedup();
        warnings
    }

    /// Mean use of the busiest link: bytes over capacity.
    fn busiest_link(&self) -> Option<f64> {
        let horizon = self.setup.horizon;
        let uses = self.setup.topology.links().iter().filter_map(|(id, link)| {
            let steps = link.bandwidth.steps();
            let ends = steps.iter().skip(1).map(|(at, _)| (*at).min(horizon)).chain([horizon]);
            let capacity: f64 = steps
                .iter()
                .zip(ends)
                .map(|((at, rate), end)| rate.as_bytes_per_s() * end.since(*at).as_secs_f64())
                .sum();
            let carried = self.fabric.network.carried(self.fabric.wiring.link(id));
            (capacity > 0.0).then(|| carried / capacity)
        });
        uses.max_by(f64::total_cmp)
    }
}
