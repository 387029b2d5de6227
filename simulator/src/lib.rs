//! The grid: topology, network, storage, compute and the discrete-event engine of dapple.
//!
//! ```text
//!  Setup (topology, catalogue, workload, services)      policies
//!        |                                                 | decide: GridView -> value
//!        v                                                 v
//!  engine: calendar -> event -> fts | compute --calls--> network, storage -> new events
//!        |
//!        v  facts
//!  recorder (tables, KPIs), conservation counters, progress
//! ```
//!
//! Start with [`engine`]: [`engine::Setup`] is everything a run needs, [`engine::run`] runs it. A run is one
//! thread and a pure function of (setup, policies, seed): it opens no file and reads no clock. The crate
//! knows neither scenario files nor learning.

pub mod compute;
pub mod distribution;
pub mod engine;
pub mod fts;
pub mod ids;
mod live;
pub mod network;
pub mod policy;
pub mod results;
pub mod rng;
pub mod settings;
pub mod storage;
pub mod topology;
pub mod units;
pub mod workload;
