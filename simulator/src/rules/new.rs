//! What is asked for.

use crate::catalogue::{Did, Words};
use crate::ids::{AccountId, ActivityId, DatasetId, ExpressionId, FileId, RseId, VoId, WeightId, WorkloadId};
use crate::names::Names;
use crate::rules::{Copies, Grouping, RuleTemplate};
use crate::units::SimSpan;

/// A dataset that a workload has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NewDataset {
    pub dataset: DatasetId,
    pub workload: WorkloadId,
    /// What is drawn for it hangs on this.
    pub key: u64,
}

/// A rule as it is asked for: names resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NewRule {
    /// The workload that asks for it.
    pub workload: WorkloadId,
    /// What is drawn for it hangs on this.
    pub key: u64,
    pub account: AccountId,
    pub did: Did,
    pub copies: Copies,
    /// RSEs that it may use.
    pub rses: ExpressionId,
    pub grouping: Grouping,
    pub weight: Option<WeightId>,
    /// How long it holds; `None`: for ever.
    pub lifetime: Option<SimSpan>,
    pub vo: VoId,
    pub activity: ActivityId,
    /// 1 to 5.
    pub priority: u8,
    /// RSEs that its files may come from; `None`: any.
    pub sources: Option<ExpressionId>,
    /// Whether its replicas are obsolete once it is gone.
    pub purges: bool,
    /// How long it waits for consent.
    pub approved_after: Option<SimSpan>,
}

/// What workloads order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// A rule.
    Rule(NewRule),
    /// That all rules of an account on some data go.
    DeleteRules { on: Did, account: AccountId },
    /// That subscriptions look at a dataset, and the undertaker when its time is over.
    Announce { new: NewDataset, lifetime: Option<SimSpan> },
    /// That rules follow data that have changed.
    Follow(Did),
    /// That a replica is corrupt or lost.
    DeclareBad(FileId, RseId),
}

/// A template with its names resolved: all of a rule but whose it is and on what.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    rses: ExpressionId,
    sources: Option<ExpressionId>,
    weight: Option<WeightId>,
    vo: VoId,
    activity: ActivityId,
    of: RuleTemplate,
}

impl Template {
    /// Resolves the names of a template. What no scenario names is the first of its kind.
    pub fn new(of: &RuleTemplate, names: &Names, words: &mut Words) -> Self {
        Self {
            rses: words.expression(&of.rses),
            sources: of.sources.as_deref().map(|text| words.expression(text)),
            weight: of.weight.as_deref().map(|key| words.weight(key)),
            vo: names.vo(),
            activity: names.activity_of(&of.activity),
            of: of.clone(),
        }
    }

    /// Whether it becomes one rule for each copy.
    pub fn is_split(&self) -> bool {
        self.of.split
    }

    /// The rule for some data.
    pub fn rule(&self, did: Did, (workload, key): (WorkloadId, u64), account: AccountId) -> NewRule {
        let RuleTemplate { copies, grouping, lifetime, priority, purge, approved_after, .. } = self.of;
        NewRule {
            workload,
            key,
            account,
            did,
            copies,
            rses: self.rses,
            grouping,
            weight: self.weight,
            lifetime,
            vo: self.vo,
            activity: self.activity,
            // Its range has been checked.
            priority: priority.clamp(1, 5) as u8,
            sources: self.sources,
            purges: purge,
            approved_after,
        }
    }
}
