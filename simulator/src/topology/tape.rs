//! What stands behind an RSE on tape.

use crate::settings;
use crate::units::{Rate, SimSpan};

settings! {
    /// The tape system behind an RSE: what it holds lies on tape, and FTS has it brought to disk before each copy. The disk in front of it is never full and keeps nothing; jobs that read from the RSE themselves find everything on disk.
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
        /// How long FTS waits for a file that it has copied here to be on tape, from when it begins to look; Rucio's attribute `archive_timeout`. None: a file that is copied is done, and nobody looks what becomes of it.
        #[range(Positive)]
        pub archive_timeout: Option<SimSpan> = None,
    }
}
