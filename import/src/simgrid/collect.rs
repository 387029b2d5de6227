//! Collecting the elements of a platform: ids are looked up in their own zone first, then anywhere.

use std::collections::{BTreeMap, BTreeSet};

use dapple_simulator::units::SimSpan;

use super::hosts::{computing, disk, nodes, rate};
use super::platform::{Crossing, Direction, Disk, Platform, Point, Sharing, Wire};
use super::profile::{self, Profile};
use super::quantity;
use crate::account::{Account, Place, Treatment};
use crate::imported::Names;
use crate::text::Source;
use crate::xml::Element;

/// Elements that say nothing about the grid.
const IGNORED: [&str; 8] = ["prop", "config", "actor", "process", "trace", "trace_connect", "random", "host_link"];

/// The elements of a platform. Those that cannot be used are dropped and counted.
pub(super) fn platform(root: &Element, source: &Source, account: &mut Account) -> Platform {
    let mut collect = Collect {
        platform: Platform::default(),
        source,
        account,
        point_names: Names::default(),
        wire_names: Names::default(),
        points: BTreeMap::new(),
        wires: BTreeMap::new(),
        traces: BTreeMap::new(),
        connected: BTreeMap::new(),
        n_zones: 0,
    };
    collect.traces(root);
    let outside = Zone { number: ANYWHERE, cluster: None, is_full: false };
    collect.elements(root, outside);
    // Routes after all that they name: a zone's may name what stands in zones below it.
    collect.n_zones = 0;
    collect.routes(root, outside);
    collect.platform
}

/// Collects the elements.
struct Collect<'a> {
    platform: Platform,
    source: &'a Source,
    account: &'a mut Account,
    point_names: Names,
    wire_names: Names,
    /// By zone and id, and by id alone.
    points: BTreeMap<(usize, String), usize>,
    wires: BTreeMap<(usize, String), usize>,
    /// Profiles written in the platform, and the links that follow them.
    traces: BTreeMap<String, Result<Profile, String>>,
    connected: BTreeMap<String, String>,
    n_zones: usize,
}

/// A zone around an element: its number, and the point that all of it is, where it is a cluster.
#[derive(Clone, Copy)]
struct Zone {
    number: usize,
    cluster: Option<usize>,
    is_full: bool,
}

/// The zone under which ids of the whole platform are found.
const ANYWHERE: usize = 0;

fn at(element: &Element) -> Place {
    Place { file: 0, line: element.line }
}

fn is_zone(element: &Element) -> bool {
    matches!(element.name.as_str(), "zone" | "AS")
}

