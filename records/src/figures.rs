//! What the KPIs are made of.

use dapple_simulator::facts::{
    JobEnded, JobOutcome, ReadEnded, RemovedBecause, ReplicaRemoved, RuleEnded, TransferEnded, TransferError,
    TransferOutcome,
};
use dapple_simulator::ids::{FileId, Id};
use dapple_simulator::topology::Route;
use dapple_simulator::units::{Bytes, SimSpan, SimTime};

use crate::times::{Mean, Precision, Times};

/// Sums over what has ended.
#[derive(Debug)]
pub(crate) struct Figures {
    warm_up_until: SimTime,
    horizon: SimTime,
    pub turnaround: Times,
    pub wait: Times,
    pub data_wait: Mean,
    pub compute_s: f64,
    pub slot_s: f64,
    /// Jobs done, failed, unfinished.
    pub jobs: [u64; 3],
    pub ttc: Times,
    pub rucio_queue: Mean,
    pub fts_queue: Mean,
    pub network: Mean,
    /// Transfers done, failed, unfinished.
    pub transfers: [u64; 3],
    /// Failed transfers that nobody wanted any more.
    withdrawn: u64,
    /// Transfers made for jobs, whatever became of them.
    pub placements: u64,
    /// Bytes that had arrived by attempts that failed then.
    pub lost: f64,
    pub rule_ok: Times,
    /// Rules that were OK, refused, neither.
    pub rules: [u64; 3],
    pub remote: Mean,
    /// Remote reads done, unfinished.
    pub remote_reads: [u64; 2],
    pub wan: f64,
    pub lan: f64,
    pub busiest_link: Option<f64>,
    pub redundant: Option<f64>,
    /// Replicas deleted that were not obsolete.
    pub evictions: u64,
    pub evicted: f64,
    first_submitted: Option<SimTime>,
    last_ended: Option<SimTime>,
    any_unfinished: bool,
}

impl Figures {
    /// Nothing has happened yet.
    pub fn new(warm_up_until: SimTime, horizon: SimTime, precision: Precision) -> Self {
        let times = || Times::new(precision);
        Self {
            warm_up_until,
            horizon,
            turnaround: times(),
            wait: times(),
            data_wait: Mean::default(),
            compute_s: 0.0,
            slot_s: 0.0,
            jobs: [0; 3],
            ttc: times(),
            rucio_queue: Mean::default(),
            fts_queue: Mean::default(),
            network: Mean::default(),
            transfers: [0; 3],
            withdrawn: 0,
            placements: 0,
            lost: 0.0,
            rule_ok: times(),
            rules: [0; 3],
            remote: Mean::default(),
            remote_reads: [0; 2],
            wan: 0.0,
            lan: 0.0,
            busiest_link: None,
            redundant: None,
            evictions: 0,
            evicted: 0.0,
            first_submitted: None,
            last_ended: None,
            any_unfinished: false,
        }
    }

    /// A transfer request has ended, or the run has.
    pub fn transfer(&mut self, transfer: &TransferEnded, route: Option<&Route>) {
        self.count_bytes(transfer.moved.as_f64(), route);
        if transfer.created_at >= self.warm_up_until {
            let kind = match transfer.outcome {
                TransferOutcome::Done => 0,
                TransferOutcome::Failed(_) => 1,
                TransferOutcome::Queued | TransferOutcome::Active | TransferOutcome::Finishing => 2,
            };
            self.transfers[kind] += 1;
            self.withdrawn += u64::from(is_withdrawn(transfer.outcome));
            self.placements += u64::from(transfer.is_placement());
            // Of what is there, whatever earlier tries of FTS had moved; of what is not, all of it.
            let kept = match transfer.outcome {
                TransferOutcome::Queued | TransferOutcome::Active => transfer.moved,
                _ if transfer.transferred_at.is_some() => transfer.bytes,
                _ => Bytes::ZERO,
            };
            self.lost += transfer.moved.saturating_sub(kept).as_f64();
            if let (Some(started), Some(done)) = (transfer.started_at, transfer.transferred_at) {
                self.ttc.push(done.since(transfer.created_at));
                // What is started was submitted; FTS may have started it before its answer was here.
                let submitted = transfer.submitted_at.unwrap_or(started).min(started);
                self.rucio_queue.push(submitted.since(transfer.created_at));
                self.fts_queue.push(started.since(submitted));
                self.network.push(done.since(started));
            }
        }
    }

    /// A file access has ended, or the run has.
    pub fn read(&mut self, read: &ReadEnded, route: Option<&Route>) {
        self.count_bytes(read.moved.as_f64(), route);
        if read.access.is_streamed() && read.decided_at >= self.warm_up_until {
            self.remote_reads[usize::from(read.ended_at.is_none())] += 1;
            if let (Some(started), Some(ended)) = (read.started_at, read.ended_at) {
                self.remote.push(ended.since(started));
            }
        }
    }

