//! Names and seeds of runs that stay what they are while the experiment around them grows.
//!
//! A run's id says what was simulated: physics, sweep point, behaviour of the policy, seed. It does not depend on
//! how many replications, policies or sweep points there are beside it, nor on their order or names, nor on what is
//! recorded, so a finished run is found again whatever was added to its experiment.

use std::collections::BTreeMap;

use dapple_records::{SCHEMA_VERSION, SweepPoint};
use dapple_scenarios::Digest;
use dapple_simulator::rng::mix;
use serde::{Deserialize, Serialize};

/// The bits of a seed: numbers below 2^53 are exact in every reader of JSON and Parquet.
const SEED_BITS: u32 = 53;

/// What a policy set does, whatever it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// The set as RON with its defaults, without its name.
    pub policies: String,
    /// What it has learned before: digests of the artefacts that it loads, by their names in the set. No policy loads any
    /// yet.
    pub artefacts: BTreeMap<String, Digest>,
}

impl Behaviour {
    /// Tells it from all others.
    pub fn digest(&self) -> Digest {
        let artefacts = self.artefacts.iter().flat_map(|(name, digest)| [name.clone(), digest.to_string()]);
        Digest::of_parts([self.policies.clone()].into_iter().chain(artefacts))
    }
}

/// The id of a run, 16 hexadecimal digits.
///
/// `physics` is the digest of everything at the sweep point that is neither policy nor seed: a swept field of a policy
/// leaves it alone, so the coordinates count beside it.
///
/// ```
/// use dapple_lab::run_id::run_id;
/// use dapple_scenarios::Digest;
/// let [physics, behaviour] = ["(links: [])", "AlwaysRemote"].map(Digest::of);
/// assert_eq!(run_id(physics, &[], behaviour, 7).len(), 16);
/// assert_ne!(run_id(physics, &[], behaviour, 7), run_id(physics, &[], behaviour, 8));
/// ```
pub fn run_id(physics: Digest, sweep: &[SweepPoint], behaviour: Digest, seed: u64) -> String {
    let mut parts = vec![SCHEMA_VERSION.to_string(), physics.to_string(), behaviour.to_string(), seed.to_string()];
    parts.extend(sweep.iter().flat_map(|point| [point.path.clone(), point.text.clone()]));
    Digest::of_parts(parts).short()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn behaviour(policies: &str, artefacts: &[(&str, &str)]) -> Digest {
        let artefacts = artefacts.iter().map(|&(name, what)| (name.to_owned(), Digest::of(what))).collect();
        Behaviour { policies: policies.into(), artefacts }.digest()
    }

    fn sweep(path: &str, text: &str) -> [SweepPoint; 1] {
        [SweepPoint { path: path.into(), text: text.into(), number: None }]
    }

    #[test]
    fn every_part_of_an_id_counts() {
        let (physics, remote) = (Digest::of("p"), behaviour("remote", &[]));
        let ids = [
            run_id(physics, &[], remote, 7),
            run_id(Digest::of("q"), &[], remote, 7),
            run_id(physics, &[], behaviour("stage-in", &[]), 7),
            run_id(physics, &[], behaviour("remote", &[("weights", "one")]), 7),
            run_id(physics, &[], behaviour("remote", &[("weights", "other")]), 7),
            run_id(physics, &[], remote, 8),
            run_id(physics, &sweep("a", "b"), remote, 7),
            run_id(physics, &sweep("ab", ""), remote, 7),
            run_id(physics, &sweep("", "ab"), remote, 7),
        ];
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }

    #[test]
    fn ids_are_pinned() {
        // A change here makes every finished experiment run again: only with a new schema version.
        let id = run_id(Digest::of("p"), &sweep("a", "b"), behaviour("AlwaysRemote", &[]), 7);
        assert_eq!(id, "b767e77456a7b665");
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
