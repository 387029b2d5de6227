//! What operators complain of: what the service does as it is shipped, and what a switch changes.

use dapple_simulator::conveyor::{
    ConveyorSettings, Direction, Multihop, Preparer, SourceOrder, Strategy, Submitter, Throttling, TransferLimit,
};
use dapple_simulator::facts::{RuleState, TransferError, TransferOutcome};
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::units::{Bytes, SimSpan};
use dapple_simulator::workload::Data;

use crate::conveyor::distances;
use crate::world::{FILE, Told, World, at, dataset, rse, rule, span};

fn failed(told: &Told, error: TransferError) -> usize {
    told.transfers.iter().filter(|t| t.outcome == TransferOutcome::Failed(error)).count()
}

fn done(told: &Told) -> usize {
    told.transfers.iter().filter(|t| t.outcome == TransferOutcome::Done).count()
}

/// Rucio #7371: rules that are accepted bring more to an RSE than it holds. Thirty files for a disk of ten.
#[test]
fn more_is_brought_to_an_rse_than_it_holds() {
    let run = |within_space: bool| {
        let mut world = World::of(2);
        world.rses[1].1 = Some(Bytes::new(10 * FILE));
        world.datasets.push((30, vec![0]));
        let limit = TransferLimit {
            rses: "R1".into(),
            direction: Direction::Destination,
            activity: None,
            max_transfers: 1000,
            strategy: Strategy::Fifo,
            within_space,
        };
        world.services.conveyor = ConveyorSettings {
            preparer: Some(Preparer::default()),
            throttler: Throttling { limits: vec![limit], ..Throttling::default() },
            retries: 3,
            ..ConveyorSettings::default()
        };
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R1"));
        world.horizon = 6_000.0;
        world.run(7)
    };
    let shipped = run(false);
    assert_eq!((done(&shipped), failed(&shipped, TransferError::NoSpace)), (10, 20 * 4), "four attempts each, in vain");
    assert_eq!(shipped.rules()[0].state, Some(RuleState::Stuck));
    // The switch: what does not fit waits in Rucio, and the rule is not stuck.
    let looks = run(true);
    assert_eq!((done(&looks), failed(&looks, TransferError::NoSpace)), (10, 0));
    assert_eq!(looks.rules()[0].state, Some(RuleState::Replicating));
}

/// Rucio #3856, #4386 and #4510: requests that a submitter takes and cannot submit keep those behind them waiting. Here they wait for
/// a hop that another request is bringing.
#[test]
fn requests_that_must_be_skipped_keep_others_waiting() {
    let wait = |again_after: Option<SimSpan>| {
        let mut world = World::of(4);
        // Everything to R2 and R3 goes over R1, slowly.
        world.services.conveyor = ConveyorSettings {
            submitter: Submitter { every: span(60.0), bulk: 10, ..Submitter::default() },
            distances: distances(&[(0, 1, 1), (1, 2, 1), (1, 3, 1), (0, 3, 100)]),
            multihop: Some(Multihop::default()),
            again_after,
            ..ConveyorSettings::default()
        };
        world.attribute(1, "available_for_multihop", "true");
        world.services.fts = FtsSettings { max_active_per_link: 1, ..FtsSettings::immediate() };
        world.bandwidth = dapple_simulator::units::Rate::from_bytes_per_s(FILE as f64 / 50.0);
        world.datasets = vec![(50, vec![0]), (5, vec![0])];
        // The files are on their way to R1 already, 50 s each, when they are asked for at R2; then five others are, at R1.
        world.rule(0.0, Data::Dataset(dataset(0)), rule("R1"));
        world.rule(500.0, Data::Dataset(dataset(0)), rule("R2"));
        world.rule(510.0, Data::Dataset(dataset(1)), rule("R1"));
        world.horizon = 50_000.0;
        let told = world.run(7);
        let of_last = told.transfers.iter().filter(|t| t.requested_at == at(510.0) && t.destination == rse(1));
        of_last
            .filter_map(|t| t.submitted_at)
            .map(|submitted| submitted.since(at(510.0)).as_secs_f64())
            .fold(0.0, f64::max)
    };
    // Since 2023 what was looked at in vain rests for ten minutes, and the others are next, ten a second.
    let today = wait(Some(span(600.0)));
    assert!(today < 70.0, "{today}");
    // Before, the same ten were taken each time.
    let before = wait(None);
    assert!(before > 1000.0, "{before}");
}

