//! Texts from outside as they may be shown.

use dapple_simulator::hidden::is_hidden;

/// A text from outside as it may be shown: lines stay lines, and nothing in it steers a terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// The beginning of a text from outside, on one line.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{shown}..") } else { shown }
}
