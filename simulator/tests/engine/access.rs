//! The three ways to data, and how they overlap with compute.

use std::sync::{Arc, Mutex};

use dapple_records::{Cells, Kpi};
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::engine::{EngineError, Impossible};
use dapple_simulator::facts::Fact;
use dapple_simulator::ids::Id;
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::storage::Dataset;
use dapple_simulator::topology::{AccessCoefficients, Series};
use dapple_simulator::units::{Bytes, Rate, SimSpan};
use dapple_simulator::workload::{Campaign, Distribution, Inputs, JobTemplate, Pick, WorkloadKind};

use super::{LAW, assert_millions, assert_texts, assert_times, jobs, law};
use crate::grid::{Always, Grid, at, fresh, idle_job, ints, local, pool, remote, span, table, there};

/// One file of 500 MB and 8 s of compute at speed 1: 3 s fixed and 5 s for the bytes.
fn job_of_500_mb() -> JobTemplate {
    JobTemplate {
        inputs: fresh(1, 500.0),
        compute_fixed: Distribution::Constant(3.0),
        compute_per_byte: 1e-8,
        ..idle_job()
    }
}

#[test]
fn a_placement_is_followed_by_stage_in_and_compute() {
    let mut grid = Grid { latency: span(0.05), workloads: vec![jobs(&[10.0], job_of_500_mb())], ..Grid::default() };
    grid.services.fts.start_up = span(0.5);
    grid.rses[0].read = Some(Rate::from_mb_per_s(250.0));
    grid.pool.speed = 2.0;
    let output = grid.run(Always::Place, 1);
    // Start-up 0.5 s and a round trip of 0.1 s, then 500 MB at 100 MB/s.
    assert_times(&output, "requests", "created_at_ns", &[10.0]);
    assert_times(&output, "requests", "started_at_ns", &[10.0]);
    assert_times(&output, "requests", "flowing_at_ns", &[10.6]);
    assert_times(&output, "requests", "transferred_at_ns", &[15.6]);
    // 500 MB at the 250 MB/s of the local RSE, then 8 s of compute at twice the speed.
    assert_times(&output, "jobs", "ready_at_ns", &[15.6]);
    assert_times(&output, "jobs", "started_at_ns", &[15.6]);
    assert_times(&output, "reads", "started_at_ns", &[15.6]);
    assert_times(&output, "reads", "ended_at_ns", &[17.6]);
    assert_times(&output, "jobs", "data_at_ns", &[17.6]);
    assert_times(&output, "jobs", "ended_at_ns", &[21.6]);
    assert_times(&output, "decisions", "took_ns", &[7.6]);
    assert_texts(&output, "reads", "mode", &["place"]);
    assert_texts(&output, "reads", "source", &["local"]);
    assert_texts(&output, "decisions", "source", &["remote"]);
    assert_texts(&output, "decisions", "target", &["local"]);
    assert_eq!((output.counters.bytes_received, output.counters.space_used_bytes), (1_000_000_000, 500_000_000));
    assert_eq!(output.kpis.get(Kpi::WanBytes), Some(5e8));
    assert_eq!(output.kpis.get(Kpi::LanBytes), Some(5e8));
    assert_eq!(output.kpis.get(Kpi::JobTurnaround), Some(11.6));
    assert_eq!(output.kpis.get(Kpi::CpuEfficiency), Some(4.0 / 6.0));
}

#[test]
fn a_stage_in_needs_no_placement() {
    let grid = Grid { latency: span(0.05), workloads: vec![jobs(&[10.0], job_of_500_mb())], ..Grid::default() };
    let output = grid.run(Always::StageIn, 1);
    // A round trip of 0.1 s, 500 MB at 100 MB/s, 8 s of compute.
    assert_times(&output, "jobs", "started_at_ns", &[10.0]);
    assert_times(&output, "reads", "started_at_ns", &[10.1]);
    assert_times(&output, "reads", "ended_at_ns", &[15.1]);
    assert_times(&output, "jobs", "ended_at_ns", &[23.1]);
    assert_texts(&output, "reads", "mode", &["stage-in"]);
    assert_eq!(output.counters.requests_created, 0);
    assert_eq!(table(&output, "reads").floats("con_pr_bytes"), Some(&Cells::from_iter([None])));
}

