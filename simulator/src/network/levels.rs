//! The local solver: after a change only the levels that it moves are solved again.
//!
//! The **level** of a resource is the rate per unit weight of the classes that it limits, infinite where it limits
//! none. It solves `base·y + scale·Σ n w min(bound, y) = numerator` over the classes that cross it, where
//! the bound of a class is its own cap per weight or the lowest level among its *other* resources. Levels that
//! satisfy this together are the max-min allocation (physics: levels).
//!
//! [`Levels::relax`] keeps the resources whose equation has changed in a queue, lowest level first, and solves one
//! after the other until nothing changes. A changed level touches the equation of a neighbour only where it binds a
//! common class below the neighbour's own level; all others are left alone. The left side is concave and
//! piecewise linear in y, so Newton's iteration ends exactly, after as many steps as it crosses bounds: most often
//! none, as a small change of one level leaves every class where it was.
//!
//! That guess is made by whom a resource limits: it knows which of its classes it limited last, adds the weights of
//! these and the rates of the others, and if no bound lies between, the quotient is the new level. Only where one
//! does is the iteration needed. Every level comes from sums made at that moment, so nothing drifts.
//!
//! A resource that limits nothing, because all of its classes are bound elsewhere and there is room, is not solved for
//! changes elsewhere: the room that is left is kept up to date, and only when it gets narrow is the resource looked at.
//!
//! ```text
//!   levels:  [y0 y1 y2 ...]              one flat list, read at random
//!   node 7:  masses  [n·w  n·w | n·w]    one place per class that crosses resource 7, read in order;
//!            caps    [  ∞    ∞ |   ∞]    those that it limits come first
//!            others  [ .. | .. | .. ]    the class's other resources
//! ```

mod node;
mod sums;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smallvec::SmallVec;

use crate::network::levels::node::{Node, OTHERS};
use crate::network::levels::sums::{least, newton};
use crate::network::resource::Equation;
use crate::network::solver::{Demand, fill};

/// A level counts as changed beyond this relative difference: a few roundings of a sum.
const SAME: f64 = 4e-15;

/// What limits a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limiter {
    /// Not known: nothing has been solved since it came.
    Unsolved,
    /// Nothing.
    Nothing,
    /// Its cap.
    Cap,
    /// A resource.
    Resource(u32),
}

/// A class as its resources see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Member {
    /// Number of flows; zero: nobody is there.
    pub flows: f64,
    /// Weight of each.
    pub weight: f64,
    /// Cap over weight [B/s]; infinite: none.
    pub cap_level: f64,
    pub limiter: Limiter,
}

/// Where the resources of a class stand in the list of all paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Path {
    start: u32,
    end: u32,
}

/// Levels of all resources.
///
/// Resources have slots, their number plus one: slot 0 is no resource.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    levels: Vec<f64>,
    /// What changes elsewhere may add to what crosses a resource before it must be solved again [B/s]: nothing for one
    /// that limits classes ([`WATCHED`]), without end for slot 0 and those in the queue ([`QUEUED`]).
    room: Vec<f64>,
    nodes: Vec<Node>,
    members: Vec<Member>,
    paths: Vec<u32>,
    /// Path of each class, and its place on each resource of the path.
    routes: Vec<(Path, SmallVec<[u32; 8]>)>,
    queue: Queue,
    /// Classes whose limiter may have changed.
    doubtful: Vec<u32>,
    is_doubtful: Vec<bool>,
    /// Resources whose level has changed.
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    /// Masses and bounds of the classes on one resource.
    bounds: Vec<(f64, f64)>,
    n_solved: u64,
    n_iterated: u64,
    n_refills: u64,
}

impl Default for Levels {
    fn default() -> Self {
        let nobody = Node::new(Equation { numerator: 0.0, scale: 0.0, base: 1.0 });
        Self {
            levels: vec![f64::INFINITY],
            room: vec![QUEUED],
            nodes: vec![nobody],
            members: Vec::new(),
            paths: Vec::new(),
            routes: Vec::new(),
            queue: Queue::default(),
            doubtful: Vec::new(),
            is_doubtful: Vec::new(),
            changed: Vec::new(),
            is_changed: vec![false],
            bounds: Vec::new(),
            n_solved: 0,
            n_iterated: 0,
            n_refills: 0,
        }
    }
}

