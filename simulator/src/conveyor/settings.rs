//! How the conveyor is set.

use crate::settings;
use crate::units::{Bytes, SimSpan};

settings! {
    /// How many requests may be on their way from or to some RSEs; the others wait. Looked at only where there are a preparer and a throttler.
    pub struct TransferLimit {
        /// Expression of the RSEs that share it.
        pub rses: String,
        /// Whether it holds for what leaves them or for what comes to them.
        pub direction: Direction = Direction::Destination,
        /// The activity that it holds for; None: all of them together.
        pub activity: Option<String> = None,
        /// Requests that may be queued or at FTS at once. What waits is let go only while fewer than 80 % of it are, and then up to all of it.
        #[range(AtLeast(1))]
        pub max_transfers: u32,
        /// In which order they are let go.
        pub strategy: Strategy = Strategy::Fifo,
        /// Whether it also holds back what the free space of the destination, less what is on its way there, would not hold. The shipped service does not.
        pub within_space: bool = false,
    }
}

settings! {
    /// Which transfers a limit holds for.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum Direction {
        /// Those that leave its RSEs.
        Source,
        /// Those that come to them.
        Destination,
    }
}

settings! {
    /// In which order requests that wait are let go.
    #[derive(Copy, Default, Eq)]
    pub enum Strategy {
        /// The oldest first, in fair shares of the accounts.
        #[default]
        Fifo,
        /// Whole datasets, the one with the oldest request first, until the limit is reached; the last one may go beyond it.
        GroupedFifo {
            /// Bytes that may be on their way to the destination: datasets that fit in are let go beyond the limit, once that lets go anything. None: no such budget.
            volume: Option<Bytes> = None,
            /// After which time a dataset is let go before the others, beyond the limit, once that lets go anything; only in groups that are told apart by their source. None: never.
            deadline: Option<SimSpan> = Some(SimSpan::from_secs_f64(3600.0)),
        },
    }
}
