//! The conformance kit: what every policy must hold to, whatever it decides, checked on small busy grids.
//!
//! The first grid has a local and three remote sites, one of which cannot be reached, a local RSE too small for the
//! data whose space left is published every ten minutes, scratch space that runs short, inputs with one and with three replicas
//! and read fractions below 1, and jobs that share files. In the second the pool's site has no storage, no law holds and the link fails for an hour. A policy that
//! passes decides every question with something that can be done, the same way each time, and goes on from what it has saved.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::catalogue::CatalogueSetup;
use crate::decide::{AtWork, LoadError, Policies, Task};
use crate::distribution::Distribution;
use crate::engine::{EngineError, Services, Setup, run};
use crate::facts::{Fact, Observer, Wants};
use crate::fts::FtsSettings;
use crate::ids::{DatasetId, RseId, Table};
use crate::names::Names;
use crate::panics;
use crate::storage::Dataset;
use crate::topology::{
    AccessCoefficients, Link, Pool, Rse, Scheduling, Series, Site, Topology, TopologyBuilder, TopologyError,
};
use crate::units::{Bytes, Rate, SimSpan, SimTime};
use crate::workload::{Arrivals, Inputs, JobStream, JobTemplate, Pick, Workload, WorkloadKind};

/// What a policy does wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misconduct {
    /// It decided something that cannot be done.
    #[error("the policy cannot be run: {0}")]
    Impossible(#[from] EngineError),
    /// Two runs with one seed differ: it keeps something outside itself, or draws from elsewhere than `rng`.
    #[error("two runs with seed {seed} differ")]
    NotDeterministic {
        /// The seed.
        seed: u64,
    },
    /// It refuses what it has saved itself.
    #[error("the policy does not load what it has saved: {0}")]
    NotLoaded(#[from] LoadError),
    /// One that has loaded what another has saved goes on differently.
    #[error("the policy decides differently once saved and loaded")]
    NotSaved,
    /// It panics.
    #[error("the policy panicked while {doing}: {message}")]
    Panicked {
        /// What it was doing, and when.
        doing: String,
        /// What the panic said.
        message: String,
    },
}

/// Checks a set of policies, and with it each of its policies; `make` gives a fresh one each time. A policy that never
/// answers is waited for.
///
/// # Errors
/// With the first rule that is broken. A panic is one: what it says is also printed by the panic hook of the program, with
/// its place.
///
/// # Panics
/// Never on account of the policies.
pub fn check(make: impl Fn() -> Policies) -> Result<(), Misconduct> {
    let at_work = AtWork::default();
    let make = || {
        at_work.begin(Task::Start, SimTime::ZERO);
        let policies = Policies { at_work: at_work.clone(), ..make() };
        at_work.end();
        policies
    };
    catch_unwind(AssertUnwindSafe(|| check_all(make))).unwrap_or_else(|panic| match at_work.doing() {
        Some(doing) => {
            Err(Misconduct::Panicked { doing: doing.to_string(), message: panics::message(&*panic).to_owned() })
        }
        // It is not the policies' panic.
        None => resume_unwind(panic),
    })
}

fn check_all(make: impl Fn() -> Policies) -> Result<(), Misconduct> {
    for setup in [small_busy_grid(), diskless_grid()] {
        for seed in 1..=3 {
            let mut policies = make();
            let once = told(&setup, &mut policies, seed)?;
            if told(&setup, &mut make(), seed)? != once {
                return Err(Misconduct::NotDeterministic { seed });
            }
            let mut loaded = make();
            loaded.load(&policies.save())?;
            if told(&setup, &mut loaded, seed)? != told(&setup, &mut policies, seed)? {
                return Err(Misconduct::NotSaved);
            }
        }
    }
    Ok(())
}

/// Everything that is told of a run.
#[derive(Default, PartialEq)]
struct Told(Vec<(SimTime, Fact)>);

impl Observer for Told {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        self.0.push((at, fact.clone()));
    }

    fn wants(&self) -> Wants {
        Wants { decisions: true, samples_every: None }
    }
}

fn told(setup: &Setup, policies: &mut Policies, seed: u64) -> Result<Told, EngineError> {
    let mut told = Told::default();
    run(setup, policies, seed, &mut told)?;
    Ok(told)
}