    /// A job has ended, or the run has.
    pub fn job(&mut self, job: &JobEnded) {
        let first = self.first_submitted.unwrap_or(job.submitted_at);
        self.first_submitted = Some(first.min(job.submitted_at));
        self.last_ended = self.last_ended.max(job.ended_at);
        self.any_unfinished |= job.ended_at.is_none();
        if job.submitted_at < self.warm_up_until {
            return;
        }
        let (kind, done) = match job.outcome {
            JobOutcome::Done => (0, true),
            JobOutcome::Failed(_) => (1, false),
            JobOutcome::Placing | JobOutcome::Queued | JobOutcome::Running => (2, false),
        };
        self.jobs[kind] += 1;
        if !matches!(job.outcome, JobOutcome::Failed(_)) {
            let horizon = self.horizon;
            let until = |instant: Option<SimTime>| -> SimSpan { instant.unwrap_or(horizon).since(job.submitted_at) };
            self.turnaround.push(until(job.ended_at));
            self.wait.push(until(job.started_at));
            self.data_wait.push(until(job.data_at));
        }
        if let (true, Some(started), Some(ended)) = (done, job.started_at, job.ended_at) {
            self.compute_s += job.compute_s * f64::from(job.slots);
            self.slot_s += ended.since(started).as_secs_f64() * f64::from(job.slots);
        }
    }

    /// A rule has ended, or the run has.
    pub fn rule(&mut self, rule: &RuleEnded) {
        if rule.created_at < self.warm_up_until {
            return;
        }
        let kind = match (rule.state, rule.ok_at) {
            (None, _) => 1,
            (Some(_), Some(_)) => 0,
            (Some(_), None) => 2,
        };
        self.rules[kind] += 1;
        if kind != 1 {
            let until = rule.ok_at.or(rule.deleted_at).unwrap_or(self.horizon);
            self.rule_ok.push(until.since(rule.created_at));
        }
    }

    /// A replica was deleted.
    pub fn removed(&mut self, removed: &ReplicaRemoved) {
        if removed.because != RemovedBecause::Obsolete {
            self.evictions += 1;
            self.evicted += removed.bytes.as_f64();
        }
    }

    /// Attempts done, of all that are done or failed; not those that were withdrawn.
    pub fn success(&self) -> Option<f64> {
        let [done, failed, _] = self.transfers;
        let tried = done + failed - self.withdrawn;
        (tried > 0).then(|| done as f64 / tried as f64)
    }

    /// From the first submission to the last end of a job; `None` where a job has not ended.
    pub fn makespan_s(&self) -> Option<f64> {
        let span = self.last_ended.zip(self.first_submitted).map(|(last, first)| last.since(first).as_secs_f64());
        span.filter(|_| !self.any_unfinished)
    }

    fn count_bytes(&mut self, moved: f64, route: Option<&Route>) {
        if is_wan(route) {
            self.wan += moved;
        } else {
            self.lan += moved;
        }
    }
}

/// Whether nobody wanted it any more: its rule was deleted, or an earlier hop of its file had failed.
fn is_withdrawn(outcome: TransferOutcome) -> bool {
    matches!(outcome, TransferOutcome::Failed(TransferError::Cancelled | TransferError::NotUsed))
}

/// What jobs needed of each file, and what crossed the WAN for it.
#[derive(Debug, Default)]
pub(crate) struct Needed {
    /// For each file up to the last that was touched: the largest part that a job needed, and the bytes that crossed
    /// the WAN for jobs. A file itself takes three times as much, so gaps are cheap.
    files: Vec<(f64, f64)>,
}

impl Needed {
    /// A transfer request has ended, or the run has.
    pub fn transfer(&mut self, transfer: &TransferEnded, route: Option<&Route>) {
        if let Some(file) = transfer.file.filter(|_| transfer.for_job && is_wan(route)) {
            self.file(file).1 += transfer.moved.as_f64();
        }
    }

    /// A file access has ended, or the run has.
    pub fn read(&mut self, read: &ReadEnded, route: Option<&Route>) {
        let question = &read.question;
        let (part, wan) = self.file(question.file);
        *part = part.max(question.bytes.as_f64() * question.read_fraction);
        *wan += if is_wan(route) { read.moved.as_f64() } else { 0.0 };
    }

    /// Bytes that crossed the WAN for jobs beyond what they needed of each file.
    pub fn redundant(&self) -> f64 {
        self.files.iter().map(|(part, wan)| (wan - part).max(0.0)).sum()
    }

    fn file(&mut self, file: FileId) -> &mut (f64, f64) {
        if file.index() >= self.files.len() {
            self.files.resize(file.index() + 1, (0.0, 0.0));
        }
        &mut self.files[file.index()]
    }
}

fn is_wan(route: Option<&Route>) -> bool {
    route.is_some_and(|route| !route.links.is_empty())
}
