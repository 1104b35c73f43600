//! The records of a sample under one dialect.

use crate::{
    Dialect,
    splitter::{Field, Indexed, MAX_RECORD_BYTES, Splitter},
};

/// The cells of a sample, in one list for all records.
pub(super) struct Records<'a> {
    text: &'a str,
    splitter: Splitter,
    fields: Vec<Field>,
    rows: Vec<Row>,
}

/// One record: where its fields lie in the list, and its first line from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    first: usize,
    pub(super) width: usize,
    pub(super) line: u64,
    pub(super) sound: bool,
}

impl<'a> Records<'a> {
    /// Splits all of `text`, preamble and header included. `last` as for the end of a file.
    pub(super) fn split(text: &'a str, dialect: &Dialect, last: bool) -> Self {
        let splitter = Splitter::new(dialect);
        let mut places = Vec::new();
        splitter.index(text.as_bytes(), &mut places);
        let indexed = Indexed { text: text.as_bytes(), places: &places, last };
        let mut records = Self { text, splitter, fields: Vec::new(), rows: Vec::new() };
        let (mut at, mut cursor, mut line) = (0, 0, 1);
        let mut skip = dialect.preamble_lines;
        let mut fields = Vec::new();
        while at < text.len() {
            let record = if skip > 0 {
                splitter.line(&indexed, at, cursor)
            } else {
                splitter.split(&indexed, (at, cursor), MAX_RECORD_BYTES, &mut fields)
            };
            let Some(record) = record else { break };
            if skip > 0 {
                skip -= 1;
            } else if record.end > at {
                let sound = record.sound;
                records.rows.push(Row { first: records.fields.len(), width: fields.len(), line, sound });
                records.fields.append(&mut fields);
            }
            (at, cursor) = (record.next, record.cursor);
            line += record.lines;
        }
        records
    }

    /// All records in order.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The cells of a record.
    pub(super) fn cells(&self, row: Row) -> impl Iterator<Item = String> + '_ {
        let mut scratch = String::new();
        self.fields[row.first..row.first + row.width]
            .iter()
            .map(move |field| self.splitter.value(self.text, *field, &mut scratch).to_owned())
    }

    /// Whether a cell stood in quotes.
    fn is_quoted(&self, field: Field) -> bool {
        let before = field.start.checked_sub(1).map(|before| self.text.as_bytes()[before]);
        before.is_some() && before == self.splitter.quote
    }

    /// Hands each cell of a record, and whether it stood in quotes, to `take`.
    pub(super) fn each_quoted_cell(&self, row: Row, mut take: impl FnMut(bool, &str)) {
        let mut scratch = String::new();
        for field in &self.fields[row.first..row.first + row.width] {
            take(self.is_quoted(*field), self.splitter.value(self.text, *field, &mut scratch));
        }
    }

    /// Hands each cell of a record to `take`, without copying where nothing is escaped.
    pub(super) fn each_cell(&self, row: Row, mut take: impl FnMut(usize, &str)) {
        let mut scratch = String::new();
        for (column, field) in self.fields[row.first..row.first + row.width].iter().enumerate() {
            take(column, self.splitter.value(self.text, *field, &mut scratch));
        }
    }

    /// The most frequent number of fields of sound records, the larger of equals, and how many records have it.
    pub(super) fn usual_width(&self) -> (usize, usize) {
        let mut counts = std::collections::BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.sound) {
            *counts.entry(row.width).or_insert(0_usize) += 1;
        }
        counts.into_iter().max_by_key(|(width, count)| (*count, *width)).unwrap_or((1, 0))
    }
}
