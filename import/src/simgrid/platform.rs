//! The elements of a platform: what there is, before it is known where links lead.

use dapple_simulator::units::{Bytes, Rate, SimSpan};

use super::profile::Profile;
use crate::account::Place;

/// Where routes start and end: a host, a router, or a cluster as one.
#[derive(Debug, Default)]
pub(super) struct Point {
    pub name: String,
    /// Hosts that compute there: name, how many, cores of each, speed [flop/s].
    pub hosts: Vec<(String, u32, u32, f64)>,
    pub disks: Vec<Disk>,
    /// Capacity of the backbone of a cluster.
    pub lan: Option<Rate>,
}

/// A disk of a host.
#[derive(Debug)]
pub(super) struct Disk {
    pub name: String,
    pub read: Rate,
    pub write: Rate,
    pub size: Option<Bytes>,
}

/// How flows share a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Both directions are one.
    Shared,
    /// Each direction has its own.
    Split,
    /// Each flow has its own.
    Fat,
}

/// A link, with no ends yet.
#[derive(Debug)]
pub(super) struct Wire {
    pub name: String,
    pub place: Place,
    pub bandwidth: Rate,
    pub latency: SimSpan,
    pub sharing: Sharing,
    pub profile: Profile,
}

/// In which direction a route crosses a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Any,
    Up,
    Down,
}

/// Which links lead from one point to another.
#[derive(Debug)]
pub(super) struct Crossing {
    pub place: Place,
    pub from: usize,
    pub to: usize,
    pub links: Vec<(usize, Direction)>,
    /// Whether the way back is the same.
    pub is_symmetrical: bool,
    /// Whether the zone says all routes itself, rather than finding them.
    pub is_full: bool,
}

/// What there is.
#[derive(Debug, Default)]
pub(super) struct Platform {
    pub points: Vec<Point>,
    pub wires: Vec<Wire>,
    pub crossings: Vec<Crossing>,
}
