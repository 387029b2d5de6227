//! An experiment in memory: its manifest and the KPIs of its runs, by sweep point and policy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dapple_records::{
    FailedRun, KPIS, Kpi, KpiInfo, KpiRow, KpiTable, Kpis, Manifest, Population, RecordLevel, RecordPlan, RunEntry,
    SweepPoint, read_manifest, read_runs, run_dir,
};

use crate::ReportError;
use crate::quantity::{Scale, kpi_estimate};
use crate::statistics::Estimate;
use crate::sweep::{Point, Sweep, sweep_order};

/// An experiment: what was asked, and the KPIs of what ran.
#[derive(Clone, Debug)]
pub(crate) struct Experiment {
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// Its manifest.
    pub(crate) manifest: Arc<Manifest>,
    /// The KPI that was declared primary.
    pub(crate) primary: &'static KpiInfo,
    /// Policies in order of declaration.
    pub(crate) policies: Vec<String>,
    /// Index of the baseline among them.
    pub(crate) baseline: usize,
    /// Sweep points in order; one without coordinates where nothing is swept.
    pub(crate) points: Vec<Point>,
    /// Of what there is any in any run.
    pub(crate) populations: Vec<Population>,
    /// Which coordinate is drawn along x.
    pub(crate) sweep: Option<Sweep>,
    /// Runs by sweep point and policy, sorted by replication.
    runs: Vec<Vec<Vec<KpiRow>>>,
}

impl Experiment {
    /// Reads the manifest and the runs of an experiment; an experiment without runs may lack the latter's file.
    pub(crate) fn read(dir: &Path) -> Result<Self, ReportError> {
        let manifest = read_manifest(dir)?;
        let rows = if manifest.runs.is_empty() {
            Vec::new()
        } else {
            let table = read_runs(dir)?;
            let rows = KpiTable::from_table(&table);
            rows.map_err(|what| ReportError::Runs { dir: dir.to_owned(), what })?.rows
        };
        Self::new(dir, manifest, rows)
    }

    /// The same of what is in memory.
    pub(crate) fn new(dir: &Path, manifest: Manifest, rows: Vec<KpiRow>) -> Result<Self, ReportError> {
        let column = &manifest.primary_kpi;
        let primary = KPIS.iter().find(|kpi| kpi.column == column);
        let unknown = || ReportError::UnknownKpi { dir: dir.to_owned(), column: column.clone() };
        let primary = primary.ok_or_else(unknown)?;
        let mut policies = manifest.policies.clone();
        for row in &rows {
            if !policies.contains(&row.policy) {
                policies.push(row.policy.clone());
            }
        }
        let baseline = policies.iter().position(|policy| *policy == manifest.baseline).unwrap_or(0);
        let points = points(&rows);
        let sweep = Sweep::of(&points);
        let is_there = |population: &Population| {
            let parts = [Some(population.done()), population.failed(), Some(population.unfinished())];
            let mut values =
                rows.iter().flat_map(|row| parts.into_iter().flatten().filter_map(|kpi| row.kpis.get(kpi)));
            values.any(|count| count > 0.0)
        };
        let populations = Population::ALL.into_iter().filter(is_there).collect();
        let mut runs = vec![vec![Vec::new(); policies.len()]; points.len()];
        for row in rows {
            let point = points.iter().position(|point| same(&point.coordinates, &row.sweep));
            let policy = policies.iter().position(|policy| *policy == row.policy);
            if let (Some(point), Some(policy)) = (point, policy) {
                runs[point][policy].push(row);
            }
        }
        for of_policy in runs.iter_mut().flatten() {
            of_policy.sort_by_key(|row| row.replication);
        }
        let dir = dir.to_owned();
        let manifest = Arc::new(manifest);
        Ok(Self { dir, manifest, primary, policies, baseline, points, populations, sweep, runs })
    }

    /// The same runs with other figures.
    pub(crate) fn with_kpis(&self, kpis: impl Fn(&KpiRow) -> Kpis) -> Self {
        let mut other = self.clone();
        other.runs.iter_mut().flatten().flatten().for_each(|row| row.kpis = kpis(row));
        other
    }

    /// The same runs with another baseline.
    pub(crate) fn against(&self, baseline: usize) -> Self {
        Self { baseline, ..self.clone() }
    }

    /// Sweep points at which there is a run, or was one that failed.
    pub(crate) fn tried_points(&self) -> usize {
        let mut failed: Vec<&[SweepPoint]> = Vec::new();
        for run in &self.manifest.failed {
            let mut known = self.points.iter().map(|point| point.coordinates.as_slice()).chain(failed.iter().copied());
            if !known.any(|point| same(point, &run.sweep)) {
                failed.push(&run.sweep);
            }
        }
        self.points.len() + failed.len()
    }

