//! Copy processes: what FTS starts for each file that it copies.
//!
//! ```text
//!  accepted                              first byte            last byte             ended
//!     |-- source checks, source checksum,   |                     |-- size, checksum at |
//!     |   destination checks --- start-up --|------- copying -----|   the destination --|
//!     |         |                               |           |                   |
//!     +--fails--+---------------- fails after a part; cut off by an outage;   fails: all bytes are lost
//!                                 out of time: the part is lost and removed
//! ```
//!
//! Two durations exist and are not to be mixed: that of the copying, from the first byte to the last, and that of the whole process,
//! from `accepted_at` to `ended_at`, which is what Rucio keeps. A process holds what FTS gave it (slots, space) from its start to its
//! end; FTS, which owns the `Copies`, gives it back.
//!
//! **Failures** are drawn before a copy begins ([`Failure`]); an RSE that does not answer (an outage) lets those fail that need it, and
//! breaks those that move bytes. Bytes of copies that fail are lost, and counted.
//!
//! Not modelled: pings (what a copy has moved is worked out when somebody asks), and copies that hang for other reasons than a rate
//! of zero. Whether the destination has bytes of the file already, as of a
//! bad replica, is looked at when a process is accepted; they are removed first.

mod failures;
mod order;
mod process;
mod settings;

pub(crate) use order::{Connection, CopyEnded, CopyEvent, CopyOrder, Moment};
pub(crate) use process::Copies;
pub use settings::{BadHours, Checksum, CopySettings, Failure, Strikes, Sufferer, Timeout};