/// A remote read of 1000 MB in blocks, with its compute time and the end of the job.
fn streamed(blocks: u32, compute_fixed: f64, compute_bytes: f64) -> f64 {
    let job = JobTemplate {
        inputs: fresh(1, 1000.0),
        compute_fixed: Distribution::Constant(compute_fixed),
        compute_per_byte: compute_bytes / 1e9,
        blocks,
        ..idle_job()
    };
    let grid = Grid { latency: span(0.05), law: law(), workloads: vec![jobs(&[10.0], job)], ..Grid::default() };
    let output = grid.run(Always::Remote, 1);
    // The law's 50 MB/s, in which round trips are contained.
    assert_times(&output, "reads", "started_at_ns", &[10.0]);
    assert_times(&output, "reads", "ended_at_ns", &[30.0]);
    assert_times(&output, "jobs", "data_at_ns", &[30.0]);
    crate::grid::seconds(&output, "jobs", "ended_at_ns")[0].expect("ends")
}

#[test]
fn streaming_overlaps_with_compute_in_blocks() {
    // Blocks arrive at 15, 20, 25 and 30 s. Compute of 2 s each: the last is done 2 s after it has arrived.
    assert_eq!(streamed(4, 0.0, 8.0), 32.0);
    // Of 8 s each: the core never waits after the first.
    assert_eq!(streamed(4, 0.0, 32.0), 15.0 + 32.0);
    // Fixed compute of 7 s holds the core until 17 s.
    assert_eq!(streamed(4, 7.0, 32.0), 17.0 + 32.0);
    // One block: no overlap but with the fixed part.
    assert_eq!(streamed(1, 0.0, 32.0), 30.0 + 32.0);
    assert_eq!(streamed(1, 25.0, 32.0), 35.0 + 32.0);
    // Nothing to compute.
    assert_eq!(streamed(4, 0.0, 0.0), 30.0);
}

#[test]
fn a_remote_read_without_a_law_shares_the_network() {
    let job = JobTemplate { inputs: fresh(1, 1000.0), compute_per_byte: 8e-9, blocks: 4, ..idle_job() };
    let grid = Grid { latency: span(0.05), workloads: vec![jobs(&[10.0], job)], ..Grid::default() };
    let output = grid.run(Always::Remote, 1);
    // A round trip of 0.1 s, 10 s at 100 MB/s, 2 s for the last block.
    assert_times(&output, "reads", "started_at_ns", &[10.1]);
    assert_times(&output, "reads", "ended_at_ns", &[20.1]);
    assert_times(&output, "jobs", "ended_at_ns", &[22.1]);
}

#[test]
fn threads_of_a_process_read_at_once() {
    let run = |threads: u32, files: u32| {
        let job = JobTemplate { threads, inputs: fresh(files, 1000.0), ..idle_job() };
        Grid { law: law(), workloads: vec![jobs(&[0.0], job)], ..Grid::default() }.run(Always::Remote, 1)
    };
    // One after the other: a S = 20 s each.
    assert_times(&run(1, 2), "reads", "ended_at_ns", &[20.0, 40.0]);
    // Together: a S + b ConTh = 20 s + 50 s.
    let two = run(2, 2);
    assert_times(&two, "reads", "ended_at_ns", &[70.0, 70.0]);
    let con_th = table(&two, "reads").floats("con_th_bytes").expect("a column of doubles");
    assert!(con_th.iter().flatten().all(|bytes| (bytes - 1e9).abs() <= 1.0), "to the byte: {con_th:?}");
    // The third starts when the first two end.
    assert_times(&run(2, 3), "reads", "started_at_ns", &[0.0, 0.0, 70.0]);
    assert_times(&run(2, 3), "jobs", "ended_at_ns", &[90.0]);
}

