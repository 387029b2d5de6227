//! The grid as tables: sites, storage, pools, DTNs, links and routes.

use maud::{DOCTYPE, PreEscaped};

use dapple_simulator::topology::{LoadCurve, Series, Topology};
use dapple_simulator::units::{Bytes, Rate, SimSpan};

use crate::quantity::{Dimension, figure};
use crate::sweep::significant;
use crate::topology::picture;

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

/// The picture and the tables as one page that stands alone.
pub fn html(topology: &Topology, title: &str) -> String {
    let page = maud::html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – topology" }
                style { (PreEscaped(include_str!("../report/style.css"))) }
            }
            body {
                header { span.brand { "dapple topology" } h1 { (title) } }
                main {
                    section { div.scroll { (PreEscaped(picture(topology))) } }
                    @for listing in listings(topology).iter().filter(|listing| !listing.rows.is_empty()) {
                        section {
                            h2 { (listing.title) }
                            div.scroll { table.left {
                                thead { tr { @for head in listing.head { th { (head) } } } }
                                tbody { @for row in &listing.rows { tr { @for cell in row { td { (cell) } } } } }
                            } }
                            @if !listing.note.is_empty() { p.note { (listing.note) } }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
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
            size_of(rse.initial_used),
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
            significant(pool.speed),
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
        let bandwidth = bandwidth(topology.physics.bandwidth(id));
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

fn curve(curve: &LoadCurve) -> String {
    match curve {
        LoadCurve::Weibull { amplitude, shape, scale } => {
            let (shape, scale) = (significant(*shape), significant(*scale));
            format!("Weibull A = {}, k = {shape}, λ = {scale}", figure(Dimension::Rate, *amplitude))
        }
        LoadCurve::Saturating { each, total } => {
            let rate = |rate: &Rate| figure(Dimension::Rate, rate.as_bytes_per_s());
            format!("{} per stream, {} together", rate(each), rate(total))
        }
        LoadCurve::Approach { total, scale } => {
            let total = figure(Dimension::Rate, total.as_bytes_per_s());
            format!("approaches {total}, 63 % of it at {} streams", significant(*scale))
        }
        LoadCurve::Tabulated(rates) => format!("table of {} values", rates.len()),
    }
}

fn limit(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "unlimited".into(), |rate| bits(rate.as_bytes_per_s()))
}

/// Bandwidth at the start, and how often it changes.
pub(super) fn bandwidth(series: &Series<Rate>) -> String {
    let first = bits(series.steps()[0].1.as_bytes_per_s());
    match series.steps().len() {
        1 => first,
        2 => format!("{first}, 1 change"),
        steps => format!("{first}, {} changes", steps - 1),
    }
}

/// A rate in bits per second, as networks are told.
fn bits(bytes_per_s: f64) -> String {
    let bits = bytes_per_s * 8.0;
    if bits.is_infinite() {
        return "unlimited".to_owned();
    }
    let units = [(1e12, "Tbps"), (1e9, "Gbps"), (1e6, "Mbps"), (1e3, "kbps")];
    let fits = units.into_iter().find(|(factor, _)| bits >= *factor);
    let (factor, unit) = fits.unwrap_or((1.0, "bps"));
    format!("{}\u{a0}{unit}", significant(bits / factor))
}

/// A time of flight.
pub(super) fn latency(span: SimSpan) -> String {
    let seconds = span.as_secs_f64();
    if seconds == 0.0 {
        return "0\u{a0}ms".to_owned();
    }
    let (shown, unit) = if seconds < 1.0 { (seconds * 1e3, "ms") } else { (seconds, "s") };
    format!("{}\u{a0}{unit}", significant(shown))
}

/// A volume without needless digits.
pub(super) fn size_of(bytes: Bytes) -> String {
    let units = [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let value = bytes.as_f64();
    let (factor, unit) = units.into_iter().find(|(factor, _)| value >= *factor).unwrap_or((1.0, "B"));
    format!("{}\u{a0}{unit}", significant(value / factor))
}
