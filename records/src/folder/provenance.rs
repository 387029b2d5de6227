//! Where and when an experiment was run: everything that may differ between two equal experiments.

use std::io::Write;
use std::path::Path;
use std::time::Instant;
use std::{env, fs, io};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::write_atomically;

/// Name of the file.
pub(super) const PROVENANCE_FILE: &str = "provenance.json";

/// `provenance.json`: one entry per time that the experiment was run or resumed, the last one last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Provenance {
    sessions: Vec<Session>,
}

/// One time that the experiment was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The command line.
    #[serde(default)]
    pub command: String,
    /// Name of the machine.
    pub host: String,
    /// Its system and processor.
    pub system: String,
    /// Version of dapple.
    pub dapple_version: String,
    /// Threads that it ran on.
    pub threads: usize,
    /// Start, as RFC 3339 says it.
    pub started_at: String,
    /// End.
    pub ended_at: String,
    /// What passed between \[s\].
    pub wall_s: f64,
    /// Runs that were done.
    pub runs_done: usize,
    /// Runs that failed.
    pub runs_failed: usize,
}

/// The times that the experiment in a folder was run, as far as its file can be read.
pub fn sessions(dir: &Path) -> Vec<Session> {
    let text = fs::read_to_string(dir.join(PROVENANCE_FILE)).ok();
    let read: Option<Provenance> = text.and_then(|text| serde_json::from_str(&text).ok());
    read.unwrap_or_default().sessions
}

/// What a session came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCounts {
    /// Threads that it ran on.
    pub threads: usize,
    /// Runs that were done.
    pub runs_done: usize,
    /// Runs that failed.
    pub runs_failed: usize,
}

/// The clock of a session that is under way.
pub struct Clock {
    started: Timestamp,
    since: Instant,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self { started: Timestamp::now(), since: Instant::now() }
    }

    /// Adds the session to the file. One that cannot be read is begun anew: it is no result.
    pub(super) fn write(&self, dir: &Path, counts: SessionCounts) -> io::Result<()> {
        let path = dir.join(PROVENANCE_FILE);
        let mut provenance = Provenance { sessions: sessions(dir) };
        provenance.sessions.push(Session {
            command: command(),
            host: host(),
            system: format!("{} {}", env::consts::OS, env::consts::ARCH),
            dapple_version: env!("CARGO_PKG_VERSION").into(),
            threads: counts.threads,
            started_at: self.started.to_string(),
            ended_at: Timestamp::now().to_string(),
            wall_s: self.since.elapsed().as_secs_f64(),
            runs_done: counts.runs_done,
            runs_failed: counts.runs_failed,
        });
        let text = serde_json::to_string_pretty(&provenance)?;
        write_atomically(&path, |file| writeln!(file, "{text}"))
    }
}

/// The command line of this process, such that a shell reads it again.
fn command() -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    let quoted = |word: String| {
        if !word.is_empty() && word.chars().all(is_plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    // Of the program its name: where it lies says nothing about the results.
    let words = env::args_os().enumerate().map(|(nth, word)| {
        let name = Path::new(&word).file_name().filter(|_| nth == 0).map(ToOwned::to_owned);
        quoted(name.unwrap_or(word).to_string_lossy().into_owned())
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Name of this machine as far as it is told without asking a library of the system.
fn host() -> String {
    let from_kernel = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_kernel.or_else(|| env::var("HOSTNAME").ok()).or_else(|| env::var("COMPUTERNAME").ok());
    name.map_or_else(|| "unknown".into(), |name| name.trim().to_owned())
}
