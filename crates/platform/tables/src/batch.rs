//! Records as columns of text, and what collects them.

use std::collections::VecDeque;

use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray, StringViewBuilder},
    record_batch::RecordBatch,
};
use xxhash_rust::xxh3::xxh3_64;

/// Stands between the values of a record whose text is not in the file as such, when it is hashed: ASCII unit separator.
pub(crate) const UNIT_SEPARATOR: char = '\u{1f}';

/// Some consecutive records of a file. All arrays have one entry per record.
#[derive(Debug, Clone)]
pub struct TextBatch {
    /// One [`StringViewArray`] per column of the file; NULL for an empty value, quoted or not.
    pub columns: Vec<ArrayRef>,
    /// Physical line on which the record starts, from 1, header and skipped lines counted. For JSON arrays and Parquet:
    /// number of the record, from 1.
    pub row: Int64Array,
    /// Text of the records that could not be split into the columns, whose columns are all NULL; `None` if there are none.
    pub raw: Option<StringViewArray>,
    /// XXH3-64, seed 0, as two's complement: of the record's text without its line end; for JSON and Parquet of its values
    /// joined by U+001F, NULL as nothing.
    pub hash: Int64Array,
    /// Records whose text is in `raw`.
    pub malformed: u64,
    /// Bytes of the file on disk that were read so far; for progress.
    pub bytes_done: u64,
}

impl TextBatch {
    /// Records in it.
    pub fn num_rows(&self) -> usize {
        self.row.len()
    }

    /// The texts of a column, empty where there is none, of the records that could be split: for callers that do not know
    /// Arrow.
    pub fn texts(&self, column: usize) -> impl Iterator<Item = &str> {
        let texts = self.columns[column].as_string_view();
        let is_whole = |row: &usize| self.raw.as_ref().is_none_or(|raw| raw.is_null(*row));
        (0..texts.len()).filter(is_whole).map(|row| if texts.is_null(row) { "" } else { texts.value(row) })
    }
}

/// Collects records and cuts them into batches.
pub(crate) struct Batches {
    batch_rows: usize,
    columns: Vec<StringViewBuilder>,
    rows: Vec<i64>,
    hashes: Vec<i64>,
    raw: Vec<(usize, String)>,
    finished: VecDeque<TextBatch>,
}

impl Batches {
    /// For records of `width` values.
    pub(crate) fn new(width: usize, batch_rows: usize) -> Self {
        let batch_rows = batch_rows.max(1);
        let columns = (0..width).map(|_| StringViewBuilder::with_capacity(batch_rows.min(MAX_RESERVED_ROWS))).collect();
        Self { batch_rows, columns, rows: Vec::new(), hashes: Vec::new(), raw: Vec::new(), finished: VecDeque::new() }
    }

    /// Sets one value of the record under way; each column must get exactly one before [`Self::end_record`].
    #[inline]
    pub(crate) fn push_value(&mut self, column: usize, value: &str) {
        let builder = &mut self.columns[column];
        if value.is_empty() { builder.append_null() } else { builder.append_value(value) }
    }

    /// Ends the record that starts on line `row` and whose text is `text`.
    #[inline]
    pub(crate) fn end_record(&mut self, row: u64, text: &str) {
        self.rows.push(row.cast_signed());
        self.hashes.push(xxh3_64(text.as_bytes()).cast_signed());
        if self.rows.len() == self.batch_rows {
            self.finish_batch();
        }
    }

    /// Keeps a record that has no columns.
    pub(crate) fn push_malformed(&mut self, row: u64, text: &str) {
        for column in &mut self.columns {
            column.append_null();
        }
        self.raw.push((self.rows.len(), text.to_owned()));
        self.end_record(row, text);
    }

    /// Closes the batch under way, if it has records.
    pub(crate) fn finish_batch(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let count = self.rows.len();
        let columns = self
            .columns
            .iter_mut()
            .map(|column| {
                let array: ArrayRef = std::sync::Arc::new(column.finish());
                *column = StringViewBuilder::with_capacity(count);
                array
            })
            .collect();
        let malformed = self.raw.len() as u64;
        let batch = TextBatch {
            columns,
            row: std::mem::take(&mut self.rows).into(),
            raw: (malformed > 0).then(|| spread(std::mem::take(&mut self.raw), count)),
            hash: std::mem::take(&mut self.hashes).into(),
            malformed,
            bytes_done: 0,
        };
        self.rows.reserve(count);
        self.hashes.reserve(count);
        self.finished.push_back(batch);
    }

    /// The oldest finished batch.
    pub(crate) fn pop(&mut self, bytes_done: u64) -> Option<TextBatch> {
        self.finished.pop_front().map(|batch| TextBatch { bytes_done, ..batch })
    }
}

/// Room that is taken before the first record is seen.
const MAX_RESERVED_ROWS: usize = 65_536;

/// Puts each text at its place among `count` entries.
fn spread(raw: Vec<(usize, String)>, count: usize) -> StringViewArray {
    let mut builder = StringViewBuilder::with_capacity(count);
    let mut next = 0;
    for (place, text) in raw {
        (next..place).for_each(|_| builder.append_null());
        builder.append_value(text);
        next = place + 1;
    }
    (next..count).for_each(|_| builder.append_null());
    builder.finish()
}

/// A batch of columns that are all text already, as Parquet gives them.
pub(crate) fn from_columns(columns: Vec<StringViewArray>, source: &RecordBatch, first_row: u64) -> TextBatch {
    use arrow::array::Array;
    let count = source.num_rows();
    let mut text = String::new();
    let hash: Vec<i64> = (0..count)
        .map(|row| {
            text.clear();
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    text.push(UNIT_SEPARATOR);
                }
                if column.is_valid(row) {
                    text.push_str(column.value(row));
                }
            }
            xxh3_64(text.as_bytes()).cast_signed()
        })
        .collect();
    TextBatch {
        columns: columns.into_iter().map(|column| std::sync::Arc::new(column) as ArrayRef).collect(),
        row: (first_row..first_row + count as u64).map(u64::cast_signed).collect::<Vec<_>>().into(),
        raw: None,
        hash: hash.into(),
        malformed: 0,
        bytes_done: 0,
    }
}
