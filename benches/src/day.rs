//! A made-up day of a large grid, with the skew of a real one.
//!
//! **Where the law comes from.** A snapshot of the ATLAS site-to-site transfer metrics of 8 August 2024 (published with CGSim, Apache-2.0)
//! lists 129 sites, and per ordered pair the files done in six hours and the mean throughput. Two of the sites are one storage; with
//! one of them left out, and without transfers inside a site, 2 670 pairs moved 643 970 files in six hours (2.6 million a day) of 2.0 GB
//! on average. A day here has 3.4 million transfers over 3 800 pairs: the same grid, busier by a third and with its quiet pairs awake.
//!
//! **The law.** Sites are ranked; the site of rank r among n has the activity `exp(2.0 z)`, `z` the standard normal quantile at `1 - (r - 1/2)/n`.
//! Files from i to j are in proportion to `activity(i) · activity(j) · exp(1.0 z')` with `z'` normal, one draw per pair; the 3 800 largest
//! pairs are the active ones. The mean size of a pair's files goes as `exp(1.1 z'') · files^-0.15`, scaled to 2.0 GB over all files, and
//! the sizes of one pair are exponential. Arrivals are Poisson. Four constants, fitted to the figures in bold by a coarse search:
//!
//! | | files: source | files: [`atlas_day`] | bytes: source | bytes: [`atlas_day`] |
//! |---|---|---|---|---|
//! | share of the busiest 1 % of pairs | **0.44** | 0.42 | **0.36** | 0.38 |
//! | share of the busiest 10 % of pairs | **0.76** | 0.79 | **0.78** | 0.77 |
//! | Gini coefficient over pairs | **0.84** | 0.84 | **0.86** | 0.83 |
//! | share of the busiest source | **0.20** | 0.21 | **0.19** | 0.17 |
//! | share of the busiest destination | **0.19** | 0.19 | 0.11 | 0.15 |
//! | share of the ten busiest sources | **0.66** | 0.66 | 0.67 | 0.59 |
//! | share of the ten busiest destinations | **0.62** | 0.66 | 0.62 | 0.60 |
//!
//! The draws of pairs matter: other seeds give the busiest source 0.15 to 0.29 of all files. [`DAY_SEED`] is one that comes near the source.
//!
//! What it does not reproduce: the one pair with 13 % of all files (a detector's export), sites that only send, the day's rhythm, and
//! the correlation of a site's two directions, which is 0.89 in the source and 1 here. The mean sizes of pairs spread wider in the source
//! than here (there they mix means over a day with counts over six hours).

use dapple_records::{RecordLevel, RecordPlan};
use dapple_simulator::catalogue::CatalogueSetup;
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policies, Policy, View};
use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::{Services, Setup};
use dapple_simulator::fts::FtsSettings;
use dapple_simulator::ids::{RseId, SiteId, Table};
use dapple_simulator::names::Names;
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::topology::{Link, Rse, Site, TopologyBuilder, TopologyError};
use dapple_simulator::units::{Rate, SimSpan, SimTime};
use dapple_simulator::workload::{Arrivals, TransferStream, Workload, WorkloadKind};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::generators::{Draw, stream, wire};
use crate::{Input, Route};

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// Spread of the activity of sites: standard deviation of its natural logarithm.
const SITE_SIGMA: f64 = 2.0;
/// Spread of a pair around the product of the activities of its ends.
const PAIR_SIGMA: f64 = 1.0;
/// Spread of the mean file size of pairs.
const SIZE_SIGMA: f64 = 1.1;
/// Busy pairs move smaller files: exponent of the mean size over the number of files.
const SIZE_SLOPE: f64 = -0.15;
/// Mean size over all files in bytes.
const MEAN_BYTES: f64 = 2.0e9;
/// What an uplink or downlink comes in, in Gb/s.
const GBPS: [f64; 7] = [10.0, 20.0, 40.0, 100.0, 200.0, 400.0, 800.0];
/// Bytes per second in one Gb/s.
const GBPS_BYTES: f64 = 1.25e8;

