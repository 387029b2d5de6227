//! Where links lead: the ends that make all routes paths.
//!
//! Every track (a link, or one direction of it where routes say which) has two ends. A route from A to B over tracks t1, t2, ..
//! says that t1 starts at A, each next one where the one before ends, and the last ends at B. Ends that are one place are put
//! into one class (union-find); a class without host or router is a junction. A route that would make two hosts, or both ends
//! of a track, one place contradicts those before it: its classes are taken apart again, and it is dropped.

use std::collections::{BTreeMap, BTreeSet};

use super::platform::{Crossing, Direction, Platform};
use crate::account::{Account, Treatment, counted};

/// A track: a link and in which direction routes cross it.
pub(super) type Track = (usize, Direction);

/// Where links lead.
#[derive(Debug)]
pub(super) struct Ends {
    /// Places of the ends of each track that a route crosses: below the number of points they are points, from there on junctions.
    pub tracks: BTreeMap<Track, (usize, usize)>,
    /// Number of places.
    pub n_places: usize,
    /// Routes that are paths, ways back that say other directions among them.
    pub paths: Vec<Path>,
    /// Crossings without links.
    pub bare: Vec<usize>,
}

/// A route whose links have ends that fit it.
#[derive(Debug)]
pub(super) struct Path {
    /// Its position among the crossings.
    pub crossing: usize,
    /// Where it starts.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Its tracks, each with whether it is crossed backwards.
    pub tracks: Vec<(Track, bool)>,
}

/// Classes of places that can be taken apart again.
#[derive(Debug)]
struct Classes {
    parents: Vec<usize>,
    sizes: Vec<usize>,
    /// The point in the class of a root.
    points: Vec<Option<usize>>,
    /// Roots that were put below others.
    done: Vec<(usize, Option<usize>)>,
}

impl Classes {
    fn new(n_points: usize) -> Self {
        let (parents, sizes) = ((0..n_points).collect(), vec![1; n_points]);
        Self { parents, sizes, points: (0..n_points).map(Some).collect(), done: Vec::new() }
    }

    fn add(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.sizes.push(1);
        self.points.push(None);
        self.parents.len() - 1
    }

    fn find(&self, mut end: usize) -> usize {
        while self.parents[end] != end {
            end = self.parents[end];
        }
        end
    }

    /// Makes two ends one place; false where they are two points.
    fn join(&mut self, one: usize, other: usize) -> bool {
        let (mut above, mut below) = (self.find(one), self.find(other));
        if above == below {
            return true;
        }
        if self.points[above].is_some() && self.points[below].is_some() {
            return false;
        }
        if self.sizes[above] < self.sizes[below] {
            (above, below) = (below, above);
        }
        self.done.push((below, self.points[above]));
        self.parents[below] = above;
        self.sizes[above] += self.sizes[below];
        self.points[above] = self.points[above].or(self.points[below]);
        true
    }

    fn take_apart(&mut self, until: usize) {
        while self.done.len() > until {
            let Some((below, point)) = self.done.pop() else { return };
            let above = self.parents[below];
            self.sizes[above] -= self.sizes[below];
            self.points[above] = point;
            self.parents[below] = below;
        }
    }
}

