//! The life of requests.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;

use crate::catalogue::Words;
use crate::context::Context;
use crate::conveyor::choice::{Chooser, Records};
use crate::conveyor::desks::{Desk, Lookout, Tray, workers};
use crate::conveyor::gates::Gate;
use crate::conveyor::places::{Places, throttler};
use crate::conveyor::request::{Known, Request, State, Want};
use crate::conveyor::settings::{ConveyorSettings, Preparer};
use crate::conveyor::throttler::{Group, Space, Throttler};
use crate::fabric::Fabric;
use crate::facts::{Fact, TransferOutcome};
use crate::fts::{Fts, FtsEvent};
use crate::ids::{FileId, Id, RequestId, RseId};
use crate::live::Live;
use crate::names::Names;
use crate::storage::Storage;
use crate::ticker::Rounds;
use crate::topology::Map;
use crate::units::{Bytes, SimTime};

/// What can happen to requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ConveyorEvent {
    /// A worker of the preparer runs.
    Prepare {
        /// The worker.
        worker: u32,
    },
    /// The throttler runs.
    Throttle,
    /// A worker of the submitter runs, for one activity where these take turns.
    Submit {
        /// The worker and the activity.
        desk: u32,
    },
    /// FTS has ended it.
    Ended {
        /// The request.
        request: RequestId,
    },
    /// A message of FTS is acted on.
    Heard,
    /// A worker of the poller runs.
    Poll {
        /// The worker.
        worker: u32,
    },
    /// A worker of the finisher runs.
    Finish {
        /// The worker.
        worker: u32,
    },
}

/// Events that the conveyor makes.
pub(crate) trait Events: From<FtsEvent> + From<ConveyorEvent> {}

impl<E: From<FtsEvent> + From<ConveyorEvent>> Events for E {}

/// All requests and the daemons that take them on.
#[derive(Clone, Debug)]
pub(crate) struct Conveyor {
    pub(super) settings: ConveyorSettings,
    pub(super) seed: u64,
    /// The expressions that sources have to match.
    words: Words,
    pub(super) places: Places,
    pub(super) records: Records,
    pub(super) throttler: Throttler,
    pub(super) requests: Live<RequestId, Request>,
    /// The one live request per file and destination; for looking up only.
    pub(super) live: FxHashMap<(FileId, RseId), RequestId>,
    /// Cancelled requests that FTS has not ended yet: the space that is kept for them. For looking up only.
    pub(super) cancelled: FxHashMap<RequestId, (RseId, Bytes)>,
    /// How often each thing was submitted to an RSE. For looking up only.
    pub(super) submissions: FxHashMap<(u64, RseId), u32>,
    preparers: Vec<Desk>,
    throttling: Rounds,
    /// Requests that have come to wait for a limit, by when.
    waiting: VecDeque<(SimTime, RequestId)>,
    /// Of each worker, its activities one after the other.
    pub(super) submitters: Vec<Desk>,
    /// Ends that messages tell of, by when.
    pub(super) heard: VecDeque<(SimTime, RequestId)>,
    pub(super) pollers: Vec<Lookout>,
    pub(super) finishers: Vec<Tray>,
    /// Desks of a submitter.
    n_activities: usize,
    pub(super) n_done: u64,
    pub(super) n_failed: u64,
}

