//! The reference of the scenario language, made from its types.
//!
//! Field names, types and words come from the declarations of the types themselves (see [`mod@dapple_simulator::settings`]), defaults from
//! decoding an empty value, so that `docs/scenario-reference.md` cannot say what is not so. A test compares the
//! file with [`markdown`]; `UPDATE_DOCS=1 cargo test -p dapple-scenarios` rewrites it.

use dapple_records::{KPIS, RecordLevel};
use dapple_simulator::catalogue::{Quota, QuotaSettings};
use dapple_simulator::conveyor::{
    ConveyorSettings, Direction, DistanceRow, Finisher, GroupBy, Multihop, Poller, Preparer, Sleeps, SourceOrder,
    Strategy, Submitter, Throttling, TransferLimit,
};
use dapple_simulator::copy::{BadHours, Checksum, CopySettings, Failure, Strikes, Sufferer, Timeout};
use dapple_simulator::distribution::Distribution;
use dapple_simulator::faults::CopyError;
use dapple_simulator::fts::{
    ActivitySharesOf, FtsSettings, LinkLimit, Optimizer, PassTurns, ReplicaChoice, RuleSet, Share, StorageLimit, Turns,
    VoShares, WhenFull,
};
use dapple_simulator::reaper::{FreeSpace, FreeSpaceOf, NeedBy, ReaperSettings};
use dapple_simulator::rules::{Copies, Grouping, RetryAfter, RuleTemplate, RulesSettings, Subscription};
use dapple_simulator::settings::{Documented, FieldDoc, Kind, Range, Setting, Shape, TypeDoc, VariantDoc};
use dapple_simulator::storage::StorageSettings;
use dapple_simulator::topology::{LoadCurve, Pool, Rse, Scheduling, Site};
use dapple_simulator::units::{Bytes, Rate, SimSpan, UnitOf};
use dapple_simulator::workload::{Arrivals, Bursts, Daily, Peak, Pick, RuleSize, Ties};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::file::{
    AccessSpec, BandwidthStep, Campaign, CampaignStep, Compute, Contention, Data, Dataset, DatasetStream, Delimiter,
    Dirty, DrawnRse, Dtn, Duplex, ExperimentFile, Filter, IllPosed, Inputs, InstantColumn, JobColumns, JobTrace, Jobs,
    Law, LawStep, Link, NameFrom, Origin, PolicySetFile, Record, RecordTables, Route, RuleData, RuleStream,
    ScenarioFile, Services, SizeColumn, SourceSpec, SpanColumn, SweepFile, Topology, TransferColumns, TransferStream,
    TransferTrace, Workload,
};
use crate::notation::compact;
use crate::read::decode::decode;
use crate::read::mistake::Mend;
use crate::read::parse::parse;
use crate::read::source::Sources;

/// One type of the language, with what its fields are when they are not written.
pub struct TypeReference {
    /// Names, types and words.
    pub doc: TypeDoc,
    /// The fields of a struct (variant: empty) or of a variant, and their defaults; `None`: required.
    pub defaults: Vec<(&'static str, &'static str, Option<String>)>,
    #[cfg(test)]
    names: Vec<&'static str>,
}

fn reference<T: Documented + DeserializeOwned + Serialize>() -> TypeReference {
    let mut found = Vec::new();
    match T::DOC.shape {
        Shape::Struct(fields) => defaults::<T>("", fields, &mut found),
        Shape::Enum(variants) => {
            for variant in variants.iter().filter(|variant| !variant.fields.is_empty()) {
                defaults::<T>(variant.name, variant.fields, &mut found);
            }
        }
    }
    TypeReference {
        doc: T::DOC,
        defaults: found,
        #[cfg(test)]
        names: tests::names_of::<T>(),
    }
}

