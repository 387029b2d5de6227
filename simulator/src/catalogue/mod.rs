//! The catalogue: which data there are, what RSEs are called and said to be, and who may have how much where.
//!
//! ```text
//!   container -- dataset -- file        the namespace: DIDs, which grow and are closed     (namespace)
//!   "tier=1&country=DE"  -> RSEs        what RSEs say of themselves, asked in expressions  (expression)
//!   account -- bytes at RSEs            what an account may lock, and has locked           (quotas)
//! ```
//!
//! It knows names and numbers only. Where a replica is, and what state it is in, is the storage's; who wants it there is the rules'.

pub mod expression;
mod namespace;
mod quotas;
mod words;

pub use expression::{Expression, ExpressionError};
pub(crate) use namespace::{Group, Namespace};
pub use quotas::{Quota, QuotaSettings};
pub(crate) use quotas::{QuotaLeft, Quotas};
pub(crate) use words::{Weight, Words};

use std::collections::BTreeMap;

use crate::ids::{ContainerId, DatasetId, FileId, RseId, Table};
use crate::names::Names;
use crate::topology::Map;

/// The name of data: a file, a set of files, or a set of these sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Did {
    /// A file.
    File(FileId),
    /// A set of files.
    Dataset(DatasetId),
    /// A set of datasets and containers.
    Container(ContainerId),
}

/// What the catalogue has from the start, besides the datasets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogueSetup {
    /// What RSEs say of themselves; an RSE without a row says nothing.
    pub attributes: Table<RseId, BTreeMap<String, String>>,
    /// The containers.
    pub containers: Table<ContainerId, Container>,
}

/// A named group of datasets and of containers.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Name in scenarios.
    pub name: String,
    /// What it holds.
    pub children: Vec<Did>,
}

/// Data, RSEs by what they are, and quotas.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    pub namespace: Namespace,
    pub words: Words,
    pub quotas: Quotas,
}

impl Catalogue {
    /// The catalogue of a run at its start. `datasets`: the first file and the number of files of each, in order.
    pub fn new(
        map: &Map,
        names: &Names,
        setup: &CatalogueSetup,
        datasets: impl Iterator<Item = (FileId, u32)>,
    ) -> Self {
        let mut namespace = Namespace::default();
        for (first, n_files) in datasets {
            namespace.make_dataset(first, n_files, true);
        }
        let containers: Vec<ContainerId> = setup.containers.ids().map(|_| namespace.make_container()).collect();
        for (id, container) in containers.into_iter().zip(setup.containers.values()) {
            for &child in &container.children {
                namespace.attach(id, child);
            }
        }
        let quotas = Quotas::new(names.accounts.len(), map.rses().len());
        Self { namespace, words: Words::new(map, &setup.attributes), quotas }
    }

    /// States the quotas of a scenario. An account that it does not name has none.
    pub fn limit(&mut self, settings: &QuotaSettings, names: &Names) {
        if !settings.local.is_empty() || !settings.global.is_empty() {
            self.quotas.enforce();
        }
        for quota in &settings.local {
            let Some(account) = names.account_of(&quota.account) else { continue };
            let rses = self.words.expression(&quota.rses);
            self.words.rses(rses).iter().for_each(|&rse| self.quotas.limit(account, rse, quota.bytes));
        }
        for quota in &settings.global {
            let Some(account) = names.account_of(&quota.account) else { continue };
            let rses = self.words.expression(&quota.rses);
            self.quotas.limit_together(account, self.words.rses(rses).to_vec(), quota.bytes);
        }
        let admins = settings.admins.iter().filter_map(|name| names.account_of(name));
        admins.for_each(|account| self.quotas.exempt(account));
    }
}
