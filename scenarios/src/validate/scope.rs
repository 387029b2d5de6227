//! What a workload may refer to: the places and data that are declared, and the end of the run.

use dapple_simulator::ids::{DatasetId, RseId, Table};
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
