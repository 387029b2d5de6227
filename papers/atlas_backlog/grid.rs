//! The grid that goes on as it was.

use std::collections::BTreeMap;

use dapple_policies::access::AlwaysRemote;
use dapple_simulator::catalogue::CatalogueSetup;
use dapple_simulator::decide::Policies;
use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::{EngineError, Services, Setup, run};
use dapple_simulator::facts::{Fact, Observer, TransferOutcome};
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::ids::{RseId, Table};
use dapple_simulator::names::Names;
use dapple_simulator::topology::{Link, Rse, Site, TopologyBuilder, TopologyError};
use dapple_simulator::units::{Rate, SimSpan, SimTime};
use dapple_simulator::workload::{Arrivals, TransferStream, Workload, WorkloadKind};

use super::{Pair, Snapshot};

/// How long the grid goes on, in hours.
pub const HOURS: f64 = 6.0;

/// The grid of a snapshot: the queues of the moment, each filled and served at the rate of the hour before.
///
/// Of a link that did k files in that hour the rate is taken to be k + 1/2 an hour, the middle of what a Poisson process with that
/// count may have (Jeffreys' prior): k itself would say that a link with one file in three hours never moves. A link with a queue has a
/// wire of its own that carries this rate; one without a queue is never busy, and its wire is wide. Sizes are exponential, so that
/// files under way need not be known: what is left of them is as long as a new one. FTS passes every two seconds with a limit of 20
/// files a link, storages without limits.
///
/// # Errors
/// Where the topology cannot be built, which is a fault of this function.
pub fn setup(snapshot: &Snapshot) -> Result<Setup, TopologyError> {
    let mut builder = TopologyBuilder::default();
    let mut rses: BTreeMap<&str, RseId> = BTreeMap::new();
    let mut sites = BTreeMap::new();
    for name in snapshot.sites() {
        let site = builder.site(Site { name: name.to_owned(), position: None, lan: None });
        sites.insert(name, site);
        rses.insert(name, builder.rse(Rse::new(name, site)));
    }
    let of_all = snapshot.mean_bytes();
    let mut workloads = Table::new();
    for pair in &snapshot.pairs {
        let Pair { source, destination, queued_files, done_1h, .. } = pair;
        let mean = pair.mean_bytes(of_all);
        let per_hour = *done_1h as f64 + 0.5;
        let wide = if *queued_files > 0 { 1.0 } else { 1000.0 };
        let name = format!("{source} to {destination}");
        let bandwidth = Rate::from_bytes_per_s(wide * per_hour * mean / 3600.0);
        let (from, to) = (sites[source.as_str()], sites[destination.as_str()]);
        builder.link(Link { name: name.clone(), from, to, bandwidth, latency: SimSpan::ZERO });
        let mut stream = |name, arrivals| {
            let (source, destinations) = (rses[source.as_str()], vec![rses[destination.as_str()]]);
            let size = Distribution::Exponential { mean };
            let kind = WorkloadKind::Transfers(TransferStream { source, destinations, arrivals, size });
            workloads.push(Workload { name, kind });
        };
        stream(format!("{name}, queued"), Arrivals::At(vec![SimTime::ZERO; *queued_files as usize]));
        stream(name, Arrivals::Poisson { per_hour, from: SimTime::ZERO, until: None });
    }
    let fts = FtsSettings {
        scheduling_interval: SimSpan::from_secs_f64(2.0),
        max_processes: u32::MAX,
        max_inbound: u32::MAX,
        max_outbound: u32::MAX,
        ..FtsSettings::default()
    };
    Ok(Setup {
        topology: builder.build()?,
        services: Services { fts, ..Services::default() },
        names: Names::default(),
        catalogue: CatalogueSetup::default(),
        datasets: Table::new(),
        workloads,
        horizon: SimTime::from_secs_f64(HOURS * 3600.0),
    })
}

/// Files done on the link of each pair in a run.
///
/// # Errors
/// Where the run fails, which is a fault of dapple.
pub fn done_by_link(snapshot: &Snapshot, setup: &Setup, seed: u64) -> Result<Vec<u64>, EngineError> {
    let mut done = Done::default();
    // Nobody is asked anything.
    run(setup, &mut Policies::of_access("idle", AlwaysRemote), seed, &mut done)?;
    let rses: BTreeMap<&str, RseId> =
        setup.topology.map.rses().iter().map(|(id, rse)| (rse.name.as_str(), id)).collect();
    let of = |pair: &Pair| (rses[pair.source.as_str()], rses[pair.destination.as_str()]);
    Ok(snapshot.pairs.iter().map(|pair| done.0.get(&of(pair)).copied().unwrap_or(0)).collect())
}

/// Counts the files done.
#[derive(Default)]
struct Done(BTreeMap<(RseId, RseId), u64>);

impl Observer for Done {
    fn observe(&mut self, _: SimTime, fact: &Fact) {
        let Fact::TransferEnded(transfer) = fact else { return };
        if let (TransferOutcome::Done, Some(source)) = (transfer.outcome, transfer.source) {
            *self.0.entry((source, transfer.destination)).or_default() += 1;
        }
    }
}
