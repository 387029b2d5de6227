//! What goes wrong with one copy, and whether FTS may try the file again.
//!
//! FTS goes by the message and the error number of a failed copy (`heuristics.cpp: retryTransfer`): some messages are worth another
//! try, some are not, of the error numbers those are not that say that something is missing, forbidden, full or there already,
//! and everything else is. [`CopyError`] has one member for each message or group of numbers that differs in what follows from it.

use crate::settings;

settings! {
    /// What goes wrong with a copy. Those down to `Other` are recoverable: FTS tries the file again where its job has retries left. The others are not.
    #[derive(Copy, Eq, Default)]
    pub enum CopyError {
        /// A storage does not answer: the time-out of a connection (`connection_timeout`) passes first.
        #[default]
        ConnectionTimeout,
        /// The copy takes longer than it may (ETIMEDOUT).
        OperationTimeout,
        /// No performance markers come any more: bytes have stopped moving.
        PerformanceMarkers,
        /// The name of a storage host is not known at the moment.
        UnknownName,
        /// The file ends too early, or the connection does.
        EndOfFile,
        /// SRM has an internal error.
        SrmInternal,
        /// The copy process was killed by its watchdog.
        ForcedKill,
        /// Anything that FTS has no rule for.
        Other,
        /// The source does not have the file.
        NotFound,
        /// The path of the file is not a valid one.
        InvalidPath,
        /// A storage does not know who asks.
        Authentication,
        /// Who asks may not read, or not write.
        Permission,
        /// Proxy, certificate or revocation list are out of date.
        ExpiredCredentials,
        /// The destination has no space (ENOSPC).
        NoSpace,
        /// The destination has a file of that name and the job does not overwrite (EEXIST).
        Exists,
        /// What has arrived is not what was sent.
        ChecksumMismatch,
        /// The file is on tape and not on disk.
        NotOnline,
    }
}

impl CopyError {
    /// Whether another try may help, as FTS sees it.
    pub fn is_recoverable(self) -> bool {
        !matches!(
            self,
            Self::NotFound
                | Self::InvalidPath
                | Self::Authentication
                | Self::Permission
                | Self::ExpiredCredentials
                | Self::NoSpace
                | Self::Exists
                | Self::ChecksumMismatch
                | Self::NotOnline
        )
    }

    /// Its name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectionTimeout => "connection-timeout",
            Self::OperationTimeout => "operation-timeout",
            Self::PerformanceMarkers => "performance-markers",
            Self::UnknownName => "unknown-name",
            Self::EndOfFile => "end-of-file",
            Self::SrmInternal => "srm-internal",
            Self::ForcedKill => "forced-kill",
            Self::Other => "other",
            Self::NotFound => "not-found",
            Self::InvalidPath => "invalid-path",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::ExpiredCredentials => "expired-credentials",
            Self::NoSpace => "no-space",
            Self::Exists => "exists",
            Self::ChecksumMismatch => "checksum-mismatch",
            Self::NotOnline => "not-online",
        }
    }
}
