//! KPIs by workload, origin, site and link.

use dapple_records::{GroupBy, Kpi, group_rows};
use dapple_simulator::units::SimSpan;

use super::{jobs, transfers};
use crate::grid::{Always, Grid, at, fresh, idle_job, table};

/// Two workloads: a job at 0 s that reads 400 MB, and two transfers of 100 MB, at 50 s and at 60 s.
fn mixed() -> Grid {
    let job = dapple_simulator::workload::JobTemplate { inputs: fresh(1, 400.0), ..idle_job() };
    let workloads = vec![jobs(&[0.0], job), transfers(&[(50.0, 100.0), (60.0, 100.0)])];
    let mut grid = Grid { workloads, horizon: at(100.0), ..Grid::default() };
    // Groups need no rows.
    grid.record_only(&[]);
    grid
}

/// A KPI of a group; `None`: nothing to count there.
#[track_caller]
fn of(output: &dapple_records::RunOutput, by: GroupBy, group: &str, kpi: Kpi) -> Option<f64> {
    let rows = group_rows(table(output, "groups"));
    let row = rows.iter().find(|row| row.by == by && row.group == group);
    row.unwrap_or_else(|| panic!("no row of {by:?} {group}")).kpis.get(kpi)
}

#[test]
fn what_placements_take_is_told_apart_from_what_workloads_ask_for() {
    let placing = mixed().run(Always::Place, 1);
    // The placement takes 4 s, each transfer of the workload 1 s: the mean over all is that of neither.
    assert_eq!(placing.kpis.get(Kpi::NetworkTime), Some(2.0));
    let time = |output, by, group| of(output, by, group, Kpi::NetworkTime);
    assert_eq!(time(&placing, GroupBy::Origin, "own"), Some(1.0));
    assert_eq!(time(&placing, GroupBy::Origin, "placement"), Some(4.0));
    assert_eq!(time(&placing, GroupBy::Workload, "workload 0"), Some(4.0));
    assert_eq!(time(&placing, GroupBy::Workload, "workload 1"), Some(1.0));
    assert_eq!((placing.kpis.get(Kpi::Placements), placing.kpis.get(Kpi::RemoteReadsDone)), (Some(1.0), Some(0.0)));
    let remote = mixed().run(Always::Remote, 1);
    assert_eq!(time(&remote, GroupBy::Origin, "own"), Some(1.0), "like with like");
    assert_eq!(group_rows(table(&remote, "groups")).iter().filter(|row| row.by == GroupBy::Origin).count(), 1);
    assert_eq!((remote.kpis.get(Kpi::Placements), remote.kpis.get(Kpi::RemoteReadsDone)), (Some(0.0), Some(1.0)));
}

#[test]
fn jobs_reads_and_transfers_know_their_workload_site_and_link() {
    let output = mixed().run(Always::Remote, 1);
    let (first, second) = ("workload 0", "workload 1");
    assert_eq!(of(&output, GroupBy::Workload, first, Kpi::JobTurnaround), Some(4.0));
    assert_eq!(of(&output, GroupBy::Workload, first, Kpi::RemoteReadTime), Some(4.0));
    assert_eq!(of(&output, GroupBy::Workload, first, Kpi::WanBytes), Some(4e8));
    assert_eq!(of(&output, GroupBy::Workload, first, Kpi::TransfersDone), None, "it has none");
    assert_eq!(of(&output, GroupBy::Workload, second, Kpi::JobsDone), None, "it has none");
    assert_eq!(of(&output, GroupBy::Workload, second, Kpi::TransfersDone), Some(2.0));
    assert_eq!(of(&output, GroupBy::Workload, second, Kpi::WanBytes), Some(2e8));
    assert_eq!(of(&output, GroupBy::Site, "here", Kpi::JobsDone), Some(1.0));
    assert_eq!(of(&output, GroupBy::Site, "here", Kpi::WanBytes), Some(6e8));
    assert_eq!(of(&output, GroupBy::Link, "link", Kpi::WanBytes), Some(6e8));
    // 6 s of 100 at its capacity.
    assert_eq!(of(&output, GroupBy::Link, "link", Kpi::BusiestLink), Some(0.06));
    let sum = |kpi| {
        group_rows(table(&output, "groups"))
            .iter()
            .filter(|row| row.by == GroupBy::Workload)
            .filter_map(|row| row.kpis.get(kpi))
            .sum::<f64>()
    };
    assert_eq!(Some(sum(Kpi::WanBytes)), output.kpis.get(Kpi::WanBytes), "every byte is of one workload");
}

#[test]
fn groups_leave_out_what_came_in_the_warm_up() {
    let mut grid = mixed();
    grid.record.warm_up = SimSpan::from_secs_f64(55.0);
    let output = grid.run(Always::Remote, 1);
    assert_eq!(of(&output, GroupBy::Workload, "workload 1", Kpi::TransfersDone), Some(1.0));
    assert_eq!(of(&output, GroupBy::Workload, "workload 0", Kpi::JobsDone), None, "none that counts");
    assert_eq!(of(&output, GroupBy::Workload, "workload 0", Kpi::JobTurnaround), None);
}

#[test]
fn quantiles_of_a_large_group_are_within_their_error() {
    let times: Vec<f64> = (0..3000).map(f64::from).collect();
    let sizes: Vec<(f64, f64)> = times.iter().map(|at| (*at, 10.0 + at / 100.0)).collect();
    let mut grid = Grid { workloads: vec![transfers(&sizes)], horizon: at(4000.0), ..Grid::default() };
    grid.record_only(&[]);
    let output = grid.run(Always::Remote, 1);
    let exact = output.kpis.get(Kpi::TtcP95).expect("exact for so few");
    let found = of(&output, GroupBy::Workload, "workload 0", Kpi::TtcP95).expect("there are some");
    assert!(found != exact && (found / exact - 1.0).abs() <= 1.0 / 256.0, "{found} for {exact}");
}
