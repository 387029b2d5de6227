//! The grid: topology, network, storage, compute and the discrete-event engine of dapple.
