//! The command line of dapple.