fn small_busy_grid() -> Setup {
    let topology = topology().expect("its routes are computed");
    let rses: Vec<_> = topology.map.rses().ids().collect();
    let mut setup = setup(topology, [vec![rses[1]], vec![rses[1], rses[2], rses[3]]]);
    setup.services.storage.usage_every = SimSpan::from_secs_f64(600.0);
    setup
}

fn diskless_grid() -> Setup {
    let mut builder = TopologyBuilder::default();
    let [home, far] = ["HOME", "FAR"].map(|name| builder.site(Site { name: name.into(), position: None, lan: None }));
    let bandwidth = Rate::from_mb_per_s(100.0);
    let link = builder.link(Link { name: "FAR-HOME".into(), from: far, to: home, bandwidth, latency: SimSpan::ZERO });
    let steps = [(0.0, bandwidth), (1_800.0, Rate::ZERO), (5_400.0, bandwidth)];
    let steps = steps.map(|(second, rate)| (SimTime::from_secs_f64(second), rate));
    builder.bandwidth(link, Series::from_steps(steps.into()).expect("it starts at zero and increases"));
    let (capacity, used, read, write, dtn) = (None, Bytes::ZERO, None, None, None);
    let far_disk = builder.rse(Rse { capacity, used, read, write, dtn, ..Rse::new("FAR-DISK", far) });
    builder.pool(Pool {
        name: "NODES".into(),
        site: home,
        nodes: 2,
        slots: 4,
        scratch: None,
        speed: 1.0,
        scheduling: Scheduling::default(),
    });
    setup(builder.build().expect("its routes are computed"), [vec![far_disk], vec![far_disk]])
}

fn topology() -> Result<Topology, TopologyError> {
    let mut builder = TopologyBuilder::default();
    let [home, far, cut_off, other] = ["HOME", "FAR", "CUT-OFF", "OTHER"]
        .map(|name| builder.site(Site { name: name.into(), position: None, lan: None }));
    for (name, from, to) in [("HOME-FAR", home, far), ("FAR-HOME", far, home), ("OTHER-HOME", other, home)] {
        let bandwidth = Rate::from_mb_per_s(250.0);
        let latency = SimSpan::from_nanos(10_000_000);
        builder.link(Link { name: name.into(), from, to, bandwidth, latency });
    }
    let mut rse = |name: &str, site, capacity| {
        let limit = Some(Rate::from_mb_per_s(500.0));
        builder.rse(Rse { capacity, read: limit, write: limit, ..Rse::new(name, site) })
    };
    rse("HOME-DISK", home, Some(Bytes::from_megabytes(40_000.0)));
    let far_disk = rse("FAR-DISK", far, None);
    rse("CUT-OFF-DISK", cut_off, None);
    rse("OTHER-DISK", other, None);
    let scratch = Some(Bytes::from_megabytes(8_000.0));
    let pool = builder.pool(Pool {
        name: "NODES".into(),
        site: home,
        nodes: 2,
        slots: 4,
        scratch,
        speed: 1.0,
        scheduling: Scheduling::default(),
    });
    let law = AccessCoefficients { a: 0.023_568, b: 0.043_705, c: 0.001_538 };
    builder.law(pool, far_disk, Series::constant(law));
    builder.build()
}