#[test]
fn processes_on_one_node_slow_each_other_and_on_two_do_not() {
    let run = |nodes: u32, slots: u32| {
        let job = JobTemplate { inputs: fresh(1, 1000.0), ..idle_job() };
        let mut grid = Grid { law: law(), workloads: vec![jobs(&[0.0, 0.0], job)], ..Grid::default() };
        (grid.pool.nodes, grid.pool.slots) = (nodes, slots);
        grid.run(Always::Remote, 1)
    };
    // a S + c ConPr = 20 s + 1 s.
    let together = run(1, 2);
    assert_times(&together, "jobs", "ended_at_ns", &[21.0, 21.0]);
    assert_eq!(table(&together, "reads").floats("con_pr_bytes"), Some(&Cells::from_iter([Some(1e9), Some(1e9)])));
    assert_times(&run(2, 1), "jobs", "ended_at_ns", &[20.0, 20.0]);
    assert_eq!(ints(&run(2, 1), "jobs", "node"), [Some(0), Some(1)]);
}

#[test]
fn coefficients_change_before_and_during_a_read() {
    let with_a = |a: f64| AccessCoefficients { a, ..LAW };
    let law = Series::from_steps(vec![(at(0.0), with_a(0.5)), (at(20.0), LAW), (at(60.0), with_a(0.04))]);
    let job = JobTemplate { inputs: fresh(1, 1000.0), ..idle_job() };
    let output = Grid { law, workloads: vec![jobs(&[50.0], job)], ..Grid::default() }.run(Always::Remote, 1);
    // 10 s at 50 MB/s, 20 s at 25 MB/s.
    assert_times(&output, "jobs", "ended_at_ns", &[80.0]);
}

#[test]
fn only_remote_access_moves_a_part_of_a_file() {
    let run = |access| {
        let job = JobTemplate { read_fraction: 0.5, compute_per_byte: 1e-8, ..job_of_500_mb() };
        let output = Grid { workloads: vec![jobs(&[0.0], job)], ..Grid::default() }.run(access, 1);
        assert_millions(&output, "reads", "size_bytes", &[500]);
        output
    };
    // 250 MB stream in 2.5 s, while 3 s of fixed compute run; 2.5 s of compute belong to the part.
    let remote = run(Always::Remote);
    assert_millions(&remote, "reads", "moved_bytes", &[250]);
    assert_times(&remote, "reads", "ended_at_ns", &[2.5]);
    assert_times(&remote, "jobs", "ended_at_ns", &[5.5]);
    let staged = run(Always::StageIn);
    assert_millions(&staged, "reads", "moved_bytes", &[500]);
    assert_times(&staged, "reads", "ended_at_ns", &[5.0]);
    assert_times(&staged, "jobs", "ended_at_ns", &[10.5]);
}

/// Streams even inputs and stages in odd ones.
struct Alternate;

impl Policy<AccessMode> for Alternate {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        let source = view.sources(question)[0];
        if question.input.is_multiple_of(2) { Access::Remote { source } } else { Access::StageIn { source } }
    }
}

#[test]
fn a_job_stages_in_before_it_streams() {
    let job = JobTemplate { inputs: fresh(4, 100.0), compute_per_byte: 1e-8, threads: 2, ..idle_job() };
    let output = Grid { workloads: vec![jobs(&[0.0], job)], ..Grid::default() }.run(Alternate, 1);
    assert_texts(&output, "reads", "mode", &["remote", "stage-in", "remote", "stage-in"]);
    // Two by two over 100 MB/s; the 2 s of compute of what was staged in run while the rest streams, whose 2 s follow.
    assert_times(&output, "reads", "started_at_ns", &[2.0, 0.0, 2.0, 0.0]);
    assert_times(&output, "reads", "ended_at_ns", &[4.0, 2.0, 4.0, 2.0]);
    assert_times(&output, "jobs", "ended_at_ns", &[6.0]);
}

#[test]
fn placements_are_joined_and_replicas_used_again() {
    let dataset = Dataset {
        name: "one file".into(),
        files: 1,
        size: Distribution::Constant(2e8),
        replicas: vec![remote()],
        is_cache: false,
    };
    let inputs = Inputs::Dataset { dataset: Id::from_index(0), files: 1, pick: Pick::InOrder };
    let mut grid = Grid {
        datasets: vec![dataset],
        workloads: vec![jobs(&[0.0, 1.0, 5.0], JobTemplate { inputs, ..idle_job() })],
        ..Grid::default()
    };
    grid.pool.slots = 3;
    let output = grid.run(Always::Place, 1);
    // One transfer of 2 s serves the first two jobs, its replica the third.
    assert_times(&output, "requests", "transferred_at_ns", &[2.0]);
    assert_times(&output, "jobs", "ready_at_ns", &[2.0, 2.0, 5.0]);
    assert_times(&output, "jobs", "ended_at_ns", &[2.0, 2.0, 5.0]);
    assert_eq!(output.kpis.get(Kpi::WanBytes), Some(2e8));
    assert_eq!(output.kpis.get(Kpi::RedundantBytes), Some(0.0));
    // The replica of the dataset and the new one.
    assert_eq!(output.counters.space_used_bytes, 400_000_000);
}

