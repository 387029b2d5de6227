//! A law fitted to one part of a log and scored on others.
//!
//! ```text
//!   |---- first quarter ----|---- second quarter ----|------------ second half ------------|   of the time, or of the starts
//!   fit ------------------->| validate: selects the law
//!   fit again -------------------------------------->| predict: the score that counts
//! ```

use std::sync::Mutex;

use dapple_lab::{ThreadsError, in_parallel};
use dapple_models::optimise::{NelderMead, OptimiseError};
use dapple_models::{DataError, PredictionErrors};
use dapple_simulator::units::SimTime;

use super::{Halves, Law, Replay, ReplayError, TransferLog};

/// How laws are fitted and what counts as a good prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Relative error up to which a prediction is good; 0.3.
    pub tau: f64,
    /// Softness of that threshold while fitting; 0.1.
    pub softness: f64,
    /// Pull towards the start of the search: this times the mean squared logarithm of constant over start; 0.001. It
    /// keeps constants that the log says nothing about where they are.
    pub pull: f64,
    /// Replays that a search may take for each constant of a law, 40; half as many where it starts from constants that
    /// were fitted to a part of the same log.
    pub replays_per_constant: usize,
    /// The search; its number of evaluations is not used.
    pub search: NelderMead,
    /// Laws that are fitted at once; 0: as many as there are cores.
    pub threads: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let search =
            NelderMead { step: 0.25, x_tolerance: 1e-3, f_tolerance: 1e-5, rounds: 2, ..NelderMead::default() };
        Self { tau: 0.3, softness: 0.1, pull: 1e-3, replays_per_constant: 40, search, threads: 0 }
    }
}

/// A law with constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// Its constants, in order and units of [`Law::constants`].
    pub constants: Vec<f64>,
    /// Value of the objective that they reached, smaller is better.
    pub objective: f64,
    /// Replays that it took.
    pub replays: usize,
}

/// How a law did.
#[derive(Clone, Debug, PartialEq)]
pub struct LawScores {
    /// The law.
    pub law: Law,
    /// Fitted to the first quarter.
    pub on_quarter: Calibrated,
    /// FoGP on the second quarter with the constants of the first: what a law is selected by.
    pub validation: f64,
    /// Fitted to the first half.
    pub on_half: Calibrated,
    /// FoGP on the first half with its own constants: calibrated, not predicted.
    pub first_half: f64,
    /// FoGP on the second half with the constants of the first.
    pub second_half: f64,
    /// Simulated durations in seconds, by row of the log, with the constants of the first half.
    pub durations_s: Vec<Option<f64>>,
}

/// Why a law cannot be calibrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// The log cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The search was not possible.
    #[error(transparent)]
    Search(#[from] OptimiseError),
    /// The system gives no threads.
    #[error("cannot start the threads that fit the laws: {0}")]
    Threads(#[from] ThreadsError),
    /// Nothing can be scored.
    #[error("a part of the log has nothing to score")]
    NothingScored(#[source] DataError),
}

/// Fits each law to the first quarter, validates it on the second, fits it again to the first half and replays
/// the whole log once. Laws run in parallel; results come in their order, the same at any number of threads.
///
/// `done` is told each law that is ready.
///
/// # Errors
/// [`CalibrationError`], of the first law in order that fails.
pub fn calibrate(
    (log, halves): (&TransferLog, &Halves),
    replay: &Replay,
    laws: &[Law],
    settings: &Settings,
    done: &(dyn Fn(Law) + Sync),
) -> Result<Vec<LawScores>, CalibrationError> {
    let parts = Parts::of((log, halves), replay);
    // The richest laws take longest, so they go first.
    let mut order: Vec<(usize, Law)> = laws.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, law)| std::cmp::Reverse(law.constants().len()));
    let fitted = |(index, law): (usize, Law)| {
        let scores = parts.scores(log, law, settings);
        done(law);
        (index, scores)
    };
    let mut scores = in_parallel(settings.threads, order, fitted)?;
    scores.sort_by_key(|(index, _)| *index);
    scores.into_iter().map(|(_, scores)| scores).collect()
}

/// A log cut into replays and what is scored of them.
struct Parts {
    quarter: Replay,
    half: Replay,
    whole: Replay,
    in_first_quarter: Vec<usize>,
    in_second_quarter: Vec<usize>,
    in_first_half: Vec<usize>,
    in_second_half: Vec<usize>,
}

impl Parts {
    fn of((log, halves): (&TransferLog, &Halves), whole: &Replay) -> Self {
        let before = |end_s: f64| whole.before(SimTime::from_secs_f64(end_s - log.origin_s()));
        let [in_first_quarter, in_second_quarter, in_second_half] = halves.parts(log);
        Self {
            quarter: before(halves.quarter_s),
            half: before(halves.middle_s),
            whole: whole.clone(),
            in_first_quarter,
            in_second_quarter,
            in_first_half: halves.first(log),
            in_second_half,
        }
    }

