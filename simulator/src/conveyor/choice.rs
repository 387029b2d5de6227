//! How a request gets its file: the sources that can be, in their order, and the RSEs on the way.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::catalogue::Words;
use crate::conveyor::paths::Hops;
use crate::conveyor::places::Places;
use crate::conveyor::ranking::{Candidate, SourceOrder, TieKey, rank};
use crate::conveyor::request::Request;
use crate::ids::{FileId, Id, RseId, Table};
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{SimSpan, SimTime};

/// What the submitter hands to FTS for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// One hop from the first of these sources; the others are for FTS to turn to.
    Direct(SmallVec<[RseId; 2]>),
    /// Over these RSEs.
    Hops(Hops),
}

impl Route {
    /// Where it begins.
    pub fn source(&self) -> RseId {
        match self {
            Self::Direct(sources) => sources[0],
            Self::Hops(hops) => hops[0],
        }
    }
}

/// What is known of RSEs as sources: how much they have to do and how often they have failed.
#[derive(Clone, Debug)]
pub(super) struct Records {
    backlog: Table<RseId, u32>,
    hours: Table<RseId, Hour>,
}

/// Transfers of an RSE in this hour and the one before.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    number: u64,
    now: (u32, u32),
    before: (u32, u32),
}

impl Records {
    pub fn new(n_rses: usize) -> Self {
        let (backlog, hours) = ((0..n_rses).map(|_| 0).collect(), (0..n_rses).map(|_| Hour::default()).collect());
        Self { backlog, hours }
    }

    /// A request has been given this source.
    pub fn begin(&mut self, source: RseId) {
        self.backlog[source] += 1;
    }

    /// It has it no more.
    pub fn end(&mut self, source: RseId) {
        self.backlog[source] -= 1;
    }

    /// A transfer from an RSE has come out.
    pub fn count(&mut self, source: RseId, failed: bool, now: SimTime) {
        let hour = self.hours[source].at(now);
        self.hours[source] = Hour { now: (hour.now.0 + 1, hour.now.1 + u32::from(failed)), ..hour };
    }

    fn failure_rate(&self, source: RseId, now: SimTime) -> u32 {
        let hour = self.hours[source].at(now);
        // Of the hour before, as much as is not over yet.
        let left = 1.0 - now.since(SimTime::ZERO).as_secs_f64() / HOUR.as_secs_f64() % 1.0;
        let of = |now: u32, before: u32| f64::from(now) + left * f64::from(before);
        let (all, failed) = (of(hour.now.0, hour.before.0), of(hour.now.1, hour.before.1));
        if all == 0.0 { 0 } else { (failed / all * 10_000.0) as u32 }
    }
}

const HOUR: SimSpan = SimSpan::from_nanos(3_600_000_000_000);

impl Hour {
    fn at(self, now: SimTime) -> Self {
        let number = now.as_nanos() / HOUR.as_nanos();
        match number - self.number {
            0 => self,
            1 => Self { number, now: (0, 0), before: self.now },
            _ => Self { number, ..Self::default() },
        }
    }
}

/// What a choice is made by.
pub(super) struct Chooser<'a> {
    pub words: &'a Words,
    pub places: &'a mut Places,
    pub records: &'a Records,
    /// How often each thing was submitted to an RSE.
    pub submissions: &'a FxHashMap<(u64, RseId), u32>,
    pub storage: &'a Storage,
    pub map: &'a Map,
    pub order: SourceOrder,
    pub seed: u64,
    pub now: SimTime,
    /// Whether RSEs on the way must have space.
    pub looks_at_space: bool,
}

