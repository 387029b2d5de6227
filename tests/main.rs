//! Integration tests: the program as its users meet it, in one test binary.
//!
//! Each test has a [`Lab`]: a temporary folder, a scenario in it, and the program to run there.

mod arrows;
mod bad_input;
mod cli;
mod commands;
mod determinism;
mod failures;
mod golden;
mod reproduce;
mod resume;
mod verdicts;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Two sites, one pool, three policies, three replications: 9 runs of a few milliseconds each.
const TRIAL: &str = r#"(
    name: "trial",
    seed: 7,
    warm_up: Hours(1),
    horizon: Hours(12),
    topology: (
        sites: [(name: "CERN"), (name: "GRIF")],
        rses: [
            (name: "CERN_DISK", site: "CERN", capacity: TB(2)),
            (name: "GRIF_DISK", site: "GRIF"),
        ],
        pools: [(name: "CERN_WN", site: "CERN", nodes: 4, slots: 4, scratch: GB(500))],
        links: [(name: "CERN-GRIF", from: "CERN", to: "GRIF", bandwidth: Gbps(10), latency: Millis(10))],
    ),
    data: (datasets: [(name: "data", files: 60, size: Exponential(mean: GB(2)), replicas: ["GRIF_DISK"])]),
    workload: [
        Jobs(
            name: "analysis",
            pool: "CERN_WN",
            arrivals: Poisson(per_hour: 60.0),
            inputs: Dataset(dataset: "data", files: 2, pick: Uniform),
            compute: (fixed: Exponential(mean: Minutes(5))),
        ),
    ],
    policies: [
        (name: "place", access: Place(min_reuse: 1)),
        (name: "remote", access: AlwaysRemote),
        (name: "random", access: Random),
    ],
    experiment: (replications: 3, baseline: "place", primary_kpi: JobTurnaround),
    record: Rows,
)
"#;

/// A folder with a scenario in it.
struct Lab {
    dir: TempDir,
}

impl Lab {
    /// A lab with [`TRIAL`] as `trial.ron`.
    fn new() -> Self {
        let lab = Self { dir: TempDir::new().expect("the system has a temporary folder") };
        lab.write("trial.ron", TRIAL);
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the lab can be written");
    }

    /// The program, to be run in the lab.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dapple"));
        command.current_dir(self.dir.path()).args(arguments).env_remove("DAPPLE_JOBS").env_remove("DAPPLE_DATA");
        command
    }

    /// Runs the program to its end.
    fn dapple(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).output().expect("the program can be started").into()
    }

    /// Everything of a results folder that is promised to be the same, byte for byte, by name.
    fn results(&self, dir: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(dir), "", &mut files);
        files.retain(|name, _| {
            name == "manifest.json" || name == "runs.parquet" || name == "dictionary.md" || name.starts_with("run-")
        });
        files
    }
}

/// Adds all files below `dir`, named by their way from there.
fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let name = format!("{prefix}{}", path.file_name().expect("it has a name").to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(&path).expect("the file can be read"));
        }
    }
}

/// Asserts that two results are the same and says which files are not.
#[track_caller]
fn assert_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "different files");
    let differ: Vec<&String> =
        one.iter().filter(|(name, bytes)| other[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(differ.is_empty(), "different bytes in {differ:?}");
}

/// What the program said.
struct Finished {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// Asserts the exit code, and that nothing panicked.
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Asserts that it said something on standard error.
    #[track_caller]
    fn complains(self, of: &str) -> Self {
        assert!(self.err.contains(of), "`{of}` is not in\n{}", self.err);
        self
    }
}
