//! Things that come and go, by their numbers.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use crate::ids::Id;

/// The place of a number whose thing has ended.
const ENDED: u32 = u32::MAX;

/// Things of one kind that have not ended. Their numbers count up and are never used again, so that an id in the
/// results means one thing; the memory of those that have ended is.
///
/// ```text
///   numbers    oldest living .. next    places    4 bytes each, whether it lives or not
///   things     dense, in any order      rows      as many as ever lived at once
/// ```
///
/// Everything but [`Live::iter`] takes constant time. Memory is that of as many things as ever lived at once, and 4 bytes
/// for each number since the oldest that lives.
#[derive(Clone, Debug)]
pub(crate) struct Live<K, T> {
    /// Number of the first place.
    oldest: usize,
    places: VecDeque<u32>,
    rows: Vec<Option<T>>,
    free: Vec<u32>,
    key: PhantomData<K>,
}

impl<K: Id, T> Live<K, T> {
    pub fn new() -> Self {
        Self { oldest: 0, places: VecDeque::new(), rows: Vec::new(), free: Vec::new(), key: PhantomData }
    }

    /// Adds a thing under the next number.
    pub fn push(&mut self, thing: T) -> K {
        let id = K::from_index(self.n_created());
        let place = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            // No more of them than ids of one kind, which are 32 bits.
            self.rows.len() as u32 - 1
        });
        self.rows[place as usize] = Some(thing);
        self.places.push_back(place);
        id
    }

    /// Takes out a thing that has ended.
    pub fn remove(&mut self, id: K) -> Option<T> {
        let at = id.index().checked_sub(self.oldest)?;
        let place = std::mem::replace(self.places.get_mut(at)?, ENDED);
        let thing = self.rows.get_mut(place as usize)?.take()?;
        self.free.push(place);
        while self.places.front() == Some(&ENDED) {
            self.places.pop_front();
            self.oldest += 1;
        }
        Some(thing)
    }

    /// The thing, unless it has ended.
    pub fn get(&self, id: K) -> Option<&T> {
        let place = *self.places.get(id.index().checked_sub(self.oldest)?)?;
        self.rows.get(place as usize)?.as_ref()
    }

    /// The thing, to change, unless it has ended.
    pub fn get_mut(&mut self, id: K) -> Option<&mut T> {
        let place = *self.places.get(id.index().checked_sub(self.oldest)?)?;
        self.rows.get_mut(place as usize)?.as_mut()
    }

    /// How many there have been.
    pub fn n_created(&self) -> usize {
        self.oldest + self.places.len()
    }

    /// Those that have not ended, in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        let numbered = self.places.iter().zip(self.oldest..);
        numbered.filter_map(|(&place, number)| Some((K::from_index(number), self.rows.get(place as usize)?.as_ref()?)))
    }
}

impl<K: Id, T> Index<K> for Live<K, T> {
    type Output = T;

    fn index(&self, id: K) -> &T {
        self.get(id).expect("asked for only while it lives")
    }
}

impl<K: Id, T> IndexMut<K> for Live<K, T> {
    fn index_mut(&mut self, id: K) -> &mut T {
        self.get_mut(id).expect("changed only while it lives")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ids::RequestId;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
        /// Against a map that keeps its own numbers: each step adds a thing, or ends one that lives or has ended.
        #[test]
        fn a_map_by_number_says_the_same(steps in proptest::collection::vec(proptest::option::of(0_usize..60), 0..120)) {
            let (mut live, mut map) = (Live::<RequestId, usize>::new(), BTreeMap::new());
            let (mut most, mut n_pushed) = (0, 0);
            for (nth, step) in steps.into_iter().enumerate() {
                match step {
                    None => {
                        let id = live.push(nth);
                        prop_assert_eq!(id.index(), n_pushed);
                        n_pushed += 1;
                        live[id] += 1;
                        map.insert(id, nth + 1);
                    }
                    Some(number) => {
                        let id = RequestId::from_index(number);
                        prop_assert_eq!(live.remove(id), map.remove(&id));
                    }
                }
                most = most.max(map.len());
                let alive: Vec<_> = live.iter().map(|(id, &thing)| (id, thing)).collect();
                prop_assert_eq!(alive, map.clone().into_iter().collect::<Vec<_>>());
                prop_assert!((0..70).map(RequestId::from_index).all(|id| live.get(id) == map.get(&id)));
                prop_assert_eq!((live.rows.len(), live.n_created()), (most, n_pushed));
                prop_assert!(live.places.front() != Some(&ENDED));
            }
        }
    }
}
