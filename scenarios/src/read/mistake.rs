//! A mistake in what is written: where it is, and how reading goes on in spite of it.

use dapple_simulator::units::Unit;
use serde::de;

use super::path::{At, Path, Step};
use super::source::TextRange;
use crate::near::{listed, nearest};

/// How a mistake is got over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mend {
    /// The value is replaced.
    Filler,
    /// The missing field is supplied.
    Supply(&'static str),
    /// The field is left out.
    Skip,
    /// Only the first of several equal fields counts.
    Once,
    /// The field is read as this one.
    Field(&'static str),
    /// The variant is read as this one.
    Variant(&'static str),
}

/// A mistake in what is written, and where.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    /// In words.
    pub message: String,
    /// What is allowed, what may be meant.
    pub help: Option<String>,
    /// Where in the text.
    pub range: Option<TextRange>,
    /// Where in the scenario.
    pub path: Path,
    /// How to get over it.
    pub mend: Mend,
}

impl Mistake {
    /// A mistake whose place is not known yet, to be replaced by a filler.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, range: None, path: Path::default(), mend: Mend::Filler }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says where, unless it is known already.
    pub fn or_at(mut self, range: TextRange, at: &At<'_>) -> Self {
        if self.range.is_none() {
            self.range = Some(range);
            self.path = at.path();
            if let Mend::Supply(field) = self.mend {
                self.path.0.push(Step::Field(field.to_owned()));
            }
        }
        self
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        unknown(format!("there is no field `{field}` here"), field, expected, (Mend::Skip, Mend::Field))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let message = match (Unit::named(variant), expected.first().and_then(|name| Unit::named(name))) {
            (Some((written, _)), Some((wanted, _))) => {
                let [written, wanted] = [written, wanted].map(|units| units.doc.name.to_lowercase());
                format!("`{variant}` is a unit of {written}, a {wanted} is expected here")
            }
            _ => format!("`{variant}` is not one of the choices here"),
        };
        unknown(message, variant, expected, (Mend::Filler, Mend::Variant))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { mend: Mend::Supply(field), ..Self::new(format!("the field `{field}` is missing")) }
    }
}

/// A word that is not allowed: read as the only one it is nearest to, or got over otherwise.
fn unknown(
    message: String,
    word: &str,
    allowed: &'static [&'static str],
    (otherwise, nearest_instead): (Mend, fn(&'static str) -> Mend),
) -> Mistake {
    let all = listed(allowed.iter().copied());
    let mistake = Mistake::new(message);
    let near = nearest(word, allowed.iter().copied());
    let mend = if let [only] = near[..] { nearest_instead(only) } else { otherwise };
    if near.is_empty() {
        return Mistake { mend, ..mistake.help(format!("allowed: {all}")) };
    }
    let meant: Vec<String> = near.into_iter().map(explained).collect();
    Mistake { mend, ..mistake.help(format!("did you mean {}? allowed: {all}", meant.join(" or "))) }
}

/// A choice; units with what they are, for bits and bytes are told apart by one letter.
fn explained(choice: &str) -> String {
    match Unit::named(choice) {
        Some((_, unit)) => format!("`{choice}` ({})", unit.meaning.trim_end_matches('.')),
        None => format!("`{choice}`"),
    }
}
