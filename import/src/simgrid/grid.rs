//! A platform whose links have ends, as a grid.

use std::collections::{BTreeMap, BTreeSet};

use dapple_simulator::units::{Rate, SimSpan};

use super::platform::{Direction, Platform, Sharing};
use super::wires::{Ends, Track};
use crate::account::{Account, Treatment};
use crate::imported::{Grid, Link, Names, Pool, Route, Rse, Site, Ways};

/// The compute speed that counts as 1 [flop/s].
const UNIT_FLOPS: f64 = 1e9;
/// What a route without links can carry [B/s].
const NO_LIMIT: f64 = 125e12;

/// Sites, links, and the routes that those of least latency would not be.
pub(super) fn grid(platform: &Platform, ends: &Ends, account: &mut Account) -> Grid {
    let mut names = Names::default();
    let mut sites: Vec<Site> = (platform.points.iter())
        .map(|point| Site { name: names.unique(&point.name).0, position: None, lan: point.lan })
        .collect();
    for number in 1..=ends.n_places - sites.len() {
        sites.push(Site { name: names.unique(&format!("junction-{number}")).0, ..Site::default() });
    }
    let (mut links, wires) = links(platform, ends);
    bare(platform, ends, &mut links, account);
    let has_circle = has_circle(sites.len(), links.iter().map(|link| (link.from, link.to)));
    let routes = if has_circle { routes(platform, ends, &wires, account) } else { Vec::new() };
    let (pools, rses) = (pools(platform, account), rses(platform, account));
    Grid { sites, rses, pools, links, routes }
}

/// Which link a track is, and whether the track leads against it.
type Wires = BTreeMap<Track, (usize, bool)>;

fn links(platform: &Platform, ends: &Ends) -> (Vec<Link>, Wires) {
    let mut names = Names::default();
    for wire in &platform.wires {
        names.position(&wire.name);
    }
    let (mut links, mut wires) = (Vec::new(), Wires::new());
    let mut add = |track: Track, name: String, ways: Ways| {
        let wire = &platform.wires[track.0];
        let (from, to) = ends.tracks[&track];
        links.push(Link {
            name,
            from,
            to,
            bandwidth: wire.bandwidth,
            latency: wire.latency,
            ways,
            per_flow: wire.sharing == Sharing::Fat,
            profile: wire.profile.steps.clone(),
            repeat: wire.profile.repeat,
        });
        links.len() - 1
    };
    for &track in ends.tracks.keys() {
        let (number, direction) = track;
        let wire = &platform.wires[number];
        let other = match direction {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
            Direction::Any => {
                let ways = if wire.sharing == Sharing::Shared { Ways::Half } else { Ways::Full };
                wires.insert(track, (add(track, wire.name.clone(), ways), false));
                continue;
            }
        };
        let (from, to) = ends.tracks[&track];
        let is_pair = ends.tracks.get(&(number, other)) == Some(&(to, from));
        if is_pair && direction == Direction::Down {
            // Up stands before down, so the pair is there.
            if let Some(&(link, _)) = wires.get(&(number, Direction::Up)) {
                wires.insert(track, (link, true));
            }
            continue;
        }
        let ways = if is_pair { Ways::Full } else { Ways::One };
        let half = if direction == Direction::Up { "UP" } else { "DOWN" };
        let name = if is_pair { wire.name.clone() } else { names.unique(&format!("{}_{half}", wire.name)).0 };
        wires.insert(track, (add(track, name, ways), false));
    }
    (links, wires)
}

/// Whether some link joins two places between which there was a way already: otherwise there is one way only, and no route
/// needs to be said.
fn has_circle(n_places: usize, mut ends: impl Iterator<Item = (usize, usize)>) -> bool {
    let mut parents: Vec<usize> = (0..n_places).collect();
    ends.any(|(from, to)| {
        let [from, to] = [from, to].map(|mut place| {
            while parents[place] != place {
                parents[place] = parents[parents[place]];
                place = parents[place];
            }
            place
        });
        parents[from] = to;
        from == to
    })
}