impl Levels {
    pub fn add_resource(&mut self, equation: Equation) {
        assert!(self.nodes.len() < 1 << SLOT_BITS, "fewer than 2^28 resources");
        self.nodes.push(Node::new(equation));
        self.levels.push(f64::INFINITY);
        self.room.push(room(&equation, f64::INFINITY, 0.0));
        self.is_changed.push(false);
    }

    /// Keeps a list of resources, each of them once.
    pub fn add_path(&mut self, resources: impl Iterator<Item = u32>) -> Path {
        let start = self.paths.len() as u32;
        self.paths.extend(resources.map(|resource| resource + 1));
        Path { start, end: self.paths.len() as u32 }
    }

    pub fn level(&self, resource: u32) -> f64 {
        self.levels[resource as usize + 1]
    }

    /// Rate of everything that crosses a resource. Takes a look at every class that crosses it.
    pub fn load(&self, resource: u32) -> f64 {
        let node = &self.nodes[resource as usize + 1];
        node.classes.iter().zip(&node.masses).map(|(&class, &mass)| mass * self.level_of(class)).sum()
    }

    /// A class; one without flows where nobody is there.
    pub fn member(&self, class: u32) -> &Member {
        &self.members[class as usize]
    }

    /// Rate per unit weight of a class.
    pub fn level_of(&self, class: u32) -> f64 {
        let member = self.member(class);
        match member.limiter {
            Limiter::Unsolved => 0.0,
            Limiter::Nothing => f64::INFINITY,
            Limiter::Cap => member.cap_level,
            Limiter::Resource(resource) => self.level(resource),
        }
    }

    /// How many levels were solved.
    pub fn n_solved(&self) -> u64 {
        self.n_solved
    }

    /// How many of them took more than one division.
    pub fn n_iterated(&self) -> u64 {
        self.n_iterated
    }

    /// How often local solving gave way to plain filling.
    pub fn n_refills(&self) -> u64 {
        self.n_refills
    }

    pub fn set_equation(&mut self, resource: u32, equation: Equation) {
        let slot = resource + 1;
        if self.nodes[slot as usize].equation != equation {
            self.nodes[slot as usize].equation = equation;
            self.enqueue(slot);
        }
    }

    /// Adds a class under a free number.
    pub fn add_class(&mut self, class: u32, path: Path, member: Member) {
        if self.members.len() <= class as usize {
            let nobody = Member { flows: 0.0, weight: 1.0, cap_level: 0.0, limiter: Limiter::Unsolved };
            self.members.resize(class as usize + 1, nobody);
            self.routes.resize_with(class as usize + 1, || (path, SmallVec::new()));
            self.is_doubtful.resize(class as usize + 1, false);
        }
        self.members[class as usize] = member;
        let (old_path, places) = &mut self.routes[class as usize];
        *old_path = path;
        places.clear();
        let slots = &self.paths[path.start as usize..path.end as usize];
        for &slot in slots {
            let node = &mut self.nodes[slot as usize];
            places.push(node.classes.len() as u32);
            let others: SmallVec<[u32; 8]> = slots.iter().copied().filter(|&other| other != slot).collect();
            node.push(class, &member, others.iter().copied());
        }
        self.doubt(class);
        self.touch(path);
    }

    /// Number of classes that cross a resource.
    pub fn n_classes_on(&self, resource: u32) -> usize {
        self.nodes[resource as usize + 1].classes.len()
    }

    /// The nth class that crosses a resource.
    pub fn class_on(&self, resource: u32, nth: usize) -> u32 {
        self.nodes[resource as usize + 1].classes[nth]
    }

    /// Changes number and weight of a class's flows.
    pub fn set_flows(&mut self, class: u32, flows: f64, weight: f64, cap_level: f64) {
        let member = &mut self.members[class as usize];
        (member.flows, member.weight) = (flows, weight);
        let is_same_cap = member.cap_level == cap_level;
        member.cap_level = cap_level;
        if !is_same_cap {
            self.doubt(class);
        }
        let (path, places) = &self.routes[class as usize];
        for (&slot, &place) in self.paths[path.start as usize..path.end as usize].iter().zip(places) {
            self.nodes[slot as usize].set(place as usize, flows * weight, cap_level);
        }
        self.touch(*path);
    }

