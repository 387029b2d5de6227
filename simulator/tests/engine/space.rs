//! Disks that are full, and scratch space that is short.

use dapple_records::Kpi;
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::fts::WhenFull;
use dapple_simulator::ids::{Id, RseId};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::topology::Scheduling;
use dapple_simulator::units::Bytes;
use dapple_simulator::workload::{Distribution, JobTemplate};

use super::{NEVER, assert_texts, assert_times, jobs};
use crate::grid::{Always, Grid, at, fresh, here, idle_job, ints, local, remote, rse, span, table, texts};

/// Places the input of the nth job at the nth target, then at the last.
struct Targets(Vec<RseId>);

impl Policy<AccessMode> for Targets {
    fn decide(&mut self, question: &AccessQuestion, _: &View<'_>, _: &mut PolicyRng) -> Access {
        let nth = Id::index(question.job).min(self.0.len() - 1);
        Access::Place { source: remote(), target: self.0[nth] }
    }
}

/// Three jobs with a file of 300 MB each and an RSE with 400 MB left.
fn full_disk(when_full: WhenFull) -> Grid {
    let job = JobTemplate { inputs: fresh(1, 300.0), ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[0.0, 1.0, 2.0], job)], horizon: at(100.0), ..Grid::default() };
    grid.rses[0].capacity = Some(Bytes::from_megabytes(600.0));
    grid.rses[0].used = Bytes::from_megabytes(200.0);
    grid.services.fts.when_full = when_full;
    grid
}

#[test]
fn a_placement_on_a_full_disk_fails() {
    let output = full_disk(WhenFull::Fail).run(Always::Place, 1);
    // Space is taken when a transfer starts: the second finds 100 MB at 1 s, when the first is still under way.
    assert_texts(&output, "requests", "outcome", &["done", "failed", "failed"]);
    assert_texts(&output, "requests", "error_class", &["", "no-space", "no-space"]);
    assert_times(&output, "requests", "started_at_ns", &[0.0, NEVER, NEVER]);
    assert_texts(&output, "jobs", "outcome", &["done", "failed", "failed"]);
    assert_texts(&output, "jobs", "error_class", &["", "placement-failed", "placement-failed"]);
    assert_times(&output, "jobs", "ended_at_ns", &[3.0, 1.0, 2.0]);
    assert_eq!(output.counters.space_used_bytes, 300_000_000);
    assert_eq!(output.kpis.get(Kpi::JobsFailed), Some(2.0));
    assert_eq!(output.kpis.get(Kpi::TransfersFailed), Some(2.0));
}

#[test]
fn a_placement_can_wait_for_space() {
    let mut grid = full_disk(WhenFull::Wait);
    grid.rses.push(rse("spare", here()));
    // The second waits for ever; the third goes elsewhere and passes it.
    let spare = Id::from_index(2);
    let output = grid.run(Targets(vec![local(), local(), spare]), 1);
    assert_texts(&output, "requests", "outcome", &["done", "queued", "done"]);
    // From 2 s on two share the link: 100 MB are left of the first, which takes 2 s; then 200 MB are left of the third.
    assert_times(&output, "requests", "transferred_at_ns", &[4.0, NEVER, 6.0]);
    assert_texts(&output, "jobs", "outcome", &["done", "placing", "done"]);
    assert_times(&output, "jobs", "ready_at_ns", &[4.0, NEVER, 6.0]);
    assert_eq!((output.counters.requests_left, output.counters.jobs_left), (1, 1));
    let told = "placements of `workload 0` wait for space at RSE `local`, and nothing frees any: they wait for ever";
    assert_eq!(output.warnings, [told]);
    assert_eq!(output.kpis.get(Kpi::JobsUnfinished), Some(1.0));
    assert_eq!(output.kpis.get(Kpi::Makespan), None);
}

#[test]
fn what_waits_for_space_holds_up_its_own_link_only() {
    let output = full_disk(WhenFull::Wait).run(Always::Place, 1);
    assert_texts(&output, "requests", "outcome", &["done", "queued", "queued"]);
    assert_eq!(output.counters.space_used_bytes, 300_000_000);
}

#[test]
fn a_failed_job_leaves_its_other_placements_going() {
    let job = JobTemplate { inputs: fresh(2, 300.0), ..idle_job() };
    let output = Grid { workloads: vec![jobs(&[0.0], job)], ..full_disk(WhenFull::Fail) }.run(Always::Place, 1);
    assert_texts(&output, "requests", "outcome", &["done", "failed"]);
    assert_times(&output, "jobs", "ended_at_ns", &[0.0]);
    assert_times(&output, "reads", "ended_at_ns", &[NEVER, NEVER]);
    assert_eq!((output.counters.jobs_failed, output.counters.bytes_received), (1, 300_000_000));
}

#[test]
fn a_file_that_fits_exactly_is_placed() {
    let mut grid = full_disk(WhenFull::Fail);
    grid.rses[0].capacity = Some(Bytes::from_megabytes(500.0));
    assert_texts(&grid.run(Always::Place, 1), "requests", "outcome", &["done", "failed", "failed"]);
    grid.rses[0].capacity = Some(Bytes::new(499_999_999));
    assert_texts(&grid.run(Always::Place, 1), "requests", "outcome", &["failed", "failed", "failed"]);
}

#[test]
fn an_overfull_disk_is_told_and_takes_nothing_more() {
    let mut grid = full_disk(WhenFull::Fail);
    grid.rses[0].capacity = Some(Bytes::from_megabytes(100.0));
    let output = grid.run(Always::Place, 1);
    assert_eq!(output.counters.requests_failed, 3);
    assert_eq!(output.warnings, ["RSE `local` holds more at the start than its capacity"]);
}

