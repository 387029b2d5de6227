//! The necromancer: bad replicas are brought again from good ones, and files without any are lost.

use rustc_hash::FxHashMap;

use crate::catalogue::Did;
use crate::context::Context;
use crate::facts::{RuleError, RuleState};
use crate::ids::{FileId, RseId, RuleId};
use crate::rules::apply::Attempts;
use crate::rules::book::LockState;
use crate::rules::service::{Below, Carries, Rules};
use crate::storage::{ReplicaState, Tombstone};

/// The locks on bad replicas, by replica: each the nth of its rule.
type Locks = FxHashMap<(FileId, RseId), Vec<(RuleId, u32)>>;

impl Rules {
    /// The necromancer: replicas that have been declared bad.
    pub(super) fn raise<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let mut taken = self.daemons.take_bad(cx.now);
        let n_taken = taken.len();
        let storage = &below.fabric.storage;
        // A rule that has claimed one meanwhile has begun to bring it again.
        taken.retain(|&(file, rse)| storage.state(file, rse).is_some_and(|state| state != ReplicaState::Available));
        let (lost, recoverable): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|&(file, _)| storage.file(file).replicas.is_empty());
        let locks = self.locks_on(&recoverable);
        for (file, rse) in recoverable {
            self.recover(file, rse, locks.get(&(file, rse)).map_or(&[], Vec::as_slice), below, cx);
        }
        for (file, rse) in lost {
            self.lose(file, rse, below, cx);
        }
        n_taken
    }

    /// Locks on replicas. Every lock is looked at, once for all of them: replicas go bad seldom, and an index would cost more
    /// memory than the locks.
    fn locks_on(&self, replicas: &[(FileId, RseId)]) -> Locks {
        let mut locks: Locks = replicas.iter().map(|&replica| (replica, Vec::new())).collect();
        if !locks.is_empty() {
            for (id, rule) in self.book.iter() {
                for (nth, lock) in (0..).zip(&rule.locks) {
                    if let Some(found) = locks.get_mut(&(lock.file, lock.rse)) {
                        found.push((id, nth));
                    }
                }
            }
        }
        locks
    }

    /// Has a replica brought again, unless it is on its way already; one that no lock holds is let go.
    fn recover<E: Carries>(
        &mut self,
        file: FileId,
        rse: RseId,
        locks: &[(RuleId, u32)],
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) {
        if locks.is_empty() {
            discard(file, rse, below, cx);
        }
        let is_ok = |&&(id, nth): &&(RuleId, u32)| {
            let lock = self.book.get(id).and_then(|rule| rule.locks.get(nth as usize));
            lock.is_some_and(|lock| lock.state == LockState::Ok)
        };
        let locks: Vec<(RuleId, u32)> = locks.iter().filter(is_ok).copied().collect();
        let Some(&(first, _)) = locks.first() else { return };
        for (id, nth) in locks {
            self.book.turn(id, nth, LockState::Replicating, cx.now);
            let Some(rule) = self.book.get(id) else { continue };
            if matches!(rule.state, RuleState::Ok | RuleState::Replicating) {
                self.enter(id, RuleState::Replicating, cx);
            }
        }
        if below.conveyor.live(file, rse).is_some() {
            return;
        }
        below.fabric.storage.begin_copy(file, rse, cx.now);
        self.request(first, (file, rse), Attempts::Recovery, below, cx);
    }

    /// No good replica is left: the file leaves its datasets, and all locks on it go.
    fn lose<E: Carries>(&mut self, file: FileId, rse: RseId, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        for id in self.book.on(Did::File(file)) {
            if let Some(rule) = self.book.get_mut(id) {
                rule.error = Some(RuleError::MissingSource);
            }
            self.dissolve(id, below, cx);
        }
        for dataset in below.catalogue.namespace.detach_everywhere(file) {
            self.changed(Did::Dataset(dataset), cx);
        }
        self.lost.insert(file);
        discard(file, rse, below, cx);
    }
}

/// A replica that is still bad is obsolete.
fn discard<E>(file: FileId, rse: RseId, below: &mut Below<'_, '_>, cx: &Context<'_, E>) {
    let storage = &mut below.fabric.storage;
    if storage.state(file, rse) == Some(ReplicaState::Bad) {
        storage.bury(file, rse, Tombstone::OBSOLETE, cx.now);
    }
}
