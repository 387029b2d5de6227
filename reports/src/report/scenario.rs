//! What was run: the scenario in words, a picture of its grid, and how it was started.

use std::fs;
use std::path::Path;

use dapple_records::folder::{Session, sessions};
use dapple_records::{Manifest, PICTURE_FILE};
use maud::{Markup, PreEscaped, html};

use crate::topology::is_picture;

/// Starts that are told.
const TOLD: usize = 5;

/// What a folder says besides its results.
pub(super) struct Origins {
    picture: Option<String>,
    sessions: Vec<Session>,
}

impl Origins {
    /// Reads it; what is not there is left out.
    pub fn read(dir: &Path) -> Self {
        let picture = fs::read_to_string(dir.join(PICTURE_FILE)).ok().filter(|text| is_picture(text));
        Self { picture, sessions: sessions(dir) }
    }
}

/// The scenario in words, with the picture.
pub(super) fn in_words(manifest: &Manifest, origins: &Origins) -> Markup {
    if manifest.in_words.is_empty() && origins.picture.is_none() {
        return html! {};
    }
    // Headings that repeat are told once.
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    for (heading, told) in &manifest.in_words {
        match rows.last_mut() {
            Some((last, all)) if last == heading => all.push(told),
            _ => rows.push((heading, vec![told])),
        }
    }
    html! {
        section #scenario {
            h2 { "What was simulated" }
            dl.words { @for (heading, told) in rows { dt { (heading) } dd { @for line in told { div { (code(line)) } } } } }
            @if let Some(picture) = &origins.picture {
                figure {
                    div.scroll { (PreEscaped(picture)) }
                    figcaption { "The grid: sites with what stands in them, links with bandwidth and latency. " span.file { (PICTURE_FILE) } }
                }
            }
        }
    }
}

/// A line in which what stands between backquotes is code.
fn code(line: &str) -> Markup {
    html! { @for (nth, part) in line.split('`').enumerate() { @if nth % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// The commands that made the results, the last ones.
pub(super) fn commands(origins: &Origins) -> Markup {
    let sessions = &origins.sessions;
    let more = sessions.len().saturating_sub(TOLD);
    html! {
        @for session in &sessions[more..] {
            dt { "Started " (session.started_at.get(..16).unwrap_or(&session.started_at).replace('T', " ")) " UTC" }
            dd { code { (session.command) } " (dapple " (session.dapple_version) ", " (session.runs_done) " runs done)" }
        }
        @if more > 0 { dt { "Before" } dd { (more) " more starts, all in " code { "provenance.json" } } }
    }
}
