//! Which requests wait in Rucio, and how many the throttler lets go.
//!
//! ```text
//!   limit: active = QUEUED + SUBMITTING + SUBMITTED        residual = max - active   where active < 0.8 max, else 0
//!          waiting                                         split over accounts, fewest waiting first
//!   group (source, destination, activity): what the tightest of its limits leaves, oldest first or dataset by dataset
//! ```
//!
//! The four modes of 2019 are limits like any other: at a source or at a destination, for one activity or for all. Only
//! requests that pass the preparer come here; without it no limit is looked at.

use std::collections::{BTreeMap, VecDeque};

use smallvec::SmallVec;

use crate::conveyor::settings::{Direction, Strategy};
use crate::conveyor::throttler::groups::{Merged, merged};

use crate::ids::{AccountId, ActivityId, RequestId, RseId, Table};
use crate::units::{Bytes, SimSpan, SimTime, Total};

mod groups;

/// A limit, its names resolved.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub rses: Vec<RseId>,
    pub direction: Direction,
    pub activity: Option<ActivityId>,
    pub max_transfers: u32,
    pub strategy: Strategy,
    pub within_space: bool,
}

/// What a request counts under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub source: RseId,
    pub destination: RseId,
    pub activity: ActivityId,
}

/// A request that waits, or one that counts as active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub requested_at: SimTime,
    pub request: RequestId,
    pub account: AccountId,
    pub bytes: Bytes,
    /// Its dataset, or the file itself.
    pub dataset: u64,
}

/// What the throttler may look up.
pub(crate) trait Space {
    /// Whether files may be read from an RSE.
    fn is_readable(&self, rse: RseId) -> bool;
    /// Whether files may be written to it.
    fn is_writable(&self, rse: RseId) -> bool;
    /// Space left there; `None`: never full.
    fn free(&self, rse: RseId) -> Option<Bytes>;
    /// Bytes that count as active and that it leaves out already, or that never take space.
    fn placed(&self, rse: RseId) -> Bytes;
}

/// Requests of one group and account.
#[derive(Clone, Debug, Default)]
struct Share {
    active: u32,
    active_bytes: Total,
    /// By when they were requested.
    waiting: VecDeque<Waiting>,
}

/// All limits and what counts under them.
#[derive(Clone, Debug)]
pub(crate) struct Throttler {
    limits: Vec<Limit>,
    /// Limits of an RSE as a source and as a destination.
    at: Table<RseId, [SmallVec<[usize; 2]>; 2]>,
    shares: BTreeMap<(Group, AccountId), Share>,
    /// Requests that wait in them.
    n_waiting: usize,
}

impl Throttler {
    pub fn new(n_rses: usize, limits: Vec<Limit>) -> Self {
        let mut at: Table<RseId, [SmallVec<[usize; 2]>; 2]> = (0..n_rses).map(|_| Default::default()).collect();
        for (nth, limit) in limits.iter().enumerate() {
            limit.rses.iter().for_each(|&rse| at[rse][limit.direction as usize].push(nth));
        }
        Self { limits, at, shares: BTreeMap::new(), n_waiting: 0 }
    }

    /// Whether a request of the group has to wait.
    pub fn limits(&self, group: Group) -> bool {
        self.limits_of(group).next().is_some()
    }

    /// A request that has to wait.
    pub fn wait(&mut self, group: Group, waiting: Waiting) {
        let queue = &mut self.share(group, waiting.account).waiting;
        let at = queue
            .partition_point(|other| (other.requested_at, other.request) < (waiting.requested_at, waiting.request));
        queue.insert(at, waiting);
        self.n_waiting += 1;
    }

    /// One that was let go, or never had to wait, counts from now on; nothing where no limit holds for it.
    pub fn activate(&mut self, group: Group, (account, bytes): (AccountId, Bytes)) {
        if self.limits(group) {
            let share = self.share(group, account);
            share.active += 1;
            share.active_bytes += bytes;
        }
    }

    /// One that counted does not any more.
    pub fn end(&mut self, group: Group, (account, bytes): (AccountId, Bytes)) {
        if self.limits(group) {
            let share = self.share(group, account);
            share.active -= 1;
            share.active_bytes -= bytes;
        }
    }

    /// One that waits is given up.
    pub fn forget(&mut self, group: Group, waiting: &Waiting) {
        let key = (waiting.requested_at, waiting.request);
        let queue = &mut self.share(group, waiting.account).waiting;
        if let Ok(at) = queue.binary_search_by_key(&key, |other| (other.requested_at, other.request)) {
            queue.remove(at);
            self.n_waiting -= 1;
        }
    }

    /// Whether any limit holds back what would not fit.
    pub fn looks_at_space(&self) -> bool {
        self.limits.iter().any(|limit| limit.within_space)
    }

    /// Requests that wait.
    pub fn n_waiting(&self) -> usize {
        self.n_waiting
    }