/// Jobs with one file each of these MB, submitted together, and 1 s of compute.
fn staging(megabytes: &[f64], scratch_mb: f64, slots: u32) -> Grid {
    let job = |&mb: &f64| {
        let compute_fixed = Distribution::Constant(1.0);
        jobs(&[0.0], JobTemplate { inputs: fresh(1, mb), compute_fixed, ..idle_job() })
    };
    let mut grid = Grid { workloads: megabytes.iter().map(job).collect(), ..Grid::default() };
    grid.pool.slots = slots;
    grid.pool.scratch = Some(Bytes::from_megabytes(scratch_mb));
    grid
}

#[test]
fn a_job_that_waits_for_scratch_space_holds_up_those_behind_it_or_lets_them_pass() {
    let mut grid = staging(&[600.0, 600.0, 300.0], 1000.0, 2);
    // By default all wait for it: the third starts together with the second.
    assert_times(&grid.run(Always::StageIn, 1), "jobs", "started_at_ns", &[0.0, 7.0, 7.0]);
    grid.pool.scheduling = Scheduling::FirstFit;
    let output = grid.run(Always::StageIn, 1);
    // The first and the third share 100 MB/s: 300 MB each by 6 s, the rest of the first by 9 s. When the third ends, at
    // 7 s, 400 MB are free: the second has to wait for the first.
    assert_times(&output, "jobs", "ready_at_ns", &[0.0, 0.0, 0.0]);
    assert_times(&output, "jobs", "started_at_ns", &[0.0, 10.0, 0.0]);
    assert_times(&output, "jobs", "data_at_ns", &[9.0, 16.0, 6.0]);
    assert_times(&output, "jobs", "ended_at_ns", &[10.0, 17.0, 7.0]);
}

#[test]
fn a_job_that_can_never_fit_fails() {
    let output = staging(&[1001.0, 1000.0], 1000.0, 2).run(Always::StageIn, 1);
    assert_texts(&output, "jobs", "outcome", &["failed", "done"]);
    assert_texts(&output, "jobs", "error_class", &["scratch-too-small", ""]);
    assert_times(&output, "jobs", "started_at_ns", &[NEVER, 0.0]);
    assert_eq!(table(&output, "reads").rows(), 2);
    assert_times(&output, "reads", "ended_at_ns", &[NEVER, 10.0]);
}

#[test]
fn streaming_needs_no_scratch_space() {
    let output = staging(&[1001.0, 1000.0], 10.0, 2).run(Always::Remote, 1);
    assert_texts(&output, "jobs", "outcome", &["done", "done"]);
    assert_times(&output, "jobs", "started_at_ns", &[0.0, 0.0]);
}

#[test]
fn jobs_go_to_the_node_with_most_free_slots() {
    let mut grid = staging(&[400.0, 100.0, 300.0, 100.0, 100.0], 500.0, 2);
    grid.pool.nodes = 2;
    let output = grid.run(Always::StageIn, 1);
    // Nodes 0 and 1 in turn; the third finds scratch space on node 1 only; the fourth the last slot of node 0.
    assert_eq!(ints(&output, "jobs", "node")[..4], [Some(0), Some(1), Some(1), Some(0)]);
    // The fifth has waited for the first slot that was given back.
    assert_eq!(output.counters.jobs_done, 5);
}
#[test]
fn after_a_failure_the_next_in_order_has_its_turn() {
    let job = |mb: f64| jobs(&[0.0], JobTemplate { inputs: fresh(1, mb), ..idle_job() });
    let mut grid = full_disk(WhenFull::Fail);
    grid.workloads = [100.0, 900.0, 100.0, 100.0].map(job).into();
    grid.rses.push(rse("spare", here()));
    grid.services.fts.max_outbound = 1;
    let output = grid.run(Targets(vec![local(), local(), Id::from_index(2), local()]), 1);
    // The second does not fit; then it is the turn of the third, on another link, and not of the fourth behind it.
    assert_texts(&output, "requests", "outcome", &["done", "failed", "done", "done"]);
    assert_times(&output, "requests", "started_at_ns", &[0.0, NEVER, 1.0, 2.0]);
}

/// Places where the published space left is enough, streams elsewhere.
struct WhereItFits;

impl Policy<AccessMode> for WhereItFits {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        let free = view.free_space(local());
        assert!(free.at <= view.now());
        match free.value.is_none_or(|free| free >= question.bytes) {
            true => Access::Place { source: remote(), target: local() },
            false => Access::Remote { source: remote() },
        }
    }
}

#[test]
fn a_policy_sees_space_as_it_was_published_last() {
    // 250 MB are free. The third and fourth placement do not fit any more; who is up to date streams instead.
    let job = JobTemplate { inputs: fresh(1, 100.0), ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[0.0, 10.0, 20.0, 30.0, 130.0], job)], ..Grid::default() };
    grid.rses[0].capacity = Some(Bytes::from_megabytes(250.0));
    let modes = |grid: &Grid| texts(&grid.run(WhereItFits, 1), "reads", "mode");
    let told = |modes: &[&str]| modes.iter().map(|mode| Some((*mode).to_owned())).collect::<Vec<_>>();
    assert_eq!(modes(&grid), told(&["place", "place", "remote", "remote", "remote"]));
    grid.services.storage.usage_every = span(100.0);
    assert_eq!(modes(&grid), told(&["place", "place", "place", "place", "remote"]));
}
