//! Choosing runs of an experiment by what they are, not by their ids.

use std::path::Path;

use dapple_lab::{ListedRun, ListingError, listing};
use dapple_records::{Manifest, SweepPoint};

use crate::commands::report::results_failure;
use crate::exit::{Exit, Failure};

/// Which runs; all that are not told apart are meant.
#[derive(clap::Args, Default)]
pub struct Choice {
    /// Runs of this policy only; can be repeated
    #[arg(long, value_name = "NAME")]
    pub policy: Vec<String>,
    /// Runs of this replication only, from 0; can be repeated
    #[arg(long, value_name = "N")]
    pub replication: Vec<u32>,
    /// Runs at this sweep point only, for example read_fraction=0.5: the end of the path is enough; can be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = crate::commands::scenario::assignment)]
    pub at: Vec<(String, String)>,
}

impl Choice {
    /// The runs that are meant, in the order in which they came.
    pub fn of(&self, manifest: &Manifest, runs: Vec<ListedRun>) -> Result<Vec<ListedRun>, Failure> {
        for policy in &self.policy {
            one_of("policy", policy, manifest.policies.iter().map(String::as_str))?;
        }
        for (path, value) in &self.at {
            let path = self::path(manifest, path)?;
            let mut values: Vec<&str> = Vec::new();
            for at in runs.iter().flat_map(|run| &run.sweep).filter(|at| at.path == path) {
                if !values.contains(&at.text.as_str()) {
                    values.push(&at.text);
                }
            }
            if !runs.iter().flat_map(|run| &run.sweep).any(|at| at.path == path && is_value(at, value)) {
                one_of(&format!("value of {path}"), value, values.into_iter())?;
            }
        }
        Ok(runs.into_iter().filter(|run| self.takes(run)).collect())
    }

    fn takes(&self, run: &ListedRun) -> bool {
        let at = |(path, value): &(String, String)| {
            run.sweep.iter().any(|at| is_path(&at.path, path) && is_value(at, value))
        };
        (self.policy.is_empty() || self.policy.contains(&run.policy))
            && (self.replication.is_empty() || self.replication.contains(&run.replication))
            && self.at.iter().all(at)
    }
}

/// The runs of a folder with its manifest.
pub fn runs_of(dir: &Path) -> Result<(Manifest, Vec<ListedRun>), Failure> {
    is_experiment(dir)?;
    listing(dir).map_err(|error| match error {
        ListingError::Results(error) => results_failure(error),
        error => Failure { exit: Exit::Files, error: error.into() },
    })
}

/// Tells a folder that is not there, and one that holds something else, in words of their own.
pub fn is_experiment(dir: &Path) -> Result<(), Failure> {
    if !dir.is_dir() {
        return Err(Failure::new(Exit::Files, format_args!("there is no folder {}", dir.display())));
    }
    if !dir.join(dapple_records::MANIFEST_FILE).exists() {
        let what = "has no manifest.json, so it is not the folder of an experiment; `dapple run` makes one";
        return Err(Failure::new(Exit::Files, format_args!("{} {what}", dir.display())));
    }
    Ok(())
}

/// `read_fraction = 0.5, CERN-GRIF.bandwidth = Gbps(5)`; empty where nothing is swept.
pub fn point_words(sweep: &[SweepPoint]) -> String {
    let words: Vec<String> = sweep.iter().map(|at| format!("{} = {}", short_path(&at.path), at.text)).collect();
    words.join(", ")
}

/// The last two fields of a path, enough to know it by.
pub fn short_path(path: &str) -> &str {
    path.rmatch_indices('.').nth(1).map_or(path, |(dot, _)| &path[dot + 1..])
}

/// How many digits of an id tell it from all others, at least six.
pub fn digits<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    let common = |pair: &[&str]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    ids.windows(2).map(|pair| common(pair) + 1).max().unwrap_or(0).max(6)
}

/// Finds a name among those there are, or says what is meant.
pub fn one_of<'a>(kind: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Result<(), Failure> {
    if names.clone().any(|other| other == name) {
        return Ok(());
    }
    let near = names.clone().min_by_key(|other| strsim::damerau_levenshtein(name, other));
    let near = near.filter(|other| strsim::damerau_levenshtein(name, other) <= name.len().div_ceil(3));
    let meant = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let listed: Vec<String> = names.take(MOST_NAMES + 1).map(|name| format!("`{name}`")).collect();
    let more = if listed.len() > MOST_NAMES { ", .." } else { "" };
    let listed = listed[..listed.len().min(MOST_NAMES)].join(", ");
    Err(Failure::new(Exit::BadArguments, format_args!("there is no {kind} `{name}`; {meant}there is: {listed}{more}")))
}

/// Names that are listed in a message.
const MOST_NAMES: usize = 30;

/// The swept path that a path, or its end, stands for.
fn path<'a>(manifest: &'a Manifest, end: &str) -> Result<&'a str, Failure> {
    if let Some(path) = manifest.sweep_paths.iter().find(|path| is_path(path, end)) {
        return Ok(path);
    }
    if manifest.sweep_paths.is_empty() {
        return Err(Failure::new(Exit::BadArguments, format_args!("--at {end}: nothing is swept here")));
    }
    one_of("swept field", end, manifest.sweep_paths.iter().map(String::as_str)).map(|()| "")
}

fn is_path(path: &str, end: &str) -> bool {
    path == end || path.strip_suffix(end).is_some_and(|before| before.ends_with('.'))
}

/// As it is written, blanks aside, or its number alone.
fn is_value(at: &SweepPoint, value: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    bare(&at.text) == bare(value) || at.number.is_some_and(|number| value.trim().parse() == Ok(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_known_by_the_ends_of_paths_and_by_numbers() {
        assert!(is_path("workload.analysis.read_fraction", "read_fraction"));
        assert!(is_path("workload.analysis.read_fraction", "analysis.read_fraction"));
        assert!(!is_path("workload.analysis.read_fraction", "fraction"));
        let at = SweepPoint { path: "a.b".into(), text: "Gbps(5)".into(), number: Some(5.0) };
        assert!(is_value(&at, "Gbps( 5 )") && is_value(&at, "5.0") && !is_value(&at, "Gbps(50)"));
    }

    #[test]
    fn paths_are_shown_by_their_ends() {
        assert_eq!(short_path("topology.links.CERN-GRIF-LPNHE.bandwidth"), "CERN-GRIF-LPNHE.bandwidth");
        assert_eq!(short_path("seed"), "seed");
    }

    #[test]
    fn ids_are_shown_as_long_as_they_must_be() {
        assert_eq!(digits(["0123456789", "9123456789"].into_iter()), 6);
        assert_eq!(digits(["01234567890", "01234567891"].into_iter()), 11);
        assert_eq!(digits(std::iter::empty()), 6);
    }
}
