//! From the submitter's queue to FTS.

use rand::RngExt;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::context::Context;
use crate::conveyor::choice::Route;
use crate::conveyor::paths::Hops;
use crate::conveyor::ranking::SourceOrder;
use crate::conveyor::request::{Known, Request, Sources, State, Want};
use crate::conveyor::service::{Conveyor, Events, held_until, is_in};
use crate::conveyor::settings::{ConveyorSettings, GroupBy, Sleeps};
use crate::conveyor::throttler::Group;
use crate::fabric::Fabric;
use crate::fts::{Fts, FtsFile, FtsJob, JobKind};
use crate::ids::{ActivityId, Id, RequestId, RseId, RuleId, VoId, WorkloadId};
use crate::rng::{Purpose, keyed};
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{SimSpan, SimTime};

/// Jobs that are put together.
#[derive(Default)]
struct Jobs {
    jobs: Vec<FtsJob>,
    /// Those that may take another file.
    open: FxHashMap<Key, usize>,
}

/// What files of one job have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    workload: WorkloadId,
    vo: VoId,
    activity: ActivityId,
    priority: u8,
    queues: bool,
    from_tape: bool,
    rule: Option<RuleId>,
    source: Option<RseId>,
    destination: Option<RseId>,
}

impl Key {
    fn new(want: &Want, source: RseId, from_tape: bool, by: GroupBy) -> Self {
        let Want { workload, vo, activity, priority, queues, rule, destination, .. } = *want;
        let rule = rule.filter(|_| matches!(by, GroupBy::Rule | GroupBy::RuleAndPair));
        let source = Some(source).filter(|_| matches!(by, GroupBy::Pair | GroupBy::RuleAndPair));
        let destination = Some(destination).filter(|_| by != GroupBy::Rule);
        Self { workload, vo, activity, priority, queues, from_tape, rule, source, destination }
    }
}

impl Conveyor {
    pub(super) fn on_submit<E: Events>(
        &mut self,
        desk: u32,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let submitter = &self.settings.submitter;
        let bulk = submitter.bulk as usize;
        let enough = match submitter.sleeps {
            Sleeps::BelowBulk => bulk,
            Sleeps::BelowGroup => submitter.group_bulk as usize,
        };
        let number = desk as usize;
        let (requests, desk) = (&self.requests, &mut self.submitters[number]);
        if !desk.rounds.is_due(cx.now) {
            return;
        }
        let mut held = Vec::new();
        let taken = desk.line.take(cx.now, bulk, |id| {
            let until = held_until(requests, id, cx.map, cx.now);
            held.extend(until.map(|until| (id, until)));
            until.is_none() && is_in(requests, id, State::Queued)
        });
        held.into_iter().for_each(|(id, until)| desk.line.rest(id, until));
        desk.rounds.ran(cx.now, taken.len() >= enough);
        self.submit(&taken, fts, fabric, cx);
        self.wake_submitter(number, cx);
    }

    /// Hands requests to FTS, as few jobs as may be.
    pub(super) fn submit<E: Events>(
        &mut self,
        ids: &[RequestId],
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let mut jobs = Jobs::default();
        for &id in ids {
            match self.route(id, &fabric.storage, (cx.map, cx.now)) {
                None => self.known(id, Known::NoSources, fts, fabric, cx),
                Some(Route::Hops(hops)) if self.is_underway(id, &hops) => self.rest(id, cx),
                Some(route) => {
                    self.take_route(id, &route, cx.now);
                    let nth = self.count_submission(id);
                    match self.mishap(id, nth) {
                        Some(Known::Refused) => self.known(id, Known::Refused, fts, fabric, cx),
                        mishap => {
                            self.requests[id].state = State::Submitted;
                            match mishap {
                                Some(_) => self.never_heard_of(id, fts, fabric, cx),
                                None => self.bundle(id, &route, &mut jobs, fabric, cx.now),
                            }
                        }
                    }
                }
            }
        }
        for job in &jobs.jobs {
            fts.submit(job, fabric, cx);
        }
    }

    /// How a request gets its file now: from the source that was prepared, if that can be, or from the best of all.
    fn route(&mut self, id: RequestId, storage: &Storage, (map, now): (&Map, SimTime)) -> Option<Route> {
        let holds = self.settings.preparer.as_ref().map(|preparer| preparer.source_holds);
        let extra = self.settings.submitter.extra_sources as usize;
        let (mut chooser, requests) = self.chooser(storage, (map, now));
        let request = &requests[id];
        let prepared = request.source.filter(|_| holds.is_some_and(|span| now < request.requested_at + span));
        let by_prepared = prepared.and_then(|source| chooser.route(request, Some(source), extra));
        by_prepared.or_else(|| chooser.route(request, None, extra))
    }

    /// Whether another request brings the file to an RSE on the way already: this one waits for it.
    fn is_underway(&self, id: RequestId, hops: &Hops) -> bool {
        let Some(file) = self.requests[id].want.file else { return false };
        hops[1..hops.len() - 1].iter().any(|&rse| self.live(file, rse).is_some())
    }

    /// It was looked at in vain.
    fn rest<E: Events>(&mut self, id: RequestId, cx: &mut Context<'_, E>) {
        let second = SimSpan::from_nanos(1_000_000_000);
        let later = self.settings.again_after.map_or(second, |span| span + SimSpan::from_nanos(1));
        let desk = self.desk_of(id);
        self.submitters[desk].line.rest(id, cx.now + later);
        self.wake_submitter(desk, cx);
    }

