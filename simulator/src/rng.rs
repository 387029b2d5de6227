//! Random numbers keyed by the thing they are drawn for.
//!
//! With one shared generator a single extra draw in one policy moves every later arrival, and "A beats B" is
//! noise. Here each thing that needs chance gets a generator of its own, [`keyed`] by (seed, purpose, thing):
//! whatever else happens, job 17 of workload `production` always has the same size. Workloads and datasets count by their
//! names ([`keys_of`]), not by their places in a scenario, so one that is written in front of others moves no draw of theirs.
//! Algorithm: Xoshiro256++, its state filled by SplitMix64 from a hash of the key; both are fixed by their papers, so results
//! survive upgrades.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The generator behind every draw of a run.
pub type SimRng = Xoshiro256PlusPlus;

/// The generator that a policy is handed, keyed by its decision.
pub type PolicyRng = SimRng;

/// What a draw is for. The number is part of the key: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Gaps between arrivals of a workload; thing: workload, nth arrival.
    Arrival = 1,
    /// Sizes of generated files; thing: dataset or workload, nth file.
    FileSize = 2,
    /// Which files a job reads; thing: workload, nth job.
    InputChoice = 3,
    /// Compute demand of a job; thing: workload, nth job.
    Compute = 4,
    /// Order of a campaign's steps; thing: workload.
    CampaignOrder = 5,
    /// Destination of a generated transfer; thing: workload, nth transfer.
    Destination = 6,
    /// Where initial replicas sit; thing: dataset.
    InitialReplica = 7,
    /// A policy's own randomness; thing: kind of decision, the job's key, nth input.
    Policy = 8,
    /// Whether a sampled table keeps a row; thing: table, row.
    RowSample = 9,
    /// Order of the rows of a log that have the same time; thing: row.
    RowOrder = 10,
    /// The VO that a link of FTS serves; thing: node, nth grid point, link.
    VoLottery = 20,
    /// The activities that the slots of a link go to; thing: node, nth grid point, link.
    ActivityLottery = 21,
    /// The node of FTS that starts a file; thing: link, nth file or job on it.
    Shard = 22,
    /// Phase of a clock of an FTS node; thing: node, clock.
    NodePhase = 23,
    /// How long an FTS node takes to start a process; thing: link, nth file on it, attempt.
    ProcessStart = 24,
    /// When FTS's optimiser runs first; thing: 0.
    OptimizerPhase = 25,
    /// Whether and where a copy fails; thing: file or traffic, destination, nth try, rule of failure.
    CopyFails = 30,
    /// When a daemon for tape first looks; thing: which.
    StagingPhase = 32,
    /// When bad hours begin and end; thing: rule of failure, whom they are of.
    BadHours = 31,
    /// At which RSE a rule puts a copy; thing: the rule's key, the block's key, nth copy.
    RseChoice = 50,
    /// When a worker of a daemon first runs; thing: name of the daemon, worker.
    DaemonPhase = 40,
    /// Order of equal sources; thing: file, destination, submissions before, source.
    SourceTie = 41,
    /// What goes wrong with handing a request to FTS; thing: file or traffic, destination, submissions before.
    Submission = 42,
    /// Order in which the reaper looks at RSEs; thing: worker, nth pass.
    ReaperOrder = 60,
    /// Lengths of bursts of arrivals and of the gaps between them; thing: workload, nth of both.
    Burst = 70,
    /// What a rule is for; thing: workload, nth rule.
    Activity = 71,
    /// How many files a rule asks for; thing: workload, nth rule.
    RuleSize = 72,
    /// Where the data of a rule are; thing: workload, nth rule.
    Origin = 73,
}

/// A generator for one thing: the same (seed, purpose, thing) always draws the same numbers.
///
/// ```
/// use dapple_simulator::rng::{keyed, Purpose};
/// use rand::RngExt;
/// let mut one = keyed(7, Purpose::FileSize, [3, 14]);
/// let mut same = keyed(7, Purpose::FileSize, [3, 14]);
/// assert_eq!(one.random::<u64>(), same.random::<u64>());
/// ```
pub fn keyed<const N: usize>(seed: u64, purpose: Purpose, thing: [u64; N]) -> SimRng {
    let mut hash = mix(seed ^ 0x6461_7070_6c65_2031);
    hash = mix(hash ^ purpose as u64);
    for part in thing {
        hash = mix(hash.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ part);
    }
    SimRng::seed_from_u64(hash)
}

/// Keys of things that have names, in their order: the hash of the name (FNV-1a, 64 bits). A name that came before, which no
/// scenario has but a setup made by hand may, gets another key each time.
///
/// ```
/// use dapple_simulator::rng::keys_of;
/// let keys: Vec<u64> = keys_of(["analysis", "production"]).collect();
/// assert_eq!(keys_of(["new", "production"]).nth(1), Some(keys[1]));
/// ```
pub fn keys_of<'a>(names: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = u64> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    names.into_iter().map(move |name| {
        let before = seen.entry(name).or_default();
        *before += 1;
        match *before {
            1 => hash_of(name),
            nth => combined(hash_of(name), nth),
        }
    })
}

/// The key of the nth part of a thing with a key.
pub(crate) fn combined(key: u64, nth: u64) -> u64 {
    mix(key.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ mix(nth))
}

fn hash_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Finaliser of SplitMix64: a bijection in which every input bit reaches every output bit.
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn streams_of_different_things_differ() {
        let draw = |seed, purpose, thing: [u64; 2]| keyed(seed, purpose, thing).random::<u64>();
        let base = draw(1, Purpose::Arrival, [0, 0]);
        assert_ne!(base, draw(2, Purpose::Arrival, [0, 0]));
        assert_ne!(base, draw(1, Purpose::FileSize, [0, 0]));
        assert_ne!(base, draw(1, Purpose::Arrival, [1, 0]));
        assert_ne!(base, draw(1, Purpose::Arrival, [0, 1]));
        assert_eq!(base, draw(1, Purpose::Arrival, [0, 0]));
    }

    #[test]
    fn names_have_keys_of_their_own_wherever_they_stand() {
        let keys = |names: &[&str]| keys_of(names.iter().copied()).collect::<Vec<_>>();
        // The first two are published values of FNV-1a.
        assert_eq!(keys(&["", "foobar"]), [0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8]);
        assert_eq!(keys(&["a", "b"])[1], keys(&["b"])[0]);
        let [one, two, three] = keys(&["a", "a", "a"])[..] else { panic!("three keys") };
        assert!(one != two && two != three && one != three);
    }

    #[test]
    fn values_are_pinned() {
        // Worked out apart from this code, from the published SplitMix64 and Xoshiro256++. A change here changes
        // every result of every scenario.
        let mut rng = keyed(7, Purpose::FileSize, [3, 14]);
        assert_eq!(rng.random::<u64>(), 0x8b382d48d3455514);
        assert_eq!(rng.random::<u64>(), 0x2a9424fa9dcec1ea);
    }
}
