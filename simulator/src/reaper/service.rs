//! The workers and what they do.

use rand::seq::SliceRandom;

use crate::catalogue::Words;
use crate::context::Context;
use crate::facts::{Fact, RemovedBecause, ReplicaRemoved};
use crate::ids::{RseId, Table};
use crate::reaper::ReaperSettings;
use crate::reaper::need::{Need, Watch};
use crate::reaper::victims::victims;
use crate::rng::{Purpose, keyed};
use crate::storage::{Candidate, Storage, Tombstone};
use crate::ticker::Rounds;
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime};

/// From one round of a worker that has more to delete to its next.
const BUSY_STEP: SimSpan = SimSpan::from_nanos(1_000_000_000);

/// What can happen to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReaperEvent {
    /// It looks at all RSEs.
    Round {
        /// The worker.
        worker: u32,
    },
    /// It has deleted what it had marked.
    Deleted {
        /// The worker.
        worker: u32,
    },
}

/// One worker. It always has one event to come.
#[derive(Clone, Debug, Default)]
struct Worker {
    began_at: SimTime,
    /// Passes so far, a round being one or more: each has an order of RSEs of its own.
    n_passes: u64,
    /// Passes of this round after its first.
    n_again: u32,
    /// RSEs of this pass that it has still to look at, the next one last, with the need that was known when the pass began.
    to_do: Vec<(RseId, Need)>,
    /// RSEs at which there is more to delete.
    more: Vec<RseId>,
    deleting: Option<Chunk>,
}

/// Replicas that a worker deletes.
#[derive(Clone, Debug)]
struct Chunk {
    rse: RseId,
    victims: Vec<Candidate>,
}

/// The reaper.
#[derive(Clone, Debug)]
pub(crate) struct Reaper {
    settings: ReaperSettings,
    seed: u64,
    watches: Table<RseId, Watch>,
    workers: Vec<Worker>,
    n_deleted: u64,
}

impl Reaper {
    /// Workers that have not begun.
    pub fn new(map: &Map, settings: &ReaperSettings, words: &Words, seed: u64) -> Self {
        let is_off = settings.every == SimSpan::ZERO;
        Self {
            watches: map.rses().iter().map(|rse| Watch::new(rse, settings, words)).collect(),
            workers: vec![Worker::default(); if is_off { 0 } else { settings.workers as usize }],
            settings: settings.clone(),
            seed,
            n_deleted: 0,
        }
    }

    /// The first round of each worker.
    pub fn first_rounds(&self) -> impl Iterator<Item = (SimTime, ReaperEvent)> {
        (0..).zip(&self.workers).filter_map(|(worker, _)| {
            let mut rounds = Rounds::seeded(self.settings.every, ("reaper", worker as usize), self.seed);
            Some((rounds.wake(SimTime::ZERO, SimTime::ZERO)?, ReaperEvent::Round { worker }))
        })
    }

    /// Handles what happens to a worker.
    pub fn handle<E: From<ReaperEvent>>(&mut self, event: ReaperEvent, storage: &mut Storage, cx: &mut Context<'_, E>) {
        let worker = match event {
            ReaperEvent::Round { worker } => {
                let all: Vec<RseId> = self.watches.ids().collect();
                let it = &mut self.workers[worker as usize];
                (it.began_at, it.n_again) = (cx.now, 0);
                self.begin_pass(worker, &all, storage, cx.now);
                worker
            }
            ReaperEvent::Deleted { worker } => {
                self.end_chunk(worker, storage, cx);
                worker
            }
        };
        self.go_on(worker, storage, cx);
    }

    /// Whether there is none: nothing is ever deleted.
    pub fn is_off(&self) -> bool {
        self.workers.is_empty()
    }

    /// Replicas deleted so far.
    pub fn n_deleted(&self) -> u64 {
        self.n_deleted
    }

    /// Looks up what is needed, and draws the order.
    fn begin_pass(&mut self, worker: u32, rses: &[RseId], storage: &Storage, now: SimTime) {
        let Self { settings, seed, watches, workers, .. } = self;
        let it = &mut workers[worker as usize];
        it.to_do = rses.iter().map(|&rse| (rse, watches[rse].need(rse, settings, storage, now))).collect();
        it.to_do.shuffle(&mut keyed(*seed, Purpose::ReaperOrder, [u64::from(worker), it.n_passes]));
        it.n_passes += 1;
        it.more.clear();
    }

