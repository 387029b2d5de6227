//! Begy, Barisits, Lassnig, Schikuta: Forecasting Network Throughput of Remote Data Access in Computing Grids (2019).
//!
//! Section 3 fits `T = a·S + b·ConTh + c·ConPr` to 1122 remote reads (eq. 1) and to the two parts of them in which only
//! one kind of concurrent traffic occurs (eq. 2 and 3). Section 4 estimates a and b from a probe of two files (eq. 7, 8).
//!
//! | function | takes | gives | label |
//! |---|---|---|---|
//! | [`dataset`] | table `reads` of a campaign | T, S, ConTh, ConPr | |
//! | [`reproduce`] | the campaign | eq. 1 to 3 without noise | consistency |
//! | | | one size of noise that makes F of eq. 1 the paper's | calibrated |
//! | | | F of eq. 2 and 3, scatter of coefficients, log changes, interaction | predicted |
//! | [`probe`] | table `reads` of a probe | what eq. 7, 8 and the exact estimator return | consistency |
//!
//! The simulated campaign obeys eq. 1 exactly, so nothing but noise can make F finite. The paper's data are not public:
//! its design is known only through its counts, and its noise only through three values of F.

mod analysis;
mod campaign;
mod equation;
mod error;
mod interaction;
mod noise;
mod paper;
mod plots;
mod probe;
mod published;
mod sections;
mod sheets;

pub use analysis::{Reproduction, reproduce};
pub use campaign::{Campaign, dataset};
pub use equation::EquationFit;
pub use error::RemoteAccessError;
pub use interaction::InteractionCheck;
pub use noise::{Noise, NoisePlan, NoiseStudy, NoisyFit, Range, Replication};
pub use paper::PAPER;
pub use probe::{PROBE_SIZES_MB, Probe, probe, slowed_probe};
pub use published::{Equation, Published};
pub use sections::{TITLE, probe_section, sections};
pub use sheets::{equation_sheet, interaction_sheet, noise_sheet, probe_sheet};

#[cfg(test)]
mod tests;
