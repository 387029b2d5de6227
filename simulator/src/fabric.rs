//! What moves and what holds bytes, below the services that give orders.

use crate::context::Owner;
use crate::network::{Network, Wiring};
use crate::storage::Storage;

/// The network, how its resources stand for the topology, and the storage.
#[derive(Clone, Debug)]
pub(crate) struct Fabric<'a> {
    pub network: Network<Owner>,
    pub wiring: Wiring<'a>,
    pub storage: Storage,
}
