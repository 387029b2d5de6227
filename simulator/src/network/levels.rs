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

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smallvec::SmallVec;

use crate::network::resource::Equation;
use crate::network::solver::{Demand, fill};

/// A level counts as changed beyond this relative difference: a few roundings of a sum.
const SAME: f64 = 4e-15;

/// The other resources of a class that an entry holds itself. Longer routes are read where they are kept.
const OTHERS: usize = 3;

/// Stands for "no resource" among the others of an entry; its level is infinite.
const NONE: u32 = 0;

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

/// A resource, and in lists of equal length the classes that cross it. The first `n_limited` are those that it limits.
#[derive(Clone, Debug)]
struct Node {
    equation: Equation,
    n_limited: usize,
    /// Classes that have a cap; while there are none, nobody reads the caps.
    n_capped: usize,
    /// Most others of any class that has crossed it; more than [`OTHERS`]: paths are read where they are kept.
    width: usize,
    classes: Vec<u32>,
    /// Flows times weight.
    masses: Vec<f64>,
    /// The resources that each class crosses besides this one, by slot, `width` of them; [`NONE`] fills up.
    others: Vec<u32>,
    /// Caps over weight [B/s].
    caps: Vec<f64>,
}

impl Node {
    fn new(equation: Equation) -> Self {
        let (classes, masses, others, caps) = Default::default();
        Self { equation, n_limited: 0, n_capped: 0, width: 1, classes, masses, others, caps }
    }

    fn push(&mut self, class: u32, member: &Member, others: impl ExactSizeIterator<Item = u32> + Clone) {
        if others.len() > self.width {
            self.widen(others.len());
        }
        self.classes.push(class);
        self.masses.push(member.flows * member.weight);
        self.caps.push(member.cap_level);
        self.n_capped += usize::from(member.cap_level.is_finite());
        if self.width <= OTHERS {
            self.others.extend(others.chain(std::iter::repeat(NONE)).take(self.width));
        }
    }

    /// Makes room for more others of each class.
    fn widen(&mut self, width: usize) {
        let old = std::mem::replace(&mut self.width, width);
        let others = std::mem::take(&mut self.others);
        if width <= OTHERS {
            let fill = std::iter::repeat_n(NONE, width - old);
            self.others = others.chunks(old).flat_map(|others| others.iter().copied().chain(fill.clone())).collect();
        }
    }

    fn set(&mut self, place: usize, mass: f64, cap_level: f64) {
        self.masses[place] = mass;
        let old = std::mem::replace(&mut self.caps[place], cap_level);
        self.n_capped = self.n_capped + usize::from(cap_level.is_finite()) - usize::from(old.is_finite());
    }

    fn swap(&mut self, one: usize, two: usize) {
        self.classes.swap(one, two);
        self.masses.swap(one, two);
        self.caps.swap(one, two);
        if self.width <= OTHERS {
            (0..self.width).for_each(|nth| self.others.swap(one * self.width + nth, two * self.width + nth));
        }
    }

    fn pop(&mut self) {
        self.classes.pop();
        self.masses.pop();
        self.n_capped -= usize::from(self.caps.pop().is_some_and(f64::is_finite));
        self.others.truncate(self.classes.len() * self.width);
    }

    /// Lowest level that binds a class elsewhere, given its others and its cap.
    #[inline(always)]
    fn bound<const WIDTH: usize>(others: &[u32; WIDTH], cap: f64, levels: &[f64]) -> f64 {
        let mut bound = cap;
        for &other in others {
            bound = least(bound, levels[other as usize]);
        }
        bound
    }

    /// Masses and bounds of all classes; the node is that wide.
    fn bounds<const WIDTH: usize>(&self, levels: &[f64], bounds: &mut Vec<(f64, f64)>) {
        let (others, _) = self.others.as_chunks::<WIDTH>();
        let classes = self.masses.iter().zip(others).zip(&self.caps);
        bounds.clear();
        bounds.extend(classes.map(|((&mass, others), &cap)| (mass, Self::bound(others, cap, levels))));
    }

