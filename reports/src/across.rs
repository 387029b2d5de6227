//! Policies of finished experiments compared with each other, run by run of the same seed.
//!
//! Within an experiment policies meet the same chance in each replication. Across experiments that holds for runs of equal
//! seeds, as far as the scenarios ask for the same: what they draw for is the same thing then. The comparison is that of any
//! report, see `comparison.rs`: runs of several experiments are put together as if they were one, whose policies are the
//! experiments and whose sweep points are the policies that are compared, at each point that was swept.
//!
//! This module compares figures. In what the scenarios differ, and whether it makes sense then, is for its caller to tell.

use std::path::{Path, PathBuf};

use dapple_records::{FailedRun, KpiInfo, KpiRow, KpiTable, Manifest, SweepPoint, read_manifest, read_runs};

use crate::ReportError;
use crate::badge::Badge;
use crate::comparison::{Comparison, confirmatory};
use crate::experiment::Experiment;
use crate::quantity::{Scale, common_decimals, number, percent, plain, signed, with_interval};
use crate::report::badge_words;
use crate::statistics::Paired;
use crate::survivors;

/// Path of the coordinate that says which policies are compared.
const PAIR: &str = "policy";

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
}

/// An experiment to be compared with the first, and which policies: one of the first, one of its own.
#[derive(Clone, Debug)]
pub struct Other<'a> {
    /// The experiment.
    pub of: &'a Finished,
    /// Policies of the first and of this one.
    pub pairs: Vec<(&'a str, &'a str)>,
}

/// What a comparison across experiments says.
#[derive(Clone, Debug, PartialEq)]
pub struct Across {
    /// The figure with the unit that all lines have.
    pub title: String,
    /// What everybody should know before reading any figure, a sentence each.
    pub first: Vec<String>,
    /// One for each pair of policies and sweep point that both have with common seeds.
    pub lines: Vec<Line>,
}

/// One policy against one of the first experiment, at one sweep point.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Which of the other experiments it is of.
    pub other: usize,
    /// The policies: `place`, or `place -> remote` where they are two.
    pub policies: String,
    /// The sweep point; empty where nothing is swept.
    pub point: Vec<SweepPoint>,
    /// Common seeds.
    pub seeds: usize,
    /// Mean of the first, mean of the other, their difference with its 95 % interval, and as a share of the first.
    pub figures: [String; 4],
    /// P-value corrected after Holm over all lines; `None` below two seeds, and where nothing is left to chance.
    pub p: Option<f64>,
    /// What that says of the other.
    pub badge: Badge,
    /// The same in words.
    pub words: String,
}

