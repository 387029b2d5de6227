//! How the services of the grid are set.

use dapple_simulator::copy::CopySettings;
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::settings;
use dapple_simulator::storage::StorageSettings;

settings! {
    /// How the services of the grid are set.
    pub struct Services {
        /// How transfers queue and move.
        pub fts: FtsSettings<String> = FtsSettings::default(),
        /// How one copy goes, and how it fails.
        pub copy: CopySettings<String> = CopySettings::default(),
        /// How storage shows itself.
        pub storage: StorageSettings = StorageSettings::default(),
    }
}
