//! What stands behind an RSE on tape.

use crate::settings;
use crate::units::{Rate, SimSpan};

settings! {
    /// The tape system behind an RSE: what it holds lies on tape, and has to be brought to disk before it is copied. The disk in front of it is never full.
    #[derive(Copy)]
    pub struct TapeSystem as "Tape" {
        /// Drives; each reads or writes one tape at a time.
        #[range(Within(1, 100_000))]
        pub drives: u32,
        /// What one drive reads or writes.
        #[range(Positive)]
        pub rate: Rate,
        /// Time to change the tape of a drive: rewind, unmount, fetch, mount.
        pub mount: SimSpan = SimSpan::ZERO,
        /// Time to find a file on a tape that is mounted.
        pub position: SimSpan = SimSpan::ZERO,
        /// Files on one tape: those that the scenario names one after the other lie together. A drive reads all that is asked for of a tape before it changes it.
        #[range(AtLeast(1))]
        pub files_per_tape: u32 = 1000,
    }
}
