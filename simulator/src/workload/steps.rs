//! What persons do to data and rules, step by step: a script, as for an exercise or an incident.

use crate::ids::{ContainerId, DatasetId, RseId};
use crate::rules::RuleTemplate;
use crate::units::{SimSpan, SimTime};
use crate::workload::Distribution;

/// One thing that somebody does to data or rules.
#[derive(Clone, Debug, PartialEq)]
pub struct DataStep {
    /// When.
    pub at: SimTime,
    /// What.
    pub does: Deed,
}

/// What somebody does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Asks for a rule.
    Rule {
        /// On what.
        on: Data,
        /// Whose it is.
        account: String,
        /// The rule.
        rule: Box<RuleTemplate>,
    },
    /// Deletes all rules of an account on some data.
    DeleteRules {
        /// On what.
        on: Data,
        /// Whose rules.
        account: String,
    },
    /// Makes a dataset.
    Make {
        /// Its first files.
        files: Files,
        /// How long it is kept; `None`: for ever.
        lifetime: Option<SimSpan>,
    },
    /// Adds files to a dataset that is open.
    Grow {
        /// The dataset.
        dataset: Data,
        /// The files.
        files: Files,
    },
    /// Closes a dataset.
    Close {
        /// The dataset.
        dataset: Data,
    },
    /// Finds that a replica is corrupt or lost.
    DeclareBad {
        /// The dataset.
        dataset: DatasetId,
        /// Which of its files.
        nth: u32,
        /// Where.
        rse: RseId,
    },
}

/// New files at an RSE.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// Where they lie; they take no space there.
    pub rse: RseId,
    /// How many.
    pub files: u32,
    /// Their sizes, in bytes.
    pub size: Distribution,
}

/// Data that a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// A file of a dataset that exists from the start.
    File(DatasetId, u32),
    /// A dataset that exists from the start.
    Dataset(DatasetId),
    /// A container.
    Container(ContainerId),
    /// The nth dataset that this workload has made, from 0.
    Made(u32),
}
