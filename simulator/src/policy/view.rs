//! What a policy may know.

use crate::ids::{FileId, PoolId, RseId};
use crate::policy::AccessRequest;
use crate::topology::Topology;
use crate::units::{Bytes, SimTime};

/// The grid as its services show it at one moment, read-only.
pub struct GridView<'a> {
    pub(crate) now: SimTime,
    pub(crate) topology: &'a Topology,
}

impl GridView<'_> {
    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now
    }
    /// Sites, RSEs, links, DTNs, pools, laws and routes.
    pub fn topology(&self) -> &Topology {
        self.topology
    }
    /// RSEs with a replica from which the request's pool can be reached, least latency first; never empty.
    pub fn sources(&self, _request: &AccessRequest) -> Vec<RseId> {
        Vec::new()
    }
    /// RSEs with a replica of a file, in order of their ids.
    pub fn replicas(&self, _file: FileId) -> &[RseId] {
        &[]
    }
    /// The RSE at the pool's own site with the most free space, if the site has one.
    pub fn local_rse(&self, _pool: PoolId) -> Option<RseId> {
        None
    }
    /// Space left at an RSE; `None`: it is never full.
    pub fn free_space(&self, _rse: RseId) -> Option<Bytes> {
        None
    }
    /// Requests queued on an FTS link.
    pub fn queued(&self, _source: RseId, _destination: RseId) -> usize {
        0
    }
    /// Requests active on an FTS link.
    pub fn active(&self, _source: RseId, _destination: RseId) -> usize {
        0
    }
    /// Whether a copy of the file to that RSE is queued or active.
    pub fn is_being_placed(&self, _file: FileId, _target: RseId) -> bool {
        false
    }
    /// Remote reads under way from an RSE to the nodes of a pool: (processes, threads).
    pub fn reads(&self, _pool: PoolId, _rse: RseId) -> (usize, usize) {
        (0, 0)
    }
    /// How often jobs have asked for the file before, this request not counted.
    pub fn past_uses(&self, _file: FileId) -> u64 {
        0
    }
    /// Jobs waiting at the pool for a slot or for scratch space.
    pub fn waiting_jobs(&self, _pool: PoolId) -> usize {
        0
    }
    /// Slots free at the pool.
    pub fn free_slots(&self, _pool: PoolId) -> usize {
        0
    }
    /// Scratch space free on the emptiest node of the pool; `None`: never full.
    pub fn free_scratch(&self, _pool: PoolId) -> Option<Bytes> {
        None
    }
}
