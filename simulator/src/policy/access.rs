//! The access decision: how a job reaches one input.

use crate::ids::{FileId, JobId, PoolId, RseId};
use crate::policy::GridView;
use crate::rng::PolicyRng;
use crate::units::{Bytes, SimSpan};

/// Chooses, for each input of a job, how the job reaches it.
///
/// ```
/// use dapple_simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
/// use dapple_simulator::rng::PolicyRng;
/// /// Streams everything from the first replica that can be reached.
/// struct FirstReplica;
/// impl AccessPolicy for FirstReplica {
///     fn name(&self) -> &str {
///         "first-replica"
///     }
///     fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
///         Access::Remote { source: grid.sources(request)[0] }
///     }
/// }
/// ```
pub trait AccessPolicy: Send {
    /// Name in results and plots; unique within a comparison.
    fn name(&self) -> &str;

    /// Decides one request from what the grid shows at `grid.now()`; no clock, no I/O, randomness only from `rng`.
    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, rng: &mut PolicyRng) -> Access;

    /// Learns from a request that ended. The default learns nothing.
    fn observe(&mut self, _outcome: &AccessOutcome) {}
}

/// One input of one job, asked for when the job is submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessRequest {
    /// The job.
    pub job: JobId,
    /// Position of the input among the job's inputs.
    pub input: u32,
    /// The file.
    pub file: FileId,
    /// Its size.
    pub bytes: Bytes,
    /// Part of it that the job reads, in (0, 1].
    pub read_fraction: f64,
    /// Threads of the job's process.
    pub threads: u32,
    /// Where the job will run.
    pub pool: PoolId,
    /// Compute time that goes with this input on a node of the pool in seconds.
    pub compute_s: f64,
}

/// How a job reaches one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Stream it from `source` while the job runs.
    Remote {
        /// An RSE with a replica.
        source: RseId,
    },
    /// Copy it from `source` to the worker node's scratch space before the job computes.
    StageIn {
        /// An RSE with a replica.
        source: RseId,
    },
    /// Copy it from `source` to the RSE `target` before the job is started, then stage it in from there.
    /// A placement to the same target that is under way is joined, and a replica that is there is used.
    Place {
        /// An RSE with a replica.
        source: RseId,
        /// An RSE at the site of the pool.
        target: RseId,
    },
}

/// How one input of a job came out.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessOutcome {
    /// What was asked.
    pub request: AccessRequest,
    /// What was chosen.
    pub access: Access,
    /// From the decision to the last byte in the job's hands; `None`: the access failed.
    pub took: Option<SimSpan>,
}
