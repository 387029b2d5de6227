//! Rules and datasets that arrive one by one.
//!
//! ```text
//!   arrival --> what it is for (activity), what it is on: a dataset that exists, by popularity, or a fresh one
//!                 fresh: at a source drawn by weight, its number of files by a law (RuleSize)
//!           --> where to: an RSE expression, or one RSE drawn by weight, another one than the source
//! ```
//!
//! Drawing both ends by weights is a gravity law: a pair of RSEs gets traffic in proportion to the product of what goes out of
//! one and what comes into the other (the second drawn among the others than the first). So a grid needs a line for each RSE
//! and none for each pair.

use crate::catalogue::Did;
use crate::ids::{AccountId, ActivityId, RseId};
use crate::rules::RuleTemplate;
use crate::units::SimSpan;
use crate::workload::{Arrivals, Distribution, RuleSize, Shares};

/// Rules that arrive one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleStream {
    /// When they are asked for.
    pub arrivals: Arrivals,
    /// Whose they are.
    pub account: AccountId,
    /// What they are for.
    pub activities: Shares<ActivityId>,
    /// What they are on.
    pub data: RuleData,
    /// Where to, one RSE drawn for each; `None`: the RSE expression of `rule`.
    pub targets: Option<Shares<RseId>>,
    /// All else.
    pub rule: RuleTemplate,
}

/// What a rule is on.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleData {
    /// Data that exist from the start.
    Existing(Shares<Did>),
    /// A dataset of its own, made when the rule is asked for.
    Fresh {
        /// Where its files lie.
        sources: Shares<RseId>,
        /// How many.
        files: RuleSize,
        /// Their sizes, in bytes.
        size: Distribution,
    },
}

/// Files that arrive one by one at an RSE, so many in a dataset: a detector, whose data subscriptions send out.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetStream {
    /// When the files arrive.
    pub arrivals: Arrivals,
    /// Where they lie; they take no space there.
    pub rse: RseId,
    /// Files in a dataset, at least one; with the last it is closed.
    pub files: u32,
    /// Their sizes, in bytes.
    pub size: Distribution,
    /// How long a dataset is kept; `None`: for ever.
    pub lifetime: Option<SimSpan>,
}
