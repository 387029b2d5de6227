//! The observer that keeps what the scenario asked for, and the figures behind the KPIs.

use std::collections::BTreeMap;

use crate::engine::{RecordLevel, Setup};
use crate::results::records::{DecisionRecord, JobRecord, ReadRecord, RequestRecord};
use crate::results::{Kpi, Kpis, TableData, Value, schema};
use crate::rng::{Purpose, keyed};
use crate::topology::Route;
use crate::units::{Bytes, SimTime};

/// Records facts. Rows are kept by id and written in their order, whatever the order of their ends.
#[derive(Debug)]
pub(crate) struct Recorder {
    seed: u64,
    warm_up_until: SimTime,
    horizon: SimTime,
    requests: Vec<RequestRecord>,
    reads: Vec<ReadRecord>,
    jobs: Vec<JobRecord>,
    decisions: Vec<DecisionRecord>,
    series: TableData,
    n_samples: u64,
    figures: Figures,
    /// Bytes of accesses and transfers that were completed.
    pub received: Bytes,
}

/// What the KPIs are made of.
#[derive(Debug, Default)]
struct Figures {
    turnaround: Vec<f64>,
    wait: Vec<f64>,
    data_wait: Vec<f64>,
    compute_s: f64,
    slot_s: f64,
    jobs: [u64; 3],
    ttc: Vec<f64>,
    fts_queue: Vec<f64>,
    network: Vec<f64>,
    transfers: [u64; 2],
    remote: Vec<f64>,
    wan: f64,
    lan: f64,
    /// Largest part of each file that a job needed, and its bytes that crossed the WAN for jobs.
    needed: BTreeMap<u64, (f64, f64)>,
    first_submitted: Option<SimTime>,
    last_ended: Option<SimTime>,
    any_unfinished: bool,
}

impl Recorder {
    pub fn new(setup: &Setup, seed: u64) -> Self {
        Self {
            seed,
            warm_up_until: SimTime::ZERO + setup.warm_up,
            horizon: setup.horizon,
            requests: Vec::new(),
            reads: Vec::new(),
            jobs: Vec::new(),
            decisions: Vec::new(),
            series: TableData::new(schema::series()),
            n_samples: 0,
            figures: Figures::default(),
            received: Bytes::ZERO,
        }
    }

    /// A transfer request has ended, or the run has.
    pub fn request(&mut self, record: RequestRecord, setup: &Setup) {
        let route = setup.topology.route_between(record.source, record.destination);
        let moved = record.moved.as_f64();
        let for_jobs = record.file.map(|file| crate::ids::Id::index(file) as u64);
        self.figures.count_bytes(moved, route, for_jobs);
        if record.transferred_at.is_some() {
            self.received += record.moved;
        }
        if record.created_at >= self.warm_up_until {
            self.figures.transfers[0] += u64::from(record.outcome == "done");
            self.figures.transfers[1] += u64::from(record.outcome == "failed");
            if let (Some(started), Some(done)) = (record.started_at, record.transferred_at) {
                self.figures.ttc.push(done.since(record.created_at).as_secs_f64());
                self.figures.fts_queue.push(started.since(record.created_at).as_secs_f64());
                self.figures.network.push(done.since(started).as_secs_f64());
            }
        }
        if self.keeps(setup.record.requests, 0, record.request) {
            self.requests.push(record);
        }
    }

    /// A file access has ended, or the run has.
    pub fn read(&mut self, record: ReadRecord, setup: &Setup) {
        let pool_route = |pool| setup.topology.route_to_pool(record.source, pool);
        let file = crate::ids::Id::index(record.file) as u64;
        let needed = record.bytes.as_f64() * record.fraction;
        let entry = self.figures.needed.entry(file).or_default();
        entry.0 = entry.0.max(needed);
        self.figures.count_bytes(record.moved.as_f64(), pool_route(record.pool), Some(file));
        if let (Some(started), Some(ended)) = (record.started_at, record.ended_at) {
            self.received += record.moved;
            if record.mode == "remote" && record.decided_at >= self.warm_up_until {
                self.figures.remote.push(ended.since(started).as_secs_f64());
            }
        }
        if self.keeps(setup.record.reads, 1, record.read) {
            self.reads.push(record);
        }
    }

