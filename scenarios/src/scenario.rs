//! A scenario that can run, and how it is loaded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dapple_records::{Kpi, RecordPlan};
use dapple_simulator::engine::Setup;
use dapple_simulator::workload::{Inputs, RuleData, WorkloadKind};

use crate::bundled;
use crate::check::Check;
use crate::digest::Digest;
use crate::feasibility::{Finding, Place, findings};
use crate::file::{self, ScenarioFile, Services};
use crate::logs::{LogAccount, Logs};
use crate::near::{did_you_mean, listed};
use crate::notation::{compact, pretty};
use crate::problems::{Problem, Problems};
use crate::read::path::At;
use crate::read::{Decoded, Document, FilesFrom};
use crate::registry::{PolicySet, Registry};
use crate::shown::shown;
use crate::validate::{self, DATA_VARIABLE, Environment};

/// How a scenario is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions<'a> {
    /// Paths and RON values of `--set`, applied in order after includes.
    pub overrides: &'a [(String, String)],
    /// Whether rows of a log that cannot be read are a problem, whatever the scenario says, and what cannot work too.
    pub strict: bool,
    /// Where `$DAPPLE_DATA/..` is found; by default what the environment variable says.
    pub data: Option<PathBuf>,
}

impl Default for LoadOptions<'_> {
    fn default() -> Self {
        let data = std::env::var_os(DATA_VARIABLE).filter(|data| !data.is_empty()).map(PathBuf::from);
        Self { overrides: &[], strict: false, data }
    }
}

/// A scenario that can run: everything resolved and checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name in results and plots.
    pub name: String,
    /// Seed of the first replication.
    pub seed: u64,
    /// Calendar time of the start of the run.
    pub start: Option<jiff::Timestamp>,
    /// The physics of a run.
    pub setup: Setup,
    /// What is kept of a run, and from when on it counts.
    pub record: RecordPlan,
    /// What is compared.
    pub policies: Vec<PolicySet>,
    /// How often and over what range.
    pub experiment: ExperimentDesign,
    /// The whole scenario as RON with defaults filled in, files included and overrides applied.
    /// It reads again to the same scenario, from the same folder.
    pub resolved: String,
    /// All that decides what happens in a run apart from policies and seed, as RON on one line, with a digest of each
    /// log. What is recorded of it is not part of it.
    pub physics: String,
    /// What is worth knowing, sorted.
    pub warnings: Vec<String>,
    /// What was taken of each log, in order of the workload.
    pub logs: Vec<Arc<LogAccount>>,
    source: Source,
}

/// All that a scenario is built from, to build it anew at a sweep point.
#[derive(Clone, Debug)]
struct Source {
    document: Document,
    text: String,
    strict: bool,
    data: Option<PathBuf>,
    registry: Registry,
    logs: Arc<Logs>,
}

/// How often and over what range a scenario is run.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentDesign {
    /// Runs of each policy set at each sweep point, each with a seed of its own.
    pub replications: u32,
    /// The policy set that the others are compared with.
    pub baseline: String,
    /// The one KPI that decides.
    pub primary_kpi: Kpi,
    /// The smallest difference that matters, as a share of the baseline's mean.
    pub relevant_difference: f64,
    /// What is varied; every combination is run.
    pub sweep: Vec<SweepAxis>,
}

/// One field that is varied.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepAxis {
    /// Its path.
    pub path: String,
    /// Its values.
    pub values: Vec<SweepValue>,
}

/// One value of a field that is varied.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepValue {
    /// As written, such as `Gbps(10)`.
    pub text: String,
    /// The figure in the unit written, 10 for `Gbps(10)`, where it is one.
    pub number: Option<f64>,
}

/// Rough numbers of what an experiment will be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ExperimentSize {
    /// Runs: policy sets x sweep points x replications.
    pub runs: u64,
    /// Jobs and campaign processes per run.
    pub jobs: f64,
    /// Inputs that they read per run.
    pub inputs: f64,
    /// Transfers of streams and logs per run, without placements for jobs.
    pub transfers: f64,
    /// Events per run, within a factor of a few.
    pub events: f64,
}

/// Loads a scenario file.
///
/// # Errors
/// All that is wrong with it.
pub fn load(path: &Path, overrides: &[(String, String)], registry: &Registry) -> Result<Scenario, Problems> {
    load_with(path, &LoadOptions { overrides, ..LoadOptions::default() }, registry)
}

/// Loads a scenario file with options.
///
/// # Errors
/// All that is wrong with it.
pub fn load_with(path: &Path, options: &LoadOptions<'_>, registry: &Registry) -> Result<Scenario, Problems> {
    let (document, text) = Document::open(path, options.overrides)?;
    complete(document, text, options, registry)
}

/// Loads a scenario from a text: `name` is what messages call it, paths in it are relative to `base`.
///
/// # Errors
/// All that is wrong with it.
pub fn load_text(
    name: &str,
    text: &str,
    base: &Path,
    overrides: &[(String, String)],
    registry: &Registry,
) -> Result<Scenario, Problems> {
    load_text_with(name, text, base, &LoadOptions { overrides, ..LoadOptions::default() }, registry)
}

