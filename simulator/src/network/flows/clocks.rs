//! How clocks move: a class follows the resource that limits it.

use crate::ids::Id;
use crate::network::Capacity;
use crate::network::flows::{Network, is_due, key, number, seconds};
use crate::network::levels::Limiter;
use crate::units::{NANOS_PER_SECOND, SimSpan};

/// Clocks start again at the first change after they have passed this, so that they keep millionths of a byte where rates
/// change often; while none does, one product tells how far a clock is.
const REBASE_AT: f64 = (1_u64 << 33) as f64;

impl<T: Copy> Network<T> {
    /// Bytes that a class has served to each of its flows.
    pub(super) fn clock_of(&self, id: u32) -> f64 {
        let class = self.class(id);
        if class.stops.is_empty() {
            return class.marked;
        }
        class.marked + class.weight * self.served_since_mark(id, self.levels.member(id).limiter)
    }

    /// The same without ever going back.
    pub(super) fn run_of(&self, id: u32) -> f64 {
        self.class(id).rebased + self.clock_of(id)
    }

    /// Bytes per unit weight that a limiter has served to a class since its mark.
    fn served_since_mark(&self, id: u32, limiter: Limiter) -> f64 {
        let class = self.class(id);
        match limiter {
            Limiter::Unsolved | Limiter::Nothing => 0.0,
            Limiter::Cap => self.levels.member(id).cap_level * seconds(self.now, class.marked_at),
            Limiter::Resource(resource) => self.clocks[resource as usize].read(self.now) - class.limiter_marked,
        }
    }

    /// The flows of a class that is due: those that stop first, within a nanosecond.
    pub(super) fn due_flows(&self, id: u32, reached: &mut Vec<(u64, u32)>) {
        let class = self.class(id);
        let Some((first, _)) = class.stops.first() else { return };
        let rate = self.levels.level_of(id) * class.weight;
        let last = f64::from_bits(first) + rate / NANOS_PER_SECOND as f64;
        class.stops.for_each_until(key(last), &mut |flow| reached.push((self.flow(flow).sequence, flow)));
    }

    pub(super) fn change_capacities(&mut self) {
        while let Some(&(_, id)) = self.changes.first().filter(|(at, _)| *at <= self.now) {
            self.changes.pop_first();
            let resource = &self.resources[id.index()];
            self.changes.extend(resource.next_change(self.now).map(|at| (at, id)));
            let classes: Vec<u32> = match resource.capacity {
                Capacity::Wire(_) | Capacity::Curve(_) => Vec::new(),
                Capacity::PerFlow(_) => self.classes_on(id).collect(),
                Capacity::Access(_) => {
                    self.classes_on(id).filter(|class| self.class(*class).key.weight.pair() == Some(id)).collect()
                }
            };
            self.levels.set_equation(number(id.index()), resource.equation(self.now));
            for class in classes {
                self.weigh(class);
            }
        }
    }

