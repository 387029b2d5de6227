//! A 4-ary heap of numbered things whose keys change.

/// A thing that is in no heap.
const ABSENT: u32 = u32::MAX;

/// Where each thing of a universe stands in the one heap that holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Vec<u32>);

impl Places {
    /// Makes room for thing number `item`, in no heap at first.
    pub fn cover(&mut self, item: u32) {
        if self.0.len() <= item as usize {
            self.0.resize(item as usize + 1, ABSENT);
        }
    }
}

/// A min-heap of (key, thing); equal keys come in order of the things' numbers. Several heaps can share one universe
/// of things, and its [`Places`], as long as each thing is in one of them at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Heap {
    entries: Vec<(u64, u32)>,
}

impl Heap {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Least key and its thing.
    pub fn first(&self) -> Option<(u64, u32)> {
        self.entries.first().copied()
    }

    /// All entries, in no particular order.
    pub fn entries(&self) -> &[(u64, u32)] {
        &self.entries
    }

    /// Adds a thing, or changes its key.
    pub fn set(&mut self, item: u32, key: u64, places: &mut Places) {
        let place = places.0[item as usize];
        let index = if place == ABSENT {
            self.entries.push((key, item));
            self.entries.len() - 1
        } else {
            self.entries[place as usize].0 = key;
            place as usize
        };
        let index = self.sift_up(index, places);
        self.sift_down(index, places);
    }

    /// Takes a thing out; nothing happens where it is in no heap.
    pub fn remove(&mut self, item: u32, places: &mut Places) {
        let place = std::mem::replace(&mut places.0[item as usize], ABSENT);
        if place == ABSENT {
            return;
        }
        let index = place as usize;
        let last = self.entries.pop().expect("it holds the thing");
        if index < self.entries.len() {
            self.entries[index] = last;
            let index = self.sift_up(index, places);
            self.sift_down(index, places);
        }
    }

    /// Changes all keys to those given in the order of [`Heap::entries`].
    pub fn rekey(&mut self, keys: &[u64], places: &mut Places) {
        for (entry, &key) in self.entries.iter_mut().zip(keys) {
            entry.0 = key;
        }
        for index in 0..self.entries.len() {
            self.sift_up(index, places);
        }
    }

    /// Visits, in no particular order, the things whose keys are at most `last`.
    pub fn for_each_until(&self, last: u64, visit: &mut impl FnMut(u32)) {
        self.visit_below(0, last, visit);
    }

    fn visit_below(&self, index: usize, last: u64, visit: &mut impl FnMut(u32)) {
        if let Some(&(_, item)) = self.entries.get(index).filter(|(key, _)| *key <= last) {
            visit(item);
            for child in 4 * index + 1..4 * index + 5 {
                self.visit_below(child, last, visit);
            }
        }
    }

    fn sift_up(&mut self, mut index: usize, places: &mut Places) -> usize {
        let entry = self.entries[index];
        while index > 0 {
            let parent = (index - 1) / 4;
            if self.entries[parent] <= entry {
                break;
            }
            self.put(index, self.entries[parent], places);
            index = parent;
        }
        self.put(index, entry, places);
        index
    }

    fn sift_down(&mut self, mut index: usize, places: &mut Places) {
        let entry = self.entries[index];
        loop {
            let children = 4 * index + 1..(4 * index + 5).min(self.entries.len());
            let Some(least) = children.min_by_key(|&child| self.entries[child]) else { break };
            if entry <= self.entries[least] {
                break;
            }
            self.put(index, self.entries[least], places);
            index = least;
        }
        self.put(index, entry, places);
    }

    fn put(&mut self, index: usize, entry: (u64, u32), places: &mut Places) {
        self.entries[index] = entry;
        places.0[entry.1 as usize] = index as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_a_sorted_set(steps in proptest::collection::vec((0u32..20, proptest::option::of(0u64..50)), 1..200)) {
            let (mut heap, mut places, mut twin) = (Heap::default(), Places::default(), std::collections::BTreeMap::new());
            places.cover(19);
            for (item, key) in steps {
                match key {
                    Some(key) => { heap.set(item, key, &mut places); twin.insert(item, key); }
                    None => { heap.remove(item, &mut places); twin.remove(&item); }
                }
                let least = twin.iter().map(|(&item, &key)| (key, item)).min();
                prop_assert_eq!(heap.first(), least);
                prop_assert_eq!(heap.len(), twin.len());
            }
        }
    }
}
