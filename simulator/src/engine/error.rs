//! Why a run stops.

use crate::units::SimTime;

/// Why a run stops before its horizon. What it had recorded is dropped.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A policy chose a source that does not hold the file.
    #[error("at {at} policy `{policy}` chose `{rse}` for job {job}, input {input}, which has no replica there")]
    NoReplicaThere {
        /// Name of the policy.
        policy: String,
        /// Name of the RSE it chose.
        rse: String,
        /// Id of the job.
        job: u64,
        /// Position of the input.
        input: u32,
        /// When.
        at: SimTime,
    },
    /// A policy chose a source, or a target, from which the pool cannot be reached.
    #[error("at {at} policy `{policy}` chose `{rse}` for job {job}, input {input}, and no route leads from there")]
    NoRoute {
        /// Name of the policy.
        policy: String,
        /// Name of the RSE it chose.
        rse: String,
        /// Id of the job.
        job: u64,
        /// Position of the input.
        input: u32,
        /// When.
        at: SimTime,
    },
    /// A policy chose to place a file where the job does not run.
    #[error(
        "at {at} policy `{policy}` would place input {input} of job {job} at `{rse}`, which is not at the pool's site"
    )]
    TargetElsewhere {
        /// Name of the policy.
        policy: String,
        /// Name of the RSE it chose.
        rse: String,
        /// Id of the job.
        job: u64,
        /// Position of the input.
        input: u32,
        /// When.
        at: SimTime,
    },
    /// No replica of an input can be reached from the pool.
    #[error("at {at} job {job} in pool `{pool}` asks for an input of which no replica can be reached")]
    Unreachable {
        /// Id of the job.
        job: u64,
        /// Name of its pool.
        pool: String,
        /// When.
        at: SimTime,
    },
    /// The books do not balance: a fault of dapple, please report it with the scenario and the seed.
    #[error("the books of the run do not balance ({0}): this is a fault of dapple")]
    Books(String),
}
