//! Begy et al. 2019: runs the campaign and the probes, and hands their reads to the analysis.

use dapple_models::regression::ProbeCoefficients;
use dapple_policies::access::AlwaysRemote;
use dapple_records::{RecordLevel, RecordPlan, TableData, record};
use dapple_reports::page::Section;
use dapple_scenarios::{LoadOptions, Registry, load_bundled};
use dapple_simulator::catalogue::CatalogueSetup;
use dapple_simulator::decide::Policies;
use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::{Services, Setup};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::ids::Table;
use dapple_simulator::names::Names;
use dapple_simulator::topology::{AccessCoefficients, Pool, Rse, Series, Site, TopologyBuilder};
use dapple_simulator::units::{Bytes, SimTime};
use dapple_simulator::workload::{Arrivals, Inputs, JobStream, JobTemplate, Workload, WorkloadKind};

use super::{NoisePlan, PROBE_SIZES_MB, RemoteAccessError, TITLE, dataset, probe, probe_section, reproduce, sections};
use crate::{Blame, Conditions, Item, Paper, PaperError};

/// The paper.
pub const PAPER: Paper = Paper {
    name: "remote-access",
    title: "Begy et al. 2019, Forecasting Network Throughput of Remote Data Access in Computing Grids",
    page: TITLE,
    items: &[
        Item { name: "eq1", about: "T ~ 0 + S + ConTh + ConPr on all reads of the campaign" },
        Item { name: "eq2", about: "T ~ 0 + S + ConTh on reads without other processes beside them (Fig. 1)" },
        Item { name: "eq3", about: "T ~ 0 + S + ConPr on reads without other threads beside them (Fig. 2)" },
        Item { name: "table", about: "eq. 1 to 3 and the noise that their F-statistics ask for" },
        Item { name: "interaction", about: "whether ConTh and ConPr interact" },
        Item { name: "probe", about: "eq. 7 and 8: coefficients from two files read together" },
    ],
    make,
};

/// The campaign of section 3.
const CAMPAIGN: &str = "papers/remote-access/campaign.ron";

/// Coefficients under which the probe is run [s/MB]: the paper's, then other ratios b/a.
const PROBE_LAWS: [(f64, f64); 5] = [(0.023568, 0.043705), (0.02, 0.005), (0.01, 0.01), (0.02, 0.06), (0.05, 0.2)];

impl From<RemoteAccessError> for PaperError {
    fn from(error: RemoteAccessError) -> Self {
        Self::new(Blame::Analysis, error)
    }
}

fn make(item: Option<&str>, conditions: &Conditions<'_>) -> Result<Vec<Section>, PaperError> {
    let wanted: &[&str] = match item {
        None => &["eq1", "eq2", "eq3", "noise", "interaction", "probe"],
        Some("eq1") => &["eq1"],
        Some("eq2") => &["eq2", "noise"],
        Some("eq3") => &["eq3", "noise"],
        Some("table") => &["eq1", "eq2", "eq3", "noise"],
        Some("interaction") => &["interaction"],
        Some("probe") => &["probe"],
        Some(other) => {
            let unknown = format!("the paper has no item `{other}`");
            return Err(PaperError::new(Blame::Analysis, unknown));
        }
    };
    let mut found = Vec::new();
    if wanted != ["probe"] {
        found.extend(of_campaign(conditions.registry)?);
    }
    if wanted.contains(&"probe") {
        found.push(of_probes()?);
    }
    found.retain(|section| wanted.contains(&section.sheet.name.as_str()));
    Ok(found)
}

/// Runs the campaign once and analyses its reads.
fn of_campaign(registry: &Registry) -> Result<Vec<Section>, PaperError> {
    let scenario = load_bundled(CAMPAIGN, &LoadOptions::default(), registry)?;
    let reads = reads(&scenario.setup, scenario.seed)?;
    let campaign = dataset(&reads)?;
    let plan = NoisePlan { seed: scenario.seed, ..NoisePlan::default() };
    let reproduction = reproduce(&campaign, plan)?;
    Ok(sections(&campaign, &reproduction)?)
}

/// Runs a probe under each law.
fn of_probes() -> Result<Section, PaperError> {
    let probes: Result<Vec<_>, PaperError> = PROBE_LAWS
        .into_iter()
        .map(|(a, b)| {
            let setup = probe_setup(AccessCoefficients { a, b, c: 0.001538 })?;
            Ok(probe(ProbeCoefficients { a, b }, &reads(&setup, 0)?)?)
        })
        .collect();
    Ok(probe_section(&probes?)?)
}

/// The reads of one run in which all jobs stream.
fn reads(setup: &Setup, seed: u64) -> Result<TableData, PaperError> {
    let mut policies = Policies::of_access("remote", AlwaysRemote);
    let plan = RecordPlan { reads: RecordLevel::Rows, ..RecordPlan::all(RecordLevel::Summary) };
    let output = record((setup, &plan), &mut policies, seed, &mut NoObserver)?;
    let found = output.tables.into_iter().find(|table| table.schema.name == "reads");
    found.ok_or_else(|| PaperError::new(Blame::Analysis, "the run has no table `reads`"))
}

/// One job with two threads on an idle node: they read 2 GB and 300 MB from one RSE.
fn probe_setup(law: AccessCoefficients) -> Result<Setup, dapple_simulator::topology::TopologyError> {
    let mut topology = TopologyBuilder::default();
    let site = topology.site(Site { name: "site".into(), position: None, lan: None });
    let rse = topology.rse(Rse::new("rse", site));
    let pool = topology.pool(Pool {
        name: "pool".into(),
        site,
        nodes: 1,
        slots: 1,
        scratch: None,
        speed: 1.0,
        scheduling: dapple_simulator::topology::Scheduling::default(),
    });
    topology.law(pool, rse, Series::constant(law));
    let (large, small) = PROBE_SIZES_MB;
    let job = JobTemplate {
        threads: 2,
        slots: 1,
        requested: None,
        inputs: Inputs::Sized { rse, sizes: vec![Bytes::from_megabytes(large), Bytes::from_megabytes(small)] },
        read_fraction: 1.0,
        compute_fixed: Distribution::Constant(0.0),
        compute_per_byte: 0.0,
        blocks: 1,
    };
    let kind = WorkloadKind::Jobs(JobStream { pool, arrivals: Arrivals::At(vec![SimTime::ZERO]), job });
    Ok(Setup {
        topology: topology.build()?,
        datasets: Table::new(),
        workloads: [Workload { name: "probe".into(), kind }].into_iter().collect(),
        // Nothing is transferred.
        services: Services { fts: FtsSettings::immediate(), ..Services::default() },
        names: Names::default(),
        catalogue: CatalogueSetup::default(),
        // The slowest probe takes 160 s.
        horizon: SimTime::from_secs_f64(86_400.0),
    })
}