    pub fn remove_class(&mut self, class: u32) {
        self.members[class as usize].flows = 0.0;
        let path = self.routes[class as usize].0;
        self.touch(path);
        for nth in path.start..path.end {
            let slot = self.paths[nth as usize];
            let place = self.routes[class as usize].1[(nth - path.start) as usize] as usize;
            let place = self.set_limited(slot, place, false);
            let last = self.nodes[slot as usize].classes.len() - 1;
            self.swap(slot, place, last);
            self.nodes[slot as usize].pop();
        }
    }

    /// Exchanges two classes on a resource.
    fn swap(&mut self, slot: u32, one: usize, two: usize) {
        if one == two {
            return;
        }
        self.nodes[slot as usize].swap(one, two);
        for place in [one, two] {
            let class = self.nodes[slot as usize].classes[place];
            let (path, places) = &mut self.routes[class as usize];
            let slots = &self.paths[path.start as usize..path.end as usize];
            let nth = slots.iter().position(|&other| other == slot).expect("it crosses this resource");
            places[nth] = place as u32;
        }
    }

    /// Puts the class at a place among those that the resource limits, or among the others; gives its new place.
    fn set_limited(&mut self, slot: u32, place: usize, is_limited: bool) -> usize {
        let n_limited = self.nodes[slot as usize].n_limited;
        if (place < n_limited) == is_limited {
            return place;
        }
        let border = if is_limited { n_limited } else { n_limited - 1 };
        self.nodes[slot as usize].n_limited = if is_limited { n_limited + 1 } else { n_limited - 1 };
        self.swap(slot, place, border);
        border
    }

    /// Whether any equation has changed since the last [`Levels::relax`].
    pub fn is_dirty(&self) -> bool {
        !self.queue.is_empty() || !self.doubtful.is_empty()
    }

    /// Solves until nothing changes. Gives the resources whose level has changed to `changed`, and the classes whose
    /// limiter has changed, with the one before, to `moved`.
    pub fn relax(&mut self, changed: &mut Vec<u32>, moved: &mut Vec<(u32, Limiter)>) {
        let patience = self.n_solved + 200 + 50 * self.nodes.len() as u64;
        while let Some(slot) = self.queue.pop() {
            if self.n_solved < patience {
                self.solve(slot);
            } else {
                self.refill();
            }
        }
        changed.clear();
        std::mem::swap(changed, &mut self.changed);
        for slot in changed.iter_mut() {
            self.is_changed[*slot as usize] = false;
            *slot -= 1;
        }
        moved.clear();
        while let Some(class) = self.doubtful.pop() {
            self.is_doubtful[class as usize] = false;
            if let Some(before) = self.assign(class) {
                moved.push((class, before));
            }
        }
    }

    /// Solves everything at once by plain filling: the way out where local solutions go round in a circle.
    fn refill(&mut self) {
        self.n_refills += 1;
        self.queue.clear();
        let equations: Vec<Equation> = self.nodes.iter().map(|node| node.equation).collect();
        let living = || self.members.iter().zip(&self.routes).filter(|(member, _)| member.flows > 0.0);
        let paths: Vec<Vec<usize>> =
            living().map(|(_, (path, _))| self.slots(*path).iter().map(|&slot| slot as usize).collect()).collect();
        let demand = |(member, resources): (&Member, _)| {
            let cap = member.cap_level * member.weight;
            Demand { flows: member.flows, weight: member.weight, cap, resources }
        };
        let demands: Vec<Demand<'_>> =
            living().zip(&paths).map(|((member, _), path)| demand((member, path.as_slice()))).collect();
        for (slot, level) in fill(&equations, &demands).into_iter().enumerate().skip(1) {
            // Who is next to touch it solves it.
            self.room[slot] = WATCHED;
            self.set_level(slot as u32, level);
        }
        for class in 0..self.members.len() as u32 {
            self.doubt(class);
        }
    }

    fn slots(&self, path: Path) -> &[u32] {
        &self.paths[path.start as usize..path.end as usize]
    }

    fn enqueue(&mut self, slot: u32) {
        if self.room[slot as usize] != QUEUED {
            self.room[slot as usize] = QUEUED;
            self.queue.push(slot, self.levels[slot as usize]);
        }
    }

    fn touch(&mut self, path: Path) {
        for nth in path.start..path.end {
            self.enqueue(self.paths[nth as usize]);
        }
    }

