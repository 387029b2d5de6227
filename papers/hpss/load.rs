//! The log of the HPSS mover and its scenario.

use std::path::Path;

use dapple_scenarios::{LoadOptions, Problems, Registry, load_bundled};

use super::{LogError, Replay, ReplayError, TransferLog};

/// The scenario among those that the program brings along, with the constants that were fitted to the first half of the log.
pub const HPSS_SCENARIO: &str = "logs/hpss.ron";

/// The log, under the folder that the environment variable `DAPPLE_DATA` names.
pub const HPSS_LOG: &str = "hpss-transfers/transfers.csv.gz";

/// What was measured, and the scenario that replays it.
#[derive(Clone, Debug)]
pub struct Hpss {
    /// What was measured.
    pub log: TransferLog,
    /// Its starts and sizes, on the scenario's mover.
    pub replay: Replay,
    /// Until when it is replayed, from the first start on in seconds: 32 days beyond the last start. No end has a say in it.
    pub horizon_s: f64,
}

/// Time that the last start has to end [s].
const PATIENCE_S: f64 = 32.0 * 86_400.0;

/// Why the HPSS log cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HpssError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The scenario does not fit the log.
    #[error("{0}")]
    Scenario(Problems),
    /// The scenario is no replay.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl Hpss {
    /// Reads the log in a folder of data, and the scenario.
    ///
    /// # Errors
    /// [`HpssError::Log`] where there is no such log, or it is not what it should be.
    pub fn load(data: &Path) -> Result<Self, HpssError> {
        let log = TransferLog::read(&data.join(HPSS_LOG))?;
        // The rows were checked just now, and how fast a law is says the fit, not the nominal load.
        let last_start_s = log.transfers.iter().map(|transfer| transfer.started_at_s).fold(0.0, f64::max);
        let horizon_s = (last_start_s - log.origin_s()).ceil() + PATIENCE_S;
        let overrides = [("horizon".to_owned(), format!("Seconds({horizon_s:?})"))];
        let options = LoadOptions { data: Some(data.to_owned()), overrides: &overrides, ..LoadOptions::default() };
        let scenario = load_bundled(HPSS_SCENARIO, &options, &Registry::standard()).map_err(HpssError::Scenario)?;
        Ok(Self { log, replay: Replay::new(scenario.setup)?, horizon_s })
    }
}