    pub(super) fn solve(&mut self) {
        self.n_solutions += 1;
        let (mut changed, mut migrated) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.migrated));
        // Clocks have copies of the levels of the last solution, by which classes have moved up to now.
        self.levels.relax(&mut changed, &mut migrated);
        for &id in &changed {
            let clock = &mut self.clocks[id as usize];
            clock.served = clock.read(self.now);
            clock.at = self.now;
            let level = self.levels.level(id);
            clock.level = if level.is_finite() { level } else { 0.0 };
            if clock.served > REBASE_AT {
                self.mark_stale(id);
            } else if !clock.is_stale {
                let served = clock.served;
                self.announce(id, served);
            }
        }
        for &(class, before) in &migrated {
            self.migrate(class, before);
        }
        (self.changed, self.migrated) = (changed, migrated);
    }

    /// Hands a class over from one limiter to another.
    fn migrate(&mut self, id: u32, before: Limiter) {
        let served = self.served_since_mark(id, before);
        let (now, clock) = (self.now, self.limiting_clock(id));
        let class = self.class_mut(id);
        class.marked += class.weight * served;
        (class.marked_at, class.limiter_marked) = (now, clock);
        self.leave_heap(id, before);
        self.refresh_class(id);
    }

    /// Clock of the resource that limits a class now; zero for other limiters.
    fn limiting_clock(&self, id: u32) -> f64 {
        match self.levels.member(id).limiter {
            Limiter::Resource(resource) => self.clocks[resource as usize].read(self.now),
            Limiter::Unsolved | Limiter::Nothing | Limiter::Cap => 0.0,
        }
    }

    pub(super) fn leave_heap(&mut self, class: u32, limiter: Limiter) {
        match limiter {
            Limiter::Unsolved => {}
            Limiter::Nothing => self.unlimited.remove(class, &mut self.class_places),
            Limiter::Cap => self.capped.remove(class, &mut self.class_places),
            Limiter::Resource(resource) => {
                self.clocks[resource as usize].classes.remove(class, &mut self.class_places);
                self.mark_stale(resource);
            }
        }
    }

    /// Puts a class where its next stop belongs among those of its limiter.
    pub(super) fn refresh_class(&mut self, id: u32) {
        let class = &self.classes[id as usize];
        let Some((stop, _)) = class.stops.first() else { return };
        let ahead = (f64::from_bits(stop) - class.marked) / class.weight;
        let member = self.levels.member(id);
        match member.limiter {
            Limiter::Unsolved => {}
            Limiter::Nothing => self.unlimited.set(id, 0, &mut self.class_places),
            Limiter::Cap => {
                let left = ahead - member.cap_level * seconds(self.now, class.marked_at);
                let at = if is_due(key(left), 0.0, member.cap_level) {
                    self.now.as_nanos()
                } else {
                    self.instant_after(left, member.cap_level)
                };
                self.capped.set(id, at, &mut self.class_places);
            }
            Limiter::Resource(resource) => {
                let stop = key(class.limiter_marked + ahead);
                self.clocks[resource as usize].classes.set(id, stop, &mut self.class_places);
                self.mark_stale(resource);
            }
        }
    }

    /// When `left` bytes per unit weight are served at `level` [ns]; the end of time: never.
    fn instant_after(&self, left: f64, level: f64) -> u64 {
        // Up to the next nanosecond, but not for a hundredth of one: that is rounding noise, which `is_due` forgives.
        // Whole numbers by conversion: rounding functions are calls on plain x86-64.
        let nanos = left / level * NANOS_PER_SECOND as f64 - 0.01;
        let whole = nanos as u64;
        let whole = if (whole as f64) < nanos { whole.saturating_add(1) } else { whole };
        (self.now + SimSpan::from_nanos(whole.max(1))).as_nanos()
    }

    fn mark_stale(&mut self, resource: u32) {
        if !std::mem::replace(&mut self.clocks[resource as usize].is_stale, true) {
            self.stale.push(resource);
        }
    }

    /// Writes down when the next flow that a resource limits stops.
    pub(super) fn refresh_next(&mut self, resource: u32) {
        let clock = &mut self.clocks[resource as usize];
        clock.is_stale = false;
        let mut served = clock.read(self.now);
        if served > REBASE_AT {
            self.rebase(resource);
            served = 0.0;
        }
        self.announce(resource, served);
    }

    /// The same where its clock stands at `served`.
    fn announce(&mut self, resource: u32, served: f64) {
        let clock = &self.clocks[resource as usize];
        let at = match clock.classes.first() {
            None => u64::MAX,
            Some((stop, _)) if is_due(stop, served, clock.level) => self.now.as_nanos(),
            Some((stop, _)) if clock.level > 0.0 => self.instant_after(f64::from_bits(stop) - served, clock.level),
            Some(_) => u64::MAX,
        };
        self.next.set(resource, at);
    }

    /// Starts the clock of a resource again where it has run far.
    fn rebase(&mut self, resource: u32) {
        let clock = &mut self.clocks[resource as usize];
        let run = clock.read(self.now);
        (clock.served, clock.at) = (0.0, self.now);
        let mut classes = std::mem::take(&mut clock.classes);
        for &(_, id) in classes.entries() {
            self.class_mut(id).limiter_marked -= run;
        }
        let stop_of = |id: u32| {
            let class = self.class(id);
            let (stop, _) = class.stops.first().expect("classes in heaps have flows");
            key(class.limiter_marked + (f64::from_bits(stop) - class.marked) / class.weight)
        };
        let keys: Vec<u64> = classes.entries().iter().map(|&(_, id)| stop_of(id)).collect();
        classes.rekey(&keys, &mut self.class_places);
        self.clocks[resource as usize].classes = classes;
    }

    /// Brings the mark of a class to now, and its clock back to zero where it has run far; gives the bytes by which it
    /// went back.
    pub(super) fn mark(&mut self, id: u32) -> f64 {
        let (now, clock, limiting) = (self.now, self.clock_of(id), self.limiting_clock(id));
        let class = &mut self.classes[id as usize];
        class.carried += class.stops.len() as f64 * (clock - class.counted);
        (class.marked, class.counted) = (clock, clock);
        (class.marked_at, class.limiter_marked) = (now, limiting);
        if clock <= REBASE_AT {
            return 0.0;
        }
        (class.marked, class.counted) = (0.0, 0.0);
        class.rebased += clock;
        let mut stops = std::mem::take(&mut class.stops);
        for &(_, flow) in stops.entries() {
            self.flow_mut(flow).origin -= clock;
        }
        let keys: Vec<u64> = stops.entries().iter().map(|&(_, flow)| self.flow(flow).stop_key()).collect();
        stops.rekey(&keys, &mut self.flow_places);
        self.class_mut(id).stops = stops;
        clock
    }
}
