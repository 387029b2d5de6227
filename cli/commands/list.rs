//! `dapple list`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dapple_lab::{ListedRun, RunState};
use dapple_records::{KPIS, Kpi, KpiInfo, Manifest};
use dapple_reports::quantity::significant;
use serde::Serialize;

use crate::columns::{columns, number};
use crate::commands::choice::{Choice, digits, one_of, runs_of, short_path};
use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// Arguments of `dapple list`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct List {
    /// Folder of the results
    dir: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// Runs of this state only
    #[arg(long, value_enum, value_name = "STATE")]
    state: Option<State>,
    /// Show this KPI, a column of runs.parquet; can be repeated [default: the primary KPI]
    #[arg(long, value_name = "COLUMN")]
    kpi: Vec<String>,
    /// Order of the runs; `kpi` is that of the first KPI shown, runs without it last
    #[arg(long, value_enum, default_value_t = Order::Plan)]
    sort: Order,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// At most so many runs
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON, with all KPIs
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  dapple list results/two-sites
  dapple list results/two-sites --policy place --at read_fraction=0.5
  dapple list results/two-sites --sort kpi --reverse --limit 10        the ten largest
  dapple list results/two-sites --state failed                         and why they failed
  dapple list results/two-sites --kpi wan_bytes --kpi jobs_failed
  dapple list results/two-sites --json | jq '.runs[] | select(.kpis.jobs_failed > 0) | .id'

Keys of the JSON: name, dir, schema_version, dapple_version, primary_kpi, done, failed, missing, and runs, each with
id (null where it is missing), state, policy, replication, seed, sweep (path to value), events, error, kpis (column to
number). done, failed and missing count the whole experiment, whatever is chosen. Keys are added, never renamed.

The exit code is 0 whatever the states of the runs are.";

/// What has become of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// It is done
    Done,
    /// It failed
    Failed,
    /// It is still to be done, or under way
    Missing,
}

impl State {
    const fn of(run: &ListedRun) -> Self {
        match run.state {
            RunState::Done { .. } => Self::Done,
            RunState::Failed { .. } => Self::Failed,
            RunState::Missing => Self::Missing,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Missing => "missing",
        }
    }
}

/// How runs are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Order {
    /// By sweep point, replication and policy, as they are run
    Plan,
    /// By policy
    Policy,
    /// By replication
    Replication,
    /// By state
    State,
    /// By the first KPI shown
    Kpi,
    /// By id
    Id,
}

impl List {
    /// Prints the runs.
    pub fn execute(&self) -> Result<Exit, Failure> {
        let (manifest, runs) = runs_of(&self.dir)?;
        let kpis = self.kpis(&manifest)?;
        let counts = Counts::of(&runs);
        let mut chosen = self.choice.of(&manifest, runs)?;
        chosen.retain(|run| self.state.is_none_or(|state| state == State::of(run)));
        self.sort(&mut chosen, kpis[0].kpi);
        let found = chosen.len();
        chosen.truncate(self.limit.unwrap_or(usize::MAX));
        let text = if self.json {
            let listed = Listed::new(&manifest, &self.dir, counts, &chosen);
            serde_json::to_string_pretty(&listed).expect("names and numbers can be written") + "\n"
        } else {
            table(&manifest, &chosen, &kpis, counts, found)
        };
        print(&text)?;
        Ok(Exit::Done)
    }

    /// The KPIs to be shown, at least one.
    fn kpis(&self, manifest: &Manifest) -> Result<Vec<&'static KpiInfo>, Failure> {
        let primary = [manifest.primary_kpi.clone()];
        let asked = if self.kpi.is_empty() { &primary[..] } else { &self.kpi };
        asked.iter().map(|column| kpi(column)).collect()
    }

    fn sort(&self, runs: &mut [ListedRun], kpi: Kpi) {
        // Stable: what is equal stays in the order of the plan.
        match self.sort {
            Order::Plan => {}
            Order::Policy => runs.sort_by(|a, b| a.policy.cmp(&b.policy)),
            Order::Replication => runs.sort_by_key(|run| run.replication),
            Order::State => runs.sort_by_key(State::of),
            Order::Id => runs.sort_by(|a, b| (a.id.is_none(), &a.id).cmp(&(b.id.is_none(), &b.id))),
            Order::Kpi => {
                let less = |a: f64, b: f64| if self.reverse { b.total_cmp(&a) } else { a.total_cmp(&b) };
                runs.sort_by(|a, b| match (value(a, kpi), value(b, kpi)) {
                    (Some(a), Some(b)) => less(a, b),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                });
                return;
            }
        }
        if self.reverse {
            runs.reverse();
        }
    }
}

