//! Rules and their locks.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::catalogue::{Did, Quotas};
use crate::facts::{RuleError, RuleState};
use crate::ids::{AccountId, FileId, RseId, RuleId};
use crate::live::Live;
use crate::rules::NewRule;
use crate::units::{Bytes, SimTime, Total};

/// Who claims a replica: one lock for each file, RSE and rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub file: FileId,
    pub rse: RseId,
    pub state: LockState,
    /// RSEs that were tried in its place before.
    pub n_tried: u16,
    pub created_at: SimTime,
    /// When its state has changed last.
    pub updated_at: SimTime,
}

/// What a lock waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockState {
    /// Nothing: the replica is there.
    Ok,
    /// For a transfer.
    Replicating,
    /// For the repairer: no transfer brings the replica.
    Stuck,
}

/// A rule and what has become of it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub new: NewRule,
    /// Copies of each file: as asked, or as many as there are RSEs.
    pub copies: u32,
    /// Files of the data.
    pub files: u64,
    pub created_at: SimTime,
    pub expires_at: Option<SimTime>,
    /// When its locks were made; `None`: the injector has yet to do it.
    pub injected_at: Option<SimTime>,
    /// When it was OK for the first time.
    pub ok_at: Option<SimTime>,
    /// When it was stuck for the first time.
    pub stuck_at: Option<SimTime>,
    /// Since when it has been stuck without a break, or since when the repairer has seen it.
    pub stuck_since: Option<SimTime>,
    pub updated_at: SimTime,
    pub state: RuleState,
    pub error: Option<RuleError>,
    pub counts: Counts,
    pub bytes: Bytes,
    /// Transfers that were requested for it.
    pub transfers: u32,
    pub locks: Vec<Lock>,
}

/// Locks by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub ok: u32,
    pub replicating: u32,
    pub stuck: u32,
}

impl Counts {
    fn of(&mut self, state: LockState) -> &mut u32 {
        match state {
            LockState::Ok => &mut self.ok,
            LockState::Replicating => &mut self.replicating,
            LockState::Stuck => &mut self.stuck,
        }
    }
}

impl Rule {
    /// The state that its locks make, where nothing else holds it.
    pub fn state_of_locks(&self) -> RuleState {
        match self.counts {
            Counts { stuck: 1.., .. } => RuleState::Stuck,
            Counts { replicating: 1.., .. } => RuleState::Replicating,
            Counts { .. } => RuleState::Ok,
        }
    }

    /// Puts it into a state.
    pub fn enter(&mut self, state: RuleState, now: SimTime) {
        self.updated_at = now;
        if state == RuleState::Stuck && self.state != RuleState::Stuck {
            self.stuck_at.get_or_insert(now);
            self.stuck_since = Some(now);
        }
        if state == RuleState::Ok {
            self.ok_at.get_or_insert(now);
        }
        if matches!(state, RuleState::Ok | RuleState::Replicating) {
            self.error = None;
        }
        self.state = state;
    }
}

/// One lock: the nth of its rule.
type LockRef = (RuleId, u32);

/// All rules that have not ended.
///
/// ```text
///   rules: each with its locks, 32 bytes a lock
///   open:  (file, RSE) -> locks that are not OK, which what becomes of the file there will turn
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Book {
    rules: Live<RuleId, Rule>,
    open: FxHashMap<(FileId, RseId), SmallVec<[LockRef; 1]>>,
    by_did: FxHashMap<Did, SmallVec<[RuleId; 1]>>,
    /// Locks ever made, and gone again.
    n_made: u64,
    n_gone: u64,
}

impl Book {
    pub fn new() -> Self {
        let (rules, open, by_did) = (Live::new(), FxHashMap::default(), FxHashMap::default());
        Self { rules, open, by_did, n_made: 0, n_gone: 0 }
    }

    /// Writes a rule down.
    pub fn push(&mut self, rule: Rule) -> RuleId {
        let did = rule.new.did;
        let id = self.rules.push(rule);
        self.by_did.entry(did).or_default().push(id);
        id
    }

    /// Crosses a rule out, whose locks are gone.
    pub fn remove(&mut self, id: RuleId) -> Option<Rule> {
        let rule = self.rules.remove(id)?;
        if let Some(others) = self.by_did.get_mut(&rule.new.did) {
            others.retain(|other| *other != id);
            if others.is_empty() {
                self.by_did.remove(&rule.new.did);
            }
        }
        Some(rule)
    }

