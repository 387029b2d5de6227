//! Tables and plots of the paper, ready for a terminal and a page.

use dapple_reports::ReportError;
use dapple_reports::page::{PageTitle, Section};

use super::{
    Campaign, Equation, Probe, Reproduction, equation_sheet, interaction_sheet, noise_sheet, plots, probe_sheet,
};

/// What the page is headed by.
pub const TITLE: PageTitle = PageTitle {
    reference: "Begy et al. 2019: Forecasting Network Throughput of Remote Data Access in Computing Grids",
    lead: "The regressions of section 3 on a simulated campaign of remote reads, and the probe of section 4.",
};

/// Eq. 1 to 3, the size of noise, and the interaction: one section each, in this order, called `eq1`, `eq2`, `eq3`,
/// `noise` and `interaction`.
///
/// # Errors
/// [`ReportError::Draw`] where the plotting library fails.
pub fn sections(campaign: &Campaign, reproduction: &Reproduction) -> Result<Vec<Section>, ReportError> {
    let mut sections = Vec::new();
    for fit in &reproduction.fits {
        let plots = match fit.equation {
            Equation::Full => plots::against_fitted(campaign, reproduction)?,
            Equation::Threads | Equation::Processes => plots::against_traffic(campaign, reproduction, fit)?,
        };
        sections.push(Section { sheet: equation_sheet(fit, &reproduction.noise), plots: plots.into_iter().collect() });
    }
    let f = plots::f_statistics(reproduction)?;
    sections.push(Section { sheet: noise_sheet(reproduction), plots: f.into_iter().collect() });
    sections.push(Section { sheet: interaction_sheet(reproduction), plots: Vec::new() });
    Ok(sections)
}

/// Probes under several laws, the paper's first; called `probe`.
///
/// # Errors
/// [`ReportError::Draw`] where the plotting library fails.
pub fn probe_section(probes: &[Probe]) -> Result<Section, ReportError> {
    Ok(Section { sheet: probe_sheet(probes), plots: plots::probe_estimates(probes)?.into_iter().collect() })
}