impl Collect<'_> {
    fn traces(&mut self, element: &Element) {
        for child in &element.children {
            match (child.name.as_str(), child.get("id")) {
                ("trace", Some(id)) => {
                    let text = match child.get("file") {
                        Some(file) => self.beside(file),
                        None => Ok(child.text.clone()),
                    };
                    let period = child.get("periodicity").and_then(|period| period.parse().ok());
                    let profile = text.and_then(|text| profile::read(&text, period));
                    self.traces.insert(id.to_owned(), profile);
                }
                ("trace_connect", _) if child.get("kind") == Some("BANDWIDTH") => {
                    if let Some((link, trace)) = child.get("element").zip(child.get("trace")) {
                        self.connected.insert(link.to_owned(), trace.to_owned());
                    }
                }
                _ => self.traces(child),
            }
        }
    }

    /// The text of a file that stands beside the platform.
    fn beside(&self, file: &str) -> Result<String, String> {
        let path = self.source.path.with_file_name(file);
        std::fs::read_to_string(path).map_err(|_| "the file cannot be read".to_owned())
    }

    fn elements(&mut self, parent: &Element, zone: Zone) {
        for element in &parent.children {
            match element.name.as_str() {
                "zone" | "AS" => {
                    let zone = self.zone(element);
                    self.elements(element, zone);
                }
                "host" => self.host(element, zone),
                "router" => {
                    let point = self.named(element).map(|id| (id, Point { name: id.to_owned(), ..Point::default() }));
                    self.point(element, zone, point);
                }
                "cluster" => self.cluster(element, zone),
                "link" => self.link(element, zone),
                "backbone" => self.backbone(element, zone),
                "route" | "zoneRoute" | "ASroute" => {}
                name if IGNORED.contains(&name) => {}
                name => {
                    let known = [
                        "peer",
                        "cabinet",
                        "bypassRoute",
                        "bypassZoneRoute",
                        "bypassASroute",
                        "include",
                        "storage",
                        "storage_type",
                    ];
                    let word = known.into_iter().find(|known| *known == name).unwrap_or("an element of this name");
                    self.account.row::<()>(at(element), Err(format!("{word}: not supported")));
                }
            }
        }
    }

    /// Numbers a zone; one whose routing is `Cluster` is one point.
    fn zone(&mut self, element: &Element) -> Zone {
        self.n_zones += 1;
        let number = self.n_zones;
        let routing = element.get("routing").unwrap_or_default().to_ascii_lowercase();
        let key = (number, String::new());
        let is_cluster = routing == "cluster";
        if is_cluster && !self.points.contains_key(&key) {
            let (name, _) = self.point_names.unique(element.get("id").unwrap_or("cluster"));
            self.points.insert(key.clone(), self.platform.points.len());
            self.platform.points.push(Point { name, ..Point::default() });
            if element.all("host_link").next().is_some() {
                self.account.note(
                    Treatment::NotCarriedOver,
                    "links of single hosts in clusters: worker nodes have none of their own",
                );
            }
        }
        let cluster = self.points.get(&key).copied();
        Zone { number, cluster, is_full: routing == "full" }
    }

    fn named<'e>(&self, element: &'e Element) -> Result<&'e str, String> {
        element.get("id").ok_or_else(|| format!("a {} without id", element.name))
    }

    /// Adds a point under its id; in a cluster it becomes part of it.
    fn point(&mut self, element: &Element, zone: Zone, point: Result<(&str, Point), String>) {
        let point = point.and_then(|(id, point)| {
            let is_known = self.points.contains_key(&(zone.number, id.to_owned()));
            if is_known {
                Err(format!("a {} with the id of another in its zone", element.name))
            } else {
                Ok((id, point))
            }
        });
        let Some((id, mut point)) = self.account.row(at(element), point) else { return };
        let position = match zone.cluster {
            Some(cluster) => {
                let whole = &mut self.platform.points[cluster];
                whole.hosts.append(&mut point.hosts);
                whole.disks.append(&mut point.disks);
                cluster
            }
            None => {
                point.name = self.point_names.unique(&point.name).0;
                self.platform.points.push(point);
                self.platform.points.len() - 1
            }
        };
        self.alias(id, zone, position);
    }

    fn alias(&mut self, id: &str, zone: Zone, position: usize) {
        self.points.entry((ANYWHERE, id.to_owned())).or_insert(position);
        self.points.insert((zone.number, id.to_owned()), position);
    }

    fn host(&mut self, element: &Element, zone: Zone) {
        let mut has_wrong_disk = false;
        let point = self.named(element).and_then(|id| {
            let (cores, speed) = computing(element)?;
            let disks: Vec<Option<Disk>> = element.all("disk").map(|element| disk(id, element)).collect();
            has_wrong_disk = disks.iter().any(Option::is_none);
            let hosts = vec![(id.to_owned(), 1, cores, speed)];
            Ok((id, Point { name: id.to_owned(), hosts, disks: disks.into_iter().flatten().collect(), lan: None }))
        });
        self.point(element, zone, point);
        let lost = [
            (has_wrong_disk, "disks without bandwidths that can be read"),
            (element.get("state_file").is_some(), "profiles of hosts: nodes are always there"),
            (
                element.get("speed_file").or(element.get("availability_file")).is_some(),
                "profiles of hosts: nodes are always there",
            ),
        ];
        for (_, what) in lost.into_iter().filter(|(is_lost, _)| *is_lost) {
            self.account.note_row(Treatment::NotCarriedOver, what, at(element));
        }
    }

    fn cluster(&mut self, element: &Element, zone: Zone) {
        let mut names = Vec::new();
        let point = self.named(element).and_then(|id| {
            let (cores, speed) = computing(element)?;
            if element.get("topology").is_some_and(|topology| topology != "FLAT") {
                return Err("a cluster whose topology is not FLAT: not supported".into());
            }
            let (prefix, suffix) =
                (element.get("prefix").unwrap_or_default(), element.get("suffix").unwrap_or_default());
            names =
                nodes(element.get("radical").unwrap_or_default()).ok_or("a cluster whose radical cannot be read")?;
            let n_nodes = u32::try_from(names.len()).map_err(|_| "a cluster with too many nodes")?;
            for name in &mut names {
                *name = format!("{prefix}{name}{suffix}");
            }
            names.push(format!("{prefix}{id}_router{suffix}"));
            names.extend(element.get("router_id").map(str::to_owned));
            let lan = match element.get("bb_bw") {
                Some(bandwidth) => Some(rate(bandwidth).ok_or("a cluster whose bb_bw cannot be read")?),
                None => None,
            };
            let hosts = vec![(id.to_owned(), n_nodes, cores, speed)];
            Ok((id, Point { name: id.to_owned(), hosts, disks: Vec::new(), lan }))
        });
        let is_right = point.is_ok();
        self.point(element, zone, point);
        let Some(position) = self.points.get(&(zone.number, element.get("id").unwrap_or_default().to_owned())).copied()
        else {
            return;
        };
        if is_right {
            for name in names {
                self.alias(&name, zone, position);
            }
            self.account.note(
                Treatment::NotCarriedOver,
                "links of single hosts in clusters: worker nodes have none of their own",
            );
        }
    }

    fn backbone(&mut self, element: &Element, zone: Zone) {
        let found =
            zone.cluster.ok_or("a backbone outside a zone whose routing is Cluster".to_owned()).and_then(|cluster| {
                let bandwidth =
                    element.get("bandwidth").and_then(rate).ok_or("a backbone whose bandwidth cannot be read")?;
                Ok((cluster, bandwidth))
            });
        if let Some((cluster, bandwidth)) = self.account.row(at(element), found) {
            self.platform.points[cluster].lan = Some(bandwidth);
        }
    }

    fn link(&mut self, element: &Element, zone: Zone) {
        let wire = self.named(element).and_then(|id| {
            if self.wires.contains_key(&(zone.number, id.to_owned())) {
                return Err("a link with the id of another in its zone".into());
            }
            let sharing = match element.get("sharing_policy") {
                Some("SPLITDUPLEX" | "FULLDUPLEX") => Sharing::Split,
                Some("FATPIPE") => Sharing::Fat,
                None | Some("SHARED") => Sharing::Shared,
                Some(_) => {
                    return Err(
                        "a link whose sharing_policy is not SHARED, SPLITDUPLEX or FATPIPE: not supported".into()
                    );
                }
            };
            let bandwidth =
                element.get("bandwidth").and_then(rate).ok_or("a link whose bandwidth cannot be read, or is zero")?;
            let latency = quantity::span(element.get("latency").unwrap_or("0")).filter(|latency| *latency < 1e6);
            let latency = SimSpan::from_secs_f64(latency.ok_or("a link whose latency cannot be read")?);
            Ok((id, bandwidth, latency, sharing))
        });
        let place = at(element);
        let Some((id, bandwidth, latency, sharing)) = self.account.row(place, wire) else { return };
        if element.get("sharing_policy").is_none() {
            let note =
                "a link without sharing_policy is SHARED, as SimGrid's DTD has it: both directions share its bandwidth";
            self.account.note_row(Treatment::Defaulted, note, place);
        }
        if element.get("latency_file").or(element.get("state_file")).is_some() {
            self.account.note_row(Treatment::NotCarriedOver, "profiles of latency and state of links", place);
        }
        let profile = self.profile(id, element).unwrap_or_else(|why| {
            let note = format!("a profile of bandwidth: {why}");
            self.account.note_row(Treatment::NotCarriedOver, &note, place);
            Profile::default()
        });
        let (profile, bandwidth, is_changed) = profile.begun(bandwidth);
        if is_changed {
            let note = "a profile that starts again begins with its last line, the first time, too, where the link had its own bandwidth";
            self.account.note_row(Treatment::Guessed, note, place);
        }
        let (name, position) = self.wire_names.unique(id);
        self.platform.wires.push(Wire { name, place, bandwidth, latency, sharing, profile });
        self.wires.entry((ANYWHERE, id.to_owned())).or_insert(position);
        self.wires.insert((zone.number, id.to_owned()), position);
    }

    fn profile(&self, id: &str, element: &Element) -> Result<Profile, String> {
        if let Some(file) = element.get("bandwidth_file") {
            return profile::read(&self.beside(file)?, None);
        }
        match self.connected.get(id) {
            Some(trace) => self.traces.get(trace).cloned().unwrap_or_else(|| Err("there is no such trace".into())),
            None => Ok(Profile::default()),
        }
    }

    fn routes(&mut self, parent: &Element, zone: Zone) {
        for element in &parent.children {
            if is_zone(element) {
                let zone = self.zone(element);
                self.routes(element, zone);
            } else if matches!(element.name.as_str(), "route" | "zoneRoute" | "ASroute") {
                let crossing = self.crossing(element, zone);
                if let Some(crossing) = self.account.row(at(element), crossing) {
                    self.platform.crossings.push(crossing);
                }
            }
        }
    }

    fn crossing(&self, element: &Element, zone: Zone) -> Result<Crossing, String> {
        let (from, to) = if element.name == "route" { ("src", "dst") } else { ("gw_src", "gw_dst") };
        let end = |name: &str| {
            let id = element.get(name).ok_or_else(|| format!("a route without {name}"))?;
            find(&self.points, zone, id).ok_or_else(|| format!("a route whose {name} is not there"))
        };
        let (from, to) = (end(from)?, end(to)?);
        if from == to {
            return Err("a route from a place to itself, or inside a cluster".into());
        }
        let mut links = Vec::new();
        let mut used = BTreeSet::new();
        for link in element.all("link_ctn") {
            let id = link.get("id").ok_or("a route with a link_ctn without id")?;
            let direction = match link.get("direction") {
                Some("UP") => Direction::Up,
                Some("DOWN") => Direction::Down,
                _ => Direction::Any,
            };
            let (id, direction) = match (find(&self.wires, zone, id), direction) {
                (Some(wire), direction) => (wire, direction),
                // The halves of a split link have names of their own, too.
                (None, _) => {
                    let half = id.strip_suffix("_UP").map(|id| (id, Direction::Up));
                    let half = half.or_else(|| id.strip_suffix("_DOWN").map(|id| (id, Direction::Down)));
                    let (id, direction) = half.ok_or("a route with a link that is not there")?;
                    (find(&self.wires, zone, id).ok_or("a route with a link that is not there")?, direction)
                }
            };
            if !used.insert(id) {
                return Err("a route that crosses one link twice: not supported".into());
            }
            let is_split = self.platform.wires[id].sharing == Sharing::Split;
            links.push((id, if is_split { direction } else { Direction::Any }));
        }
        let is_symmetrical = !element.get("symmetrical").is_some_and(|is| is.eq_ignore_ascii_case("no"));
        Ok(Crossing { place: at(element), from, to, links, is_symmetrical, is_full: zone.is_full })
    }
}

/// What stands under an id: in the zone itself, otherwise anywhere.
fn find(ids: &BTreeMap<(usize, String), usize>, zone: Zone, id: &str) -> Option<usize> {
    let of = |number| ids.get(&(number, id.to_owned())).copied();
    of(zone.number).or_else(|| of(ANYWHERE))
}
