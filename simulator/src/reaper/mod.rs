//! The reaper: which replicas are deleted when (Rucio's daemon of that name).
//!
//! ```text
//!   every 60 s, each worker:                                           (a worker that found full chunks: after 1 s)
//!     RSEs in an order drawn --> paused? excluded? too many workers on its host? --> next
//!       need = MinFreeSpace - free space, as published and kept for 600 s; none: obsolete replicas only
//!       victims: in order of their tombstones, until the need is met or the chunk is full --> marked
//!       deleted one after the other --> rows and space go --> Fact::ReplicaRemoved, Fact::SpaceFreed
//!         the RSE does not answer: they stay marked, and are tried again after 600 s; 100 failures: the RSE is left alone as long
//!       fewer than a chunk: the RSE is paused for 120 s
//! ```
//!
//! Unlocked data are a cache: they stay until their space is needed, and those that were read last stay longest. Which replicas may
//! go at all is `Storage::candidates`'s to say; which of them go is `victims`, the one
//! place for it.
//!
//! The need is looked up once in ten minutes and shared by all workers, and nobody takes off it what is marked meanwhile: where
//! several workers, or one several times, find the same need, each of them frees as much (Rucio #8366). [`NeedBy`] switches that off.
//!
//! A tick is an event even where nothing can be deleted, as it is what looks up the need that the ten minutes after it go by.

mod need;
mod service;
mod settings;
mod victims;

pub(crate) use service::{Reaper, ReaperEvent};
pub use settings::{FreeSpace, FreeSpaceOf, NeedBy, ReaperSettings};