    /// Lets go what may go now, in this order; it counts as active from now on.
    pub fn release(&mut self, now: SimTime, space: &impl Space) -> Vec<Waiting> {
        self.shares.retain(|_, share| share.active > 0 || !share.waiting.is_empty());
        if self.n_waiting() == 0 {
            return Vec::new();
        }
        let mut residuals: Vec<Residual> = (0..self.limits.len()).map(|nth| self.residual(nth)).collect();
        let mut released = Vec::new();
        for merged in merged(self.groups(), |group| self.limits_of(group).map(|nth| (nth, &self.limits[nth]))) {
            let dark = merged.source.is_some_and(|rse| !space.is_readable(rse))
                || merged.destination.is_some_and(|rse| !space.is_writable(rse));
            let count = merged.limits.iter().map(|&nth| residuals[nth].all).min().unwrap_or(0);
            if dark || count == 0 {
                continue;
            }
            let grouped = merged.limits.iter().map(|&nth| self.limits[nth].strategy).reduce(tighter);
            let gone = match grouped {
                Some(Strategy::GroupedFifo { volume, deadline }) => {
                    self.release_datasets(&merged, count, volume, deadline.map(|span| (now, span)))
                }
                _ => self.release_oldest(&merged, count, &mut residuals, space),
            };
            for &nth in &merged.limits {
                residuals[nth].all = residuals[nth].all.saturating_sub(gone.len() as u32);
            }
            released.extend(gone);
        }
        released
    }

    fn share(&mut self, group: Group, account: AccountId) -> &mut Share {
        self.shares.entry((group, account)).or_default()
    }

    fn limits_of(&self, group: Group) -> impl Iterator<Item = usize> {
        let [of_source, _] = &self.at[group.source];
        let [_, of_destination] = &self.at[group.destination];
        let all = of_source.iter().chain(of_destination).copied();
        all.filter(move |&nth| self.limits[nth].activity.is_none_or(|activity| activity == group.activity))
    }

    /// What a limit leaves, for all and for each account.
    fn residual(&self, nth: usize) -> Residual {
        let limit = &self.limits[nth];
        let (mut active, mut waiting) = (0, BTreeMap::<AccountId, u32>::new());
        for (&(group, account), share) in &self.shares {
            if self.limits_of(group).any(|other| other == nth) {
                active += share.active;
                *waiting.entry(account).or_default() += share.waiting.len() as u32;
            }
        }
        // Below 80 %, in whole numbers.
        let below = u64::from(active) * 10 < u64::from(limit.max_transfers) * 8;
        let all = if below { limit.max_transfers - active } else { 0 };
        let mut by_waiting: Vec<_> = waiting.into_iter().collect();
        by_waiting.sort_by_key(|&(_, waiting)| waiting);
        let (mut left, mut n_left) = (all, by_waiting.len() as u32);
        let of_account = by_waiting.into_iter().map(|(account, waiting)| {
            let given = waiting.min(left.div_ceil(n_left));
            (left, n_left) = (left - given, n_left - 1);
            (account, given)
        });
        Residual { of_account: of_account.collect(), all }
    }

    /// The groups with requests that wait.
    fn groups(&self) -> Vec<Group> {
        let with_waiting = self.shares.iter().filter(|(_, share)| !share.waiting.is_empty());
        let mut groups: Vec<_> = with_waiting.map(|(&(group, _), _)| group).collect();
        groups.dedup();
        groups
    }

    /// The oldest of each account, as far as its share goes.
    fn release_oldest(
        &mut self,
        merged: &Merged,
        count: u32,
        residuals: &mut [Residual],
        space: &impl Space,
    ) -> Vec<Waiting> {
        let mut shares = BTreeMap::<AccountId, u32>::new();
        for &nth in &merged.limits {
            for (&account, &left) in &residuals[nth].of_account {
                let share = shares.entry(account).or_insert(count);
                *share = left.min(*share);
            }
        }
        let mut room = self.room(merged, space);
        let mut released = Vec::new();
        for (account, share) in shares {
            let mut gone = 0;
            while gone < share && released.len() < count as usize {
                let heads = merged.groups.iter().filter_map(|&group| {
                    let head = self.shares.get(&(group, account))?.waiting.front()?;
                    Some((head.requested_at, head.request, group, head.bytes))
                });
                let Some((_, _, group, bytes)) = heads.min_by_key(|head| (head.0, head.1)) else { break };
                if let Some(room) = &mut room {
                    if bytes > *room {
                        break;
                    }
                    *room -= bytes;
                }
                released.extend(self.let_go(group, account, 0));
                gone += 1;
            }
            for &nth in &merged.limits {
                if let Some(left) = residuals[nth].of_account.get_mut(&account) {
                    *left = left.saturating_sub(gone);
                }
            }
        }
        released
    }

