//! Pages of tables and plots in the style of all reports, for whoever compares figures of others with ours.

mod document;
mod sheet;

use std::path::{Path, PathBuf};

use maud::{Markup, html};

use crate::ReportError;
use crate::plots::Plot;

pub(crate) use document::{document, figure, write};
pub use sheet::{Label, Sheet};

/// A table and the plots that belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Theirs and ours.
    pub sheet: Sheet,
    /// Its plots.
    pub plots: Vec<Plot>,
}

/// What a page is headed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageTitle {
    /// Who wrote it, what it is called, when it appeared.
    pub reference: &'static str,
    /// What was reproduced, in a sentence.
    pub lead: &'static str,
}

/// Writes `report.html` and `plots/*.svg` into a folder, which is created, and returns where the page is.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_page(dir: &Path, title: PageTitle, sections: &[Section]) -> Result<PathBuf, ReportError> {
    let plots = sections.iter().flat_map(|section| &section.plots);
    document::write(dir, page(title, sections), plots)
}

fn page(title: PageTitle, sections: &[Section]) -> Markup {
    let header = html! {
        h1 { (title.reference) }
        p.lead { (title.lead) }
        p.lead {
            strong { "Consistency" } ": the law that was put in comes out. "
            strong { "Calibrated" } ": a parameter was fitted to this very figure. "
            strong { "Predicted" } ": nothing was fitted to it, so it can be wrong."
        }
    };
    let main = html! {
        @for section in sections { (self::section(section)) }
    };
    let generator = concat!("dapple ", env!("CARGO_PKG_VERSION"));
    document(title.reference, generator, &header, &main)
}

fn section(section: &Section) -> Markup {
    let Section { sheet, plots } = section;
    html! {
        section id=(sheet.name) {
            h2 { (sheet.title) }
            div.scroll { table.dense {
                @for (index, row) in sheet.rows.iter().enumerate() {
                    @if index == 0 {
                        thead { tr { @for cell in row { th scope="col" { (cell) } } } }
                    } @else {
                        tr { @for (at, cell) in row.iter().enumerate() {
                            @if at < sheet.figures_from { th scope="row" { (cell) } } @else { td { (cell) } }
                        } }
                    }
                }
            } }
            @for note in &sheet.notes { p { (note) } }
            @for plot in plots { (figure(plot)) }
        }
    }
}
