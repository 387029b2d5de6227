//! What a network is given: resources, routes, and flows in order of their start.

use dapple_simulator::network::{Capacity, Share};
use dapple_simulator::units::{Bytes, SimTime};

/// A route from one host to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Number of the host where bytes enter.
    pub from: u32,
    /// Number of the host where they leave.
    pub to: u32,
    /// Numbers of the resources that they cross, each once.
    pub resources: Vec<u32>,
}

/// One flow, without a cap and without blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// When it starts.
    pub start: SimTime,
    /// Number of its route.
    pub route: u32,
    /// How it shares what it crosses.
    pub share: Share,
    /// What it moves.
    pub bytes: Bytes,
}

/// Resources, routes and flows: everything that a run of the bare network needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// Number of hosts; they are only the ends of routes.
    pub hosts: u32,
    /// The resources.
    pub resources: Vec<Capacity>,
    /// The routes.
    pub routes: Vec<Route>,
    /// The flows in order of their start.
    pub flows: Vec<Flow>,
}

impl Input {
    /// Bytes of all flows together.
    pub fn bytes(&self) -> f64 {
        self.flows.iter().map(|flow| flow.bytes.as_f64()).sum()
    }
}
