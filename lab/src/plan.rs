//! From a scenario to its runs.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{self, PathBuf};

use dapple_records::{KPIS, RecordPlan, SCHEMA_VERSION, SweepPoint};
use dapple_scenarios::{Digest, LoadOptions, PolicySet, Problems, Registry, Scenario, load_text_with};
use dapple_simulator::units::{SimSpan, SimTime};
use serde::{Deserialize, Serialize};

use crate::run_id::{Behaviour, replication_seed, run_id};
use crate::sweep;

/// Every run of an experiment, checked. Made by [`plan`].
///
/// It borrows nothing and can be written down: read back in another process, it names the same runs, and
/// [`Plan::scenario`] gives what is needed to execute them. Its runs are computed when they are asked for, so it is as
/// long as its sweep, however many replications there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of everything that the experiment writes.
    pub schema_version: u32,
    /// Version of dapple that planned it and may execute it.
    pub dapple_version: String,
    /// Name of the scenario.
    pub name: String,
    /// The scenario as it was written.
    pub text: String,
    /// The scenario with all its defaults and included files, as RON.
    pub resolved: String,
    /// Folder that paths in it are relative to.
    pub base: PathBuf,
    /// Whether rows of a log that cannot be read are a problem, whatever the scenario says.
    pub strict: bool,
    /// Digest of the physics before any sweep.
    pub physics: Digest,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the policy sets in order of declaration.
    pub policies: Vec<String>,
    /// The policy set that the others are compared with.
    pub baseline: String,
    /// Column name of the primary KPI.
    pub primary_kpi: String,
    /// The smallest difference that matters, as a share of the baseline's mean.
    pub relevant_difference: f64,
    /// Whether replications can differ at any sweep point.
    pub chance: bool,
    /// Names of the workloads that go on asking until the horizon at some sweep point, whenever it is.
    pub endless: Vec<String>,
    /// Runs of each policy set at each sweep point.
    pub replications: u32,
    /// Paths of the swept fields, in order of declaration.
    pub sweep_paths: Vec<String>,
    /// The scenario in words.
    pub in_words: Vec<(String, String)>,
    /// What is worth knowing of the scenario, sorted.
    pub warnings: Vec<String>,
    /// All combinations of swept values, the last axis fastest; one without coordinates where nothing is swept.
    pub points: Vec<PlannedPoint>,
}

/// One combination of swept values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedPoint {
    /// Its coordinates.
    pub sweep: Vec<SweepPoint>,
    /// Digest of the physics there.
    pub physics: Digest,
    /// What each policy set does there.
    pub behaviours: Vec<Behaviour>,
    /// End of its runs in simulated time \[ns\].
    pub horizon_ns: u64,
    /// What is recorded of its runs: not part of their ids.
    pub record: RecordPlan,
}

/// One run to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRun {
    /// Digest of what is simulated, 16 hexadecimal digits.
    pub id: String,
    /// Name of its policy set.
    pub policy: String,
    /// Number of its replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its end in simulated time.
    pub horizon: SimTime,
    /// Position of its policy set in the scenario.
    pub(crate) policy_index: usize,
    /// Position of its sweep point in the plan.
    pub(crate) point_index: usize,
}

/// Why a plan that was written down cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It is no plan.
    #[error("it is no plan of dapple: {0}")]
    NotOurs(#[from] serde_json::Error),
    /// It was made by another release, whose runs need not agree with those of this one.
    #[error(
        "it was made by dapple {dapple} under schema version {schema}, this is dapple {} with version {SCHEMA_VERSION}",
        env!("CARGO_PKG_VERSION")
    )]
    Other {
        /// The release.
        dapple: String,
        /// The version of the schema.
        schema: u32,
    },
    /// Its parts do not fit together: it was changed or damaged after it was written.
    #[error("it contradicts itself: {0}")]
    Contradictory(String),
}

/// The part of a plan that says whose it is; the rest may have another shape in another version.
#[derive(Deserialize)]
struct PlanHead {
    schema_version: u32,
    dapple_version: String,
}

