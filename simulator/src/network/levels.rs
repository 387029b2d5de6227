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
//! piecewise linear in y, so Newton's iteration ends exactly, after as many steps as it crosses bounds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Number of flows.
    pub flows: f64,
    /// Weight of each.
    pub weight: f64,
    /// Cap over weight [B/s]; infinite: none.
    pub cap_level: f64,
    /// The resources it crosses.
    pub resources: Vec<u32>,
    pub limiter: Limiter,
}

#[derive(Clone, Debug)]
struct Node {
    equation: Equation,
    level: f64,
    /// Rate of everything that crosses it [B/s].
    load: f64,
    /// Classes that cross it.
    classes: Vec<u32>,
    queued: bool,
}

/// Levels of all resources.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    nodes: Vec<Node>,
    members: Vec<Option<Member>>,
    queue: BinaryHeap<Reverse<(u64, u32)>>,
    /// Classes whose limiter may have changed.
    doubtful: Vec<u32>,
    is_doubtful: Vec<bool>,
    /// Resources whose level or load has changed, with the values before.
    changed: Vec<(u32, f64, f64)>,
    is_changed: Vec<bool>,
    bounds: Vec<(f64, f64)>,
    n_solved: u64,
    n_refills: u64,
}

impl Levels {
    pub fn add_resource(&mut self, equation: Equation) {
        self.nodes.push(Node { equation, level: f64::INFINITY, load: 0.0, classes: Vec::new(), queued: false });
        self.is_changed.push(false);
    }

    pub fn level(&self, resource: u32) -> f64 {
        self.nodes[resource as usize].level
    }

    pub fn load(&self, resource: u32) -> f64 {
        self.nodes[resource as usize].load
    }

