//! What a policy may know.

use smallvec::SmallVec;

use crate::compute::Compute;
use crate::conveyor::Conveyor;
use crate::fts::Fts;
use crate::ids::{FileId, PoolId, RseId};
use crate::published::Published;
use crate::questions::AccessQuestion;
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime};

/// The grid as its services show it at one moment, read-only.
///
/// It shows the map, replicas, space, queues and slots: what Rucio, FTS and a batch system publish. It shows neither rates nor
/// laws nor the future. What a service publishes with delay comes as [`Published`], with the instant at which it was true.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) now: SimTime,
    pub(crate) map: &'a Map,
    pub(crate) storage: &'a Storage,
    pub(crate) fts: &'a Fts,
    pub(crate) conveyor: &'a Conveyor,
    pub(crate) compute: &'a Compute,
}

impl<'a> View<'a> {
    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Sites, RSEs, links, DTNs, pools with their nominal capacities, and routes.
    pub fn map(&self) -> &'a Map {
        self.map
    }

    /// RSEs with a replica from which the question's pool can be reached: least latency first, among equals those at the
    /// pool's own site, then in order of their ids. Never empty for a question that a policy is asked.
    pub fn sources(&self, question: &AccessQuestion) -> Vec<RseId> {
        let by_latency = |(latency, rse)| (latency, !self.is_local(rse, question.pool), rse);
        let mut sources: SmallVec<[_; 8]> = self.reachable(question).map(by_latency).collect();
        sources.sort_unstable();
        sources.into_iter().map(|(_, _, rse)| rse).collect()
    }

    /// RSEs with a replica from which the question's pool can be reached, in order of their ids, with the latency of the way.
    pub(crate) fn reachable(&self, question: &AccessQuestion) -> impl Iterator<Item = (SimSpan, RseId)> {
        let pool = question.pool;
        let latency = move |rse| self.map.route_to_pool(rse, pool).map(|route| route.latency);
        self.replicas(question.file).iter().filter_map(move |&rse| Some((latency(rse)?, rse)))
    }

    /// RSEs with a replica of a file from which another RSE can be reached, in order of their ids.
    pub fn copy_sources(&self, file: FileId, destination: RseId) -> impl Iterator<Item = RseId> {
        let map = self.map;
        let replicas = self.replicas(file).iter().copied();
        replicas.filter(move |&source| map.route_between(source, destination).is_some())
    }

    /// RSEs with a replica of a file that can be read, in order of their ids. Of a file that was made up for a job that has ended
    /// nothing is known any more.
    pub fn replicas(&self, file: FileId) -> &[RseId] {
        self.storage.known(file).map_or(&[], |file| &file.replicas)
    }

    /// Whether an RSE stands at the pool's own site.
    pub fn is_local(&self, rse: RseId, pool: PoolId) -> bool {
        self.map.rses()[rse].site == self.map.pools()[pool].site
    }

    /// The RSE at the pool's own site with the most free space, the first of equals; `None`: the site has none.
    pub fn local_rse(&self, pool: PoolId) -> Option<RseId> {
        let free = |rse: RseId| self.free_space(rse).value.map_or(u64::MAX, Bytes::get);
        let local = self.map.rses().ids().filter(|&rse| self.is_local(rse, pool));
        local.max_by_key(|&rse| (free(rse), std::cmp::Reverse(rse)))
    }

    /// Space left at an RSE as Rucio published it last; `None`: it is never full.
    pub fn free_space(&self, rse: RseId) -> Published<Option<Bytes>> {
        self.storage.free(rse, self.now)
    }

    /// Requests queued on an FTS link.
    pub fn queued(&self, source: RseId, destination: RseId) -> usize {
        self.fts.queued(source, destination, self.map)
    }

    /// Requests active on an FTS link.
    pub fn active(&self, source: RseId, destination: RseId) -> usize {
        self.fts.active(source, destination, self.map)
    }

    /// Requests queued towards all RSEs at the pool's own site.
    pub fn queued_to_site(&self, pool: PoolId) -> u32 {
        let local = self.map.rses().ids().filter(|&rse| self.is_local(rse, pool));
        local.map(|rse| self.fts.queued_to(rse)).sum()
    }

    /// Whether a copy of the file to that RSE is queued or active.
    pub fn is_being_placed(&self, file: FileId, target: RseId) -> bool {
        self.conveyor.live(file, target).is_some()
    }

    /// Remote reads under way from an RSE to the nodes of a pool: (processes, threads).
    pub fn reads(&self, pool: PoolId, rse: RseId) -> (usize, usize) {
        self.compute.streaming(pool, rse)
    }

    /// How often jobs have asked for the file before, this input of this job not counted when its access is asked, and counted when its source is.
    pub fn past_uses(&self, file: FileId) -> u64 {
        self.storage.known(file).map_or(0, |file| file.uses)
    }

    /// Jobs waiting at the pool for a slot or for scratch space.
    pub fn waiting_jobs(&self, pool: PoolId) -> usize {
        self.compute.n_waiting(pool)
    }

    /// Slots free at the pool.
    pub fn free_slots(&self, pool: PoolId) -> usize {
        self.compute.free_slots(pool) as usize
    }

    /// Scratch space free on the emptiest node of the pool; `None`: never full.
    pub fn free_scratch(&self, pool: PoolId) -> Option<Bytes> {
        self.compute.free_scratch(pool)
    }
}