/// Plans an experiment.
///
/// # Errors
/// Where the scenario is not valid at a sweep point, or two policies do the same.
pub fn plan(scenario: &Scenario) -> Result<Plan, Problems> {
    let (mut points, mut chance, mut endless) = (Vec::new(), false, BTreeSet::new());
    for coordinates in sweep::points(&scenario.experiment.sweep) {
        let swept = if coordinates.is_empty() { None } else { Some(at(scenario, &coordinates)?) };
        let here = swept.as_ref().unwrap_or(scenario);
        chance |= here.has_chance();
        endless.extend(here.endless());
        points.push(point(here, coordinates)?);
    }
    let experiment = &scenario.experiment;
    Ok(Plan {
        schema_version: SCHEMA_VERSION,
        dapple_version: env!("CARGO_PKG_VERSION").into(),
        name: scenario.name.clone(),
        text: scenario.text().to_owned(),
        resolved: scenario.resolved.clone(),
        // A process in another folder must find the same logs.
        base: path::absolute(scenario.base()).unwrap_or_else(|_| scenario.base().to_owned()),
        strict: scenario.is_strict(),
        physics: Digest::of(&scenario.physics),
        seed: scenario.seed,
        policies: scenario.policies.iter().map(|policy| policy.name.clone()).collect(),
        baseline: experiment.baseline.clone(),
        primary_kpi: experiment.primary_kpi.info().column.into(),
        relevant_difference: experiment.relevant_difference,
        chance,
        endless: endless.into_iter().collect(),
        replications: experiment.replications,
        sweep_paths: experiment.sweep.iter().map(|axis| axis.path.clone()).collect(),
        in_words: scenario.in_words(),
        warnings: scenario.warnings.clone(),
        points,
    })
}

impl Plan {
    /// A plan from the JSON that it was written as. With [`Self::to_json`] and [`Self::scenario`] it is for plans that are
    /// handed to other machines by a program that uses this crate; no command reads one yet.
    ///
    /// # Errors
    /// [`PlanError`], where it is none, one of another version, or one whose parts do not fit together.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        let PlanHead { schema_version: schema, dapple_version: dapple } = serde_json::from_str(text)?;
        if schema != SCHEMA_VERSION || dapple != env!("CARGO_PKG_VERSION") {
            return Err(PlanError::Other { dapple, schema });
        }
        let plan: Self = serde_json::from_str(text)?;
        plan.check().map_err(PlanError::Contradictory)?;
        Ok(plan)
    }

    /// Whether its parts fit together, which is all that its runs rely on. Whether it is of a scenario is seen when it is
    /// executed.
    fn check(&self) -> Result<(), String> {
        let policies: BTreeSet<&String> = self.policies.iter().collect();
        if policies.len() != self.policies.len() {
            return Err("two policies have the same name".into());
        }
        if !policies.contains(&self.baseline) {
            return Err(format!("its baseline `{}` is none of its policies", self.baseline));
        }
        if !KPIS.iter().any(|info| info.column == self.primary_kpi) {
            return Err(format!("its primary KPI `{}` is none", self.primary_kpi));
        }
        let mut sweeps = BTreeSet::new();
        for point in &self.points {
            let here = InWords(&point.sweep);
            if !point.sweep.iter().map(|at| &at.path).eq(&self.sweep_paths) {
                return Err(format!("a point is at `{here}`, but `{}` is swept", self.sweep_paths.join("`, `")));
            }
            if !sweeps.insert(here.to_string()) {
                return Err(format!("two points are at `{here}`"));
            }
            let (described, named) = (point.behaviours.len(), self.policies.len());
            if described != named {
                return Err(format!("policies: {named} named, {described} described at `{here}`"));
            }
            let behaviours: BTreeSet<String> = point.behaviours.iter().map(|it| it.digest().to_string()).collect();
            if behaviours.len() != named {
                return Err(format!("two policies do the same at `{here}`"));
            }
            if point.record.series_interval == SimSpan::ZERO {
                return Err(format!("series are sampled at no interval at `{here}`"));
            }
        }
        Ok(())
    }

    /// The plan as JSON, see [`Self::from_json`].
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a plan has names, numbers and lists only")
    }

    /// Tells the plan from all others, wherever its folder is: for machines that share one, to see that it is the same.
    pub fn digest(&self) -> Digest {
        Digest::of(Self { base: PathBuf::new(), ..self.clone() }.to_json())
    }

    /// The scenario that was planned, read again where nothing but the plan has come, see [`Self::from_json`]; logs under
    /// `$DAPPLE_DATA` are looked for where the environment says.
    ///
    /// # Errors
    /// All that is wrong with it, a log that is gone for instance.
    pub fn scenario(&self, registry: &Registry) -> Result<Scenario, Problems> {
        let options = LoadOptions { strict: self.strict, ..LoadOptions::default() };
        load_text_with(&self.name, &self.resolved, &self.base, &options, registry)
    }

    /// Number of runs.
    pub fn n_runs(&self) -> usize {
        self.points.len() * self.replications as usize * self.policies.len()
    }

    /// The runs, sweep point by sweep point, in each replication by replication: stopped early, an experiment has
    /// complete pairs to compare.
    pub fn runs(&self) -> impl Iterator<Item = PlannedRun> + '_ {
        self.points.iter().enumerate().flat_map(move |(point_index, point)| {
            // Hashed once a point: there may be 10^5 runs of it.
            let behaviours: Vec<Digest> = point.behaviours.iter().map(Behaviour::digest).collect();
            let pairs = (0..self.replications).flat_map(move |replication| {
                let behaviours = behaviours.clone();
                behaviours.into_iter().enumerate().map(move |(policy, behaviour)| (replication, policy, behaviour))
            });
            pairs.map(move |(replication, policy_index, behaviour)| {
                let seed = replication_seed(self.seed, replication);
                PlannedRun {
                    id: run_id(point.physics, &point.sweep, behaviour, seed),
                    policy: self.policies[policy_index].clone(),
                    replication,
                    seed,
                    horizon: SimTime::from_nanos(point.horizon_ns),
                    policy_index,
                    point_index,
                }
            })
        })
    }

    /// Whether it was made of this scenario. Swept points are looked at when their scenarios are made.
    pub(crate) fn is_of(&self, scenario: &Scenario) -> bool {
        // Logs are not in the resolved scenario, but their digests are in the physics.
        self.resolved == scenario.resolved
            && self.physics == Digest::of(&scenario.physics)
            && self.points.iter().filter(|point| point.sweep.is_empty()).all(|point| point.is_of(scenario))
    }
}

