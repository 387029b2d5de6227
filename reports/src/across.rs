//! Policies of finished experiments compared with each other, run by run of the same seed.
//!
//! Within an experiment policies meet the same chance in each replication. Across experiments that holds for runs of equal
//! seeds, as far as the scenarios ask for the same: what they draw for is the same thing then. This module compares
//! figures; in what the scenarios differ, and whether that makes sense, is for its caller to tell.

use std::path::{Path, PathBuf};

use dapple_records::{KPIS, Kpi, KpiInfo, KpiRow, KpiTable, Kpis, Manifest, SweepPoint, read_manifest, read_runs};

use crate::ReportError;
use crate::alike::Unlike;
use crate::quantity::{Dimension, Scale, common_decimals, number, percent, signed, with_interval};
use crate::statistics::{self, LEVEL, Paired};

/// Differences below this share of the first are no reason to prefer one.
const RELEVANT: f64 = 0.01;

/// A finished experiment.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its folder.
    pub dir: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    runs: Vec<KpiRow>,
}

impl Finished {
    /// Reads an experiment.
    ///
    /// # Errors
    /// Where its manifest or its table of runs cannot be read.
    pub fn read(dir: &Path) -> Result<Self, ReportError> {
        let manifest = read_manifest(dir)?;
        let table = read_runs(dir)?;
        let runs = KpiTable::from_table(&table);
        let runs = runs.map_err(|what| ReportError::Runs { dir: dir.to_owned(), what })?.rows;
        Ok(Self { dir: dir.to_owned(), manifest, runs })
    }

    /// The KPI that decides.
    pub fn primary(&self) -> Option<&'static KpiInfo> {
        KPIS.iter().find(|info| info.column == self.manifest.primary_kpi)
    }

    /// Swept points in the order of the report.
    fn points(&self) -> Vec<&[SweepPoint]> {
        let mut points: Vec<&[SweepPoint]> = self.runs.iter().map(|run| run.sweep.as_slice()).collect();
        points.sort_by(|a, b| crate::sweep_order(a, b));
        points.dedup();
        points
    }

    fn runs(&self, policy: &str, point: &[SweepPoint]) -> Vec<&KpiRow> {
        self.runs.iter().filter(|run| run.policy == policy && is_same(&run.sweep, point)).collect()
    }
}

/// A policy of an experiment.
#[derive(Clone, Copy, Debug)]
pub struct Arm<'a> {
    /// The experiment.
    pub of: &'a Finished,
    /// The policy.
    pub policy: &'a str,
}

/// One arm against another at one sweep point.
#[derive(Clone, Debug, PartialEq)]
pub struct Across {
    /// The sweep point; empty where nothing is swept.
    pub point: Vec<SweepPoint>,
    /// Second less first, over the seeds that both have.
    pub difference: Paired,
    /// Whether chance played a part: runs of one arm that are all equal are one run, however often they are repeated.
    pub is_chance: bool,
    /// P-value corrected after Holm over all that were compared together.
    pub holm: Option<f64>,
    /// Share of jobs and transfers that failed or had not ended: of the first and the second.
    pub left_out: (f64, f64),
    /// Whether the arms make the same transfers and reads, as far as the figure is over them.
    pub is_alike: bool,
    /// What that says.
    pub outcome: Found,
}

/// What a comparison across experiments says of the second arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is better, beyond chance.
    Better,
    /// It is worse, beyond chance.
    Worse,
    /// It is lower or higher, beyond chance, and neither is better.
    Different,
    /// The difference is less than 1 %, beyond chance.
    Equal,
    /// Chance can explain the difference.
    Open,
    /// The arms make other transfers or reads, or leave out different shares of what they were to do: the figure is of different things.
    NotAlike,
}

impl Found {
    /// For a column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Different => "different",
            Self::Equal => "equal within 1 %",
            Self::Open => "open",
            Self::NotAlike => "not alike",
        }
    }
}

