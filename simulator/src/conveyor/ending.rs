//! From the end of a transfer at FTS to the history of its request.

use crate::context::Context;
use crate::conveyor::request::{Known, Request, State, Want};
use crate::conveyor::service::{Conveyor, ConveyorEvent, Events};
use crate::fabric::Fabric;
use crate::facts::{Fact, FtsEnded, Settled, TransferOutcome};
use crate::fts::Fts;
use crate::ids::{Id, RequestId};
use crate::rng::mix;
use crate::storage::Tombstone;
use crate::units::SimTime;

impl Conveyor {
    /// FTS has ended a request: when does Rucio learn of it?
    pub(super) fn on_ended<E: Events>(
        &mut self,
        id: RequestId,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        if self.requests.get(id).is_none() {
            self.on_ended_in_vain(id, fts, fabric, cx);
            return;
        }
        let told = self.settings.receiver.map(|delay| cx.now + delay);
        self.will_be_known(id, (Known::ByFts, told), fts, fabric, cx);
    }

    /// FTS has taken a request and knows nothing of it: the first look finds that out.
    pub(super) fn never_heard_of<E: Events>(
        &mut self,
        id: RequestId,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        self.requests[id].is_lost = true;
        self.will_be_known(id, (Known::Lost, None), fts, fabric, cx);
    }

    /// Who learns of it, and when: at once where nobody polls, by a message where it is told before a look finds it; in no case before
    /// the call has returned that has handed it over.
    fn will_be_known<E: Events>(
        &mut self,
        id: RequestId,
        (how, told): (Known, Option<SimTime>),
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let submitted_at = self.requests[id].submitted_at.unwrap_or(cx.now);
        if self.settings.poller.every.as_nanos() == 0 {
            if submitted_at > cx.now {
                self.hear(id, submitted_at, cx);
            } else {
                self.known(id, how, fts, fabric, cx);
            }
            return;
        }
        let worker = self.poller_of(id);
        let look = self.gate().look(&self.pollers[worker].rounds, submitted_at, cx.now);
        match told.map(|at| at.max(submitted_at)) {
            Some(told) if told <= look => self.hear(id, told, cx),
            _ => self.find(id, worker, look, cx),
        }
    }

    fn poller_of(&self, id: RequestId) -> usize {
        (self.requests[id].hash() % self.pollers.len() as u64) as usize
    }

    /// A message tells of it.
    fn hear<E: Events>(&mut self, id: RequestId, at: SimTime, cx: &mut Context<'_, E>) {
        // In order, but for calls that return after the end.
        let place = self.heard.iter().rposition(|&(other, _)| other <= at).map_or(0, |before| before + 1);
        let is_new = place == 0 || self.heard[place - 1].0 != at;
        self.heard.insert(place, (at, id));
        if is_new {
            cx.schedule(at, ConveyorEvent::Heard);
        }
    }

    /// The poller finds it.
    fn find<E: Events>(&mut self, id: RequestId, worker: usize, at: SimTime, cx: &mut Context<'_, E>) {
        self.pollers[worker].push(at, id);
        self.wake_poller(worker, cx);
    }

    pub(super) fn on_heard<E: Events>(&mut self, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        while let Some(&(at, id)) = self.heard.front()
            && at <= cx.now
        {
            self.heard.pop_front();
            self.learn(id, fts, fabric, cx);
        }
    }

    pub(super) fn on_poll<E: Events>(
        &mut self,
        worker: u32,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let worker = worker as usize;
        let bulk = self.settings.poller.bulk as usize;
        let poller = &mut self.pollers[worker];
        if !poller.rounds.is_due(cx.now) {
            return;
        }
        let found = poller.take(cx.now, bulk);
        poller.rounds.ran(cx.now, found.len() * 2 >= bulk);
        for id in found {
            self.learn(id, fts, fabric, cx);
        }
        self.wake_poller(worker, cx);
    }

    fn learn<E: Events>(&mut self, id: RequestId, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match self.requests.get(id) {
            Some(request) if request.is_lost => self.known(id, Known::Lost, fts, fabric, cx),
            Some(_) => self.known(id, Known::ByFts, fts, fabric, cx),
            None => {}
        }
    }

