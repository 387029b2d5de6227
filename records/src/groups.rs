//! KPIs by group: the figures of a run told apart by workload, origin of transfers, site and link.
//!
//! ```text
//!   grouped_by  group                     jobs            reads              transfers
//!   workload    each workload             of it           of its jobs        its own, and placements for its jobs
//!   origin      own | placement           -               -                  asked for by a workload | made for a job
//!   site        each site                 in its pools    from its pools     to its RSEs
//!   link        each link                 -               across it          across it
//! ```
//!
//! A group has the KPIs of a run, over its own things only, by the same sums. They are kept at every record level. A group
//! keeps [`GROUP`]'s precision of its times: at most 90 kB of memory each, however many things there are in it, and a row of its
//! table. Groups in which nothing happened have no row.

use dapple_simulator::engine::{LinkUse, Setup};
use dapple_simulator::facts::{JobEnded, ReadEnded, ReplicaRemoved, TransferEnded};
use dapple_simulator::ids::{Id, LinkId, PoolId, SiteId, Table, WorkloadId};
use dapple_simulator::topology::Route;
use dapple_simulator::units::SimTime;

use crate::figures::Figures;
use crate::times::GROUP;
use crate::{Column, ColumnKind, KPIS, Kpi, Kpis, Population, RecordPlan, Schema, TableData, Value};

/// Name of the table.
pub const GROUPS: &str = "groups";

/// How the things of a run are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupBy {
    /// By the workload that they belong to.
    Workload,
    /// Transfers, by whether a workload asked for them or they were made for a job.
    Origin,
    /// By site.
    Site,
    /// By link.
    Link,
}

impl GroupBy {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Workload, Self::Origin, Self::Site, Self::Link];

    /// Its word in the column `grouped_by`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Origin => "origin",
            Self::Site => "site",
            Self::Link => "link",
        }
    }
}

/// What the two origins of transfers are called.
const ORIGINS: [&str; 2] = ["own", "placement"];

/// The schema of the table of groups.
pub fn schema() -> Schema {
    let head = [
        ("grouped_by", ColumnKind::Text, "workload, origin (of transfers), site or link"),
        (
            "group",
            ColumnKind::Text,
            "name of the workload, site or link; of an origin: own (a workload asked for the transfer) or placement (it was made for a job). \
             A job, and its reads, are of the site of their pool, a transfer of that of its destination; reads and transfers are of every link that they cross",
        ),
    ];
    let mut schema =
        Schema::new(GROUPS, "group of a run in which something happened; kept at every record level", &head);
    schema.columns.extend(KPIS.iter().map(|kpi| Column {
        name: kpi.column.into(),
        kind: ColumnKind::Float,
        doc: match kpi.kpi {
            Kpi::BusiestLink => "of a link: its mean use, bytes over capacity; empty otherwise".into(),
            Kpi::RedundantBytes => "empty: files may be shared between groups".into(),
            Kpi::WanBytes => "as in runs, over the group; of a link: all that crossed it".into(),
            _ if kpi.doc.contains("exact up to") => {
                format!(
                    "as in runs, over the group; exact up to {} of them, of more within {} of it",
                    GROUP.exact,
                    GROUP.error()
                )
            }
            _ => "as in runs, over the group".into(),
        },
    }));
    schema
}

/// The figures of all groups of a run.
#[derive(Debug)]
pub(crate) struct Groups {
    workloads: Table<WorkloadId, Group>,
    origins: [Group; 2],
    sites: Table<SiteId, Group>,
    links: Table<LinkId, Group>,
}

/// One group.
#[derive(Debug)]
struct Group {
    figures: Figures,
    /// Whether anything has happened in it.
    is_used: bool,
}

impl Groups {
    /// Nothing has happened yet.
    pub fn new(setup: &Setup, plan: &RecordPlan) -> Self {
        let warm_up_until = SimTime::ZERO + plan.warm_up;
        let figures = || Figures::new(warm_up_until, setup.horizon, GROUP);
        let group = || Group { figures: figures(), is_used: false };
        let map = &setup.topology.map;
        Self {
            workloads: setup.workloads.ids().map(|_| group()).collect(),
            origins: [group(), group()],
            sites: map.sites().ids().map(|_| group()).collect(),
            links: map.links().ids().map(|_| group()).collect(),
        }
    }

    /// A transfer request has ended, or the run has.
    pub fn transfer(&mut self, transfer: &TransferEnded, setup: &Setup) {
        let map = &setup.topology.map;
        let route = transfer.source.and_then(|source| map.route_between(source, transfer.destination));
        let origin = usize::from(transfer.is_placement());
        let own = [
            &mut self.workloads[transfer.workload],
            &mut self.origins[origin],
            &mut self.sites[map.rses()[transfer.destination].site],
        ];
        for group in own.into_iter().chain(links_of(&mut self.links, route)) {
            group.is_used = true;
            group.figures.transfer(transfer, route);
        }
    }