/// Rucio #5012: a source is chosen without regard to what waits for it.
#[test]
fn a_source_is_chosen_without_regard_to_its_backlog() {
    let run = |source_order| {
        let mut world = World::of(3);
        world.services.conveyor = ConveyorSettings { source_order, ..ConveyorSettings::default() };
        world.services.fts = FtsSettings { max_active_per_link: 1, ..FtsSettings::immediate() };
        world.bandwidth = dapple_simulator::units::Rate::from_bytes_per_s(FILE as f64 / 10.0);
        world.datasets.push((40, vec![0, 1]));
        world.rule(10.0, Data::Dataset(dataset(0)), rule("R2"));
        let told = world.run(7);
        let from = |nth| told.transfers.iter().filter(|t| t.source == Some(rse(nth))).count();
        let took = told.rules()[0].ok_at.expect("the rule is OK").since(at(10.0)).as_secs_f64();
        (from(0), from(1), took.round())
    };
    assert_eq!(run(SourceOrder::Ranked), (40, 0, 400.0), "two sources at one distance, and one has nothing to do");
    assert_eq!(run(SourceOrder::Backlog), (20, 20, 200.0));
}

/// Two ways from R0 to R3: over R1, which is nearer and full, or over R2.
fn two_ways(looks_at_space: bool, full_at: usize) -> World {
    let mut world = World::of(4);
    world.rses[full_at].1 = Some(Bytes::new(1));
    for between in [1, 2] {
        world.attribute(between, "available_for_multihop", "true");
    }
    world.services.conveyor = ConveyorSettings {
        distances: distances(&[(0, 1, 1), (1, 3, 1), (0, 2, 2), (2, 3, 2)]),
        multihop: Some(Multihop { looks_at_space, ..Multihop::default() }),
        retries: 3,
        ..ConveyorSettings::default()
    };
    world.datasets.push((5, vec![0]));
    world.rule(10.0, Data::Dataset(dataset(0)), rule("R3"));
    world.horizon = 5000.0;
    world
}

/// Rucio #7710: space at RSEs on the way is not looked at.
#[test]
fn what_goes_over_a_full_rse_fails_whatever_other_way_there_is() {
    let over = |told: &Told, between| told.transfers.iter().filter(|t| t.destination == rse(between)).count();
    let shipped = two_ways(false, 1).run(7);
    assert!(failed(&shipped, TransferError::NoSpace) >= 5, "the first hop has no space");
    assert_eq!(over(&shipped, 2), 0, "the other way is never tried");
    let looks = two_ways(true, 1).run(7);
    assert_eq!((failed(&looks, TransferError::NoSpace), over(&looks, 1), over(&looks, 2)), (0, 0, 5));
    assert_eq!(looks.rules()[0].state, Some(RuleState::Ok));
}

/// A path that was left half done: the next attempt begins where the file has come to.
#[test]
fn an_attempt_after_a_failed_last_hop_begins_where_the_file_is() {
    let told = two_ways(false, 3).run(7);
    let hops: Vec<_> = told.transfers().iter().map(|t| (t.source, t.destination, t.attempt)).collect();
    let of_first_hop = hops.iter().filter(|hop| hop.1 == rse(1)).count();
    assert_eq!(of_first_hop, 5, "each file is brought to the RSE between once");
    let last = told.transfers().into_iter().filter(|t| t.attempt == 3).collect::<Vec<_>>();
    assert_eq!(last.len(), 5);
    assert!(last.iter().all(|t| (t.source, t.destination) == (Some(rse(1)), rse(3))), "{hops:?}");
    assert_eq!(told.rules()[0].state, Some(RuleState::Stuck));
}
