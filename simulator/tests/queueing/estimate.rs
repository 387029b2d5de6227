//! Estimates from a run, and how far they may be off.

/// Batches of a mean: long against the memory of the systems here.
const BATCHES: usize = 25;

/// Standard errors that an estimate may be off.
const ACCEPTED: f64 = 4.0;

/// An estimate with its standard error.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    value: f64,
    standard_error: f64,
}

impl Estimate {
    /// Of batch means that are nearly independent.
    fn of(batches: &[f64]) -> Self {
        let n = batches.len() as f64;
        let value = batches.iter().sum::<f64>() / n;
        let squares: f64 = batches.iter().map(|batch| (batch - value).powi(2)).sum();
        Self { value, standard_error: (squares / (n - 1.0) / n).sqrt() }
    }

    /// With the variance that theory gives instead.
    pub fn with_variance(self, variance: f64) -> Self {
        Self { standard_error: variance.sqrt(), ..self }
    }

    /// One row of the table of comparisons; fails where the estimate is too far off.
    #[track_caller]
    pub fn compare(self, name: &str, quantity: &str, exact: f64) {
        let tolerance = ACCEPTED * self.standard_error;
        println!("  {quantity:<12} exact {exact:>12.5}  simulated {:>12.5} +- {tolerance:<10.5} {name}", self.value);
        assert!(
            (self.value - exact).abs() <= tolerance,
            "{name}: {quantity} {} and not {exact} +- {tolerance}",
            self.value
        );
        // An estimate that tells nothing compares with everything.
        assert!(tolerance < 0.35 * exact, "{name}: {quantity} is known to {tolerance} only");
    }
}

/// Time-average of the number in a system from `from` to `until`.
pub fn mean_number(stays: &[(f64, f64)], from: f64, until: f64) -> Estimate {
    let length = (until - from) / BATCHES as f64;
    let mut batches = [0.0; BATCHES];
    for &(entered, left) in stays {
        let batch_of = |at: f64| (((at - from) / length).max(0.0) as usize).min(BATCHES - 1);
        for (batch, sum) in batches.iter_mut().enumerate().take(batch_of(left) + 1).skip(batch_of(entered)) {
            let start = from + length * batch as f64;
            *sum += (left.min(start + length) - entered.max(start)).max(0.0) / length;
        }
    }
    Estimate::of(&batches)
}

/// Mean over those that entered from `from` to `until`, in order of entering.
pub fn mean_over(values: impl IntoIterator<Item = (f64, f64)>, from: f64, until: f64) -> Estimate {
    let values: Vec<f64> =
        values.into_iter().filter(|(entered, _)| (from..until).contains(entered)).map(|(_, value)| value).collect();
    let each = values.len() / BATCHES;
    assert!(each > 0, "{} values are too few", values.len());
    let mean = |batch: &[f64]| batch.iter().sum::<f64>() / each as f64;
    Estimate::of(&values.chunks_exact(each).map(mean).collect::<Vec<f64>>())
}
