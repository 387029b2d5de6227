//! What all pages share: one HTML file that stands alone, and its plots as files beside it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dapple_records::{PLOTS_DIR, REPORT_FILE, is_drawn, write_atomically};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::ReportError;
use crate::plots::{Plot, palette};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A page that stands alone: style, theme button and a body of header and main.
pub(crate) fn document(title: &str, generator: &str, header: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(generator);
                title { (title) " – dapple" }
                style { (PreEscaped(STYLE)) (PreEscaped(palette::style())) }
            }
            body {
                header {
                    div.top {
                        span.brand { "dapple report" }
                        button #theme type="button" hidden { "Dark" }
                    }
                    (header)
                }
                main { (main) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// A plot with its title, caption and file.
pub(crate) fn figure(plot: &Plot) -> Markup {
    html! {
        figure {
            h3 { (plot.title) }
            p.aside { "On a narrow screen the plot goes on to the right: scroll it." }
            div.scroll { (plot.inline()) }
            figcaption { (plot.caption) " " span.file { "plots/" (plot.name) ".svg" } }
        }
    }
}

/// Writes a page and its plots into a folder, and returns where the page is; plots that an earlier one left are removed.
pub(crate) fn write<'a>(
    dir: &Path,
    page: Markup,
    plots: impl Iterator<Item = &'a Plot>,
) -> Result<PathBuf, ReportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| ReportError::Write { path, source }
    };
    let folder = dir.join(PLOTS_DIR);
    write_plots(&folder, plots).map_err(failed(&folder))?;
    let path = dir.join(REPORT_FILE);
    let html = page.into_string();
    write_atomically(&path, |file| file.write_all(html.as_bytes())).map_err(failed(&path))?;
    Ok(path)
}

fn write_plots<'a>(folder: &Path, plots: impl Iterator<Item = &'a Plot>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "svg") && is_drawn(&path)? {
            fs::remove_file(path)?;
        }
    }
    for plot in plots {
        let path = folder.join(&plot.name).with_extension("svg");
        write_atomically(&path, |file| file.write_all(plot.file().into_string().as_bytes()))?;
    }
    Ok(())
}
