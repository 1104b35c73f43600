//! The batch itself.

use std::{path::PathBuf, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray, StringViewBuilder,
        TimestampMicrosecondArray, new_null_array,
    },
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use lakehouse_model::{DriftPolicy, Source};
use tables::{Inspection, TextBatch, TextReader};

use super::FileFit;
use crate::{
    EngineError, Lake, Work,
    delta::{Commit, FileWriter, LakeTable},
};

/// Rows a batch on the way from the file to the table.
const BATCH_ROWS: usize = 16_384;
/// Batches that may wait between the reader and the writer.
const BATCHES_WAITING: usize = 2;
/// Hex digits of the content's SHA-256 that name a batch: 128 bits.
const BATCH_ID_DIGITS: usize = 32;

/// A file that was looked at as a whole and fits its source.
#[derive(Debug, Clone)]
pub struct PreparedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// As the user named it; kept in `_source_file` without its folders.
    pub name: String,
    /// What it is and what is in it.
    pub inspection: Inspection,
    /// How its columns feed the source's.
    pub fit: FileFit,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Names the batch; the same for the same bytes.
    pub batch_id: String,
    /// Records, malformed ones included; 0 when the file was known.
    pub rows: u64,
    /// Records kept as raw lines.
    pub malformed: u64,
    /// `false` when the same bytes were loaded before.
    pub added: bool,
}

impl Lake {
    /// Loads a prepared file into its source's table, in one commit.
    ///
    /// # Errors
    /// [`EngineError`]; the table stays at its last commit.
    pub async fn load_file(&self, source: &Source, file: &PreparedFile, work: &Work) -> Result<Loaded, EngineError> {
        let table = self.table(&source.table).await?;
        let mut table = table.lock().await;
        let batch_id = file.inspection.sha256[..BATCH_ID_DIGITS].to_owned();
        let mark = format!("grayghost:batch:{}:{}", source.name, file.inspection.sha256);
        if table.mark(&mark).is_some() {
            return Ok(Loaded { batch_id, rows: 0, malformed: 0, added: false });
        }
        let layout = Layout::new(source, file, &table, &batch_id, work);
        let mut writer = table.writer(Arc::clone(&layout.schema), self.write_options(&[]), work.now);
        let malformed = write_rows(file, &layout, &mut writer, work).await?;
        let rows = writer.rows;
        let commit = Commit {
            adds: writer.finish().await?,
            marks: vec![(mark, 1)],
            schema: (table.version().is_none() || layout.evolved).then(|| Arc::clone(&layout.schema)),
            info: vec![("grayghost.file", file.name.clone().into()), ("grayghost.batch", batch_id.clone().into())],
            ..Commit::default()
        };
        work.check()?;
        table.commit(commit, work.now).await?;
        self.maintain(&mut table, work).await?;
        Ok(Loaded { batch_id, rows, malformed, added: true })
    }
}

/// Reads in a thread of its own, so that parsing and encoding use two cores.
async fn write_rows(
    file: &PreparedFile,
    layout: &Layout,
    writer: &mut FileWriter,
    work: &Work,
) -> Result<u64, EngineError> {
    let reader = TextReader::open(&file.path, &file.inspection.sniffed, BATCH_ROWS, &work.cancel)?;
    let (send, mut receive) = tokio::sync::mpsc::channel(BATCHES_WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        for batch in reader {
            // The receiver is gone when writing failed: its error is the one to tell.
            if send.blocking_send(batch).is_err() {
                break;
            }
        }
    });
    let mut malformed = 0;
    while let Some(batch) = receive.recv().await {
        let batch = batch?;
        malformed += batch.malformed;
        writer.write(&layout.arrange(&batch)?).await?;
        (work.progress)(batch.bytes_done, writer.rows);
    }
    reading.await.map_err(|error| EngineError::storage("write", &layout.table, error))?;
    Ok(malformed)
}

/// Where each column of the bronze table comes from.
struct Layout {
    table: lakehouse_model::AssetName,
    schema: SchemaRef,
    /// File position for each data column; `None` gives NULL.
    positions: Vec<Option<usize>>,
    evolved: bool,
    /// Under `quarantine`, a file whose columns drifted: its rows are kept raw only, under these headers.
    raw_only: Option<Vec<String>>,
    source_file: String,
    batch_id: String,
    now: i64,
}