    /// The sums with the classes taken for limited that were so last; the node is that wide.
    #[inline(always)]
    fn sums<const WIDTH: usize, const CAPPED: bool>(&self, levels: &[f64]) -> Sums {
        let (others, _) = self.others.as_chunks::<WIDTH>();
        let (limited_masses, masses) = self.masses.split_at(self.n_limited);
        let (limited_others, others) = others.split_at(self.n_limited);
        let mut sums = Sums::NOBODY;
        if CAPPED {
            let (limited_caps, caps) = self.caps.split_at(self.n_limited);
            for ((&mass, others), &cap) in limited_masses.iter().zip(limited_others).zip(limited_caps) {
                sums.add_limited(mass, Self::bound(others, cap, levels));
            }
            for ((&mass, others), &cap) in masses.iter().zip(others).zip(caps) {
                sums.add_held(mass, Self::bound(others, cap, levels));
            }
        } else {
            for (&mass, others) in limited_masses.iter().zip(limited_others) {
                sums.add_limited(mass, Self::bound(others, f64::INFINITY, levels));
            }
            for (&mass, others) in masses.iter().zip(others) {
                sums.add_held(mass, Self::bound(others, f64::INFINITY, levels));
            }
        }
        sums
    }
}

/// The lesser of two numbers that are not NaN: one instruction.
fn least(one: f64, two: f64) -> f64 {
    if one < two { one } else { two }
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
            // Where something else binds the class below both levels, nobody sees the change.
            if bound <= lower && place >= *n_limited {
                continue;
            }
            let is_wrong = if place < *n_limited { bound < new || new.is_infinite() } else { bound > new };
            if is_wrong && !std::mem::replace(&mut is_doubtful[class as usize], true) {
                doubtful.push(class);
            }
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

/// What crosses a resource at some level: the rates of the classes bound up to it, the weights of the others, and the
/// bounds next to it on both sides.
#[derive(Clone, Copy, Debug)]
struct Sums {
    held: f64,
    free: f64,
    below: f64,
    above: f64,
}

impl Sums {
    const NOBODY: Self = Self { held: 0.0, free: 0.0, below: 0.0, above: f64::INFINITY };

    /// With the classes taken for limited whose bounds are above the level.
    fn at(level: f64, bounds: &[(f64, f64)]) -> Self {
        let mut sums = Self::NOBODY;
        for &(mass, bound) in bounds {
            if bound <= level {
                sums.add_held(mass, bound);
            } else {
                sums.add_limited(mass, bound);
            }
        }
        sums
    }

    #[inline(always)]
    fn add_limited(&mut self, mass: f64, bound: f64) {
        self.free += mass;
        self.above = least(bound, self.above);
    }

    #[inline(always)]
    fn add_held(&mut self, mass: f64, bound: f64) {
        self.held += mass * bound;
        self.below = if bound > self.below { bound } else { self.below };
    }

    /// The level that makes of these sums, if it parts the classes in the same way.
    #[inline]
    fn level(&self, equation: &Equation) -> Option<f64> {
        if self.free == 0.0 && equation.base == 0.0 {
            return (equation.scale * self.held <= equation.numerator).then_some(f64::INFINITY);
        }
        let level = equation.level(self.held, self.free);
        (self.below <= level && level < self.above).then_some(level)
    }
}

/// Level of a resource whose classes weigh and are bound as given, from a first guess; and the rates of those that are
/// bound elsewhere, where nothing is limited here.
fn newton(equation: &Equation, guess: f64, bounds: &[(f64, f64)]) -> (f64, f64) {
    let mut level = guess;
    let mut sums = Sums::at(level, bounds);
    if sums.free == 0.0 && equation.base == 0.0 {
        // All are bound below the guess, so the tangent is flat. Where they fit, nothing is limited here; else the
        // highest of them are.
        if equation.scale * sums.held <= equation.numerator {
            return (f64::INFINITY, sums.held);
        }
        level = sums.below.next_down();
        sums = Sums::at(level, bounds);
    }
    // The tangent of a concave function meets the capacity left of the root, so after one step the iterates grow,
    // and each step but the last crosses a bound.
    let mut is_left = false;
    loop {
        let next = equation.level(sums.held, sums.free);
        if next.is_infinite() || (sums.below <= next && next < sums.above) {
            return (next, sums.held);
        }
        if is_left && next <= level {
            return (level, sums.held);
        }
        is_left = true;
        level = next;
        sums = Sums::at(level, bounds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What may happen to a network of so many resources.
    #[derive(Clone, Debug)]
    enum Step {
        Add { path: Vec<u32>, flows: u32, weight: f64, cap: f64 },
        Set { nth: usize, flows: u32, weight: f64, cap: f64 },
        Remove { nth: usize },
        Change { resource: u32, equation: Equation },
        Relax,
        Refill,
    }

    /// Wires, some of them closed, and access laws: few values, so that levels and bounds often tie.
    fn equations() -> impl Strategy<Value = Equation> {
        let wire = |numerator| Equation { numerator, scale: 1.0, base: 0.0 };
        prop_oneof![
            4 => (1u32..6).prop_map(move |capacity| wire(f64::from(capacity) * 30e6)),
            4 => (1e6..1e9).prop_map(wire),
            1 => Just(wire(0.0)),
            1 => Just(wire(f64::INFINITY)),
            2 => (1e-9..1e-7, 0.0..1e-8).prop_map(|(base, scale)| Equation { numerator: 1.0, scale, base }),
        ]
    }

    fn weights() -> impl Strategy<Value = f64> {
        prop_oneof![3 => (1u32..4).prop_map(f64::from), 1 => 0.1..1.0]
    }

    fn caps() -> impl Strategy<Value = f64> {
        prop_oneof![3 => Just(f64::INFINITY), 1 => 1e5..1e8, 1 => Just(10e6)]
    }

    fn steps(n: u32, longest: usize) -> impl Strategy<Value = Vec<Step>> {
        let paths = proptest::sample::subsequence((0..n).collect::<Vec<u32>>(), 1..=longest.min(n as usize));
        let step = prop_oneof![
            6 => (paths, 1u32..4, weights(), caps()).prop_map(|(path, flows, weight, cap)| Step::Add { path, flows, weight, cap }),
            3 => (any::<usize>(), 1u32..4, weights(), caps()).prop_map(|(nth, flows, weight, cap)| Step::Set { nth, flows, weight, cap }),
            4 => any::<usize>().prop_map(|nth| Step::Remove { nth }),
            1 => (0..n, equations()).prop_map(|(resource, equation)| Step::Change { resource, equation }),
            6 => Just(Step::Relax),
            1 => Just(Step::Refill),
        ];
        proptest::collection::vec(step, 1..60)
    }

    /// A network, the equations as they are now, and its living classes with their paths.
    struct Twin {
        levels: Levels,
        equations: Vec<Equation>,
        classes: Vec<(u32, Vec<usize>)>,
        limiters: Vec<Limiter>,
    }

    impl Twin {
        fn new(equations: &[Equation]) -> Self {
            let mut levels = Levels::default();
            equations.iter().for_each(|equation| levels.add_resource(*equation));
            Self { levels, equations: equations.to_vec(), classes: Vec::new(), limiters: Vec::new() }
        }

        fn apply(&mut self, step: &Step) {
            match step {
                Step::Add { path, flows, weight, cap } => {
                    let class = (0..).find(|id| self.classes.iter().all(|(class, _)| class != id)).expect("endless");
                    let kept = self.levels.add_path(path.iter().copied());
                    let (flows, cap_level) = (f64::from(*flows), cap / weight);
                    let member = Member { flows, weight: *weight, cap_level, limiter: Limiter::Unsolved };
                    self.levels.add_class(class, kept, member);
                    self.classes.push((class, path.iter().map(|&resource| resource as usize).collect()));
                    self.limiters.resize(self.limiters.len().max(class as usize + 1), Limiter::Unsolved);
                    self.limiters[class as usize] = Limiter::Unsolved;
                }
                Step::Set { nth, flows, weight, cap } if !self.classes.is_empty() => {
                    let (class, _) = self.classes[nth % self.classes.len()];
                    self.levels.set_flows(class, f64::from(*flows), *weight, cap / weight);
                }
                Step::Remove { nth } if !self.classes.is_empty() => {
                    let (class, _) = self.classes.swap_remove(nth % self.classes.len());
                    self.levels.remove_class(class);
                }
                Step::Change { resource, equation } => {
                    self.equations[*resource as usize] = *equation;
                    self.levels.set_equation(*resource, *equation);
                }
                Step::Relax => self.relax(),
                Step::Refill => self.levels.refill(),
                Step::Set { .. } | Step::Remove { .. } => {}
            }
        }

        /// Rates are those of plain filling, limiters and what is told of their changes agree, loads are sums of rates.
        fn relax(&mut self) {
            let (mut changed, mut moved) = (Vec::new(), Vec::new());
            let before: Vec<f64> = (0..self.equations.len() as u32).map(|id| self.levels.level(id)).collect();
            self.levels.relax(&mut changed, &mut moved);
            for &(class, before) in &moved {
                assert_eq!(
                    std::mem::replace(&mut self.limiters[class as usize], self.levels.member(class).limiter),
                    before
                );
            }
            for (id, before) in (0..).zip(before) {
                assert!(changed.contains(&id) || self.levels.level(id) == before, "resource {id} changed in silence");
            }
            let members: Vec<Member> = self.classes.iter().map(|(class, _)| *self.levels.member(*class)).collect();
            let demands: Vec<Demand<'_>> = members
                .iter()
                .zip(&self.classes)
                .map(|(member, (_, resources))| {
                    let cap = member.cap_level * member.weight;
                    Demand { flows: member.flows, weight: member.weight, cap, resources }
                })
                .collect();
            let filled = fill(&self.equations, &demands);
            let mut loads = vec![0.0; self.equations.len()];
            for ((class, resources), member) in self.classes.iter().zip(&members) {
                let expected = resources.iter().map(|&id| filled[id]).fold(member.cap_level, f64::min);
                let found = self.levels.level_of(*class);
                let scale = if expected.is_finite() { expected.abs() } else { 1.0 };
                assert!(
                    found == expected || (found - expected).abs() <= 1e-11 * scale,
                    "class {class}: {found} and not {expected}"
                );
                assert_eq!(self.limiters[*class as usize], member.limiter);
                let lowest = resources.iter().map(|&id| self.levels.level(id as u32)).fold(member.cap_level, f64::min);
                assert_eq!(found, lowest, "class {class} does not follow what limits it");
                resources.iter().for_each(|&id| loads[id] += member.flows * member.weight * found);
            }
            for (id, load) in (0..).zip(loads) {
                let found = self.levels.load(id);
                assert!(
                    found == load || (found - load).abs() <= 1e-12 * load,
                    "resource {id} carries {found} and not {load}"
                );
            }
        }
    }

    fn cases() -> u32 {
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

        /// Short paths, few resources: everything touches everything.
        #[test]
        fn levels_are_those_of_plain_filling(
            (equations, steps) in (proptest::collection::vec(equations(), 1..8))
                .prop_flat_map(|equations| { let n = equations.len() as u32; (Just(equations), steps(n, 4)) })
        ) {
            let mut twin = Twin::new(&equations);
            steps.iter().for_each(|step| twin.apply(step));
            twin.relax();
        }

        /// Paths longer than what a node lists, on a wider network.
        #[test]
        fn long_paths_are_no_different(
            (equations, steps) in (proptest::collection::vec(equations(), 6..16))
                .prop_flat_map(|equations| { let n = equations.len() as u32; (Just(equations), steps(n, 9)) })
        ) {
            let mut twin = Twin::new(&equations);
            steps.iter().for_each(|step| twin.apply(step));
            twin.relax();
        }
    }
}
