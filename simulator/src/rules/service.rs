//! The life of rules.

use rustc_hash::FxHashSet;

use crate::catalogue::{Catalogue, Did};
use crate::context::Context;
use crate::conveyor::{Conveyor, ConveyorEvent};
use crate::fabric::Fabric;
use crate::facts::{Fact, RuleEnded, RuleError, RuleState, Settled};
use crate::fts::{Fts, FtsEvent};
use crate::ids::{ActivityId, FileId, RseId, RuleId, Table};
use crate::names::Names;
use crate::rules::book::{Book, Counts, Lock, LockState, Rule};
use crate::rules::daemons::{Daemon, Daemons};
use crate::rules::subscribed::Subscribed;
use crate::rules::{Copies, NewRule, Order, RulesSettings};
use crate::storage::ReplicaState;
use crate::units::{Bytes, SimTime};

/// What can happen to rules.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RulesEvent {
    /// A daemon runs.
    Run(Daemon),
    /// Somebody has consented to a rule.
    Approved(RuleId),
}

/// The components that rules give orders to.
pub(crate) struct Below<'a, 'f> {
    pub catalogue: &'a mut Catalogue,
    pub conveyor: &'a mut Conveyor,
    pub fts: &'a mut Fts,
    pub fabric: &'a mut Fabric<'f>,
}

/// An event of the engine that can be all that rules set off.
pub(crate) trait Carries: From<FtsEvent> + From<ConveyorEvent> + From<RulesEvent> {}

impl<E: From<FtsEvent> + From<ConveyorEvent> + From<RulesEvent>> Carries for E {}

/// All rules, and the daemons around them.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(super) settings: RulesSettings,
    pub(super) seed: u64,
    /// Activity of transfers that replace bad replicas, and the one whose stuck locks never wait longer.
    pub(super) recovery: ActivityId,
    pub(super) express: ActivityId,
    /// Bytes that each RSE may hold for rules to be placed there.
    pub(super) max_space: Table<RseId, Option<Bytes>>,
    pub(super) book: Book,
    pub(super) daemons: Daemons,
    pub(super) subscriptions: Vec<Subscribed>,
    n_refused: u64,
    n_deleted: u64,
    /// Files of which no good replica was left; looked up and counted only.
    pub(super) lost: FxHashSet<FileId>,
}

impl Rules {
    /// No rule yet; states the quotas.
    pub fn new(
        settings: &RulesSettings,
        (names, workloads): (&Names, &[&str]),
        catalogue: &mut Catalogue,
        seed: u64,
    ) -> Self {
        catalogue.limit(&settings.quotas, names);
        let subscriptions = settings.subscriptions.iter();
        Self {
            seed,
            recovery: names.activity_of(&settings.recovery_activity),
            express: names.activity_of(&settings.express_activity),
            max_space: catalogue.words.limits("MaxSpaceAvailable"),
            book: Book::new(),
            daemons: Daemons::new(settings, seed),
            subscriptions: subscriptions
                .map(|of| Subscribed::new(of, (names, workloads), &mut catalogue.words))
                .collect(),
            n_refused: 0,
            n_deleted: 0,
            lost: FxHashSet::default(),
            settings: settings.clone(),
        }
    }

