//! A small grid with rules: every RSE at a site of its own, all sites linked with each other.

use std::collections::BTreeMap;

use dapple_simulator::catalogue::{CatalogueSetup, Container, Did, Quota};
use dapple_simulator::engine::{Books, Pause, Services, Setup, Simulation};
use dapple_simulator::facts::{Fact, Observer, RuleEnded, TransferEnded};
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::ids::{DatasetId, Id, RseId};
use dapple_simulator::names::Names;
use dapple_simulator::rules::{Copies, Grouping, RuleTemplate};
use dapple_simulator::storage::Dataset;
use dapple_simulator::topology::{Link, Outage, Rse, Site, TopologyBuilder};
use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};
use dapple_simulator::workload::{
    Arrivals, Data, DataStep, Deed, Distribution, Files, TransferStream, Workload, WorkloadKind,
};

/// Size of each file: a hundredth of a second on an empty link.
pub const FILE: u64 = 1_000_000;

/// An instant.
pub fn at(seconds: f64) -> SimTime {
    SimTime::from_secs_f64(seconds)
}

/// A span of time.
pub fn span(seconds: f64) -> SimSpan {
    SimSpan::from_secs_f64(seconds)
}

/// The nth RSE, or dataset.
pub fn rse(nth: usize) -> RseId {
    RseId::from_index(nth)
}

/// The nth dataset.
pub fn dataset(nth: usize) -> DatasetId {
    DatasetId::from_index(nth)
}

/// A rule for one copy.
pub fn rule(rses: &str) -> RuleTemplate {
    RuleTemplate {
        rses: rses.into(),
        copies: Copies::N(1),
        grouping: Grouping::Dataset,
        weight: None,
        lifetime: None,
        activity: "default".into(),
        priority: 3,
        sources: None,
        purge: false,
        approved_after: None,
        split: false,
    }
}

/// A grid, its data, and what is done to them.
pub struct World {
    /// Attributes and capacity of RSEs `R0`, `R1`, ..
    pub rses: Vec<(BTreeMap<String, String>, Option<Bytes>)>,
    /// Number of files of each dataset, and where it is.
    pub datasets: Vec<(u32, Vec<usize>)>,
    /// Datasets of each container.
    pub containers: Vec<Vec<usize>>,
    pub steps: Vec<DataStep>,
    pub services: Services,
    pub accounts: Vec<&'static str>,
    pub activities: Vec<&'static str>,
    /// Traffic that leaves no replica.
    pub traffic: Vec<TransferStream>,
    pub bandwidth: Rate,
    /// Times at which RSEs do not answer.
    pub outages: Vec<(usize, Outage)>,
    pub horizon: f64,
}

/// What was told of a run.
#[derive(Default)]
pub struct Told {
    pub rules: Vec<RuleEnded>,
    pub transfers: Vec<TransferEnded>,
    /// When each of the transfers became history.
    pub told_at: Vec<SimTime>,
    pub books: Books,
}

impl Observer for Told {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        match fact {
            Fact::RuleEnded(rule) => self.rules.push(rule.clone()),
            Fact::TransferEnded(transfer) => {
                self.transfers.push(transfer.clone());
                self.told_at.push(at);
            }
            _ => {}
        }
    }
}

impl Told {
    /// The attempts in the order in which they were made.
    pub fn transfers(&self) -> Vec<&TransferEnded> {
        let mut transfers: Vec<_> = self.transfers.iter().collect();
        transfers.sort_by_key(|transfer| transfer.request);
        transfers
    }

    /// The rules in the order in which they were asked for.
    pub fn rules(&self) -> Vec<&RuleEnded> {
        let mut rules: Vec<_> = self.rules.iter().collect();
        rules.sort_by_key(|rule| rule.rule);
        rules
    }
}

impl World {
    /// RSEs without attributes and limits.
    pub fn of(n_rses: usize) -> Self {
        Self {
            rses: vec![(BTreeMap::new(), None); n_rses],
            datasets: Vec::new(),
            containers: Vec::new(),
            steps: Vec::new(),
            services: Services { fts: FtsSettings::immediate(), ..Services::default() },
            accounts: vec!["root", "alice"],
            activities: vec!["default"],
            traffic: Vec::new(),
            bandwidth: Rate::from_mb_per_s(100.0),
            outages: Vec::new(),
            horizon: 1000.0,
        }
    }

    /// Something is done.
    pub fn step(&mut self, seconds: f64, does: Deed) {
        self.steps.push(DataStep { at: at(seconds), does });
    }

