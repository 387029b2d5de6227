//! Experiments made up for tests: what the runner would leave behind, without running anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dapple_records::folder::{self, Origin, RunRecord};
use dapple_records::{
    Counters, FailedRun, Format, GROUPS, KPIS, Kpi, KpiInfo, Kpis, Manifest, RecordLevel, RecordPlan, RunEntry,
    SCHEMA_VERSION, SweepPoint, TableData, Value, read_manifest, tables,
};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A folder that goes away with the test, or stays under `DAPPLE_KEEP_REPORTS` to be looked at.
pub(crate) struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    /// A folder named after the test.
    pub(crate) fn new(name: &str) -> Self {
        if let Some(kept) = std::env::var_os("DAPPLE_KEEP_REPORTS") {
            let path = PathBuf::from(kept).join(name);
            std::fs::create_dir_all(&path).expect("the folder to keep reports in can be made");
            return Self { path, _temporary: None };
        }
        let temporary = tempfile::tempdir().expect("temporary folder");
        Self { path: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// What the made-up experiment looks like.
pub(crate) struct Synthetic {
    /// Name and mean turnaround [s] at the first sweep point, and how it changes along the sweep.
    pub(crate) policies: Vec<(String, f64, f64)>,
    /// Replications of each.
    pub(crate) replications: u32,
    /// Coordinates of each sweep point.
    pub(crate) points: Vec<Vec<SweepPoint>>,
    /// Whether tables are recorded.
    pub(crate) rows: bool,
    /// Whether some runs failed, are missing and warn.
    pub(crate) trouble: bool,
    /// Changes the KPIs of a run, given the policy and the replication.
    pub(crate) edit: fn(&mut Kpis, usize, u32),
    /// Whether anything is drawn.
    pub(crate) chance: bool,
    /// Whether the requests are those of a log that knows how long they took.
    pub(crate) logged: bool,
    /// Workloads whose arrivals never end.
    pub(crate) endless: Vec<String>,
}

impl Synthetic {
    /// Policies without a sweep.
    pub(crate) fn new(policies: &[(&str, f64)], replications: u32) -> Self {
        let policies = policies.iter().map(|&(name, mean)| (name.to_owned(), mean, 1.0)).collect();
        Self {
            policies,
            replications,
            points: vec![Vec::new()],
            rows: false,
            trouble: false,
            edit: |_, _, _| (),
            chance: true,
            logged: false,
            endless: Vec::new(),
        }
    }

    /// Writes the folder.
    pub(crate) fn write(&self, dir: &Path) {
        let (mut manifest, mut kpis) = (self.manifest(), BTreeMap::new());
        let origin = origin(&manifest);
        let (folder, _) = folder::Folder::open(dir, &origin).expect("ours");
        for (point, sweep) in self.points.iter().enumerate() {
            for (policy, (name, mean, slope)) in self.policies.iter().enumerate() {
                for replication in 0..self.replications {
                    let id = format!(
                        "{:016x}",
                        0x9e37_79b9_7f4a_7c15_u64
                            .wrapping_mul(1 + (point * 1000 + policy) as u64 * 10_000 + u64::from(replication))
                    );
                    let seed = u64::from(replication) + 7;
                    if self.trouble && policy == 1 && replication == 3 {
                        let error = "policy `remote` chose RSE 4 for request 17, which has no replica there".to_owned();
                        manifest.failed.push(FailedRun {
                            id,
                            policy: name.clone(),
                            replication,
                            seed,
                            sweep: sweep.clone(),
                            error,
                        });
                        continue;
                    }
                    let level = mean * slope.powi(i32::try_from(point).expect("few"));
                    let mut made = figures(level, policy, replication);
                    (self.edit)(&mut made, policy, replication);
                    kpis.insert(id.clone(), made);
                    let run = RunEntry {
                        id,
                        policy: name.clone(),
                        replication,
                        seed,
                        sweep: sweep.clone(),
                        events: 123_456,
                        counters: counters(),
                    };
                    manifest.runs.push(run.clone());
                    if self.rows && replication < 2 && point == 0 {
                        let rows = [
                            requests(seed, self.logged),
                            reads(),
                            jobs(level, seed),
                            series(policy, seed),
                            decisions(),
                            groups(level, policy),
                        ];
                        let tables = RecordPlan::all(RecordLevel::Rows);
                        let (kpis, warnings) = (BTreeMap::new(), Vec::new());
                        let record = RunRecord { origin: origin.clone(), run, tables, kpis, warnings };
                        folder.add_run(&record, &rows, Format::Parquet).expect("writes");
                    }
                }
            }
        }
        manifest.runs.sort_by(|a, b| a.id.cmp(&b.id));
        if self.trouble {
            manifest.missing = vec!["00c0ffee00c0ffee".into()];
            manifest.warnings = vec!["12 rows of the trace have no size and were left out".into()];
        }
        folder.write_summary(&manifest, &kpis, Format::Parquet).expect("writes");
    }

    /// Its manifest, before anything ran.
    pub(crate) fn manifest(&self) -> Manifest {
        Manifest {
            schema_version: SCHEMA_VERSION,
            dapple_version: "0.1.0".into(),
            name: "Remote access against placement at GRIF".into(),
            resolved: "(name: \"two-sites\", seed: 7, start: \"2018-04-28T00:00:00Z\")".into(),
            scenario: "(\n    name: \"two-sites\",\n    seed: 7,\n)".into(),
            scenario_hash: "9f86d081884c7d65".into(),
            seed: 7,
            policies: self.policies.iter().map(|(name, ..)| name.clone()).collect(),
            baseline: self.policies.first().map_or(String::new(), |(name, ..)| name.clone()),
            primary_kpi: Kpi::JobTurnaround.info().column.into(),
            relevant_difference: 0.01,
            chance: self.chance,
            endless: self.endless.clone(),
            replications: self.replications,
            sweep_paths: self.points[0].iter().map(|at| at.path.clone()).collect(),
            runs: Vec::new(),
            failed: Vec::new(),
            missing: Vec::new(),
            in_words: vec![
                ("Grid".into(), "2 sites; 2 RSEs (500 TB); 1 pool with 40 slots in all; 2 links of Gbps(10)".into()),
                ("Policies".into(), "`place`: access:Place(min_reuse:1)".into()),
                ("Policies".into(), "`<remote>`: access:AlwaysRemote".into()),
            ],
            warnings: Vec::new(),
        }
    }
}

/// Says of recorded runs that they kept so much of their jobs; their tables stay as they are.
pub(crate) fn set_jobs_level(dir: &Path, level: impl Fn(&RunEntry) -> RecordLevel) {
    let manifest = read_manifest(dir).expect("just written");
    let (folder, records) = folder::Folder::open(dir, &origin(&manifest)).expect("ours");
    for mut record in records.into_values() {
        record.tables.jobs = level(&record.run);
        folder.rewrite_record(&record).expect("writes");
    }
}

fn origin(manifest: &Manifest) -> Origin {
    Origin {
        schema_version: u64::from(SCHEMA_VERSION),
        dapple_version: manifest.dapple_version.clone(),
        scenario: manifest.name.clone(),
        physics: manifest.scenario_hash.clone(),
    }
}

/// One coordinate, such as `Gbps(2.5)`.
pub(crate) fn coordinate(path: &str, text: &str) -> SweepPoint {
    let inner = text.split_once('(').map_or(text, |(_, inner)| inner.trim_end_matches(')'));
    SweepPoint { path: path.into(), text: text.into(), number: inner.parse().ok() }
}

/// What all policies meet in a replication, and what is the policy's own.
fn figures(level: f64, policy: usize, replication: u32) -> Kpis {
    let mut common = Xoshiro256PlusPlus::seed_from_u64(u64::from(replication));
    let mut own = Xoshiro256PlusPlus::seed_from_u64(u64::from(replication) * 100 + policy as u64 + 1);
    let load: f64 = 0.8 + 0.4 * common.random::<f64>();
    let noise: f64 = 0.97 + 0.06 * own.random::<f64>();
    let turnaround = level * load * noise;
    let mut kpis = Kpis::default();
    for (kpi, value) in [
        (Kpi::JobTurnaround, turnaround),
        (Kpi::JobTurnaroundP50, turnaround * 0.9),
        (Kpi::JobTurnaroundP95, turnaround * 2.4),
        (Kpi::JobWait, turnaround * 0.3 * own.random_range(0.8..1.2)),
        (Kpi::CpuEfficiency, (0.9 / load / (1.0 + policy as f64 / 30.0)).min(1.0)),
        (Kpi::JobsDone, 4000.0 + f64::from(common.random_range(0_i32..300))),
        (Kpi::JobsFailed, 0.0),
        (Kpi::JobsUnfinished, f64::from(u32::from(policy == 1) * (replication % 3))),
        (Kpi::WanBytes, 2.1e14 * load * (1.0 + policy as f64 * 0.22) * own.random_range(0.95..1.05)),
        (Kpi::BusiestLink, 0.62 * load),
    ] {
        kpis.set(kpi, Some(value));
    }
    if policy != 1 {
        kpis.set(Kpi::TtcP95, Some(380.0 * load));
    }
    kpis
}

fn counters() -> Counters {
    Counters {
        bytes_sent: 210_000_000_000_000,
        bytes_received: 209_000_000_000_000,
        bytes_in_flight: 1_000_000_000_000,
        flows_started: 40_000,
        flows_done: 39_990,
        flows_in_flight: 10,
        jobs_submitted: 4100,
        jobs_done: 4090,
        jobs_left: 10,
        ..Counters::default()
    }
}

/// What it is told apart by, its name, its figures.
type OfGroup<'a> = (&'a str, &'a str, &'a [(Kpi, f64)]);

/// Two workloads: jobs, for which only the first policy makes placements, and transfers that all meet.
fn groups(level: f64, policy: usize) -> TableData {
    let schema = tables::schemas().into_iter().find(|schema| schema.name == GROUPS).expect("every run has groups");
    let mut table = TableData::new(schema);
    let placing = policy == 0;
    let figures: [OfGroup<'_>; 5] = [
        ("workload", "analysis", &[(Kpi::JobTurnaround, level), (Kpi::JobsDone, 4000.0), (Kpi::WanBytes, 1.9e14)]),
        ("workload", "background", &[(Kpi::TtcP50, 90.0), (Kpi::TransfersDone, 300.0), (Kpi::WanBytes, 2e13)]),
        ("origin", "own", &[(Kpi::TtcP50, 90.0), (Kpi::TransfersDone, 300.0)]),
        ("origin", "placement", &[(Kpi::TtcP50, 700.0), (Kpi::TransfersDone, 412.0), (Kpi::Placements, 412.0)]),
        ("link", "CERN-GRIF", &[(Kpi::BusiestLink, 0.62), (Kpi::WanBytes, 2.1e14)]),
    ];
    for (dimension, group, figures) in figures.into_iter().filter(|(_, group, _)| placing || *group != "placement") {
        let figure = |kpi: &KpiInfo| figures.iter().find(|(of, _)| *of == kpi.kpi).map(|(_, value)| *value);
        let cells = KPIS.iter().map(|kpi| figure(kpi).map_or(Value::Empty, Value::Float));
        table.push(&[Value::Text(dimension), Value::Text(group)].into_iter().chain(cells).collect::<Vec<_>>());
    }
    table
}

const SECOND: i64 = 1_000_000_000;

fn jobs(level: f64, seed: u64) -> TableData {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut table = TableData::new(tables::jobs::schema());
    for job in 0..600_i64 {
        let submitted = job * 60 * SECOND;
        let lasts = (level * (0.2 - 0.9 * rng.random_range(1e-9_f64..1.0).ln())) as i64 * SECOND;
        let ended = job < 590;
        let at = |share: i64| Value::Int(submitted + lasts * share / 10);
        table.push(&[
            Value::Int(job),
            Value::Text("analysis"),
            Value::Empty,
            Value::Empty,
            Value::Text("GRIF_WN"),
            Value::Int(job % 20),
            Value::Int(1),
            Value::Int(1),
            Value::Int(1),
            Value::Int(2_000_000_000),
            Value::Int(submitted),
            at(1),
            at(3),
            if ended { at(6) } else { Value::Empty },
            if ended { at(10) } else { Value::Empty },
            Value::Float(1200.0),
            Value::Text(if ended { "done" } else { "running" }),
            Value::Empty,
        ]);
    }
    table
}

fn reads() -> TableData {
    let mut table = TableData::new(tables::reads::schema());
    for read in 0..600_i64 {
        let decided = read * 60 * SECOND;
        table.push(&[
            Value::Int(read),
            Value::Text("analysis"),
            Value::Int(read),
            Value::Int(0),
            Value::Int(read % 50),
            Value::Text(if read % 2 == 0 { "place" } else { "remote" }),
            Value::Text("GRIF_DATADISK"),
            Value::Int(2_000_000_000),
            Value::Float(0.4),
            Value::Int(800_000_000),
            Value::Int(decided),
            Value::Int(decided + 30 * SECOND),
            Value::Int(decided + 90 * SECOND),
            Value::Float(1.5e9),
            Value::Float(4e9),
        ]);
    }
    table
}

/// Those of a log go there and back.
fn requests(seed: u64, logged: bool) -> TableData {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut table = TableData::new(tables::requests::schema());
    for request in 0..200_i64 {
        let created = request * 20 * SECOND;
        let started = created + i64::from(rng.random_range(0_i32..300)) * SECOND;
        let done = request < 195;
        let ended = started + 60 * SECOND;
        let is_back = logged && request % 2 == 1;
        let (from, to) = if is_back { ("GRIF_DATADISK", "CERN_DATADISK") } else { ("CERN_DATADISK", "GRIF_DATADISK") };
        table.push(&[
            Value::Int(request),
            Value::Text("analysis"),
            Value::Int(request % 50),
            Value::Empty,
            Value::Text("default"),
            Value::Int(0),
            Value::Empty,
            if logged { Value::Int(request + 2) } else { Value::Empty },
            if logged { Value::Int(ended - created) } else { Value::Empty },
            Value::Text(from),
            Value::Text(to),
            Value::Int(2_000_000_000),
            Value::Int(created),
            Value::Int(created),
            Value::Int(created),
            Value::Int(started),
            Value::Int(started + 2 * SECOND),
            if done { Value::Int(ended) } else { Value::Empty },
            if done { Value::Int(ended) } else { Value::Empty },
            Value::Int(2_000_000_000),
            Value::Text(if done { "done" } else { "active" }),
            Value::Empty,
        ]);
    }
    table
}

fn decisions() -> TableData {
    let mut table = TableData::new(tables::decisions::schema());
    table.push(&[
        Value::Int(4),
        Value::Int(4),
        Value::Int(0),
        Value::Int(240 * SECOND),
        Value::Int(2_000_000_000),
        Value::Float(0.4),
        Value::Int(2),
        Value::Int(31),
        Value::Int(7),
        Value::Text("place"),
        Value::Text("CERN_DATADISK"),
        Value::Text("GRIF_DATADISK"),
        Value::Empty,
    ]);
    table
}

fn series(policy: usize, seed: u64) -> TableData {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut table = TableData::new(tables::series::schema());
    for (entity, quantity, height, capacity) in [
        ("CERN-GRIF", "rate_bytes_per_s", 1.1e9, Some(1.25e9)),
        ("GRIF-CERN", "rate_bytes_per_s", 2e8, Some(1.25e9)),
        ("GRIF-IN2P3", "rate_bytes_per_s", 0.0, Some(1.25e9)),
        ("GRIF_WN", "running", 160.0, Some(160.0)),
        ("GRIF_WN", "queued", 40.0, None),
        ("GRIF_DATADISK", "used_bytes", 3.2e14, Some(4e14)),
    ] {
        let mut level: f64 = 0.5;
        for step in 0..1000_i64 {
            level = (level + rng.random_range(-0.08_f64..0.085)).clamp(0.0, 1.0);
            let value = height * level * (1.0 - 0.12 * policy as f64).max(0.1);
            table.push(&[
                Value::Text(entity),
                Value::Text(quantity),
                Value::Int(step * 216 * SECOND),
                Value::Float(value),
                capacity.map_or(Value::Empty, Value::Float),
            ]);
        }
    }
    table
}