/// Decodes `Variant()` or `()`: what is missing is required, what is there is the default.
fn defaults<T: DeserializeOwned + Serialize>(
    variant: &'static str,
    fields: &'static [FieldDoc],
    found: &mut Vec<(&'static str, &'static str, Option<String>)>,
) {
    let mut sources = Sources::default();
    let mut tree = |text: String| {
        let source = sources.add("", text);
        let text = sources.get(source).text.clone();
        parse(source, &text).ok()
    };
    let empty = tree(format!("{variant}()"));
    let decoded = empty.map(|empty| decode::<T>(&empty, &sources, &[]));
    let Some((Some(value), mistakes)) = decoded.map(|decoded| (decoded.value, decoded.mistakes)) else { return };
    let source = sources.add("", compact(&value));
    let text = sources.get(source).text.clone();
    let written = parse(source, &text).ok();
    for field in fields {
        // What is required was filled in to get this far, and that is no default.
        let is_missing = mistakes.iter().any(|mistake| mistake.mend == Mend::Supply(field.name));
        let value = written.as_ref().and_then(|written| written.field(&sources, field.name));
        let default = value.filter(|_| !is_missing).map(|value| whole_numbers(&value.print(&sources)));
        found.push((variant, field.name, default));
    }
}

/// `Seconds(0.0)` as people write it: `Seconds(0)`.
fn whole_numbers(text: &str) -> String {
    let text = text.replace(".0)", ")").replace(".0,", ",");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// All types of the language, in the order of the reference.
pub fn types() -> Vec<TypeReference> {
    vec![
        reference::<ScenarioFile>(),
        reference::<Topology>(),
        reference::<Site>(),
        reference::<Rse<String, String>>(),
        reference::<Pool<String>>(),
        reference::<Scheduling>(),
        reference::<Dtn>(),
        reference::<LoadCurve>(),
        reference::<Link>(),
        reference::<Duplex>(),
        reference::<Contention>(),
        reference::<BandwidthStep>(),
        reference::<Route>(),
        reference::<Law>(),
        reference::<LawStep>(),
        reference::<IllPosed>(),
        reference::<Data>(),
        reference::<Dataset>(),
        reference::<Workload>(),
        reference::<Jobs>(),
        reference::<Arrivals>(),
        reference::<Daily>(),
        reference::<Bursts>(),
        reference::<Inputs>(),
        reference::<Pick>(),
        reference::<Compute>(),
        reference::<Campaign>(),
        reference::<CampaignStep>(),
        reference::<TransferStream>(),
        reference::<RuleStream>(),
        reference::<RuleData>(),
        reference::<DrawnRse>(),
        reference::<RuleSize>(),
        reference::<Peak>(),
        reference::<DatasetStream>(),
        reference::<TransferTrace>(),
        reference::<TransferColumns>(),
        reference::<JobTrace>(),
        reference::<JobColumns>(),
        reference::<InstantColumn>(),
        reference::<SpanColumn>(),
        reference::<SizeColumn>(),
        reference::<NameFrom>(),
        reference::<Filter>(),
        reference::<Delimiter>(),
        reference::<Origin>(),
        reference::<Ties>(),
        reference::<Dirty>(),
        reference::<Services>(),
        reference::<FtsSettings<String>>(),
        reference::<CopySettings<String>>(),
        reference::<Checksum<String>>(),
        reference::<Timeout>(),
        reference::<Failure<String>>(),
        reference::<CopyError>(),
        reference::<Strikes>(),
        reference::<BadHours>(),
        reference::<Sufferer>(),
        reference::<LinkLimit<String>>(),
        reference::<StorageLimit<String>>(),
        reference::<Optimizer>(),
        reference::<RuleSet>(),
        reference::<VoShares<String>>(),
        reference::<ActivitySharesOf>(),
        reference::<Share>(),
        reference::<PassTurns>(),
        reference::<ReplicaChoice>(),
        reference::<Turns>(),
        reference::<WhenFull>(),
        reference::<ConveyorSettings>(),
        reference::<Preparer>(),
        reference::<Throttling>(),
        reference::<TransferLimit>(),
        reference::<Direction>(),
        reference::<Strategy>(),
        reference::<Submitter>(),
        reference::<Sleeps>(),
        reference::<GroupBy>(),
        reference::<Poller>(),
        reference::<Finisher>(),
        reference::<SourceOrder>(),
        reference::<DistanceRow>(),
        reference::<Multihop>(),
        reference::<RulesSettings>(),
        reference::<RetryAfter>(),
        reference::<Subscription>(),
        reference::<RuleTemplate>(),
        reference::<Copies>(),
        reference::<Grouping>(),
        reference::<QuotaSettings>(),
        reference::<Quota>(),
        reference::<ReaperSettings<String>>(),
        reference::<FreeSpace>(),
        reference::<FreeSpaceOf<String>>(),
        reference::<NeedBy>(),
        reference::<StorageSettings>(),
        reference::<PolicySetFile>(),
        reference::<AccessSpec>(),
        reference::<SourceSpec>(),
        reference::<ExperimentFile>(),
        reference::<SweepFile>(),
        reference::<Record>(),
        reference::<RecordTables>(),
        reference::<RecordLevel>(),
        reference::<Distribution<AnyQuantity>>(),
        reference::<SimSpan>(),
        reference::<Bytes>(),
        reference::<Rate>(),
        reference::<UnitOf<SimSpan>>(),
        reference::<UnitOf<Bytes>>(),
    ]
}

const INTRODUCTION: &str = include_str!("reference_introduction.md");

/// The whole reference as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    for entry in types() {
        out.push_str(&format!("\n## {}\n\n{}\n", entry.doc.name, words(entry.doc.doc)));
        match entry.doc.shape {
            Shape::Struct(fields) => field_table("", fields, &entry, &mut out),
            Shape::Enum(variants) => variant_table(variants, &entry, &mut out),
        }
    }
    out.push_str("\n## Kpi\n\nA key performance indicator: one figure per run.\n\n");
    out.push_str("| write | meaning | unit | column in `runs.parquet` |\n|---|---|---|---|\n");
    for kpi in &KPIS {
        let meaning = format!("{} ({})", kpi.title, kpi.doc);
        out.push_str(&format!("| `{:?}` | {} | {} | `{}` |\n", kpi.kpi, cell(&meaning), kpi.unit, kpi.column));
    }
    out
}