    /// Takes a rule. It is made at once, waits for the injector or for consent, or is refused, which ends it.
    pub fn add<E: Carries>(&mut self, new: NewRule, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> RuleId {
        let copies = self.copies_of(&new, below);
        let is_known = below.catalogue.namespace.has(new.did);
        let files = if is_known { below.catalogue.namespace.n_files(new.did) } else { 0 };
        let is_twin = self.book.has_twin(&new, copies);
        let id = self.book.push(Rule {
            new,
            copies,
            files,
            created_at: cx.now,
            expires_at: new.lifetime.map(|lifetime| cx.now + lifetime),
            injected_at: None,
            ok_at: None,
            stuck_at: None,
            stuck_since: None,
            updated_at: cx.now,
            state: RuleState::Inject,
            error: None,
            counts: Counts::default(),
            bytes: Bytes::ZERO,
            transfers: 0,
            locks: Vec::new(),
        });
        let admitted = match (is_known, is_twin) {
            (false, _) => Err(RuleError::NoSuchData),
            (true, true) => Err(RuleError::Duplicate),
            (true, false) => self.selector(&new, copies, below, cx),
        };
        let made = admitted.and_then(|selector| {
            if let Some(wait) = new.approved_after {
                self.enter(id, RuleState::WaitingApproval, cx);
                cx.schedule(cx.now + wait, RulesEvent::Approved(id));
            } else if files.saturating_mul(u64::from(copies)) >= self.settings.inject_from {
                self.wait_for_injector(id, cx);
            } else {
                self.apply(id, selector, below, cx)?;
            }
            Ok(())
        });
        match made {
            Err(error) => self.refuse(id, error, cx),
            Ok(()) => {
                let expires_at = self.book.get(id).and_then(|rule| rule.expires_at);
                self.daemons.expiring.extend(expires_at.map(|at| (at, id)));
                self.wake(Daemon::Cleaner, cx);
            }
        }
        id
    }

    /// Handles what happens to rules.
    pub fn handle<E: Carries>(&mut self, event: RulesEvent, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        match event {
            RulesEvent::Run(daemon) => self.run(daemon, below, cx),
            RulesEvent::Approved(id) => {
                if self.book.get(id).is_some_and(|rule| rule.state == RuleState::WaitingApproval) {
                    self.wait_for_injector(id, cx);
                }
            }
        }
    }

    /// A file is where it was asked for, or is given up there.
    pub fn settled<E: Carries>(&mut self, settled: Settled, fabric: &Fabric<'_>, cx: &mut Context<'_, E>) {
        let Settled { file, rse, done } = settled;
        let has_source = done || !fabric.storage.file(file).replicas.is_empty();
        for id in self.book.settle(file, rse, done, cx.now) {
            let Some(rule) = self.book.get_mut(id) else { continue };
            if !done {
                rule.error = Some(if has_source { RuleError::TransfersFailed } else { RuleError::MissingSource });
            }
            let state = match (rule.state, rule.state_of_locks()) {
                // Only the repairer takes a rule out of it, and nobody out of the other.
                (held @ (RuleState::Stuck | RuleState::Suspended), _) => held,
                (_, state) => state,
            };
            self.enter(id, state, cx);
        }
    }

    /// Does what a workload orders.
    pub fn obey<E: Carries>(&mut self, order: Order, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        match order {
            Order::Rule(new) => {
                self.add(new, below, cx);
            }
            Order::DeleteRules { on, account } => {
                for id in self.book.on(on) {
                    if self.book.get(id).is_some_and(|rule| rule.new.account == account) {
                        self.expire(id, cx.now + self.settings.deleted_after, cx);
                    }
                }
            }
            Order::Announce { new, lifetime } => {
                if !self.subscriptions.is_empty() {
                    self.daemons.new.push(cx.now, new);
                    self.wake(Daemon::Transmogrifier, cx);
                }
                self.daemons.dying.extend(lifetime.map(|lifetime| (cx.now + lifetime, new.dataset)));
                self.wake(Daemon::Undertaker, cx);
            }
            Order::Follow(did) => self.changed(did, cx),
            Order::DeclareBad(file, rse) => {
                below.fabric.storage.declare_bad(file, rse, cx.now);
                self.daemons.bad.push(cx.now, (file, rse));
                self.wake(Daemon::Necromancer, cx);
            }
        }
    }

    /// Data have grown or shrunk: the evaluator looks at the rules on them.
    pub(super) fn changed<E: Carries>(&mut self, did: Did, cx: &mut Context<'_, E>) {
        self.daemons.changed.push(cx.now, did);
        self.wake(Daemon::Evaluator, cx);
    }

    /// Rules (asked for, refused, deleted) so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.book.n_created(), self.n_refused, self.n_deleted)
    }

    /// Rules that have not ended, counted one by one.
    pub fn n_left(&self) -> u64 {
        self.book.iter().count() as u64
    }

    /// Locks (made, gone) so far.
    pub fn lock_counts(&self) -> (u64, u64) {
        self.book.lock_counts()
    }

    /// Files of which no good replica was left.
    pub fn n_lost(&self) -> u64 {
        self.lost.len() as u64
    }

    /// Locks that are there, counted one by one.
    pub fn n_locks_left(&self) -> u64 {
        self.book.iter().map(|(_, rule)| rule.locks.len() as u64).sum()
    }

    /// Where rules, locks and what is locked do not add up.
    pub fn violation(&self, catalogue: &Catalogue, fabric: &Fabric<'_>) -> Option<String> {
        let bytes_of = |file| fabric.storage.file(file).bytes;
        let quotas = || self.book.quota_violation(&catalogue.quotas, bytes_of);
        self.book.violation().or_else(quotas).or_else(|| self.lock_violation(fabric))
    }

    /// A lock that is OK though its replica is not there, or the other way round. Not looked at: what the necromancer has yet to
    /// see, and files that are lost, whose locks go when the evaluator comes by.
    fn lock_violation(&self, fabric: &Fabric<'_>) -> Option<String> {
        self.book.iter().find_map(|(id, rule)| {
            let is_wrong = |lock: &&Lock| {
                let state = fabric.storage.state(lock.file, lock.rse);
                (lock.state == LockState::Ok) != (state == Some(ReplicaState::Available))
                    && !self.daemons.bad.holds(&(lock.file, lock.rse))
                    && !self.lost.contains(&lock.file)
            };
            let lock = rule.locks.iter().find(is_wrong)?;
            Some(format!("{lock:?} of {id:?} is on a replica {:?}", fabric.storage.state(lock.file, lock.rse)))
        })
    }

