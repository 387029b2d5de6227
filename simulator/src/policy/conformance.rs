//! The conformance kit: what every access policy must hold to, checked on a small busy grid.
//!
//! The grid has a local and two remote sites, one of which cannot be reached, a local RSE too small for the
//! data, scratch space that runs short, inputs with one and with two replicas and read fractions below 1, and
//! jobs that share files. A policy that passes decides every request with something that can be done, the same way each time.

use crate::engine::{
    Dataset, EngineError, NoProgress, Policies, RecordLevel, RecordPlan, RunOutput, Setup, TransferSettings, run,
};
use crate::ids::Table;
use crate::policy::AccessPolicy;
use crate::topology::{AccessCoefficients, Link, Pool, Rse, Series, Site, Topology, TopologyBuilder, TopologyError};
use crate::units::{Bytes, Rate, SimSpan, SimTime};
use crate::workload::{Arrivals, Distribution, Inputs, JobStream, JobTemplate, Pick, Workload, WorkloadKind};

/// What a policy does wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misconduct {
    /// It has no name to show in results.
    #[error("the policy has an empty name")]
    NoName,
    /// It decided something that cannot be done.
    #[error("the policy cannot be run: {0}")]
    Impossible(#[from] EngineError),
    /// Two runs with one seed differ: it keeps something outside itself, or draws from elsewhere than `rng`.
    #[error("two runs with seed {seed} differ")]
    NotDeterministic {
        /// The seed.
        seed: u64,
    },
}

/// Checks a policy; `make` gives a fresh one each time.
///
/// # Errors
/// With the first rule that the policy breaks.
///
/// # Panics
/// Never on account of the policy's answers.
pub fn check(make: impl Fn() -> Box<dyn AccessPolicy>) -> Result<(), Misconduct> {
    if make().name().is_empty() {
        return Err(Misconduct::NoName);
    }
    let setup = small_busy_grid(topology().expect("its routes are computed"));
    for seed in 1..=3 {
        let once: RunOutput = run(&setup, Policies { access: make() }, seed, &mut NoProgress)?;
        let again = run(&setup, Policies { access: make() }, seed, &mut NoProgress)?;
        if once != again {
            return Err(Misconduct::NotDeterministic { seed });
        }
    }
    Ok(())
}

fn topology() -> Result<Topology, TopologyError> {
    let mut builder = TopologyBuilder::default();
    let [home, far, cut_off] =
        ["HOME", "FAR", "CUT-OFF"].map(|name| builder.site(Site { name: name.into(), position: None, lan: None }));
    for (name, from, to) in [("HOME-FAR", home, far), ("FAR-HOME", far, home)] {
        let bandwidth = Series::constant(Rate::from_mb_per_s(250.0));
        let latency = SimSpan::from_nanos(10_000_000);
        builder.link(Link { name: name.into(), from, to, bandwidth, latency });
    }
    let mut rse = |name: &str, site, capacity| {
        let limit = Some(Rate::from_mb_per_s(500.0));
        builder.rse(Rse { name: name.into(), site, capacity, used: Bytes::ZERO, read: limit, write: limit, dtn: None })
    };
    rse("HOME-DISK", home, Some(Bytes::from_megabytes(40_000.0)));
    let far_disk = rse("FAR-DISK", far, None);
    rse("CUT-OFF-DISK", cut_off, None);
    let scratch = Some(Bytes::from_megabytes(8_000.0));
    let pool = builder.pool(Pool { name: "NODES".into(), site: home, nodes: 2, slots: 4, scratch, speed: 1.0 });
    let law = AccessCoefficients { a: 0.023_568, b: 0.043_705, c: 0.001_538 };
    builder.law(pool, far_disk, Series::constant(law));
    builder.build()
}

