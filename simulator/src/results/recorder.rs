//! The observer that keeps what the scenario asked for, and the figures behind the KPIs.

use crate::engine::{RecordLevel, Setup};
use crate::ids::{FileId, Id};
use crate::results::records::{DecisionRecord, JobRecord, ReadRecord, RequestRecord, tables};
use crate::results::times::{Mean, Times};
use crate::results::{Kpi, Kpis, TableData, Value};
use crate::rng::{Purpose, keyed};
use crate::topology::Route;
use crate::units::{Bytes, SimSpan, SimTime};

/// Records facts. Rows go to the columns of their table as they come, and into the order of their ids at the end. What
/// is not recorded costs the figures behind the KPIs only, whose memory grows with the number of files
/// only.
#[derive(Debug)]
pub(crate) struct Recorder {
    seed: u64,
    warm_up_until: SimTime,
    horizon: SimTime,
    requests: TableData,
    reads: TableData,
    jobs: TableData,
    series: TableData,
    decisions: TableData,
    n_samples: u64,
    figures: Figures,
    /// Bytes of accesses and transfers that were completed.
    pub received: Bytes,
}

/// What the KPIs are made of.
#[derive(Debug, Default)]
struct Figures {
    turnaround: Times,
    wait: Times,
    data_wait: Mean,
    compute_s: f64,
    slot_s: f64,
    jobs: [u64; 3],
    ttc: Times,
    fts_queue: Mean,
    network: Mean,
    transfers: [u64; 2],
    remote: Mean,
    wan: f64,
    lan: f64,
    /// For each file up to the last that was touched: the largest part that a job needed, and the bytes that crossed
    /// the WAN for jobs. A file itself takes three times as much, so gaps are cheap.
    needed: Vec<(f64, f64)>,
    first_submitted: Option<SimTime>,
    last_ended: Option<SimTime>,
    any_unfinished: bool,
}

impl Recorder {
    pub fn new(setup: &Setup, seed: u64) -> Self {
        let [requests, reads, jobs, series, decisions] = tables(setup);
        Self {
            seed,
            warm_up_until: SimTime::ZERO + setup.warm_up,
            horizon: setup.horizon,
            requests,
            reads,
            jobs,
            series,
            decisions,
            n_samples: 0,
            figures: Figures::default(),
            received: Bytes::ZERO,
        }
    }

    /// A transfer request has ended, or the run has.
    pub fn request(&mut self, record: &RequestRecord, setup: &Setup) {
        let route = setup.topology.route_between(record.source, record.destination);
        let moved = record.moved.as_f64();
        self.figures.count_bytes(moved, route, record.file);
        if record.transferred_at.is_some() {
            self.received += record.moved;
        }
        if record.created_at >= self.warm_up_until {
            self.figures.transfers[0] += u64::from(record.outcome == "done");
            self.figures.transfers[1] += u64::from(record.outcome == "failed");
            if let (Some(started), Some(done)) = (record.started_at, record.transferred_at) {
                self.figures.ttc.push(done.since(record.created_at));
                self.figures.fts_queue.push(started.since(record.created_at));
                self.figures.network.push(done.since(started));
            }
        }
        if self.keeps(setup.record.requests, 0, record.request) {
            record.push(&mut self.requests);
        }
    }

    /// A file access has ended, or the run has.
    pub fn read(&mut self, record: &ReadRecord, setup: &Setup) {
        let pool_route = |pool| setup.topology.route_to_pool(record.source, pool);
        let part = &mut self.figures.needed(record.file).0;
        *part = part.max(record.bytes.as_f64() * record.fraction);
        self.figures.count_bytes(record.moved.as_f64(), pool_route(record.pool), Some(record.file));
        if let (Some(started), Some(ended)) = (record.started_at, record.ended_at) {
            self.received += record.moved;
            if record.mode == "remote" && record.decided_at >= self.warm_up_until {
                self.figures.remote.push(ended.since(started));
            }
        }
        if self.keeps(setup.record.reads, 1, record.read) {
            record.push(&mut self.reads);
        }
    }

    /// A job has ended, or the run has.
    pub fn job(&mut self, record: &JobRecord, setup: &Setup) {
        let figures = &mut self.figures;
        let first = figures.first_submitted.unwrap_or(record.submitted_at);
        figures.first_submitted = Some(first.min(record.submitted_at));
        figures.last_ended = figures.last_ended.max(record.ended_at);
        figures.any_unfinished |= record.ended_at.is_none();
        if record.submitted_at >= self.warm_up_until {
            let kind = match record.outcome {
                "done" => 0,
                "failed" => 1,
                _ => 2,
            };
            figures.jobs[kind] += 1;
            if kind != 1 {
                let until = |instant: Option<SimTime>| -> SimSpan {
                    instant.unwrap_or(self.horizon).since(record.submitted_at)
                };
                figures.turnaround.push(until(record.ended_at));
                figures.wait.push(until(record.started_at));
                figures.data_wait.push(until(record.data_at));
            }
            if let (0, Some(started), Some(ended)) = (kind, record.started_at, record.ended_at) {
                figures.compute_s += record.compute_s;
                figures.slot_s += ended.since(started).as_secs_f64();
            }
        }
        if self.keeps(setup.record.jobs, 2, record.job) {
            record.push(&mut self.jobs);
        }
    }

