//! Reads any tabular file as columns of text, and finds out how it is written.
//!
//! Three steps, each usable alone: [`sniff`] looks at the first bytes and says what the file is; [`inspect`] reads it once
//! to the end, so that a damaged file is known before anything is written; [`TextReader`] yields its records as Arrow
//! batches whose columns are all text, exactly as received.
//!
//! Invariants: memory does not grow with the file; the size of the internal blocks never changes a result; a record that
//! cannot be split into the table's columns is kept as raw text, counted, and never stops the reading.
//!
//! Absent on purpose: typed columns (casting is the reader's policy, not ours), remote files, Excel, writing.

mod batch;
mod columns;
mod delimited;
mod describe;
mod encoding;
mod error;
mod input;
mod inspect;
mod json;
mod kinds;
mod parquet_text;
mod reader;
mod scan;
mod sniff;
mod splitter;
mod text;
mod times;

pub use batch::TextBatch;
pub use describe::{
    ColumnKind, Compression, Confidence, Dialect, Format, Hints, Inspection, Newline, Sniffed, SniffedColumn,
};
pub use error::TableError;
pub use inspect::inspect;
pub use reader::TextReader;
pub use sniff::sniff;
pub use splitter::MAX_RECORD_BYTES;