impl Ends {
    /// Finds them.
    pub fn of(platform: &Platform, account: &mut Account) -> Self {
        let mut classes = Classes::new(platform.points.len());
        let mut ends: BTreeMap<Track, (usize, usize)> = BTreeMap::new();
        let (mut paths, mut bare) = (Vec::new(), Vec::new());
        for (index, crossing) in platform.crossings.iter().enumerate() {
            if crossing.links.is_empty() {
                bare.push(index);
                continue;
            }
            let back = reversed(crossing);
            let before = classes.done.len();
            let ways: Option<Vec<Path>> = (std::iter::once(crossing).chain(back.as_ref()))
                .map(|way| {
                    let tracks = tracks(way, &mut classes, &mut ends)?;
                    Some(Path { crossing: index, from: way.from, to: way.to, tracks })
                })
                .collect();
            match ways {
                Some(ways) => paths.extend(ways),
                None => {
                    classes.take_apart(before);
                    account.drop_kept(
                        crossing.place,
                        "a route whose links have no two ends that fit it and the routes before it: a way around it may be taken",
                    );
                }
            }
        }
        let mut found = Self { tracks: BTreeMap::new(), n_places: platform.points.len(), paths, bare };
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        let used = found.paths.iter().flat_map(|path| path.tracks.iter().map(|(track, _)| *track));
        for track in used.collect::<BTreeSet<_>>() {
            let (start, end) = ends[&track];
            let mut place = |end: usize| {
                let root = classes.find(end);
                classes.points[root].unwrap_or_else(|| {
                    *places.entry(root).or_insert_with(|| {
                        found.n_places += 1;
                        found.n_places - 1
                    })
                })
            };
            let places = (place(start), place(end));
            found.tracks.insert(track, places);
        }
        // A later route can have made the ends of an earlier one's track one place.
        let is_loop = |track: &Track| found.tracks.get(track).is_some_and(|(start, end)| start == end);
        let lost: BTreeSet<usize> = (found.paths.iter())
            .filter(|path| path.tracks.iter().any(|(track, _)| is_loop(track)))
            .map(|path| path.crossing)
            .collect();
        for index in &lost {
            account.drop_kept(
                platform.crossings[*index].place,
                "a route whose links have no two ends that fit it and the routes after it: a way around it may be taken",
            );
        }
        found.paths.retain(|path| !lost.contains(&path.crossing));
        found.tracks.retain(|_, (start, end)| start != end);
        let used: BTreeSet<usize> = found.tracks.keys().map(|track| track.0).collect();
        for (_, wire) in platform.wires.iter().enumerate().filter(|(wire, _)| !used.contains(wire)) {
            account.drop_kept(wire.place, "a link that no route crosses");
        }
        if found.n_places > platform.points.len() {
            let note = format!(
                "{} where links meet and no host or router is",
                counted(found.n_places - platform.points.len(), "junction")
            );
            account.note(Treatment::Guessed, note);
        }
        found
    }
}

/// The way back of a symmetrical route that says directions; links without any are the same both ways.
fn reversed(crossing: &Crossing) -> Option<Crossing> {
    let says_way = crossing.links.iter().any(|(_, direction)| *direction != Direction::Any);
    (crossing.is_symmetrical && says_way).then(|| {
        let links = crossing.links.iter().rev().map(|(link, direction)| {
            let direction = match direction {
                Direction::Up => Direction::Down,
                Direction::Down => Direction::Up,
                Direction::Any => Direction::Any,
            };
            (*link, direction)
        });
        Crossing { from: crossing.to, to: crossing.from, links: links.collect(), ..*crossing }
    })
}

/// Makes a route a path, if nothing speaks against it.
fn tracks(
    crossing: &Crossing,
    classes: &mut Classes,
    ends: &mut BTreeMap<Track, (usize, usize)>,
) -> Option<Vec<(Track, bool)>> {
    let mut here = crossing.from;
    let mut path = Vec::new();
    for (index, track) in crossing.links.iter().enumerate() {
        let is_new = !ends.contains_key(track);
        let (start, end) = *ends.entry(*track).or_insert_with(|| (classes.add(), classes.add()));
        let is_at = |end: usize, place: usize| classes.find(end) == classes.find(place);
        let is_last = index + 1 == crossing.links.len();
        // A track whose direction is said, or which is new, is crossed from its start; others as it fits.
        let is_back = !is_new
            && track.1 == Direction::Any
            && !is_at(start, here)
            && (is_at(end, here) || (is_last && is_at(start, crossing.to)));
        let (enter, leave) = if is_back { (end, start) } else { (start, end) };
        if !classes.join(here, enter) {
            return None;
        }
        path.push((*track, is_back));
        here = leave;
    }
    let is_whole = classes.join(here, crossing.to)
        && crossing
            .links
            .iter()
            .all(|track| ends.get(track).is_some_and(|(start, end)| classes.find(*start) != classes.find(*end)));
    is_whole.then_some(path)
}