    /// A decision has its outcome, or the run has ended.
    pub fn decision(&mut self, record: &DecisionRecord, setup: &Setup) {
        if self.keeps(setup.record.decisions, 3, record.read) {
            record.push(&mut self.decisions);
        }
    }

    /// A quantity was sampled.
    pub fn sample(&mut self, (entity, quantity): (&str, &str), now: SimTime, value: f64, setup: &Setup) {
        let row = self.n_samples;
        self.n_samples += 1;
        if !self.keeps(setup.record.series, 4, row) {
            return;
        }
        let at = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
        self.series.push(&[Value::Text(entity), Value::Text(quantity), Value::Int(at), Value::Float(value)]);
    }

    /// Tables and KPIs of the whole run.
    pub fn finish(self, busiest_link: Option<f64>) -> (Vec<TableData>, Kpis) {
        let Self { requests, reads, jobs, series, decisions, .. } = self;
        let mut tables = [requests, reads, jobs, series, decisions];
        // The rows of the series have no id and are in order.
        tables.iter_mut().for_each(TableData::order_by_id);
        (tables.into(), self.figures.kpis(busiest_link))
    }

    fn keeps(&self, level: RecordLevel, table: u64, id: u64) -> bool {
        use rand::RngExt;
        match level {
            RecordLevel::Summary => false,
            RecordLevel::Rows => true,
            RecordLevel::Sample(share) => keyed(self.seed, Purpose::RowSample, [table, id]).random::<f64>() < share,
        }
    }
}

impl Figures {
    fn needed(&mut self, file: FileId) -> &mut (f64, f64) {
        if file.index() >= self.needed.len() {
            self.needed.resize(file.index() + 1, (0.0, 0.0));
        }
        &mut self.needed[file.index()]
    }

    fn count_bytes(&mut self, moved: f64, route: Option<&Route>, file: Option<FileId>) {
        if route.is_some_and(|route| !route.links.is_empty()) {
            self.wan += moved;
            if let Some(file) = file {
                self.needed(file).1 += moved;
            }
        } else {
            self.lan += moved;
        }
    }

    fn kpis(mut self, busiest_link: Option<f64>) -> Kpis {
        let count = |n: u64| Some(n as f64);
        let redundant: f64 = self.needed.iter().map(|(part, wan)| (wan - part).max(0.0)).sum();
        let span = self.last_ended.zip(self.first_submitted).map(|(last, first)| last.since(first).as_secs_f64());
        let mut kpis = Kpis::default();
        kpis.set(Kpi::JobTurnaround, self.turnaround.mean.seconds());
        kpis.set(Kpi::JobTurnaroundP50, self.turnaround.quantile(0.5));
        kpis.set(Kpi::JobTurnaroundP95, self.turnaround.quantile(0.95));
        kpis.set(Kpi::JobWait, self.wait.mean.seconds());
        kpis.set(Kpi::JobWaitP95, self.wait.quantile(0.95));
        kpis.set(Kpi::DataWait, self.data_wait.seconds());
        kpis.set(Kpi::CpuEfficiency, (self.slot_s > 0.0).then(|| self.compute_s / self.slot_s));
        kpis.set(Kpi::JobsDone, count(self.jobs[0]));
        kpis.set(Kpi::JobsFailed, count(self.jobs[1]));
        kpis.set(Kpi::JobsUnfinished, count(self.jobs[2]));
        kpis.set(Kpi::TtcP50, self.ttc.quantile(0.5));
        kpis.set(Kpi::TtcP95, self.ttc.quantile(0.95));
        kpis.set(Kpi::TtcP99, self.ttc.quantile(0.99));
        kpis.set(Kpi::FtsQueueTime, self.fts_queue.seconds());
        kpis.set(Kpi::NetworkTime, self.network.seconds());
        kpis.set(Kpi::TransfersDone, count(self.transfers[0]));
        kpis.set(Kpi::TransfersFailed, count(self.transfers[1]));
        kpis.set(Kpi::RemoteReadTime, self.remote.seconds());
        kpis.set(Kpi::WanBytes, Some(self.wan));
        kpis.set(Kpi::LanBytes, Some(self.lan));
        kpis.set(Kpi::RedundantBytes, Some(redundant));
        kpis.set(Kpi::BusiestLink, busiest_link);
        kpis.set(Kpi::Makespan, span.filter(|_| !self.any_unfinished));
        kpis
    }
}
