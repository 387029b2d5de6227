//! The one test binary of the models: results against reference sets computed by other programs.

mod reference;
