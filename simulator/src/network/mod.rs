//! One solver for everything that moves: weighted max-min over resources, by flow class.
//!
//! ```text
//!   start / cancel / capacity change   (any number at one instant)
//!        |
//!        v
//!   flows -> classes (same route, weight and cap: one rate, one clock)     settle(now), once per instant
//!        |                                                                      |
//!        v                                                                      v
//!   arrivals(now): blocks and ends, in order of start            levels of resources -> rates of classes
//! ```
//!
//! A **flow** moves bytes over a **route**, a fixed list of **resources**. All flows with the same
//! route, weight and cap have the same rate at every instant; a class keeps a count, a rate and a clock (bytes served
//! to each of its flows since it began), and a flow ends when the clock passes its value at the flow's start plus its size.
//!
//! A resource has a [`Capacity`]: fixed, a series in time, a load curve over the streams that cross it, or the
//! access law of one worker node and one RSE. All are one equation: with `H` the rates of flows that are held back
//! elsewhere and `W` the weights of the others, the rate per unit weight is
//! `y = (numerator - scale·H) / (base + scale·W)`. For a wire that is `(C - H) / W`.
//!
//! **Remote access.** The law `T = a·S + b·ConTh + c·ConPr` (Begy et al., eq. 4) is a weighted share of a link of
//! capacity 1/c with a permanent background: a process with n threads weighs `n (a - c) / D(n)` with
//! `D(n) = a + (n - 1) b - n c`, the background `(a - c) / c`. Multiplied through by c that is the
//! equation above with numerator 1, scale c and base a - c, finite also at c = 0. A single-thread process
//! weighs 1, like one TCP stream of a placement, on every resource that it meets. The law holds exactly for a
//! process that nothing else holds back; one that is held back elsewhere takes longer. Threads of one process that
//! read from different RSEs escape each other's b: that is a property of the law.
//!
//! All changes of one instant are collected and solved once, at its end, by [`Network::settle`]; no other code of
//! dapple computes a rate. Solving is local: `levels` solves again only the resources whose equation has
//! changed and those that this changes in turn, and is exact. A class belongs to the resource that limits it and moves
//! with that resource's clock, so a changed rate touches no flow. `solver` fills everything anew; it is the way
//! out, and what the local solver is tested against. A flow that nothing limits takes no time. There is no TCP model
//! besides caps.

mod flows;
mod heap;
mod instants;
mod levels;
mod resource;
mod solver;
mod wiring;

pub use flows::{Arrival, Carried, FlowId, FlowSpec, Network, Progressed, ReadersId, RouteId, Share};
pub use resource::{Capacity, ResourceId};
pub(crate) use wiring::{Beside, Wiring};

#[cfg(test)]
mod tests;
