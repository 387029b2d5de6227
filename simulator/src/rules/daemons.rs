//! What waits for which daemon, and when each runs.

use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashSet;

use crate::catalogue::Did;
use crate::ids::{DatasetId, FileId, RseId, RuleId};
use crate::rules::{NewDataset, RulesSettings};
use crate::ticker::Rounds;
use crate::units::{SimSpan, SimTime};

/// When an injector without a period tries a rule again: Rucio's period.
const AGAIN: SimSpan = SimSpan::from_nanos(60_000_000_000);

/// The daemons around rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Daemon {
    /// Follows data that grow and shrink.
    Evaluator,
    /// Makes the locks of large rules.
    Injector,
    /// Tries stuck rules again.
    Repairer,
    /// Deletes rules whose time is over.
    Cleaner,
    /// Deletes datasets whose time is over.
    Undertaker,
    /// Sees to bad replicas.
    Necromancer,
    /// Makes the rules of subscriptions.
    Transmogrifier,
}

impl Daemon {
    const ALL: [Self; 7] = [
        Self::Evaluator,
        Self::Injector,
        Self::Repairer,
        Self::Cleaner,
        Self::Undertaker,
        Self::Necromancer,
        Self::Transmogrifier,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Evaluator => "judge-evaluator",
            Self::Injector => "judge-injector",
            Self::Repairer => "judge-repairer",
            Self::Cleaner => "judge-cleaner",
            Self::Undertaker => "undertaker",
            Self::Necromancer => "necromancer",
            Self::Transmogrifier => "transmogrifier",
        }
    }

    /// Its period, and how much it takes at once.
    fn set(self, settings: &RulesSettings) -> (SimSpan, u32) {
        match self {
            Self::Evaluator => (settings.evaluator_every, settings.evaluator_batch),
            Self::Injector => (settings.injector_every, settings.injector_batch),
            Self::Repairer => (settings.repairer_every, settings.repairer_batch),
            Self::Cleaner => (settings.cleaner_every, settings.cleaner_batch),
            Self::Undertaker => (settings.undertaker_every, settings.undertaker_batch),
            Self::Necromancer => (settings.necromancer_every, settings.necromancer_batch),
            Self::Transmogrifier => (settings.transmogrifier_every, settings.transmogrifier_batch),
        }
    }
}

/// Things in the order in which they came, or are to come, each once.
#[derive(Clone, Debug)]
pub(super) struct Line<T>(VecDeque<(SimTime, T)>, FxHashSet<T>);

impl<T: Copy + Eq + std::hash::Hash> Line<T> {
    fn new() -> Self {
        Self(VecDeque::new(), FxHashSet::default())
    }

    pub fn push(&mut self, at: SimTime, thing: T) {
        if self.1.insert(thing) {
            let place = self.0.partition_point(|(other, _)| *other <= at);
            self.0.insert(place, (at, thing));
        }
    }

    pub fn holds(&self, thing: &T) -> bool {
        self.1.contains(thing)
    }

    fn first_at(&self) -> Option<SimTime> {
        self.0.front().map(|(at, _)| *at)
    }

    /// The first of those that were there before, or at, an instant.
    fn take(&mut self, is_ready: impl Fn(SimTime) -> bool) -> Option<T> {
        let (_, thing) = self.0.pop_front_if(|(at, _)| is_ready(*at))?;
        self.1.remove(&thing);
        Some(thing)
    }
}

/// The clocks of the daemons, and what waits for them.
#[derive(Clone, Debug)]
pub(super) struct Daemons {
    rounds: [Rounds; 7],
    batches: [u32; 7],
    repair_after: SimSpan,
    /// Data that have changed.
    pub changed: Line<Did>,
    pub to_inject: Line<RuleId>,
    /// Stuck rules by when they have changed last.
    pub stuck: BTreeSet<(SimTime, RuleId)>,
    /// Rules by when their time is over.
    pub expiring: BTreeSet<(SimTime, RuleId)>,
    /// Datasets by when their time is over.
    pub dying: BTreeSet<(SimTime, DatasetId)>,
    pub bad: Line<(FileId, RseId)>,
    pub new: Line<NewDataset>,
}

impl Daemons {
    pub fn new(settings: &RulesSettings, seed: u64) -> Self {
        Self {
            rounds: Daemon::ALL.map(|daemon| Rounds::seeded(daemon.set(settings).0, (daemon.name(), 0), seed)),
            batches: Daemon::ALL.map(|daemon| daemon.set(settings).1),
            repair_after: settings.repair_after,
            changed: Line::new(),
            to_inject: Line::new(),
            stuck: BTreeSet::new(),
            expiring: BTreeSet::new(),
            dying: BTreeSet::new(),
            bad: Line::new(),
            new: Line::new(),
        }
    }

