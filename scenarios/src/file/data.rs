//! The data that exist from the start.

use dapple_simulator::distribution::Distribution;
use dapple_simulator::settings;
use dapple_simulator::units::{Amount, Bytes};

settings! {
    /// The data that exist from the start.
    pub struct Data {
        /// Named groups of files. Names are unique.
        pub datasets: Vec<Dataset> = Vec::new(),
    }
}

settings! {
    /// A named group of files that exists from the start.
    pub struct Dataset {
        /// Name in scenarios and results.
        pub name: String,
        /// Number of files.
        #[range(AtLeast(1))]
        pub files: u32,
        /// Size of each file.
        #[range(Positive)]
        pub size: Distribution<Amount<Bytes>>,
        /// RSEs that hold all of its files at the start; at least one.
        pub replicas: Vec<String>,
        /// Whether these replicas are cache: no rule holds them, and the reaper may delete them, those first that nobody has read for longest.
        pub is_cache: bool = false,
    }
}