    /// Whole datasets.
    fn release_datasets(
        &mut self,
        merged: &Merged,
        count: u32,
        volume: Option<Bytes>,
        deadline: Option<(SimTime, SimSpan)>,
    ) -> Vec<Waiting> {
        let mut datasets: BTreeMap<u64, Bundle> = BTreeMap::new();
        for (&(group, account), share) in self.shares.iter().filter(|((group, _), _)| merged.groups.contains(group)) {
            for waiting in &share.waiting {
                let bundle = datasets.entry(waiting.dataset).or_default();
                bundle.oldest = Some(bundle.oldest.map_or(waiting.requested_at, |at| at.min(waiting.requested_at)));
                bundle.bytes += waiting.bytes;
                bundle.requests.push((group, account, waiting.requested_at, waiting.request));
            }
        }
        let mut datasets: Vec<_> = datasets.into_iter().collect();
        datasets.sort_by_key(|(dataset, bundle)| (bundle.oldest, *dataset));
        let is_late = |bundle: &Bundle| match (deadline, bundle.oldest, merged.source) {
            (Some((now, span)), Some(oldest), Some(_)) => now.since(oldest) > span,
            _ => false,
        };
        let (late, others): (Vec<_>, Vec<_>) = datasets.into_iter().partition(|(_, bundle)| is_late(bundle));
        let mut released: Vec<Waiting> = late.into_iter().flat_map(|(_, bundle)| self.let_all_go(bundle)).collect();
        let count = (count as usize).saturating_sub(released.len());
        let mut n_before = 0;
        let mut left = Vec::new();
        for (_, bundle) in others {
            let n = bundle.requests.len();
            if n_before < count {
                released.extend(self.let_all_go(bundle));
            } else {
                left.push(bundle);
            }
            n_before += n;
        }
        if let (Some(volume), Some(_)) = (volume, merged.destination) {
            let room = volume.saturating_sub(self.active_bytes(merged));
            let mut sum = Bytes::ZERO;
            for bundle in left.into_iter().filter(|bundle| bundle.bytes <= room) {
                sum += bundle.bytes;
                if sum <= room {
                    released.extend(self.let_all_go(bundle));
                }
            }
        }
        released
    }

    fn let_all_go(&mut self, bundle: Bundle) -> Vec<Waiting> {
        let one = |(group, account, requested_at, request): (Group, AccountId, SimTime, RequestId)| {
            let queue = &self.shares.get(&(group, account))?.waiting;
            let at = queue.binary_search_by_key(&(requested_at, request), |other| (other.requested_at, other.request));
            self.let_go(group, account, at.ok()?)
        };
        bundle.requests.into_iter().filter_map(one).collect()
    }

    fn let_go(&mut self, group: Group, account: AccountId, at: usize) -> Option<Waiting> {
        let share = self.shares.get_mut(&(group, account))?;
        let waiting = share.waiting.remove(at)?;
        self.n_waiting -= 1;
        share.active += 1;
        share.active_bytes += waiting.bytes;
        Some(waiting)
    }

    /// Bytes that a destination still takes; `None`: nobody looks at it.
    fn room(&self, merged: &Merged, space: &impl Space) -> Option<Bytes> {
        let looks = merged.limits.iter().any(|&nth| self.limits[nth].within_space);
        let free = space.free(merged.destination?)?;
        let to_come = self.active_bytes(merged).saturating_sub(space.placed(merged.destination?));
        looks.then(|| free.saturating_sub(to_come))
    }

    /// Bytes on their way to the destination of a group.
    fn active_bytes(&self, merged: &Merged) -> Bytes {
        let to = self.shares.iter().filter(|((group, _), _)| Some(group.destination) == merged.destination);
        to.map(|(_, share)| share.active_bytes).sum::<Total>().bytes()
    }
}

/// What a limit leaves.
#[derive(Clone, Debug)]
struct Residual {
    all: u32,
    of_account: BTreeMap<AccountId, u32>,
}

/// What waits of one dataset.
#[derive(Clone, Debug, Default)]
struct Bundle {
    oldest: Option<SimTime>,
    bytes: Bytes,
    requests: Vec<(Group, AccountId, SimTime, RequestId)>,
}

/// The strategy of a group with two limits: by datasets before by requests, with the smaller budget and the nearer deadline.
fn tighter(one: Strategy, other: Strategy) -> Strategy {
    fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
        one.into_iter().chain(other).min()
    }
    match (one, other) {
        (Strategy::Fifo, grouped) | (grouped, Strategy::Fifo) => grouped,
        (
            Strategy::GroupedFifo { volume, deadline },
            Strategy::GroupedFifo { volume: other_volume, deadline: other_deadline },
        ) => Strategy::GroupedFifo { volume: least(volume, other_volume), deadline: least(deadline, other_deadline) },
    }
}

#[cfg(test)]
mod tests;
