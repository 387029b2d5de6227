//! What a workload may refer to: the places and data that are declared, and the end of the run.

use dapple_simulator::ids::{DatasetId, PoolId, RseId, Table};
use dapple_simulator::storage::Dataset;
use dapple_simulator::units::SimTime;

use super::topology::Grid;
use crate::check::Names;

/// What a workload may refer to.
pub(super) struct Scope<'a> {
    /// The topology and its names.
    pub grid: &'a Grid,
    /// Names of the datasets.
    pub names: Names<DatasetId>,
    /// The datasets.
    pub datasets: Table<DatasetId, Dataset>,
    /// The end of the run.
    pub horizon: SimTime,
}

impl Scope<'_> {
    /// The name of an RSE.
    pub fn rse_name(&self, rse: RseId) -> String {
        self.grid.topology.as_ref().map_or_else(String::new, |topology| topology.map.rses()[rse].name.clone())
    }

    /// The name of a pool.
    pub fn pool_name(&self, pool: PoolId) -> String {
        self.grid.topology.as_ref().map_or_else(String::new, |topology| topology.map.pools()[pool].name.clone())
    }

    /// Why nothing can be transferred between two RSEs; `None` where it can.
    pub fn why_not(&self, source: RseId, destination: RseId) -> Option<String> {
        let map = &self.grid.topology.as_ref()?.map;
        let name = |rse: RseId| &map.rses()[rse].name;
        if source == destination {
            return Some(format!("nothing is transferred from `{}` to itself", name(source)));
        }
        let is_missing = map.route_between(source, destination).is_none();
        is_missing.then(|| format!("no route leads from `{}` to `{}`", name(source), name(destination)))
    }
}
