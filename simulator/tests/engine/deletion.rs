//! Replicas that the reaper deletes, and those who miss them.

use dapple_records::{Kpi, RunOutput};
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::distribution::Distribution;
use dapple_simulator::fts::WhenFull;
use dapple_simulator::ids::Id;
use dapple_simulator::reaper::{FreeSpace, ReaperSettings};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::storage::Dataset;
use dapple_simulator::units::{Bytes, SimSpan};
use dapple_simulator::workload::{Inputs, JobTemplate, Pick};

use super::{NEVER, assert_texts, assert_times, jobs};
use crate::grid::{Always, Grid, at, fresh, idle_job, local, remote, seconds, span, texts};

/// A reaper that looks every second at usage as it is.
fn watchful() -> ReaperSettings {
    ReaperSettings { every: span(1.0), usage_kept: SimSpan::ZERO, pause: SimSpan::ZERO, ..ReaperSettings::default() }
}

/// One that deletes what it can at once.
fn greedy() -> ReaperSettings {
    ReaperSettings { greedy: true, ..watchful() }
}

/// Jobs that read one file of 300 MB of their own each and compute for so long; an RSE with room for one file.
fn one_at_a_time(submitted: &[f64], compute_s: f64) -> Grid {
    let compute_fixed = Distribution::Constant(compute_s);
    let job = JobTemplate { inputs: fresh(1, 300.0), compute_fixed, ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(submitted, job)], horizon: at(100.0), ..Grid::default() };
    grid.rses[0].capacity = Some(Bytes::from_megabytes(400.0));
    grid.services.fts.when_full = WhenFull::Wait;
    grid.services.reaper = watchful();
    grid
}

#[test]
fn freed_space_wakes_what_waits_for_it() {
    let mut grid = one_at_a_time(&[0.0, 1.0, 2.0], 0.0);
    // Nothing is kept free: nothing is deleted, and two of three wait for ever.
    let output = grid.run(Always::Place, 1);
    assert_texts(&output, "requests", "outcome", &["done", "queued", "queued"]);
    assert_eq!(output.warnings, ["placements of `workload 0` wait for space at RSE `local`, at the horizon"]);
    assert_eq!((output.counters.replicas_deleted, output.kpis.get(Kpi::Evictions)), (0, Some(0.0)));

    grid.services.reaper.min_free_space = Some(FreeSpace::Volume(Bytes::from_megabytes(300.0)));
    let output = grid.run(Always::Place, 1);
    assert_texts(&output, "jobs", "outcome", &["done", "done", "done"]);
    // Each starts within a second after the one before is done and its job has ended, 3 s after it started.
    let started: Vec<f64> = seconds(&output, "requests", "started_at_ns").into_iter().flatten().collect();
    for pair in started.windows(2) {
        assert!(pair[1] > pair[0] + 3.0 && pair[1] <= pair[0] + 4.0, "{started:?}");
    }
    assert_eq!(output.counters.replicas_deleted, 3, "the last one makes room for what may come");
    assert_eq!(output.kpis.get(Kpi::EvictedBytes), Some(9e8));
    assert_eq!(output.counters.space_used_bytes, 0);
}

#[test]
fn what_was_placed_for_a_job_stays_until_it_ends() {
    // It computes for 20 s, and its file is wanted away all the time.
    let mut grid = one_at_a_time(&[0.0], 20.0);
    grid.services.reaper = greedy();
    grid.record.series = dapple_records::RecordLevel::Rows;
    let output = grid.run(Always::Place, 1);
    // 3 s of placement; the stage-in takes no time, as nothing limits it.
    assert_times(&output, "jobs", "ended_at_ns", &[23.0]);
    let used = used_of_local(&output);
    assert_eq!(used.len(), 100, "a sample a second");
    assert!(used.iter().filter(|(second, _)| *second < 23.0).all(|(_, used)| *used == 3e8), "{used:?}");
    assert!(used.iter().filter(|(second, _)| *second > 24.0).all(|(_, used)| *used == 0.0), "{used:?}");
}