    /// It counts for the source that it is copied from, from now on.
    fn take_route(&mut self, id: RequestId, route: &Route, now: SimTime) {
        self.set_source(id, Some(route.source()));
        let request = &mut self.requests[id];
        request.submitted_at = Some(now + self.settings.submitter.call);
        let Want { account, bytes, .. } = request.want;
        if let Some(before) = request.group {
            let group = Group { source: route.source(), ..before };
            request.group = Some(group);
            if group != before {
                self.throttler.end(before, (account, bytes));
                self.throttler.activate(group, (account, bytes));
            }
        }
    }

    /// Submissions of the same thing to the same RSE before this one; nobody counts them where nothing is drawn by that.
    fn count_submission(&mut self, id: RequestId) -> u32 {
        let ConveyorSettings { refused, lost, source_order, .. } = self.settings;
        if refused == 0.0 && lost == 0.0 && source_order != SourceOrder::DiskFirst {
            return 0;
        }
        let Want { key, destination, .. } = self.requests[id].want;
        let n = self.submissions.entry((key, destination)).or_default();
        *n += 1;
        *n - 1
    }

    /// What goes wrong with the call, if anything.
    fn mishap(&self, id: RequestId, nth: u32) -> Option<Known> {
        let (refused, lost) = (self.settings.refused, self.settings.lost);
        if refused == 0.0 && lost == 0.0 {
            return None;
        }
        let Want { key, destination, .. } = self.requests[id].want;
        let thing = [key, destination.index() as u64, u64::from(nth)];
        let drawn: f64 = keyed(self.seed, Purpose::Submission, thing).random();
        match drawn {
            _ if drawn < refused => Some(Known::Refused),
            _ if drawn < refused + lost => Some(Known::Lost),
            _ => None,
        }
    }

    /// Its sources stay where they are, and a failure counts against all of them.
    fn use_sources(&mut self, id: RequestId, sources: &[RseId], fabric: &mut Fabric<'_>, now: SimTime) {
        let request = &mut self.requests[id];
        sources.iter().for_each(|&source| request.in_use.add(source));
        request.hold_sources(&mut fabric.storage, now);
    }

    /// Puts a request in a job.
    fn bundle(&mut self, id: RequestId, route: &Route, jobs: &mut Jobs, fabric: &mut Fabric<'_>, now: SimTime) {
        let want = self.requests[id].want;
        let Want { file, key, bytes, destination, .. } = want;
        let of = |request, source, destination| FtsFile { request, file, key, source, destination, bytes };
        match route {
            Route::Hops(hops) => {
                let last = hops.len() - 2;
                let between = hops.windows(2).take(last).map(|hop| self.add_hop(&want, (hop[0], hop[1]), fabric, now));
                let requests: SmallVec<[RequestId; 2]> = between.chain([id]).collect();
                // What is brought to RSEs between is to come there by now, and can be held.
                self.use_sources(id, &hops[..=last], fabric, now);
                let files = requests.iter().zip(hops.windows(2)).map(|(&id, hop)| of(id, hop[0], hop[1])).collect();
                jobs.jobs.push(self.job(&want, JobKind::MultiHop, files, hops[0]));
            }
            Route::Direct(sources) if sources.len() > 1 => {
                self.use_sources(id, sources, fabric, now);
                let files = sources.iter().map(|&source| of(id, source, destination)).collect();
                jobs.jobs.push(self.job(&want, JobKind::MultiReplica, files, sources[0]));
            }
            Route::Direct(sources) => {
                self.use_sources(id, sources, fabric, now);
                let file = of(id, sources[0], destination);
                let most = self.settings.submitter.group_bulk as usize;
                if most == 1 {
                    jobs.jobs.push(self.job(&want, JobKind::Regular, smallvec![file], sources[0]));
                    return;
                }
                let key =
                    Key::new(&want, sources[0], self.places.is_tape(sources[0]), self.settings.submitter.group_by);
                if let Some(&nth) = jobs.open.get(&key)
                    && jobs.jobs[nth].files.len() < most
                {
                    jobs.jobs[nth].files.push(file);
                } else {
                    jobs.open.insert(key, jobs.jobs.len());
                    jobs.jobs.push(self.job(&want, JobKind::Regular, smallvec![file], sources[0]));
                }
            }
        }
    }

    /// The request for a hop that is not the last: it is submitted with the whole path, and never tried alone.
    fn add_hop(
        &mut self,
        of: &Want,
        (source, destination): (RseId, RseId),
        fabric: &mut Fabric<'_>,
        now: SimTime,
    ) -> RequestId {
        let sources = Sources::Chosen(source);
        let want = Want { sources, destination, rule: None, traced: None, attempts_before: 0, ..*of };
        let mut hop = Request::new(want, now);
        hop.is_hop = true;
        hop.submitted_at = Some(now + self.settings.submitter.call);
        hop.state = State::Submitted;
        let id = self.add(hop, &mut fabric.storage, now);
        self.set_source(id, Some(source));
        self.use_sources(id, &[source], fabric, now);
        id
    }

    fn job(&self, want: &Want, kind: JobKind, files: SmallVec<[FtsFile; 1]>, source: RseId) -> FtsJob {
        let submitter = &self.settings.submitter;
        FtsJob {
            kind,
            files,
            workload: want.workload,
            vo: want.vo,
            activity: want.activity,
            priority: want.priority,
            retries: None,
            retry_delay: None,
            max_time_in_queue: submitter.max_time_in_queue,
            bring_online: self.places.is_tape(source).then_some(submitter.bring_online),
            archive_timeout: None,
            queues: want.queues,
        }
    }
}
