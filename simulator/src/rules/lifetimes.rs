//! How rules and datasets end: the judge's cleaner and the undertaker.

use crate::catalogue::Did;
use crate::context::Context;
use crate::ids::RuleId;
use crate::rules::book::LockState;
use crate::rules::service::{Below, Carries, Rules};
use crate::storage::Unlocking;

impl Rules {
    /// The cleaner: rules whose time is over.
    pub(super) fn clean<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let taken = self.daemons.take_expired(cx.now);
        for &id in &taken {
            self.dissolve(id, below, cx);
        }
        taken.len()
    }

    /// The undertaker: datasets whose time is over go with the rules on them.
    pub(super) fn undertake<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let taken = self.daemons.take_dead(cx.now);
        for &dataset in &taken {
            for id in self.book.on(Did::Dataset(dataset)) {
                self.dissolve(id, below, cx);
            }
            let (files, parents) = below.catalogue.namespace.remove(dataset);
            for parent in parents {
                self.changed(Did::Container(parent), cx);
            }
            files.into_iter().for_each(|file| below.fabric.storage.let_go(file));
        }
        taken.len()
    }

    /// Ends a rule: all its locks go.
    pub(super) fn dissolve<E: Carries>(&mut self, id: RuleId, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        let Some(rule) = self.book.get(id) else { return };
        let (counts, bytes, n_locks) = (rule.counts, rule.bytes, rule.locks.len() as u32);
        if let Some(at) = rule.expires_at {
            self.daemons.expiring.remove(&(at, id));
        }
        for nth in (0..n_locks).rev() {
            self.release(id, nth, below, cx);
        }
        self.end(id, (counts, bytes), cx);
    }

    /// Takes a lock away. Nobody else wants a replica that was to come for it: its request is cancelled.
    pub(super) fn release<E: Carries>(
        &mut self,
        id: RuleId,
        nth: u32,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(new) = self.book.get(id).map(|rule| rule.new) else { return };
        let lock = self.book.drop_lock(id, nth);
        let is_replicating = lock.state == LockState::Replicating;
        let storage = &mut below.fabric.storage;
        let bytes = storage.file(lock.file).bytes;
        if let Some(rule) = self.book.get_mut(id) {
            rule.bytes -= bytes;
        }
        below.catalogue.quotas.unlock(new.account, lock.rse, bytes);
        storage.unlock(lock.file, lock.rse, Unlocking { purges: new.purges, is_replicating }, cx.now);
        let is_wanted = storage.is_locked(lock.file, lock.rse);
        if is_replicating && !is_wanted {
            below.conveyor.cancel((lock.file, lock.rse), below.fts, below.fabric, cx);
        }
        below.fabric.storage.let_go(lock.file);
    }
}
