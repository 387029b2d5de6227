//! What a run is made of.

use crate::catalogue::CatalogueSetup;
use crate::conveyor::ConveyorSettings;
use crate::copy::CopySettings;
use crate::fts::FtsSettings;
use crate::ids::{DatasetId, Table, WorkloadId};
use crate::names::Names;
use crate::reaper::ReaperSettings;
use crate::rules::RulesSettings;
use crate::storage::{Dataset, StorageSettings};
use crate::topology::Topology;
use crate::units::SimTime;
use crate::workload::Workload;

/// Everything a run needs apart from its policies and its seed: names resolved, units applied, checked.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Sites, RSEs, links, DTNs, pools, laws and routes.
    pub topology: Topology,
    /// The datasets that exist from the start.
    pub datasets: Table<DatasetId, Dataset>,
    /// What RSEs say of themselves, and the containers.
    pub catalogue: CatalogueSetup,
    /// Who asks for what.
    pub workloads: Table<WorkloadId, Workload>,
    /// How the services of the grid are set.
    pub services: Services,
    /// Names of virtual organisations, activities and accounts.
    pub names: Names,
    /// The end of the run.
    pub horizon: SimTime,
}

/// How the services of the grid are set: each component's own settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Services {
    /// How transfers queue and move.
    pub fts: FtsSettings,
    /// How Rucio brings files to where they are asked for.
    pub conveyor: ConveyorSettings,
    /// How one copy goes, and how it fails.
    pub copy: CopySettings,
    /// How rules are kept.
    pub rules: RulesSettings,
    /// Which replicas are deleted when.
    pub reaper: ReaperSettings,
    /// How storage shows itself.
    pub storage: StorageSettings,
}

impl Setup {
    /// Whether anything in it is drawn: without chance all seeds give the same run, but for what policies draw.
    pub fn has_chance(&self) -> bool {
        self.services.fts.has_chance()
            || self.services.copy.has_chance()
            || self.services.conveyor.has_chance()
            || self.services.rules.has_chance()
            || self.services.reaper.has_chance()
            || self.datasets.values().any(|dataset| dataset.size.has_chance())
            || self.workloads.values().any(|workload| workload.kind.has_chance(&self.datasets))
    }
}
