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
#[allow(dead_code, reason = "wired in next")]
mod namespace;
#[allow(dead_code, reason = "wired in next")]
mod quotas;

pub use expression::{Expression, ExpressionError};
pub(crate) use namespace::Group;
pub(crate) use quotas::QuotaLeft;
pub use quotas::{GlobalQuota, LocalQuota};

use crate::ids::{ContainerId, DatasetId, FileId};

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