/// Compares experiments with the first by one KPI, with the smallest relevant difference of the first.
///
/// # Errors
/// Where this dapple does not know the KPI.
pub fn across(first: &Finished, others: &[Other<'_>], kpi: &KpiInfo) -> Result<Across, ReportError> {
    let experiment = joined(first, others, kpi)?;
    let found = confirmatory(&experiment);
    let differences: Vec<Paired> = found.iter().filter_map(|line| line.difference).collect();
    let means = differences.iter().flat_map(|it| [it.means.0, it.means.1]);
    let scale = Scale::of_kpi(kpi, means);
    let decimals = common_decimals(scale, differences.iter().map(|it| (it.means.0, it.interval)));
    let line = |found: &Comparison| {
        let (pair, point) = experiment.points[found.point].coordinates.split_first()?;
        let badge = Badge::of(found);
        Some(Line {
            other: found.policy.checked_sub(1)?,
            policies: pair.text.clone(),
            point: point.to_vec(),
            seeds: found.difference.map_or(0, |difference| difference.n),
            figures: found.difference.map_or_else(Default::default, |it| figures(scale, decimals, &it)),
            p: found.p,
            badge,
            words: plain(&badge_words(badge, experiment.manifest.relevant_difference)),
        })
    };
    Ok(Across {
        title: scale.axis_title(kpi.title),
        first: survivors::told(&experiment).iter().map(|sentence| plain(sentence)).collect(),
        lines: found.iter().filter_map(line).collect(),
    })
}

fn figures(scale: Scale, decimals: usize, it: &Paired) -> [String; 4] {
    let (mean, span) = with_interval(scale, decimals, it.mean, it.interval);
    let span = span.map_or_else(String::new, |span| format!(" ({span})"));
    let share = it.relative.map_or_else(String::new, |share| signed(percent(share)) + " %");
    let figure = |mean: f64| number(scale.of(mean), decimals);
    let points = scale.of_differences();
    let unit = if points == scale { String::new() } else { format!(" {}", points.unit) };
    [figure(it.means.1), figure(it.means.0), signed(mean) + &unit + &span, share].map(|text| plain(&text))
}

/// All experiments as one: replications are the seeds of the first, sweep points are pairs of policies at points of the first.
fn joined(first: &Finished, others: &[Other<'_>], kpi: &KpiInfo) -> Result<Experiment, ReportError> {
    let mut seeds: Vec<u64> = first.runs.iter().map(|run| run.seed).collect();
    seeds.extend(first.manifest.failed.iter().map(|run| run.seed));
    seeds.sort_unstable();
    seeds.dedup();
    let mut points: Vec<&[SweepPoint]> = first.runs.iter().map(|run| run.sweep.as_slice()).collect();
    points.extend(first.manifest.failed.iter().map(|run| run.sweep.as_slice()));
    points.sort_by(|one, other| crate::sweep_order(one, other));
    points.dedup();
    let names = names(first, others);
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    let mut put = |of: &Finished, name: &str, policy: &str, pair: &str| {
        let place = |seed: u64, sweep: &[SweepPoint]| {
            let replication = u32::try_from(seeds.binary_search(&seed).ok()?).ok()?;
            let point = points.iter().find(|point| is_same(point, sweep))?;
            let pair = SweepPoint { path: PAIR.into(), text: pair.into(), number: None };
            Some((replication, [&[pair], *point].concat()))
        };
        for run in of.runs.iter().filter(|run| run.policy == policy) {
            if let Some((replication, sweep)) = place(run.seed, &run.sweep) {
                rows.push(KpiRow { policy: name.into(), replication, sweep, ..run.clone() });
            }
        }
        for run in of.manifest.failed.iter().filter(|run| run.policy == policy) {
            if let Some((replication, sweep)) = place(run.seed, &run.sweep) {
                failed.push(FailedRun { policy: name.into(), replication, sweep, ..run.clone() });
            }
        }
    };
    let mut told: Vec<String> = Vec::new();
    for (other, name) in others.iter().zip(&names[1..]) {
        for (one, two) in &other.pairs {
            let pair = if one == two { (*one).to_owned() } else { format!("{one} -> {two}") };
            put(other.of, name, two, &pair);
            // Several experiments may be compared with the same policy of the first.
            if !told.contains(&pair) {
                put(first, &names[0], one, &pair);
                told.push(pair);
            }
        }
    }
    let manifests = || others.iter().map(|other| &other.of.manifest);
    let manifest = Manifest {
        policies: names.clone(),
        baseline: names[0].clone(),
        primary_kpi: kpi.column.into(),
        chance: first.manifest.chance || manifests().any(|manifest| manifest.chance),
        sweep_paths: [&[PAIR.to_owned()], first.manifest.sweep_paths.as_slice()].concat(),
        runs: Vec::new(),
        failed,
        missing: Vec::new(),
        ..first.manifest.clone()
    };
    Experiment::new(&first.dir, manifest, rows)
}

/// What experiments are called: by their folders, and by their positions too where one is given twice.
fn names(first: &Finished, others: &[Other<'_>]) -> Vec<String> {
    let dirs: Vec<&Path> = [first].into_iter().chain(others.iter().map(|other| other.of)).map(|of| &*of.dir).collect();
    let name = |(nth, dir): (usize, &&Path)| {
        let is_alone = dirs.iter().filter(|other| *other == dir).count() == 1;
        if is_alone { dir.display().to_string() } else { format!("{} ({})", dir.display(), nth + 1) }
    };
    dirs.iter().enumerate().map(name).collect()
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
    use dapple_records::Kpi;

    fn finished(folder: &Folder, policies: &[(&str, f64)], points: &[&str]) -> Finished {
        let mut synthetic = Synthetic::new(policies, 6);
        if !points.is_empty() {
            synthetic.points = points.iter().map(|text| vec![coordinate("links.A-B.bandwidth", text)]).collect();
        }
        synthetic.write(folder.path());
        Finished::read(folder.path()).expect("just written")
    }

    fn compared(first: &Finished, second: &Finished, pair: (&str, &str)) -> Vec<Line> {
        let others = [Other { of: second, pairs: vec![pair] }];
        across(first, &others, Kpi::JobTurnaround.info()).expect("the KPI is known").lines
    }

    #[test]
    fn arms_are_compared_seed_by_seed_and_point_by_point() {
        let folders = [Folder::new("across-1"), Folder::new("across-2")];
        let slow = finished(&folders[0], &[("place", 2200.0), ("remote", 2500.0)], &["Gbps(1)", "Gbps(2)"]);
        let fast = finished(&folders[1], &[("place", 1100.0), ("remote", 2500.0)], &["Mbps(1000)", "Gbps(4)"]);
        let place = ("place", "place");
        let found = compared(&slow, &fast, place);
        assert_eq!(found.len(), 1, "Gbps(1) is the one point that both have");
        assert_eq!((found[0].badge, found[0].seeds, found[0].point[0].text.as_str()), (Badge::Better, 6, "Gbps(1)"));
        assert_eq!(compared(&fast, &slow, place)[0].badge, Badge::Worse);
        let same = compared(&slow, &slow, place);
        assert_eq!((same.len(), same[0].badge, same[0].words.as_str()), (2, Badge::Equal, "equal within 1 %"));
        let mixed = compared(&slow, &slow, ("remote", "place"));
        assert_eq!((mixed[0].badge, mixed[0].policies.as_str()), (Badge::Better, "remote -> place"));
    }

    #[test]
    fn a_selection_is_not_better() {
        let folders = [Folder::new("across-3"), Folder::new("across-4")];
        let policies = [("place", 2200.0), ("remote", 2500.0)];
        let all = finished(&folders[0], &policies, &[]);
        let mut some = finished(&folders[1], &[("place", 1100.0), ("remote", 2500.0)], &[]);
        for run in &mut some.runs {
            let done = run.kpis.get(Kpi::JobsDone).expect("counted");
            run.kpis.set(Kpi::JobsDone, Some(done / 4.0));
            run.kpis.set(Kpi::JobsFailed, Some(done * 3.0 / 4.0));
        }
        let others = [Other { of: &some, pairs: vec![("place", "place")] }];
        let found = across(&all, &others, Kpi::JobTurnaround.info()).expect("the KPI is known");
        assert_eq!(found.lines[0].badge, Badge::NotComparable);
        assert!(found.first.iter().any(|sentence| sentence.contains("fails 7")), "{:?}", found.first);
    }
}