    fn doubt(&mut self, class: u32) {
        if !self.is_doubtful[class as usize] {
            self.is_doubtful[class as usize] = true;
            self.doubtful.push(class);
        }
    }

    fn set_level(&mut self, slot: u32, level: f64) {
        self.levels[slot as usize] = level;
        if !self.is_changed[slot as usize] {
            self.is_changed[slot as usize] = true;
            self.changed.push(slot);
        }
    }

    fn solve(&mut self, slot: u32) {
        self.n_solved += 1;
        let node = &self.nodes[slot as usize];
        match (node.width, node.n_capped > 0) {
            (1, false) => self.solve_narrow::<1, false>(slot),
            (1, true) => self.solve_narrow::<1, true>(slot),
            (2, false) => self.solve_narrow::<2, false>(slot),
            (2, true) => self.solve_narrow::<2, true>(slot),
            (OTHERS, false) => self.solve_narrow::<OTHERS, false>(slot),
            (OTHERS, true) => self.solve_narrow::<OTHERS, true>(slot),
            _ => {
                let Self { nodes, levels, bounds, routes, paths, .. } = self;
                let nearest = |(&class, &cap): (&u32, &f64)| {
                    let path = routes[class as usize].0;
                    let slots = paths[path.start as usize..path.end as usize].iter().filter(|&&other| other != slot);
                    slots.fold(cap, |nearest, &other| least(nearest, levels[other as usize]))
                };
                let Node { classes, masses, caps, .. } = &nodes[slot as usize];
                bounds.clear();
                bounds.extend(masses.iter().copied().zip(classes.iter().zip(caps).map(nearest)));
                self.solve_by_bounds(slot);
            }
        }
    }

    /// Solves a resource whose classes cross up to `WIDTH` others.
    fn solve_narrow<const WIDTH: usize, const CAPPED: bool>(&mut self, slot: u32) {
        let Self { nodes, levels, bounds, .. } = self;
        let node = &nodes[slot as usize];
        let old = levels[slot as usize];
        let sums = node.sums::<WIDTH, CAPPED>(levels);
        let Some(new) = sums.level(&node.equation) else {
            node.bounds::<WIDTH>(levels, bounds);
            return self.solve_by_bounds(slot);
        };
        self.room[slot as usize] = room(&node.equation, new, sums.held);
        if is_same(old, new) {
            return;
        }
        self.set_level(slot, new);
        let Self { nodes, levels, bounds, room, queue, .. } = self;
        let node = &nodes[slot as usize];
        if sums.below <= least(old, new) && old < sums.above && old.is_finite() {
            // No bound was crossed: it limits the same classes as before, all of which see the whole change.
            let change = new - old;
            let (others, _) = node.others.as_chunks::<WIDTH>();
            for (&mass, others) in node.masses[..node.n_limited].iter().zip(&others[..node.n_limited]) {
                let more = mass * change;
                for &other in others {
                    tell(room, queue, levels, (other, more));
                }
            }
        } else {
            node.bounds::<WIDTH>(levels, bounds);
            self.spread(slot, old, new);
        }
    }

    /// Solves a resource whose bounds have been read.
    fn solve_by_bounds(&mut self, slot: u32) {
        self.n_iterated += 1;
        let old = self.levels[slot as usize];
        let equation = &self.nodes[slot as usize].equation;
        let (new, held) = newton(equation, old, &self.bounds);
        self.room[slot as usize] = room(equation, new, held);
        if !is_same(old, new) {
            self.set_level(slot, new);
            self.spread(slot, old, new);
        }
    }

