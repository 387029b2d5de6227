//! Who is in which class: flows come, go, and change class with the number of their siblings.

use crate::ids::Id;
use crate::network::flows::readers::Seen;
use crate::network::flows::{Carried, Class, ClassKey, Network, RouteId, Share, WeightKey, number};
use crate::network::heap::Heap;
use crate::network::levels::{Limiter, Member};
use crate::network::resource::thread_weight;
use crate::network::{Capacity, ResourceId};
use crate::units::Rate;

impl<T: Copy> Network<T> {
    /// Bytes moved so far by the process of a thread, and by all processes over its pair.
    pub(super) fn traffic_around(&self, share: Share) -> (f64, f64) {
        let Share::Thread { pair, process } = share else { return (0.0, 0.0) };
        let state = &self.processes[&(pair, process)];
        // A thread that has not entered a class yet has moved nothing.
        let moving = state.flows.iter().filter_map(|&flow| self.flows[flow as usize].as_ref());
        let moved: f64 = moving.map(|flow| self.clock_of(flow.class) - flow.origin).sum();
        (state.settled + moved, self.carried(pair))
    }

    /// Adds a thread to its process and moves its siblings to the class of one more.
    pub(super) fn join_process(&mut self, pair: ResourceId, process: u64, flow: u32) -> u32 {
        let flows = &mut self.processes.entry((pair, process)).or_default().flows;
        flows.push(flow);
        self.regroup(pair, process)
    }

    /// Moves all threads of a process to the class of their number, which is returned.
    fn regroup(&mut self, pair: ResourceId, process: u64) -> u32 {
        let of_process = self.processes.get_mut(&(pair, process)).expect("asked for one that is there");
        let flows = std::mem::take(&mut of_process.flows);
        let siblings = u32::try_from(flows.len()).unwrap_or(u32::MAX);
        for &index in &flows {
            let Some(flow) = self.flows[index as usize].as_ref() else { continue };
            let (old, moved) = (flow.class, self.clock_of(flow.class) - flow.origin);
            let key = key_of(self.class(old).key.route, flow.share, flow.cap, siblings);
            if key != self.class(old).key {
                self.leave_class(index);
                let class = self.class_of(key);
                let origin = self.clock_of(class) - moved;
                let flow = self.flow_mut(index);
                (flow.class, flow.origin) = (class, origin);
                self.enter_class(index, class);
            }
        }
        self.processes.get_mut(&(pair, process)).expect("just seen").flows = flows;
        siblings
    }

    pub(super) fn class_of(&mut self, key: ClassKey) -> u32 {
        if let Some(&class) = self.class_ids.get(&key) {
            return class;
        }
        let index = self.free_classes.pop().unwrap_or_else(|| {
            let stops = Heap::default();
            let (weight, cap, marked_at) = (1.0, 0.0, self.now);
            let (marked, limiter_marked, carried, counted, rebased) = (0.0, 0.0, 0.0, 0.0, 0.0);
            let class = Class { key, weight, cap, marked, marked_at, limiter_marked, carried, counted, rebased, stops };
            self.classes.push(class);
            self.class_places.cover(number(self.classes.len() - 1));
            number(self.classes.len() - 1)
        });
        let (weight, cap) = (self.weight_of(key.weight), self.cap_of(&key));
        let class = &mut self.classes[index as usize];
        (class.key, class.weight, class.cap, class.marked_at) = (key, weight, cap, self.now);
        (class.marked, class.limiter_marked, class.carried, class.counted) = (0.0, 0.0, 0.0, 0.0);
        class.rebased = 0.0;
        self.class_ids.insert(key, index);
        index
    }

    fn weight_of(&self, weight: WeightKey) -> f64 {
        match weight {
            WeightKey::Streams(n) => f64::from(n),
            WeightKey::Thread { pair, siblings } => match &self.resources[pair.index()].capacity {
                Capacity::Access(law) => thread_weight(law.at(self.now), siblings),
                // A pair is an access law; should it not be one, its threads share equally.
                Capacity::Wire(_) | Capacity::PerFlow(_) | Capacity::Curve(_) => 1.0,
            },
        }
    }

    /// The most that a flow may take now, of its own accord and by the wires without contention on its route [B/s].
    fn cap_of(&self, key: &ClassKey) -> f64 {
        let caps =
            self.routes[key.route.index()].per_flow.iter().filter_map(|id| self.resources[id.index()].cap(self.now));
        caps.map(Rate::as_bytes_per_s).fold(f64::from_bits(key.cap), f64::min)
    }

