//! GraphML, as the Internet Topology Zoo has it: nodes become sites, edges links.
//!
//! Its keys: of nodes `label`, `Latitude`, `Longitude`, `Internal`, `hyperedge`; of edges `LinkSpeedRaw` (bit/s), or `LinkSpeed`
//! and `LinkSpeedUnits`, or a `LinkLabel` in words. Latency is not in it: light in fibre needs it for the distance on a great
//! circle, at two thirds of its speed in vacuum; real fibre is longer.

use std::collections::{BTreeMap, BTreeSet};

use dapple_simulator::units::{Rate, SimSpan};

use crate::account::{Account, Place, Treatment, counted};
use crate::error::ImportError;
use crate::imported::{Grid, Imported, Link, Names, Rse, Site, Ways, as_name};
use crate::speed::speed;
use crate::text::Source;
use crate::xml::{Element, parse};

/// Metres in a radian of the Earth's surface.
const EARTH_M: f64 = 6_371_008.8;
/// Speed of light in fibre [m/s].
const FIBRE_M_PER_S: f64 = 299_792_458.0 * 2.0 / 3.0;
/// Bandwidth of an edge that has none [bit/s].
const BANDWIDTH_BIT_PER_S: f64 = 10e9;
/// Latency of an edge between places that are not known.
const LATENCY: SimSpan = SimSpan::from_nanos(5_000_000);

/// Reads a graph.
pub(crate) fn read(source: &Source) -> Result<Imported, ImportError> {
    let root = parse(source)?;
    if root.name != "graphml" {
        return Err(source.refused(root.line, format!("<graphml> is expected, <{}> is found", root.name)));
    }
    let Some(graph) = root.all("graph").next() else {
        return Err(source.refused(root.line, "there is no <graph> in it"));
    };
    let keys = Keys::of(&root);
    let mut account = Account::of_elements();
    if root.all("graph").count() > 1 {
        account.note(Treatment::NotCarriedOver, "all graphs of the file but the first");
    }
    let mut graph_sites = sites(graph, &keys, &mut account);
    let links = links(graph, &keys, &graph_sites, &mut account);
    let rses = rses(&graph_sites, &mut account);
    let label = keys.data(graph, "graph", &["Network", "label"]).map(|name| name.trim().to_owned());
    let name = as_name(&label.filter(|name| !name.is_empty()).unwrap_or_else(|| source.stem()));
    let sites = std::mem::take(&mut graph_sites.sites);
    let grid = Grid { sites, rses, links, ..Grid::default() };
    Ok(Imported { what: "a GraphML topology", name, grid, log: None, account })
}

/// Names of keys by id and the kind of element that they are for.
struct Keys(BTreeMap<String, (String, String)>);

impl Keys {
    fn of(root: &Element) -> Self {
        let key = |key: &Element| {
            let name = key.get("attr.name").unwrap_or_default().to_owned();
            Some((key.get("id")?.to_owned(), (key.get("for").unwrap_or("all").to_owned(), name)))
        };
        Self(root.all("key").filter_map(key).collect())
    }

    /// The first of these data of an element.
    fn data<'e>(&self, element: &'e Element, kind: &str, names: &[&str]) -> Option<&'e str> {
        names.iter().find_map(|wanted| {
            let is_it = |data: &&Element| {
                let key = data.get("key").and_then(|id| self.0.get(id));
                key.is_some_and(|(of, name)| (of == kind || of == "all") && name == wanted)
            };
            element.all("data").find(is_it).map(|data| data.text.trim()).filter(|text| !text.is_empty())
        })
    }
}

/// Sites, by the ids of their nodes.
struct Sites {
    sites: Vec<Site>,
    by_id: BTreeMap<String, usize>,
    /// Those that hold storage: places of the network itself.
    inside: BTreeSet<usize>,
}

