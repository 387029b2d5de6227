//! How RON is written here: no `Some(..)` and no brackets twice.

use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use serde::Serialize;

const EXTENSIONS: Extensions =
    Extensions::IMPLICIT_SOME.union(Extensions::UNWRAP_NEWTYPES).union(Extensions::UNWRAP_VARIANT_NEWTYPES);

/// How RON is read and written.
pub(crate) fn ron_options() -> ron::Options {
    ron::Options::default().with_default_extension(EXTENSIONS)
}

/// RON on one line.
pub(crate) fn compact(value: &impl Serialize) -> String {
    ron_options().to_string(value).expect("the types of the language can be written")
}

/// RON for readers, on many lines.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    let style = PrettyConfig::new().extensions(EXTENSIONS).compact_arrays(false).separate_tuple_members(false);
    ron_options().to_string_pretty(value, style).expect("the types of the language can be written")
}