    /// Tells the neighbours of a changed level whose bounds have been read, and doubts the limiters of the classes that
    /// it passes.
    fn spread(&mut self, slot: u32, old: f64, new: f64) {
        let lower = least(old, new);
        let Self { nodes, bounds, levels, room, queue, doubtful, is_doubtful, routes, paths, .. } = self;
        let Node { n_limited, width, classes, others, .. } = &nodes[slot as usize];
        for (place, (&class, &(mass, bound))) in classes.iter().zip(bounds.iter()).enumerate() {
            let is_wrong = if place < *n_limited { bound < new || new.is_infinite() } else { bound > new };
            if is_wrong && !std::mem::replace(&mut is_doubtful[class as usize], true) {
                doubtful.push(class);
            }
            // Where something else binds the class below both levels, nobody sees the change.
            if bound <= lower {
                continue;
            }
            let more = mass * (least(bound, new) - least(bound, old));
            let others = if *width <= OTHERS {
                &others[place * width..(place + 1) * width]
            } else {
                let path = routes[class as usize].0;
                &paths[path.start as usize..path.end as usize]
            };
            for &other in others.iter().filter(|&&other| other != slot) {
                if more.is_finite() {
                    tell(room, queue, levels, (other, more));
                } else if room[other as usize] != QUEUED {
                    // To or from a rate without limit: no sum survives that.
                    room[other as usize] = QUEUED;
                    queue.push(other, levels[other as usize]);
                }
            }
        }
    }

    /// Finds what limits a class; what limits it now stays where it is among equals.
    fn assign(&mut self, class: u32) -> Option<Limiter> {
        let member = self.members[class as usize];
        if member.flows <= 0.0 {
            return None;
        }
        let mut least = member.cap_level;
        let mut limiter = if least.is_finite() { Limiter::Cap } else { Limiter::Nothing };
        for &slot in self.slots(self.routes[class as usize].0) {
            let level = self.levels[slot as usize];
            if level < least {
                (least, limiter) = (level, Limiter::Resource(slot - 1));
            }
        }
        let now = match member.limiter {
            Limiter::Unsolved | Limiter::Nothing => f64::INFINITY,
            Limiter::Cap => member.cap_level,
            Limiter::Resource(resource) => self.level(resource),
        };
        if limiter == member.limiter || (now <= least && now.is_finite()) {
            return None;
        }
        self.flag(class, member.limiter, false);
        self.flag(class, limiter, true);
        self.members[class as usize].limiter = limiter;
        Some(member.limiter)
    }

    /// Tells a resource whether it limits a class.
    fn flag(&mut self, class: u32, limiter: Limiter, is_limited: bool) {
        let Limiter::Resource(resource) = limiter else { return };
        let (path, places) = &self.routes[class as usize];
        let nth = self.slots(*path).iter().position(|&slot| slot == resource + 1).expect("limiters are on the path");
        let place = places[nth] as usize;
        self.set_limited(resource + 1, place, is_limited);
    }
}

/// Slots in order of the levels that they had when they came, lowest first: up to 7e-8 relative, which is as good, as the
/// order only saves work.
#[derive(Clone, Debug, Default)]
struct Queue(BinaryHeap<Reverse<u64>>);

/// Bits of a slot in the queue; the upper bits of its level go before.
const SLOT_BITS: u32 = 28;

impl Queue {
    #[inline]
    fn push(&mut self, slot: u32, level: f64) {
        self.0.push(Reverse(level.to_bits() >> SLOT_BITS << SLOT_BITS | u64::from(slot)));
    }

    fn pop(&mut self) -> Option<u32> {
        self.0.pop().map(|Reverse(key)| (key & ((1 << SLOT_BITS) - 1)) as u32)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// A class takes this much more [B/s] of a resource that did not limit it; a finite number, which leaves
/// [`QUEUED`] and [`WATCHED`] as they are.
#[inline]
fn tell(room: &mut [f64], queue: &mut Queue, levels: &[f64], (slot, more): (u32, f64)) {
    let left = room[slot as usize] - more;
    room[slot as usize] = left;
    if left < 0.0 {
        room[slot as usize] = QUEUED;
        queue.push(slot, levels[slot as usize]);
    }
}

/// Whether two levels differ by no more than rounding.
fn is_same(old: f64, new: f64) -> bool {
    old == new || (new - old).abs() <= SAME * least(old, new)
}

/// Room of a resource in the queue: what else changes does not matter, it will be solved anyhow.
const QUEUED: f64 = f64::INFINITY;

/// Room of a resource that limits classes: whatever changes, it is to be solved.
const WATCHED: f64 = f64::NEG_INFINITY;

/// What a resource has left when others take `held` [B/s], less a millionth of all: far more than what rounding adds up
/// to between two solutions.
fn room(equation: &Equation, level: f64, held: f64) -> f64 {
    if level.is_infinite() { least(equation.numerator * (1.0 - 1e-6) - held, f64::MAX) } else { WATCHED }
}