impl Layout {
    fn new(source: &Source, file: &PreparedFile, table: &LakeTable, batch_id: &str, work: &Work) -> Self {
        let drifted = !file.fit.missing.is_empty() || !file.fit.extra.is_empty();
        let raw_only = (drifted && source.drift == DriftPolicy::Quarantine)
            .then(|| file.inspection.sniffed.columns.iter().map(|column| column.name.clone()).collect());
        let mut columns: Vec<(String, Option<usize>)> =
            source.columns.iter().map(|column| column.name.clone()).zip(file.fit.positions.iter().copied()).collect();
        let known = |columns: &[(String, Option<usize>)], name: &str| columns.iter().any(|(column, _)| column == name);
        if source.drift == DriftPolicy::Evolve {
            for (position, header) in &file.fit.extra {
                let name = column_name(header);
                if !known(&columns, &name) {
                    columns.push((name, Some(*position)));
                }
            }
        }
        let before = table.schema();
        for field in before.fields().iter().filter(|field| !is_metadata(field.name())) {
            if !known(&columns, field.name()) {
                columns.push((field.name().clone(), None));
            }
        }
        let (names, positions): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let evolved = table.version().is_some() && names.iter().any(|name| before.column_with_name(name).is_none());
        Self {
            table: source.table.clone(),
            schema: bronze_schema(&names),
            positions,
            evolved,
            raw_only,
            source_file: file.name.clone(),
            batch_id: batch_id.to_owned(),
            now: work.now.0,
        }
    }

    fn arrange(&self, batch: &TextBatch) -> Result<RecordBatch, EngineError> {
        let rows = batch.row.len();
        let column = |position: &Option<usize>| match position {
            Some(at) if self.raw_only.is_none() => Arc::clone(&batch.columns[*at]),
            _ => new_null_array(&DataType::Utf8View, rows),
        };
        let mut columns: Vec<ArrayRef> = self.positions.iter().map(column).collect();
        let raw: ArrayRef = match (&self.raw_only, &batch.raw) {
            (Some(headers), raw) => Arc::new(whole_rows(headers, batch, raw.as_ref())),
            (None, Some(raw)) => Arc::new(raw.clone()),
            (None, None) => new_null_array(&DataType::Utf8View, rows),
        };
        columns.extend([
            repeated(&self.source_file, rows),
            Arc::new(batch.row.clone()) as ArrayRef,
            Arc::new(TimestampMicrosecondArray::from_value(self.now, rows).with_timezone("UTC")),
            repeated(&self.batch_id, rows),
            Arc::new(Int64Array::clone(&batch.hash)),
            raw,
        ]);
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| EngineError::storage("write", &self.table, error))
    }
}

/// Columns of a source's table: the data as text, then where each row came from.
pub(crate) fn bronze_schema(names: &[String]) -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    let mut fields: Vec<Field> = names.iter().map(|name| text(name)).collect();
    fields.extend([
        text("_source_file"),
        Field::new("_row", DataType::Int64, true),
        Field::new("_ingested_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        text("_batch_id"),
        Field::new("_row_hash", DataType::Int64, true),
        text("_raw"),
    ]);
    Arc::new(Schema::new(fields))
}

fn is_metadata(name: &str) -> bool {
    ["_source_file", "_row", "_ingested_at", "_batch_id", "_row_hash", "_raw"].contains(&name)
}

fn repeated(text: &str, rows: usize) -> ArrayRef {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let block = builder.append_block(arrow::buffer::Buffer::from(text.as_bytes()));
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    for _ in 0..rows {
        if builder.try_append_view(block, 0, length).is_err() {
            builder.append_value(text);
        }
    }
    Arc::new(builder.finish())
}

/// Each record as a JSON object of its headers, for a file whose columns are not those of the source; a malformed
/// record as its line.
fn whole_rows(headers: &[String], batch: &TextBatch, raw: Option<&StringViewArray>) -> StringViewArray {
    let columns: Vec<_> = batch.columns.iter().map(AsArray::as_string_view).collect();
    let row = |at: usize| {
        if let Some(raw) = raw.filter(|raw| raw.is_valid(at)) {
            return raw.value(at).to_owned();
        }
        let cells = headers.iter().zip(&columns).filter(|(_, column)| column.is_valid(at));
        let object: serde_json::Map<_, _> =
            cells.map(|(header, column)| (header.clone(), column.value(at).into())).collect();
        serde_json::Value::Object(object).to_string()
    };
    StringViewArray::from_iter_values((0..batch.row.len()).map(row))
}

/// A header as a column name: lower-case words joined by `_`.
fn column_name(header: &str) -> String {
    let mut name = String::new();
    for c in header.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => {
                if c.is_ascii_uppercase() && name.ends_with(|last: char| last.is_ascii_lowercase()) {
                    name.push('_');
                }
                name.push(c.to_ascii_lowercase());
            }
            _ if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('_');
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        format!("column_{name}")
    } else {
        name.to_owned()
    }
}
