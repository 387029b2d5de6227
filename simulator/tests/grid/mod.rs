//! A small grid to run: two sites, a link from one to the other, a pool.

use dapple_records::{RecordLevel, RecordPlan, RunOutput, TableData, record};
use dapple_simulator::catalogue::CatalogueSetup;
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policies, Policy, View};
use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::{EngineError, Services, Setup};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::ids::{DtnId, Id, PoolId, RseId, SiteId};
use dapple_simulator::names::Names;
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::storage::Dataset;
use dapple_simulator::topology::{
    AccessCoefficients, Dtn, Link, LoadCurve, Pool, Rse, Scheduling, Series, Site, TopologyBuilder,
};
use dapple_simulator::units::{Rate, SimSpan, SimTime};
use dapple_simulator::workload::{Arrivals, Inputs, JobTemplate, Workload, WorkloadKind};

/// Site `here` with a pool and the RSE `local`, site `there` with the RSE `remote`, one link from there to here.
///
/// Nothing limits anything but what a test sets: the link carries 100 MB/s, the pool has one slot.
pub struct Grid {
    pub bandwidth: Series<Rate>,
    pub latency: SimSpan,
    /// `local`, `remote`, then those that a test adds.
    pub rses: Vec<Rse>,
    pub dtns: Vec<(Dtn, LoadCurve)>,
    pub lan: Option<Rate>,
    pub pool: Pool,
    /// Law of remote access from `remote`.
    pub law: Option<Series<AccessCoefficients>>,
    pub datasets: Vec<Dataset>,
    pub workloads: Vec<WorkloadKind>,
    pub services: Services,
    pub names: Names,
    pub catalogue: CatalogueSetup,
    pub horizon: SimTime,
    pub record: RecordPlan,
}

/// The site with the pool.
pub fn here() -> SiteId {
    SiteId::from_index(0)
}

/// The other site.
pub fn there() -> SiteId {
    SiteId::from_index(1)
}

/// The RSE beside the pool.
pub fn local() -> RseId {
    RseId::from_index(0)
}

/// The RSE behind the link.
pub fn remote() -> RseId {
    RseId::from_index(1)
}

/// The pool.
pub fn pool() -> PoolId {
    PoolId::from_index(0)
}

/// The first DTN.
pub fn dtn() -> DtnId {
    DtnId::from_index(0)
}

/// An RSE without limits.
pub fn rse(name: &str, site: SiteId) -> Rse {
    Rse::new(name, site)
}

impl Default for Grid {
    fn default() -> Self {
        let rows = RecordLevel::Rows;
        Self {
            bandwidth: Series::constant(Rate::from_mb_per_s(100.0)),
            latency: SimSpan::ZERO,
            rses: vec![rse("local", here()), rse("remote", there())],
            dtns: Vec::new(),
            lan: None,
            pool: Pool {
                name: "pool".into(),
                site: here(),
                nodes: 1,
                slots: 1,
                scratch: None,
                speed: 1.0,
                scheduling: Scheduling::default(),
            },
            law: None,
            datasets: Vec::new(),
            workloads: Vec::new(),
            services: Services { fts: FtsSettings::immediate(), ..Services::default() },
            names: Names::default(),
            catalogue: CatalogueSetup::default(),
            horizon: SimTime::from_secs_f64(1000.0),
            record: RecordPlan {
                warm_up: SimSpan::ZERO,
                requests: rows,
                rules: rows,
                reads: rows,
                jobs: rows,
                series: RecordLevel::Summary,
                decisions: rows,
                series_interval: SimSpan::from_secs_f64(1.0),
            },
        }
    }
}

impl Grid {
    /// Everything a run needs.
    pub fn setup(&self) -> Setup {
        let mut builder = TopologyBuilder::default();
        for name in ["here", "there"] {
            builder.site(Site { name: name.into(), position: None, lan: self.lan });
        }
        for rse in &self.rses {
            builder.rse(rse.clone());
        }
        for (dtn, curve) in &self.dtns {
            builder.dtn(dtn.clone(), curve.clone());
        }
        let (bandwidth, latency) = (*self.bandwidth.at(SimTime::ZERO), self.latency);
        let link = builder.link(Link { name: "link".into(), from: there(), to: here(), bandwidth, latency });
        builder.bandwidth(link, self.bandwidth.clone());
        builder.pool(self.pool.clone());
        if let Some(law) = &self.law {
            builder.law(pool(), remote(), law.clone());
        }
        let named =
            |(nth, kind): (usize, &WorkloadKind)| Workload { name: format!("workload {nth}"), kind: kind.clone() };
        Setup {
            topology: builder.build().expect("routes are computed"),
            datasets: self.datasets.iter().cloned().collect(),
            workloads: self.workloads.iter().enumerate().map(named).collect(),
            services: self.services.clone(),
            names: self.names.clone(),
            catalogue: self.catalogue.clone(),
            horizon: self.horizon,
        }
    }

    /// Runs with a policy and checks the books.
    #[track_caller]
    pub fn run(&self, access: impl Policy<AccessMode> + 'static, seed: u64) -> RunOutput {
        let output = self.try_run(access, seed).unwrap_or_else(|error| panic!("cannot run: {error}"));
        assert_books(&self.record, &output);
        output
    }

    /// Runs with a set of policies.
    #[track_caller]
    pub fn run_set(&self, mut policies: Policies, seed: u64) -> RunOutput {
        let run = record((&self.setup(), &self.record), &mut policies, seed, &mut NoObserver);
        run.unwrap_or_else(|error| panic!("cannot run: {error}"))
    }