/// How wide the uplinks and downlinks of the sites are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// The smallest of 10, 20, 40, 100, 200, 400 and 800 Gb/s that is at least twice the mean traffic.
    Measured,
    /// The mean traffic over 0.9: every uplink and every downlink is 90 % loaded. Those without traffic have 10 Gb/s.
    Busy,
}

/// An ordered pair of sites with traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Number of the site that sends.
    pub from: u32,
    /// Number of the site that receives.
    pub to: u32,
    /// Expected number of files in the day.
    pub files: f64,
    /// Their mean size in bytes.
    pub mean_bytes: f64,
}

/// A day: who sends how much to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Number of sites.
    pub sites: u32,
    /// The active pairs, the busiest first.
    pub pairs: Vec<Pair>,
}

/// How unevenly a quantity is spread over pairs and sites; all between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Skew {
    /// Share of the busiest 1 % of pairs.
    pub top_1_percent: f64,
    /// Share of the busiest 10 % of pairs.
    pub top_10_percent: f64,
    /// Gini coefficient over pairs.
    pub gini: f64,
    /// Share of the busiest source.
    pub busiest_source: f64,
    /// Share of the busiest destination.
    pub busiest_destination: f64,
    /// Share of the ten busiest sources.
    pub ten_sources: f64,
    /// Share of the ten busiest destinations.
    pub ten_destinations: f64,
}

/// Seed of the pairs of [`atlas_day`].
pub const DAY_SEED: u64 = 2;

/// The day of 3.4 million expected transfers over 129 sites and 3 800 pairs.
pub fn atlas_day() -> Day {
    Day::new(129, 3800, 3.4e6, DAY_SEED)
}

impl Day {
    /// A day with that many sites, active pairs and expected transfers; see the module for the law.
    pub fn new(sites: u32, active: usize, transfers: f64, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let standard = Normal::standard();
        let quantile = |rank: u32| standard.inverse_cdf(1.0 - (f64::from(rank) + 0.5) / f64::from(sites));
        let activity: Vec<f64> = (0..sites).map(|rank| (SITE_SIGMA * quantile(rank)).exp()).collect();
        let mut pairs: Vec<Pair> = crate::generators::all_pairs(sites)
            .map(|(from, to)| {
                let files = activity[from as usize] * activity[to as usize] * (PAIR_SIGMA * draw.normal()).exp();
                Pair { from, to, files, mean_bytes: (SIZE_SIGMA * draw.normal()).exp() * files.powf(SIZE_SLOPE) }
            })
            .collect();
        pairs.sort_by(|a, b| b.files.total_cmp(&a.files));
        pairs.truncate(active);
        let per_file = transfers / pairs.iter().map(|pair| pair.files).sum::<f64>();
        for pair in &mut pairs {
            pair.files *= per_file;
        }
        let per_byte = MEAN_BYTES * transfers / pairs.iter().map(|pair| pair.files * pair.mean_bytes).sum::<f64>();
        for pair in &mut pairs {
            pair.mean_bytes *= per_byte;
        }
        Self { sites, pairs }
    }

    /// How unevenly the files are spread.
    pub fn skew_of_files(&self) -> Skew {
        self.skew(|pair| pair.files)
    }

    /// How unevenly the bytes are spread.
    pub fn skew_of_bytes(&self) -> Skew {
        self.skew(|pair| pair.files * pair.mean_bytes)
    }

