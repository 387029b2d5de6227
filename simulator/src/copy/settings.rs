//! How copies go, and how they fail.

use crate::faults::CopyError;
use crate::ids::RseId;
use crate::settings;
use crate::units::{Bytes, Rate, SimSpan};

settings! {
    /// How one copy goes: what it does besides moving bytes, how long it may take, and how it fails. The defaults move bytes and do nothing else.
    pub struct CopySettings<Rse = RseId> as "Copy" {
        /// Time to get a token and ask the source for the file.
        pub source_checks: SimSpan = SimSpan::ZERO,
        /// Time to look whether the destination has the file, and to make directories.
        pub destination_checks: SimSpan = SimSpan::ZERO,
        /// Time to ask the destination for the size of what has arrived.
        pub verification: SimSpan = SimSpan::ZERO,
        /// Rate at which a storage reads a file to work out its checksum: once at the source before the copy, once at the destination after it. None: it knows the checksum.
        #[range(Positive)]
        pub checksum: Option<Rate> = None,
        /// Exceptions from `checksum`.
        #[names(checksums)]
        pub checksums: Vec<Checksum<Rse>> = Vec::new(),
        /// Time to remove a file: one that is overwritten, or the part that has arrived of one that fails.
        pub removal: SimSpan = SimSpan::ZERO,
        /// How long the copying itself may take. None: as long as it needs.
        pub timeout: Option<Timeout> = None,
        /// How long a copy waits for a storage that does not answer.
        pub connection_timeout: SimSpan = SimSpan::from_nanos(60_000_000_000),
        /// What fails, how often and where.
        #[names(failures)]
        pub failures: Vec<Failure<Rse>> = Vec::new(),
    }
}

settings! {
    /// How fast one RSE works out checksums.
    pub struct Checksum<Rse = RseId> {
        /// The RSE.
        #[names(rse)]
        pub rse: Rse,
        /// Rate at which it reads a file for that. None: it knows them.
        #[range(Positive)]
        pub rate: Option<Rate> = None,
    }
}

settings! {
    /// How long the copying of a file may take: FTS gives it `base + per_mib * MiB`, rounded up to a second.
    #[derive(Copy)]
    pub struct Timeout {
        /// For any file.
        pub base: SimSpan = SimSpan::from_nanos(600_000_000_000),
        /// For each MiB, 2^20 bytes, of it.
        pub per_mib: SimSpan = SimSpan::from_nanos(2_000_000_000),
        /// How much later a copy is killed of which nothing moves any more, so that it does not see itself that its time is up.
        pub watchdog: SimSpan = SimSpan::from_nanos(60_000_000_000),
    }
}

settings! {
    /// Copies that fail: each copy on one of its links fails with a probability.
    pub struct Failure<Rse = RseId> {
        /// Where the file comes from. None: anywhere.
        #[names(source)]
        pub source: Option<Rse> = None,
        /// Where it goes to. None: anywhere.
        #[names(destination)]
        pub destination: Option<Rse> = None,
        /// Probability that a copy fails in this way.
        #[range(UpTo(1))]
        pub probability: f64,
        /// What goes wrong; whether FTS tries again hangs on it.
        pub error: CopyError = CopyError::Other,
        /// When in the life of the copy.
        pub strikes: Strikes = Strikes::Copying,
        /// Bad hours, in which it is more likely.
        pub bad_hours: Option<BadHours> = None,
    }
}

settings! {
    /// When in the life of a copy something goes wrong.
    #[derive(Copy, Default, Eq, PartialOrd, Ord)]
    pub enum Strikes {
        /// Before the first byte, at the checks of source and destination.
        BeforeCopy,
        /// After a part of the bytes, any as likely as any other. They are lost.
        #[default]
        Copying,
        /// When all bytes are there and are verified. They are lost.
        Verifying,
    }
}

settings! {
    /// Bad hours that come and go. When they come is drawn for whom they are of, not for copies: all policies meet the same ones.
    #[derive(Copy)]
    pub struct BadHours {
        /// Mean time from the end of one to the begin of the next; exponential.
        #[range(Positive)]
        pub every: SimSpan,
        /// How long one lasts on average; exponential.
        #[range(Positive)]
        pub last: SimSpan,
        /// Probability that a copy fails in them.
        #[range(UpTo(1))]
        pub probability: f64,
        /// Who has the same ones.
        pub of: Sufferer = Sufferer::Link,
    }
}

settings! {
    /// Whose copies have the same bad hours.
    #[derive(Copy, Default, Eq)]
    pub enum Sufferer {
        /// Those from one RSE to one other.
        #[default]
        Link,
        /// Those from one RSE.
        Source,
        /// Those to one RSE.
        Destination,
        /// All.
        All,
    }
}

impl Timeout {
    /// How long the copying of a file may take.
    pub fn of(&self, bytes: Bytes) -> SimSpan {
        let seconds = (self.per_mib.as_secs_f64() * bytes.as_f64() / f64::from(1 << 20)).ceil();
        self.base + SimSpan::from_secs_f64(seconds)
    }
}

impl CopySettings {
    /// Whether a copy fails by chance.
    pub(crate) fn has_chance(&self) -> bool {
        let is_open = |probability: f64| probability > 0.0 && probability < 1.0;
        self.failures.iter().any(|failure| {
            let Failure { probability, bad_hours, strikes, .. } = failure;
            let drawn = |bad: &BadHours| bad.probability != *probability || is_open(bad.probability);
            // Whatever fails while it is copied fails after a part of its bytes that is drawn.
            is_open(*probability)
                || bad_hours.as_ref().is_some_and(drawn)
                || (*strikes == Strikes::Copying && *probability > 0.0)
        })
    }
}

impl<Rse: Copy + PartialEq> CopySettings<Rse> {
    /// Rate at which an RSE works out checksums; `None`: it knows them.
    pub(super) fn checksum_of(&self, rse: Rse) -> Option<Rate> {
        self.checksums.iter().find(|exception| exception.rse == rse).map_or(self.checksum, |exception| exception.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fts.md 8: a GiB may take 2648 s.
    #[test]
    fn a_gibibyte_may_take_2648_seconds() {
        let timeout = Timeout::default();
        let seconds = |bytes: u64| timeout.of(Bytes::new(bytes)).as_secs_f64();
        assert_eq!([seconds(1 << 30), seconds(0), seconds(1), seconds(1 << 20)], [2648.0, 600.0, 601.0, 602.0]);
    }
}