/// Loads a scenario from a text with options.
///
/// # Errors
/// All that is wrong with it.
pub fn load_text_with(
    name: &str,
    text: &str,
    base: &Path,
    options: &LoadOptions<'_>,
    registry: &Registry,
) -> Result<Scenario, Problems> {
    let document = Document::read(FilesFrom::Disk, (name, text), base, options.overrides)?;
    complete(document, text.to_owned(), options, registry)
}

/// Loads a scenario that the program brings along, by its path: `quickstart/two-sites.ron`.
///
/// # Errors
/// Where there is none of that name, or all that is wrong with the overrides.
pub fn load_bundled(name: &str, options: &LoadOptions<'_>, registry: &Registry) -> Result<Scenario, Problems> {
    let Some(text) = bundled::text(name) else {
        let mut problem = Problem::of_file(name, "dapple brings no such scenario along");
        let names = || bundled::FILES.iter().map(|(name, _)| *name);
        let near = did_you_mean(name, names());
        problem.help = Some(format!("{near}there is: {}", listed(names())));
        return Err(Problems::from(vec![problem]));
    };
    let base = Path::new(name).parent().unwrap_or(Path::new(""));
    let document = Document::read(FilesFrom::Bundled, (name, text), base, options.overrides)?;
    complete(document, text.to_owned(), options, registry)
}

impl Scenario {
    /// The file as it was written.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Folder that paths in the scenario are relative to.
    pub fn base(&self) -> &Path {
        &self.source.document.base
    }

    /// Whether rows of a log that cannot be read are a problem, whatever the scenario says, and what cannot work too.
    pub fn is_strict(&self) -> bool {
        self.source.strict
    }

    /// The same scenario with other values at some paths, checked again: one point of a sweep. Logs are not read again.
    ///
    /// # Errors
    /// All that is wrong with these values.
    pub fn at(&self, point: &[(String, String)]) -> Result<Self, Problems> {
        let mut source = self.source.clone();
        for (path, value) in point {
            source.document.set(&format!("sweep of {path}"), path, value)?;
        }
        build(source)
    }

    /// Whether replications can differ: something is drawn by the scenario or by a policy.
    pub fn has_chance(&self) -> bool {
        self.setup.has_chance() || self.policies.iter().any(|policy| policy.may_draw)
    }

    /// Names of the workloads that go on asking until the horizon, whenever it is.
    pub fn endless(&self) -> Vec<String> {
        let horizon = self.setup.horizon;
        let endless = self.setup.workloads.values().filter(|workload| workload.kind.is_endless(horizon));
        endless.map(|workload| workload.name.clone()).collect()
    }

    /// Rough numbers of what the experiment will be.
    pub fn experiment_size(&self) -> ExperimentSize {
        let points: u64 = self.experiment.sweep.iter().map(|axis| axis.values.len() as u64).product();
        let runs = points * self.policies.len() as u64 * u64::from(self.experiment.replications);
        let mut size = ExperimentSize { runs, ..ExperimentSize::default() };
        let horizon = self.setup.horizon;
        for workload in self.setup.workloads.values() {
            match &workload.kind {
                WorkloadKind::Jobs(stream) => {
                    let jobs = stream.arrivals.expected(horizon);
                    let files = match &stream.job.inputs {
                        Inputs::None => 0,
                        Inputs::Dataset { files, .. } | Inputs::Fresh { files, .. } => *files,
                        Inputs::Sized { sizes, .. } => sizes.len() as u32,
                    };
                    size.jobs += jobs;
                    size.inputs += jobs * f64::from(files);
                }
                WorkloadKind::Campaign(campaign) => {
                    size.jobs += campaign.steps.iter().map(Vec::len).sum::<usize>() as f64;
                    size.inputs += campaign.steps.iter().flatten().map(|&threads| f64::from(threads)).sum::<f64>();
                }
                WorkloadKind::JobTrace(trace) => {
                    size.jobs += trace.jobs.len() as f64;
                    size.inputs += trace.jobs.iter().filter(|job| job.source.is_some()).count() as f64;
                }
                WorkloadKind::Transfers(stream) => size.transfers += stream.arrivals.expected(horizon),
                WorkloadKind::TransferTrace(trace) => size.transfers += trace.transfers.len() as f64,
                // How many transfers a rule needs shows when it is made.
                WorkloadKind::Rules(stream) => {
                    let rules = stream.arrivals.expected(horizon);
                    let files = match &stream.data {
                        RuleData::Existing(_) => 1.0,
                        RuleData::Fresh { files, .. } => files.mean(),
                    };
                    size.transfers += rules * files;
                }
                WorkloadKind::Datasets(stream) => size.transfers += stream.arrivals.expected(horizon),
                WorkloadKind::Steps(_) => {}
            }
        }
        // A job is submitted, started and ended; an input starts and ends once or, placed first, three times; a
        // transfer arrives, starts and ends.
        size.events = 3.0 * size.jobs + 5.0 * size.inputs + 4.0 * size.transfers;
        size
    }
}

