//! The data dictionary: every file, table and column of an experiment in words.

use std::fmt::Write;

use crate::runs::runs_schema;
use crate::{ColumnKind, SCHEMA_VERSION, Schema, tables};

/// The data dictionary as Markdown, generated from the schemas and [`crate::KPIS`].
pub fn dictionary() -> String {
    let mut text = format!(
        "# Data dictionary (schema version {SCHEMA_VERSION})\n\n\
         Times that end in `_ns` are whole nanoseconds since the start of the run; `_s` are seconds, `_bytes` are bytes \
         (1 MB = 10^6 B).\nAn empty cell means that it did not happen; it is never written as 0 or -1. Run ids are 16 \
         hexadecimal digits.\n\n\
         | file | holds |\n|---|---|\n\
         | `manifest.json` | what was asked and what ran: scenario, seeds, run ids, conservation counters |\n\
         | `runs.parquet` | one row per run, sorted by id |\n"
    );
    for table in tables::schemas() {
        line(&mut text, format_args!("| `run-<id>/{}.parquet` | one row per {} |", table.name, table.row));
    }
    text.push_str(
        "\nWith `--format csv` the tables end in `.csv`. A table of which nothing was recorded has no file.\n",
    );
    section(&mut text, &runs_schema(&["<path>".to_owned()]));
    for table in tables::schemas() {
        section(&mut text, &table);
    }
    text
}

fn section(text: &mut String, table: &Schema) {
    line(
        text,
        format_args!("\n## {}\nOne row per {}.\n\n| column | type | meaning |\n|---|---|---|", table.name, table.row),
    );
    for column in &table.columns {
        let kind = match column.kind {
            ColumnKind::Int => "INT64",
            ColumnKind::Float => "DOUBLE",
            ColumnKind::Text => "STRING",
        };
        line(text, format_args!("| `{}` | {kind} | {} |", column.name, column.doc.replace('|', "\\|")));
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("strings take all text");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KPIS;

    #[test]
    fn every_column_and_kpi_is_explained() {
        let text = dictionary();
        for table in tables::schemas() {
            for column in table.columns {
                assert!(text.contains(&format!("| `{}` |", column.name)), "{}.{}", table.name, column.name);
                assert!(!column.doc.is_empty(), "{}.{}", table.name, column.name);
            }
        }
        for kpi in KPIS {
            assert!(text.contains(&format!("| `{}` | DOUBLE | {}", kpi.column, kpi.title)), "{}", kpi.column);
        }
    }
}