    /// Gives a class the weight and the cap that it has now.
    pub(super) fn weigh(&mut self, id: u32) {
        self.mark(id);
        let key = &self.class(id).key;
        let (weight, cap) = (self.weight_of(key.weight), self.cap_of(key));
        let class = self.class_mut(id);
        (class.weight, class.cap) = (weight, cap);
        let flows = class.stops.len() as f64;
        self.levels.set_flows(id, flows, weight, cap / weight);
        self.refresh_class(id);
    }

    pub(super) fn enter_class(&mut self, flow: u32, id: u32) {
        let is_new = self.class(id).stops.is_empty();
        if !is_new {
            // This flow is not among those whose origins the mark moves.
            let back = self.mark(id);
            self.flow_mut(flow).origin -= back;
        }
        let stop = self.flow(flow).stop_key();
        let class = &mut self.classes[id as usize];
        class.stops.set(flow, stop, &mut self.flow_places);
        let (flows, weight, cap) = (class.stops.len() as f64, class.weight, class.cap);
        if is_new {
            let route = &self.routes[class.key.route.index()];
            for resource in &route.per_flow {
                self.resources[resource.index()].classes.insert(id);
            }
            let path = route.path;
            let member = Member { flows, weight, cap_level: cap / weight, limiter: Limiter::Unsolved };
            self.levels.add_class(id, path, member);
        } else {
            self.levels.set_flows(id, flows, weight, cap / weight);
            self.refresh_class(id);
        }
    }

    fn leave_class(&mut self, flow: u32) {
        let id = self.flow(flow).class;
        self.mark(id);
        let class = &mut self.classes[id as usize];
        class.stops.remove(flow, &mut self.flow_places);
        let (flows, weight, cap) = (class.stops.len() as f64, class.weight, class.cap);
        if class.stops.is_empty() {
            let limiter = self.levels.member(id).limiter;
            self.leave_heap(id, limiter);
            self.levels.remove_class(id);
            let gone = &self.classes[id as usize];
            self.moved += gone.carried;
            for resource in &self.routes[gone.key.route.index()].resources {
                let resource = &mut self.resources[resource.index()];
                resource.carried += gone.carried;
                resource.classes.remove(&id);
            }
            self.class_ids.remove(&gone.key);
            self.free_classes.push(id);
        } else {
            self.levels.set_flows(id, flows, weight, cap / weight);
            self.refresh_class(id);
        }
    }

    /// Counts a read without a law in.
    pub(super) fn joined(&mut self, share: Share, class: u32) -> Option<Seen> {
        let Share::Reader { readers, process } = share else { return None };
        Some(self.readers.join((readers, process), self.run_of(class)))
    }

    /// Takes a flow out; tells what moved around a read without a law.
    pub(super) fn remove(&mut self, index: u32) -> Option<Carried> {
        let flow = self.flow(index);
        let (seen, run) = (flow.seen, self.run_of(flow.class));
        let (share, route) = (flow.share, self.class(flow.class).key.route);
        let moved = (self.clock_of(flow.class) - flow.origin).clamp(0.0, flow.bytes);
        self.leave_class(index);
        self.flows[index as usize] = None;
        self.n_ended += 1;
        self.free.push(index);
        self.count_streams(route, |count| *count -= u64::from(streams(share)));
        if let Share::Thread { pair, process } = share {
            let state = self.processes.get_mut(&(pair, process)).expect("its thread was in it");
            state.flows.retain(|flow| *flow != index);
            state.settled += moved;
            if state.flows.is_empty() {
                self.processes.remove(&(pair, process));
            } else {
                self.regroup(pair, process);
            }
        }
        let Share::Reader { readers, process } = share else { return None };
        seen.map(|seen| self.readers.leave((readers, process), seen, (run, moved)))
    }

    pub(super) fn count_streams(&mut self, route: RouteId, count: impl Fn(&mut u64)) {
        for id in &self.routes[route.index()].resources {
            let resource = &mut self.resources[id.index()];
            count(&mut resource.streams);
            if let Capacity::Curve(_) = resource.capacity {
                self.levels.set_equation(number(id.index()), resource.equation(self.now));
            }
        }
    }
}

pub(super) fn key_of(route: RouteId, share: Share, cap: Rate, siblings: u32) -> ClassKey {
    let weight = match share {
        Share::Streams(n) => WeightKey::Streams(n.max(1)),
        Share::Reader { .. } => WeightKey::Streams(1),
        Share::Thread { pair, .. } => WeightKey::Thread { pair, siblings },
    };
    ClassKey { route, weight, cap: cap.as_bytes_per_s().to_bits() }
}

pub(super) fn streams(share: Share) -> u32 {
    match share {
        Share::Streams(n) => n.max(1),
        Share::Thread { .. } | Share::Reader { .. } => 1,
    }
}