    pub fn get(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id)
    }

    pub fn get_mut(&mut self, id: RuleId) -> Option<&mut Rule> {
        self.rules.get(id)?;
        Some(&mut self.rules[id])
    }

    pub fn iter(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules.iter()
    }

    /// Rules ever written down.
    pub fn n_created(&self) -> u64 {
        self.rules.n_created() as u64
    }

    /// Locks ever (made, gone).
    pub fn lock_counts(&self) -> (u64, u64) {
        (self.n_made, self.n_gone)
    }

    /// The rules on a DID itself, in order.
    pub fn on(&self, did: Did) -> SmallVec<[RuleId; 1]> {
        self.by_did.get(&did).cloned().unwrap_or_default()
    }

    /// Whether a rule asks for the same.
    pub fn has_twin(&self, new: &NewRule, copies: u32) -> bool {
        let same = |rule: &Rule| (rule.new.account, rule.new.rses, rule.copies) == (new.account, new.rses, copies);
        self.by_did.get(&new.did).is_some_and(|ids| ids.iter().any(|&id| self.rules.get(id).is_some_and(same)))
    }

    /// Makes a lock.
    pub fn add_lock(&mut self, id: RuleId, (file, rse): (FileId, RseId), state: LockState, now: SimTime) {
        let rule = &mut self.rules[id];
        let nth = rule.locks.len() as u32;
        rule.locks.push(Lock { file, rse, state, n_tried: 0, created_at: now, updated_at: now });
        *rule.counts.of(state) += 1;
        self.n_made += 1;
        if state != LockState::Ok {
            self.open.entry((file, rse)).or_default().push((id, nth));
        }
    }

    /// Takes a lock away; the last of the rule takes its place.
    pub fn drop_lock(&mut self, id: RuleId, nth: u32) -> Lock {
        let lock = self.rules[id].locks[nth as usize];
        self.close(id, nth, lock);
        let rule = &mut self.rules[id];
        *rule.counts.of(lock.state) -= 1;
        self.n_gone += 1;
        rule.locks.swap_remove(nth as usize);
        let last = rule.locks.len() as u32;
        if let Some(moved) = rule.locks.get(nth as usize).filter(|moved| moved.state != LockState::Ok) {
            let refs = self.open.get_mut(&(moved.file, moved.rse)).into_iter().flatten();
            refs.filter(|found| **found == (id, last)).for_each(|found| *found = (id, nth));
        }
        lock
    }

    /// Turns one lock.
    pub fn turn(&mut self, id: RuleId, nth: u32, state: LockState, now: SimTime) {
        let lock = self.rules[id].locks[nth as usize];
        if lock.state == LockState::Ok && state != LockState::Ok {
            self.open.entry((lock.file, lock.rse)).or_default().push((id, nth));
        }
        if lock.state != LockState::Ok && state == LockState::Ok {
            self.close(id, nth, lock);
        }
        self.set(id, nth, state, now);
    }

    /// What has become of a file at an RSE turns all locks that waited for it; the rules concerned, each once, in the order of
    /// their locks.
    pub fn settle(&mut self, file: FileId, rse: RseId, done: bool, now: SimTime) -> SmallVec<[RuleId; 1]> {
        let mut concerned = SmallVec::new();
        let refs = if done { self.open.remove(&(file, rse)) } else { self.open.get(&(file, rse)).cloned() };
        for (id, nth) in refs.unwrap_or_default() {
            self.set(id, nth, if done { LockState::Ok } else { LockState::Stuck }, now);
            if !concerned.contains(&id) {
                concerned.push(id);
            }
        }
        concerned
    }

    fn set(&mut self, id: RuleId, nth: u32, state: LockState, now: SimTime) {
        let rule = &mut self.rules[id];
        let lock = &mut rule.locks[nth as usize];
        let before = std::mem::replace(&mut lock.state, state);
        lock.updated_at = now;
        *rule.counts.of(before) -= 1;
        *rule.counts.of(state) += 1;
    }

    /// A lock does not wait any more.
    fn close(&mut self, id: RuleId, nth: u32, lock: Lock) {
        let key = (lock.file, lock.rse);
        let Some(refs) = self.open.get_mut(&key) else { return };
        refs.retain(|found| *found != (id, nth));
        if refs.is_empty() {
            self.open.remove(&key);
        }
    }

    /// Where what accounts have locked is not what their locks come to.
    pub fn quota_violation(&self, quotas: &Quotas, bytes_of: impl Fn(FileId) -> Bytes) -> Option<String> {
        let mut locked: FxHashMap<(AccountId, RseId), Total> = FxHashMap::default();
        for (_, rule) in self.rules.iter() {
            for lock in &rule.locks {
                *locked.entry((rule.new.account, lock.rse)).or_default() += bytes_of(lock.file);
            }
        }
        quotas.all_locked().find_map(|(account, rse, booked)| {
            let counted = locked.get(&(account, rse)).copied().unwrap_or_default();
            let words = || format!("{account:?} has locked {booked} at {rse:?} where its locks sum to {counted}");
            (booked != counted).then(words)
        })
    }

    /// Where the locks do not add up, counted one by one.
    pub fn violation(&self) -> Option<String> {
        let (mut n_locks, mut n_open) = (0, 0);
        for (id, rule) in self.rules.iter() {
            let mut counts = Counts::default();
            for (nth, lock) in (0..).zip(&rule.locks) {
                *counts.of(lock.state) += 1;
                let waits = self.open.get(&(lock.file, lock.rse)).is_some_and(|refs| refs.contains(&(id, nth)));
                if waits != (lock.state != LockState::Ok) {
                    return Some(format!(
                        "{lock:?} of {id:?} is {}among those that wait",
                        if waits { "" } else { "not " }
                    ));
                }
            }
            if counts != rule.counts {
                return Some(format!("{id:?} counts {:?} and has {counts:?}", rule.counts));
            }
            n_locks += rule.locks.len() as u64;
            n_open += u64::from(counts.replicating + counts.stuck);
        }
        let listed: u64 = self.open.values().map(|refs| refs.len() as u64).sum();
        if listed != n_open {
            return Some(format!("{listed} locks are listed as open and {n_open} are"));
        }
        let left = self.n_made - self.n_gone;
        (left != n_locks).then(|| format!("{left} locks should be left and {n_locks} are"))
    }
}

#[cfg(test)]
mod tests;
