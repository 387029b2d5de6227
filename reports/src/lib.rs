//! What came out: tables, plots, paired statistics and the report of dapple.

pub mod papers;