    /// Tells what is left at the end of the run.
    pub fn close<E>(&self, cx: &mut Context<'_, E>) {
        for (id, rule) in self.book.iter() {
            cx.tell(&Fact::RuleEnded(life(id, rule, None, Some(rule.state))));
        }
    }

    /// Copies of each file that are asked for.
    pub(super) fn copies_of(&self, new: &NewRule, below: &Below<'_, '_>) -> u32 {
        match new.copies {
            Copies::N(copies) => copies,
            Copies::All => below.catalogue.words.rses(new.rses).len() as u32,
        }
    }

    /// Puts a rule into a state, which may be the one it is in.
    pub(super) fn enter<E: Carries>(&mut self, id: RuleId, state: RuleState, cx: &mut Context<'_, E>) {
        let Some(rule) = self.book.get_mut(id) else { return };
        if rule.state == RuleState::Stuck {
            self.daemons.stuck.remove(&(rule.updated_at, id));
        }
        rule.enter(state, cx.now);
        if state == RuleState::Stuck {
            self.daemons.stuck.insert((cx.now, id));
            self.wake(Daemon::Repairer, cx);
        }
    }

    /// Sets when a rule's time is over, where that is earlier than it was.
    pub(super) fn expire<E: Carries>(&mut self, id: RuleId, at: SimTime, cx: &mut Context<'_, E>) {
        let Some(rule) = self.book.get_mut(id) else { return };
        if rule.expires_at.is_some_and(|before| before <= at) {
            return;
        }
        if let Some(before) = rule.expires_at.replace(at) {
            self.daemons.expiring.remove(&(before, id));
        }
        self.daemons.expiring.insert((at, id));
        self.wake(Daemon::Cleaner, cx);
    }

    /// A rule has no locks any more: it is over. `had`: its locks, and their bytes.
    pub(super) fn end<E: Carries>(&mut self, id: RuleId, had: (Counts, Bytes), cx: &mut Context<'_, E>) {
        let Some(mut rule) = self.book.remove(id) else { return };
        (rule.counts, rule.bytes) = had;
        self.daemons.stuck.remove(&(rule.updated_at, id));
        self.n_deleted += 1;
        cx.tell(&Fact::RuleEnded(life(id, &rule, Some(cx.now), Some(rule.state))));
    }

    pub(super) fn wake<E: Carries>(&mut self, daemon: Daemon, cx: &mut Context<'_, E>) {
        if let Some(at) = self.daemons.wake(daemon, cx.now) {
            cx.schedule(at, RulesEvent::Run(daemon));
        }
    }

    fn refuse<E: Carries>(&mut self, id: RuleId, error: RuleError, cx: &mut Context<'_, E>) {
        let Some(mut rule) = self.book.remove(id) else { return };
        rule.error = Some(error);
        self.n_refused += 1;
        cx.tell(&Fact::RuleEnded(life(id, &rule, None, None)));
    }

    fn wait_for_injector<E: Carries>(&mut self, id: RuleId, cx: &mut Context<'_, E>) {
        self.enter(id, RuleState::Inject, cx);
        self.daemons.to_inject.push(cx.now, id);
        self.wake(Daemon::Injector, cx);
    }

    fn run<E: Carries>(&mut self, daemon: Daemon, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        if !self.daemons.is_due(daemon, cx.now) {
            return;
        }
        let taken = match daemon {
            Daemon::Evaluator => self.evaluate(below, cx),
            Daemon::Injector => self.inject(below, cx),
            Daemon::Repairer => self.repair(below, cx),
            Daemon::Cleaner => self.clean(below, cx),
            Daemon::Undertaker => self.undertake(below, cx),
            Daemon::Necromancer => self.raise(below, cx),
            Daemon::Transmogrifier => self.subscribe(below, cx),
        };
        self.daemons.ran(daemon, taken as u32, cx.now);
        self.wake(daemon, cx);
    }
}

/// A rule's life so far.
fn life(id: RuleId, rule: &Rule, deleted_at: Option<SimTime>, state: Option<RuleState>) -> RuleEnded {
    let Counts { ok, replicating, stuck } = rule.counts;
    RuleEnded {
        rule: id,
        workload: rule.new.workload,
        account: rule.new.account,
        activity: rule.new.activity,
        priority: rule.new.priority,
        copies: rule.copies,
        files: rule.files,
        bytes: rule.bytes,
        transfers: rule.transfers,
        created_at: rule.created_at,
        injected_at: rule.injected_at,
        ok_at: rule.ok_at,
        stuck_at: rule.stuck_at,
        deleted_at,
        state,
        locks: [ok, replicating, stuck],
        error: rule.error,
    }
}
