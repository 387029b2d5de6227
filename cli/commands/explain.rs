//! `dapple explain`.

use std::path::PathBuf;

use dapple_lab::{ListedRun, RunState};
use dapple_records::{Manifest, RecordLevel, RunEntry, run_dir};
use dapple_reports::life::{self, Slowest};

use crate::columns::{columns, number};
use crate::commands::choice::{Choice, digits, point_words, runs_of};
use crate::commands::report::{report_failure, results_failure};
use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// Arguments of `dapple explain`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// Folder of the results
    dir: PathBuf,
    /// What to explain: job 12, rule 17, request 3 or read 5; slowest, or slowest requests, for the slowest ones of the runs chosen.
    /// In front of it, the first digits of a run's id choose that run
    #[arg(value_name = "[RUN] WHAT")]
    what: Vec<String>,
    #[command(flatten)]
    choice: Choice,
    /// How many of the slowest
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
}

const EXAMPLES: &str = "\
Examples:
  dapple explain results/rows                                         which runs there are, and what they recorded
  dapple explain results/rows --policy place --replication 0 job 12   every state of a job, when, what it waited for
  dapple explain results/rows --policy place slowest                  the slowest jobs
  dapple explain results/rules --policy production slowest rules      then: rule 17, with what each wait was for
  dapple explain results/rows --at read_fraction=0.5 slowest reads --top 3

The run must have recorded its tables: `dapple run my.ron --set record=Rows --out results/rows`.
Ids of runs are told by `dapple list`; their first digits are enough. Where runs differ in nothing but their
replication, the first of them is explained, and the answer says which it was.";

