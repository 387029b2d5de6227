//! The observer that keeps what was asked for, and the figures behind the KPIs.

use std::collections::BTreeMap;

use dapple_simulator::decide::{AccessObservation, Policies};
use dapple_simulator::engine::{Books, Counters, EngineError, LinkUse, Setup, run};
use dapple_simulator::facts::{Fact, Observer, Wants};
use dapple_simulator::ids::{FileId, Id, JobId, RseId};
use dapple_simulator::units::SimTime;

use crate::figures::{Figures, Needed};
use crate::groups::Groups;
use crate::tables::{self, AccessRow, RunTables, Sampled, SourceDecided, SourceRow};
use crate::times::RUN;
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
    tables: RunTables,
    n_samples: u64,
    /// Decisions whose outcome is not known yet: accesses by job and input, sources by file and destination.
    decided: BTreeMap<(JobId, u32), AccessObservation>,
    source_decided: BTreeMap<(FileId, RseId), SourceDecided>,
    figures: Figures,
    needed: Needed,
    groups: Groups,
}

impl<'a> Recorder<'a> {
    /// Nothing is recorded yet.
    pub fn new(setup: &'a Setup, plan: &RecordPlan, seed: u64) -> Self {
        Self {
            setup,
            plan: *plan,
            tables: RunTables::new(setup, plan, seed),
            n_samples: 0,
            decided: BTreeMap::new(),
            source_decided: BTreeMap::new(),
            figures: Figures::new(SimTime::ZERO + plan.warm_up, setup.horizon, RUN),
            needed: Needed::default(),
            groups: Groups::new(setup, plan),
        }
    }

    /// Tables and KPIs of the whole run.
    pub fn finish(self, books: Books) -> RunOutput {
        let Self { setup, tables, mut figures, needed, groups, .. } = self;
        let Books { counters, events, links, warnings } = books;
        figures.busiest_link = links.values().filter_map(LinkUse::mean).max_by(f64::total_cmp);
        figures.redundant = Some(needed.redundant());
        let mut tables = tables.finish();
        tables.push(groups.finish(setup, &links));
        RunOutput { tables, kpis: Kpis::of(&mut figures), counters, events, warnings }
    }
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        let Self { setup, tables, figures, needed, groups, .. } = self;
        let map = &setup.topology.map;
        match fact {
            Fact::TransferEnded(transfer) => {
                let id = transfer.request.index() as u64;
                let route = transfer.source.and_then(|source| map.route_between(source, transfer.destination));
                figures.transfer(transfer, route);
                needed.transfer(transfer, route);
                groups.transfer(transfer, setup);
                tables::requests::push(transfer, id, &mut tables.requests);
                let decided = transfer.file.and_then(|file| self.source_decided.remove(&(file, transfer.destination)));
                if let Some(decided) = decided {
                    tables::source_decisions::push(&SourceRow { decided, transfer }, id, &mut tables.source_decisions);
                }
            }
            Fact::ReadEnded(read) => {
                let id = read.read.index() as u64;
                let route = map.route_to_pool(read.access.read_from(), read.question.pool);
                figures.read(read, route);
                needed.read(read, route);
                groups.read(read, setup);
                tables::reads::push(read, id, &mut tables.reads);
                if let Some(observation) = self.decided.remove(&(read.question.job, read.question.input)) {
                    tables::decisions::push(&AccessRow { observation, read }, id, &mut tables.decisions);
                }
            }
            Fact::JobEnded(job) => {
                figures.job(job);
                groups.job(job, setup);
                tables::jobs::push(job, job.job.index() as u64, &mut tables.jobs);
            }
            Fact::RuleEnded(rule) => {
                figures.rule(rule);
                tables::rules::push(rule, rule.rule.index() as u64, &mut tables.rules);
            }
            Fact::AccessDecided(decided) => {
                let question = &decided.question;
                self.decided.insert((question.job, question.input), decided.observation);
            }
            Fact::SourceDecided(decided) => {
                let question = &decided.question;
                self.source_decided.insert((question.file, question.destination), decided.clone());
            }
            Fact::ReplicaRemoved(removed) => {
                figures.removed(removed);
                groups.removed(removed, setup);
            }
            Fact::Sampled(sample) => {
                let row = Sampled { sample: *sample, at, setup };
                tables::series::push(&row, self.n_samples, &mut tables.series);
                self.n_samples += 1;
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