fn field_table(variant: &str, fields: &[FieldDoc], entry: &TypeReference, out: &mut String) {
    out.push_str("\n| field | type | default | meaning |\n|---|---|---|---|\n");
    for field in fields {
        let found = entry.defaults.iter().find(|(of, name, _)| *of == variant && *name == field.name);
        let default = match found.and_then(|(_, _, default)| default.as_deref()) {
            // A struct is described in a section of its own.
            Some(default) if default.starts_with('(') && default.len() > 2 => "its defaults".to_owned(),
            Some(default) => format!("`{default}`"),
            None => "required".to_owned(),
        };
        let kind = in_words(&(field.kind)(), field.range);
        out.push_str(&format!("| `{}` | {kind} | {} | {} |\n", field.name, cell(&default), cell(&words(field.doc))));
    }
}

fn variant_table(variants: &[VariantDoc], entry: &TypeReference, out: &mut String) {
    out.push_str("\n| write | meaning |\n|---|---|\n");
    for variant in variants {
        let form = match (variant.holds, variant.fields) {
            (None, []) => format!("`{}`", variant.name),
            (Some((kind, range)), _) => format!("`{}(..)`: {}", variant.name, in_words(&kind(), range)),
            (None, _) => format!("`{}(..)`, see below", variant.name),
        };
        out.push_str(&format!("| {form} | {} |\n", cell(&words(variant.doc))));
    }
    for variant in variants.iter().filter(|variant| !variant.fields.is_empty()) {
        out.push_str(&format!("\n`{}(..)`:\n", variant.name));
        field_table(variant.name, variant.fields, entry, out);
    }
}