    fn skew(&self, quantity: fn(&Pair) -> f64) -> Skew {
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(|a, b| b.total_cmp(a));
            values
        };
        let by_pair = sorted(self.pairs.iter().map(quantity).collect());
        let total: f64 = by_pair.iter().sum();
        let share = |values: &[f64], first: usize| values.iter().take(first).sum::<f64>() / total;
        let by_site = |site: fn(&Pair) -> u32| {
            let mut sums = vec![0.0; self.sites as usize];
            self.pairs.iter().for_each(|pair| sums[site(pair) as usize] += quantity(pair));
            sorted(sums)
        };
        let (sources, destinations) = (by_site(|pair| pair.from), by_site(|pair| pair.to));
        let n = by_pair.len();
        let ranked: f64 = by_pair.iter().enumerate().map(|(rank, value)| (n - rank) as f64 * value).sum();
        Skew {
            top_1_percent: share(&by_pair, n / 100),
            top_10_percent: share(&by_pair, n / 10),
            gini: 2.0 * ranked / (n as f64 * total) - (n as f64 + 1.0) / n as f64,
            busiest_source: share(&sources, 1),
            busiest_destination: share(&destinations, 1),
            ten_sources: share(&sources, 10),
            ten_destinations: share(&destinations, 10),
        }
    }

    /// Capacities [B/s] of the uplinks and of the downlinks of all sites.
    pub fn capacities(&self, width: Width) -> (Vec<f64>, Vec<f64>) {
        let of = |site: fn(&Pair) -> u32| {
            let mut traffic = vec![0.0; self.sites as usize];
            for pair in &self.pairs {
                traffic[site(pair) as usize] += pair.files * pair.mean_bytes / DAY;
            }
            traffic.into_iter().map(|mean| capacity(width, mean)).collect()
        };
        (of(|pair| pair.from), of(|pair| pair.to))
    }

    /// The flows of the day for the bare network: as many transfers as are expected, as one Poisson process.
    pub fn input(&self, width: Width, seed: u64) -> Input {
        let mut draw = Draw::new(seed);
        let (up, down) = self.capacities(width);
        let resources = up.iter().zip(&down).flat_map(|(&up, &down)| [wire(up), wire(down)]).collect();
        let over = |pair: &Pair| vec![2 * pair.from, 2 * pair.to + 1];
        let routes = self.pairs.iter().map(|pair| Route { from: pair.from, to: pair.to, resources: over(pair) });
        let routes = routes.collect();
        let mut up_to = 0.0;
        let cumulative: Vec<f64> = self
            .pairs
            .iter()
            .map(|pair| {
                up_to += pair.files;
                up_to
            })
            .collect();
        let next = |_| {
            let start = draw.next_arrival(up_to / DAY);
            let drawn = draw.unit() * up_to;
            let pair = cumulative.partition_point(|&sum| sum <= drawn).min(self.pairs.len() - 1);
            stream(start, pair as u32, draw.bytes(self.pairs[pair].mean_bytes))
        };
        let flows = (0..up_to.round() as u64).map(next).collect();
        Input { hosts: self.sites, resources, routes, flows }
    }

    /// The day for the whole engine: one stream of transfers per pair, services that never queue.
    ///
    /// # Errors
    /// Where the topology cannot be built, which is a fault of this function.
    pub fn setup(&self, width: Width) -> Result<Setup, TopologyError> {
        let mut builder = TopologyBuilder::default();
        let site = |name: String| Site { name, position: None, lan: None };
        let sites: Vec<SiteId> = (0..self.sites).map(|nth| builder.site(site(format!("S{nth}")))).collect();
        let exchange = builder.site(site("WAN".to_owned()));
        let mut rses: Vec<RseId> = Vec::with_capacity(sites.len());
        let (up, down) = self.capacities(width);
        for (nth, &site) in sites.iter().enumerate() {
            let name = format!("S{nth}_DATADISK");
            let (capacity, read, write, dtn) = (None, None, None, None);
            rses.push(builder.rse(Rse { capacity, read, write, dtn, ..Rse::new(name, site) }));
            let link = |name, from, to, bytes_per_s: f64| {
                let bandwidth = Rate::from_bytes_per_s(bytes_per_s);
                Link { name, from, to, bandwidth, latency: SimSpan::ZERO }
            };
            builder.link(link(format!("S{nth}-up"), site, exchange, up[nth]));
            builder.link(link(format!("S{nth}-down"), exchange, site, down[nth]));
        }
        let horizon = SimTime::from_secs_f64(DAY);
        let workload = |pair: &Pair| {
            let arrivals = Arrivals::Poisson { per_hour: pair.files / DAY * 3600.0, from: SimTime::ZERO, until: None };
            let stream = TransferStream {
                source: rses[pair.from as usize],
                destinations: vec![rses[pair.to as usize]],
                arrivals,
                size: Distribution::Exponential { mean: pair.mean_bytes },
            };
            Workload { name: format!("S{}-S{}", pair.from, pair.to), kind: WorkloadKind::Transfers(stream) }
        };
        let workloads = self.pairs.iter().map(workload).collect();
        Ok(Setup {
            topology: builder.build()?,
            datasets: Table::new(),
            workloads,
            services: Services { fts: FtsSettings::immediate(), ..Services::default() },
            names: Names::default(),
            catalogue: CatalogueSetup::default(),
            horizon,
        })
    }
}