impl PlannedPoint {
    /// Whether it was made of a scenario with its values in place.
    pub(crate) fn is_of(&self, scenario: &Scenario) -> bool {
        self.physics == Digest::of(&scenario.physics)
            && self.behaviours == behaviours(scenario)
            && self.horizon_ns == scenario.setup.horizon.as_nanos()
            && self.record == scenario.record
    }
}

/// The scenario at a sweep point.
pub(crate) fn at(scenario: &Scenario, sweep: &[SweepPoint]) -> Result<Scenario, Problems> {
    let values: Vec<(String, String)> = sweep.iter().map(|point| (point.path.clone(), point.text.clone())).collect();
    scenario.at(&values)
}

/// One combination of swept values, `here` being the scenario with them in place.
fn point(here: &Scenario, sweep: Vec<SweepPoint>) -> Result<PlannedPoint, Problems> {
    let behaviours = behaviours(here);
    for (index, behaviour) in behaviours.iter().enumerate() {
        if let Some(first) = behaviours[..index].iter().position(|other| other == behaviour) {
            let [first, second] = [first, index].map(|index| &here.policies[index].name);
            let point = if sweep.is_empty() { String::new() } else { format!(" at {}", InWords(&sweep)) };
            let same = format!("`{first}` and `{second}` do the same{point}, so there is nothing to compare");
            return Err(Problems::one(&here.name, "policies", same));
        }
    }
    Ok(PlannedPoint {
        physics: Digest::of(&here.physics),
        behaviours,
        horizon_ns: here.setup.horizon.as_nanos(),
        record: here.record,
        sweep,
    })
}

fn behaviours(scenario: &Scenario) -> Vec<Behaviour> {
    let behaviour =
        |policy: &PolicySet| Behaviour { policies: policy.behaviour().to_owned(), artefacts: Default::default() };
    scenario.policies.iter().map(behaviour).collect()
}

/// `links.A-B.bandwidth = Gbps(5)`.
pub(crate) struct InWords<'a>(pub &'a [SweepPoint]);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(|point| format!("{} = {}", point.path, point.text)).collect();
        f.write_str(&words.join(", "))
    }
}
