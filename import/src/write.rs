//! Scenario and log as files.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dapple_simulator::units::{Bytes, RATES, Rate, SimSpan};
use dapple_simulator::workload::Ties;
use serde::Serialize;

use crate::account::Treatment;
use crate::error::ImportError;
use crate::example::source_and_destinations;
use crate::imported::{Grid, Imported, Link, Log, Pool, Route, Rse, Site, Ways};
use crate::times;

/// Name of the scenario in its folder.
const SCENARIO: &str = "scenario.ron";
const HOUR: u64 = 3_600_000_000_000;
/// Time after the last logged instant in which what is under way can end.
const MARGIN: u64 = 24;

/// How jobs that take several slots wait for them.
const SCHEDULING: &str = ", scheduling: FirstComeFirstServed";
/// Columns that are named where a row has something in them.
const INPUT: &str = "
                input: (name: \"input_bytes\", unit: B),
                source: Column(\"source\"),";
const REQUESTED: &str = "
                requested: (name: \"requested_ns\", unit: Nanos),";
const ENDED: &str = "
                ended: (name: \"logged_end_ns\", unit: Nanos),";

impl Imported {
    /// Writes `scenario.ron` and, where there is one, the log beside it. Returns what was written, the scenario first.
    ///
    /// # Errors
    /// Where the folder has such a file already, or cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
        let log = self.log.as_ref().map(|log| (folder.join(log.file()), log));
        let scenario = folder.join(SCENARIO);
        for path in log.iter().map(|(path, _)| path).chain([&scenario]) {
            if path.exists() {
                return Err(ImportError::Exists { path: path.clone() });
            }
        }
        fs::create_dir_all(folder).map_err(failed(folder))?;
        if let Some((path, log)) = &log {
            let file = fs::File::create(path).map_err(failed(path))?;
            log.write(&self.grid, io::BufWriter::new(file)).map_err(failed(path))?;
        }
        fs::write(&scenario, self.scenario()).map_err(failed(&scenario))?;
        Ok([scenario].into_iter().chain(log.map(|(path, _)| path)).collect())
    }

    /// The scenario as it is written, the account in comments above it.
    pub fn scenario(&self) -> String {
        let mut text = format!("// Imported from {}.\n//\n", self.what);
        for line in self.account.to_string().lines() {
            let _ = writeln!(text, "// {line}");
        }
        let fields = self.fields();
        let _ = write!(text, "(\n    name: {},\n{fields})\n", ron(&self.name));
        text
    }

    fn fields(&self) -> String {
        let grid = &self.grid;
        let mut text = String::new();
        let span = self.log.as_ref().and_then(Log::span);
        if let Some((first, ..)) = span
            && first > 0
            && let Some(start) = times::calendar(first)
        {
            let _ = writeln!(text, "    start: {},", ron(&start));
        }
        let hours = span.map_or(MARGIN, |(first, _, last)| (last - first).div_ceil(HOUR) + MARGIN);
        let _ = writeln!(text, "    horizon: Hours({hours}),\n    topology: (");
        list(&mut text, "sites", grid.sites.iter().map(site));
        list(&mut text, "rses", grid.rses.iter().map(|it| rse(it, grid)));
        let scheduling = if self.log.as_ref().is_some_and(Log::has_slots) { SCHEDULING } else { "" };
        list(&mut text, "pools", grid.pools.iter().map(|it| pool(it, grid) + scheduling));
        list(&mut text, "links", grid.links.iter().map(|it| link(it, grid)));
        list(&mut text, "routes", grid.routes.iter().map(|it| route(it, grid)));
        text.push_str("    ),\n");
        match &self.log {
            Some(log) => text.push_str(&log.workload()),
            None => text.push_str(&example(grid)),
        }
        let has_input = matches!(&self.log, Some(Log::Jobs { rows, .. }) if rows.iter().any(|row| row.input.is_some()));
        text.push_str("    policies: [\n        (name: \"remote\", access: AlwaysRemote),\n");
        if has_input {
            text.push_str("        (name: \"stage-in\", access: StageIn),\n");
        }
        text.push_str("    ],\n    experiment: (replications: 1),\n");
        if self.log.as_ref().is_some_and(Log::has_ends) {
            text.push_str("    record: Rows,\n");
        }
        text
    }
}

impl Log {
    fn file(&self) -> &'static str {
        match self {
            Self::Transfers { .. } => "transfers.csv",
            Self::Jobs { .. } => "jobs.csv",
        }
    }

    /// Instants are whole nanoseconds; what the log says of the past beyond what is replayed stands in columns of its own.
    fn write(&self, grid: &Grid, sink: impl io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(sink);
        let cell = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
        match self {
            Self::Transfers { rows, .. } => {
                let names = ["at_ns", "size_bytes", "source", "destination", "logged_start_ns", "logged_end_ns"];
                csv.write_record(names)?;
                for row in rows {
                    let (source, destination) = (&grid.rses[row.source].name, &grid.rses[row.destination].name);
                    let (at, size) = (row.at.to_string(), row.size.get().to_string());
                    csv.write_record([&at, &size, source, destination, &cell(row.started), &cell(row.ended)])?;
                }
            }
            Self::Jobs { rows, .. } => {
                csv.write_record([
                    "submitted_ns",
                    "compute_ns",
                    "pool",
                    "slots",
                    "requested_ns",
                    "input_bytes",
                    "source",
                    "logged_start_ns",
                    "logged_end_ns",
                ])?;
                for row in rows {
                    let source = row.input.map_or("", |(_, source)| grid.rses[source].name.as_str());
                    csv.write_record([
                        &row.submitted.to_string(),
                        &row.compute.to_string(),
                        &grid.pools[row.pool].name,
                        &row.slots.to_string(),
                        &cell(row.requested),
                        &cell(row.input.map(|(size, _)| size.get())),
                        source,
                        &cell(row.started),
                        &cell(row.ended),
                    ])?;
                }
            }
        }
        csv.flush()
    }

    fn workload(&self) -> String {
        match self {
            Self::Transfers { queues, ties, .. } => format!(
                "    workload: [
        TransferTrace(
            name: \"log\",
            file: \"{}\",
            columns: (
                at: (name: \"at_ns\", unit: Nanos),
                size: (name: \"size_bytes\", unit: B),
                source: Column(\"source\"),
                destination: Column(\"destination\"),{}
            ),{}
            queues: {queues},
        ),
    ],\n",
                self.file(),
                if self.has_ends() { ENDED } else { "" },
                order(*ties),
            ),
            Self::Jobs { rows, ties } => {
                let columns = [
                    (INPUT, rows.iter().any(|row| row.input.is_some())),
                    (REQUESTED, rows.iter().any(|row| row.requested.is_some())),
                    (ENDED, self.has_ends()),
                ];
                let columns: String =
                    columns.into_iter().filter(|(_, is_there)| *is_there).map(|(column, _)| column).collect();
                format!(
                    "    workload: [
        JobTrace(
            name: \"log\",
            file: \"{}\",
            pool: Column(\"pool\"),
            columns: (
                submitted: (name: \"submitted_ns\", unit: Nanos),
                compute: (name: \"compute_ns\", unit: Nanos),
                slots: \"slots\",{columns}
            ),{}
        ),
    ],\n",
                    self.file(),
                    order(*ties),
                )
            }
        }
    }
}

/// The field that says in which order rows of one instant go, where it is not that of the log.
fn order(ties: Ties) -> &'static str {
    match ties {
        Ties::LogOrder => "",
        Ties::Shuffled => "\n            ties: Shuffled,",
    }
}

/// A topology alone has nothing to do: something to begin with.
fn example(grid: &Grid) -> String {
    let Some((source, destinations)) = source_and_destinations(grid) else { return String::new() };
    let names: Vec<String> = destinations.iter().map(|rse| ron(&grid.rses[*rse].name)).collect();
    format!(
        "    workload: [
        // Something to begin with: a file a minute from one RSE to any of those that it reaches.
        Transfers(
            name: \"example\",
            source: {},
            destinations: [{}],
            arrivals: Poisson(per_hour: 60),
            size: Constant({}),
        ),
    ],\n",
        ron(&grid.rses[source].name),
        names.join(", "),
        ron(&file_of_example(grid))
    )
}

/// A file of which one a minute loads the slowest link to a tenth or less: a power of ten, at most a gigabyte.
fn file_of_example(grid: &Grid) -> Bytes {
    let rates = grid.links.iter().flat_map(|link| {
        let later = link.profile.iter().map(|step| step.1);
        later.chain([link.bandwidth]).map(Rate::as_bytes_per_s).filter(|rate| *rate > 0.0)
    });
    let most = rates.fold(f64::INFINITY, f64::min) * 60.0 / 10.0;
    let fits = |bytes: &u64| *bytes as f64 <= most;
    Bytes::new((0..=9).rev().map(|power| 10_u64.pow(power)).find(fits).unwrap_or(1))
}

fn site(site: &Site) -> String {
    let position = site.position.map_or(String::new(), |(x, y)| format!(", position: ({x:?}, {y:?})"));
    format!("name: {}{position}{}", ron(&site.name), optional("lan", site.lan))
}

fn rse(rse: &Rse, grid: &Grid) -> String {
    let limits =
        [optional("capacity", rse.capacity), optional("read", rse.read), optional("write", rse.write)].concat();
    format!("name: {}, site: {}{limits}", ron(&rse.name), ron(&grid.sites[rse.site].name))
}

fn pool(pool: &Pool, grid: &Grid) -> String {
    let nodes = if pool.nodes == 1 { String::new() } else { format!(", nodes: {}", pool.nodes) };
    let speed = if pool.speed == 1.0 { String::new() } else { format!(", speed: {:?}", pool.speed) };
    let (name, site) = (ron(&pool.name), ron(&grid.sites[pool.site].name));
    format!("name: {name}, site: {site}{nodes}, slots: {}{speed}", pool.slots)
}

fn link(link: &Link, grid: &Grid) -> String {
    let (from, to) = (ron(&grid.sites[link.from].name), ron(&grid.sites[link.to].name));
    let name = ron(&link.name);
    let latency = if link.latency == SimSpan::ZERO { None } else { Some(link.latency) };
    let one_way = if link.ways == Ways::One { ", one_way: true" } else { "" };
    let steps: Vec<String> =
        link.profile.iter().map(|(at, rate)| format!("(at: {}, bandwidth: {})", ron(at), bits(*rate))).collect();
    let profile = if steps.is_empty() { String::new() } else { format!(", profile: [{}]", steps.join(", ")) };
    format!(
        "name: {name}, from: {from}, to: {to}, bandwidth: {}{}{one_way}{}{profile}",
        bits(link.bandwidth),
        optional("latency", latency),
        wire(link)
    )
}

/// How a wire is shared, and after which time its profile begins again.
fn wire(link: &Link) -> String {
    let duplex = if link.ways == Ways::Half { ", duplex: Half" } else { "" };
    let sharing = if link.per_flow { ", sharing: PerFlow" } else { "" };
    format!("{duplex}{sharing}{}", optional("repeat", link.repeat))
}

fn route(route: &Route, grid: &Grid) -> String {
    let via = route.via.iter().map(|&(link, is_back)| {
        let link = &grid.links[link];
        ron(&if is_back { back(link, grid) } else { link.name.clone() })
    });
    let (from, to) = (ron(&grid.sites[route.from].name), ron(&grid.sites[route.to].name));
    format!("from: {from}, to: {to}, via: [{}]", via.collect::<Vec<_>>().join(", "))
}

/// The name that a scenario gives to the way back over a link.
pub(crate) fn back(link: &Link, grid: &Grid) -> String {
    let (from, to) = (&grid.sites[link.from].name, &grid.sites[link.to].name);
    if link.name == format!("{from}-{to}") { format!("{to}-{from}") } else { format!("{} (back)", link.name) }
}

fn list(text: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_some() {
        let lines: String = items.map(|item| format!("            ({item}),\n")).collect();
        let _ = write!(text, "        {name}: [\n{lines}        ],\n");
    }
}

/// A rate in bits, as networks are told, where that is exact.
fn bits(rate: Rate) -> String {
    let bytes_per_s = rate.as_bytes_per_s();
    let unit = RATES.all.iter().rev().filter(|unit| unit.name.ends_with("bps")).find(|unit| {
        let number = bytes_per_s / unit.factor;
        number >= 1.0 && number * unit.factor == bytes_per_s
    });
    unit.map_or_else(|| ron(&rate), |unit| format!("{}({})", unit.name, bytes_per_s / unit.factor))
}

fn optional(name: &str, value: Option<impl Serialize>) -> String {
    value.map_or(String::new(), |value| format!(", {name}: {}", ron(&value)))
}

fn ron(value: &impl Serialize) -> String {
    ron::to_string(value).expect("texts and quantities can be written")
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ImportError {
    let path = path.to_owned();
    move |source| ImportError::Write { path: path.clone(), source }
}

/// The largest volume that a scenario can name.
pub(crate) const MOST: Bytes = Bytes::new(1 << 62);

impl Imported {
    /// Notes what the writer sets by itself.
    pub(crate) fn note_defaults(&mut self) {
        if self.log.as_ref().is_some_and(Log::has_slots) {
            let note = "jobs that wait for slots start first come first served; write `scheduling: Backfilling` where the machine did that";
            self.account.note(Treatment::Defaulted, note);
        }
        if self.log.as_ref().is_some_and(Log::has_ends) {
            let note = "that rows are recorded (record: Rows), about 75 bytes each: the report sets their simulated ends against the logged ones";
            self.account.note(Treatment::Defaulted, note);
        }
        if self.log.as_ref().is_some_and(|log| log.ties() == Ties::Shuffled) {
            self.account.note(
                Treatment::Guessed,
                "the log stands in order of ends, which gives away which of two rows ended first: rows of one time go in an \
                 order that is drawn for each replication (ties: Shuffled)",
            );
        }
        match &self.log {
            Some(_) => self.account.note(
                Treatment::Defaulted,
                format!(
                    "the horizon: {MARGIN} h after the last instant of the log, in which what is under way can end"
                ),
            ),
            None => {
                let reached = source_and_destinations(&self.grid).map_or(0, |(_, others)| others.len());
                let note = format!(
                    "the workload: a topology has none, so there is an example, 24 h long, from one RSE to the {reached} of {} others that \
                     it reaches",
                    self.grid.rses.len().saturating_sub(1)
                );
                self.account.note(Treatment::Defaulted, note);
            }
        }
    }
}
