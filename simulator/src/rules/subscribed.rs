//! A subscription as the transmogrifier has it.

use crate::catalogue::Words;
use crate::ids::{AccountId, Id, WorkloadId};
use crate::names::Names;
use crate::rules::Subscription;
use crate::rules::new::Template;

/// A subscription, its names resolved.
#[derive(Clone, Debug)]
pub(super) struct Subscribed {
    /// Whose datasets; `None`: all.
    pub of: Option<WorkloadId>,
    pub account: AccountId,
    pub rules: Vec<Template>,
}

impl Subscribed {
    pub fn new(of: &Subscription, (names, workloads): (&Names, &[&str]), words: &mut Words) -> Self {
        let workload = of.workload.as_deref().map(|name| workloads.iter().position(|known| *known == name));
        Self {
            // A workload that nobody has makes no datasets.
            of: workload.map(|found| WorkloadId::from_index(found.unwrap_or(workloads.len()))),
            account: names.account_of(&of.account).unwrap_or(names.account()),
            rules: of.rules.iter().map(|rule| Template::new(rule, names, words)).collect(),
        }
    }
}