    /// Somebody asks for a rule.
    pub fn rule(&mut self, seconds: f64, on: Data, rule: RuleTemplate) {
        self.rule_of(seconds, "root", on, rule);
    }

    /// An account asks for a rule.
    pub fn rule_of(&mut self, seconds: f64, account: &str, on: Data, rule: RuleTemplate) {
        self.step(seconds, Deed::Rule { on, account: account.into(), rule: Box::new(rule) });
    }

    /// Traffic from the first RSE to the second.
    pub fn traffic(&mut self, arrivals: Arrivals, size: Distribution) {
        self.traffic.push(TransferStream { source: rse(0), destinations: vec![rse(1)], arrivals, size });
    }

    /// An attribute of an RSE.
    pub fn attribute(&mut self, nth: usize, key: &str, value: &str) {
        self.rses[nth].0.insert(key.into(), value.into());
    }

    /// Files at an RSE that takes no space for them.
    pub fn files(nth_rse: usize, files: u32) -> Files {
        Files { rse: rse(nth_rse), files, size: Distribution::Constant(FILE as f64) }
    }

    /// An account's quota at some RSEs.
    pub fn quota(account: &str, rses: &str, files: u64) -> Quota {
        Quota { account: account.into(), rses: rses.into(), bytes: Bytes::new(files * FILE) }
    }

    /// Everything a run needs.
    pub fn setup(&self) -> Setup {
        let mut builder = TopologyBuilder::default();
        let sites: Vec<_> = (0..self.rses.len())
            .map(|nth| builder.site(Site { name: format!("S{nth}"), position: None, lan: None }))
            .collect();
        for (nth, (_, capacity)) in self.rses.iter().enumerate() {
            let (name, site, capacity) = (format!("R{nth}"), sites[nth], *capacity);
            let outages = self.outages.iter().filter(|(of, _)| *of == nth).map(|(_, outage)| *outage).collect();
            builder.rse(Rse { capacity, outages, ..Rse::new(name, site) });
        }
        for &from in &sites {
            for &to in sites.iter().filter(|to| **to != from) {
                let name = format!("{from:?}-{to:?}");
                builder.link(Link { name, from, to, bandwidth: self.bandwidth, latency: SimSpan::ZERO });
            }
        }
        let dataset = |(nth, (files, replicas)): (usize, &(u32, Vec<usize>))| Dataset {
            name: format!("D{nth}"),
            files: *files,
            size: Distribution::Constant(FILE as f64),
            replicas: replicas.iter().copied().map(rse).collect(),
            is_cache: false,
        };
        let container = |(nth, of): (usize, &Vec<usize>)| Container {
            name: format!("C{nth}"),
            children: of.iter().map(|&nth| Did::Dataset(DatasetId::from_index(nth))).collect(),
        };
        let names = Names {
            accounts: self.accounts.iter().map(|name| (*name).to_owned()).collect(),
            activities: self.activities.iter().map(|name| (*name).to_owned()).collect(),
            ..Names::default()
        };
        let catalogue = CatalogueSetup {
            attributes: self.rses.iter().map(|(attributes, _)| attributes.clone()).collect(),
            containers: self.containers.iter().enumerate().map(container).collect(),
        };
        let mut steps = self.steps.clone();
        steps.sort_by_key(|step| step.at);
        let persons = Workload { name: "persons".into(), kind: WorkloadKind::Steps(steps) };
        let traffic = self.traffic.iter().enumerate().map(|(nth, stream)| Workload {
            name: format!("traffic {nth}"),
            kind: WorkloadKind::Transfers(stream.clone()),
        });
        Setup {
            topology: builder.build().expect("routes are computed"),
            datasets: self.datasets.iter().enumerate().map(dataset).collect(),
            catalogue,
            workloads: [persons].into_iter().chain(traffic).collect(),
            services: self.services.clone(),
            names,
            horizon: at(self.horizon),
        }
    }

    /// Runs to the horizon; the books balance.
    pub fn run(&self, seed: u64) -> Told {
        Self::run_of(&self.setup(), seed)
    }

    /// Runs what was set up.
    pub fn run_of(setup: &Setup, seed: u64) -> Told {
        let mut told = Told::default();
        let mut simulation = Simulation::new(setup, seed);
        told.books = match simulation.next(&mut told).unwrap_or_else(|error| panic!("cannot run: {error}")) {
            Pause::Done(books) => books,
            Pause::Ask(question) => panic!("nobody answers {question:?}"),
        };
        told
    }
}