    pub fn member(&self, class: u32) -> &Member {
        self.members[class as usize].as_ref().expect("classes with flows are members")
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

    /// How often local solving gave way to plain filling.
    pub fn n_refills(&self) -> u64 {
        self.n_refills
    }

    pub fn set_equation(&mut self, resource: u32, equation: Equation) {
        if self.nodes[resource as usize].equation != equation {
            self.nodes[resource as usize].equation = equation;
            self.enqueue(resource);
        }
    }

    /// Adds a class under a free number.
    pub fn add_class(&mut self, class: u32, member: Member) {
        for &resource in &member.resources {
            self.nodes[resource as usize].classes.push(class);
        }
        if self.members.len() <= class as usize {
            self.members.resize(class as usize + 1, None);
            self.is_doubtful.resize(class as usize + 1, false);
        }
        self.members[class as usize] = Some(member);
        self.doubt(class);
        self.touch(class);
    }

    /// The classes that cross a resource.
    pub fn classes_on(&self, resource: u32) -> Vec<u32> {
        self.nodes[resource as usize].classes.clone()
    }

    /// Changes number and weight of a class's flows.
    pub fn set_flows(&mut self, class: u32, flows: f64, weight: f64, cap_level: f64) {
        let member = self.members[class as usize].as_mut().expect("classes with flows are members");
        member.flows = flows;
        if member.cap_level != cap_level {
            member.cap_level = cap_level;
            self.doubt(class);
        }
        let member = self.members[class as usize].as_mut().expect("just seen");
        member.weight = weight;
        self.touch(class);
    }

    pub fn remove_class(&mut self, class: u32) {
        self.touch(class);
        let member = self.members[class as usize].take().expect("classes with flows are members");
        for resource in member.resources {
            let classes = &mut self.nodes[resource as usize].classes;
            let place = classes.iter().position(|&other| other == class).expect("it was added there");
            classes.swap_remove(place);
        }
    }

    /// Whether any equation has changed since the last [`Levels::relax`].
    pub fn is_dirty(&self) -> bool {
        !self.queue.is_empty() || !self.doubtful.is_empty()
    }

    /// Solves until nothing changes. Gives the resources that have changed, with level and load before, to
    /// `changed`, and the classes whose limiter has changed, with the one before, to `moved`.
    pub fn relax(&mut self, changed: &mut Vec<(u32, f64, f64)>, moved: &mut Vec<(u32, Limiter)>) {
        let patience = self.n_solved + 200 + 50 * self.nodes.len() as u64;
        while let Some(Reverse((_, resource))) = self.queue.pop() {
            self.nodes[resource as usize].queued = false;
            if self.n_solved < patience {
                self.solve(resource);
            } else {
                self.refill();
            }
        }
        changed.clear();
        std::mem::swap(changed, &mut self.changed);
        for (resource, ..) in changed.iter() {
            self.is_changed[*resource as usize] = false;
        }
        moved.clear();
        for class in std::mem::take(&mut self.doubtful) {
            self.is_doubtful[class as usize] = false;
            if let Some(before) = self.assign(class) {
                moved.push((class, before));
            }
        }
    }

    /// Solves everything at once by plain filling: the way out where local solutions go round in a circle.
    fn refill(&mut self) {
        self.n_refills += 1;
        for Reverse((_, resource)) in std::mem::take(&mut self.queue) {
            self.nodes[resource as usize].queued = false;
        }
        let equations: Vec<Equation> = self.nodes.iter().map(|node| node.equation).collect();
        let living = self.members.iter().flatten();
        let routes: Vec<Vec<usize>> =
            living.clone().map(|member| member.resources.iter().map(|&id| id as usize).collect()).collect();
        let demands: Vec<Demand<'_>> = living
            .zip(&routes)
            .map(|(member, resources)| {
                let cap = member.cap_level * member.weight;
                Demand { flows: member.flows, weight: member.weight, cap, resources }
            })
            .collect();
        let filled = fill(&equations, &demands);
        let mut loads = vec![0.0; equations.len()];
        for (demand, rate) in demands.iter().zip(&filled.rates) {
            demand.resources.iter().for_each(|&resource| loads[resource] += demand.flows * rate);
        }
        for (resource, (level, load)) in (0..).zip(filled.levels.into_iter().zip(loads)) {
            let node = &self.nodes[resource as usize];
            self.note(resource, node.level, node.load);
            let node = &mut self.nodes[resource as usize];
            (node.level, node.load) = (level, load);
        }
        for class in 0..self.members.len() as u32 {
            self.doubt(class);
        }
    }

    fn enqueue(&mut self, resource: u32) {
        let node = &mut self.nodes[resource as usize];
        if !node.queued {
            node.queued = true;
            self.queue.push(Reverse((node.level.to_bits(), resource)));
        }
    }

    fn touch(&mut self, class: u32) {
        for index in 0..self.member(class).resources.len() {
            self.enqueue(self.member(class).resources[index]);
        }
    }

    fn doubt(&mut self, class: u32) {
        if !self.is_doubtful[class as usize] {
            self.is_doubtful[class as usize] = true;
            self.doubtful.push(class);
        }
    }

    /// Lowest level that binds a class elsewhere than at `resource`.
    fn bound(&self, member: &Member, resource: u32) -> f64 {
        let others = member.resources.iter().filter(|&&other| other != resource);
        others.fold(member.cap_level, |least, &other| least.min(self.nodes[other as usize].level))
    }

    fn solve(&mut self, resource: u32) {
        self.n_solved += 1;
        let mut bounds = std::mem::take(&mut self.bounds);
        bounds.clear();
        let node = &self.nodes[resource as usize];
        for &class in &node.classes {
            let member = self.member(class);
            bounds.push((member.flows * member.weight, self.bound(member, resource)));
        }
        let (level, load) = newton(&node.equation, node.level, &bounds);
        let (old_level, old_load) = (node.level, node.load);
        self.note(resource, old_level, old_load);
        let node = &mut self.nodes[resource as usize];
        node.load = load;
        let same = level == old_level || (level - old_level).abs() <= SAME * old_level.min(level);
        if !same {
            node.level = level;
            self.spread(resource, old_level, level, &bounds);
        }
        self.check_limited(resource, &bounds);
        self.bounds = bounds;
    }

    fn note(&mut self, resource: u32, level: f64, load: f64) {
        if !self.is_changed[resource as usize] {
            self.is_changed[resource as usize] = true;
            self.changed.push((resource, level, load));
        }
    }

    /// Queues the neighbours whose equations a changed level touches.
    fn spread(&mut self, resource: u32, old: f64, new: f64, bounds: &[(f64, f64)]) {
        let least = old.min(new);
        for (index, &(_, bound)) in bounds.iter().enumerate() {
            // Where something else binds the class below both, nobody sees the change. That something is the
            // bound unless it is the neighbour itself, whose own level does not count.
            let class = self.nodes[resource as usize].classes[index];
            let member = self.member(class);
            if member.cap_level < least {
                continue;
            }
            for place in 0..self.member(class).resources.len() {
                let other = self.member(class).resources[place];
                if other == resource || self.nodes[other as usize].queued {
                    continue;
                }
                let level = self.nodes[other as usize].level;
                if least < level && (bound >= least || self.bound_without(class, resource, other) >= least) {
                    self.enqueue(other);
                }
            }
        }
    }

    fn bound_without(&self, class: u32, one: u32, two: u32) -> f64 {
        let member = self.member(class);
        let others = member.resources.iter().filter(|&&other| other != one && other != two);
        others.fold(member.cap_level, |least, &other| least.min(self.nodes[other as usize].level))
    }

    /// Doubts the limiter of every class that this resource limits and does not hold, or holds and does not limit.
    fn check_limited(&mut self, resource: u32, bounds: &[(f64, f64)]) {
        let level = self.nodes[resource as usize].level;
        for (index, &(_, bound)) in bounds.iter().enumerate() {
            let class = self.nodes[resource as usize].classes[index];
            let limits = self.member(class).limiter == Limiter::Resource(resource);
            if limits != (level <= bound && level.is_finite()) {
                self.doubt(class);
            }
        }
    }

    /// Finds what limits a class; what limits it now stays where it is among equals.
    fn assign(&mut self, class: u32) -> Option<Limiter> {
        let member = self.members[class as usize].as_ref()?;
        let mut least = member.cap_level;
        let mut limiter = if least.is_finite() { Limiter::Cap } else { Limiter::Nothing };
        for &resource in &member.resources {
            let level = self.nodes[resource as usize].level;
            if level < least {
                (least, limiter) = (level, Limiter::Resource(resource));
            }
        }
        let now = match member.limiter {
            Limiter::Unsolved | Limiter::Nothing => f64::INFINITY,
            Limiter::Cap => member.cap_level,
            Limiter::Resource(resource) => self.nodes[resource as usize].level,
        };
        if limiter == member.limiter || (now <= least && now.is_finite()) {
            return None;
        }
        let member = self.members[class as usize].as_mut()?;
        Some(std::mem::replace(&mut member.limiter, limiter))
    }
}

/// Level and load of a resource whose classes weigh and are bound as given, from a first guess.
fn newton(equation: &Equation, guess: f64, bounds: &[(f64, f64)]) -> (f64, f64) {
    let sums = |level: f64| {
        bounds.iter().fold((0.0, 0.0), |(held, free), &(weight, bound)| {
            if bound <= level { (held + weight * bound, free) } else { (held, free + weight) }
        })
    };
    // The tangent of a concave function meets the capacity left of the root, so after one step the iterates grow,
    // and each step but the last crosses a bound. Where all classes are bound the tangent is flat: start from zero.
    let (held, free) = sums(guess);
    let mut level = if guess.is_finite() && free > 0.0 { equation.level(held, free) } else { 0.0 };
    loop {
        let (held, free) = sums(level);
        let next = equation.level(held, free);
        if next <= level || next.is_infinite() {
            let level = if next.is_infinite() { next } else { level };
            let load = if free > 0.0 { held + free * level } else { held };
            return (level, load);
        }
        level = next;
    }
}