fn words(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// Bars end a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A type and its range in the words of a scenario's author, with a link to its section.
fn in_words(kind: &Kind, range: Range) -> String {
    match (kind, range.to_string()) {
        (Kind::Optional(value), _) => format!("{}, or None", in_words(value, range)),
        (kind, range) if range.is_empty() => type_in_words(kind),
        (kind, range) => format!("{}, {range}", type_in_words(kind)),
    }
}

fn type_in_words(kind: &Kind) -> String {
    let link = |doc: &TypeDoc| format!("[{}](#{})", doc.name, doc.name.to_lowercase());
    match kind {
        Kind::Words(words) => (*words).to_owned(),
        Kind::Named(doc) => link(doc),
        Kind::List(item) => format!("list of {}", type_in_words(item)),
        Kind::Optional(value) => format!("{}, or None", type_in_words(value)),
        Kind::Of(doc, quantity) => format!("{} of {}", link(doc), type_in_words(quantity)),
    }
}

/// What a distribution is of, where it is described for all quantities.
#[derive(Deserialize, Serialize)]
struct AnyQuantity(Bytes);

impl Setting for AnyQuantity {
    fn kind() -> Kind {
        Kind::Words("the quantity")
    }

    fn read<'de, D: Deserializer<'de>>(from: D, range: Range) -> Result<Self, D::Error> {
        Bytes::read(from, range).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use serde::de::{self, Visitor};

    use super::*;

    /// Asks a type for the names of its fields or variants, and gives it nothing.
    struct Probe<'p>(&'p mut Vec<&'static str>);

    impl<'de> de::Deserializer<'de> for Probe<'_> {
        type Error = de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(de::Error::custom("probed"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(fields);
            self.deserialize_any(visitor)
        }

        fn deserialize_enum<V: Visitor<'de>>(
            self,
            _: &'static str,
            variants: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.extend(variants);
            self.deserialize_any(visitor)
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
        }
    }

    pub(super) fn names_of<T: DeserializeOwned>() -> Vec<&'static str> {
        let mut names = Vec::new();
        let _ = T::deserialize(Probe(&mut names));
        names
    }

    #[test]
    fn every_field_and_variant_that_serde_knows_is_documented() {
        for entry in types() {
            let documented: Vec<&str> = match entry.doc.shape {
                Shape::Struct(fields) => fields.iter().map(|field| field.name).collect(),
                Shape::Enum(variants) => variants.iter().map(|variant| variant.name).collect(),
            };
            assert_eq!(documented, entry.names, "{}", entry.doc.name);
            assert!(!entry.doc.doc.is_empty(), "{} has no words", entry.doc.name);
            let fields: Vec<FieldDoc> = match entry.doc.shape {
                Shape::Struct(fields) => fields.to_vec(),
                Shape::Enum(variants) => variants.iter().flat_map(|variant| variant.fields).copied().collect(),
            };
            assert_eq!(entry.defaults.len(), fields.len(), "{}: defaults could not be found", entry.doc.name);
            assert!(fields.iter().all(|field| !field.doc.is_empty()), "{}: a field has no words", entry.doc.name);
        }
    }

    #[test]
    fn every_type_that_is_named_has_a_section() {
        let text = markdown();
        for link in text.split("](#").skip(1) {
            let name = link.split(')').next().unwrap_or("");
            let is_there = text.lines().any(|line| line.strip_prefix("## ").is_some_and(|t| t.to_lowercase() == name));
            assert!(is_there, "there is no section for #{name}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_types() {
        let all = types();
        let default = |name: &str, variant: &str, field: &str| {
            let entry = all.iter().find(|entry| entry.doc.name == name).expect("the type is there");
            let found = entry.defaults.iter().find(|(v, f, _)| *v == variant && *f == field);
            found.expect("the field is there").2.clone()
        };
        assert_eq!(default("Fts", "", "max_active_per_link").as_deref(), Some("20"));
        assert_eq!(default("AccessSpec", "Place", "min_reuse").as_deref(), Some("1"));
        assert_eq!(default("AccessSpec", "Custom", "params").as_deref(), Some("()"));
        assert_eq!(default("Jobs", "", "pool"), None);
        assert_eq!(default("Compute", "", "fixed").as_deref(), Some("Constant(Seconds(0))"));
    }

    #[test]
    fn the_committed_reference_is_this_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenario-reference.md");
        let made = markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().expect("in docs")).expect("docs can be made");
            std::fs::write(&path, &made).expect("docs can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let mut differ = String::new();
        for (line, (old, new)) in committed.lines().zip(made.lines()).enumerate().filter(|(_, (a, b))| a != b).take(3) {
            let _ = writeln!(differ, "line {}:\n- {old}\n+ {new}", line + 1);
        }
        assert!(committed == made, "docs/scenario-reference.md is stale: run with UPDATE_DOCS=1\n{differ}");
    }
}