#[test]
fn a_job_waits_for_all_its_placements() {
    let job = JobTemplate { inputs: fresh(3, 100.0), threads: 3, ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[0.0], job)], ..Grid::default() };
    grid.services.fts.max_active_per_link = 1;
    let output = grid.run(Always::Place, 1);
    assert_times(&output, "requests", "transferred_at_ns", &[1.0, 2.0, 3.0]);
    assert_times(&output, "jobs", "ready_at_ns", &[3.0]);
}

/// How long the accesses of a policy took, input by input [s].
type Told = Arc<Mutex<Vec<(u32, Option<f64>)>>>;

/// Writes down what it is told.
struct Listening(Always, Told);

impl Policy<AccessMode> for Listening {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, rng: &mut PolicyRng) -> Access {
        assert_eq!(view.sources(question), [remote()]);
        self.0.decide(question, view, rng)
    }

    fn learn(&mut self, fact: &Fact) {
        if let Fact::ReadEnded(read) = fact {
            let took = read.took().map(SimSpan::as_secs_f64);
            self.1.lock().expect("nobody panicked").push((read.question.input, took));
        }
    }
}

#[test]
fn policies_are_told_how_long_it_took() {
    let job = JobTemplate { inputs: fresh(2, 100.0), ..idle_job() };
    let told = Told::default();
    let mut grid = Grid { workloads: vec![jobs(&[5.0], job)], ..Grid::default() };
    grid.run(Listening(Always::Remote, Arc::clone(&told)), 1);
    assert_eq!(told.lock().expect("nobody panicked").drain(..).collect::<Vec<_>>(), [(0, Some(1.0)), (1, Some(2.0))]);
    // Space for one of the two: the job fails, and with it both accesses.
    grid.rses[0].capacity = Some(Bytes::from_megabytes(150.0));
    grid.run(Listening(Always::Place, Arc::clone(&told)), 1);
    assert_eq!(told.lock().expect("nobody panicked").drain(..).collect::<Vec<_>>(), [(0, None), (1, None)]);
}

#[test]
fn answers_that_cannot_be_carried_out_are_errors() {
    let job = JobTemplate { inputs: fresh(1, 100.0), ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[3.0], job)], ..Grid::default() };
    let error = grid.try_run(Always::Exactly(Access::Remote { source: local() }), 1);
    assert_eq!(
        error,
        Err(EngineError::Impossible {
            policy: "always".into(),
            at: at(3.0),
            what: Impossible::NoReplicaThere { rse: "local".into(), job: 0, input: 0 },
        })
    );
    // An RSE that is not there at all.
    let nowhere = Access::Remote { source: Id::from_index(99) };
    let error = grid.try_run(Always::Exactly(nowhere), 1);
    assert!(matches!(error, Err(EngineError::Impossible { what: Impossible::NoReplicaThere { .. }, .. })));
    // The pool is there now, and a placement here is of no use to it.
    grid.pool.site = there();
    let target = local();
    let error = grid.try_run(Always::Exactly(Access::Place { source: remote(), target }), 1);
    assert_eq!(
        error,
        Err(EngineError::Impossible {
            policy: "always".into(),
            at: at(3.0),
            what: Impossible::TargetElsewhere { rse: "local".into(), job: 0, input: 0 },
        })
    );
    let inputs = Inputs::Fresh { rse: local(), files: 1, size: Distribution::Constant(1e8) };
    grid.workloads = vec![jobs(&[3.0], JobTemplate { inputs, ..idle_job() })];
    assert_eq!(
        grid.try_run(Always::Remote, 1),
        Err(EngineError::Unreachable { job: 0, pool: "pool".into(), at: at(3.0) })
    );
}

