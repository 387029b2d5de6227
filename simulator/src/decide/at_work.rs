//! What a set of policies is doing: read by whoever waits for an answer in another thread, and by whoever catches a panic.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::decide::{AccessMode, Decision, SourceChoice};
use crate::ids::{Id, JobId};
use crate::units::SimTime;

/// What a set of policies is doing, shared by all who hold a clone. The policies' thread writes it and nobody else; a run
/// never reads it, so that no result depends on it.
#[derive(Clone, Debug, Default)]
pub struct AtWork(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    calls: AtomicU64,
    task: AtomicU64,
    job: AtomicU64,
    at: AtomicU64,
}

/// Something that policies are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doing {
    /// What.
    pub task: Task,
    /// When in simulated time.
    pub at: SimTime,
    /// The how many-th thing that they are asked for, so that two of the same kind are told apart.
    pub call: u64,
}

/// What policies can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// To get ready.
    Start,
    /// To learn from what has ended.
    Learn,
    /// To save what they have learned, or to load it.
    Keep,
    /// To decide how a job reaches an input.
    Access(JobId),
    /// To decide from which replica a file for a job is copied.
    Source(JobId),
}

impl AtWork {
    /// They begin with something.
    pub fn begin(&self, task: Task, at: SimTime) {
        let (code, job) = match task {
            Task::Start => (1, None),
            Task::Learn => (2, None),
            Task::Keep => (3, None),
            Task::Access(job) => (4, Some(job)),
            Task::Source(job) => (5, Some(job)),
        };
        let Cells { calls, job: of, at: when, task } = &*self.0;
        // One thread writes: no addition is lost.
        calls.store(calls.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        of.store(job.map_or(0, |job| job.index() as u64), Ordering::Relaxed);
        when.store(at.as_nanos(), Ordering::Relaxed);
        task.store(code, Ordering::Release);
    }

    /// They are done with it. A panic leaves it as it was.
    pub fn end(&self) {
        self.0.task.store(0, Ordering::Release);
    }

    /// What they are doing; `None`: nothing, whoever is at work is somebody else.
    pub fn doing(&self) -> Option<Doing> {
        let Cells { calls, job, at, task } = &*self.0;
        let code = task.load(Ordering::Acquire);
        let job = JobId::from_index(usize::try_from(job.load(Ordering::Relaxed)).unwrap_or(usize::MAX));
        let task = match code {
            1 => Task::Start,
            2 => Task::Learn,
            3 => Task::Keep,
            4 => Task::Access(job),
            5 => Task::Source(job),
            _ => return None,
        };
        let at = SimTime::from_nanos(at.load(Ordering::Relaxed));
        Some(Doing { task, at, call: calls.load(Ordering::Relaxed) })
    }
}

impl fmt::Display for Doing {
    /// `deciding access for job 3, at 01:00:00.000 of simulated time`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decides = |decision: &str, job: JobId| format!("deciding `{decision}` for job {}", job.index());
        let what = match self.task {
            Task::Start => return f.write_str("getting ready"),
            Task::Keep => return f.write_str("saving or loading what was learned"),
            Task::Learn => "learning from what has ended".to_owned(),
            Task::Access(job) => decides(AccessMode::NAME, job),
            Task::Source(job) => decides(SourceChoice::NAME, job),
        };
        write!(f, "{what}, at {} of simulated time", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_policies_do_is_seen_through_every_clone() {
        let (theirs, ours) = (AtWork::default(), AtWork::default());
        let seen = theirs.clone();
        assert_eq!(seen.doing(), None);
        theirs.begin(Task::Access(JobId::from_index(3)), SimTime::from_secs_f64(3600.0));
        let doing = seen.doing().expect("they are at it");
        assert_eq!(doing.to_string(), "deciding `access` for job 3, at 01:00:00.000 of simulated time");
        theirs.begin(Task::Access(JobId::from_index(3)), SimTime::from_secs_f64(3600.0));
        assert_ne!(seen.doing(), Some(doing), "it is another question");
        theirs.end();
        assert_eq!((seen.doing(), ours.doing()), (None, None));
    }
}
