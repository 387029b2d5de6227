//! Files that come from tape and go there, in whole runs.

use dapple_records::RunOutput;
use dapple_simulator::decide::Policies;
use dapple_simulator::engine::{Services, run};
use dapple_simulator::facts::{Fact, Observer};
use dapple_simulator::fts::{FtsSettings, Polls, Staging};
use dapple_simulator::topology::TapeSystem;
use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};
use dapple_simulator::workload::{Ties, TracedTransfer, TransferTrace, WorkloadKind};

use crate::grid::{Always, Grid, at, local, remote, seconds, span, texts};

/// What FTS ships: a pass a minute, bulks of 200 that wait for 300 s, polls after 0, 300, 900, 1500 s.
fn shipped() -> Staging {
    let polls = Polls { first: span(300.0), every: span(600.0) };
    Staging { every: span(60.0), wait: span(300.0), polls, ..Staging::default() }
}

/// A drive that brings a file after so long.
fn system(mount: f64) -> TapeSystem {
    TapeSystem {
        drives: 1,
        rate: Rate::from_mb_per_s(100.0),
        mount: span(mount),
        position: SimSpan::ZERO,
        files_per_tape: 1000,
        archive_timeout: None,
    }
}

/// Transfers of 100 MB from the remote RSE to the local one, where they take 1 s from tape and 1 s over the wire.
fn copying(staging: Staging, requested: &[f64]) -> Grid {
    let transfer = |(row, &second): (u64, &f64)| TracedTransfer {
        at: at(second),
        source: remote(),
        destination: local(),
        bytes: Bytes::from_megabytes(100.0),
        took: None,
        row,
    };
    let transfers = (1..).zip(requested).map(transfer).collect();
    let fts = FtsSettings { staging, ..FtsSettings::immediate() };
    Grid {
        services: Services { fts, ..Services::default() },
        workloads: vec![WorkloadKind::TransferTrace(TransferTrace { transfers, ties: Ties::LogOrder, queues: true })],
        horizon: at(20_000.0),
        ..Grid::default()
    }
}

/// When FTS told that it was through with a file.
#[derive(Default)]
struct Ends(Vec<SimTime>);

impl Observer for Ends {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        if matches!(fact, Fact::FtsEnded(_)) {
            self.0.push(at);
        }
    }
}

fn started(output: &RunOutput) -> Vec<f64> {
    seconds(output, "requests", "started_at_ns").into_iter().flatten().collect()
}

#[test]
fn without_daemons_a_file_is_copied_as_soon_as_it_is_on_disk() {
    let mut grid = copying(Staging::default(), &[10.0, 10.0]);
    grid.rses[1].tape = Some(system(90.0));
    // 90 s to mount, 1 s to read each.
    assert_eq!(started(&grid.run(Always::Remote, 1)), [101.0, 102.0]);
}

/// A lone file is asked for 300 to 420 s after its submission; 200 at once at the next pass, 60 s at most; and what is on disk is noticed
/// 0, 300, 900, 1500 s after the request only.
#[test]
fn statement_16_staging_grid() {
    // On disk after 1, 301, 901 s: noticed after 300, 900, 1500 s.
    for (mount, noticed) in [(0.0, 300.0), (300.0, 900.0), (900.0, 1500.0)] {
        for seed in 0..10 {
            let submitted = 1000.0 + seed as f64 * 13.0;
            let mut lone = copying(shipped(), &[submitted]);
            lone.rses[1].tape = Some(system(mount));
            let asked = started(&lone.run(Always::Remote, seed))[0] - noticed - submitted;
            assert!((300.0..=420.0).contains(&asked), "asked for after {asked} s");
            let mut many = copying(shipped(), &[submitted; 200]);
            many.rses[1].tape = Some(TapeSystem { rate: Rate::from_mb_per_s(1e5), ..system(mount) });
            let starts = started(&many.run(Always::Remote, seed));
            assert_eq!(starts.len(), 200);
            assert!(starts.iter().all(|start| *start == starts[0]), "one poll sees all");
            let asked = starts[0] - noticed - submitted;
            assert!((0.0..=60.0).contains(&asked), "asked for after {asked} s");
        }
    }
}

/// What is not on disk in time fails at the poll that sees so, and nothing of it was copied.
#[test]
fn what_tape_does_not_bring_in_time_fails() {
    let mut grid = copying(shipped(), &[0.0]);
    grid.rses[1].tape = Some(system(700_000.0));
    grid.horizon = at(800_000.0);
    let output = grid.run(Always::Remote, 1);
    assert_eq!(texts(&output, "requests", "error_class"), [Some("staging-timeout".to_owned())]);
    assert_eq!(seconds(&output, "requests", "started_at_ns"), [None]);
    assert_eq!((output.counters.bytes_sent, output.counters.requests_failed), (0, 1));
}

/// The end of an archived file is that of its copy; that it is on tape is known 300, 900, .. s after somebody began to look.
#[test]
fn statement_17_times_of_archived_files() {
    let mut grid = copying(shipped(), &[100.0]);
    grid.rses[0].tape = Some(TapeSystem { archive_timeout: Some(span(10_000.0)), ..system(400.0) });
    let output = grid.run(Always::Remote, 1);
    let (start, end) = (started(&output)[0], seconds(&output, "requests", "transferred_at_ns")[0]);
    assert_eq!((start, end), (100.0, Some(101.0)));
    let mut ends = Ends::default();
    let mut policies = Policies::of_access("always", Always::Remote);
    run(&grid.setup(), &mut policies, 1, &mut ends).expect("it runs");
    let known = ends.0[0].as_secs_f64() - 101.0;
    // Looked after from the next pass on; on tape at 502 s.
    assert!((900.0..=960.0).contains(&known), "known after {known} s");
}

#[test]
fn what_is_not_on_tape_in_time_fails_and_its_space_is_free_again() {
    let mut grid = copying(shipped(), &[100.0]);
    grid.rses[0].tape = Some(TapeSystem { archive_timeout: Some(span(500.0)), ..system(5000.0) });
    let output = grid.run(Always::Remote, 1);
    assert_eq!(texts(&output, "requests", "error_class"), [Some("archiving-timeout".to_owned())]);
    assert_eq!(output.counters.space_used_bytes, 0);
    assert_eq!(output.counters.violation(), None);
}
