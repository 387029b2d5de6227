//! The observer that keeps what was asked for, and the figures behind the KPIs.

use std::collections::BTreeMap;

use dapple_simulator::decide::{AccessObservation, Policies};
use dapple_simulator::engine::{Books, Counters, EngineError, Setup, run};
use dapple_simulator::facts::{Fact, Observer, Wants};
use dapple_simulator::ids::{Id, JobId};
use dapple_simulator::rng::{Purpose, keyed};
use dapple_simulator::units::SimTime;

use crate::figures::Figures;
use crate::tables::{self, Decided, Sampled};
use crate::{Kpis, RecordLevel, RecordPlan, TableData};

/// Everything that is kept of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunOutput {
    /// Tables in order of [`tables::schemas`]; those of which nothing was recorded are empty.
    pub tables: Vec<TableData>,
    /// One figure per KPI.
    pub kpis: Kpis,
    /// The books, checked.
    pub counters: Counters,
    /// Events that were handled.
    pub events: u64,
    /// Counts that deserve attention, in words; sorted.
    pub warnings: Vec<String>,
}

/// Runs a simulation and keeps of it what `plan` asks for. `watcher` is told everything too.
///
/// # Errors
/// As [`run`].
pub fn record(
    (setup, plan): (&Setup, &RecordPlan),
    policies: &mut Policies,
    seed: u64,
    watcher: &mut dyn Observer,
) -> Result<RunOutput, EngineError> {
    let mut recorder = Recorder::new(setup, plan, seed);
    let books = run(setup, policies, seed, &mut (&mut recorder, watcher))?;
    Ok(recorder.finish(books))
}

/// Records facts. Rows go to the columns of their table as they come, and into the order of their ids at the end. What
/// is not recorded costs the figures behind the KPIs only, whose memory grows with the number of files
/// only.
#[derive(Debug)]
pub struct Recorder<'a> {
    setup: &'a Setup,
    plan: RecordPlan,
    requests: Kept,
    reads: Kept,
    jobs: Kept,
    series: Kept,
    decisions: Kept,
    n_samples: u64,
    /// What could be seen at decisions whose outcome is not known yet.
    decided: BTreeMap<(JobId, u32), AccessObservation>,
    figures: Figures,
}

/// A table and how much of it is kept.
#[derive(Debug)]
struct Kept {
    table: TableData,
    level: RecordLevel,
    seed: u64,
    /// Part of the key of the draws of [`RecordLevel::Sample`].
    number: u64,
}

impl Kept {
    /// The table to append a row to, unless the row with this id is left out.
    fn row(&mut self, id: u64) -> Option<&mut TableData> {
        use rand::RngExt;
        let kept = match self.level {
            RecordLevel::Summary => false,
            RecordLevel::Rows => true,
            RecordLevel::Sample(share) => {
                keyed(self.seed, Purpose::RowSample, [self.number, id]).random::<f64>() < share
            }
        };
        kept.then_some(&mut self.table)
    }
}

impl<'a> Recorder<'a> {
    /// Nothing is recorded yet.
    pub fn new(setup: &'a Setup, plan: &RecordPlan, seed: u64) -> Self {
        let kept = |table: fn(&Setup) -> TableData, level, number| Kept { table: table(setup), level, seed, number };
        Self {
            setup,
            plan: *plan,
            requests: kept(tables::requests::empty, plan.requests, 0),
            reads: kept(tables::reads::empty, plan.reads, 1),
            jobs: kept(tables::jobs::empty, plan.jobs, 2),
            decisions: kept(tables::decisions::empty, plan.decisions, 3),
            series: kept(tables::series::empty, plan.series, 4),
            n_samples: 0,
            decided: BTreeMap::new(),
            figures: Figures::new(SimTime::ZERO + plan.warm_up, setup.horizon),
        }
    }

    /// Tables and KPIs of the whole run.
    pub fn finish(self, books: Books) -> RunOutput {
        let Self { requests, reads, jobs, series, decisions, figures, .. } = self;
        let mut tables = [requests, reads, jobs, series, decisions].map(|kept| kept.table);
        // The rows of the series have no id and are in order.
        tables.iter_mut().for_each(TableData::order_by_id);
        let Books { counters, events, busiest_link, warnings } = books;
        RunOutput { tables: tables.into(), kpis: figures.kpis(busiest_link), counters, events, warnings }
    }
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        let map = &self.setup.topology.map;
        match fact {
            Fact::TransferEnded(transfer) => {
                self.figures.transfer(transfer, map);
                if let Some(table) = self.requests.row(transfer.request.index() as u64) {
                    tables::requests::push(transfer, table);
                }
            }
            Fact::ReadEnded(read) => {
                self.figures.read(read, map);
                let id = read.read.index() as u64;
                if let Some(table) = self.reads.row(id) {
                    tables::reads::push(read, table);
                }
                if let Some(observation) = self.decided.remove(&(read.question.job, read.question.input))
                    && let Some(table) = self.decisions.row(id)
                {
                    tables::decisions::push(&Decided { observation, read }, table);
                }
            }
            Fact::JobEnded(job) => {
                self.figures.job(job);
                if let Some(table) = self.jobs.row(job.job.index() as u64) {
                    tables::jobs::push(job, table);
                }
            }
            Fact::AccessDecided(decided) => {
                let question = &decided.question;
                self.decided.insert((question.job, question.input), decided.observation);
            }
            Fact::Sampled(sample) => {
                let row = self.n_samples;
                self.n_samples += 1;
                if let Some(table) = self.series.row(row) {
                    tables::series::push(&Sampled { sample: *sample, at, setup: self.setup }, table);
                }
            }
            // Facts of which nothing is kept.
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        let kept = |level| level != RecordLevel::Summary;
        Wants {
            decisions: kept(self.plan.decisions),
            samples_every: Some(self.plan.series_interval).filter(|_| kept(self.plan.series)),
        }
    }
}
