//! What is where: files, their replicas and who holds them, and the space of RSEs.
//!
//! ```text
//!              begin_copy             add_replica               mark             remove
//!   nothing ---------------> Copying ------------> Available ----------> Being- --------> nothing
//!                             |   ^                 |      ^             Deleted
//!                    give_up  v   | begin_copy      v bad  | add_replica   ^
//!                          Unavailable             Bad ----+               |
//!                             +---------------------+-------- mark --------+
//! ```
//!
//! A replica is deletable when no lock holds it and it has a tombstone: an instant from which on it may go, or the epoch, which makes
//! it obsolete. The last lock that goes sets it (`Unlocking`); reading moves it forward. In this order, and then by who was buried
//! first, `Storage::candidates` lists what the reaper may take.
//!
//! Space is reserved when a transfer starts, not when it ends, and becomes used when the replica is there; it never
//! goes negative. Whoever gives space back (`Storage::give_back`, `Storage::remove`) tells so, as transfers may wait for it. Files that
//! a workload makes up for one job ([`crate::workload::Inputs::Fresh`]) take no space where they lie: they stand for data that is there anyway,
//! which nobody deletes; once nobody holds such a file any more it is forgotten.

mod dataset;
mod files;
mod replica;
mod replicas;
mod settings;
mod space;
mod store;
mod tape;

pub use dataset::Dataset;
pub use settings::StorageSettings;

pub(crate) use replica::{ReplicaState, Tombstone, Unlocking};
pub(crate) use store::{Candidate, Storage};
pub(crate) use tape::{Drives, Tape};