/// Compares pairs of arms by one KPI, at each sweep point that both have, over the seeds that both have. Points without a
/// common seed are left out.
pub fn across(pairs: &[(Arm<'_>, Arm<'_>)], kpi: Kpi) -> Vec<Vec<Across>> {
    let mut all: Vec<Vec<Across>> = pairs.iter().map(|(first, second)| of_pair(*first, *second, kpi)).collect();
    let tested: Vec<f64> = all.iter().flatten().filter(|it| it.is_chance).filter_map(|it| it.difference.p).collect();
    let mut corrected = statistics::holm(&tested).unwrap_or_default().into_iter();
    for found in all.iter_mut().flatten() {
        found.holm = found.difference.p.filter(|_| found.is_chance).and_then(|_| corrected.next());
        found.outcome = outcome(found, kpi.info());
    }
    all
}

fn of_pair(first: Arm<'_>, second: Arm<'_>, kpi: Kpi) -> Vec<Across> {
    let at_point = |point: &[SweepPoint]| {
        let (firsts, seconds) = (first.of.runs(first.policy, point), second.of.runs(second.policy, point));
        let value = |run: &KpiRow| run.kpis.get(kpi).filter(|value| value.is_finite());
        let paired: Vec<(&KpiRow, &KpiRow)> = firsts
            .iter()
            .filter_map(|run| Some((*run, *seconds.iter().find(|other| other.seed == run.seed)?)))
            .filter(|(run, other)| value(run).is_some() && value(other).is_some())
            .collect();
        let values: Vec<(f64, f64)> =
            paired.iter().filter_map(|(run, other)| Some((value(other)?, value(run)?))).collect();
        let difference = statistics::paired(&values)?;
        let varies = |of: fn(&(f64, f64)) -> f64| values.iter().any(|pair| of(pair) != of(&values[0]));
        Some(Across {
            point: point.to_vec(),
            difference,
            is_chance: varies(|pair| pair.0) || varies(|pair| pair.1),
            holm: None,
            left_out: (share(paired.iter().map(|pair| &pair.0.kpis)), share(paired.iter().map(|pair| &pair.1.kpis))),
            is_alike: Unlike::in_pairs(kpi.info(), paired.iter().map(|(run, other)| (&other.kpis, &run.kpis)))
                .is_none(),
            outcome: Found::Open,
        })
    };
    first.of.points().into_iter().filter_map(at_point).collect()
}

/// Share of jobs and transfers that failed or had not ended, whichever is larger.
fn share<'a>(runs: impl Iterator<Item = &'a Kpis> + Clone) -> f64 {
    let sum = |kpi: Kpi| runs.clone().filter_map(|kpis| kpis.get(kpi)).sum::<f64>();
    let of = |lost: f64, done: f64| if lost > 0.0 { lost / (lost + done) } else { 0.0 };
    let jobs = of(sum(Kpi::JobsFailed) + sum(Kpi::JobsUnfinished), sum(Kpi::JobsDone));
    jobs.max(of(sum(Kpi::TransfersFailed), sum(Kpi::TransfersDone)))
}

/// Whether a KPI is a mean or a share over what went well, so that what did not is missing from it.
fn is_of_survivors(info: &KpiInfo) -> bool {
    matches!(Dimension::of(info), Dimension::Time | Dimension::Share)
}

fn outcome(found: &Across, info: &KpiInfo) -> Found {
    let Across { difference, left_out: (first, second), .. } = found;
    if !found.is_alike || is_of_survivors(info) && (first - second).abs() > RELEVANT {
        return Found::NotAlike;
    }
    let direction = match info.less_is_better {
        None => Found::Different,
        Some(less) if less == (difference.mean < 0.0) => Found::Better,
        Some(_) => Found::Worse,
    };
    if !found.is_chance {
        let is_small = difference.relative.map_or(difference.mean == 0.0, |share| share.abs() <= RELEVANT);
        return if is_small { Found::Equal } else { direction };
    }
    let within = |interval: statistics::Interval| interval.low >= -RELEVANT && interval.high <= RELEVANT;
    if difference.relative_interval.is_some_and(within) {
        return Found::Equal;
    }
    let is_beyond_chance = found.holm.is_some_and(|p| p < 1.0 - LEVEL)
        && difference.interval.is_some_and(|interval| !interval.contains(0.0));
    if is_beyond_chance { direction } else { Found::Open }
}