impl Chooser<'_> {
    /// The best way to serve a request, from one source alone where that is told; `None`: there is none.
    pub fn route(&mut self, request: &Request, only: Option<RseId>, extra_sources: usize) -> Option<Route> {
        // What was decided on may have gone meanwhile.
        if let Some(source) = request.chosen()
            && request.want.file.is_none_or(|file| self.storage.has_replica(file, source) && !self.is_down(source))
        {
            return Some(Route::Direct(SmallVec::from_slice(&[source])));
        }
        let file = request.want.file?;
        let candidates = self.candidates(request, file, only);
        let best = candidates.first()?;
        let (_, hops) = self.open_way(request, best.rse, file)?;
        if let [source, _] = hops[..] {
            let mut sources: SmallVec<[RseId; 2]> = SmallVec::from_slice(&[source]);
            if !self.places.is_tape(source) {
                sources.extend(self.extra(request, &candidates, source).into_iter().take(extra_sources));
            }
            return Some(Route::Direct(sources));
        }
        Some(Route::Hops(hops))
    }

    /// The replicas that can be sources, best first.
    fn candidates(&mut self, request: &Request, file: FileId, only: Option<RseId>) -> SmallVec<[Candidate; 4]> {
        let (storage, destination) = (self.storage, request.want.destination);
        let matching = request.matching().map(|expression| self.words.rses(expression));
        let mut candidates = SmallVec::<[Candidate; 4]>::new();
        for &rse in &storage.file(file).replicas {
            let matches = matching.is_none_or(|matching| matching.binary_search(&rse).is_ok());
            let is_meant = matches && only.is_none_or(|only| only == rse);
            if rse == destination || !is_meant || self.is_down(rse) {
                continue;
            }
            let Some((distance, is_multihop)) = self.distance(request, rse, file) else { continue };
            candidates.push(Candidate {
                rse,
                failures: request.failures.of(rse),
                is_tape: self.places.is_tape(rse),
                distance,
                is_multihop,
                failure_rate: match self.order {
                    SourceOrder::FailureRate => self.records.failure_rate(rse, self.now),
                    _ => 0,
                },
                backlog: self.records.backlog[rse],
            });
        }
        let nth = self.submissions.get(&(request.want.key, destination)).copied().unwrap_or(0);
        let tie = TieKey { seed: self.seed, file: file.index() as u64, destination, nth };
        rank(self.order, &mut candidates, tie);
        candidates
    }

    fn is_down(&self, rse: RseId) -> bool {
        self.map.rses()[rse].is_declared_down(self.now)
    }

    /// How far a source is, and whether over others.
    fn distance(&mut self, request: &Request, source: RseId, file: FileId) -> Option<(u32, bool)> {
        let destination = request.want.destination;
        let way = self.places.way(source, destination)?;
        if way.next == destination {
            return Some((way.cost, false));
        }
        self.open_way(request, source, file).map(|(cost, hops)| (cost, hops.len() > 2))
    }

    /// The way over RSEs that are not declared down, from the last on it that has the file; where space is looked at, all after that
    /// one have it.
    fn open_way(&mut self, request: &Request, source: RseId, file: FileId) -> Option<(u32, Hops)> {
        let (storage, map, want) = (self.storage, self.map, request.want);
        let (now, looks_at_space) = (self.now, self.looks_at_space);
        let holds = |rse| storage.has_replica(file, rse);
        let has_room = |rse| !looks_at_space || holds(rse) || storage.has_space(rse, want.bytes);
        let is_open = |rse| !map.rses()[rse].is_declared_down(now) && has_room(rse);
        let (cost, hops) = self.places.way_over(source, want.destination, is_open)?;
        let first = hops[..hops.len() - 1].iter().rposition(|&rse| holds(rse)).unwrap_or(0);
        Some((cost, Hops::from_slice(&hops[first..])))
    }

    /// Other sources on disk and one hop away: those with the fewest failures, then the nearest.
    fn extra(&self, request: &Request, candidates: &[Candidate], source: RseId) -> SmallVec<[RseId; 4]> {
        let on_disk = |c: &&Candidate| c.rse != source && !c.is_tape && !c.is_multihop;
        let mut others: SmallVec<[&Candidate; 4]> = candidates.iter().filter(on_disk).collect();
        others.sort_by_key(|c| (request.failures.of(c.rse), c.distance));
        others.into_iter().map(|c| c.rse).collect()
    }
}