fn sites(graph: &Element, keys: &Keys, account: &mut Account) -> Sites {
    let mut found = Sites { sites: Vec::new(), by_id: BTreeMap::new(), inside: BTreeSet::new() };
    let mut names = Names::default();
    for node in graph.all("node") {
        let place = Place { file: 0, line: node.line };
        let id = match node.get("id") {
            Some(id) if !found.by_id.contains_key(id) => Ok(id),
            Some(_) => Err("a node with the id of another".to_owned()),
            None => Err("a node without id".to_owned()),
        };
        let Some(id) = account.row(place, id) else { continue };
        let data = |wanted: &[&str]| keys.data(node, "node", wanted);
        let label = data(&["label", "name"]).unwrap_or(id);
        let (name, position) = names.unique(label);
        if name != label {
            account.note_row(Treatment::Guessed, "nodes have one label: a number is added to their names", place);
        }
        let degrees =
            |wanted: &[&str], most: f64| data(wanted)?.parse::<f64>().ok().filter(|angle| angle.abs() <= most);
        let place_of = degrees(&["Longitude", "longitude"], 180.0).zip(degrees(&["Latitude", "latitude"], 90.0));
        found.sites.push(Site { name, position: place_of, lan: None });
        found.by_id.insert(id.to_owned(), position);
        if data(&["Internal"]) != Some("0") && data(&["hyperedge"]) != Some("1") {
            found.inside.insert(position);
        }
    }
    found
}

fn links(graph: &Element, keys: &Keys, sites: &Sites, account: &mut Account) -> Vec<Link> {
    let is_directed = graph.get("edgedefault") == Some("directed");
    let mut links: Vec<Link> = Vec::new();
    let mut known: BTreeMap<(usize, usize, bool), usize> = BTreeMap::new();
    for edge in graph.all("edge") {
        let place = Place { file: 0, line: edge.line };
        let end = |name: &str| {
            let id = edge.get(name).ok_or_else(|| format!("an edge without {name}"))?;
            sites.by_id.get(id).copied().ok_or_else(|| format!("an edge whose {name} is no node"))
        };
        let ends = end("source").and_then(|from| end("target").map(|to| (from, to))).and_then(|(from, to)| {
            if from == to { Err("an edge from a node to itself".to_owned()) } else { Ok((from, to)) }
        });
        let is_one_way = edge.get("directed").map_or(is_directed, |directed| directed == "true");
        let bandwidth = bandwidth(edge, keys);
        // Parallel edges are one link: routes of least latency would take one of them and leave the others empty.
        let key = |(from, to): (usize, usize)| {
            if is_one_way { (from, to, true) } else { (from.min(to), from.max(to), false) }
        };
        let same = ends.as_ref().ok().and_then(|ends| known.get(&key(*ends))).copied();
        let rate = Rate::from_bytes_per_s(bandwidth.unwrap_or(BANDWIDTH_BIT_PER_S) / 8.0);
        if bandwidth.is_none() && ends.is_ok() {
            account.note_row(Treatment::Defaulted, "an edge without a speed has 10 Gbps", place);
        }
        let Some((from, to)) = account.row(place, ends) else { continue };
        if let Some(same) = same {
            let note = "an edge beside another: both are one link with the bandwidth of both, which no single flow had";
            account.note_row(Treatment::Guessed, note, place);
            links[same].bandwidth =
                Rate::from_bytes_per_s(links[same].bandwidth.as_bytes_per_s() + rate.as_bytes_per_s());
            continue;
        }
        known.insert(key((from, to)), links.len());
        let latency = latency(&sites.sites[from], &sites.sites[to]);
        if latency.is_none() {
            account.note_row(Treatment::Defaulted, "an edge between places that are not known has 5 ms", place);
        }
        links.push(Link {
            name: format!("{}-{}", sites.sites[from].name, sites.sites[to].name),
            from,
            to,
            bandwidth: rate,
            latency: latency.unwrap_or(LATENCY),
            ways: if is_one_way { Ways::One } else { Ways::Full },
            per_flow: false,
            profile: Vec::new(),
            repeat: None,
        });
    }
    if !links.is_empty() {
        account.note(
            Treatment::Guessed,
            "latencies: distance on a great circle at 2/3 of the speed of light; fibre is longer, and equipment adds to it",
        );
        if links.iter().any(|link| link.ways == Ways::Full) {
            account.note(Treatment::Guessed, "an edge has its speed each way (full duplex)");
        }
    }
    unique(&mut links, sites);
    links
}

