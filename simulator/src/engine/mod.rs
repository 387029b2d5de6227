//! One run: the event loop and everything it needs.
//!
//! ```text
//!   calendar --pop--> event --dispatch--> fts | compute --calls--> network, storage
//!      ^                                     |
//!      |                                     +--tell--> facts: observers; routes: the component that acts --+
//!      |                                     +--ask---> questions: next() pauses, answer() goes on          |
//!      +----------------------------------------------------------------------------------------------------+
//!                                            v at the end of each instant, once
//!                                     network.settle: all rates
//! ```
//!
//! Read `setup`, then `event`, `simulation`, `routes`, `answers`, `closing`. Orders go down by call (compute -> fts -> network), news
//! comes up as a fact, which one table (`routes`) turns into an event of the same instant for the component that acts on it.

mod answers;
mod books;
mod closing;
mod counted;
mod error;
mod event;
mod routes;
mod sampling;
mod setup;
mod simulation;

pub use books::{Books, Counters, LinkUse};
pub use error::{EngineError, Impossible};
pub use setup::{Services, Setup};
pub use simulation::{Pause, Simulation, run};
