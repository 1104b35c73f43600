//! One way to read every format: records in, batches of text out.

use std::path::Path;

use encoding_rs::Encoding;
use kernel::Cancel;

use crate::{
    Format, Sniffed, TableError, TextBatch,
    batch::Batches,
    delimited::DelimitedReader,
    encoding::{UTF_16_PROBE_BYTES, by_label, of_json},
    json::JsonReader,
    parquet_text::ParquetReader,
    text::{BLOCK_BYTES, TextBlocks},
};

/// Reads a file that was sniffed or inspected, batch by batch. Ends after the first error.
pub struct TextReader {
    names: Vec<String>,
    source: Source,
    failed: bool,
}

enum Source {
    Text(Box<TextSource>),
    Parquet(Box<ParquetReader>),
}

struct TextSource {
    blocks: TextBlocks,
    records: Records,
    batches: Batches,
    /// Bytes of the block at hand that the records have taken.
    consumed: usize,
}

/// Makes records of text.
enum Records {
    Delimited(DelimitedReader),
    Json(JsonReader),
}

impl std::fmt::Debug for TextReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextReader").field("names", &self.names).finish_non_exhaustive()
    }
}

impl TextReader {
    /// Starts reading `path` the way `sniffed` says, `batch_rows` records at a time.
    ///
    /// # Errors
    /// Where the file cannot be opened or is not what `sniffed` says.
    pub fn open(path: &Path, sniffed: &Sniffed, batch_rows: usize, cancel: &Cancel) -> Result<Self, TableError> {
        Self::open_with_blocks(path, sniffed, batch_rows, (BLOCK_BYTES, cancel))
    }

    /// As [`Self::open`], with the size of the blocks that the text is taken in; tests make it tiny.
    pub(crate) fn open_with_blocks(
        path: &Path,
        sniffed: &Sniffed,
        batch_rows: usize,
        (block_bytes, cancel): (usize, &Cancel),
    ) -> Result<Self, TableError> {
        let names: Vec<String> = sniffed.columns.iter().map(|column| column.name.clone()).collect();
        if sniffed.format == Format::Parquet {
            let reader = ParquetReader::open(path, batch_rows, cancel)?;
            return Ok(Self { names, source: Source::Parquet(Box::new(reader)), failed: false });
        }
        let encoding = match &sniffed.dialect {
            Some(dialect) => by_label(path, &dialect.encoding)?,
            None => json_encoding(path)?,
        };
        let records = match &sniffed.dialect {
            Some(dialect) => Records::Delimited(DelimitedReader::new(dialect, names.len())),
            None => Records::Json(JsonReader::new(sniffed.format, &names)),
        };
        let blocks = TextBlocks::open(path, encoding, block_bytes, cancel)?;
        let batches = Batches::new(names.len(), batch_rows);
        let source = Source::Text(Box::new(TextSource { blocks, records, batches, consumed: 0 }));
        Ok(Self { names, source, failed: false })
    }

    /// The names of the columns, in the order of [`TextBatch::columns`].
    pub fn column_names(&self) -> &[String] {
        &self.names
    }
}

fn json_encoding(path: &Path) -> Result<&'static Encoding, TableError> {
    let mut input = crate::input::Input::open(path, &Cancel::default())?;
    let mut start = Vec::new();
    input.read_more(&mut start, UTF_16_PROBE_BYTES)?;
    of_json(path, &start)
}

impl Iterator for TextReader {
    type Item = Result<TextBatch, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = match &mut self.source {
            Source::Text(source) => source.next_batch().transpose(),
            Source::Parquet(reader) => reader.next_batch().transpose(),
        };
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

impl TextSource {
    fn next_batch(&mut self) -> Result<Option<TextBatch>, TableError> {
        loop {
            if let Some(batch) = self.batches.pop(self.blocks.bytes_done()) {
                return Ok(Some(batch));
            }
            if self.blocks.is_done() {
                return Ok(None);
            }
            self.blocks.advance(self.consumed)?;
            let (text, last) = self.blocks.text()?;
            self.consumed = match &mut self.records {
                Records::Delimited(reader) => reader.read_block(text, last, &mut self.batches),
                Records::Json(reader) => {
                    reader.read_block(text, last, &mut self.batches).map_err(|error| error.at(self.blocks.path()))?
                }
            };
            if last {
                self.blocks.finish();
                self.consumed = 0;
                self.batches.finish_batch();
            }
        }
    }
}

#[cfg(test)]
mod tests;