/// Builds the scenario and tries every value of its sweep.
fn complete(
    document: Document,
    text: String,
    options: &LoadOptions<'_>,
    registry: &Registry,
) -> Result<Scenario, Problems> {
    let (strict, data) = (options.strict, options.data.clone());
    let scenario = build(Source { document, text, strict, data, registry: registry.clone(), logs: Arc::default() })?;
    let mut problems = Problems::default();
    for axis in &scenario.experiment.sweep {
        for value in &axis.values {
            if let Err(wrong) = scenario.at(&[(axis.path.clone(), value.text.clone())]) {
                problems.extend(wrong);
            }
        }
    }
    if problems.is_empty() { Ok(scenario) } else { Err(problems) }
}

fn build(source: Source) -> Result<Scenario, Problems> {
    let document = &source.document;
    let Decoded { value, mistakes, stopped } = document.decode::<ScenarioFile>();
    let mended = mistakes.iter().map(|mistake| mistake.path.clone()).collect();
    let mut check = Check { mended, strict: source.strict, ..Check::default() };
    let Source { data, registry, logs, .. } = &source;
    let environment = Environment { base: &document.base, data: data.as_deref(), registry, logs };
    let valid = value.as_ref().and_then(|file| validate::validate(file, environment, &mut check));
    // Where a value could not be read a filler stands, about which nothing can be said.
    if let (Some(file), Some(valid), true) = (&value, &valid, mistakes.is_empty()) {
        cannot_work(&findings(&valid.setup, &file.policies), &mut check);
    }
    let valid = valid.filter(|_| check.faults.is_empty());
    let (Some(mut file), Some(valid), true) = (value, valid, mistakes.is_empty()) else {
        return Err(document.problems(&mistakes, &check.faults, stopped).of_logs(check.accounts));
    };
    let baseline = file.experiment.baseline.clone().or_else(|| file.policies.first().map(|set| set.name.clone()));
    file.experiment.baseline.clone_from(&baseline);
    // Names in logs come from outside too.
    let mut warnings: Vec<String> = check.warnings.iter().map(|warning| shown(warning)).collect();
    warnings.sort();
    Ok(Scenario {
        resolved: pretty(&file),
        physics: physics(&file, &valid.logs),
        experiment: experiment(&file, baseline.unwrap_or_default()),
        name: file.name,
        seed: file.seed,
        start: valid.start,
        setup: valid.setup,
        record: valid.record,
        policies: valid.policies,
        warnings,
        logs: check.accounts,
        source,
    })
}

/// What cannot work is worth a warning, and is refused where a scenario must be clean; what only may not is a warning there too.
fn cannot_work(findings: &[Finding], check: &mut Check) {
    let root = At::ROOT;
    let (workload, topology) = (root.field("workload"), root.field("topology"));
    let (pools, rses) = (topology.field("pools"), topology.field("rses"));
    for finding in findings {
        if !check.strict || !finding.is_sure {
            check.warnings.push(finding.message.clone());
            continue;
        }
        match finding.list {
            Place::Workload => check.fault(&workload.index(finding.index), finding.message.as_str()),
            Place::Pools => check.fault(&pools.index(finding.index), finding.message.as_str()),
            Place::Rses => check.fault(&rses.index(finding.index), finding.message.as_str()),
            Place::Topology => check.fault(&topology, finding.message.as_str()),
        }
    }
}

fn experiment(file: &ScenarioFile, baseline: String) -> ExperimentDesign {
    let axis = |axis: &file::SweepFile| {
        let values = axis.values.iter().map(|value| {
            let text = value.text().to_owned();
            SweepValue { number: figure(&text), text }
        });
        SweepAxis { path: axis.path.clone(), values: values.collect() }
    };
    ExperimentDesign {
        replications: file.experiment.replications,
        baseline,
        primary_kpi: file.experiment.primary_kpi,
        relevant_difference: file.experiment.relevant_difference,
        sweep: file.experiment.sweep.iter().map(axis).collect(),
    }
}

/// The number in `12`, `Gbps(12)` or `Constant(Gbps(12))`.
pub(crate) fn figure(text: &str) -> Option<f64> {
    let inner = text.trim_end_matches(')').rsplit('(').next()?;
    ron::from_str(inner).ok()
}

/// The services by what they are set to, whatever preset that comes from.
fn set_to(services: &Services) -> Services {
    Services { preset: String::new(), ..services.clone() }
}

fn physics(file: &ScenarioFile, logs: &BTreeMap<String, Digest>) -> String {
    let mut out = String::from("(");
    let parts = [
        ("start", compact(&file.start)),
        ("warm_up", compact(&file.warm_up)),
        ("horizon", compact(&file.horizon)),
        ("topology", compact(&file.topology)),
        ("data", compact(&file.data)),
        ("workload", compact(&file.workload)),
        ("services", compact(&set_to(&file.services))),
    ];
    for (name, value) in parts {
        out.push_str(&format!("{name}:{value},"));
    }
    for (name, digest) in logs {
        out.push_str(&format!("log:({name:?},{digest}),"));
    }
    out.push(')');
    out
}
