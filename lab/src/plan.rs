//! From a scenario to its runs.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use dapple_scenarios::{PolicySet, Problems, Scenario, SweepValue};
use dapple_simulator::results::SweepPoint;
use dapple_simulator::units::SimTime;

use crate::run_id::{StableHash, replication_seed, run_id};

/// Every run of an experiment, checked. Made by [`plan`].
pub struct Plan<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) points: Vec<Point>,
    pub(super) runs: Vec<PlannedRun>,
}

/// One run to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRun {
    /// Hash of what is simulated, 16 hexadecimal digits.
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
    pub(super) policy_index: usize,
    /// Position of its sweep point in the plan.
    pub(super) point_index: usize,
}

/// One combination of swept values.
pub(super) struct Point {
    pub coordinates: Vec<SweepPoint>,
    physics: StableHash,
    /// The scenario at this point while runs need it: a long sweep does not hold all its setups at once.
    in_use: Mutex<Weak<Scenario>>,
}

/// Plans an experiment: for every sweep point, replication and policy one run, in this order.
///
/// # Errors
/// Where the scenario is not valid at a sweep point, or two policies do the same.
pub fn plan<'a>(scenario: &'a Scenario) -> Result<Plan<'a>, Problems> {
    let mut plan = Plan { scenario, points: Vec::new(), runs: Vec::new() };
    for (index, coordinates) in grid(scenario).into_iter().enumerate() {
        let at_point = resolve(scenario, &coordinates)?;
        let physics = StableHash::of(&at_point.physics);
        plan.add_runs(&at_point, index, physics, &coordinates)?;
        plan.points.push(Point { coordinates, physics, in_use: Mutex::default() });
    }
    Ok(plan)
}

impl Plan<'_> {
    /// The runs, sweep point by sweep point, in each replication by replication: stopped early, an experiment has
    /// complete pairs to compare.
    pub fn runs(&self) -> &[PlannedRun] {
        &self.runs
    }

    fn add_runs(
        &mut self,
        at_point: &Scenario,
        point_index: usize,
        physics: StableHash,
        coordinates: &[SweepPoint],
    ) -> Result<(), Problems> {
        let sweep: Vec<(&str, &str)> =
            coordinates.iter().map(|point| (point.path.as_str(), point.text.as_str())).collect();
        let behaviours: Vec<String> = at_point.policies.iter().map(PolicySet::behaviour).collect();
        for (index, behaviour) in behaviours.iter().enumerate() {
            if let Some(first) = behaviours[..index].iter().position(|other| other == behaviour) {
                let [first, second] = [first, index].map(|index| &at_point.policies[index].name);
                let point =
                    if coordinates.is_empty() { String::new() } else { format!(" at {}", in_words(coordinates)) };
                let same = format!("`{first}` and `{second}` do the same{point}, so there is nothing to compare");
                return Err(Problems::one(&self.scenario.name, "policies", same));
            }
        }
        for replication in 0..self.scenario.experiment.replications {
            let seed = replication_seed(self.scenario.seed, replication);
            let policies = at_point.policies.iter().zip(&behaviours).enumerate();
            self.runs.extend(policies.map(|(policy_index, (policy, behaviour))| PlannedRun {
                id: run_id(physics, &sweep, behaviour, seed),
                policy: policy.name.clone(),
                replication,
                seed,
                horizon: at_point.setup.horizon,
                policy_index,
                point_index,
            }));
        }
        Ok(())
    }

    /// The scenario as a run needs it. Sweep points are read again when their first run starts and dropped after
    /// their last one.
    pub(super) fn at(&self, run: &PlannedRun) -> Result<AtPoint<'_>, String> {
        let point = &self.points[run.point_index];
        if point.coordinates.is_empty() {
            return Ok(AtPoint::Base(self.scenario));
        }
        let mut in_use = point.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = in_use.upgrade() {
            return Ok(AtPoint::Swept(shared));
        }
        let again = resolve(self.scenario, &point.coordinates).map_err(|problems| problems.to_string())?;
        if StableHash::of(&again.physics) != point.physics {
            return Err(format!(
                "the files of the scenario were changed while it ran ({})",
                in_words(&point.coordinates)
            ));
        }
        let AtPoint::Swept(shared) = again else { return Ok(again) };
        *in_use = Arc::downgrade(&shared);
        Ok(AtPoint::Swept(shared))
    }
}

/// A scenario at one sweep point.
pub(super) enum AtPoint<'a> {
    /// Nothing is swept.
    Base(&'a Scenario),
    /// With the swept values in place.
    Swept(Arc<Scenario>),
}

impl Deref for AtPoint<'_> {
    type Target = Scenario;
    fn deref(&self) -> &Scenario {
        match self {
            Self::Base(scenario) => scenario,
            Self::Swept(scenario) => scenario,
        }
    }
}

fn resolve<'a>(scenario: &'a Scenario, coordinates: &[SweepPoint]) -> Result<AtPoint<'a>, Problems> {
    if coordinates.is_empty() {
        return Ok(AtPoint::Base(scenario));
    }
    let values: Vec<(String, String)> =
        coordinates.iter().map(|point| (point.path.clone(), point.text.clone())).collect();
    scenario.at(&values).map(|scenario| AtPoint::Swept(Arc::new(scenario)))
}

/// All combinations of swept values, the last axis fastest; one without coordinates where nothing is swept.
fn grid(scenario: &Scenario) -> Vec<Vec<SweepPoint>> {
    let mut points = vec![Vec::new()];
    for axis in &scenario.experiment.sweep {
        let coordinate =
            |value: &SweepValue| SweepPoint { path: axis.path.clone(), text: value.text.clone(), number: value.number };
        let extended = |point: &Vec<SweepPoint>| {
            let point = point.clone();
            axis.values.iter().map(move |value| [point.as_slice(), &[coordinate(value)]].concat()).collect::<Vec<_>>()
        };
        points = points.iter().flat_map(extended).collect();
    }
    points
}

/// `links.A-B.bandwidth = Gbps(5)`.
fn in_words(coordinates: &[SweepPoint]) -> String {
    let words: Vec<String> = coordinates.iter().map(|point| format!("{} = {}", point.path, point.text)).collect();
    words.join(", ")
}
