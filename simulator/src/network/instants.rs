//! When each thing of a universe is due: a flat list with the least instant of each block.
//!
//! After a solution a good part of all resources has a new instant, and only the least of all is wanted. Keeping a heap
//! in order would cost more than to write the instants down and look through them.

/// Instants in one block.
const BLOCK: usize = 64;

/// Instants of numbered things; [`u64::MAX`]: never.
#[derive(Clone, Debug, Default)]
pub(super) struct Instants {
    at: Vec<u64>,
    least: Vec<u64>,
    is_stale: Vec<bool>,
    stale: Vec<u32>,
}

impl Instants {
    /// Makes room for one more thing, which is never due.
    pub fn push(&mut self) {
        if self.at.len().is_multiple_of(BLOCK) {
            self.least.push(u64::MAX);
            self.is_stale.push(false);
        }
        self.at.push(u64::MAX);
    }

    /// Says when a thing is due.
    pub fn set(&mut self, item: u32, at: u64) {
        let before = std::mem::replace(&mut self.at[item as usize], at);
        let block = item as usize / BLOCK;
        if at <= self.least[block] {
            self.least[block] = at;
        } else if before == self.least[block] && !std::mem::replace(&mut self.is_stale[block], true) {
            self.stale.push(block as u32);
        }
    }

    /// The least instant; `None` where nothing is ever due.
    pub fn first(&mut self) -> Option<u64> {
        while let Some(block) = self.stale.pop() {
            let block = block as usize;
            self.is_stale[block] = false;
            self.least[block] = least(&self.at[block * BLOCK..self.at.len().min((block + 1) * BLOCK)]);
        }
        Some(least(&self.least)).filter(|&at| at != u64::MAX)
    }

    /// Visits the things that are due by `last`, in their order.
    pub fn for_each_until(&self, last: u64, visit: &mut impl FnMut(u32)) {
        // A stale minimum is too small, never too large.
        for (block, _) in self.least.iter().enumerate().filter(|(_, least)| **least <= last) {
            let items = self.at.iter().enumerate().skip(block * BLOCK).take(BLOCK);
            items.filter(|(_, at)| **at <= last).for_each(|(item, _)| visit(item as u32));
        }
    }
}

fn least(instants: &[u64]) -> u64 {
    instants.iter().copied().fold(u64::MAX, u64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_a_plain_list(
            steps in proptest::collection::vec((0u32..200, proptest::option::of(0u64..50), any::<bool>()), 1..300),
        ) {
            let (mut instants, mut twin) = (Instants::default(), [u64::MAX; 200]);
            (0..200).for_each(|_| instants.push());
            for (item, at, asks) in steps {
                let at = at.unwrap_or(u64::MAX);
                instants.set(item, at);
                twin[item as usize] = at;
                if asks {
                    prop_assert_eq!(instants.first().unwrap_or(u64::MAX), *twin.iter().min().expect("200 things"));
                }
                let mut due = Vec::new();
                instants.for_each_until(20, &mut |item| due.push(item));
                let expected: Vec<u32> = (0..200).filter(|&item| twin[item as usize] <= 20).collect();
                prop_assert_eq!(due, expected);
            }
        }
    }
}