impl Conveyor {
    /// No request yet.
    pub fn new(settings: &ConveyorSettings, words: &mut Words, map: &Map, names: &Names, seed: u64) -> Self {
        let ConveyorSettings { submitter, poller, finisher, .. } = settings;
        let n_activities = if submitter.by_activity { names.activities.len() } else { 1 };
        let of_worker = |rounds| std::iter::repeat_n(rounds, n_activities);
        let preparer = settings.preparer.as_ref();
        let preparers = preparer.map(|of| workers("preparer", of.every, of.workers, seed).map(Desk::new).collect());
        let submitters = workers("submitter", submitter.every, submitter.workers, seed).flat_map(of_worker);
        Self {
            seed,
            places: Places::new(settings, words, map),
            records: Records::new(words.n_rses()),
            throttler: throttler(settings, words, names),
            requests: Live::new(),
            live: FxHashMap::default(),
            cancelled: FxHashMap::default(),
            submissions: FxHashMap::default(),
            preparers: preparers.unwrap_or_default(),
            throttling: Rounds::seeded(settings.throttler.every, ("throttler", 0), seed),
            waiting: VecDeque::new(),
            submitters: submitters.map(Desk::new).collect(),
            heard: VecDeque::new(),
            pollers: workers("poller", poller.every, poller.workers, seed).map(Lookout::new).collect(),
            finishers: workers("finisher", finisher.every, finisher.workers, seed).map(Tray::new).collect(),
            n_activities,
            n_done: 0,
            n_failed: 0,
            words: words.clone(),
            settings: settings.clone(),
        }
    }

    /// Takes a wish. Of a file it is one that nobody has yet (see [`Conveyor::live`]).
    pub fn request<E: Events>(
        &mut self,
        want: Want,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) -> RequestId {
        let id = self.add(Request::new(want, cx.now), &mut fabric.storage, cx.now);
        self.enter(id, fts, fabric, cx);
        id
    }

    /// Handles what happens to requests.
    pub fn handle<E: Events>(
        &mut self,
        event: ConveyorEvent,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        match event {
            ConveyorEvent::Prepare { worker } => self.on_prepare(worker, fts, fabric, cx),
            ConveyorEvent::Throttle => self.on_throttle(fts, fabric, cx),
            ConveyorEvent::Submit { desk } => self.on_submit(desk, fts, fabric, cx),
            ConveyorEvent::Ended { request } => self.on_ended(request, fts, fabric, cx),
            ConveyorEvent::Heard => self.on_heard(fts, fabric, cx),
            ConveyorEvent::Poll { worker } => self.on_poll(worker, fts, fabric, cx),
            ConveyorEvent::Finish { worker } => self.on_finish(worker, fts, fabric, cx),
        }
    }

    /// The request that brings a file to an RSE now, if there is one.
    pub fn live(&self, file: FileId, rse: RseId) -> Option<RequestId> {
        self.live.get(&(file, rse)).copied()
    }