    /// The run for which an event is to be scheduled after something has come to wait, or has been taken.
    pub fn wake(&mut self, daemon: Daemon, now: SimTime) -> Option<SimTime> {
        let from = self.due(daemon)?;
        self.rounds[daemon as usize].wake(now, from.max(now))
    }

    /// Whether an event is the run that was scheduled last.
    pub fn is_due(&self, daemon: Daemon, now: SimTime) -> bool {
        self.rounds[daemon as usize].is_due(now)
    }

    /// A daemon has run and has taken so many.
    pub fn ran(&mut self, daemon: Daemon, taken: u32, now: SimTime) {
        let is_busy = taken >= self.batches[daemon as usize];
        self.rounds[daemon as usize].ran(now, is_busy);
    }

    /// The injector tries a rule again, at a later run.
    pub fn inject_again(&mut self, id: RuleId, now: SimTime) {
        let at_once = self.rounds[Daemon::Injector as usize].is_immediate();
        self.to_inject.push(if at_once { now + AGAIN } else { now }, id);
    }

    /// What a run takes: at most a batch of what was there before its instant.
    pub fn take_data(&mut self, now: SimTime) -> Vec<Did> {
        Self::batch(&self.rounds, &self.batches, Daemon::Evaluator, &mut self.changed, now)
    }

    /// Rules for the injector.
    pub fn take_large(&mut self, now: SimTime) -> Vec<RuleId> {
        Self::batch(&self.rounds, &self.batches, Daemon::Injector, &mut self.to_inject, now)
    }

    /// Bad replicas for the necromancer.
    pub fn take_bad(&mut self, now: SimTime) -> Vec<(FileId, RseId)> {
        Self::batch(&self.rounds, &self.batches, Daemon::Necromancer, &mut self.bad, now)
    }

    /// Datasets for the transmogrifier.
    pub fn take_new(&mut self, now: SimTime) -> Vec<NewDataset> {
        Self::batch(&self.rounds, &self.batches, Daemon::Transmogrifier, &mut self.new, now)
    }

    /// Rules for the repairer, those that have been left alone for longest first.
    pub fn take_stuck(&mut self, now: SimTime) -> Vec<RuleId> {
        let after = self.repair_after;
        Self::first(&mut self.stuck, self.batches[Daemon::Repairer as usize], |at| at + after <= now)
    }

    /// Rules for the cleaner.
    pub fn take_expired(&mut self, now: SimTime) -> Vec<RuleId> {
        Self::first(&mut self.expiring, self.batches[Daemon::Cleaner as usize], |at| at <= now)
    }

    /// Datasets for the undertaker.
    pub fn take_dead(&mut self, now: SimTime) -> Vec<DatasetId> {
        Self::first(&mut self.dying, self.batches[Daemon::Undertaker as usize], |at| at <= now)
    }

    /// From when on there is something to do.
    fn due(&self, daemon: Daemon) -> Option<SimTime> {
        match daemon {
            Daemon::Evaluator => self.changed.first_at(),
            Daemon::Injector => self.to_inject.first_at(),
            Daemon::Repairer => self.stuck.first().map(|(at, _)| *at + self.repair_after),
            Daemon::Cleaner => self.expiring.first().map(|(at, _)| *at),
            Daemon::Undertaker => self.dying.first().map(|(at, _)| *at),
            Daemon::Necromancer => self.bad.first_at(),
            Daemon::Transmogrifier => self.new.first_at(),
        }
    }

    fn batch<T: Copy + Eq + std::hash::Hash>(
        rounds: &[Rounds; 7],
        batches: &[u32; 7],
        daemon: Daemon,
        line: &mut Line<T>,
        now: SimTime,
    ) -> Vec<T> {
        let at_once = rounds[daemon as usize].is_immediate();
        let is_ready = |at: SimTime| at < now || at_once && at == now;
        let most = batches[daemon as usize] as usize;
        std::iter::from_fn(|| line.take(is_ready)).take(most).collect()
    }

    fn first<T: Copy + Ord>(set: &mut BTreeSet<(SimTime, T)>, most: u32, is_ready: impl Fn(SimTime) -> bool) -> Vec<T> {
        let ready = std::iter::from_fn(|| match set.first() {
            Some((at, _)) if is_ready(*at) => set.pop_first().map(|(_, thing)| thing),
            _ => None,
        });
        ready.take(most as usize).collect()
    }
}
