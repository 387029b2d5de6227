//! The judge's evaluator: rules follow data that grow and shrink.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::context::Context;
use crate::facts::{RuleError, RuleState};
use crate::ids::{FileId, Id, RseId, RuleId};
use crate::rng::combined;
use crate::rules::apply::select;
use crate::rules::blocks::{Block, blocks};
use crate::rules::service::{Below, Carries, Rules};

/// RSEs at which a rule has locks on its files.
type Locked = FxHashMap<FileId, SmallVec<[RseId; 2]>>;

impl Rules {
    /// The evaluator: data that have changed, and all that holds them.
    pub(super) fn evaluate<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let taken = self.daemons.take_data(cx.now);
        for &did in &taken {
            for did in below.catalogue.namespace.and_above(did) {
                for id in self.book.on(did) {
                    self.follow(id, below, cx);
                }
            }
        }
        taken.len()
    }

    fn follow<E: Carries>(&mut self, id: RuleId, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        let Some(rule) = self.book.get(id) else { return };
        if matches!(rule.state, RuleState::Inject | RuleState::WaitingApproval | RuleState::Suspended) {
            return;
        }
        let blocks = self.blocks_of(id, below);
        let files: FxHashSet<FileId> = blocks.iter().flat_map(|block| block.files.iter().copied()).collect();
        self.shrink(id, &files, below, cx);
        if let Err(error) = self.extend(id, blocks, below, cx) {
            // The repairer will try again.
            self.blame(id, error);
            self.enter(id, RuleState::Stuck, cx);
            return;
        }
        let Some(rule) = self.book.get(id) else { return };
        let state = if rule.state == RuleState::Stuck { RuleState::Stuck } else { rule.state_of_locks() };
        self.enter(id, state, cx);
    }

    /// The blocks of a rule's data as they are now.
    pub(super) fn blocks_of(&self, id: RuleId, below: &Below<'_, '_>) -> Vec<Block> {
        let Some(rule) = self.book.get(id) else { return Vec::new() };
        let groups = below.catalogue.namespace.groups(rule.new.did);
        let storage = &below.fabric.storage;
        blocks(groups, rule.new.grouping, |file| storage.file(file).bytes)
    }

    /// Files that are not in the data any more lose their locks.
    fn shrink<E: Carries>(
        &mut self,
        id: RuleId,
        files: &FxHashSet<FileId>,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(rule) = self.book.get(id) else { return };
        let gone = (0..).zip(&rule.locks).filter(|(_, lock)| !files.contains(&lock.file)).map(|(nth, _)| nth);
        let gone: Vec<u32> = gone.collect();
        for nth in gone.into_iter().rev() {
            self.release(id, nth, below, cx);
        }
    }

    /// New files get locks, where their siblings have them.
    pub(super) fn extend<E: Carries>(
        &mut self,
        id: RuleId,
        mut blocks: Vec<Block>,
        below: &mut Below<'_, '_>,
        cx: &mut Context<'_, E>,
    ) -> Result<(), RuleError> {
        let Some(rule) = self.book.get_mut(id) else { return Ok(()) };
        rule.files = blocks.iter().map(|block| block.files.len() as u64).sum();
        let mut locked = Locked::default();
        for lock in &rule.locks {
            locked.entry(lock.file).or_default().push(lock.rse);
        }
        blocks.retain(|block| block.files.iter().any(|file| !locked.contains_key(file)));
        if blocks.is_empty() {
            return Ok(());
        }
        let Some(rule) = self.book.get(id) else { return Ok(()) };
        let grouping = rule.new.grouping;
        let mut selector = self.selector(&rule.new, rule.copies, below, cx)?;
        let mut placed = Vec::with_capacity(blocks.len());
        for mut block in blocks {
            let mut siblings: SmallVec<[RseId; 4]> = SmallVec::new();
            for &rse in block.files.iter().filter_map(|file| locked.get(file)).flatten() {
                if !siblings.contains(&rse) {
                    siblings.push(rse);
                }
            }
            block.files.retain(|file| !locked.contains_key(file));
            // Each time another draw, whatever has become of the others.
            let first = block.files.first().map_or(0, |file| file.index() as u64);
            block.key = combined(block.key, first);
            block.bytes = block.files.iter().map(|&file| below.fabric.storage.file(file).bytes).sum();
            placed.push(select(block, grouping, &siblings, &mut selector, &below.fabric.storage)?);
        }
        self.claim_all(id, placed, below, cx);
        Ok(())
    }
}
