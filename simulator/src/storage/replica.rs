//! One replica: its state, who holds it, and when it may be deleted.

use crate::units::SimTime;

/// What is known of a file at an RSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplicaState {
    /// It is there and can be read.
    Available,
    /// A request is to bring it.
    Copying,
    /// It was to be brought, and was not.
    Unavailable,
    /// The reaper has marked it.
    BeingDeleted,
    /// It is there and corrupt: nobody reads it.
    Bad,
}

/// When a replica may be deleted: in this order replicas are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tombstone(u64);

impl Tombstone {
    /// Deleted whatever the space: the epoch, in Rucio's tables.
    pub const OBSOLETE: Self = Self(0);
    /// Never.
    pub const NONE: Self = Self(u64::MAX);

    /// From this instant on, where space is needed.
    pub fn at(at: SimTime) -> Self {
        Self(at.as_nanos().saturating_add(1).min(u64::MAX - 1))
    }

    /// Whether it lies before an instant.
    pub fn is_before(self, now: SimTime) -> bool {
        self < Self::at(now)
    }
}

/// How a lock goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unlocking {
    /// Whether the rule says that its data are to be purged.
    pub purges: bool,
    /// Whether the replica is still to come for this lock.
    pub is_replicating: bool,
}

/// What is kept of a replica that is not simply there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Replica {
    pub tombstone: Tombstone,
    /// When it was read last, or came into being.
    pub used_at: SimTime,
    /// When its tombstone was set, which tells equal ones apart.
    pub updated_at: SimTime,
    /// Locks of rules and pins of jobs.
    pub locks: u32,
    /// Live requests that read it.
    pub readers: u32,
    pub state: ReplicaState,
    /// Whether it takes space.
    pub is_there: bool,
}

impl Replica {
    /// One that was there from the start, which nobody has ever touched. Of such a replica nothing is kept.
    pub const fn plain() -> Self {
        Self {
            tombstone: Tombstone::NONE,
            used_at: SimTime::ZERO,
            updated_at: SimTime::ZERO,
            locks: 0,
            readers: 0,
            state: ReplicaState::Available,
            is_there: true,
        }
    }

    /// One that is to come.
    pub fn copying(now: SimTime) -> Self {
        Self { used_at: now, updated_at: now, state: ReplicaState::Copying, is_there: false, ..Self::plain() }
    }

    /// With a tombstone.
    pub fn buried(self, tombstone: Tombstone, now: SimTime) -> Self {
        Self { tombstone, updated_at: now, ..self }
    }

    /// With one lock more: it may not be deleted.
    pub fn locked(self, now: SimTime) -> Self {
        Self { locks: self.locks + 1, ..self.buried(Tombstone::NONE, now) }
    }

    /// With one lock less. Without the last one it is obsolete, where it was or is of no use, or cache that was used last when it was read last.
    pub fn unlocked(self, how: Unlocking, now: SimTime) -> Self {
        debug_assert!(self.locks > 0, "a lock goes once");
        let locks = self.locks.saturating_sub(1);
        if locks > 0 {
            return Self { locks, ..self };
        }
        let is_obsolete = how.purges
            || how.is_replicating
            || self.tombstone == Tombstone::OBSOLETE
            || matches!(self.state, ReplicaState::Unavailable | ReplicaState::Bad);
        let state = if how.is_replicating { ReplicaState::Unavailable } else { self.state };
        let tombstone = if is_obsolete { Tombstone::OBSOLETE } else { Tombstone::at(self.used_at) };
        Self { locks, state, ..self.buried(tombstone, now) }
    }

    /// As somebody has read it.
    pub fn touched(self, now: SimTime) -> Self {
        let read = Self { used_at: now, ..self };
        match self.tombstone {
            Tombstone::NONE | Tombstone::OBSOLETE => read,
            _ => read.buried(Tombstone::at(now), now),
        }
    }

    /// Whether it may be deleted once its tombstone is past, as far as it is up to the replica alone.
    pub fn is_deletable(&self) -> bool {
        use ReplicaState::{Available, Bad, Unavailable};
        self.locks == 0 && self.tombstone != Tombstone::NONE && matches!(self.state, Available | Unavailable | Bad)
    }
}
