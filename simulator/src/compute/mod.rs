//! Jobs on worker nodes: how they wait for their data, read it and compute.
//!
//! ```text
//!   submitted --(placements)--> ready --(slot, scratch)--> started --stage-in--> streaming + compute --> ended
//!        |            |                                       threads inputs at once
//!   access question  failed (no space)
//! ```
//!
//! How each input is reached is asked at submission. A job whose inputs are to be placed enters its pool's
//! queue when all of them are at their target; the pool starts those for which one node has the slots and the scratch space, in
//! the order that its scheduling says ([`crate::topology::Scheduling`]). A started job first stages in, up to `threads` inputs at once; then it streams its
//! remote inputs, up to `threads` at once, in blocks.
//!
//! A job's compute time is a span, the same however many slots it holds. Fixed compute and that of staged inputs can start when streaming starts;
//! that of a block when the block has arrived. The job ends when its last byte has arrived and everything is computed.
//! Streaming runs ahead of compute without limit, so a slow computation never holds a read back.

mod job;
mod jobs;
mod pool;

pub(crate) use job::{NewInput, NewJob};
pub(crate) use jobs::{Asked, Compute, ComputeEvent};
