//! Logs of jobs that run at many places and read data: what all their formats share.

use dapple_simulator::workload::Ties;

use crate::account::{Account, Place, Treatment};
use crate::imported::{Grid, Imported, Job, Log, Names, Pool, Rse, Site};
use crate::peak::peak;
use crate::star;
use crate::text::Source;

/// How many slots the pools get.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slots {
    /// As many as the log had in use at once.
    Busiest,
    /// As many as there are jobs: none waits for a slot.
    NoWait,
}

/// Collects jobs.
pub(crate) struct Jobs {
    pub account: Account,
    sites: Names,
    pools: Names,
    /// Position of the site of each pool, and of each RSE.
    pool_sites: Vec<usize>,
    rses: Names,
    rse_sites: Vec<usize>,
    rows: Vec<Job>,
}

impl Jobs {
    pub fn new(sources: &[Source]) -> Self {
        let (sites, pools, rses) = Default::default();
        let (pool_sites, rse_sites, rows) = Default::default();
        Self { account: Account::new(sources.len()), sites, pools, pool_sites, rses, rse_sites, rows }
    }

    /// The position of a pool at a site.
    pub fn pool(&mut self, name: &str, site: &str) -> usize {
        let site = self.sites.position(site);
        let pool = self.pools.position(name);
        if pool == self.pool_sites.len() {
            self.pool_sites.push(site);
        }
        pool
    }

    /// The position of an RSE at a site; where it was met at another site before, it stays there.
    pub fn rse(&mut self, name: &str, site: &str) -> usize {
        let site = self.sites.position(site);
        let rse = self.rses.position(name);
        if rse == self.rse_sites.len() {
            self.rse_sites.push(site);
        }
        rse
    }

    /// Adds a row whose job was made with positions of this collection.
    pub fn add(&mut self, place: Place, job: Result<Job, String>) {
        self.rows.extend(self.account.row(place, job));
    }

    /// The grid and its log.
    pub fn finish(self, what: &'static str, sources: &[Source], slots: Slots, ties: Ties) -> Imported {
        let Self { mut account, sites, pools, pool_sites, rses, rse_sites, rows } = self;
        let mut largest = vec![1_u32; pool_sites.len()];
        let mut rows_at = vec![0_usize; pool_sites.len()];
        let mut uses: Vec<Vec<(u64, u64, u32)>> = vec![Vec::new(); pool_sites.len()];
        for row in &rows {
            largest[row.pool] = largest[row.pool].max(row.slots);
            rows_at[row.pool] += 1;
            if let (Some(start), Some(end)) = (row.started, row.ended) {
                uses[row.pool].push((start, end, row.slots));
            }
        }
        let size = |pool: usize| match slots {
            Slots::Busiest => u32::try_from(peak(uses[pool].iter().copied())).unwrap_or(u32::MAX).max(largest[pool]),
            Slots::NoWait => u32::try_from(rows_at[pool]).unwrap_or(u32::MAX).max(1),
        };
        let pools = (pools.into_all().into_iter().enumerate())
            .map(|(at, name)| Pool { name, site: pool_sites[at], nodes: 1, slots: size(at), speed: 1.0 })
            .collect();
        let rses = (rses.into_all().into_iter().enumerate())
            .map(|(at, name)| Rse { name, site: rse_sites[at], ..Rse::default() })
            .collect();
        let sites = sites.into_all().into_iter().map(|name| Site { name, ..Site::default() }).collect();
        let mut grid = Grid { sites, rses, pools, ..Grid::default() };
        star::join(&mut grid, &mut account);
        account.note(
            Treatment::Guessed,
            match slots {
                Slots::Busiest => {
                    "a pool has as many slots as the jobs of the log had in use there at once; others may have run beside them"
                }
                Slots::NoWait => "a pool has a slot for each row, so that nothing waits for one",
            },
        );
        let name = sources.first().map_or_else(String::new, Source::stem);
        Imported { what, name, grid, log: Some(Log::Jobs { rows, ties }), account }
    }
}
