//! How well the replay of a law predicts the second half of the log.

use dapple_models::statistics::{Bootstrap, block_bootstrap};
use dapple_models::{DataError, PredictionErrors};

use dapple_reports::replay;
pub use dapple_reports::replay::TAU;
use dapple_reports::statistics::Interval;

/// FoGP(0.3) on the second half that a replay has to reach.
pub const BAR: f64 = 0.61;

/// A transfer of the second half that is scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The day on which it started, for resampling; any origin.
    pub day: i64,
    /// How long it took, in seconds.
    pub real_s: f64,
    /// How long it was simulated to take, in seconds; infinite where it did not end.
    pub simulated_s: f64,
}

/// What was found about a law by fitting it to parts of the first half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstHalf {
    /// FoGP on the second quarter with constants of the first.
    pub validation: f64,
    /// FoGP on the first half with its own constants.
    pub calibrated: f64,
}

/// A law and how its replay did.
#[derive(Clone, Debug, PartialEq)]
pub struct LawResult {
    /// Its name.
    pub name: String,
    /// Its constants in words, fitted to the first half.
    pub constants: String,
    /// What was found by fitting; `None`: the constants are those stored with the scenario.
    pub fitted: Option<FirstHalf>,
    /// Predictions of the second half, the same transfers for all laws; never empty.
    pub predictions: Vec<Prediction>,
    /// Aggregate rate [MB/s] at concurrencies, for a plot; empty: not drawn.
    pub curve: Vec<(f64, f64)>,
}

impl LawResult {
    /// FoGP(0.3) on the second half.
    ///
    /// # Errors
    /// Where there are no predictions or a duration is not a number.
    pub fn score(&self) -> Result<f64, DataError> {
        self.errors(|errors| errors.fogp(TAU))
    }

    /// Its 95 % interval: whole days are drawn again, because transfers of one day are alike.
    ///
    /// # Errors
    /// Where there are no predictions.
    pub fn interval(&self) -> Result<Interval, DataError> {
        let mut days: Vec<(i64, f64, f64)> = Vec::new();
        let mut ordered = self.predictions.clone();
        ordered.sort_by_key(|prediction| prediction.day);
        for prediction in ordered {
            let good = f64::from(prediction.is_good());
            match days.last_mut().filter(|(day, ..)| *day == prediction.day) {
                Some((_, hits, all)) => (*hits, *all) = (*hits + good, *all + 1.0),
                None => days.push((prediction.day, good, 1.0)),
            }
        }
        let (hits, all): (Vec<f64>, Vec<f64>) = days.into_iter().map(|(_, hits, all)| (hits, all)).unzip();
        let found = block_bootstrap(&hits, &all, &Bootstrap::default())?;
        Ok(Interval { low: found.low, high: found.high })
    }

    pub(super) fn errors<T>(&self, measure: impl FnOnce(&PredictionErrors<'_>) -> T) -> Result<T, DataError> {
        let pair = |prediction: &Prediction| (prediction.real_s, prediction.simulated_s.min(f64::MAX));
        let (real, simulated): (Vec<f64>, Vec<f64>) = self.predictions.iter().map(pair).unzip();
        PredictionErrors::new(&real, &simulated).map(|errors| measure(&errors))
    }
}

impl Prediction {
    pub(super) fn is_good(&self) -> bool {
        replay::is_good(self.real_s, self.simulated_s)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::hpss) fn law(name: &str, simulated: &[f64]) -> LawResult {
        let prediction =
            |(nth, &simulated_s): (usize, &f64)| Prediction { day: nth as i64 / 2, real_s: 100.0, simulated_s };
        LawResult {
            name: name.into(),
            constants: "s 1 s".into(),
            fitted: Some(FirstHalf { validation: 0.5, calibrated: 0.6 }),
            predictions: simulated.iter().enumerate().map(prediction).collect(),
            curve: vec![(1.0, 300.0), (2.0, 500.0)],
        }
    }

    #[test]
    fn a_score_counts_what_lies_within_30_percent() {
        // 70 and 130 are still good; what did not end is not
        let law = law("x", &[70.0, 130.0, 69.9, f64::INFINITY]);
        assert_eq!(law.score(), Ok(0.5));
        // days with 2 of 2 and 0 of 2
        assert_eq!(law.interval(), Ok(Interval { low: 0.0, high: 1.0 }));
    }
}