    /// Rucio knows how a request has ended; the finisher acts on it.
    pub(super) fn known<E: Events>(
        &mut self,
        id: RequestId,
        how: Known,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let request = &mut self.requests[id];
        request.state = State::Ended(how);
        request.learned_at = Some(cx.now);
        self.stop_counting(id, cx);
        let request = &self.requests[id];
        // Requests of one rule are one worker's, so that the rule changes in one step.
        let hash = request.want.rule.map_or_else(|| request.hash(), |rule| mix(rule.index() as u64));
        let worker = (hash % self.finishers.len() as u64) as usize;
        let finisher = &mut self.finishers[worker];
        if finisher.rounds.is_immediate() {
            self.finish(id, how, fts, fabric, cx);
        } else {
            finisher.queue.push_back(id);
            self.wake_finisher(worker, cx);
        }
    }

    pub(super) fn on_finish<E: Events>(
        &mut self,
        worker: u32,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let worker = worker as usize;
        let bulk = self.settings.finisher.bulk as usize;
        let finisher = &mut self.finishers[worker];
        if !finisher.rounds.is_due(cx.now) {
            return;
        }
        let n = bulk.min(finisher.queue.len());
        let taken: Vec<RequestId> = finisher.queue.drain(..n).collect();
        finisher.rounds.ran(cx.now, taken.len() * 2 >= bulk);
        for id in taken {
            if let Some(State::Ended(how)) = self.requests.get(id).map(|request| request.state) {
                self.finish(id, how, fts, fabric, cx);
            }
        }
        self.wake_finisher(worker, cx);
    }

    /// Its row becomes history; the file is there, or another attempt is made, or it is given up.
    fn finish<E: Events>(
        &mut self,
        id: RequestId,
        how: Known,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let ended = fts.collect(id);
        let result = match how.error() {
            Some(error) => Err(error),
            None => ended.as_ref().map_or(Ok(()), |ended| ended.result),
        };
        let request = self.leave(id, fabric, cx);
        let outcome = result.map_or_else(TransferOutcome::Failed, |()| TransferOutcome::Done);
        match result {
            Ok(()) => self.n_done += 1,
            Err(_) => self.n_failed += 1,
        }
        if let Some(FtsEnded { source, .. }) = ended {
            self.records.count(source, result.is_err(), cx.now);
        }
        let tries = request.attempt < self.settings.retries && !request.is_hop && how != Known::NoSources;
        let next = (result.is_err() && tries).then(|| request.next(id, how == Known::ByFts, cx.now));
        let Want { file, destination, .. } = request.want;
        if let Some(file) = file {
            self.live.remove(&(file, destination));
            if result.is_ok() {
                if fabric.storage.add_replica(file, destination, cx.now) {
                    cx.tell(&Fact::SpaceFreed { rse: destination });
                }
            } else if next.is_none() {
                fabric.storage.give_up(file, destination, cx.now);
            }
            if request.is_hop {
                let tombstone = Tombstone::at(request.created_at + self.places.keeps(destination));
                fabric.storage.bury(file, destination, tombstone, cx.now);
            }
        }
        cx.tell(&Fact::TransferEnded(request.life(id, ended.as_ref(), outcome)));
        if let Some(next) = next {
            let next = self.add(next, &mut fabric.storage, cx.now);
            self.enter(next, fts, fabric, cx);
        } else if let Some(file) = file {
            cx.tell(&Fact::Settled(Settled { file, rse: destination, done: result.is_ok() }));
        }
    }

    /// Takes a request out: it has no source any more, and counts no more.
    pub(super) fn leave<E: Events>(
        &mut self,
        id: RequestId,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) -> Request {
        self.stop_counting(id, cx);
        let source = self.requests[id].source;
        self.set_source(id, None);
        let mut request = self.requests.remove(id).expect("a request ends once");
        // As history has it.
        request.source = source;
        request.release_sources(&mut fabric.storage, cx.now);
        request
    }

    /// No limit is kept busy by it any more.
    fn stop_counting<E: Events>(&mut self, id: RequestId, cx: &mut Context<'_, E>) {
        let request = &mut self.requests[id];
        let Want { account, bytes, .. } = request.want;
        if let Some(group) = request.group.take() {
            self.throttler.end(group, (account, bytes));
            self.wake_throttler(cx);
        }
    }

    fn wake_poller<E: Events>(&mut self, worker: usize, cx: &mut Context<'_, E>) {
        if let Some(at) = self.pollers[worker].wake(cx.now) {
            cx.schedule(at, ConveyorEvent::Poll { worker: worker as u32 });
        }
    }

    fn wake_finisher<E: Events>(&mut self, worker: usize, cx: &mut Context<'_, E>) {
        if let Some(at) = self.finishers[worker].wake(cx.now) {
            cx.schedule(at, ConveyorEvent::Finish { worker: worker as u32 });
        }
    }
}
