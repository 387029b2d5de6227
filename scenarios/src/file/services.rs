//! How the services of the grid are set.

use dapple_simulator::conveyor::ConveyorSettings;
use dapple_simulator::copy::CopySettings;
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::reaper::ReaperSettings;
use dapple_simulator::rules::RulesSettings;
use dapple_simulator::settings;
use dapple_simulator::storage::StorageSettings;

settings! {
    /// How the services of the grid are set.
    pub struct Services {
        /// The settings that these start from, field by field: `instant` (no daemons, everything at once), `rucio-defaults`,
        /// `atlas2019` or `cms2026`. What is written here beside it holds; what is not has the preset's value.
        /// [docs/presets.md](presets.md) has all of them and where they come from.
        pub preset: String = "instant".into(),
        /// How transfers queue and move.
        pub fts: FtsSettings<String> = FtsSettings::default(),
        /// How one copy goes, and how it fails.
        pub copy: CopySettings<String> = CopySettings::default(),
        /// How Rucio brings files to where they are asked for.
        pub conveyor: ConveyorSettings = ConveyorSettings::default(),
        /// How rules are kept.
        pub rules: RulesSettings = RulesSettings::default(),
        /// Which replicas are deleted when.
        pub reaper: ReaperSettings<String> = ReaperSettings::default(),
        /// How storage shows itself.
        pub storage: StorageSettings = StorageSettings::default(),
    }
}
