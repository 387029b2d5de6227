//! The runs of an experiment by group: by workload, origin of transfers, site and link.

use std::collections::BTreeMap;

use crate::experiment::Experiment;
use dapple_records::{GROUPS, GroupBy, KPIS, Kpi, Kpis, group_rows, read_run_table};

/// What the runs of an experiment did in one group.
pub(crate) struct Group {
    /// How it is told apart.
    pub(crate) by: GroupBy,
    /// Its name.
    pub(crate) name: String,
    /// The experiment as if there were only this group: its figures in the place of those of the runs.
    pub(crate) experiment: Experiment,
}

/// Groups of a dimension that a report tells of; the others stand in the tables of the runs.
pub(crate) const TOLD: usize = 100;

/// The groups of an experiment.
#[derive(Default)]
pub(crate) struct Groups {
    /// By dimension, in the order of their tables; of each the first [`TOLD`].
    pub(crate) all: Vec<Group>,
    /// How many there are of each dimension.
    pub(crate) counts: BTreeMap<GroupBy, usize>,
    /// Tables that could not be read, in words.
    pub(crate) notes: Vec<String>,
}

impl Groups {
    /// The groups that have figures at the first `points` sweep points.
    pub(crate) fn read(experiment: &Experiment, points: usize) -> Self {
        // By dimension and name: the order in which it was met, and the figures by run.
        let mut found: BTreeMap<(GroupBy, String), (usize, BTreeMap<String, Kpis>)> = BTreeMap::new();
        let (mut counts, mut notes) = (BTreeMap::<GroupBy, usize>::new(), Vec::new());
        let points = 0..experiment.points.len().min(points);
        let runs = points.flat_map(|point| (0..experiment.policies.len()).map(move |policy| (point, policy)));
        for run in runs.flat_map(|(point, policy)| experiment.runs(point, policy)) {
            let rows = match read_run_table(&experiment.dir, &run.run, GROUPS) {
                Ok(table) => table.iter().flat_map(group_rows).collect::<Vec<_>>(),
                Err(error) => {
                    notes.push(error.to_string());
                    continue;
                }
            };
            for row in rows {
                let count = counts.entry(row.by).or_default();
                let (nth, kpis) = found.entry((row.by, row.group)).or_insert_with(|| {
                    *count += 1;
                    (*count - 1, BTreeMap::new())
                });
                if *nth < TOLD {
                    kpis.insert(run.run.clone(), row.kpis);
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().filter(|(_, (nth, _))| *nth < TOLD).collect();
        found.sort_by_key(|((by, _), (nth, _))| (*by, *nth));
        let group = |((by, name), (_, kpis)): ((GroupBy, String), (usize, BTreeMap<String, Kpis>))| Group {
            by,
            name,
            experiment: experiment.with_kpis(|run| kpis.get(&run.run).cloned().unwrap_or_default()),
        };
        Self { all: found.into_iter().map(group).collect(), counts, notes }
    }
}

impl Group {
    /// KPIs of which something was counted.
    pub(crate) fn kpis(&self) -> impl Iterator<Item = Kpi> + '_ {
        KPIS.iter().map(|info| info.kpi).filter(|kpi| self.experiment.largest(*kpi) > 0.0)
    }
}
