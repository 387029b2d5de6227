//! Dense ids and the tables they index. Names exist only in scenarios and reports.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A dense id: the position of a thing in its [`Table`].
pub trait Id: Copy + Eq + Ord + fmt::Debug {
    /// The id of the thing at `index`.
    ///
    /// # Panics
    /// From 2^32 things of one kind on.
    fn from_index(index: usize) -> Self;
    /// The position in the table.
    fn index(self) -> usize;
}

/// Declares dense `u32` ids, so that a [`Table`] of links cannot be indexed by an RSE.
macro_rules! entity_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $crate::ids::Id for $name {
            fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("fewer than 2^32 things of one kind"))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
pub(crate) use entity_id;

entity_id! {
    /// A computing centre.
    SiteId;
    /// A storage element.
    RseId;
    /// A directed wire between two sites.
    LinkId;
    /// A data transfer node in front of one or more RSEs.
    DtnId;
    /// A group of equal worker nodes at one site.
    PoolId;
    /// A storage host: what FTS knows a group of RSEs by.
    HostId;
    /// A dataset: a named group of files.
    DatasetId;
    /// A container: a named group of datasets.
    ContainerId;
    /// A file (a DID of the lowest level).
    FileId;
    /// An entry of the scenario's workload.
    WorkloadId;
    /// A job.
    JobId;
    /// A transfer request: the work order to copy one file to one RSE. Each attempt is a request of its own.
    RequestId;
    /// A file of an FTS job: what FTS does for a request.
    FtsFileId;
    /// A rule: the wish that so many replicas of some data are somewhere.
    RuleId;
    /// A virtual organisation.
    VoId;
    /// What a transfer is for, as FTS's shares tell it.
    ActivityId;
    /// Whom rules and quotas belong to.
    AccountId;
    /// A file access of a job.
    ReadId;
    /// A copy process: one try of FTS to copy a file.
    CopyId;
    /// An RSE expression of the scenario.
    ExpressionId;
    /// An attribute of RSEs by which rules draw them.
    WeightId;
}

/// A vector that only ids of its own kind can index.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<K, T> {
    rows: Vec<T>,
    key: PhantomData<K>,
}

impl<K: Id, T> Table<K, T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self { rows: Vec::new(), key: PhantomData }
    }

    /// Appends a row and returns its id.
    pub fn push(&mut self, row: T) -> K {
        let id = K::from_index(self.rows.len());
        self.rows.push(row);
        id
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The ids in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = K> + use<K, T> {
        (0..self.rows.len()).map(K::from_index)
    }

    /// Ids and rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (K, &T)> {
        self.rows.iter().enumerate().map(|(index, row)| (K::from_index(index), row))
    }

    /// Rows in order of their ids.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// Rows in order of their ids, to change.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.rows.iter_mut()
    }

    /// The row of `id`, if there is one.
    pub fn get(&self, id: K) -> Option<&T> {
        self.rows.get(id.index())
    }
}

impl<K: Id, T> Default for Table<K, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Id, T> FromIterator<T> for Table<K, T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Self { rows: rows.into_iter().collect(), key: PhantomData }
    }
}

impl<K: Id, T> Index<K> for Table<K, T> {
    type Output = T;
    fn index(&self, id: K) -> &T {
        &self.rows[id.index()]
    }
}

impl<K: Id, T> IndexMut<K> for Table<K, T> {
    fn index_mut(&mut self, id: K) -> &mut T {
        &mut self.rows[id.index()]
    }
}
