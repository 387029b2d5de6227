//! Tables as Parquet: zstd, nanoseconds as deltas, names as dictionaries, all columns optional.
//!
//! The bytes depend on the table and the metadata only. A file explains itself: what a row is and what each
//! column holds stand in its key-value metadata under `row` and `doc:<column>`.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding, LogicalType, Repetition, Type as Physical, ZstdLevel};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnPath, Type, TypePtr};

use crate::{Cells, Column, ColumnData, ColumnKind, ResultsError, Schema, TableData};

/// Rows that are compressed, and later read, together.
const ROWS_PER_GROUP: usize = 500_000;

/// Rows that are decoded at once.
const ROWS_PER_BATCH: usize = 65_536;

/// Prefix of the metadata keys that hold the documentation of columns.
const DOC_PREFIX: &str = "doc:";

/// Writes a table; `metadata` follows the documentation in the file's key-value metadata.
///
/// # Errors
/// Where the sink fails.
pub fn write_parquet(table: &TableData, metadata: &[(String, String)], sink: impl Write + Send) -> Result<()> {
    let properties = Arc::new(properties(&table.schema, metadata)?);
    let mut file = SerializedFileWriter::new(sink, message(&table.schema)?, properties)?;
    for start in (0..table.rows()).step_by(ROWS_PER_GROUP) {
        let end = table.rows().min(start + ROWS_PER_GROUP);
        let mut group = file.next_row_group()?;
        for data in &table.columns {
            write_chunk(&mut group, data, start..end)?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

fn properties(schema: &Schema, metadata: &[(String, String)]) -> Result<WriterProperties> {
    let docs = schema.columns.iter().map(|column| (format!("{DOC_PREFIX}{}", column.name), column.doc.clone()));
    let pairs = std::iter::once(("row".to_owned(), schema.row.clone())).chain(docs).chain(metadata.iter().cloned());
    let mut builder = WriterProperties::builder()
        .set_created_by("dapple".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(pairs.map(|(key, value)| KeyValue::new(key, value)).collect()));
    for column in &schema.columns {
        let path = ColumnPath::new(vec![column.name.clone()]);
        if column.kind == ColumnKind::Text {
            builder = builder.set_column_dictionary_enabled(path, true);
        } else if column.name.ends_with("_ns") {
            builder = builder.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(builder.build())
}

fn message(schema: &Schema) -> Result<TypePtr> {
    let field = |column: &Column| {
        let (physical, logical) = match column.kind {
            ColumnKind::Int => (Physical::INT64, None),
            ColumnKind::Float => (Physical::DOUBLE, None),
            ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let builder = Type::primitive_type_builder(&column.name, physical);
        builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build().map(Arc::new)
    };
    let fields = schema.columns.iter().map(field).collect::<Result<Vec<TypePtr>>>()?;
    Type::group_type_builder(&schema.name).with_fields(fields).build().map(Arc::new)
}

fn write_chunk<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    data: &ColumnData,
    rows: Range<usize>,
) -> Result<()> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the table has more columns than its schema".to_owned()));
    };
    match (column.untyped(), data) {
        (ColumnWriter::Int64ColumnWriter(writer), ColumnData::Int(cells)) => {
            let (levels, values) = split(cells, rows, |value| value);
            writer.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::DoubleColumnWriter(writer), ColumnData::Float(cells)) => {
            let (levels, values) = split(cells, rows, |value| value);
            writer.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::ByteArrayColumnWriter(writer), ColumnData::Text(cells)) => {
            // The bytes of a name are shared by its cells.
            let names: Vec<ByteArray> = cells.names().iter().map(|name| ByteArray::from(&**name)).collect();
            let (levels, values) = split(cells.codes(), rows, |code| names[code as usize].clone());
            writer.write_batch(&values, Some(&levels), None)?;
        }
        _ => return Err(ParquetError::General("a column does not have the type of its schema".to_owned())),
    }
    column.close()
}

/// Definition levels (1: there is a value) and the values that are there.
fn split<T: Copy + Default, V>(cells: &Cells<T>, rows: Range<usize>, value: impl Fn(T) -> V) -> (Vec<i16>, Vec<V>) {
    let cells = rows.map(|row| cells.get(row));
    (cells.clone().map(|cell| i16::from(cell.is_some())).collect(), cells.flatten().map(value).collect())
}

/// Reads a table that [`write_parquet`] wrote.
///
/// # Errors
/// Where the file cannot be opened, is not Parquet, is damaged, or has columns of other types.
pub fn read_parquet(path: &Path) -> std::result::Result<TableData, ResultsError> {
    let file = File::open(path).map_err(|source| ResultsError::Read { path: path.to_owned(), source })?;
    // The parquet crate asserts some fields of the footer instead of checking them: damage must not end the process.
    std::panic::catch_unwind(|| read_file(file, path)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let source = ParquetError::General(format!("it is damaged: {}", said.unwrap_or("a broken invariant")));
        Err(ResultsError::Parquet { path: path.to_owned(), source })
    })
}

fn read_file(file: File, path: &Path) -> std::result::Result<TableData, ResultsError> {
    let damaged = |source| ResultsError::Parquet { path: path.to_owned(), source };
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let mut table = TableData::new(schema(&reader).map_err(|(column, found)| ResultsError::Column {
        path: path.to_owned(),
        column,
        problem: format!("it has type {found}"),
    })?);
    for index in 0..reader.num_row_groups() {
        let group = reader.get_row_group(index).map_err(damaged)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        for (column, data) in table.columns.iter_mut().enumerate() {
            let cells = group.get_column_reader(column).map_err(damaged)?;
            let read = read_chunk(cells, data, rows).map_err(damaged)?;
            if read != rows {
                let column = table.schema.columns[column].name.clone();
                let problem = format!("it holds {read} of {rows} rows");
                return Err(ResultsError::Column { path: path.to_owned(), column, problem });
            }
        }
    }
    Ok(table)
}

/// The schema of a file, or the name and type of the first column that dapple cannot have written.
fn schema(reader: &SerializedFileReader<File>) -> std::result::Result<Schema, (String, String)> {
    let file = reader.metadata().file_metadata();
    let pairs = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let meta = |key: &str| {
        let pair = pairs.iter().find(|pair| pair.key == key);
        pair.and_then(|pair| pair.value.clone()).unwrap_or_default()
    };
    let descriptor = file.schema_descr();
    let column = |column: &::parquet::schema::types::ColumnDescPtr| {
        let name = column.path().parts().join(".");
        let flat = column.max_rep_level() == 0 && column.max_def_level() == 1;
        let kind = match column.physical_type() {
            Physical::INT64 if flat => ColumnKind::Int,
            Physical::DOUBLE if flat => ColumnKind::Float,
            Physical::BYTE_ARRAY if flat => ColumnKind::Text,
            other => return Err((name, if flat { other.to_string() } else { format!("nested or required {other}") })),
        };
        let doc = meta(&format!("{DOC_PREFIX}{name}"));
        Ok(Column { name, kind, doc })
    };
    Ok(Schema {
        name: descriptor.name().to_owned(),
        row: meta("row"),
        columns: descriptor.columns().iter().map(column).collect::<std::result::Result<_, _>>()?,
    })
}

/// Appends the rows of a chunk and returns how many there were.
fn read_chunk(reader: ColumnReader, data: &mut ColumnData, rows: usize) -> Result<usize> {
    match (reader, data) {
        (ColumnReader::Int64ColumnReader(reader), ColumnData::Int(cells)) => {
            read_cells::<Int64Type>(reader, rows, |value| {
                cells.push(value);
                Ok(())
            })
        }
        (ColumnReader::DoubleColumnReader(reader), ColumnData::Float(cells)) => {
            read_cells::<DoubleType>(reader, rows, |value| {
                cells.push(value);
                Ok(())
            })
        }
        (ColumnReader::ByteArrayColumnReader(reader), ColumnData::Text(cells)) => {
            read_cells::<ByteArrayType>(reader, rows, |bytes| {
                cells.push(bytes.as_ref().map(ByteArray::as_utf8).transpose()?);
                Ok(())
            })
        }
        _ => Err(ParquetError::General("a row group has columns of other types than the file".to_owned())),
    }
}

fn read_cells<D: DataType>(
    mut reader: ColumnReaderImpl<D>,
    rows: usize,
    mut push: impl FnMut(Option<D::T>) -> Result<()>,
) -> Result<usize> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let mut done = 0;
    while done < rows {
        levels.clear();
        values.clear();
        let batch = ROWS_PER_BATCH.min(rows - done);
        let (read, ..) = reader.read_records(batch, Some(&mut levels), None, &mut values)?;
        if read == 0 {
            break;
        }
        let mut present = values.drain(..);
        for level in &levels {
            push(if *level > 0 { present.next() } else { None })?;
        }
        done += read;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use proptest::prelude::*;

    fn table(rows: &[(Option<i64>, Option<f64>, Option<String>)]) -> TableData {
        let mut table = TableData::new(Schema::new(
            "things",
            "thing",
            &[
                ("at_ns", ColumnKind::Int, "when"),
                ("sweep.a.b", ColumnKind::Float, "how much"),
                ("name", ColumnKind::Text, "who"),
            ],
        ));
        for (at, share, name) in rows {
            table.push(&[
                at.map_or(Value::Empty, Value::Int),
                share.map_or(Value::Empty, Value::Float),
                name.as_deref().map_or(Value::Empty, Value::Text),
            ]);
        }
        table
    }

    fn bytes(table: &TableData) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_parquet(table, &[("seed".into(), "7".into())], &mut bytes).expect("vectors take all bytes");
        bytes
    }

    fn read_back(bytes: &[u8]) -> std::result::Result<TableData, ResultsError> {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), bytes).expect("writes");
        read_parquet(file.path())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn tables_survive_and_bytes_are_the_same_twice(
            rows in proptest::collection::vec((any::<Option<i64>>(), any::<Option<f64>>(), proptest::option::of("[a-zé,\" ]{0,5}")), 0..60)
        ) {
            let table = table(&rows);
            let written = bytes(&table);
            prop_assert_eq!(&written, &bytes(&table));
            prop_assert_eq!(read_back(&written).expect("just written"), table);
        }

        #[test]
        fn damage_is_an_error_and_no_panic(at in 0_usize..1500, flip in 1_u8..=255) {
            let rows: Vec<_> = (0..40).map(|i| (Some(i * 1000), Some(i as f64), Some(format!("n{}", i % 3)))).collect();
            let mut written = bytes(&table(&rows));
            let at = at % written.len();
            written[at] ^= flip;
            let _ = read_back(&written);
            let _ = read_back(&written[..at]);
        }
    }

    #[test]
    fn rows_beyond_one_group_are_read() {
        let mut long = table(&[]);
        for row in 0..=i64::try_from(ROWS_PER_GROUP).expect("small") {
            long.push(&[Value::Int(row), Value::Empty, Value::Text("x")]);
        }
        let back = read_back(&bytes(&long)).expect("just written");
        assert_eq!(back.rows(), ROWS_PER_GROUP + 1);
        assert_eq!(back.cell(ROWS_PER_GROUP, 0), Value::Int(500_000));
    }
}
