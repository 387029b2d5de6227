//! Remote reads and placements on one wire, computed by hand.
//!
//! Coefficients of Begy et al.: a = 0.023568, b = 0.043705, c = 0.001538 s/MB. With `D(n) = a + (n - 1) b - n c`,
//! D(1) = a - c = 0.02203 and D(2) = 0.064197, a thread of a process of n weighs D(1) / D(n): 1 alone, and
//! 0.343162... as one of two. The law itself gives `1 / (D(1) + c W)` per unit weight where processes weigh W together.

use dapple_simulator::network::{Capacity, FlowSpec, Network, Share};
use dapple_simulator::topology::{AccessCoefficients, Series};
use dapple_simulator::units::{Bytes, Rate, SimTime};

use super::Drive;
use crate::reference::Check;

const LAW: AccessCoefficients = AccessCoefficients { a: 0.023568, b: 0.043705, c: 0.001538 };

/// Rates [MB/s] of remote reads, then of placements with one stream each, on a shared wire of `wire_mb_s`.
/// `readers` says which process each read belongs to.
fn rates(wire_mb_s: f64, readers: &[u64], placements: usize) -> Vec<f64> {
    let mut network = Network::new();
    let wire = network.add_resource(Capacity::Wire(Series::constant(Rate::from_mb_per_s(wire_mb_s))));
    let pair = network.add_resource(Capacity::Access(Series::constant(LAW)));
    let (remote, placed) = (network.route(&[pair, wire]), network.route(&[wire]));
    let reads = readers.iter().map(|&process| (remote, Share::Thread { pair, process }));
    let copies = (0..placements).map(|_| (placed, Share::Streams(1)));
    let bytes = Bytes::from_megabytes(1000.0);
    let start = |(owner, (route, share))| {
        (SimTime::ZERO, FlowSpec { route, share, cap: Rate::INFINITE, bytes, blocks: 1, owner })
    };
    let plan: Vec<_> = reads.chain(copies).enumerate().map(start).collect();
    let flows = plan.len();
    let mut drive = Drive::new(network, plan);
    drive.run_until(SimTime::ZERO);
    (0..flows).map(|flow| drive.rate(flow)).collect()
}

fn compare(case: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let mut check = Check::of("rates");
    for (&found, &expected) in found.iter().zip(expected) {
        check.relative(case, found, expected, 1e-9, 0.0);
    }
    check.report();
}

/// One single-thread process and one placement weigh 1 each: 30 MB/s each, below the 1/a = 42.43 MB/s that the law
/// grants. With the weights of the paper's own form, c / D(1) = 0.0698 against 1, the read would get 3.9 MB/s.
#[test]
fn a_read_and_a_placement_share_a_wire_equally() {
    compare("one of each", &rates(60.0, &[0], 1), &[30.0, 30.0]);
    let unscaled = LAW.c / (LAW.a - LAW.c);
    assert!((60.0 * unscaled / (1.0 + unscaled) - 3.9).abs() < 0.05);
}

/// Two threads of one process weigh 2 x 0.02203 / 0.064197 = 0.68632489 together, the placement 1: per unit
/// weight the wire gives 60 / 1.68632489 = 35.58033..., below the law's 1 / (0.02203 + 0.001538 x 0.68632489) = 43.318.
#[test]
fn a_second_thread_of_a_process_gives_way_to_a_placement() {
    let weight: f64 = 0.02203 / 0.064197;
    let level = 60.0 / (1.0 + 2.0 * weight);
    assert!((level - 35.58).abs() < 0.005);
    compare("two threads", &rates(60.0, &[0, 0], 1), &[weight * level, weight * level, level]);
}

/// Two processes and a placement on 120 MB/s: equal shares of the wire would be 40, and the law grants only
/// 1 / (0.02203 + 2 x 0.001538) = 39.831116..., so the placement has the rest, 40.337766...
#[test]
fn what_the_law_refuses_goes_to_the_placement() {
    let law = 1.0 / (0.02203 + 2.0 * 0.001538);
    compare("held back by the law", &rates(120.0, &[0, 1], 1), &[law, law, 120.0 - 2.0 * law]);
}

/// Three single-thread processes and three placements on 60 MB/s: 10 MB/s each.
#[test]
fn all_weigh_the_same_on_a_narrow_wire() {
    compare("three of each", &rates(60.0, &[0, 1, 2], 3), &[10.0; 6]);
}