    /// Runs with a policy.
    pub fn try_run(&self, access: impl Policy<AccessMode> + 'static, seed: u64) -> Result<RunOutput, EngineError> {
        let mut policies = Policies::of_access("always", access);
        record((&self.setup(), &self.record), &mut policies, seed, &mut NoObserver)
    }

    /// Keeps the rows of these tables only.
    pub fn record_only(&mut self, tables: &[&str]) {
        let level = |table| if tables.contains(&table) { RecordLevel::Rows } else { RecordLevel::Summary };
        self.record.requests = level("requests");
        self.record.reads = level("reads");
        self.record.jobs = level("jobs");
        self.record.series = level("series");
        self.record.decisions = level("decisions");
    }
}

/// What enters leaves once or is still there, counted from the rows.
#[track_caller]
fn assert_books(record: &RecordPlan, output: &RunOutput) {
    let counters = &output.counters;
    assert_eq!(counters.violation(), None);
    let outcomes = |name: &str, outcome: &str| {
        let cells = table(output, name).texts("outcome").expect("has outcomes");
        cells.iter().filter(|cell| *cell == Some(outcome)).count() as u64
    };
    if record.jobs == RecordLevel::Rows {
        assert_eq!(table(output, "jobs").rows() as u64, counters.jobs_submitted);
        assert_eq!(outcomes("jobs", "done"), counters.jobs_done);
        assert_eq!(outcomes("jobs", "failed"), counters.jobs_failed);
        let left: u64 = ["placing", "queued", "running"].map(|outcome| outcomes("jobs", outcome)).iter().sum();
        assert_eq!(left, counters.jobs_left);
    }
    if record.requests == RecordLevel::Rows {
        assert_eq!(table(output, "requests").rows() as u64, counters.requests_created);
        assert_eq!(outcomes("requests", "done"), counters.requests_done);
        assert_eq!(outcomes("requests", "failed"), counters.requests_failed);
        assert_eq!(outcomes("requests", "queued") + outcomes("requests", "active"), counters.requests_left);
    }
    if record.requests == RecordLevel::Rows && record.reads == RecordLevel::Rows {
        let moved = |name: &str| ints(output, name, "moved_bytes").into_iter().flatten().sum::<i64>();
        assert_eq!((moved("requests") + moved("reads")) as u64, counters.bytes_sent);
    }
}

/// A table by name.
#[track_caller]
pub fn table<'a>(output: &'a RunOutput, name: &str) -> &'a TableData {
    output.tables.iter().find(|table| table.schema.name == name).expect("every run has all tables")
}

/// A column of whole numbers.
#[track_caller]
pub fn ints(output: &RunOutput, name: &str, column: &str) -> Vec<Option<i64>> {
    table(output, name).ints(column).unwrap_or_else(|| panic!("{name} has no column {column}")).iter().collect()
}

/// A column of instants in seconds.
#[track_caller]
pub fn seconds(output: &RunOutput, name: &str, column: &str) -> Vec<Option<f64>> {
    let whole = |at: i64| SimTime::from_nanos(u64::try_from(at).expect("instants are not negative")).as_secs_f64();
    ints(output, name, column).into_iter().map(|at| at.map(whole)).collect()
}

/// A column of names.
#[track_caller]
pub fn texts(output: &RunOutput, name: &str, column: &str) -> Vec<Option<String>> {
    let cells = table(output, name).texts(column).unwrap_or_else(|| panic!("{name} has no column {column}"));
    cells.iter().map(|cell| cell.map(str::to_owned)).collect()
}

/// The instant `seconds` after the start.
pub fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

/// A span of `seconds`.
pub fn span(seconds: f64) -> SimSpan {
    SimSpan::from_secs_f64(seconds)
}

/// A series from (second, MB/s).
pub fn rates(steps: &[(f64, f64)]) -> Series<Rate> {
    let step = |&(from, mb): &(f64, f64)| (at(from), Rate::from_mb_per_s(mb));
    Series::from_steps(steps.iter().map(step).collect()).expect("steps start at zero and increase")
}

/// Arrivals at these seconds.
pub fn arrivals(seconds: &[f64]) -> Arrivals {
    Arrivals::At(seconds.iter().map(|&second| at(second)).collect())
}

/// A job that does nothing, with one thread.
pub fn idle_job() -> JobTemplate {
    JobTemplate {
        threads: 1,
        slots: 1,
        requested: None,
        inputs: Inputs::None,
        read_fraction: 1.0,
        compute_fixed: Distribution::Constant(0.0),
        compute_per_byte: 0.0,
        blocks: 1,
    }
}

/// New files at `remote`, all of the same size.
pub fn fresh(files: u32, megabytes: f64) -> Inputs {
    Inputs::Fresh { rse: remote(), files, size: Distribution::Constant(megabytes * 1e6) }
}

/// A policy that always answers the same.
#[derive(Clone, Copy, Debug)]
pub enum Always {
    /// Stream from the best source.
    Remote,
    /// Stage in from the best source.
    StageIn,
    /// Place from `remote` to `local`.
    Place,
    /// This very answer.
    Exactly(Access),
}

impl Policy<AccessMode> for Always {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        let source = view.sources(question)[0];
        match *self {
            Self::Remote => Access::Remote { source },
            Self::StageIn => Access::StageIn { source },
            Self::Place => Access::Place { source: remote(), target: local() },
            Self::Exactly(access) => access,
        }
    }
}
