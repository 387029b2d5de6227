//! At which RSEs a rule puts its copies.
//!
//! Rucio's selector: RSEs that already hold part of the block come first, the others are drawn by weight without replacement; an
//! RSE with too little quota or space is none. Draws are keyed by the rule, the block and the number of the copy.

use rand::RngExt;
use smallvec::SmallVec;

use crate::catalogue::QuotaLeft;
use crate::facts::RuleError;
use crate::ids::RseId;
use crate::rng::{Purpose, keyed};
use crate::units::Bytes;

/// The RSEs that a rule may use, and what is left there while it is applied.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    candidates: Vec<Candidate>,
    copies: usize,
    /// Of the run, and of the rule.
    keys: (u64, u64),
}

/// One RSE that a rule may use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub rse: RseId,
    /// Its part of what is drawn; finite, not negative.
    pub weight: f64,
    pub quota: QuotaLeft,
    /// Bytes that it may still hold for rules; `None`: no limit is set.
    pub space_left: Option<i128>,
}

/// A block to be placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placing<'a> {
    /// The block's key.
    pub key: u64,
    pub bytes: Bytes,
    /// Copies of it; `None`: those of the rule.
    pub copies: Option<usize>,
    /// Bytes of it at RSEs.
    pub there: &'a [(RseId, Bytes)],
    pub preferred: Preferred<'a>,
    /// RSEs that it must not go to.
    pub barred: &'a [RseId],
}

/// Which RSEs come before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preferred<'a> {
    /// The first of these that is allowed.
    First(&'a [RseId]),
    /// One of these, drawn by weight.
    Any(&'a [RseId]),
}

/// What is chosen from: the decision, apart from what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice<'a> {
    /// How many RSEs, at most as many as are allowed.
    pub copies: usize,
    /// RSEs with their weights, none with too little quota or space.
    pub allowed: SmallVec<[(RseId, f64); 8]>,
    pub preferred: Preferred<'a>,
}

impl Selector {
    /// The RSEs with quota left. `keys`: seed of the run, key of the rule.
    pub fn new(candidates: Vec<Candidate>, copies: usize, keys: (u64, u64)) -> Result<Self, RuleError> {
        if candidates.len() < copies {
            return Err(RuleError::InsufficientTargets);
        }
        let candidates: Vec<Candidate> = candidates.into_iter().filter(Candidate::has_quota).collect();
        if candidates.len() < copies {
            return Err(RuleError::InsufficientQuota);
        }
        Ok(Self { candidates, copies, keys })
    }

    /// The RSEs with quota left.
    pub fn rses(&self) -> impl Iterator<Item = RseId> {
        self.candidates.iter().map(|candidate| candidate.rse)
    }

    /// The RSEs of a block, which take their part of the quotas.
    pub fn select(&mut self, placing: &Placing<'_>) -> Result<SmallVec<[RseId; 2]>, RuleError> {
        let copies = placing.copies.unwrap_or(self.copies);
        let (seed, rule) = self.keys;
        let choice = Choice { copies, allowed: self.allowed(placing, copies)?, preferred: placing.preferred };
        let chosen = choose(&choice, |nth| keyed(seed, Purpose::RseChoice, [rule, placing.key, nth]).random());
        for candidate in self.candidates.iter_mut().filter(|candidate| chosen.contains(&candidate.rse)) {
            candidate.take(placing.bytes);
        }
        Ok(chosen)
    }

    /// The full size counts against quotas even where the data are there; against space only what is missing does.
    fn allowed(&self, placing: &Placing<'_>, copies: usize) -> Result<SmallVec<[(RseId, f64); 8]>, RuleError> {
        let enough = |n: usize, error| if n < copies { Err(error) } else { Ok(()) };
        let mut allowed: SmallVec<[&Candidate; 8]> = self.candidates.iter().collect();
        allowed.retain(|candidate| !placing.barred.contains(&candidate.rse));
        enough(allowed.len(), RuleError::InsufficientTargets)?;
        allowed.retain(|candidate| candidate.has_space(placing));
        enough(allowed.len(), RuleError::RseOverQuota)?;
        allowed.retain(|candidate| candidate.fits(placing.bytes));
        enough(allowed.len(), RuleError::InsufficientQuota)?;
        Ok(allowed.into_iter().map(|candidate| (candidate.rse, candidate.weight)).collect())
    }
}

/// The rule of Rucio: preferred RSEs first, then by weight, none twice. `draw`: a number from 0 to 1 for the nth copy.
pub(crate) fn choose(choice: &Choice<'_>, draw: impl Fn(u64) -> f64) -> SmallVec<[RseId; 2]> {
    let mut left = choice.allowed.clone();
    let mut chosen = SmallVec::new();
    for nth in 0..choice.copies as u64 {
        let of =
            |list: &[RseId]| left.iter().filter(|(rse, _)| list.contains(rse)).copied().collect::<SmallVec<[_; 8]>>();
        let rse = match choice.preferred {
            Preferred::First(list) => list.iter().copied().find(|rse| left.iter().any(|(other, _)| other == rse)),
            Preferred::Any(list) => by_weight(&of(list), || draw(nth)),
        };
        let Some(rse) = rse.or_else(|| by_weight(&left, || draw(nth))) else { break };
        left.retain(|(other, _)| *other != rse);
        chosen.push(rse);
    }
    chosen
}

/// One of several by weight; where all weigh nothing, all are equally likely.
fn by_weight(among: &[(RseId, f64)], draw: impl FnOnce() -> f64) -> Option<RseId> {
    let total: f64 = among.iter().map(|(_, weight)| weight).sum();
    let weight_of = |weight: f64| if total > 0.0 { weight } else { 1.0 };
    let (&(last, _), others) = among.split_last()?;
    if others.is_empty() {
        return Some(last);
    }
    let mut left = draw() * if total > 0.0 { total } else { among.len() as f64 };
    for &(rse, weight) in among {
        left -= weight_of(weight);
        if left < 0.0 {
            return Some(rse);
        }
    }
    // Rounding has left a little.
    Some(among.iter().rev().find(|(_, weight)| *weight > 0.0).map_or(last, |(rse, _)| *rse))
}

impl Candidate {
    fn has_quota(&self) -> bool {
        match &self.quota {
            QuotaLeft::Unlimited => true,
            QuotaLeft::Of { local, global } => *local > 0 && global.iter().all(|left| *left > 0),
        }
    }

    /// Local quota refuses what would leave nothing, a quota over several RSEs does not.
    fn fits(&self, bytes: Bytes) -> bool {
        let bytes = i128::from(bytes.get());
        match &self.quota {
            QuotaLeft::Unlimited => true,
            QuotaLeft::Of { local, global } => *local > bytes && global.iter().all(|left| *left >= bytes),
        }
    }

    fn has_space(&self, placing: &Placing<'_>) -> bool {
        let there = placing.there.iter().find(|(rse, _)| *rse == self.rse).map_or(0, |(_, bytes)| bytes.get());
        let missing = i128::from(placing.bytes.get()) - i128::from(there);
        self.space_left.is_none_or(|left| left >= missing)
    }

    /// Each RSE keeps quotas over several RSEs for itself meanwhile, as in the real service.
    fn take(&mut self, bytes: Bytes) {
        if let QuotaLeft::Of { local, global } = &mut self.quota {
            *local -= i128::from(bytes.get());
            global.iter_mut().for_each(|left| *left -= i128::from(bytes.get()));
        }
    }
}

#[cfg(test)]
mod tests;
