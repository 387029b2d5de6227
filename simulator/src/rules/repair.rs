//! The judge's repairer: stuck locks are tried again.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::context::Context;
use crate::facts::RuleState;
use crate::ids::{FileId, Id, RseId, RuleId};
use crate::rng::combined;
use crate::rules::Grouping;
use crate::rules::apply::{Attempts, has_source, is_writable};
use crate::rules::book::{Lock, LockState};
use crate::rules::selection::{Placing, Preferred, Selector};
use crate::rules::service::{Below, Carries, Rules};
use crate::rules::settings::RetryAfter;
use crate::storage::ReplicaState;
use crate::units::SimSpan;

/// What a rule has on one of its files: locks that are not stuck, and the RSEs of all.
#[derive(Clone, Debug, Default)]
struct OnFile {
    good: u32,
    rses: SmallVec<[RseId; 4]>,
}

/// What becomes of a stuck lock.
enum Repair {
    /// The file has copies enough.
    Drop,
    /// The replica is there.
    Good,
    /// It is tried again where it is.
    Again,
    /// Another RSE takes its place.
    Elsewhere(RseId),
    /// It is left alone.
    Wait,
}

impl Rules {
    /// The repairer: rules that are stuck and have been left alone for long enough.
    pub(super) fn repair<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let taken = self.daemons.take_stuck(cx.now);
        for &id in &taken {
            let Some(rule) = self.book.get(id) else { continue };
            let is_hopeless = rule.stuck_since.is_some_and(|since| cx.now.since(since) >= self.settings.suspend_after);
            if is_hopeless {
                self.enter(id, RuleState::Suspended, cx);
            } else {
                self.repair_rule(id, below, cx);
            }
        }
        taken.len()
    }

    /// Its locks, once all its files have some.
    fn repair_rule<E: Carries>(&mut self, id: RuleId, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        let blocks = self.blocks_of(id, below);
        if let Err(error) = self.extend(id, blocks, below, cx) {
            self.blame(id, error);
            self.enter(id, RuleState::Stuck, cx);
        } else {
            self.repair_locks(id, below, cx);
        }
    }

    fn repair_locks<E: Carries>(&mut self, id: RuleId, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        let Some(rule) = self.book.get(id) else { return };
        let mut on: FxHashMap<FileId, OnFile> = FxHashMap::default();
        for lock in &rule.locks {
            let file = on.entry(lock.file).or_default();
            file.good += u32::from(lock.state != LockState::Stuck);
            file.rses.push(lock.rse);
        }
        let stuck = (0..).zip(&rule.locks).filter(|(_, lock)| lock.state == LockState::Stuck);
        let stuck: Vec<(u32, Lock)> = stuck.map(|(nth, lock)| (nth, *lock)).collect();
        let mut selector = match rule.new.grouping {
            Grouping::None => self.selector(&rule.new, rule.copies, below, cx).ok(),
            Grouping::All | Grouping::Dataset => None,
        };
        // From the last to the first: a lock that goes leaves its place to the last one.
        for (nth, lock) in stuck.into_iter().rev() {
            let Some(file) = on.get_mut(&lock.file) else { continue };
            match self.verdict(id, &lock, file, &mut selector, below, cx) {
                Repair::Wait => continue,
                Repair::Drop => {
                    self.release(id, nth, below, cx);
                    continue;
                }
                Repair::Good => self.book.turn(id, nth, LockState::Ok, cx.now),
                Repair::Again => self.try_again(id, nth, below, cx),
                Repair::Elsewhere(rse) => {
                    self.release(id, nth, below, cx);
                    self.claim(id, lock.file, rse, below, cx);
                    if let Some(new) = self.book.get_mut(id).and_then(|rule| rule.locks.last_mut()) {
                        new.n_tried = lock.n_tried.saturating_add(1);
                    }
                    file.rses.push(rse);
                }
            }
            file.good += 1;
        }
        let Some(rule) = self.book.get(id) else { return };
        self.enter(id, rule.state_of_locks(), cx);
    }

    fn verdict<E>(
        &self,
        id: RuleId,
        lock: &Lock,
        on: &OnFile,
        selector: &mut Option<Selector>,
        below: &Below<'_, '_>,
        cx: &Context<'_, E>,
    ) -> Repair {
        let Some(rule) = self.book.get(id) else { return Repair::Wait };
        let storage = &below.fabric.storage;
        if on.good >= rule.copies {
            return Repair::Drop;
        }
        if storage.state(lock.file, lock.rse) == Some(ReplicaState::Available) {
            return Repair::Good;
        }
        if let Some(sources) = rule.new.sources {
            let from = below.catalogue.words.rses(sources);
            let has_source = has_source(lock.file, from, storage);
            return if has_source && is_writable(lock.rse, cx) { Repair::Again } else { Repair::Wait };
        }
        let elsewhere = selector.as_mut().and_then(|selector| {
            let file = storage.file(lock.file);
            let there: SmallVec<[_; 4]> = file.replicas.iter().map(|&rse| (rse, file.bytes)).collect();
            let placing = Placing {
                // Another draw for each RSE that has been tried, whenever that is.
                key: combined(combined(lock.file.index() as u64, u64::from(lock.n_tried)), on.rses.len() as u64),
                bytes: file.bytes,
                copies: Some(1),
                there: &there,
                preferred: Preferred::Any(&file.replicas),
                barred: &on.rses,
            };
            selector.select(&placing).ok()?.first().copied()
        });
        let is_express = rule.new.activity == self.express;
        let rest = rest(&self.settings.retry_after, cx.now.since(lock.created_at), is_express);
        match elsewhere {
            Some(rse) => Repair::Elsewhere(rse),
            None if cx.now.since(lock.updated_at) >= rest => Repair::Again,
            None => Repair::Wait,
        }
    }

    fn try_again<E: Carries>(&mut self, id: RuleId, nth: u32, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        let Some(lock) = self.book.get(id).and_then(|rule| rule.locks.get(nth as usize)).copied() else { return };
        self.book.turn(id, nth, LockState::Replicating, cx.now);
        if below.conveyor.live(lock.file, lock.rse).is_none() {
            below.fabric.storage.begin_copy(lock.file, lock.rse, cx.now);
            self.request(id, (lock.file, lock.rse), Attempts::Repair, below, cx);
        }
    }
}

/// How long a stuck lock is left alone before it is tried again in place.
fn rest(after: &RetryAfter, age: SimSpan, is_express: bool) -> SimSpan {
    const DAY: u64 = 86_400_000_000_000;
    match age.as_nanos() / DAY {
        0 => after.first_day,
        _ if is_express => after.first_day,
        1 => after.second_day,
        2 => after.third_day,
        _ => after.later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_locks_are_left_alone_for_longer() {
        let hours = |n: u64| SimSpan::from_nanos(n * 3_600_000_000_000);
        let after = RetryAfter::default();
        let of = |age: u64, express| rest(&after, hours(age), express);
        assert_eq!([0, 23, 24, 47, 48, 71, 72, 500].map(|age| of(age, false)), [2, 2, 4, 4, 6, 6, 8, 8].map(hours));
        assert_eq!(of(500, true), hours(2));
    }
}
