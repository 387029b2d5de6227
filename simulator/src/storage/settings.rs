//! How storage shows itself.

use crate::settings;
use crate::units::SimSpan;

settings! {
    /// How storage shows itself.
    pub struct StorageSettings {
        /// Interval at which the space left at RSEs is published; policies see what was published last. Zero: it is always up to date.
        pub usage_every: SimSpan = SimSpan::ZERO,
    }
}