    /// From RSE to RSE until there is something that takes time to delete, then to the next round.
    fn go_on<E: From<ReaperEvent>>(&mut self, worker: u32, storage: &mut Storage, cx: &mut Context<'_, E>) {
        let n_again_at_most = self.settings.workers.ilog2();
        loop {
            while let Some((rse, need)) = self.workers[worker as usize].to_do.pop() {
                let n_marked = self.mark(worker, (rse, need), storage, cx.map, cx.now);
                let takes = self.settings.time_per_replica * n_marked as u64;
                if takes > SimSpan::ZERO {
                    return cx.schedule(cx.now + takes, ReaperEvent::Deleted { worker });
                }
                self.end_chunk(worker, storage, cx);
            }
            let it = &mut self.workers[worker as usize];
            if it.more.is_empty() || it.n_again == n_again_at_most {
                let soon = cx.now + BUSY_STEP;
                let next = if it.more.is_empty() { soon.max(it.began_at + self.settings.every) } else { soon };
                return cx.schedule(next, ReaperEvent::Round { worker });
            }
            it.n_again += 1;
            let more = std::mem::take(&mut it.more);
            self.begin_pass(worker, &more, storage, cx.now);
        }
    }

    /// Marks what a worker is to delete at an RSE, and says how many replicas that are.
    fn mark(
        &mut self,
        worker: u32,
        (rse, known): (RseId, Need),
        storage: &mut Storage,
        map: &Map,
        now: SimTime,
    ) -> usize {
        let Self { settings, watches, workers, .. } = self;
        let watch = &mut watches[rse];
        let deleting = workers.iter().flat_map(|worker| &worker.deleting);
        let host = map.host_of(rse);
        let n_here = deleting.filter(|chunk| map.host_of(chunk.rse) == host).count();
        // In a downtime that is declared Rucio deletes nothing.
        let is_out = map.rses()[rse].is_declared_down(now) || watch.is_left_alone(settings, now);
        if is_out || n_here >= settings.max_workers_per_host as usize {
            return 0;
        }
        let chunk = settings.chunk as usize;
        let mut marked = watch.retried(chunk, settings, now);
        let n_again = marked.len();
        marked.extend(victims(known, chunk - n_again, storage.candidates(rse, now)));
        for victim in &marked[n_again..] {
            storage.mark(victim.file, rse, now);
        }
        let n_marked = marked.len();
        if n_marked < if watch.is_greedy { 1 } else { chunk } {
            watch.paused_at = Some(now);
        } else {
            workers[worker as usize].more.push(rse);
        }
        workers[worker as usize].deleting = Some(Chunk { rse, victims: marked });
        n_marked
    }

    /// The replicas of a chunk are gone, unless their RSE does not answer.
    fn end_chunk<E>(&mut self, worker: u32, storage: &mut Storage, cx: &mut Context<'_, E>) {
        let Some(Chunk { rse, victims }) = self.workers[worker as usize].deleting.take() else { return };
        if cx.map.rses()[rse].is_down(cx.now) {
            return self.watches[rse].fail(victims, &self.settings, cx.now);
        }
        let mut freed = Bytes::ZERO;
        for Candidate { file, tombstone, used_at, .. } in victims {
            // It may have been copied anew since a first try.
            let Some(bytes) = storage.remove(file, rse, cx.now) else { continue };
            let because = match tombstone {
                Tombstone::OBSOLETE => RemovedBecause::Obsolete,
                _ if self.watches[rse].is_greedy => RemovedBecause::Greedy,
                _ => RemovedBecause::SpaceNeeded,
            };
            freed += bytes;
            self.n_deleted += 1;
            cx.tell(&Fact::ReplicaRemoved(ReplicaRemoved { file, rse, bytes, because, used_at }));
        }
        if freed > Bytes::ZERO {
            cx.tell(&Fact::SpaceFreed { rse });
        }
    }
}

#[cfg(test)]
mod tests;
