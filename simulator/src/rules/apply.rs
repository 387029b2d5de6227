//! How a rule gets its locks: when it is made, and by the injector.

use smallvec::SmallVec;

use crate::catalogue::{Did, Group, Weight};
use crate::context::Context;
use crate::conveyor::{Sources, Want};
use crate::facts::{RuleError, RuleState};
use crate::ids::{FileId, Id, RseId, RuleId};
use crate::rules::blocks::{Block, blocks, coverage};
use crate::rules::book::LockState;
use crate::rules::selection::{Candidate, Placing, Preferred, Selector};
use crate::rules::service::{Below, Carries, Rules};
use crate::rules::{Grouping, NewRule};
use crate::storage::{ReplicaState, Storage};
use crate::units::SimSpan;

/// Rules that are over within this time are not injected any more.
const TOO_LATE: SimSpan = SimSpan::from_nanos(300_000_000_000);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempts {
    /// A new lock: as many attempts as there are.
    All,
    /// A lock that is tried again: the first attempt counts as made.
    Repair,
    /// A bad replica, from wherever there is a good one.
    Recovery,
}

/// Where the files of a block go.
type Placed = (Block, SmallVec<[RseId; 2]>);

impl Rules {
    /// The RSEs that a rule may use now.
    pub(super) fn selector<E>(
        &self,
        new: &NewRule,
        copies: u32,
        below: &Below<'_, '_>,
        cx: &Context<'_, E>,
    ) -> Result<Selector, RuleError> {
        let (words, quotas) = (&below.catalogue.words, &below.catalogue.quotas);
        let rses = words.rses(new.rses);
        if rses.is_empty() {
            return Err(RuleError::NoRse);
        }
        let mut candidates = Vec::with_capacity(rses.len());
        for &rse in rses.iter().filter(|rse| is_writable(**rse, cx)) {
            let weight = match new.weight.map(|weight| words.weights(weight)[rse]) {
                None => 1.0,
                Some(Weight::Of(weight)) => weight,
                Some(Weight::None) => continue,
                Some(Weight::Invalid) => return Err(RuleError::InvalidWeight),
            };
            let taken = i128::from(below.fabric.storage.taken(rse).get());
            let space_left = self.max_space[rse].map(|most| i128::from(most.get()) - taken);
            candidates.push(Candidate { rse, weight, quota: quotas.left(new.account, rse), space_left });
        }
        if candidates.is_empty() && !rses.iter().any(|rse| is_writable(*rse, cx)) {
            return Err(RuleError::NotWritable);
        }
        Selector::new(candidates, copies as usize, (self.seed, new.key))
    }

    /// Makes the locks of a rule, all or none.
    pub(super) fn apply<E: Carries>(
        &mut self,
        id: RuleId,
        mut selector: Selector,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) -> Result<(), RuleError> {
        let Some(NewRule { did, grouping, .. }) = self.book.get(id).map(|rule| rule.new) else { return Ok(()) };
        let groups = below.catalogue.namespace.groups(did);
        let placed = place(groups, grouping, &mut selector, &below.fabric.storage)?;
        self.claim_all(id, placed, below, cx);
        let Some(rule) = self.book.get_mut(id) else { return Ok(()) };
        rule.injected_at = Some(cx.now);
        let state = rule.state_of_locks();
        self.enter(id, state, cx);
        Ok(())
    }

