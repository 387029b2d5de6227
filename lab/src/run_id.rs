//! Names and seeds of runs that stay what they are while the experiment around them grows.
//!
//! A run's id says what was simulated: physics, sweep point, behaviour of the policy, seed. It does not depend on
//! how many replications, policies or sweep points there are beside it, nor on their order or names, so a finished run
//! is found again whatever was added to its experiment.

use std::fmt;

use dapple_records::SCHEMA_VERSION;
use dapple_simulator::rng::mix;

/// The bits of a seed: numbers below 2^53 are exact in every reader of JSON and Parquet.
const SEED_BITS: u32 = 53;

/// A 64-bit hash that is the same on every machine and in every version of Rust: FNV-1a over the parts, each with
/// its length, then the finaliser of SplitMix64. Prints as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StableHash(u64);

impl StableHash {
    /// The hash of one text.
    pub fn of(text: &str) -> Self {
        Self::of_parts(&[text])
    }

    /// The hash of some texts; where one ends and the next begins matters.
    pub fn of_parts(parts: &[&str]) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        for part in parts {
            hash = fnv(hash, &(part.len() as u64).to_le_bytes());
            hash = fnv(hash, part.as_bytes());
        }
        Self(mix(hash))
    }
}

impl fmt::Display for StableHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The id of a run.
///
/// `physics` is the hash of everything at the sweep point that is neither policy nor seed, `sweep` the coordinates as
/// (path, value): a swept field of a policy leaves the physics alone. `policy` is the resolved behaviour.
///
/// ```
/// use dapple_lab::run_id::{StableHash, run_id};
/// let physics = StableHash::of("(links: [])");
/// assert_eq!(run_id(physics, &[], "AlwaysRemote", 7).len(), 16);
/// assert_ne!(run_id(physics, &[], "AlwaysRemote", 7), run_id(physics, &[], "AlwaysRemote", 8));
/// ```
pub fn run_id(physics: StableHash, sweep: &[(&str, &str)], policy: &str, seed: u64) -> String {
    let (schema, physics, seed) = (SCHEMA_VERSION.to_string(), physics.to_string(), seed.to_string());
    let mut parts = vec![schema.as_str(), &physics, policy, &seed];
    parts.extend(sweep.iter().flat_map(|&(path, value)| [path, value]));
    StableHash::of_parts(&parts).to_string()
}

/// The seed of a replication, equal for all policies and sweep points, so that they meet the same chance.
///
/// Replication 0 has the scenario's own seed: any replication can be run alone by giving its seed to `--seed`.
/// Further ones are below 2^53.
pub fn replication_seed(seed: u64, replication: u32) -> u64 {
    if replication == 0 {
        return seed;
    }
    let spread = seed.wrapping_add(u64::from(replication).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mix(spread) >> (u64::BITS - SEED_BITS)
}

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_part_of_an_id_counts() {
        let physics = StableHash::of("p");
        let ids = [
            run_id(physics, &[], "remote", 7),
            run_id(StableHash::of("q"), &[], "remote", 7),
            run_id(physics, &[], "stage-in", 7),
            run_id(physics, &[], "remote", 8),
            run_id(physics, &[("a", "b")], "remote", 7),
            run_id(physics, &[("ab", "")], "remote", 7),
            run_id(physics, &[("", "ab")], "remote", 7),
        ];
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn ids_are_pinned() {
        // A change here makes every finished experiment run again: only with a new schema version.
        assert_eq!(fnv(0xcbf2_9ce4_8422_2325, b"foobar"), 0x8594_4171_f739_67e8, "published test vector of FNV-1a");
        assert_eq!(StableHash::of("dapple").to_string(), "79d9236c938dad12");
        assert_eq!(run_id(StableHash::of("p"), &[("a", "b")], "AlwaysRemote", 7), "1d286466d23a22b3");
    }

    #[test]
    fn seeds_are_distinct_and_survive_json_readers() {
        let seeds: BTreeSet<u64> = (0..10_000).map(|replication| replication_seed(7, replication)).collect();
        assert_eq!(seeds.len(), 10_000);
        assert!(seeds.iter().all(|&seed| seed < 1 << SEED_BITS));
        assert_eq!(replication_seed(7, 0), 7);
        assert_ne!(replication_seed(7, 1), replication_seed(8, 1));
        assert_eq!([replication_seed(7, 1), replication_seed(7, 2)], [3_511_274_219_185_729, 151_215_513_962_380]);
    }
}