/// The KPI of a column.
pub fn kpi(column: &str) -> Result<&'static KpiInfo, Failure> {
    one_of("KPI", column, KPIS.iter().map(|info| info.column))?;
    Ok(KPIS.iter().find(|info| info.column == column).expect("it was just found"))
}

fn value(run: &ListedRun, kpi: Kpi) -> Option<f64> {
    if let RunState::Done { kpis, .. } = &run.state { kpis.get(kpi) } else { None }
}

/// Runs of the whole experiment by state.
#[derive(Clone, Copy, Default)]
struct Counts {
    done: usize,
    failed: usize,
    missing: usize,
}

impl Counts {
    fn of(runs: &[ListedRun]) -> Self {
        let n = |state| runs.iter().filter(|run| State::of(run) == state).count();
        Self { done: n(State::Done), failed: n(State::Failed), missing: n(State::Missing) }
    }

    fn words(self) -> String {
        let others = [(self.failed, "failed"), (self.missing, "missing")];
        let others = others.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}"));
        format!("{} done{}", number(self.done, "run"), others.collect::<String>())
    }
}

fn table(manifest: &Manifest, runs: &[ListedRun], kpis: &[&KpiInfo], counts: Counts, found: usize) -> String {
    let mut text = format!("{}: {}\n", manifest.name, counts.words());
    if runs.is_empty() {
        text.push_str("none of them is meant\n");
        return text;
    }
    text.push('\n');
    let digits = digits(runs.iter().filter_map(|run| run.id.as_deref()));
    let mut heading: Vec<String> = ["run", "state", "policy"].map(str::to_owned).into();
    heading.extend(manifest.sweep_paths.iter().map(|path| short_path(path).to_owned()));
    let figures_from = heading.len();
    heading.push("replication".into());
    heading.extend(kpis.iter().map(|info| info.column.to_owned()));
    let mut rows = vec![heading];
    for run in runs {
        let id = run.id.as_deref().map_or("-", |id| &id[..digits.min(id.len())]);
        let mut row = vec![id.to_owned(), State::of(run).word().to_owned(), run.policy.clone()];
        row.extend(manifest.sweep_paths.iter().map(|path| {
            let at = run.sweep.iter().find(|at| at.path == *path);
            at.map_or_else(|| "-".to_owned(), |at| at.text.clone())
        }));
        row.push(run.replication.to_string());
        let figure = |info: &&KpiInfo| value(run, info.kpi).map_or_else(|| "-".to_owned(), significant);
        row.extend(kpis.iter().map(figure));
        rows.push(row);
    }
    text.push_str(&columns(&rows, figures_from));
    if found > runs.len() {
        text.push_str(&format!("{} shown, {} more\n", runs.len(), found - runs.len()));
    }
    for run in runs {
        if let (Some(id), RunState::Failed { error }) = (&run.id, &run.state) {
            text.push_str(&format!("\n{} failed: {error}\n", &id[..digits.min(id.len())]));
        }
    }
    text
}

/// The JSON.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    dir: String,
    schema_version: u32,
    dapple_version: &'a str,
    primary_kpi: &'a str,
    done: usize,
    failed: usize,
    missing: usize,
    runs: Vec<RunAsJson<'a>>,
}

#[derive(Serialize)]
struct RunAsJson<'a> {
    id: Option<&'a str>,
    state: State,
    policy: &'a str,
    replication: u32,
    seed: u64,
    sweep: BTreeMap<&'a str, &'a str>,
    events: Option<u64>,
    error: Option<&'a str>,
    kpis: BTreeMap<&'static str, f64>,
}

impl<'a> Listed<'a> {
    fn new(manifest: &'a Manifest, dir: &std::path::Path, counts: Counts, runs: &'a [ListedRun]) -> Self {
        Self {
            name: &manifest.name,
            dir: dir.display().to_string(),
            schema_version: manifest.schema_version,
            dapple_version: &manifest.dapple_version,
            primary_kpi: &manifest.primary_kpi,
            done: counts.done,
            failed: counts.failed,
            missing: counts.missing,
            runs: runs.iter().map(RunAsJson::new).collect(),
        }
    }
}

impl<'a> RunAsJson<'a> {
    fn new(run: &'a ListedRun) -> Self {
        let (events, error) = match &run.state {
            RunState::Done { events, .. } => (Some(*events), None),
            RunState::Failed { error } => (None, Some(error.as_str())),
            RunState::Missing => (None, None),
        };
        Self {
            id: run.id.as_deref(),
            state: State::of(run),
            policy: &run.policy,
            replication: run.replication,
            seed: run.seed,
            sweep: run.sweep.iter().map(|at| (at.path.as_str(), at.text.as_str())).collect(),
            events,
            error,
            kpis: KPIS.iter().filter_map(|info| Some((info.column, value(run, info.kpi)?))).collect(),
        }
    }
}
