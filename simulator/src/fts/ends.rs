//! What follows the end of a file: a retry, another replica, the next hop, or the end of its request; and how files are cancelled.
//!
//! | job | after a success | after a failure |
//! |---|---|---|
//! | regular | it is told | a retry, if one may help and some are left; else it is told |
//! | replicas | it is told, the others are not used | the next replica is tried; after the last one it is told |
//! | hops | it is told, and the next hop is queued | it is told, and so is each later hop: not used |

use crate::context::Context;
use crate::copy::CopyEnded;
use crate::fabric::Fabric;
use crate::facts::{Fact, FtsEnded, TransferError};
use crate::fts::expiry::{DYING, Expiry};
use crate::fts::files::{File, FtsJobId, Queue, State};
use crate::fts::service::{Starts, with_moment};
use crate::fts::tuning::Ending;
use crate::fts::{Fts, FtsEvent, FtsFile, JobKind, ReplicaChoice};
use crate::ids::{FtsFileId, RequestId};
use crate::topology::Map;
use crate::units::SimTime;

impl Fts {
    /// Cancels the whole job that a request belongs to. What is queued ends at once; where there are passes, a process lives on until
    /// its node looks.
    pub fn cancel<E: From<FtsEvent>>(&mut self, request: RequestId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let Some(file) = self.of_request.get(&request) else { return };
        let job = self.files[*file].job;
        for id in self.jobs[job].files.clone() {
            self.cancel_file(id, true, fabric, cx);
        }
        self.start_waiting(fabric, cx);
    }

    /// The first of several replicas; `None`: there is none.
    pub(super) fn first_replica(&self, files: &[FtsFileId], map: &Map) -> Option<FtsFileId> {
        if self.settings.replica_choice != ReplicaChoice::BestThroughput {
            return self.next_replica(files, map);
        }
        let measured: Option<Vec<f64>> = files.iter().map(|file| self.throughput(&self.files[*file], map)).collect();
        let Some(measured) = measured else { return files.first().copied() };
        let best = files.iter().zip(measured).max_by(|(a, one), (b, other)| one.total_cmp(other).then(b.cmp(a)));
        best.map(|(file, _)| *file)
    }

    /// The next of several replicas that have not been tried.
    fn next_replica(&self, files: &[FtsFileId], map: &Map) -> Option<FtsFileId> {
        let unused = |id: &FtsFileId| self.files.get(*id).is_some_and(|file| file.state == State::NotUsed);
        let mut unused = files.iter().copied().filter(unused);
        if self.settings.replica_choice == ReplicaChoice::ShortestQueue {
            return unused.min_by_key(|id| (self.queued_beside(&self.files[*id], map), *id));
        }
        unused.next()
    }

    /// Files of the same virtual organisation that are queued on the link of a file.
    fn queued_beside(&self, file: &File, map: &Map) -> u32 {
        let (source, destination) = (file.spec.source, file.spec.destination);
        match &self.starts {
            Starts::AtOnce(queues) => queues.queued(source, destination) as u32,
            Starts::Passes(nodes) => {
                let link = nodes.link(map.host_of(source), map.host_of(destination));
                link.map_or(0, |link| nodes.passes.backlog.links[link].queued_of(self.jobs[file.job].vo))
            }
        }
    }

    /// What the link of a file moved when an optimiser looked at it last, in bytes per second.
    fn throughput(&self, file: &File, map: &Map) -> Option<f64> {
        let Starts::Passes(nodes) = &self.starts else { return None };
        let link = nodes.link(map.host_of(file.spec.source), map.host_of(file.spec.destination))?;
        nodes.passes.backlog.links[link].throughput
    }

    /// A try is over and its slots are free.
    pub(super) fn on_tried<E: From<FtsEvent>>(
        &mut self,
        copied: &CopyEnded,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let id = copied.owner;
        let file = &mut self.files[id];
        let job = &self.jobs[file.job];
        match copied.result {
            // A row that was cancelled stays so, whatever its process says.
            _ if file.is_cancelled => self.finish(id, Err(TransferError::Cancelled), Some(copied), fabric, cx),
            Err(why) if why.is_recoverable() && file.tries <= job.retries => {
                file.lost += copied.moved;
                file.state = State::Held;
                let at = cx.now + job.retry_delay;
                match (&mut self.starts, file.queue) {
                    (Starts::Passes(nodes), Some(Queue::Class(class))) => {
                        nodes.retry(id, class, file.spec.destination, at);
                    }
                    _ => cx.schedule(at, FtsEvent::Retry { file: id }),
                }
            }
            Ok(()) if self.archive(copied, cx) => {}
            result => self.finish(id, result, Some(copied), fabric, cx),
        }
    }