/// Every row of a campaign obeys the law, whatever runs beside it.
#[test]
fn a_campaign_obeys_its_law_row_by_row() {
    let steps = vec![vec![1], vec![2, 1], vec![1, 1, 1], vec![4, 3], vec![2, 2, 2, 2], vec![3]];
    let campaign = Campaign {
        pool: pool(),
        rse: remote(),
        // Shorter than the reads take: steps overlap.
        every: span(60.0),
        size: Distribution::Uniform { low: 3e8, high: 3e9 },
        steps,
        shuffle: true,
    };
    let mut grid = Grid {
        bandwidth: Series::constant(Rate::INFINITE),
        law: law(),
        workloads: vec![WorkloadKind::Campaign(campaign)],
        horizon: at(1e6),
        ..Grid::default()
    };
    grid.pool.slots = 100;
    // The campaign decides by itself.
    let output = grid.run(Always::StageIn, 1);
    assert_eq!(output.counters.jobs_done, 13);
    let reads = table(&output, "reads");
    let column = |name: &str| reads.floats(name).expect("a column of doubles").iter().collect::<Vec<_>>();
    let times = crate::grid::seconds(&output, "reads", "started_at_ns").into_iter().zip(crate::grid::seconds(
        &output,
        "reads",
        "ended_at_ns",
    ));
    let volumes =
        ints(&output, "reads", "size_bytes").into_iter().zip(column("con_th_bytes")).zip(column("con_pr_bytes"));
    let (mut rows, mut alone) = (0, 0);
    for ((started, ended), ((size, con_th), con_pr)) in times.zip(volumes) {
        let time = ended.expect("has ended") - started.expect("has started");
        let [size, con_th, con_pr] =
            [size.map(|size| size as f64), con_th, con_pr].map(|bytes| bytes.expect("moved") / 1e6);
        let predicted = LAW.a * size + LAW.b * con_th + LAW.c * con_pr;
        // Two nanoseconds for each of 6 starts and 25 ends.
        assert!((time - predicted).abs() <= 2e-9 * 31.0, "{time} s and not {predicted} s");
        rows += 1;
        alone += usize::from(con_th == 0.0 && con_pr == 0.0);
    }
    assert_eq!(rows, 25);
    assert!(alone < 2, "reads overlap");
}

#[test]
fn without_a_law_it_is_counted_too_what_moves_around_a_remote_read() {
    // Jobs with these threads and files start together on one node: all read at one rate.
    let run = |jobs_of: &[(u32, u32)], nodes: u32| {
        let of = |&(threads, files): &(u32, u32)| {
            jobs(&[0.0], JobTemplate { threads, inputs: fresh(files, 100.0), ..idle_job() })
        };
        let mut grid = Grid { workloads: jobs_of.iter().map(of).collect(), ..Grid::default() };
        (grid.pool.slots, grid.pool.nodes) = (8, nodes);
        let output = grid.run(Always::Remote, 1);
        let column = |name: &str| -> Vec<Option<f64>> {
            let cells = table(&output, "reads").floats(name).expect("a column of doubles");
            // To the byte.
            cells.iter().map(|bytes| bytes.map(f64::round)).collect()
        };
        (column("con_th_bytes"), column("con_pr_bytes"))
    };
    let some = |values: &[f64]| values.iter().map(|mb| Some(mb * 1e6)).collect::<Vec<_>>();
    // Two processes of one thread: each moves 100 MB beside the other.
    assert_eq!(run(&[(1, 1), (1, 1)], 1), (some(&[0.0, 0.0]), some(&[100.0, 100.0])));
    // One of two threads and one of one.
    assert_eq!(run(&[(2, 2), (1, 1)], 1), (some(&[100.0, 100.0, 0.0]), some(&[100.0, 100.0, 200.0])));
    // One after the other on one thread: nothing beside it. On another node: nobody.
    assert_eq!(run(&[(1, 2)], 1), (some(&[0.0, 0.0]), some(&[0.0, 0.0])));
    assert_eq!(run(&[(1, 1), (1, 1)], 2), (some(&[0.0, 0.0]), some(&[0.0, 0.0])));
    // The second process reads two files in turn: the first beside that of the other process, the second alone.
    assert_eq!(run(&[(1, 1), (1, 2)], 1), (some(&[0.0; 3]), some(&[100.0, 100.0, 0.0])));
}
