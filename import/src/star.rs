//! The skeleton of a grid for logs, which name storage and computing but no network: a star.

use dapple_simulator::units::{Rate, SimSpan};

use crate::account::{Account, Treatment};
use crate::imported::{Grid, Link, Site, Ways};

const GBPS: f64 = 100.0;
const LATENCY_MS: u64 = 10;

/// Joins all sites to one hub, by links that are too good to be true and said to be.
pub(crate) fn join(grid: &mut Grid, account: &mut Account) {
    let n_sites = grid.sites.len();
    if n_sites < 2 {
        return;
    }
    let taken = |name: &str| grid.sites.iter().any(|site| site.name == name);
    let mut hub = "wide-area".to_owned();
    while taken(&hub) {
        hub.push('-');
    }
    for (from, site) in grid.sites.iter().enumerate() {
        grid.links.push(Link {
            name: format!("{}-{hub}", site.name),
            from,
            to: n_sites,
            bandwidth: Rate::from_bytes_per_s(GBPS * 125e6),
            latency: SimSpan::from_nanos(LATENCY_MS * 1_000_000),
            ways: Ways::Full,
            per_flow: false,
            profile: Vec::new(),
            repeat: None,
        });
    }
    grid.sites.push(Site { name: hub, ..Site::default() });
    account.note(
        Treatment::Defaulted,
        format!(
            "the network: a log tells none, so each of the {n_sites} sites has one link of {GBPS} Gbps and {LATENCY_MS} ms to a hub \
             that never limits; storage never limits and is never full"
        ),
    );
}
