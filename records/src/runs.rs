//! The `runs` table: one row per finished run, with its sweep coordinates and every KPI.

use std::collections::BTreeMap;

use crate::{Column, ColumnKind, KPIS, Kpis, Manifest, Schema, SweepPoint, TableData, Value};

/// What stands before the path in the name of a column of sweep coordinates.
const SWEEP_PREFIX: &str = "sweep.";

/// What stands behind the path where the coordinate is the number.
const NUMBER_SUFFIX: &str = ".number";

/// The schema of `runs` for an experiment that sweeps `paths`.
pub fn runs_schema(paths: &[String]) -> Schema {
    let mut schema = Schema::new(
        "runs",
        "run",
        &[
            ("run", ColumnKind::Text, "id of the run: a hash of its physics, policy, sweep point and seed"),
            ("policy", ColumnKind::Text, "name of the policy set"),
            ("replication", ColumnKind::Int, "number of the replication, from 0; equal numbers are paired"),
            ("seed", ColumnKind::Int, "seed of the run (64 bits; from 2^63 on it reads negative)"),
        ],
    );
    let mut column = |name: String, kind, doc: String| schema.columns.push(Column { name, kind, doc });
    for path in paths {
        column(
            format!("{SWEEP_PREFIX}{path}"),
            ColumnKind::Text,
            format!("value of the swept field `{path}`, as written"),
        );
        let doc = format!("its number in the unit written; empty where it is none (`{path}`)");
        column(format!("{SWEEP_PREFIX}{path}{NUMBER_SUFFIX}"), ColumnKind::Float, doc);
    }
    column("events".into(), ColumnKind::Int, "events that were handled".into());
    for kpi in &KPIS {
        let doc = format!("{} [{}]: {}; empty where there was nothing to count", kpi.title, kpi.unit, kpi.doc);
        column(kpi.column.into(), ColumnKind::Float, doc);
    }
    schema
}

/// The `runs` table in the order of the manifest's runs; a run without KPIs has empty cells there.
pub fn runs_table(manifest: &Manifest, kpis: &BTreeMap<String, Kpis>) -> TableData {
    let mut table = TableData::new(runs_schema(&manifest.sweep_paths));
    for run in &manifest.runs {
        let mut row = vec![
            Value::Text(&run.id),
            Value::Text(&run.policy),
            Value::Int(i64::from(run.replication)),
            Value::Int(run.seed.cast_signed()),
        ];
        for path in &manifest.sweep_paths {
            let point = run.sweep.iter().find(|point| point.path == *path);
            row.push(point.map_or(Value::Empty, |point| Value::Text(&point.text)));
            row.push(point.and_then(|point| point.number).map_or(Value::Empty, Value::Float));
        }
        row.push(i64::try_from(run.events).map_or(Value::Empty, Value::Int));
        let figures = kpis.get(&run.id);
        let figure = |index: usize| figures.and_then(|kpis| kpis.0.get(index).copied().flatten());
        row.extend((0..KPIS.len()).map(|index| figure(index).map_or(Value::Empty, Value::Float)));
        table.push(&row);
    }
    table
}

/// One row of `runs`.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiRow {
    /// Id of the run.
    pub run: String,
    /// Name of its policy set.
    pub policy: String,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its sweep coordinates in the order of the columns.
    pub sweep: Vec<SweepPoint>,
    /// Events that were handled.
    pub events: u64,
    /// Its KPIs; those without a column are `None`.
    pub kpis: Kpis,
}

/// The `runs` table, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KpiTable {
    /// Rows in the order of the file: sorted by run id.
    pub rows: Vec<KpiRow>,
}

impl KpiTable {
    /// Reads the rows back, or says which column is missing or of another type. KPI columns may be missing.
    pub fn from_table(table: &TableData) -> Result<Self, String> {
        let texts = |name: &str| table.texts(name).ok_or_else(|| name.to_owned());
        let ints = |name: &str| table.ints(name).ok_or_else(|| name.to_owned());
        let (runs, policies) = (texts("run")?, texts("policy")?);
        let (replications, seeds, events) = (ints("replication")?, ints("seed")?, ints("events")?);
        let paths = sweep_paths(&table.schema);
        let row = |index: usize| {
            Some(KpiRow {
                run: runs.get(index)?.to_owned(),
                policy: policies.get(index)?.to_owned(),
                replication: u32::try_from(replications.get(index)?).ok()?,
                seed: seeds.get(index)?.cast_unsigned(),
                sweep: paths.iter().map(|path| sweep_point(table, path, index)).collect(),
                events: events.get(index).and_then(|events| u64::try_from(events).ok()).unwrap_or(0),
                kpis: Kpis(KPIS.iter().map(|kpi| table.floats(kpi.column)?.get(index)).collect()),
            })
        };
        let rows = (0..table.rows()).map(|index| row(index).ok_or_else(|| format!("run (row {index})")));
        Ok(Self { rows: rows.collect::<Result<_, _>>()? })
    }
}

/// Swept paths that have columns.
fn sweep_paths(schema: &Schema) -> Vec<String> {
    let text = schema.columns.iter().filter(|column| column.kind == ColumnKind::Text);
    text.filter_map(|column| column.name.strip_prefix(SWEEP_PREFIX).map(str::to_owned)).collect()
}

fn sweep_point(table: &TableData, path: &str, row: usize) -> SweepPoint {
    let text = table.texts(&format!("{SWEEP_PREFIX}{path}")).and_then(|cells| cells.get(row)).map(str::to_owned);
    let number = table.floats(&format!("{SWEEP_PREFIX}{path}{NUMBER_SUFFIX}")).and_then(|cells| cells.get(row));
    SweepPoint { path: path.to_owned(), text: text.unwrap_or_default(), number }
}
