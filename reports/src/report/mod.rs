//! The report: one HTML file that stands alone, and the plots as files.

mod books;
pub(crate) mod page;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dapple_records::{PLOTS_DIR, REPORT_FILE, write_atomically};

use crate::ReportError;
use crate::comparison::confirmatory;
use crate::experiment::Experiment;
use crate::plots::{self, Plot};

/// Writes `report.html` and `plots/*.svg` of an experiment from its results, and returns where the report is.
///
/// An experiment without finished runs gets a report that says so. Plots that an earlier report left are removed.
///
/// # Errors
/// Where the manifest or the table of runs cannot be read, or a file cannot be written. Recorded tables of single
/// runs that cannot be read are named in the report instead.
pub fn write_report(dir: &Path) -> Result<PathBuf, ReportError> {
    let experiment = Experiment::read(dir)?;
    let comparisons = confirmatory(&experiment);
    let plots = plots::all(&experiment, &comparisons)?;
    let folder = dir.join(PLOTS_DIR);
    write_plots(&folder, plots.iter()).map_err(|source| ReportError::Write { path: folder, source })?;
    let html = page::page(&experiment, &comparisons, &plots).into_string();
    let path = dir.join(REPORT_FILE);
    let written = write_atomically(&path, |file| file.write_all(html.as_bytes()));
    written.map_err(|source| ReportError::Write { path: path.clone(), source })?;
    Ok(path)
}

/// Writes plots as files; those that an earlier report left are removed.
pub(crate) fn write_plots<'a>(folder: &Path, plots: impl Iterator<Item = &'a Plot>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "svg") && is_ours(&path)? {
            fs::remove_file(path)?;
        }
    }
    for plot in plots {
        let path = folder.join(&plot.name).with_extension("svg");
        write_atomically(&path, |file| file.write_all(plot.file().into_string().as_bytes()))?;
    }
    Ok(())
}

/// Whether a file says that dapple drew it: others are not for us to remove.
fn is_ours(path: &Path) -> io::Result<bool> {
    let bytes = fs::read(path)?;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    Ok(head.contains("data-generator=\"dapple\""))
}