    /// Runs of one policy at one sweep point, sorted by replication.
    pub(crate) fn runs(&self, point: usize, policy: usize) -> &[KpiRow] {
        self.runs.get(point).and_then(|policies| policies.get(policy)).map_or(&[], Vec::as_slice)
    }

    /// How much of each table a run has; nothing where it has no record.
    pub(crate) fn recorded(&self, run: &KpiRow) -> Result<RecordPlan, ReportError> {
        let found = RunEntry::recorded(&run_dir(&self.dir, &run.run))?;
        Ok(found.unwrap_or(RecordPlan::all(RecordLevel::Summary)))
    }

    /// (replication, value) of the runs that have a value of this KPI.
    pub(crate) fn replicated(&self, point: usize, policy: usize, kpi: Kpi) -> Vec<(u32, f64)> {
        let value = |row: &KpiRow| Some((row.replication, row.kpis.get(kpi).filter(|value| value.is_finite())?));
        self.runs(point, policy).iter().filter_map(value).collect()
    }

    /// The values of this KPI in order of replications.
    pub(crate) fn values(&self, point: usize, policy: usize, kpi: Kpi) -> Vec<f64> {
        self.replicated(point, policy, kpi).into_iter().map(|(_, value)| value).collect()
    }

    /// Mean of this KPI over replications.
    pub(crate) fn estimate(&self, point: usize, policy: usize, kpi: Kpi) -> Option<Estimate> {
        kpi_estimate(kpi.info(), &self.values(point, policy, kpi))
    }

    /// Values of two policies in the replications that both have, as (first, second).
    pub(crate) fn pairs(&self, point: usize, first: usize, second: usize, kpi: Kpi) -> Vec<(f64, f64)> {
        let seconds = self.replicated(point, second, kpi);
        let paired = |(replication, value): (u32, f64)| {
            let at = seconds.binary_search_by_key(&replication, |(number, _)| *number).ok()?;
            Some((value, seconds[at].1))
        };
        self.replicated(point, first, kpi).into_iter().filter_map(paired).collect()
    }

    /// Replications of one policy at one sweep point whose run failed.
    pub(crate) fn failed_replications(&self, point: usize, policy: usize) -> impl Iterator<Item = u32> + '_ {
        let (at, name) = (&self.points[point], self.name(policy));
        let here = move |run: &&FailedRun| run.policy == name && same(&at.coordinates, &run.sweep);
        self.manifest.failed.iter().filter(here).map(|run| run.replication)
    }

    /// Whether any run has a value of this KPI.
    pub(crate) fn has(&self, kpi: Kpi) -> bool {
        self.runs.iter().flatten().flatten().any(|row| row.kpis.get(kpi).is_some_and(f64::is_finite))
    }

    /// Largest absolute value of a KPI, for the choice of its unit.
    pub(crate) fn largest(&self, kpi: Kpi) -> f64 {
        let values = self.runs.iter().flatten().flatten().filter_map(|row| row.kpis.get(kpi));
        values.filter(|value| value.is_finite()).fold(0.0, |largest, value| value.abs().max(largest))
    }

    /// The one unit in which all figures of a KPI are told.
    pub(crate) fn scale(&self, kpi: Kpi) -> Scale {
        Scale::of_kpi(kpi.info(), self.runs.iter().flatten().flatten().filter_map(|row| row.kpis.get(kpi)))
    }

    /// A figure of the primary KPI in its unit: `39.2 min`.
    pub(crate) fn primary_figure(&self, value: f64) -> String {
        self.scale(self.primary.kpi).figure(value)
    }

    /// Number of runs that have figures.
    pub(crate) fn n_runs(&self) -> usize {
        self.runs.iter().flatten().map(Vec::len).sum()
    }

    /// Most replications that any policy has at any sweep point.
    pub(crate) fn most_replications(&self) -> usize {
        self.runs.iter().flatten().map(Vec::len).max().unwrap_or(0)
    }

    /// The policies that are compared with the baseline.
    pub(crate) fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.policies.len()).filter(|policy| *policy != self.baseline)
    }

    /// Name of the baseline.
    pub(crate) fn baseline_name(&self) -> &str {
        self.policies.get(self.baseline).map_or("", String::as_str)
    }

    /// A policy's name.
    pub(crate) fn name(&self, policy: usize) -> &str {
        self.policies.get(policy).map_or("", String::as_str)
    }
}

/// Distinct sweep points in order of [`sweep_order`].
fn points(rows: &[KpiRow]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for row in rows {
        if !points.iter().any(|point| same(&point.coordinates, &row.sweep)) {
            points.push(Point { coordinates: row.sweep.clone() });
        }
    }
    points.sort_by(|a, b| sweep_order(&a.coordinates, &b.coordinates));
    points
}

fn same(a: &[SweepPoint], b: &[SweepPoint]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.text == b.text)
}