/// Space taken at the first RSE by second.
fn used_of_local(output: &RunOutput) -> Vec<(f64, f64)> {
    let (entities, quantities) = (texts(output, "series", "entity"), texts(output, "series", "quantity"));
    let values = crate::grid::table(output, "series").floats("value").expect("a value").iter().collect::<Vec<_>>();
    let at = seconds(output, "series", "at_ns");
    let rows = entities.into_iter().zip(quantities).zip(values).zip(at);
    let of_local = rows.filter(|(((entity, quantity), _), _)| {
        (entity.as_deref(), quantity.as_deref()) == (Some("local"), Some("used_bytes"))
    });
    of_local.filter_map(|((_, value), at)| Some((at?, value?))).filter(|(second, _)| *second > 0.0).collect()
}

/// The nth job does the nth of these, and those after it the last.
struct InTurn(Vec<Access>);

impl Policy<AccessMode> for InTurn {
    fn decide(&mut self, question: &AccessQuestion, _: &View<'_>, _: &mut PolicyRng) -> Access {
        self.0[Id::index(question.job).min(self.0.len() - 1)]
    }
}

/// Jobs on the one file of 200 MB at `remote`, which is cache or not, each computing for 10 s.
fn one_file(submitted: &[f64], is_cache: bool) -> Grid {
    let size = Distribution::Constant(2e8);
    let data = Dataset { name: "one file".into(), files: 1, size, replicas: vec![remote()], is_cache };
    let inputs = Inputs::Dataset { dataset: Id::from_index(0), files: 1, pick: Pick::InOrder };
    let job = JobTemplate { inputs, compute_fixed: Distribution::Constant(10.0), ..idle_job() };
    let mut grid = Grid { datasets: vec![data], workloads: vec![jobs(submitted, job)], ..Grid::default() };
    grid.services.reaper = greedy();
    grid
}

#[test]
fn what_was_deleted_before_it_is_read_is_read_elsewhere() {
    // The first places the file, at 2 s, and computes until 12 s. The second is to stage it in from there, and waits for its slot. When
    // a slot is free the first has ended; the placed file is cache since then and gone within a second. The third keeps the
    // slot from the second meanwhile.
    let place = Access::Place { source: remote(), target: local() };
    let near = Access::StageIn { source: local() };
    let mut grid = one_file(&[0.0, 3.0, 3.5], false);
    let output = grid.run(InTurn(vec![place, Access::Remote { source: remote() }, near]), 1);
    assert_texts(&output, "jobs", "outcome", &["done", "done", "done"]);
    assert_eq!(texts(&output, "reads", "source")[2].as_deref(), Some("remote"));
    assert_eq!(texts(&output, "reads", "mode")[2].as_deref(), Some("stage-in"));
    assert_eq!(output.counters.replicas_deleted, 1);
    // Without a reaper it is read where it was to be.
    grid.services.reaper = ReaperSettings::default();
    let output = grid.run(InTurn(vec![place, Access::Remote { source: remote() }, near]), 1);
    assert_eq!(texts(&output, "reads", "source")[2].as_deref(), Some("local"));
}

#[test]
fn a_job_whose_input_is_gone_fails_and_gives_its_slot_back() {
    // The only replica is cache. The first job reads it from the start, though it is deleted meanwhile; the second has chosen it, and
    // finds nothing when it starts; the third finds nothing when it is submitted.
    let mut grid = one_file(&[0.0, 0.0, 30.0], true);
    grid.pool.slots = 1;
    let output = grid.run(Always::Remote, 1);
    assert_texts(&output, "jobs", "outcome", &["done", "failed", "failed"]);
    assert_texts(&output, "jobs", "error_class", &["", "input-lost", "input-lost"]);
    assert_times(&output, "jobs", "started_at_ns", &[0.0, 10.0, NEVER]);
    assert_times(&output, "jobs", "ended_at_ns", &[10.0, 10.0, 30.0]);
    assert_eq!(output.counters.jobs_left, 0);
    assert_eq!(output.counters.space_used_bytes, 0);
}
