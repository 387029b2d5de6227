//! Service times: those that a scenario can ask for, and those drawn here and replayed as a log.

use dapple_simulator::rng::{Purpose, SimRng, keyed};
use dapple_simulator::workload::Distribution;
use rand::RngExt;
use rand_distr::{Distribution as _, Exp, Gamma, Weibull};
use serde_json::Value;

/// A distribution of service times, or of sizes in units of what is served in a second.
#[derive(Clone, Debug)]
pub enum Service {
    /// One of the simulator's own.
    Own(Distribution),
    /// Sum of `shape` exponential phases.
    Erlang { shape: f64, mean: f64 },
    /// Exponential with one of two means.
    HyperExponential { first: f64, means: [f64; 2] },
    /// Weibull.
    Weibull { shape: f64, scale: f64 },
    /// Pareto between two bounds.
    BoundedPareto { low: f64, high: f64, alpha: f64 },
}

impl Service {
    /// As the closed forms describe it.
    pub fn from_json(service: &Value) -> Self {
        let field = |name: &str| service[name].as_f64().unwrap_or_else(|| panic!("a service time without {name}"));
        match service["distribution"].as_str() {
            Some("deterministic") => Self::Own(Distribution::Constant(field("value"))),
            Some("uniform") => Self::Own(Distribution::Uniform { low: field("low"), high: field("high") }),
            Some("lognormal") => {
                let sigma = field("sigma_of_log");
                Self::Own(Distribution::LogNormal { median: field("mean") * (-sigma * sigma / 2.0).exp(), sigma })
            }
            Some("erlang") => Self::Erlang { shape: field("shape"), mean: field("mean") },
            Some("hyperexp") => Self::HyperExponential {
                first: field("prob_first"),
                means: [field("mean_first"), field("mean_second")],
            },
            Some("weibull") => Self::Weibull { shape: field("shape"), scale: field("scale") },
            Some("bounded_pareto") => {
                Self::BoundedPareto { low: field("low"), high: field("high"), alpha: field("alpha") }
            }
            other => panic!("an unknown service time {other:?}"),
        }
    }

    /// Exponential with this mean.
    pub fn exponential(mean: f64) -> Self {
        Self::Own(Distribution::Exponential { mean })
    }

    fn draw(&self, rng: &mut SimRng) -> f64 {
        let exponential = |mean: f64, rng: &mut SimRng| Exp::new(1.0 / mean).expect("a positive mean").sample(rng);
        match *self {
            Self::Own(ref own) => own.draw(rng),
            Self::Erlang { shape, mean } => Gamma::new(shape, mean / shape).expect("a positive mean").sample(rng),
            Self::HyperExponential { first, means } => {
                let mean = means[usize::from(rng.random::<f64>() >= first)];
                exponential(mean, rng)
            }
            Self::Weibull { shape, scale } => Weibull::new(scale, shape).expect("a positive scale").sample(rng),
            Self::BoundedPareto { low, high, alpha } => {
                let tail = 1.0 - rng.random::<f64>() * (1.0 - (low / high).powf(alpha));
                low * tail.powf(-1.0 / alpha)
            }
        }
    }
}

/// A log of Poisson arrivals until `until` in batches of `batch`: (instant, service time).
pub fn log(rate: f64, until: f64, batch: impl Fn(f64) -> usize, service: &Service, seed: u64) -> Vec<(f64, f64)> {
    let gaps = Exp::new(rate).expect("a positive rate");
    let (mut now, mut rows) = (0.0, Vec::new());
    for nth in 0.. {
        let rng = &mut keyed(seed, Purpose::Arrival, [nth]);
        now += gaps.sample(rng);
        if now >= until {
            break;
        }
        for _ in 0..batch(rng.random()) {
            rows.push((now, service.draw(rng)));
        }
    }
    rows
}