    /// A file access has ended, or the run has.
    pub fn read(&mut self, read: &ReadEnded, setup: &Setup) {
        let pool = read.question.pool;
        let route = setup.topology.map.route_to_pool(read.access.read_from(), pool);
        let own = [&mut self.workloads[read.workload], &mut self.sites[site_of(setup, pool)]];
        for group in own.into_iter().chain(links_of(&mut self.links, route)) {
            group.is_used = true;
            group.figures.read(read, route);
        }
    }

    /// A job has ended, or the run has.
    pub fn job(&mut self, job: &JobEnded, setup: &Setup) {
        for group in [&mut self.workloads[job.workload], &mut self.sites[site_of(setup, job.pool)]] {
            group.is_used = true;
            group.figures.job(job);
        }
    }

    /// A replica was deleted.
    pub fn removed(&mut self, removed: &ReplicaRemoved, setup: &Setup) {
        let group = &mut self.sites[setup.topology.map.rses()[removed.rse].site];
        group.is_used = true;
        group.figures.removed(removed);
    }

    /// The table.
    pub fn finish(mut self, setup: &Setup, uses: &Table<LinkId, LinkUse>) -> TableData {
        let map = &setup.topology.map;
        for (id, group) in self.links.ids().zip(self.links.values_mut()) {
            group.figures.busiest_link = uses.get(id).and_then(LinkUse::mean);
            group.figures.wan = uses.get(id).map_or(0.0, |link| link.carried_bytes);
        }
        let mut table = TableData::new(schema());
        let workloads =
            setup.workloads.values().map(|workload| workload.name.as_str()).zip(self.workloads.values_mut());
        workloads.for_each(|(name, group)| group.push(GroupBy::Workload, name, &mut table));
        let origins = ORIGINS.into_iter().zip(&mut self.origins);
        origins.for_each(|(name, group)| group.push(GroupBy::Origin, name, &mut table));
        let sites = map.sites().values().map(|site| site.name.as_str()).zip(self.sites.values_mut());
        sites.for_each(|(name, group)| group.push(GroupBy::Site, name, &mut table));
        let links = map.links().values().map(|link| link.name.as_str()).zip(self.links.values_mut());
        links.for_each(|(name, group)| group.push(GroupBy::Link, name, &mut table));
        table
    }
}

impl Group {
    /// Appends its row, unless nothing happened in it.
    fn push(&mut self, by: GroupBy, name: &str, table: &mut TableData) {
        if !self.is_used {
            return;
        }
        let mut kpis = Kpis::of(&mut self.figures);
        if by == GroupBy::Link {
            kpis.set(Kpi::LanBytes, None);
        }
        // A run says that it had none; a group of things of another kind says nothing of them.
        for things in Population::ALL {
            let counts: Vec<Kpi> = [things.done(), things.unfinished()].into_iter().chain(things.failed()).collect();
            if counts.iter().all(|count| kpis.get(*count) == Some(0.0)) {
                counts.iter().chain(things.chosen()).for_each(|count| kpis.set(*count, None));
            }
        }
        let figure = |kpi: Kpi| kpis.get(kpi).map_or(Value::Empty, Value::Float);
        let row: Vec<Value<'_>> = [Value::Text(by.word()), Value::Text(name)]
            .into_iter()
            .chain(KPIS.iter().map(|info| figure(info.kpi)))
            .collect();
        table.push(&row);
    }
}

fn site_of(setup: &Setup, pool: PoolId) -> SiteId {
    setup.topology.map.pools()[pool].site
}

/// The groups of the links of a route. A route crosses each link once.
fn links_of<'a>(
    links: &'a mut Table<LinkId, Group>,
    route: Option<&'a Route>,
) -> impl Iterator<Item = &'a mut Group> + use<'a> {
    let crossed = route.map_or(&[][..], |route| route.links.as_slice());
    let mut crossed: Vec<usize> = crossed.iter().map(|link| link.index()).collect();
    crossed.sort_unstable();
    let mut from = 0;
    let mut rest = links.values_mut();
    crossed.into_iter().filter_map(move |index| {
        let group = rest.nth(index - from);
        from = index + 1;
        group
    })
}

/// One row of the table of groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// How it is told apart.
    pub by: GroupBy,
    /// Name of the group.
    pub group: String,
    /// Its KPIs; those without a column are `None`.
    pub kpis: Kpis,
}

/// Reads the rows of a table of groups; rows that are grouped by what is not known are left out.
pub fn group_rows(table: &TableData) -> Vec<GroupRow> {
    let (Some(words), Some(groups)) = (table.texts("grouped_by"), table.texts("group")) else { return Vec::new() };
    let row = |index: usize| {
        let by = GroupBy::ALL.into_iter().find(|by| Some(by.word()) == words.get(index))?;
        let kpis = KPIS.iter().map(|kpi| table.floats(kpi.column).and_then(|cells| cells.get(index)));
        Some(GroupRow { by, group: groups.get(index)?.to_owned(), kpis: Kpis(kpis.collect()) })
    };
    (0..table.rows()).filter_map(row).collect()
}