impl Explain {
    /// Prints the life of the thing.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let (manifest, all) = runs_of(&self.dir)?;
        let (prefix, what) = match self.what.split_first() {
            Some((first, rest)) if !life::is_what(first) => (Some(first.as_str()), rest),
            _ => (None, self.what.as_slice()),
        };
        let digits = digits(all.iter().filter_map(|run| run.id.as_deref()));
        let mut runs = self.choice.of(&manifest, all)?;
        runs.retain(|run| matches!(run.state, RunState::Done { .. }));
        if let Some(prefix) = prefix {
            let wanted = prefix.strip_prefix("run-").unwrap_or(prefix).to_ascii_lowercase();
            runs.retain(|run| id(run).starts_with(&wanted));
            if runs.is_empty() {
                return Err(self.no_run(prefix, &manifest));
            }
        } else if runs.is_empty() {
            let message = "no finished run is meant; `dapple list` tells those there are";
            return Err(Failure::new(Exit::BadArguments, message));
        }
        let text = match what {
            [] => self.overview(&runs, digits)?,
            [first, kind @ ..] if first == "slowest" => self.slowest(&runs, kind, digits)?,
            _ => {
                let run = self.single(&manifest, &runs, digits)?;
                life::explain(&self.dir, id(run), &what.join(" ")).map_err(report_failure)? + "\n"
            }
        };
        print(&text)?;
        Ok(Exit::Done)
    }

    fn no_run(&self, prefix: &str, manifest: &Manifest) -> Failure {
        let example = manifest.runs.first().map_or_else(String::new, |run| format!(", such as `{}`", &run.id[..6]));
        let message = format!(
            "no run chosen in {} has an id that starts with `{prefix}`; `dapple list` tells ids{example}, \
             and what to explain is `job 12`, `rule 17`, `request 3`, `read 5` or `slowest`",
            self.dir.display()
        );
        Failure::new(Exit::BadArguments, message)
    }

    /// The one run that is meant.
    fn single<'a>(&self, manifest: &Manifest, runs: &'a [ListedRun], digits: usize) -> Result<&'a ListedRun, Failure> {
        let first = &runs[0];
        let is_like = |run: &ListedRun| run.policy == first.policy && run.sweep == first.sweep;
        if runs.iter().all(is_like) {
            return Ok(first);
        }
        let mut which = Vec::new();
        if runs.iter().any(|run| run.policy != first.policy) {
            let policies = manifest.policies.iter().filter(|policy| runs.iter().any(|run| run.policy == **policy));
            which.push(format!("--policy ({})", policies.cloned().collect::<Vec<_>>().join(", ")));
        }
        for (nth, path) in manifest.sweep_paths.iter().enumerate() {
            let mut values: Vec<&str> = Vec::new();
            for at in runs.iter().filter_map(|run| run.sweep.get(nth)) {
                if !values.contains(&at.text.as_str()) {
                    values.push(&at.text);
                }
            }
            if values.len() > 1 {
                which.push(format!("--at {}=.. ({})", path.rsplit('.').next().unwrap_or(path), values.join(", ")));
            }
        }
        let message = format!(
            "{} are meant; say which: {}, or the id of one in front, such as {}",
            number(runs.len(), "run"),
            which.join(" and "),
            &id(first)[..digits]
        );
        Err(Failure::new(Exit::BadArguments, message))
    }

    /// What could be explained.
    fn overview(&self, runs: &[ListedRun], digits: usize) -> Result<String, Failure> {
        let heading = ["run", "policy", "replication", "at", "recorded"].map(str::to_owned).to_vec();
        let (mut rows, mut with_rows) = (vec![heading], None);
        for run in runs.iter().take(MOST_RUNS) {
            let recorded = self.recorded(run)?;
            if !recorded.is_empty() {
                with_rows = with_rows.or(Some(run));
            }
            let recorded = if recorded.is_empty() { "KPIs only".into() } else { recorded.join(", ") };
            let at = point_words(&run.sweep);
            rows.push(vec![
                id(run)[..digits].to_owned(),
                run.policy.clone(),
                run.replication.to_string(),
                if at.is_empty() { "-".into() } else { at },
                recorded,
            ]);
        }
        let mut text = columns(&rows, rows[0].len());
        if runs.len() > MOST_RUNS {
            text.push_str(&format!("{MOST_RUNS} shown, {} more\n", runs.len() - MOST_RUNS));
        }
        let dir = self.dir.display();
        text.push_str(&match with_rows {
            Some(run) => {
                format!("\ndapple explain {dir} {0} slowest\ndapple explain {dir} {0} job 0\n", &id(run)[..digits])
            }
            None => "\nNothing can be explained: run with `--set record=Rows` into another folder, see --out\n".into(),
        });
        Ok(text)
    }

    /// Tables that a run has, as far as lives are told from them.
    fn recorded(&self, run: &ListedRun) -> Result<Vec<&'static str>, Failure> {
        let Some(plan) = RunEntry::recorded(&run_dir(&self.dir, id(run))).map_err(results_failure)? else {
            return Ok(Vec::new());
        };
        let tables = [("jobs", plan.jobs), ("rules", plan.rules), ("requests", plan.requests), ("reads", plan.reads)];
        Ok(tables.into_iter().filter(|(_, level)| *level != RecordLevel::Summary).map(|(name, _)| name).collect())
    }

    fn slowest(&self, runs: &[ListedRun], kind: &[String], digits: usize) -> Result<String, Failure> {
        let kind = if kind.is_empty() { "jobs".to_owned() } else { kind.join(" ") };
        let found = life::slowest(&self.dir, runs.iter().map(id), &kind, self.top).map_err(report_failure)?;
        let Slowest { found, of, without } = found;
        if found.is_empty() {
            let message = format!(
                "{} recorded no {kind}: run with `--set record=Rows` into another folder, see --out",
                number(runs.len(), "run")
            );
            return Err(Failure::new(Exit::BadArguments, message));
        }
        let heading = ["what", "took", "run", "policy", "replication", "at", ""].map(str::to_owned).to_vec();
        let mut rows = vec![heading];
        for slow in &found {
            let run = runs.iter().find(|run| id(run) == slow.run).expect("it was looked at");
            rows.push(vec![
                slow.what.clone(),
                slow.took(),
                slow.run[..digits].to_owned(),
                run.policy.clone(),
                run.replication.to_string(),
                point_words(&run.sweep),
                slow.words.clone(),
            ]);
        }
        let mut text = format!("the slowest of {of} recorded {kind} in {}", number(runs.len() - without, "run"));
        if without > 0 {
            text.push_str(&format!("; {} recorded none", number(without, "other run")));
        }
        text.push_str("\n\n");
        text.push_str(&columns(&rows, rows[0].len()));
        text.push_str(&format!(
            "\ndapple explain {} {} {}\n",
            self.dir.display(),
            &found[0].run[..digits],
            found[0].what
        ));
        if found.iter().any(|slow| slow.unfinished) {
            text.push_str("> marks what had not ended at the horizon\n");
        }
        Ok(text)
    }
}

/// Runs that are listed.
const MOST_RUNS: usize = 20;

/// The id of a finished run.
fn id(run: &ListedRun) -> &str {
    run.id.as_deref().unwrap_or_default()
}
