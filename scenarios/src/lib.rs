//! What to run: RON scenarios read strictly, validated and run in parallel.

pub mod fit;