    /// Requests (created, done, failed) so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.requests.n_created() as u64, self.n_done, self.n_failed)
    }

    /// Requests that have not ended, counted one by one.
    pub fn n_left(&self) -> u64 {
        self.requests.iter().count() as u64
    }

    /// Tells what is left at the end of the run.
    pub fn close<E>(&self, fts: &mut Fts, fabric: &Fabric<'_>, cx: &mut Context<'_, E>) {
        for (id, request) in self.requests.iter() {
            let (ended, outcome) = match (fts.collect(id), fts.progressed(id, fabric)) {
                (Some(ended), _) => (Some(ended), TransferOutcome::Finishing),
                (None, ended) if matches!(request.state, State::Ended(_)) => (ended, TransferOutcome::Finishing),
                (None, Some(ended)) if ended.started_at.is_some() => (Some(ended), TransferOutcome::Active),
                (None, ended) => (ended, TransferOutcome::Queued),
            };
            cx.tell(&Fact::TransferEnded(request.life(id, ended.as_ref(), outcome)));
        }
    }

    /// Adds a request, which is the live one for its file and destination from now on.
    pub(super) fn add(&mut self, request: Request, storage: &mut Storage, now: SimTime) -> RequestId {
        let (file, destination) = (request.want.file, request.want.destination);
        let id = self.requests.push(request);
        if let Some(file) = file {
            self.live.insert((file, destination), id);
            storage.begin_copy(file, destination, now);
        }
        id
    }

    /// A request begins: it is prepared, or queues for the submitter.
    pub(super) fn enter<E: Events>(
        &mut self,
        id: RequestId,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        if self.preparers.is_empty() {
            self.queue(id, fts, fabric, cx);
            return;
        }
        let worker = (self.requests[id].hash() % self.preparers.len() as u64) as usize;
        self.requests[id].state = State::Preparing;
        self.preparers[worker].line.push(id);
        self.wake_preparer(worker, cx);
    }

    /// It is the submitter's turn.
    fn queue<E: Events>(&mut self, id: RequestId, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        self.requests[id].state = State::Queued;
        let desk = self.desk_of(id);
        let held = held_until(&self.requests, id, cx.map, cx.now);
        match held {
            None if self.submitters[desk].rounds.is_immediate() => {
                self.submit(&[id], fts, fabric, cx);
                return;
            }
            None => self.submitters[desk].line.push(id),
            Some(until) => self.submitters[desk].line.rest(id, until),
        }
        self.wake_submitter(desk, cx);
    }

    /// The worker, and of its activities the one, that submits a request.
    pub(super) fn desk_of(&self, id: RequestId) -> usize {
        let request = &self.requests[id];
        let worker = (request.hash() % u64::from(self.settings.submitter.workers)) as usize;
        let activity = if self.n_activities > 1 { request.want.activity.index() } else { 0 };
        worker * self.n_activities + activity
    }

    /// What sources are chosen by.
    pub(super) fn chooser<'a>(
        &'a mut self,
        storage: &'a Storage,
        (map, now): (&'a Map, SimTime),
    ) -> (Chooser<'a>, &'a mut Live<RequestId, Request>) {
        let Self { words, places, records, requests, submissions, settings, seed, .. } = self;
        let looks_at_space = settings.multihop.as_ref().is_some_and(|multihop| multihop.looks_at_space);
        let order = settings.source_order;
        (
            Chooser { words, places, records, submissions, storage, map, order, seed: *seed, now, looks_at_space },
            requests,
        )
    }

    /// When the poller looks at what FTS has.
    pub(super) fn gate(&self) -> Gate {
        Gate { rest: self.settings.poller.rest, again: self.settings.again_after }
    }

    /// The source of a request from now on; `None`: none.
    pub(super) fn set_source(&mut self, id: RequestId, source: Option<RseId>) {
        let request = &mut self.requests[id];
        if request.source == source {
            return;
        }
        let before = std::mem::replace(&mut request.source, source);
        before.into_iter().for_each(|rse| self.records.end(rse));
        source.into_iter().for_each(|rse| self.records.begin(rse));
    }

    fn on_prepare<E: Events>(&mut self, worker: u32, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let Some(bulk) = self.settings.preparer.as_ref().map(|Preparer { bulk, .. }| *bulk as usize) else { return };
        let worker = worker as usize;
        let (requests, desk) = (&self.requests, &mut self.preparers[worker]);
        if !desk.rounds.is_due(cx.now) {
            return;
        }
        let taken = desk.line.take(cx.now, bulk, |id| is_in(requests, id, State::Preparing));
        desk.rounds.ran(cx.now, taken.len() * 2 >= bulk);
        for id in taken {
            self.prepare(id, fts, fabric, cx);
        }
        self.wake_preparer(worker, cx);
    }

    fn prepare<E: Events>(&mut self, id: RequestId, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let (mut chooser, requests) = self.chooser(&fabric.storage, (cx.map, cx.now));
        let route = chooser.route(&requests[id], None, 0);
        let Some(source) = route.map(|route| route.source()) else {
            self.known(id, Known::NoSources, fts, fabric, cx);
            return;
        };
        self.set_source(id, Some(source));
        let request = &mut self.requests[id];
        let Want { destination, activity, .. } = request.want;
        let group = Group { source, destination, activity };
        if !self.throttler.limits(group) {
            self.queue(id, fts, fabric, cx);
            return;
        }
        request.group = Some(group);
        request.state = State::Waiting;
        self.throttler.wait(group, request.waiting(id));
        self.waiting.push_back((cx.now, id));
        self.wake_throttler(cx);
    }

    fn on_throttle<E: Events>(&mut self, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        if !self.throttling.is_due(cx.now) {
            return;
        }
        self.throttling.ran(cx.now, false);
        let placed = self.placed(fts, &fabric.storage, cx.now);
        let room = Room { storage: &fabric.storage, map: cx.map, placed, now: cx.now };
        let released = self.throttler.release(cx.now, &room);
        for waiting in released {
            self.queue(waiting.request, fts, fabric, cx);
        }
        self.prepare_stale(fts, fabric, cx);
        self.wake_throttler(cx);
    }

    /// Bytes to each RSE that count as active and that its free space leaves out already, or that never take any; for limits that
    /// look at space.
    fn placed(&self, fts: &Fts, storage: &Storage, now: SimTime) -> BTreeMap<RseId, Bytes> {
        let mut placed = BTreeMap::<RseId, Bytes>::new();
        let counts = |request: &Request| request.group.is_some() && request.state != State::Waiting;
        let looks = self.throttler.looks_at_space();
        for (id, request) in self.requests.iter().filter(|(_, request)| looks && counts(request)) {
            let Want { file, destination, bytes, .. } = request.want;
            let shown_at = storage.free(destination, now).at;
            if file.is_none() || fts.takes_space_since(id).is_some_and(|since| since <= shown_at) {
                *placed.entry(destination).or_default() += bytes;
            }
        }
        placed
    }

    /// What has waited for too long is prepared anew.
    fn prepare_stale<E: Events>(&mut self, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        while let Some(&(since, id)) = self.waiting.front()
            && since + self.settings.throttler.stale_after < cx.now
        {
            self.waiting.pop_front();
            let Some(request) = self.requests.get_mut(id) else { continue };
            if request.state != State::Waiting {
                continue;
            }
            if let Some(group) = request.group.take() {
                let waiting = request.waiting(id);
                self.throttler.forget(group, &waiting);
            }
            self.set_source(id, None);
            self.enter(id, fts, fabric, cx);
        }
    }

    fn wake_preparer<E: Events>(&mut self, worker: usize, cx: &mut Context<'_, E>) {
        if let Some(at) = self.preparers[worker].wake(cx.now) {
            cx.schedule(at, ConveyorEvent::Prepare { worker: worker as u32 });
        }
    }

    pub(super) fn wake_throttler<E: Events>(&mut self, cx: &mut Context<'_, E>) {
        if self.throttler.n_waiting() > 0
            && let Some(at) = self.throttling.wake(cx.now, cx.now)
        {
            cx.schedule(at, ConveyorEvent::Throttle);
        }
    }

    pub(super) fn wake_submitter<E: Events>(&mut self, desk: usize, cx: &mut Context<'_, E>) {
        if let Some(at) = self.submitters[desk].wake(cx.now) {
            cx.schedule(at, ConveyorEvent::Submit { desk: desk as u32 });
        }
    }
}