/// Gives links names that no other link has, nor its way back.
fn unique(links: &mut [Link], sites: &Sites) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for link in links {
        let (from, to) = (&sites.sites[link.from].name, &sites.sites[link.to].name);
        let back =
            |name: &str| if name == format!("{from}-{to}") { format!("{to}-{from}") } else { format!("{name} (back)") };
        let base = link.name.clone();
        let mut number = 1;
        while taken.contains(&link.name) || taken.contains(&back(&link.name)) {
            number += 1;
            link.name = format!("{base} {number}");
        }
        taken.extend([back(&link.name), link.name.clone()]);
    }
}

fn bandwidth(edge: &Element, keys: &Keys) -> Option<f64> {
    let data = |name: &str| keys.data(edge, "edge", &[name]);
    let raw = data("LinkSpeedRaw").and_then(|raw| raw.parse::<f64>().ok());
    let with_unit = || speed(&format!("{} {}", data("LinkSpeed")?, data("LinkSpeedUnits")?));
    let found = raw.or_else(with_unit).or_else(|| speed(data("LinkLabel")?)).or_else(|| speed(data("LinkNote")?));
    found.filter(|rate| (1.0..1e18).contains(rate))
}

/// Time of flight between two places.
fn latency(from: &Site, to: &Site) -> Option<SimSpan> {
    let ((x1, y1), (x2, y2)) = (from.position?, to.position?);
    let (x1, y1, x2, y2) = (x1.to_radians(), y1.to_radians(), x2.to_radians(), y2.to_radians());
    let half = ((y2 - y1) / 2.0).sin().powi(2) + y1.cos() * y2.cos() * ((x2 - x1) / 2.0).sin().powi(2);
    let distance = 2.0 * EARTH_M * half.min(1.0).sqrt().asin();
    // Whole microseconds: the guess is no better.
    Some(SimSpan::from_nanos((distance / FIBRE_M_PER_S * 1e6).round() as u64 * 1000))
}

/// One RSE at each place of the network.
fn rses(sites: &Sites, account: &mut Account) -> Vec<Rse> {
    if sites.inside.len() < sites.sites.len() {
        let note = format!(
            "{} outside the network (Internal 0) or no place (hyperedge 1): no storage there",
            counted(sites.sites.len() - sites.inside.len(), "node")
        );
        account.note(Treatment::Guessed, note);
    }
    account.note(
        Treatment::Defaulted,
        "storage: an RSE at each site of the network, which never limits and is never full",
    );
    let mut names = Names::default();
    let rse =
        |site: usize| Rse { name: names.unique(&format!("{}_DISK", sites.sites[site].name)).0, site, ..Rse::default() };
    sites.inside.iter().copied().map(rse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_that_of_light_in_fibre() {
        let at = |x, y| Site { position: Some((x, y)), ..Site::default() };
        // A quarter of the Earth's girth: 10 007.6 km, 50.07 ms.
        let quarter = latency(&at(0.0, 0.0), &at(90.0, 0.0)).expect("both are known");
        assert_eq!(quarter, SimSpan::from_nanos(50_072_000));
        assert_eq!(latency(&at(7.0, 46.0), &at(7.0, 46.0)), Some(SimSpan::ZERO));
        assert_eq!(latency(&at(7.0, 46.0), &Site::default()), None);
    }
}
