//! Why a run stops.

use crate::units::SimTime;

/// Why a run stops before its horizon. What was told of it until then is true, and not all.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// An answer cannot be carried out.
    #[error("at {at} policy `{policy}` {what}")]
    Impossible {
        /// Name of the set of policies; `(campaign)` where the workload itself says how an input is reached.
        policy: String,
        /// When.
        at: SimTime,
        /// What is wrong with it.
        what: Impossible,
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

/// Why an answer cannot be carried out. The question still waits for one that can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Impossible {
    /// The source does not hold the file.
    #[error("chose `{rse}` for job {job}, input {input}, which has no replica there")]
    NoReplicaThere {
        /// Name of the RSE.
        rse: String,
        /// Id of the job.
        job: u64,
        /// Position of the input.
        input: u32,
    },
    /// From the source, or the target, the pool cannot be reached.
    #[error("chose `{rse}` for job {job}, input {input}, and no route leads from there")]
    NoRoute {
        /// Name of the RSE.
        rse: String,
        /// Id of the job.
        job: u64,
        /// Position of the input.
        input: u32,
    },
    /// The file would be placed where the job does not run.
    #[error("would place input {input} of job {job} at `{rse}`, which is not at the pool's site")]
    TargetElsewhere {
        /// Name of the RSE.
        rse: String,
        /// Id of the job.
        job: u64,
        /// Position of the input.
        input: u32,
    },
    /// Something else was asked.
    #[error("answered a question of another kind")]
    OtherAsked,
    /// The service has no rule of its own for this question.
    #[error("left to the service, which has no rule of its own")]
    NoDefault,
    /// Nothing was asked.
    #[error("answered where nothing was asked")]
    NothingAsked,
}
