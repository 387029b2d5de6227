//! What `dapple check --json` prints. Keys are added, never renamed.

use std::path::Path;
use std::sync::Arc;

use dapple_scenarios::{LogAccount, Problem, Problems};
use serde::Serialize;

use crate::exit::Failure;

/// What is told of a file as JSON.
#[derive(Serialize)]
pub struct Checked {
    file: String,
    pub ok: bool,
    problems: Vec<ProblemAsJson>,
    warnings: Vec<String>,
    /// What was taken of each log.
    logs: Vec<LogAccount>,
    /// Whether replications can differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    chance: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<Work>,
}

#[derive(Serialize)]
struct ProblemAsJson {
    file: String,
    line: usize,
    column: usize,
    path: String,
    message: String,
    help: Option<String>,
}

impl Checked {
    pub fn ok(file: &Path, (work, chance): (Work, bool), (warnings, logs): (Vec<String>, &[Arc<LogAccount>])) -> Self {
        Self { ok: true, warnings, logs: owned(logs), chance: Some(chance), work: Some(work), ..Self::of(file) }
    }

    fn of(file: &Path) -> Self {
        Self {
            file: file.display().to_string(),
            ok: false,
            problems: Vec::new(),
            warnings: Vec::new(),
            logs: Vec::new(),
            chance: None,
            work: None,
        }
    }

    pub fn refused(file: &Path, problems: &Problems) -> Self {
        let problem = |problem: &Problem| ProblemAsJson {
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            path: problem.path.clone(),
            message: problem.message.clone(),
            help: problem.help.clone(),
        };
        Self { problems: problems.iter().map(problem).collect(), logs: owned(problems.logs()), ..Self::of(file) }
    }

    pub fn unread(file: &Path, failure: &Failure) -> Self {
        let problem = ProblemAsJson {
            file: file.display().to_string(),
            line: 0,
            column: 0,
            path: String::new(),
            message: failure.error.to_string(),
            help: None,
        };
        Self { problems: vec![problem], ..Self::of(file) }
    }
}

fn owned(logs: &[Arc<LogAccount>]) -> Vec<LogAccount> {
    logs.iter().map(|log| (**log).clone()).collect()
}

/// How much work an experiment is; what was tried out is `null` where a run that was tried fails.
#[derive(Serialize)]
pub struct Work {
    pub runs: usize,
    pub policies: usize,
    pub replications: usize,
    pub sweep_points: usize,
    pub events: Option<f64>,
    pub seconds_on_one_core: Option<f64>,
    pub disk_bytes: Option<f64>,
}