fn small_busy_grid(topology: Topology) -> Setup {
    let rses: Vec<_> = topology.rses().ids().collect();
    let pools: Vec<_> = topology.pools().ids().collect();
    let mut datasets = Table::new();
    let mut dataset = |name: &str, replicas: Vec<_>| {
        let size = Distribution::Uniform { low: 3e8, high: 2e9 };
        datasets.push(Dataset { name: name.into(), files: 30, size, replicas })
    };
    let inputs = [dataset("far-only", vec![rses[1]]), dataset("far-and-cut-off", vec![rses[1], rses[2]])];
    let jobs = |(nth, dataset): (usize, crate::ids::DatasetId)| Workload {
        name: format!("jobs-{nth}"),
        kind: WorkloadKind::Jobs(JobStream {
            pool: pools[0],
            arrivals: Arrivals::Poisson {
                per_hour: 108.0,
                from: SimTime::ZERO,
                until: Some(SimTime::from_secs_f64(7_200.0)),
            },
            job: JobTemplate {
                threads: 2,
                inputs: Inputs::Dataset { dataset, files: 2, pick: Pick::Zipf { exponent: 1.0 } },
                read_fraction: 0.5,
                compute_fixed: Distribution::Exponential { mean: 30.0 },
                compute_per_byte: 2e-8,
                blocks: 4,
            },
        }),
    };
    Setup {
        topology,
        datasets,
        workloads: inputs.into_iter().enumerate().map(jobs).collect(),
        transfers: TransferSettings {
            max_active_per_link: 4,
            start_up: SimSpan::from_nanos(1_000_000_000),
            ..TransferSettings::default()
        },
        warm_up: SimSpan::ZERO,
        horizon: SimTime::from_secs_f64(10_800.0),
        record: RecordPlan {
            requests: RecordLevel::Rows,
            reads: RecordLevel::Rows,
            jobs: RecordLevel::Rows,
            series: RecordLevel::Summary,
            decisions: RecordLevel::Rows,
            series_interval: SimSpan::from_nanos(60_000_000_000),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Access, AccessRequest, GridView};
    use crate::rng::PolicyRng;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A policy made of one function.
    struct Just<F>(F);

    impl<F: FnMut(&AccessRequest, &GridView<'_>) -> Access + Send> AccessPolicy for Just<F> {
        fn name(&self) -> &str {
            "just"
        }
        fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
            (self.0)(request, grid)
        }
    }

    #[test]
    fn each_way_to_data_conforms() {
        let remote = |request: &AccessRequest, grid: &GridView<'_>| Access::Remote { source: grid.sources(request)[0] };
        let stage = |request: &AccessRequest, grid: &GridView<'_>| Access::StageIn { source: grid.sources(request)[0] };
        let place = |request: &AccessRequest, grid: &GridView<'_>| Access::Place {
            source: grid.sources(request)[0],
            target: grid.local_rse(request.pool).expect("home has an RSE"),
        };
        assert_eq!(check(|| Box::new(Just(remote))), Ok(()));
        assert_eq!(check(|| Box::new(Just(stage))), Ok(()));
        assert_eq!(check(|| Box::new(Just(place))), Ok(()));
    }

    #[test]
    fn impossible_answers_are_named() {
        let nowhere = |request: &AccessRequest, grid: &GridView<'_>| Access::Remote {
            source: grid.local_rse(request.pool).expect("home has an RSE"),
        };
        let found = check(|| Box::new(Just(nowhere)));
        assert!(matches!(found, Err(Misconduct::Impossible(EngineError::NoReplicaThere { .. }))), "{found:?}");
        let cut_off = |request: &AccessRequest, grid: &GridView<'_>| Access::Remote {
            source: *grid.replicas(request.file).last().expect("every file has a replica"),
        };
        let found = check(|| Box::new(Just(cut_off)));
        assert!(matches!(found, Err(Misconduct::Impossible(EngineError::NoRoute { .. }))), "{found:?}");
    }

    #[test]
    fn memory_outside_the_policy_is_found() {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let drifting = |request: &AccessRequest, grid: &GridView<'_>| {
            let source = grid.sources(request)[0];
            let even = (CALLS.fetch_add(1, Ordering::Relaxed) / 500).is_multiple_of(2);
            if even { Access::Remote { source } } else { Access::StageIn { source } }
        };
        assert!(matches!(check(|| Box::new(Just(drifting))), Err(Misconduct::NotDeterministic { .. })));
    }
}