/// Requests at this level, nothing else.
pub fn requests_only(level: RecordLevel) -> RecordPlan {
    RecordPlan { requests: level, ..RecordPlan::all(RecordLevel::Summary) }
}

/// Policies for a run without jobs: nothing is ever asked of them.
pub fn idle_policies() -> Policies {
    Policies::of_access("idle", FirstReplica)
}

struct FirstReplica;

impl Policy<AccessMode> for FirstReplica {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        Access::Remote { source: view.sources(question)[0] }
    }
}

fn capacity(width: Width, mean: f64) -> f64 {
    match width {
        Width::Busy if mean > 0.0 => mean / 0.9,
        Width::Busy => GBPS[0] * GBPS_BYTES,
        Width::Measured => {
            let fits = GBPS.iter().map(|gbps| gbps * GBPS_BYTES).find(|capacity| *capacity >= 2.0 * mean);
            fits.unwrap_or(GBPS[GBPS.len() - 1] * GBPS_BYTES)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_records::record;
    use dapple_simulator::facts::NoObserver;

    #[test]
    fn the_day_has_the_skew_of_its_source() {
        let day = atlas_day();
        let (files, bytes) = (day.skew_of_files(), day.skew_of_bytes());
        let close = |found: f64, source: f64, by: f64| assert!((found - source).abs() <= by, "{found} for {source}");
        close(files.top_1_percent, 0.44, 0.03);
        close(files.top_10_percent, 0.76, 0.03);
        close(files.gini, 0.84, 0.02);
        close(files.busiest_source, 0.20, 0.02);
        close(files.busiest_destination, 0.19, 0.02);
        close(files.ten_sources, 0.66, 0.02);
        close(files.ten_destinations, 0.62, 0.05);
        close(bytes.top_1_percent, 0.36, 0.03);
        close(bytes.top_10_percent, 0.78, 0.02);
        close(bytes.gini, 0.86, 0.04);
        close(bytes.busiest_source, 0.19, 0.03);
        assert_eq!(day.pairs.len(), 3800);
        let total: f64 = day.pairs.iter().map(|pair| pair.files).sum();
        let moved: f64 = day.pairs.iter().map(|pair| pair.files * pair.mean_bytes).sum();
        close(total, 3.4e6, 1.0);
        close(moved / total, MEAN_BYTES, 1.0);
    }

    #[test]
    fn a_small_day_runs_on_the_bare_network_and_in_the_engine() {
        let day = Day::new(12, 60, 2000.0, 1);
        for width in [Width::Measured, Width::Busy] {
            let input = day.input(width, 1);
            assert_eq!(input.flows.len(), 2000);
            let outcome = crate::drive(crate::Prepared::new(&input), &input, |_, _| {});
            assert_eq!((outcome.events, outcome.stalled), (4000, 0));
        }
        let setup = day.setup(Width::Measured).expect("a star");
        let plan = requests_only(RecordLevel::Rows);
        let output = record((&setup, &plan), &mut idle_policies(), 1, &mut NoObserver).expect("nothing can go wrong");
        assert!((1500..2500).contains(&output.counters.flows_started), "{:?}", output.counters);
    }
}
