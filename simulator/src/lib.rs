//! The grid: topology, network, storage, compute and the discrete-event engine of dapple.
//!
//! ```text
//!  Setup (topology, catalogue, workload, services)          policies
//!        |                                                     | decide: (question, view) -> answer
//!        v                                                     v
//!  engine: calendar -> event -> compute, fts --calls--> network, storage -> new events
//!        |
//!        v  facts
//!  observers: tables, KPIs, progress, learning
//! ```
//!
//! Start with [`engine`]: [`engine::Setup`] is everything a run needs, [`engine::run`] runs it, and [`engine::Simulation`] runs it from
//! question to question. A run is one thread and a pure function of (setup, policies, seed): it opens no file and reads no
//! clock. The crate knows neither files nor learning.
//!
//! Modules stand in an order, and each uses only those before it (`tests/arrows.rs` holds it):
//!
//! ```text
//!  hidden < ids < names < panics < settings < units < distribution < rng < live < ticker < published < calendar < topology < network < questions < faults < facts
//!  < context < storage < fabric < catalogue < copy < fts < conveyor < rules < reaper < compute < workload < decide < engine < conformance
//! ```

pub mod calendar;
pub mod catalogue;
mod compute;
pub mod conformance;
mod context;
pub mod conveyor;
pub mod copy;
pub mod decide;
pub mod distribution;
pub mod engine;
mod fabric;
pub mod facts;
pub mod faults;
pub mod fts;
pub mod hidden;
pub mod ids;
mod live;
pub mod names;
pub mod network;
pub mod panics;
mod published;
mod questions;
pub mod reaper;
pub mod rng;
pub mod rules;
pub mod settings;
pub mod storage;
pub mod ticker;
pub mod topology;
pub mod units;
pub mod workload;