    fn scores(&self, log: &TransferLog, law: Law, settings: &Settings) -> Result<LawScores, CalibrationError> {
        let fogp = |durations: &[Option<f64>], rows: &[usize]| {
            compared(log, durations, rows, |errors| errors.fogp(settings.tau))
        };
        let replayed =
            |replay: &Replay, fit: &Calibrated| replay.durations_s(&law.mover(&fit.constants), log.transfers.len());
        let on_quarter = fit(law, None, (log, &self.quarter, &self.in_first_quarter), settings)?;
        let validation = fogp(&replayed(&self.half, &on_quarter)?, &self.in_second_quarter)?;
        let start = Some(on_quarter.constants.as_slice());
        let on_half = fit(law, start, (log, &self.half, &self.in_first_half), settings)?;
        let durations_s = replayed(&self.whole, &on_half)?;
        let first_half = fogp(&durations_s, &self.in_first_half)?;
        let second_half = fogp(&durations_s, &self.in_second_half)?;
        Ok(LawScores { law, on_quarter, validation, on_half, first_half, second_half, durations_s })
    }
}

/// The constants that make the share of bad predictions small on some rows of a replay.
fn fit(
    law: Law,
    start: Option<&[f64]>,
    (log, replay, rows): (&TransferLog, &Replay, &[usize]),
    settings: &Settings,
) -> Result<Calibrated, CalibrationError> {
    let parameters = law.parameters(start);
    let replays = settings.replays_per_constant * parameters.len();
    let search = match start {
        None => NelderMead { max_evaluations: replays, ..settings.search },
        Some(_) => NelderMead { max_evaluations: replays / 2, step: settings.search.step / 2.0, ..settings.search },
    };
    let failure: Mutex<Option<CalibrationError>> = Mutex::new(None);
    let objective = |constants: &[f64]| {
        let durations = replay.durations_s(&law.mover(constants), log.transfers.len());
        let good = durations.map_err(CalibrationError::from).and_then(|durations| {
            compared(log, &durations, rows, |errors| errors.soft_fogp(settings.tau, settings.softness))
        });
        let far = constants.iter().zip(&parameters).map(|(x, parameter)| (x / parameter.start).ln().powi(2));
        match good {
            Ok(good) => 1.0 - good + settings.pull * far.sum::<f64>() / constants.len() as f64,
            Err(error) => {
                if let Ok(mut failure) = failure.lock() {
                    failure.get_or_insert(error);
                }
                f64::NAN
            }
        }
    };
    let found = search.minimise(&parameters, objective);
    if let Ok(Some(error)) = failure.into_inner() {
        return Err(error);
    }
    let found = found?;
    Ok(Calibrated { constants: found.point, objective: found.value, replays: found.evaluations })
}

/// A measure of simulated against measured durations; a transfer that did not end is as wrong as can be.
fn compared(
    log: &TransferLog,
    durations: &[Option<f64>],
    rows: &[usize],
    measure: impl Fn(&PredictionErrors<'_>) -> f64,
) -> Result<f64, CalibrationError> {
    let (real, simulated): (Vec<f64>, Vec<f64>) =
        rows.iter().map(|&row| (log.transfers[row].duration_s, durations[row].unwrap_or(f64::MAX))).unzip();
    PredictionErrors::new(&real, &simulated).map(|errors| measure(&errors)).map_err(CalibrationError::NothingScored)
}

/// How a replay with given constants did on the second half of its log.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayScore {
    /// FoGP.
    pub second_half: f64,
    /// Simulated durations in seconds, by row of the log.
    pub durations_s: Vec<Option<f64>>,
}

/// Replays a log once, with the law of its scenario.
///
/// # Errors
/// [`CalibrationError::Replay`], [`CalibrationError::NothingScored`].
pub fn replay_score(
    (log, halves): (&TransferLog, &Halves),
    replay: &Replay,
    tau: f64,
) -> Result<ReplayScore, CalibrationError> {
    let durations_s = replay.durations_s(&replay.mover(), log.transfers.len())?;
    let rows = halves.second(log);
    let second_half = compared(log, &durations_s, &rows, |errors| errors.fogp(tau))?;
    Ok(ReplayScore { second_half, durations_s })
}

/// Position of the law that the first half alone selects: fitted to the first quarter, best on the second; the earlier
/// one in a tie.
pub fn selected(scores: &[LawScores]) -> Option<usize> {
    (0..scores.len())
        .reduce(|best, other| if scores[other].validation > scores[best].validation { other } else { best })
}