/// The figures of a comparison in one unit: mean of the first, mean of the second, difference with its interval, share.
pub fn in_words(all: &[Across], kpi: &KpiInfo) -> (String, Vec<[String; 4]>) {
    let means = all.iter().flat_map(|it| [it.difference.means.0, it.difference.means.1]);
    let scale = Scale::of_kpi(kpi, means);
    let decimals = common_decimals(scale, all.iter().map(|it| (it.difference.means.0, it.difference.interval)));
    let (title, points) = (scale.axis_title(kpi.title), scale.of_differences());
    let row = |it: &Across| {
        let interval = it.difference.interval.filter(|_| it.is_chance);
        let (mean, span) = with_interval(scale, decimals, it.difference.mean, interval);
        let span = span.map_or_else(String::new, |span| format!(" ({span})"));
        let share = it.difference.relative.map_or_else(String::new, |share| signed(percent(share)) + " %");
        let figure = |mean: f64| number(scale.of(mean), decimals);
        let unit = if points == scale { String::new() } else { format!(" {}", points.unit) };
        [figure(it.difference.means.1), figure(it.difference.means.0), signed(mean) + &unit + &span, share]
    };
    (title, all.iter().map(row).collect())
}

/// Whether two sweep points are the same: values of one unit by size, others by their text.
fn is_same(one: &[SweepPoint], other: &[SweepPoint]) -> bool {
    let same = |(a, b): (&SweepPoint, &SweepPoint)| {
        let sizes = (a.in_base_unit(), b.in_base_unit());
        let of_kind = a.around_and_unit().0 == b.around_and_unit().0 && sizes.0.is_some() && sizes.0 == sizes.1;
        a.path == b.path && (a.text == b.text || of_kind)
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Folder, Synthetic, coordinate};

    fn finished(folder: &Folder, policies: &[(&str, f64)], points: &[&str]) -> Finished {
        let mut synthetic = Synthetic::new(policies, 6);
        if !points.is_empty() {
            synthetic.points = points.iter().map(|text| vec![coordinate("links.A-B.bandwidth", text)]).collect();
        }
        synthetic.write(folder.path());
        Finished::read(folder.path()).expect("just written")
    }

    fn compared(first: &Finished, second: &Finished, policy: &str) -> Vec<Across> {
        let arm = |of| Arm { of, policy };
        across(&[(arm(first), arm(second))], Kpi::JobTurnaround).remove(0)
    }

    #[test]
    fn arms_are_compared_seed_by_seed_and_point_by_point() {
        let folders = [Folder::new("across-1"), Folder::new("across-2")];
        let slow = finished(&folders[0], &[("place", 2200.0), ("remote", 2500.0)], &["Gbps(1)", "Gbps(2)"]);
        let fast = finished(&folders[1], &[("place", 1100.0), ("remote", 2500.0)], &["Mbps(1000)", "Gbps(4)"]);
        let found = compared(&slow, &fast, "place");
        assert_eq!(found.len(), 1, "Gbps(1) is the one point that both have");
        assert_eq!((found[0].outcome, found[0].difference.n), (Found::Better, 6));
        assert_eq!(compared(&fast, &slow, "place")[0].outcome, Found::Worse);
        assert_eq!(compared(&slow, &slow, "place")[0].outcome, Found::Equal);
    }

    fn one(mean: f64, is_chance: bool, left_out: (f64, f64)) -> Across {
        let difference = statistics::paired(&[(100.0 + mean, 100.0), (100.0 + mean, 100.0)]).expect("two pairs");
        Across {
            point: Vec::new(),
            difference,
            is_chance,
            holm: Some(0.0),
            left_out,
            is_alike: true,
            outcome: Found::Open,
        }
    }

    #[test]
    fn nothing_is_better_that_leaves_out_more_or_differs_by_nothing() {
        let turnaround = Kpi::JobTurnaround.info();
        assert_eq!(outcome(&one(-30.0, true, (0.0, 0.0)), turnaround), Found::Better);
        assert_eq!(outcome(&one(-30.0, true, (0.0, 0.75)), turnaround), Found::NotAlike);
        assert_eq!(outcome(&one(-30.0, true, (0.0, 0.75)), Kpi::JobsFailed.info()), Found::Better);
        assert_eq!(outcome(&one(0.001, true, (0.0, 0.0)), turnaround), Found::Equal);
        assert_eq!(outcome(&one(0.001, false, (0.0, 0.0)), turnaround), Found::Equal);
        assert_eq!(outcome(&one(30.0, false, (0.0, 0.0)), turnaround), Found::Worse);
    }
}
