//! How a job reaches an input: remote access, stage-in, or placement followed by stage-in.
//!
//! | policy | what it is |
//! |---|---|
//! | [`AlwaysRemote`] | baseline: stream everything |
//! | [`StageIn`] | baseline: copy everything to the worker node |
//! | [`Place`] | production heuristic: dynamic placement of data that is asked for often enough |
//! | [`Random`] | baseline: any way that is possible |
//! | [`Estimate`] | forecast: the way with the least predicted time, from nominal values and what was observed |
//! | [`EstimateFromPhysics`] | the same from the true bandwidths, load curves and laws, which no real policy knows |
//!
//! Where a scenario leaves a choice of sources, the nearest is the one of least latency.

mod always_remote;
mod estimate;
mod estimate_from_physics;
mod forecast;
mod nearby;
mod place;
mod random;
mod stage_in;

pub use always_remote::AlwaysRemote;
pub use estimate::Estimate;
pub use estimate_from_physics::EstimateFromPhysics;
pub use place::Place;
pub use random::Random;
pub use stage_in::StageIn;
