//! Slots of FTS links, RSEs and data transfer nodes, and the weights of what has started.

use dapple_records::{Kpi, record};
use dapple_simulator::decide::Policies;
use dapple_simulator::engine::Setup;
use dapple_simulator::facts::NoObserver;
use dapple_simulator::fts::{LinkLimit, Turns};
use dapple_simulator::ids::Id;
use dapple_simulator::topology::{Dtn, Link, LoadCurve, Series, Site, TopologyBuilder};
use dapple_simulator::units::{Bytes, Rate};
use dapple_simulator::workload::{
    Distribution, JobTemplate, Ties, TracedTransfer, TransferStream, TransferTrace, WorkloadKind,
};

use super::{NEVER, assert_texts, assert_times, jobs, transfers};
use crate::grid::{
    Always, Grid, arrivals, at, dtn, fresh, here, idle_job, ints, local, remote, rse, seconds, span, there,
};

/// Five transfers of 100 MB at once over a link of 100 MB/s.
fn five() -> Grid {
    Grid { workloads: vec![transfers(&[(0.0, 100.0); 5])], ..Grid::default() }
}

#[test]
fn an_fts_link_starts_as_many_as_it_has_slots() {
    let mut grid = five();
    grid.services.fts.max_active_per_link = 2;
    let output = grid.run(Always::Remote, 1);
    assert_times(&output, "requests", "started_at_ns", &[0.0, 0.0, 2.0, 2.0, 4.0]);
    assert_times(&output, "requests", "transferred_at_ns", &[2.0, 2.0, 4.0, 4.0, 5.0]);
    assert_eq!(output.kpis.get(Kpi::FtsQueueTime), Some(8.0 / 5.0));
    assert_eq!(output.kpis.get(Kpi::NetworkTime), Some(9.0 / 5.0));
    assert_eq!(output.kpis.get(Kpi::TtcP50), Some(4.0));
}

#[test]
fn transfers_of_one_instant_start_in_order_of_the_log() {
    // At 100 MB/s, one at a time. In ascending order of size the mean end would be 6.83 s, the least of all orders.
    let log = [500.0, 100.0, 300.0, 200.0, 400.0, 100.0].map(|mb| (0.0, mb));
    let mut grid = Grid { workloads: vec![transfers(&log)], ..Grid::default() };
    grid.services.fts.max_active_per_link = 1;
    let output = grid.run(Always::Remote, 1);
    assert_times(&output, "requests", "transferred_at_ns", &[5.0, 6.0, 9.0, 11.0, 15.0, 16.0]);
}

#[test]
fn shuffled_transfers_of_one_instant_favour_no_size() {
    let log = [500.0, 100.0, 300.0, 200.0, 400.0, 100.0].map(|mb| (0.0, mb));
    let WorkloadKind::TransferTrace(trace) = transfers(&log) else { panic!("a trace") };
    let workloads = vec![WorkloadKind::TransferTrace(TransferTrace { ties: Ties::Shuffled, ..trace })];
    let mut grid = Grid { workloads, ..Grid::default() };
    grid.services.fts.max_active_per_link = 1;
    let mean_end = |seed: u64| {
        let ends = seconds(&grid.run(Always::Remote, seed), "requests", "transferred_at_ns");
        ends.iter().flatten().sum::<f64>() / 6.0
    };
    // The mean of all orders is (n + 1) / 2 mean sizes, 9.33 s; one order has a standard deviation of about 1.1 s.
    let means: Vec<f64> = (0..200).map(mean_end).collect();
    let mean = means.iter().sum::<f64>() / 200.0;
    assert!((mean - 28.0 / 3.0).abs() < 0.32, "{mean}");
    assert!(means.iter().any(|mean| (mean - means[0]).abs() > 0.1), "another seed, another order");
}

