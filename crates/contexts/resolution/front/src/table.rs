//! Files as columns of texts, as received.

use std::path::{Path, PathBuf};

use kernel::Cancel;
use rayon::prelude::*;
use resolution_engine::column::{Column, ColumnBuilder};
use tables::{Hints, TableError, TextReader, sniff};

/// Records read at a time.
const BATCH_ROWS: usize = 32_768;

/// A file in memory: each distinct text of a column once.
#[derive(Debug, Clone)]
pub struct Table {
    /// Where it came from.
    pub path: PathBuf,
    /// Names of the columns.
    pub names: Vec<String>,
    /// Columns, in the order of `names`.
    pub columns: Vec<Column>,
    /// Records that could not be split into columns; they are left out.
    pub malformed: u64,
}

impl Table {
    /// Reads a CSV, TSV, JSON, NDJSON or Parquet file, packed or not.
    ///
    /// # Errors
    /// Where the file cannot be read to its end.
    pub fn read(path: &Path, cancel: &Cancel) -> Result<Self, TableError> {
        let sniffed = sniff(path, &Hints::default())?;
        let reader = TextReader::open(path, &sniffed, BATCH_ROWS, cancel)?;
        let names = reader.column_names().to_vec();
        let mut builders: Vec<ColumnBuilder> = names.iter().map(|_| ColumnBuilder::default()).collect();
        let mut malformed = 0;
        for batch in reader {
            let batch = batch?;
            malformed += batch.malformed;
            builders.par_iter_mut().enumerate().for_each(|(place, builder)| {
                for text in batch.texts(place) {
                    builder.push(text);
                }
            });
        }
        let columns = builders.into_par_iter().map(ColumnBuilder::finish).collect();
        Ok(Self { path: path.to_owned(), names, columns, malformed })
    }

    /// Records that are in memory already: the texts of each column, record by record, empty where there is none. `name`
    /// stands for the file in messages.
    pub fn of_texts<'a, T>(name: &str, columns: Vec<(String, T)>) -> Self
    where
        T: Iterator<Item = &'a str> + Send,
    {
        let (names, texts): (Vec<String>, Vec<T>) = columns.into_iter().unzip();
        let columns = texts.into_par_iter().map(Iterator::collect).collect();
        Self { path: PathBuf::from(name), names, columns, malformed: 0 }
    }

    /// Number of records.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.ids.len())
    }

    /// The place of a column, upper and lower case alike, spaces around it not counted.
    pub fn find(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|known| known == name);
        exact.or_else(|| self.names.iter().position(|known| known.trim().eq_ignore_ascii_case(name.trim())))
    }
}