    /// The injector: makes the locks of large rules.
    pub(super) fn inject<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let taken = self.daemons.take_large(cx.now);
        for &id in &taken {
            let Some(rule) = self.book.get(id) else { continue };
            let too_late = rule.expires_at.is_some_and(|at| at <= cx.now + TOO_LATE);
            if rule.state != RuleState::Inject || too_late {
                continue;
            }
            let selector = self.selector(&rule.new, rule.copies, below, cx);
            let injected = selector.and_then(|selector| self.apply(id, selector, below, cx));
            match injected {
                Ok(()) => {}
                Err(error @ RuleError::InsufficientQuota) => self.suspend(id, error, cx),
                Err(error) => {
                    self.blame(id, error);
                    self.daemons.inject_again(id, cx.now);
                }
            }
        }
        taken.len()
    }

    /// A rule that is not tried any more.
    fn suspend<E: Carries>(&mut self, id: RuleId, error: RuleError, cx: &mut Context<'_, E>) {
        if let Some(rule) = self.book.get_mut(id) {
            rule.error = Some(error);
        }
        self.enter(id, RuleState::Suspended, cx);
    }

    /// Makes the locks of blocks, RSE by RSE.
    pub(super) fn claim_all<E: Carries>(
        &mut self,
        id: RuleId,
        placed: Vec<Placed>,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) {
        for (block, rses) in placed {
            for rse in rses {
                block.files.iter().for_each(|&file| self.claim(id, file, rse, below, cx));
            }
        }
    }

    /// Makes one lock, and the request where the replica is neither there nor on its way.
    pub(super) fn claim<E: Carries>(
        &mut self,
        id: RuleId,
        file: FileId,
        rse: RseId,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(rule) = self.book.get_mut(id) else { return };
        let new = rule.new;
        let storage = &mut below.fabric.storage;
        let bytes = storage.file(file).bytes;
        rule.bytes += bytes;
        let state = match storage.state(file, rse) {
            Some(ReplicaState::Available) => LockState::Ok,
            Some(ReplicaState::Copying) => LockState::Replicating,
            _ => {
                storage.begin_copy(file, rse, cx.now);
                let has_source = new.sources.is_none_or(|of| has_source(file, below.catalogue.words.rses(of), storage));
                if has_source && is_writable(rse, cx) { LockState::Replicating } else { LockState::Stuck }
            }
        };
        let is_requested = state == LockState::Replicating && below.conveyor.live(file, rse).is_none();
        self.book.add_lock(id, (file, rse), state, cx.now);
        storage.lock(file, rse, cx.now);
        storage.hold(file);
        below.catalogue.quotas.lock(new.account, rse, bytes);
        if state == LockState::Stuck {
            storage.give_up(file, rse, cx.now);
            self.blame(id, RuleError::MissingSource);
        }
        if is_requested {
            self.request(id, (file, rse), Attempts::All, below, cx);
        }
    }

    /// Has a file brought to an RSE.
    pub(super) fn request<E: Carries>(
        &mut self,
        id: RuleId,
        (file, destination): (FileId, RseId),
        attempts: Attempts,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(rule) = self.book.get_mut(id) else { return };
        rule.transfers += 1;
        let new = &rule.new;
        let of = below.fabric.storage.file(file);
        let is_recovery = attempts == Attempts::Recovery;
        let dataset = match new.did {
            Did::Dataset(dataset) => Some(dataset),
            Did::File(_) | Did::Container(_) => None,
        };
        let want = Want {
            workload: new.workload,
            file: Some(file),
            key: file.index() as u64,
            bytes: of.bytes,
            dataset,
            sources: Sources::Any { matching: new.sources.filter(|_| !is_recovery) },
            destination,
            for_job: false,
            rule: Some(id),
            account: new.account,
            vo: new.vo,
            activity: if is_recovery { self.recovery } else { new.activity },
            priority: new.priority,
            attempts_before: u32::from(attempts == Attempts::Repair),
            traced: None,
            queues: true,
        };
        below.conveyor.request(want, below.fts, below.fabric, cx);
    }

    /// Says why a rule is stuck, or waits.
    pub(super) fn blame(&mut self, id: RuleId, error: RuleError) {
        if let Some(rule) = self.book.get_mut(id) {
            rule.error = Some(error);
        }
    }
}

/// RSEs for all blocks, before any lock is made.
fn place(
    groups: Vec<Group>,
    grouping: Grouping,
    selector: &mut Selector,
    storage: &Storage,
) -> Result<Vec<Placed>, RuleError> {
    let blocks = blocks(groups, grouping, |file| storage.file(file).bytes);
    blocks.into_iter().map(|block| select(block, grouping, &[], selector, storage)).collect()
}

/// RSEs for one block: those of `siblings`, if there are any, or those that hold most of it come first.
pub(super) fn select(
    block: Block,
    grouping: Grouping,
    siblings: &[RseId],
    selector: &mut Selector,
    storage: &Storage,
) -> Result<Placed, RuleError> {
    let in_state = |file, state| {
        // Few files have replicas that are not simply there.
        let looks = storage.file(file).hidden > 0;
        let rses = selector.rses().filter(move |rse| looks && storage.state(file, *rse) == Some(state));
        rses.collect::<SmallVec<[RseId; 4]>>()
    };
    let holders = |file| {
        let mut rses = in_state(file, ReplicaState::Copying);
        rses.extend(storage.file(file).replicas.iter().copied());
        rses
    };
    let there = coverage(&block.files, |file| storage.file(file).bytes, holders);
    let barred: SmallVec<[RseId; 8]> =
        block.files.iter().flat_map(|&file| in_state(file, ReplicaState::BeingDeleted)).collect();
    let holders: SmallVec<[RseId; 8]> = there.iter().map(|(rse, _)| *rse).collect();
    let preferred = match (siblings.is_empty(), grouping) {
        (false, _) => Preferred::Any(siblings),
        (true, Grouping::None) => Preferred::Any(&holders),
        (true, Grouping::All | Grouping::Dataset) => Preferred::First(&holders),
    };
    let placing =
        Placing { key: block.key, bytes: block.bytes, copies: None, there: &there, preferred, barred: &barred };
    let chosen = selector.select(&placing)?;
    Ok((block, chosen))
}

/// Whether a file is at one of the RSEs that it may come from.
pub(super) fn has_source(file: FileId, from: &[RseId], storage: &Storage) -> bool {
    storage.file(file).replicas.iter().any(|rse| from.contains(rse))
}

/// Whether something may be written at an RSE: Rucio's flag, which goes down with an outage that is declared.
pub(super) fn is_writable<E>(rse: RseId, cx: &Context<'_, E>) -> bool {
    !cx.map.rses()[rse].is_declared_down(cx.now)
}