#[test]
fn an_exception_changes_the_slots_of_one_link() {
    let mut grid = five();
    grid.services.fts.max_active_per_link = 2;
    let limit = LinkLimit { source: Some(remote()), destination: Some(local()), max_active: 1, min_active: None };
    grid.services.fts.links = vec![limit];
    assert_times(&grid.run(Always::Remote, 1), "requests", "started_at_ns", &[0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn rses_have_slots_for_what_enters_and_what_leaves() {
    let mut grid = five();
    grid.services.fts.max_outbound = 3;
    assert_times(&grid.run(Always::Remote, 1), "requests", "started_at_ns", &[0.0, 0.0, 0.0, 3.0, 3.0]);
    let mut grid = five();
    grid.services.fts.max_inbound = 4;
    assert_times(&grid.run(Always::Remote, 1), "requests", "started_at_ns", &[0.0, 0.0, 0.0, 0.0, 4.0]);
}

/// Transfers of 100 MB requested at once between these RSEs, of which there are four: two here, two there.
fn between(pairs: &[(usize, usize)]) -> Grid {
    let transfer = |(row, &(source, destination)): (u64, &(usize, usize))| TracedTransfer {
        at: at(0.0),
        source: Id::from_index(source),
        destination: Id::from_index(destination),
        bytes: Bytes::from_megabytes(100.0),
        took: None,
        row,
    };
    let transfers = (1..).zip(pairs).map(transfer).collect();
    let workloads = vec![WorkloadKind::TransferTrace(TransferTrace { transfers, ties: Ties::LogOrder, queues: true })];
    let mut grid = Grid { workloads, ..Grid::default() };
    grid.rses.push(rse("second local", here()));
    grid.rses.push(rse("second remote", there()));
    grid
}

#[test]
fn links_of_one_source_take_turns_or_go_by_the_oldest_request() {
    let mut grid = between(&[(1, 0), (1, 0), (1, 2), (1, 0), (1, 2)]);
    grid.services.fts.max_outbound = 1;
    assert_times(&grid.run(Always::Remote, 1), "requests", "started_at_ns", &[0.0, 2.0, 1.0, 4.0, 3.0]);
    grid.services.fts.turns = Turns::OldestFirst;
    assert_times(&grid.run(Always::Remote, 1), "requests", "started_at_ns", &[0.0, 1.0, 2.0, 3.0, 4.0]);
}

/// Three FTS links of 10 MB files, two slots out of the first's source and two into its destination, all wires of 1 MB/s.
#[test]
fn a_long_queue_leaves_freed_slots_to_other_links() {
    let run = |turns| {
        let mut topology = TopologyBuilder::default();
        let sites: Vec<_> = ["a", "b", "c", "d"]
            .map(|name| topology.site(Site { name: name.into(), position: None, lan: None }))
            .into();
        for (name, &site) in ["A", "B", "C", "D"].iter().zip(&sites) {
            topology.rse(rse(name, site));
        }
        let bandwidth = Rate::from_mb_per_s(1.0);
        for (from, to) in [(0, 1), (0, 2), (3, 1)] {
            let (name, from, to) = (format!("{from}-{to}"), sites[from], sites[to]);
            topology.link(Link { name, from, to, bandwidth, latency: span(0.0) });
        }
        let stream = |source: usize, destination: usize, seconds: &[f64]| {
            WorkloadKind::Transfers(TransferStream {
                source: Id::from_index(source),
                destinations: vec![Id::from_index(destination)],
                arrivals: arrivals(seconds),
                size: Distribution::Constant(1e7),
            })
        };
        let workloads = vec![stream(0, 1, &[0.0, 1.0, 2.0, 3.0]), stream(0, 2, &[4.0, 5.0]), stream(3, 1, &[4.0])];
        let mut grid = Grid { workloads, ..Grid::default() };
        (grid.services.fts.max_outbound, grid.services.fts.max_inbound, grid.services.fts.turns) = (2, 2, turns);
        let setup = Setup { topology: topology.build().expect("routes are computed"), ..grid.setup() };
        let policies = &mut Policies::of_access("remote", Always::Remote);
        record((&setup, &grid.record), policies, 1, &mut NoObserver).expect("it runs")
    };
    // The first two share their wire and end at 19 and 20 s. Of the slots freed then the links that have had none take the first.
    let output = run(Turns::RoundRobin);
    assert_times(&output, "requests", "started_at_ns", &[0.0, 1.0, 20.0, 30.0, 19.0, 19.0, 29.0]);
    assert_times(&output, "requests", "transferred_at_ns", &[19.0, 20.0, 30.0, 40.0, 29.0, 29.0, 39.0]);
    // By age the long queue keeps all slots until its last file has started.
    let output = run(Turns::OldestFirst);
    let started = crate::grid::seconds(&output, "requests", "started_at_ns");
    assert!(started[3] <= started[4] && started[3] <= started[5], "{started:?}");
}

#[test]
fn a_link_without_slots_does_not_hold_up_another() {
    let mut grid = between(&[(1, 0), (1, 0), (3, 2)]);
    grid.services.fts.max_active_per_link = 1;
    // The first and the third share the wire.
    let output = grid.run(Always::Remote, 1);
    assert_times(&output, "requests", "started_at_ns", &[0.0, 2.0, 0.0]);
    assert_times(&output, "requests", "transferred_at_ns", &[2.0, 3.0, 2.0]);
}

fn dtn_of(curve: LoadCurve, slots: Option<u32>, start_up: f64) -> (Dtn, LoadCurve) {
    (Dtn { name: "dtn".into(), slots, start_up: span(start_up), start_up_each: span(0.0) }, curve)
}

fn table_of(megabytes: &[f64]) -> LoadCurve {
    LoadCurve::Tabulated(megabytes.iter().map(|&mb| Rate::from_mb_per_s(mb)).collect())
}

#[test]
fn slots_of_a_dtn_are_shared_by_the_rses_behind_it() {
    let mut grid = between(&[(1, 0), (3, 0), (1, 2)]);
    grid.dtns = vec![dtn_of(table_of(&[1000.0]), Some(1), 0.0)];
    grid.rses[1].dtn = Some(dtn());
    grid.rses[3].dtn = Some(dtn());
    assert_times(&grid.run(Always::Remote, 1), "requests", "started_at_ns", &[0.0, 1.0, 2.0]);
}

#[test]
fn a_starting_transfer_holds_a_slot_and_does_not_load_the_curve() {
    // 100 MB/s for one, 60 MB/s for two.
    let mut grid = Grid {
        bandwidth: Series::constant(Rate::INFINITE),
        dtns: vec![dtn_of(table_of(&[100.0, 60.0]), Some(2), 2.0)],
        workloads: vec![transfers(&[(0.0, 450.0), (3.0, 300.0), (4.0, 100.0)])],
        ..Grid::default()
    };
    grid.rses[1].dtn = Some(dtn());
    let output = grid.run(Always::Remote, 1);
    // The first alone from 2 to 5 s: 300 MB; then 30 MB/s each. It ends at 10 s. The second has 150 MB left and is alone
    // until 11.5 s, while the third, which had no slot until 10 s, starts up.
    assert_times(&output, "requests", "started_at_ns", &[0.0, 3.0, 10.0]);
    assert_times(&output, "requests", "flowing_at_ns", &[2.0, 5.0, 12.0]);
    assert_times(&output, "requests", "transferred_at_ns", &[10.0, 11.5, 13.0]);
}

#[test]
fn start_ups_of_both_ends_and_the_round_trip_add_up() {
    let first = dtn_of(table_of(&[1000.0]), None, 2.0);
    let (second, curve) = dtn_of(table_of(&[50.0]), None, 3.0);
    let second = (Dtn { name: "second".into(), ..second }, curve);
    let mut grid = Grid {
        latency: span(0.05),
        dtns: vec![first, second],
        workloads: vec![transfers(&[(0.0, 100.0)])],
        ..Grid::default()
    };
    grid.services.fts.start_up = span(0.5);
    grid.rses[1].dtn = Some(dtn());
    grid.rses[0].dtn = Some(Id::from_index(1));
    let output = grid.run(Always::Remote, 1);
    // 0.5 + 0.1 + 2 + 3 s, then the slower of the two curves.
    assert_times(&output, "requests", "flowing_at_ns", &[5.6]);
    assert_times(&output, "requests", "transferred_at_ns", &[7.6]);
    // One DTN at both ends counts once.
    grid.rses[0].dtn = Some(dtn());
    assert_times(&grid.run(Always::Remote, 1), "requests", "flowing_at_ns", &[2.6]);
}

#[test]
fn a_window_caps_a_transfer() {
    let mut grid = Grid { latency: span(0.05), workloads: vec![transfers(&[(0.0, 100.0)])], ..Grid::default() };
    grid.services.fts.window = Some(Bytes::from_megabytes(1.0));
    // 1 MB in 0.1 s.
    assert_times(&grid.run(Always::Remote, 1), "requests", "transferred_at_ns", &[10.1]);
    grid.services.fts.streams = 4;
    assert_times(&grid.run(Always::Remote, 1), "requests", "transferred_at_ns", &[2.6]);
}

#[test]
fn a_transfer_weighs_as_many_streams_as_it_has() {
    let job = JobTemplate { inputs: fresh(1, 100.0), ..idle_job() };
    let workloads = vec![transfers(&[(0.0, 400.0)]), jobs(&[0.0], job)];
    let mut grid = Grid { workloads, ..Grid::default() };
    grid.services.fts.streams = 4;
    // 80 and 20 MB/s: both end at 5 s.
    let output = grid.run(Always::StageIn, 1);
    assert_times(&output, "requests", "transferred_at_ns", &[5.0]);
    assert_times(&output, "reads", "ended_at_ns", &[5.0]);
}

#[test]
fn limits_of_rses_and_lans_are_wires() {
    let end = |change: fn(&mut Grid)| {
        let mut grid = Grid { workloads: vec![transfers(&[(0.0, 100.0)])], ..Grid::default() };
        change(&mut grid);
        crate::grid::seconds(&grid.run(Always::Remote, 1), "requests", "transferred_at_ns")[0]
    };
    assert_eq!(end(|grid| grid.rses[1].read = Some(Rate::from_mb_per_s(50.0))), Some(2.0));
    assert_eq!(end(|grid| grid.rses[0].write = Some(Rate::from_mb_per_s(25.0))), Some(4.0));
    assert_eq!(end(|grid| grid.lan = Some(Rate::from_mb_per_s(20.0))), Some(5.0));
    // Limits of the other direction do not count.
    assert_eq!(end(|grid| grid.rses[0].read = Some(Rate::from_mb_per_s(1.0))), Some(1.0));
    assert_eq!(end(|grid| grid.rses[1].write = Some(Rate::from_mb_per_s(1.0))), Some(1.0));
}

#[test]
fn a_replayed_start_does_not_queue_a_second_time() {
    let mut grid = five();
    grid.services.fts.max_active_per_link = 1;
    let [WorkloadKind::TransferTrace(trace)] = &mut grid.workloads[..] else { panic!("one trace") };
    trace.queues = false;
    let output = grid.run(Always::Remote, 1);
    assert_times(&output, "requests", "started_at_ns", &[0.0; 5]);
    assert_times(&output, "requests", "transferred_at_ns", &[5.0; 5]);
    assert_eq!(ints(&output, "requests", "trace_row"), [1, 2, 3, 4, 5].map(Some));
}

#[test]
fn a_transfer_without_a_route_fails() {
    let stream = TransferStream {
        source: local(),
        destinations: vec![remote()],
        arrivals: arrivals(&[2.0]),
        size: Distribution::Constant(1e8),
    };
    let output = Grid { workloads: vec![WorkloadKind::Transfers(stream)], ..Grid::default() }.run(Always::Remote, 1);
    assert_texts(&output, "requests", "outcome", &["failed"]);
    assert_texts(&output, "requests", "error_class", &["no-route"]);
    assert_times(&output, "requests", "started_at_ns", &[NEVER]);
}
