//! Reads the records of a delimited file into batches.
//!
//! Two paths through one grammar: a record without quotes and with the right number of fields is recognised from the
//! places of its structural characters alone; every other goes through [`Splitter::split`].

use crate::{
    Dialect, Newline,
    batch::Batches,
    splitter::{Field, Indexed, MAX_RECORD_BYTES, Record, Splitter},
};

/// However often quotes were left open, a quoted field may always be this long.
const LEAST_PATIENCE_BYTES: usize = 1024;

/// The state between blocks.
pub(crate) struct DelimitedReader {
    splitter: Splitter,
    width: usize,
    /// Whether `\n` alone ends records, which the short path relies on.
    plain_line_ends: bool,
    lines_to_skip: u64,
    header_pending: bool,
    /// Physical line at which the next record starts.
    line: u64,
    /// Bytes of text before the block.
    base: usize,
    patience: Patience,
    places: Vec<u32>,
    fields: Vec<Field>,
    scratch: String,
}

/// How far a closing quote is looked for. Each search in vain halves it until the text that was searched is behind, so
/// that a file full of open quotes is not searched to its end once for every line.
#[derive(Debug, Clone, Copy)]
struct Patience {
    bytes: usize,
    restored_at: usize,
}

impl Patience {
    fn at(&mut self, place: usize) -> usize {
        if place >= self.restored_at {
            self.bytes = MAX_RECORD_BYTES;
        }
        self.bytes
    }

    fn disappointed(&mut self, searched_to: usize) {
        self.bytes = (self.bytes / 2).max(LEAST_PATIENCE_BYTES);
        self.restored_at = self.restored_at.max(searched_to);
    }
}

impl DelimitedReader {
    /// For records of `width` fields.
    pub(crate) fn new(dialect: &Dialect, width: usize) -> Self {
        Self {
            splitter: Splitter::new(dialect),
            width,
            plain_line_ends: matches!(dialect.newline, Newline::Lf | Newline::Crlf),
            lines_to_skip: dialect.preamble_lines,
            header_pending: dialect.header,
            line: 1,
            base: 0,
            patience: Patience { bytes: MAX_RECORD_BYTES, restored_at: 0 },
            places: Vec::new(),
            fields: Vec::new(),
            scratch: String::new(),
        }
    }

    /// Takes the whole records of a block and says how many bytes they were.
    pub(crate) fn read_block(&mut self, text: &str, last: bool, out: &mut Batches) -> usize {
        let mut places = std::mem::take(&mut self.places);
        self.splitter.index(text.as_bytes(), &mut places);
        let indexed = Indexed { text: text.as_bytes(), places: &places, last };
        let (mut at, mut cursor) = self.skip_lines(&indexed);
        if self.lines_to_skip == 0 {
            while at < text.len() {
                let step = match self.read_plain(text, &indexed, (at, cursor), out) {
                    Some(step) => Some(step),
                    None => self.read_any(text, &indexed, (at, cursor), out),
                };
                let Some(next) = step else { break };
                (at, cursor) = next;
            }
        }
        self.base += at;
        self.places = places;
        at
    }

    fn skip_lines(&mut self, indexed: &Indexed<'_>) -> (usize, usize) {
        let (mut at, mut cursor) = (0, 0);
        while self.lines_to_skip > 0 {
            let Some(line) = self.splitter.line(indexed, at, cursor) else { break };
            (at, cursor) = (line.next, line.cursor);
            self.lines_to_skip -= 1;
            self.line += 1;
            if at == indexed.text.len() {
                break;
            }
        }
        (at, cursor)
    }

    /// The short path: exactly `width` fields, no quote, no escape, ended by `\n`.
    #[inline]
    fn read_plain(
        &mut self,
        text: &str,
        indexed: &Indexed<'_>,
        (at, cursor): (usize, usize),
        out: &mut Batches,
    ) -> Option<(usize, usize)> {
        let (end_place, delimiters) = indexed.places.get(cursor..cursor + self.width)?.split_last()?;
        let end = *end_place as usize;
        let bytes = indexed.text;
        let delimiter = self.splitter.delimiter;
        if !self.plain_line_ends
            || bytes[end] != b'\n'
            || self.header_pending
            || end - at > MAX_RECORD_BYTES
            || delimiters.iter().any(|place| bytes[*place as usize] != delimiter)
        {
            return None;
        }
        let text_end = if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end };
        // With one column an empty line is not a record.
        if self.width > 1 || text_end > at {
            let mut start = at;
            for (column, place) in delimiters.iter().enumerate() {
                out.push_value(column, &text[start..*place as usize]);
                start = *place as usize + 1;
            }
            out.push_value(self.width - 1, &text[start..text_end]);
            out.end_record(self.line, &text[at..text_end]);
        }
        self.line += 1;
        Some((end + 1, cursor + self.width))
    }

    /// The long path: any record.
    fn read_any(
        &mut self,
        text: &str,
        indexed: &Indexed<'_>,
        (at, cursor): (usize, usize),
        out: &mut Batches,
    ) -> Option<(usize, usize)> {
        let patience = self.patience.at(self.base + at);
        let mut fields = std::mem::take(&mut self.fields);
        let record = self.splitter.split(indexed, (at, cursor), patience, &mut fields);
        if let Some(record) = record {
            if record.searched_to > record.next {
                self.patience.disappointed(self.base + record.searched_to);
            }
            self.take_record(text, &record, (&text[at..record.end], &fields), out);
            self.line += record.lines;
        }
        self.fields = fields;
        record.map(|record| (record.next, record.cursor))
    }

    /// Puts the fields of a record, whose text is `whole`, into a batch, or all of it as malformed.
    fn take_record(&mut self, text: &str, record: &Record, (whole, fields): (&str, &[Field]), out: &mut Batches) {
        if whole.is_empty() {
            return;
        }
        if std::mem::take(&mut self.header_pending) {
            return;
        }
        // Delimiters beyond the last column with nothing between them carry nothing.
        let fits = fields.len() >= self.width && fields.iter().skip(self.width).all(|field| field.start == field.end);
        if !record.sound || !fits {
            out.push_malformed(self.line, whole);
            return;
        }
        for (column, field) in fields.iter().take(self.width).enumerate() {
            out.push_value(column, self.splitter.value(text, *field, &mut self.scratch));
        }
        out.end_record(self.line, whole);
    }
}