    /// A job has ended, or the run has.
    pub fn job(&mut self, record: JobRecord, setup: &Setup) {
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
                let until =
                    |instant: Option<SimTime>| instant.unwrap_or(self.horizon).since(record.submitted_at).as_secs_f64();
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
            self.jobs.push(record);
        }
    }

    /// A decision has its outcome, or the run has ended.
    pub fn decision(&mut self, record: DecisionRecord, setup: &Setup) {
        if self.keeps(setup.record.decisions, 3, record.read) {
            self.decisions.push(record);
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
    pub fn finish(mut self, setup: &Setup, busiest_link: Option<f64>) -> (Vec<TableData>, Kpis) {
        // By cached key: records are large and seldom far from their place.
        self.requests.sort_by_cached_key(|record| record.request);
        self.reads.sort_by_key(|record| record.read);
        self.jobs.sort_by_key(|record| record.job);
        self.decisions.sort_by_key(|record| record.read);
        let mut tables = schema::all().map(TableData::new);
        let [requests, reads, jobs, series, decisions] = &mut tables;
        self.requests.iter().for_each(|record| record.push(requests, setup));
        self.reads.iter().for_each(|record| record.push(reads, setup));
        self.jobs.iter().for_each(|record| record.push(jobs, setup));
        self.decisions.iter().for_each(|record| record.push(decisions, setup));
        *series = self.series;
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
    fn count_bytes(&mut self, moved: f64, route: Option<&Route>, file: Option<u64>) {
        if route.is_some_and(|route| !route.links.is_empty()) {
            self.wan += moved;
            if let Some(file) = file {
                self.needed.entry(file).or_default().1 += moved;
            }
        } else {
            self.lan += moved;
        }
    }

    fn kpis(mut self, busiest_link: Option<f64>) -> Kpis {
        let count = |n: u64| Some(n as f64);
        let redundant: f64 = self.needed.values().map(|(part, wan)| (wan - part).max(0.0)).sum();
        let span = self.last_ended.zip(self.first_submitted).map(|(last, first)| last.since(first).as_secs_f64());
        let mut kpis = Kpis::default();
        kpis.set(Kpi::JobTurnaround, mean(&self.turnaround));
        kpis.set(Kpi::JobTurnaroundP50, quantile(&mut self.turnaround, 0.5));
        kpis.set(Kpi::JobTurnaroundP95, quantile(&mut self.turnaround, 0.95));
        kpis.set(Kpi::JobWait, mean(&self.wait));
        kpis.set(Kpi::JobWaitP95, quantile(&mut self.wait, 0.95));
        kpis.set(Kpi::DataWait, mean(&self.data_wait));
        kpis.set(Kpi::CpuEfficiency, (self.slot_s > 0.0).then(|| self.compute_s / self.slot_s));
        kpis.set(Kpi::JobsDone, count(self.jobs[0]));
        kpis.set(Kpi::JobsFailed, count(self.jobs[1]));
        kpis.set(Kpi::JobsUnfinished, count(self.jobs[2]));
        kpis.set(Kpi::TtcP50, quantile(&mut self.ttc, 0.5));
        kpis.set(Kpi::TtcP95, quantile(&mut self.ttc, 0.95));
        kpis.set(Kpi::TtcP99, quantile(&mut self.ttc, 0.99));
        kpis.set(Kpi::FtsQueueTime, mean(&self.fts_queue));
        kpis.set(Kpi::NetworkTime, mean(&self.network));
        kpis.set(Kpi::TransfersDone, count(self.transfers[0]));
        kpis.set(Kpi::TransfersFailed, count(self.transfers[1]));
        kpis.set(Kpi::RemoteReadTime, mean(&self.remote));
        kpis.set(Kpi::WanBytes, Some(self.wan));
        kpis.set(Kpi::LanBytes, Some(self.lan));
        kpis.set(Kpi::RedundantBytes, Some(redundant));
        kpis.set(Kpi::BusiestLink, busiest_link);
        kpis.set(Kpi::Makespan, span.filter(|_| !self.any_unfinished));
        kpis
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Quantile by linear interpolation between order statistics.
fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    let position = q * values.len().checked_sub(1)? as f64;
    let (_, &mut below, rest) = values.select_nth_unstable_by(position.floor() as usize, f64::total_cmp);
    let part = position.fract();
    let above = rest.iter().copied().min_by(f64::total_cmp).filter(|_| part > 0.0).unwrap_or(below);
    Some(below + (above - below) * part)
}
