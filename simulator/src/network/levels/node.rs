//! A resource with the classes that cross it, as a solution reads them.

use crate::network::levels::Member;
use crate::network::levels::sums::{Sums, least};
use crate::network::resource::Equation;

/// The other resources of a class that an entry holds itself. Longer routes are read where they are kept.
pub(super) const OTHERS: usize = 3;

/// Stands for "no resource" among the others of an entry; its level is infinite.
pub(super) const NONE: u32 = 0;

/// A resource, and in lists of equal length the classes that cross it. The first `n_limited` are those that it limits.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub equation: Equation,
    pub n_limited: usize,
    /// Classes that have a cap; while there are none, nobody reads the caps.
    pub n_capped: usize,
    /// Most others of any class that has crossed it; more than [`OTHERS`]: paths are read where they are kept.
    pub width: usize,
    pub classes: Vec<u32>,
    /// Flows times weight.
    pub masses: Vec<f64>,
    /// The resources that each class crosses besides this one, by slot, `width` of them; [`NONE`] fills up.
    pub others: Vec<u32>,
    /// Caps over weight [B/s].
    pub caps: Vec<f64>,
}

impl Node {
    pub fn new(equation: Equation) -> Self {
        let (classes, masses, others, caps) = Default::default();
        Self { equation, n_limited: 0, n_capped: 0, width: 1, classes, masses, others, caps }
    }

    pub fn push(&mut self, class: u32, member: &Member, others: impl ExactSizeIterator<Item = u32> + Clone) {
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
    pub fn widen(&mut self, width: usize) {
        let old = std::mem::replace(&mut self.width, width);
        let others = std::mem::take(&mut self.others);
        if width <= OTHERS {
            let fill = std::iter::repeat_n(NONE, width - old);
            self.others = others.chunks(old).flat_map(|others| others.iter().copied().chain(fill.clone())).collect();
        }
    }

    pub fn set(&mut self, place: usize, mass: f64, cap_level: f64) {
        self.masses[place] = mass;
        let old = std::mem::replace(&mut self.caps[place], cap_level);
        self.n_capped = self.n_capped + usize::from(cap_level.is_finite()) - usize::from(old.is_finite());
    }

    pub fn swap(&mut self, one: usize, two: usize) {
        self.classes.swap(one, two);
        self.masses.swap(one, two);
        self.caps.swap(one, two);
        if self.width <= OTHERS {
            (0..self.width).for_each(|nth| self.others.swap(one * self.width + nth, two * self.width + nth));
        }
    }

    pub fn pop(&mut self) {
        self.classes.pop();
        self.masses.pop();
        self.n_capped -= usize::from(self.caps.pop().is_some_and(f64::is_finite));
        self.others.truncate(self.classes.len() * self.width);
    }

    /// Lowest level that binds a class elsewhere, given its others and its cap.
    #[inline(always)]
    pub fn bound<const WIDTH: usize>(others: &[u32; WIDTH], cap: f64, levels: &[f64]) -> f64 {
        let mut bound = cap;
        for &other in others {
            bound = least(bound, levels[other as usize]);
        }
        bound
    }

    /// Masses and bounds of all classes; the node is that wide.
    pub fn bounds<const WIDTH: usize>(&self, levels: &[f64], bounds: &mut Vec<(f64, f64)>) {
        let (others, _) = self.others.as_chunks::<WIDTH>();
        let classes = self.masses.iter().zip(others).zip(&self.caps);
        bounds.clear();
        bounds.extend(classes.map(|((&mass, others), &cap)| (mass, Self::bound(others, cap, levels))));
    }

    /// The sums with the classes taken for limited that were so last; the node is that wide.
    #[inline(always)]
    pub fn sums<const WIDTH: usize, const CAPPED: bool>(&self, levels: &[f64]) -> Sums {
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