/// Whether a request is there and in a state.
pub(super) fn is_in(requests: &Live<RequestId, Request>, id: RequestId, state: State) -> bool {
    requests.get(id).is_some_and(|request| request.state == state)
}

/// Until when a request is left alone because its destination is declared down. A start that is replayed waits for nothing.
pub(super) fn held_until(
    requests: &Live<RequestId, Request>,
    id: RequestId,
    map: &Map,
    now: SimTime,
) -> Option<SimTime> {
    let want = &requests.get(id)?.want;
    map.rses()[want.destination].declared_down_until(now).filter(|_| want.queues)
}

/// What the throttler looks up.
struct Room<'a> {
    storage: &'a Storage,
    map: &'a Map,
    placed: BTreeMap<RseId, Bytes>,
    now: SimTime,
}

impl Space for Room<'_> {
    fn is_readable(&self, rse: RseId) -> bool {
        !self.map.rses()[rse].is_declared_down(self.now)
    }

    fn is_writable(&self, rse: RseId) -> bool {
        !self.map.rses()[rse].is_declared_down(self.now)
    }

    fn free(&self, rse: RseId) -> Option<Bytes> {
        self.storage.free(rse, self.now).value
    }

    fn placed(&self, rse: RseId) -> Bytes {
        self.placed.get(&rse).copied().unwrap_or_default()
    }
}
