//! The grid as tables: sites, storage, pools, DTNs, links and routes.

use dapple_simulator::topology::{Series, Topology};
use dapple_simulator::units::{Rate, SimSpan};

use crate::quantity::three_digits;
use crate::topology::figures::{bandwidth, bits, curve, latency, limit, size_of};

/// Routes that are listed.
const ROUTES: usize = 400;

/// A titled table of text.
struct Listing {
    title: &'static str,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
    note: String,
}

/// The grid as text with aligned columns, for a terminal.
pub fn table(topology: &Topology) -> String {
    let mut text = String::new();
    for listing in listings(topology).iter().filter(|listing| !listing.rows.is_empty()) {
        let width = |column: usize| {
            let cells = listing.rows.iter().map(|row| row[column].chars().count());
            cells.chain([listing.head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..listing.head.len()).map(width).collect();
        let line = |cells: Vec<&str>| {
            let padded: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            format!("  {}\n", padded.join("  ").trim_end())
        };
        text.push_str(&format!("{} ({})\n", listing.title, listing.rows.len()));
        text.push_str(&line(listing.head.to_vec()));
        for row in &listing.rows {
            text.push_str(&line(row.iter().map(String::as_str).collect()));
        }
        if !listing.note.is_empty() {
            text.push_str(&format!("  {}\n", listing.note));
        }
        text.push('\n');
    }
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

fn listings(topology: &Topology) -> Vec<Listing> {
    vec![
        sites(topology),
        rses(topology),
        pools(topology),
        dtns(topology),
        links(topology),
        laws(topology),
        routes(topology),
    ]
}

fn listing(title: &'static str, head: &'static [&'static str], rows: impl Iterator<Item = Vec<String>>) -> Listing {
    Listing { title, head, rows: rows.collect(), note: String::new() }
}

fn sites(topology: &Topology) -> Listing {
    let row = |site: &dapple_simulator::topology::Site| vec![site.name.clone(), limit(site.lan)];
    listing("Sites", &["site", "LAN"], topology.map.sites().values().map(row))
}

fn rses(topology: &Topology) -> Listing {
    let row = |rse: &dapple_simulator::topology::Rse| {
        vec![
            rse.name.clone(),
            topology.map.sites()[rse.site].name.clone(),
            rse.capacity.map_or_else(|| "unlimited".into(), size_of),
            size_of(rse.used),
            limit(rse.read),
            limit(rse.write),
            rse.dtn.map_or_else(String::new, |dtn| topology.map.dtns()[dtn].name.clone()),
        ]
    };
    listing(
        "RSEs",
        &["RSE", "site", "capacity", "used at start", "read", "write", "DTN"],
        topology.map.rses().values().map(row),
    )
}

fn pools(topology: &Topology) -> Listing {
    let row = |pool: &dapple_simulator::topology::Pool| {
        vec![
            pool.name.clone(),
            topology.map.sites()[pool.site].name.clone(),
            pool.nodes.to_string(),
            pool.slots.to_string(),
            pool.scratch.map_or_else(|| "unlimited".into(), size_of),
            three_digits(pool.speed),
        ]
    };
    listing(
        "Pools",
        &["pool", "site", "nodes", "slots per node", "scratch per node", "speed"],
        topology.map.pools().values().map(row),
    )
}

fn dtns(topology: &Topology) -> Listing {
    let row = |(id, dtn): (_, &dapple_simulator::topology::Dtn)| {
        let slots = dtn.slots.map_or_else(|| "unlimited".into(), |slots| slots.to_string());
        let each = dtn.start_up_each;
        let queued = if each > SimSpan::ZERO { format!(", {} for each other", latency(each)) } else { String::new() };
        vec![dtn.name.clone(), curve(topology.physics.curve(id)), slots, latency(dtn.start_up) + &queued]
    };
    listing("DTNs", &["DTN", "load curve", "slots", "start-up"], topology.map.dtns().iter().map(row))
}

fn links(topology: &Topology) -> Listing {
    let row = |(id, link): (_, &dapple_simulator::topology::Link)| {
        let name = |site| topology.map.sites()[site].name.clone();
        let bandwidth = bandwidth(topology.physics.bandwidth(id), topology.map.sharing(id));
        vec![link.name.clone(), name(link.from), name(link.to), bandwidth, latency(link.latency)]
    };
    listing("Links", &["link", "from", "to", "bandwidth", "latency"], topology.map.links().iter().map(row))
}

fn laws(topology: &Topology) -> Listing {
    let row = |(pool, rse, law): (_, _, &Series<dapple_simulator::topology::AccessCoefficients>)| {
        let first = law.steps()[0].1;
        let steps = if law.steps().len() > 1 { format!("{} steps", law.steps().len()) } else { String::new() };
        let (rse, pool) = (topology.map.rses()[rse].name.clone(), topology.map.pools()[pool].name.clone());
        vec![rse, pool, format!("{}", first.a), format!("{}", first.b), format!("{}", first.c), steps]
    };
    listing(
        "Laws of remote access",
        &["RSE", "pool", "a [s/MB]", "b [s/MB]", "c [s/MB]", ""],
        topology.physics.laws().map(row),
    )
}

fn routes(topology: &Topology) -> Listing {
    let pairs = topology.map.sites().ids().flat_map(|from| topology.map.sites().ids().map(move |to| (from, to)));
    let mut total = 0;
    let mut rows = Vec::new();
    for (from, to) in pairs.filter(|(from, to)| from != to) {
        total += 1;
        if rows.len() == ROUTES {
            continue;
        }
        let name = |site| topology.map.sites()[site].name.clone();
        let row = match topology.map.route(from, to) {
            None => vec![name(from), name(to), "no route".to_owned(), String::new(), String::new()],
            Some(route) => {
                let links: Vec<&str> =
                    route.links.iter().map(|&link| topology.map.links()[link].name.as_str()).collect();
                let rates = route.links.iter().map(|&link| topology.map.links()[link].bandwidth);
                let narrowest = rates.map(Rate::as_bytes_per_s).fold(f64::INFINITY, f64::min);
                vec![name(from), name(to), links.join(" → "), bits(narrowest), latency(route.latency)]
            }
        };
        rows.push(row);
    }
    let note = if total > ROUTES { format!("The first {ROUTES} of {total} routes.") } else { String::new() };
    Listing { title: "Routes", head: &["from", "to", "links", "narrowest", "latency"], rows, note }
}
