//! `dapple compare`.

use std::path::{Path, PathBuf};

use dapple_records::KpiInfo;
use dapple_reports::Badge;
use dapple_reports::across::{Across, Finished, Other, across};
use dapple_scenarios::{Difference, differences};

use crate::columns::{columns, number};
use crate::commands::choice::{is_experiment, one_of, point_words};
use crate::commands::list::kpi;
use crate::commands::report::report_failure;
use crate::exit::{Exit, Failure, OrExit};
use crate::terminal::{print, warn};

/// Arguments of `dapple compare`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Compare {
    /// Folders of finished experiments; DIR:POLICY means one policy of it. The others are compared with the first
    #[arg(required = true, num_args = 2.., value_name = "DIR[:POLICY]")]
    experiments: Vec<String>,
    /// Compare by this KPI, a column of runs.parquet [default: the primary KPI, which must be the same everywhere]
    #[arg(long, value_name = "COLUMN")]
    kpi: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  dapple compare results/two-sites results/fast-link                  each policy that both have, before and after
  dapple compare results/a:place results/b:remote                     two policies of two experiments
  dapple compare results/a results/b results/c --kpi wan_bytes

Runs are paired by seed and sweep point: give both experiments the same seed and replications. What differs between the
scenarios is told first: that, and not the policy, may be what the figures show. Figures are judged as in a report: who
failed or did not end comes first, then the smallest relevant difference (that of the first experiment), then chance;
p-values are corrected after Holm over all lines.

The exit code is 3 where the experiments cannot be compared: they sweep different fields, have no seed in common, were
declared for different KPIs, or were written under another schema version.";

/// Lines of what differs between two scenarios.
const MOST_DIFFERENCES: usize = 20;
/// Characters of a value that differs.
const MOST_CHARACTERS: usize = 60;

/// What is asked for: an experiment, and one policy of it or all.
struct Side {
    finished: Finished,
    policy: Option<String>,
}

impl Side {
    fn read(argument: &str) -> Result<Self, Failure> {
        let (dir, policy) = match argument.rsplit_once(':') {
            // A folder may have a colon in its name.
            Some((dir, policy)) if !Path::new(argument).exists() => (dir, Some(policy.to_owned())),
            _ => (argument, None),
        };
        let dir = PathBuf::from(dir);
        is_experiment(&dir)?;
        let finished = Finished::read(&dir).map_err(report_failure)?;
        if let Some(policy) = &policy {
            one_of("policy", policy, finished.manifest.policies.iter().map(String::as_str))?;
        }
        let (missing, failed) = (finished.manifest.missing.len(), finished.manifest.failed.len());
        if missing + failed > 0 {
            warn(format_args!("of {} runs {missing} are missing and {failed} failed", dir.display()));
        }
        Ok(Self { finished, policy })
    }

    fn name(&self) -> String {
        self.finished.dir.display().to_string()
    }

    /// The policies of a pair: those that were named, otherwise all of the same name.
    fn policies<'a>(&'a self, other: &'a Self) -> Vec<(&'a str, &'a str)> {
        let (ours, theirs) = (&self.finished.manifest.policies, &other.finished.manifest.policies);
        let both = |name: &'a String| ours.contains(name) && theirs.contains(name);
        match (&self.policy, &other.policy) {
            (Some(one), Some(two)) => vec![(one, two)],
            (Some(one), None) => theirs.iter().map(|two| (one.as_str(), two.as_str())).collect(),
            (None, Some(two)) => ours.iter().map(|one| (one.as_str(), two.as_str())).collect(),
            (None, None) => ours.iter().filter(|name| both(name)).map(|name| (name.as_str(), name.as_str())).collect(),
        }
    }
}

impl Compare {
    /// Prints what differs, in the scenarios and in the figures.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let sides: Vec<Side> =
            self.experiments.iter().map(|argument| Side::read(argument)).collect::<Result<_, _>>()?;
        let (first, others) = sides.split_first().expect("there are at least two arguments");
        let info = self.kpi(&sides)?;
        for other in others {
            let (ours, theirs) = (&first.finished.manifest.sweep_paths, &other.finished.manifest.sweep_paths);
            if ours != theirs {
                let swept = |paths: &[String]| if paths.is_empty() { "nothing".into() } else { paths.join(", ") };
                let message =
                    format!("{} sweeps {}, {} sweeps {}", first.name(), swept(ours), other.name(), swept(theirs));
                return Err(Failure::new(Exit::Refused, message));
            }
            print(&scenarios(first, other)?)?;
        }
        print(&figures(first, others, info)?)?;
        Ok(Exit::Done)
    }

    fn kpi(&self, sides: &[Side]) -> Result<&'static KpiInfo, Failure> {
        if let Some(column) = &self.kpi {
            return kpi(column);
        }
        let primary = |side: &Side| side.finished.manifest.primary_kpi.clone();
        match sides.iter().find(|side| primary(side) != primary(&sides[0])) {
            None => kpi(&primary(&sides[0])),
            Some(other) => Err(Failure::new(
                Exit::Refused,
                format_args!(
                    "{} was to be judged by {}, {} by {}: say which with --kpi",
                    sides[0].name(),
                    primary(&sides[0]),
                    other.name(),
                    primary(other)
                ),
            )),
        }
    }
}

