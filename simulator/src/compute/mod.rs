//! Jobs on worker nodes: how they wait for their data, read it and compute.
//!
//! ```text
//!   submitted --(placements)--> ready --(slot, scratch)--> started --stage-in--> streaming + compute --> ended
//!        |            |                                       threads inputs at once
//!   access question  failed (no space)
//! ```
//!
//! How each input is reached is asked at submission. A job whose inputs are to be placed enters its pool's
//! queue when all of them are at their target; the pool starts, in order of arrival, every job for which a node has a
//! free slot and enough scratch space (the node with most free slots, then the first), so a job that waits for scratch
//! does not hold up those behind it. A started job first stages in, up to `threads` inputs at once; then it streams its
//! remote inputs, up to `threads` at once, in blocks.
//!
//! One core computes for a job. Fixed compute and that of staged inputs can start when streaming starts;
//! that of a block when the block has arrived. The job ends when its last byte has arrived and everything is computed.
//! Streaming runs ahead of compute without limit, so a slow computation never holds a read back.

mod job;
mod jobs;
mod pool;

pub(crate) use job::{NewInput, NewJob};
pub(crate) use jobs::{Asked, Compute, ComputeEvent};