fn setup(topology: Topology, replicas: [Vec<RseId>; 2]) -> Setup {
    let pools: Vec<_> = topology.map.pools().ids().collect();
    let mut datasets = Table::new();
    let mut dataset = |(name, replicas): (&str, Vec<RseId>)| {
        let size = Distribution::Uniform { low: 3e8, high: 2e9 };
        datasets.push(Dataset { name: name.into(), files: 30, size, replicas, is_cache: false })
    };
    let [first, second] = replicas;
    let inputs = [dataset(("first", first)), dataset(("second", second))];
    let jobs = |(nth, dataset): (usize, DatasetId)| Workload {
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
                slots: 1,
                requested: None,
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
        services: Services {
            fts: FtsSettings {
                max_active_per_link: 4,
                start_up: SimSpan::from_nanos(1_000_000_000),
                ..FtsSettings::default()
            },
            ..Services::default()
        },
        names: Names::default(),
        catalogue: CatalogueSetup::default(),
        horizon: SimTime::from_secs_f64(10_800.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Access, AccessMode, AccessQuestion, Policy, View};
    use crate::engine::Impossible;
    use crate::rng::PolicyRng;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A policy made of one function.
    struct Just<F>(F);

    impl<F: FnMut(&AccessQuestion, &View<'_>) -> Access + Send> Policy<AccessMode> for Just<F> {
        fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
            (self.0)(question, view)
        }
    }

    fn check_access(
        decide: impl FnMut(&AccessQuestion, &View<'_>) -> Access + Copy + Send + 'static,
    ) -> Result<(), Misconduct> {
        check(|| Policies::of_access("just", Just(decide)))
    }

    #[test]
    fn each_way_to_data_conforms() {
        let source = |question: &AccessQuestion, view: &View<'_>| view.sources(question)[0];
        assert_eq!(check_access(move |question, view| Access::Remote { source: source(question, view) }), Ok(()));
        assert_eq!(check_access(move |question, view| Access::StageIn { source: source(question, view) }), Ok(()));
        let place = move |question: &AccessQuestion, view: &View<'_>| match view.local_rse(question.pool) {
            Some(target) => Access::Place { source: source(question, view), target },
            None => Access::Remote { source: source(question, view) },
        };
        assert_eq!(check_access(place), Ok(()));
    }

    #[test]
    fn impossible_answers_are_named() {
        let refused = |found: Result<(), Misconduct>| match found {
            Err(Misconduct::Impossible(EngineError::Impossible { policy, what, .. })) if policy == "just" => what,
            other => panic!("{other:?}"),
        };
        let nowhere = |question: &AccessQuestion, view: &View<'_>| Access::Remote {
            source: view.local_rse(question.pool).expect("home has an RSE"),
        };
        assert!(matches!(refused(check_access(nowhere)), Impossible::NoReplicaThere { .. }));
        let cut_off = |question: &AccessQuestion, view: &View<'_>| {
            let replicas = view.replicas(question.file);
            Access::Remote { source: *replicas.get(1).unwrap_or(&replicas[0]) }
        };
        assert!(matches!(refused(check_access(cut_off)), Impossible::NoRoute { .. }));
    }

    /// Panics where it is told to.
    #[derive(Clone, Copy, PartialEq)]
    enum Panics {
        Deciding,
        Learning,
        Saving,
    }

    impl Policy<AccessMode> for Panics {
        fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
            assert!(*self != Self::Deciding || view.now() < SimTime::from_secs_f64(600.0), "lost the thread");
            Access::Remote { source: view.sources(question)[0] }
        }
        fn learn(&mut self, _: &Fact) {
            assert!(*self != Self::Learning, "learns badly");
        }
        fn save(&self) -> Vec<u8> {
            assert!(*self != Self::Saving, "saves badly");
            Vec::new()
        }
    }

    #[test]
    fn panics_are_reported_with_what_was_being_done() {
        for (panics, what, said) in [
            (Panics::Deciding, "deciding `access` for job ", "lost the thread"),
            (Panics::Learning, "learning from what has ended, at 00:", "learns badly"),
            (Panics::Saving, "saving or loading", "saves badly"),
        ] {
            let found = check(|| Policies::of_access("panics", panics));
            let Err(Misconduct::Panicked { doing, message }) = found else { panic!("{found:?}") };
            assert!(doing.starts_with(what) && message == said, "{doing}: {message}");
        }
        let found = check(|| panic!("cannot be made"));
        let Err(Misconduct::Panicked { doing, message }) = found else { panic!("{found:?}") };
        assert_eq!((doing.as_str(), message.as_str()), ("getting ready", "cannot be made"));
    }

    #[test]
    fn memory_outside_the_policy_is_found() {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let drifting = |question: &AccessQuestion, view: &View<'_>| {
            let source = view.sources(question)[0];
            let even = (CALLS.fetch_add(1, Ordering::Relaxed) / 500).is_multiple_of(2);
            if even { Access::Remote { source } } else { Access::StageIn { source } }
        };
        assert!(matches!(check_access(drifting), Err(Misconduct::NotDeterministic { .. })));
    }

    /// Stages in what it has seen ten reads of, and forgets to save how many.
    struct Forgetful(u64);

    impl Policy<AccessMode> for Forgetful {
        fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
            let source = view.sources(question)[0];
            if self.0 < 10 { Access::Remote { source } } else { Access::StageIn { source } }
        }
        fn learn(&mut self, fact: &Fact) {
            self.0 += u64::from(matches!(fact, Fact::ReadEnded(_)));
        }
    }

    #[test]
    fn what_is_not_saved_is_found() {
        assert_eq!(check(|| Policies::of_access("forgetful", Forgetful(0))), Err(Misconduct::NotSaved));
    }
}