/// In what two experiments differ apart from their figures.
fn scenarios(first: &Side, other: &Side) -> Result<String, Failure> {
    let (ours, theirs) = (&first.finished.manifest, &other.finished.manifest);
    let found = differences(&ours.resolved, &theirs.resolved).or_exit(Exit::Files)?;
    // What is recorded, and how often a thing is run, changes no figure.
    let matters = |it: &&Difference| {
        !is_within(&it.path, "record") && !["name", "experiment.replications"].contains(&it.path.as_str())
    };
    let found: Vec<&Difference> = found.iter().filter(matters).collect();
    let mut text = format!("{} -> {}\n", first.name(), other.name());
    if ours.dapple_version != theirs.dapple_version {
        text.push_str(&format!("  dapple {} -> {}\n", ours.dapple_version, theirs.dapple_version));
    }
    if found.is_empty() {
        text.push_str("  the scenarios are the same\n");
    }
    for it in found.iter().take(MOST_DIFFERENCES) {
        text.push_str(&format!("  {}: {} -> {}\n", it.path, short(it.first.as_deref()), short(it.second.as_deref())));
    }
    if found.len() > MOST_DIFFERENCES {
        text.push_str(&format!("  {MOST_DIFFERENCES} differences shown, {} more\n", found.len() - MOST_DIFFERENCES));
    }
    let is_other = |part: &str| found.iter().any(|it| is_within(&it.path, part));
    let asked: Vec<&str> =
        ["workload", "data", "start", "warm_up", "horizon", "seed"].into_iter().filter(|part| is_other(part)).collect();
    if !asked.is_empty() {
        warn(format_args!(
            "{} and {} differ in {}: their runs are not asked for the same, so a difference need not be one of \
             policies or machines",
            first.name(),
            other.name(),
            asked.join(", ")
        ));
    }
    text.push('\n');
    Ok(text)
}

fn is_within(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A value on the rest of a line.
fn short(value: Option<&str>) -> String {
    let Some(value) = value else { return "not there".into() };
    match value.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}..", &value[..end]),
        None => value.to_owned(),
    }
}

fn figures(first: &Side, others: &[Side], info: &KpiInfo) -> Result<String, Failure> {
    let mut asked = Vec::new();
    for other in others {
        let pairs = first.policies(other);
        if pairs.is_empty() {
            let message = format!("{} and {} have no policy in common: say DIR:POLICY", first.name(), other.name());
            return Err(Failure::new(Exit::Refused, message));
        }
        asked.push(Other { of: &other.finished, pairs });
    }
    let Across { title, first: told, lines } = across(&first.finished, &asked, info).map_err(report_failure)?;
    for (nth, other) in others.iter().enumerate() {
        if !lines.iter().any(|line| line.other == nth) {
            let message = format!(
                "{} and {} have no sweep point and seed in common of which both have {}: run both with the same --seed",
                first.name(),
                other.name(),
                info.column
            );
            return Err(Failure::new(Exit::Refused, message));
        }
    }
    let several = others.len() > 1;
    let mut heading: Vec<String> = if several { vec!["with".into()] } else { Vec::new() };
    heading.extend(["policy", "at"].map(str::to_owned));
    let figures_from = heading.len();
    heading.extend(["seeds", "first", "second", "difference (95 % interval)", "", "p", ""].map(str::to_owned));
    let mut rows = vec![heading];
    for line in &lines {
        let mut row = if several { vec![others[line.other].name()] } else { Vec::new() };
        row.extend([line.policies.clone(), point_words(&line.point), line.seeds.to_string()]);
        row.extend(line.figures.clone());
        row.push(line.p.map_or_else(|| "-".into(), |p| if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }));
        row.push(line.words.clone());
        rows.push(row);
    }
    let mut text: String = told.iter().map(|sentence| format!("{sentence}\n")).collect();
    text.push_str(if told.is_empty() { "" } else { "\n" });
    text.push_str(&format!("{title}\n{}", columns(&rows, figures_from)));
    let open = lines.iter().filter(|line| line.badge == Badge::Open).count();
    if open > 0 {
        text.push_str(&format!("\n{} open: more replications may settle it\n", number(open, "line")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_within_their_parts() {
        assert!(is_within("data.datasets.mc16", "data") && is_within("data", "data"));
        assert!(!is_within("data_rate", "data"));
    }
}