    /// The delay of a retry is over, where there are no passes or the file does not queue.
    pub(super) fn on_retry<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(file) = self.files.get(id).filter(|file| file.state == State::Held) else { return };
        match (&mut self.starts, file.queue) {
            (Starts::AtOnce(queues), Some(Queue::Pair(link))) => {
                queues.put_back(id, link);
                self.files[id].state = State::Queued;
                self.start_waiting(fabric, cx);
            }
            _ => self.enqueue(id, fabric, cx),
        }
    }

    /// A file has ended: what its job is for decides what comes next.
    pub(super) fn finish<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        result: Result<(), TransferError>,
        copied: Option<&CopyEnded>,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let file = self.files.remove(id).expect("a file ends once");
        if let (Err(_), Some(copied)) = (result, copied) {
            self.copies.discard(copied);
        }
        let ended = file.life(result, copied);
        let job = &mut self.jobs[file.job];
        job.n_left -= 1;
        let (kind, n_left) = (job.kind, job.n_left);
        if n_left == 0 || kind == JobKind::Regular {
            self.tell(ended, cx);
        } else {
            let rest = self.jobs[file.job].files.clone();
            let next = match (kind, result) {
                (JobKind::MultiReplica, Err(_)) if !file.is_cancelled => self.next_replica(&rest, cx.map),
                (JobKind::MultiHop, Ok(())) => rest.iter().copied().find(|other| self.files.get(*other).is_some()),
                _ => None,
            };
            if let Some(next) = next {
                if kind == JobKind::MultiReplica {
                    let replica = &mut self.files[next];
                    (replica.tries, replica.lost) = (file.tries, ended.moved);
                    self.of_request.insert(ended.request, next);
                } else {
                    self.tell(ended, cx);
                }
                return self.enqueue(next, fabric, cx);
            }
            self.tell(ended, cx);
            for other in rest {
                let Some(unused) = self.files.remove(other) else { continue };
                if kind == JobKind::MultiHop {
                    self.tell(unused.life(Err(TransferError::NotUsed), None), cx);
                }
            }
            self.jobs[file.job].n_left = 0;
        }
        if self.jobs[file.job].n_left == 0 {
            let deadline = self.jobs.remove(file.job).and_then(|job| job.deadline);
            if let Some(deadline) = deadline {
                self.expiry.deadlines.remove(&(deadline, file.job));
            }
        }
    }

    /// Tells the end of a request, and keeps it for whoever asked for it.
    fn tell<E>(&mut self, ended: FtsEnded, cx: &mut Context<'_, E>) {
        self.of_request.remove(&ended.request);
        cx.tell(&Fact::FtsEnded(ended.clone()));
        self.ended.insert(ended.request, ended);
    }

    /// Cancels a file that has not ended, one under way only if `running`.
    fn cancel_file<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        running: bool,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(file) = self.files.get(id) else { return };
        match file.state {
            State::Queued | State::Held => {
                let destination = file.spec.destination;
                match (&mut self.starts, file.queue) {
                    (Starts::AtOnce(queues), Some(Queue::Pair(link))) if file.state == State::Queued => {
                        queues.withdraw(id, link);
                    }
                    (Starts::Passes(nodes), Some(Queue::Class(class))) => nodes.withdraw(id, class, destination),
                    _ => {}
                }
                self.files[id].is_cancelled = true;
                self.finish(id, Err(TransferError::Cancelled), None, fabric, cx);
            }
            State::Ready | State::Copying(_) if running => {
                self.files[id].is_cancelled = true;
                match &mut self.starts {
                    Starts::AtOnce(_) => self.on_kill(id, fabric, cx),
                    Starts::Passes(_) => {
                        self.free_slot(id, cx.now);
                        self.kill_if_cancelled(id, cx);
                    }
                }
            }
            State::Ended { keeps_space } if running => {
                let file = &mut self.files[id];
                file.is_cancelled = true;
                file.state = State::Ended { keeps_space: false };
                let FtsFile { destination: rse, bytes, .. } = file.spec;
                if keeps_space {
                    fabric.storage.give_back(rse, bytes, cx.now);
                    cx.tell(&Fact::SpaceFreed { rse });
                }
                self.free_slot(id, cx.now);
            }
            State::Staging => {
                self.leave_tape(id, cx);
                self.files[id].is_cancelled = true;
                self.finish(id, Err(TransferError::Cancelled), None, fabric, cx);
            }
            State::Archiving if running => {
                self.leave_tape(id, cx);
                self.files[id].is_cancelled = true;
                self.fail_archiving(id, TransferError::Cancelled, fabric, cx);
            }
            State::NotUsed | State::Ready | State::Copying(_) | State::Archiving | State::Ended { .. } => {}
        }
    }

    /// A file that was cancelled is no longer ACTIVE, whether its process runs or not.
    fn free_slot(&mut self, id: FtsFileId, now: SimTime) {
        let Starts::Passes(nodes) = &mut self.starts else { return };
        let file = &mut self.files[id];
        if let (Some(Queue::Class(class)), true) = (file.queue, std::mem::take(&mut file.is_active)) {
            nodes.passes.freed(class);
            nodes.note_end(class, id, now, Ending::Uncounted);
        }
    }

    /// The process of a cancelled file runs until its node looks.
    pub(super) fn kill_if_cancelled<E: From<FtsEvent>>(&self, id: FtsFileId, cx: &mut Context<'_, E>) {
        let runs = |file: &&File| file.is_cancelled && matches!(file.state, State::Copying(_));
        if self.files.get(id).filter(runs).is_some() {
            cx.schedule(self.expiry.cancel_polls.next_after(cx.now) + DYING, FtsEvent::Kill { file: id });
        }
    }

    /// The process of a cancelled file is killed.
    pub(super) fn on_kill<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(File { state: State::Copying(copy), .. }) = self.files.get(id) else { return };
        let copy = *copy;
        if let Some(killed) = with_moment(cx, |at| self.copies.cancel(copy, fabric, at)) {
            self.on_copied(killed, fabric, cx);
        }
    }

    /// Remembers when a job has been queued for too long.
    pub(super) fn expire<E: From<FtsEvent>>(&mut self, job: FtsJobId, at: SimTime, cx: &mut Context<'_, E>) {
        self.jobs[job].deadline = Some(at);
        self.expiry.deadlines.insert((at, job));
        self.plan_sweep(cx);
    }

    /// Cancels what has been queued for too long. What runs goes on; if it is queued again, the next sweep sees it.
    pub(super) fn sweep<E: From<FtsEvent>>(&mut self, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        if self.expiry.next_at.take_if(|at| *at == cx.now).is_none() {
            return;
        }
        let is_past = |&&(deadline, _): &&(SimTime, FtsJobId)| deadline <= cx.now;
        let overdue: Vec<FtsJobId> = self.expiry.deadlines.iter().take_while(is_past).map(|(_, job)| *job).collect();
        for job in overdue {
            self.drop_replicas(job);
            let files = self.jobs.get(job).map(|job| job.files.clone()).unwrap_or_default();
            for file in files {
                self.cancel_file(file, false, fabric, cx);
            }
        }
        self.plan_sweep(cx);
        self.start_waiting(fabric, cx);
    }

    /// Cancels the replicas of a job whose turn has not come, beside one that is tried.
    fn drop_replicas(&mut self, id: FtsJobId) {
        let Some(job) = self.jobs.get(id).filter(|job| job.kind == JobKind::MultiReplica) else { return };
        let unused = |file: &FtsFileId| self.files.get(*file).is_some_and(|file| file.state == State::NotUsed);
        let unused: Vec<FtsFileId> = job.files.iter().copied().filter(unused).collect();
        for file in &unused {
            self.files.remove(*file);
        }
        self.jobs[id].n_left -= unused.len() as u32;
    }

    fn plan_sweep<E: From<FtsEvent>>(&mut self, cx: &mut Context<'_, E>) {
        let Expiry { deadlines, sweeps, next_at, .. } = &mut self.expiry;
        let Some((deadline, _)) = deadlines.first() else { return };
        let at = sweeps.first_from(*deadline).max(sweeps.next_after(cx.now));
        if next_at.is_none_or(|planned| at < planned) {
            *next_at = Some(at);
            cx.schedule(at, FtsEvent::Sweep);
        }
    }
}
