//! What `dapple check --json` prints. Keys are added, never renamed.

use std::path::Path;

use dapple_scenarios::{Problem, Problems};
use serde::Serialize;

use crate::exit::Failure;

/// What is told of a file as JSON.
#[derive(Serialize)]
pub struct Checked {
    file: String,
    pub ok: bool,
    problems: Vec<ProblemAsJson>,
    warnings: Vec<String>,
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
    pub fn ok(file: &Path, work: Work, warnings: Vec<String>) -> Self {
        Self { file: file.display().to_string(), ok: true, problems: Vec::new(), warnings, work: Some(work) }
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
        let problems = problems.iter().map(problem).collect();
        Self { file: file.display().to_string(), ok: false, problems, warnings: Vec::new(), work: None }
    }

    pub fn unread(file: &Path, failure: &Failure) -> Self {
        let file = file.display().to_string();
        let problem = ProblemAsJson {
            file: file.clone(),
            line: 0,
            column: 0,
            path: String::new(),
            message: failure.error.to_string(),
            help: None,
        };
        Self { file, ok: false, problems: vec![problem], warnings: Vec::new(), work: None }
    }
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
