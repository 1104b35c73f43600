//! Batches in, data files out, with the statistics that the log carries.
//!
//! A file is encoded in memory and put whole when it is full: readers never see a part, object storage needs no
//! multipart upload, and the buffer is bounded by the target size.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Schema, SchemaRef},
};
use deltalake::kernel::Add;
use kernel::Timestamp;
use lakehouse_model::AssetName;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, Encoding, ZstdLevel},
    file::{
        metadata::ParquetMetaData,
        properties::{EnabledStatistics, WriterProperties},
        statistics::Statistics,
    },
    schema::types::ColumnPath,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::EngineError;

/// Rows a row group: large enough to compress well, small enough to decode in little memory.
const ROW_GROUP_ROWS: usize = 524_288;
const DICTIONARY_PAGE_BYTES: usize = 1 << 20;
/// Values that the encoder takes at once; the default of 1,024 costs more in going back and forth.
const ENCODED_AT_ONCE: usize = 8192;
const MICROS_PER_MILLI: i64 = 1_000;
/// Whole numbers above this are not exact in JSON readers that use doubles.
const EXACT_IN_DOUBLE: i64 = 1 << 53;

/// How files are written.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    /// A file is closed at about this size, bytes.
    pub(crate) target_bytes: usize,
    /// Columns in which nearly every value is different: a dictionary would only cost time.
    pub(crate) distinct_columns: HashSet<String>,
}

/// Writes one table's batches; drop it without `finish` and the files stay invisible.
pub(crate) struct FileWriter {
    table: AssetName,
    store: Arc<dyn ObjectStore>,
    schema: SchemaRef,
    options: WriteOptions,
    properties: WriterProperties,
    now: Timestamp,
    open: Option<ArrowWriter<Vec<u8>>>,
    rows_open: usize,
    done: Vec<Add>,
    /// Rows taken so far.
    pub(crate) rows: u64,
}

impl FileWriter {
    /// A writer of batches of `schema` into the folder behind `store`.
    pub(crate) fn new(
        table: &AssetName,
        store: Arc<dyn ObjectStore>,
        schema: SchemaRef,
        options: WriteOptions,
        now: Timestamp,
    ) -> Self {
        let properties = properties(&schema, &options);
        let (open, done) = (None, Vec::new());
        Self { table: table.clone(), store, schema, options, properties, now, open, rows_open: 0, done, rows: 0 }
    }

    /// Takes one batch.
    ///
    /// # Errors
    /// [`EngineError::Storage`] or [`EngineError::NoRoom`].
    pub(crate) async fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.open.is_none() {
            let options =
                ArrowWriterOptions::new().with_properties(self.properties.clone()).with_skip_arrow_metadata(true);
            let writer = ArrowWriter::try_new_with_options(Vec::new(), Arc::clone(&self.schema), options);
            self.open = Some(writer.map_err(|error| EngineError::storage("write", &self.table, error))?);
        }
        let Some(writer) = &mut self.open else { return Ok(()) };
        writer.write(batch).map_err(|error| EngineError::storage("write", &self.table, error))?;
        self.rows_open += batch.num_rows();
        self.rows += batch.num_rows() as u64;
        if writer.bytes_written() + writer.in_progress_size() >= self.options.target_bytes {
            self.close_file().await?;
        }
        Ok(())
    }

    /// Puts what is open and gives the `add` actions of all files.
    ///
    /// # Errors
    /// [`EngineError::Storage`] or [`EngineError::NoRoom`].
    pub(crate) async fn finish(mut self) -> Result<Vec<Add>, EngineError> {
        self.close_file().await?;
        Ok(self.done)
    }

    async fn close_file(&mut self) -> Result<(), EngineError> {
        let Some(mut writer) = self.open.take() else { return Ok(()) };
        let failed = |error| EngineError::storage("write", &self.table, error);
        let metadata = writer.finish().map_err(failed)?;
        let bytes = std::mem::take(writer.inner_mut());
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        // The process and a number are not enough for a name: a killed run may have left the same ones.
        #[expect(clippy::disallowed_methods, reason = "a file's name is not an id of the product")]
        let path = format!("part-{:05}-{}.zstd.parquet", self.done.len(), Uuid::new_v4());
        self.store
            .put(&Path::from(path.as_str()), bytes.into())
            .await
            .map_err(|error| EngineError::storage("write", &self.table, error))?;
        self.done.push(Add {
            path,
            size,
            modification_time: self.now.millis(),
            data_change: true,
            stats: Some(statistics(&self.schema, &metadata, self.rows_open).to_string()),
            ..Add::default()
        });
        self.rows_open = 0;
        Ok(())
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn properties(schema: &Schema, options: &WriteOptions) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_dictionary_page_size_limit(DICTIONARY_PAGE_BYTES)
        .set_write_batch_size(ENCODED_AT_ONCE)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        if options.distinct_columns.contains(field.name()) {
            builder = builder.set_column_dictionary_enabled(column.clone(), false);
            if field.name() == "_row" {
                builder = builder.set_column_encoding(column.clone(), Encoding::DELTA_BINARY_PACKED);
            }
        }
        // Every text would be compared with the least and the greatest so far, to prune next to nothing: what is asked
        // of texts is equality, and files are not sorted by them.
        if is_text(field.data_type()) {
            builder = builder.set_column_statistics_enabled(column, EnabledStatistics::None);
        }
    }
    builder.build()
}