/// Routes of zones that say them all.
fn routes(platform: &Platform, ends: &Ends, wires: &Wires, account: &mut Account) -> Vec<Route> {
    account.note(
        Treatment::Guessed,
        "routes are those of least latency, but inside zones with routing Full, whose routes are written out",
    );
    let mut known = BTreeSet::new();
    let mut routes = Vec::new();
    for path in &ends.paths {
        let crossing = &platform.crossings[path.crossing];
        if !crossing.is_full {
            continue;
        }
        let via: Option<Vec<(usize, bool)>> = (path.tracks.iter())
            .map(|(track, is_back)| wires.get(track).map(|&(link, is_against)| (link, is_against != *is_back)))
            .collect();
        let Some(via) = via else { continue };
        let says_way = path.tracks.iter().any(|(track, _)| track.1 != Direction::Any);
        if crossing.is_symmetrical && !says_way && known.insert((path.to, path.from)) {
            let via = via.iter().rev().map(|&(link, is_back)| (link, !is_back)).collect();
            routes.push(Route { from: path.to, to: path.from, via });
        }
        if known.insert((path.from, path.to)) {
            routes.push(Route { from: path.from, to: path.to, via });
        }
    }
    routes
}

/// Routes without links: wires that never limit.
fn bare(platform: &Platform, ends: &Ends, links: &mut Vec<Link>, account: &mut Account) {
    let mut taken: BTreeSet<String> = links.iter().map(|link| link.name.clone()).collect();
    for &index in &ends.bare {
        let crossing = &platform.crossings[index];
        let mut name = format!("{} to {}", platform.points[crossing.from].name, platform.points[crossing.to].name);
        while !taken.insert(name.clone()) {
            name.push('+');
        }
        account.note_row(Treatment::Guessed, "a route without links is a wire that never limits", crossing.place);
        links.push(Link {
            name,
            from: crossing.from,
            to: crossing.to,
            bandwidth: Rate::from_bytes_per_s(NO_LIMIT),
            latency: SimSpan::ZERO,
            ways: if crossing.is_symmetrical { Ways::Full } else { Ways::One },
            per_flow: true,
            profile: Vec::new(),
            repeat: None,
        });
    }
}

fn pools(platform: &Platform, account: &mut Account) -> Vec<Pool> {
    let mut names = Names::default();
    let hosts =
        platform.points.iter().enumerate().flat_map(|(site, point)| point.hosts.iter().map(move |host| (site, host)));
    let pools: Vec<Pool> = hosts
        .map(|(site, (name, nodes, cores, speed))| Pool {
            name: names.unique(&format!("{name}_WN")).0,
            site,
            nodes: *nodes,
            slots: *cores,
            speed: speed / UNIT_FLOPS,
        })
        .collect();
    if !pools.is_empty() {
        account.note(Treatment::Guessed, "a host is a worker node with a slot for each core; speed 1 is 1 Gflop/s");
    }
    pools
}

fn rses(platform: &Platform, account: &mut Account) -> Vec<Rse> {
    let mut names = Names::default();
    let mut rses: Vec<Rse> = Vec::new();
    for (site, point) in platform.points.iter().enumerate() {
        for disk in &point.disks {
            let (read, write) = (Some(disk.read), Some(disk.write));
            rses.push(Rse { name: names.unique(&disk.name).0, site, capacity: disk.size, read, write });
        }
    }
    if rses.is_empty() {
        let sites = platform.points.iter().enumerate().filter(|(_, point)| !point.hosts.is_empty());
        rses = sites
            .map(|(site, point)| Rse { name: names.unique(&format!("{}_DISK", point.name)).0, site, ..Rse::default() })
            .collect();
        account.note(
            Treatment::Defaulted,
            "storage: the platform has no disks, so there is an RSE where there are hosts, which never limits and is never full",
        );
    }
    rses
}