/// Per-file statistics as the Delta protocol writes them.
fn statistics(schema: &Schema, metadata: &ParquetMetaData, rows: usize) -> Value {
    let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
    for (index, field) in schema.fields().iter().enumerate() {
        let (mut low, mut high, mut null_count): (Option<i64>, Option<i64>, u64) = (None, None, 0);
        let mut known = true;
        for group in metadata.row_groups() {
            let Some(found) = group.column(index).statistics() else {
                known = false;
                break;
            };
            null_count += found.null_count_opt().unwrap_or_default();
            let Some((lower, upper)) = ends(found) else { continue };
            low = Some(low.map_or(lower, |seen| seen.min(lower)));
            high = Some(high.map_or(upper, |seen| seen.max(upper)));
        }
        if !known {
            continue;
        }
        nulls.insert(field.name().clone(), null_count.into());
        if let (Some(low), Some(high)) = (low, high)
            && let (Some(low), Some(high)) = (display(field.data_type(), low), display(field.data_type(), high))
        {
            min.insert(field.name().clone(), low);
            max.insert(field.name().clone(), high);
        }
    }
    json!({ "numRecords": rows, "minValues": min, "maxValues": max, "nullCount": nulls })
}

/// Lowest and highest value of a column chunk of whole numbers.
fn ends(found: &Statistics) -> Option<(i64, i64)> {
    match found {
        Statistics::Int32(ends) => Some(((*ends.min_opt()?).into(), (*ends.max_opt()?).into())),
        Statistics::Int64(ends) => Some((*ends.min_opt()?, *ends.max_opt()?)),
        _ => None,
    }
}

/// A stored number as the protocol shows a value of this type; `None` where it has no exact form in JSON.
fn display(data_type: &DataType, stored: i64) -> Option<Value> {
    match data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Some(stored.into()),
        DataType::Date32 => {
            let midnight = Timestamp(stored * 86_400 * 1_000_000).to_string();
            Some(midnight[..10].into())
        }
        DataType::Timestamp(..) => {
            // Cut to milliseconds, as the protocol says.
            let cut = Timestamp(stored.div_euclid(MICROS_PER_MILLI) * MICROS_PER_MILLI).to_string();
            Some(format!("{}Z", &cut[..cut.len() - 4]).into())
        }
        DataType::Decimal128(_, scale) if stored.abs() < EXACT_IN_DOUBLE && *scale >= 0 => {
            #[expect(clippy::cast_precision_loss, reason = "checked above: below 2^53")]
            let value = stored as f64 / 10_f64.powi(i32::from(*scale));
            Some(json!(value))
        }
        _ => None,
    }
}
