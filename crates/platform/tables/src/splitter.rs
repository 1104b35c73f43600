//! Splits text into records and fields by the rules of one dialect. The same code serves the sniffer and the reader, so
//! that they cannot disagree.
//!
//! Grammar: RFC 4180, with any ASCII delimiter and quote, an optional escape character, and these readings of what it
//! leaves open:
//! - a quote counts only at the start of a field; elsewhere it is a character like any other;
//! - a quote inside a quoted field that neither ends the field nor is doubled is taken literally as long as the record
//!   stays on one line (`"5" nail",2`);
//! - blanks between a closing quote and the delimiter are dropped;
//! - a quoted field that is never closed, or that spans lines and then meets such a stray quote, is not believed: its
//!   first line alone is an unsound record and splitting resumes at the next line, so one lost quote costs one line.
//!
//! Invariant: a record is at most [`MAX_RECORD_BYTES`] long. Longer ones are cut there and unsound.

use crate::{Dialect, Newline, scan};

/// Longest record that is held in memory, in bytes of UTF-8.
pub const MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;

/// Where a field's content lies, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether escapes or doubled quotes must be taken out.
    pub(crate) escaped: bool,
}

/// One record of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// End of its text, line end not counted.
    pub(crate) end: usize,
    /// Start of the next record.
    pub(crate) next: usize,
    /// Index of the first place at or after `next`.
    pub(crate) cursor: usize,
    /// Lines that it spans.
    pub(crate) lines: u64,
    /// Whether its quotes make sense.
    pub(crate) sound: bool,
    /// How far the text was searched for a closing quote that never came; the record's start if it was not.
    pub(crate) searched_to: usize,
}

/// The structural characters of a dialect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Splitter {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    escape: Option<u8>,
    ends_at_lf: bool,
    ends_at_cr: bool,
}

/// Text with the places of its structural characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Indexed<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) places: &'a [u32],
    /// Whether nothing follows it in the file.
    pub(crate) last: bool,
}

impl Indexed<'_> {
    fn place(self, cursor: usize) -> Option<usize> {
        self.places.get(cursor).map(|place| *place as usize)
    }
}

/// How a field ended, and the cursor after it.
enum Stop {
    Delimiter(usize),
    Record { end: usize, next: usize, cursor: usize },
    Unclosed { searched_to: usize },
    NeedMore,
}

/// A quoted field under way.
struct Quoted {
    /// How far its end is looked for.
    limit: usize,
    escaped: bool,
    stray: bool,
    lines: u64,
}

impl Splitter {
    /// For a dialect whose characters are all ASCII, as the sniffer makes them.
    pub(crate) fn new(dialect: &Dialect) -> Self {
        let ascii = |character: char| u8::try_from(character).unwrap_or(0);
        Self {
            delimiter: ascii(dialect.delimiter),
            quote: dialect.quote.map(ascii),
            escape: dialect.escape.map(ascii),
            ends_at_lf: dialect.newline != Newline::Cr,
            ends_at_cr: matches!(dialect.newline, Newline::Cr | Newline::Mixed),
        }
    }

    /// Finds the structural characters of this dialect in `text`.
    pub(crate) fn index(self, text: &[u8], places: &mut Vec<u32>) {
        let first = self.delimiter;
        let line_end = if self.ends_at_lf { b'\n' } else { b'\r' };
        let second = if self.ends_at_lf && self.ends_at_cr { b'\r' } else { first };
        let needles = [first, line_end, self.quote.unwrap_or(first), self.escape.unwrap_or(first), second];
        scan::find_all(text, needles, places);
    }

    /// Whether `byte` ends a line outside quotes.
    pub(crate) fn is_line_end(self, byte: u8) -> bool {
        (byte == b'\n' && self.ends_at_lf) || (byte == b'\r' && self.ends_at_cr)
    }

    /// Splits the record at `start`, whose first structural character is at `cursor` or later, into `fields`. `None` if
    /// the text ends before the record does. A quoted field may reach `patience` bytes from `start`.
    pub(crate) fn split(
        self,
        indexed: &Indexed<'_>,
        (start, cursor): (usize, usize),
        patience: usize,
        fields: &mut Vec<Field>,
    ) -> Option<Record> {
        fields.clear();
        let limit = start.saturating_add(patience);
        let (mut at, mut cursor, mut lines) = (start, cursor, 0);
        loop {
            let stop = if self.quote.is_some() && indexed.text.get(at).copied() == self.quote {
                let mut quoted = Quoted { limit, escaped: false, stray: false, lines };
                let stop = self.quoted_field(indexed, (at, cursor), &mut quoted, fields);
                lines = quoted.lines;
                stop
            } else {
                self.plain_field(indexed, at, cursor, fields)
            };
            match stop {
                Stop::Delimiter(after) => {
                    at = indexed.place(after - 1)? + 1;
                    cursor = after;
                }
                Stop::Record { end, next, cursor } => {
                    if end - start > MAX_RECORD_BYTES {
                        return self.first_line(indexed, start, start);
                    }
                    return Some(Record { end, next, cursor, lines: lines + 1, sound: true, searched_to: start });
                }
                Stop::Unclosed { searched_to } => return self.first_line(indexed, start, searched_to),
                Stop::NeedMore if indexed.text.len() - start > MAX_RECORD_BYTES => {
                    return self.first_line(indexed, start, start);
                }
                Stop::NeedMore => return None,
            }
        }
    }

    fn plain_field(self, indexed: &Indexed<'_>, start: usize, mut cursor: usize, fields: &mut Vec<Field>) -> Stop {
        let mut escaped = false;
        loop {
            let Some(place) = indexed.place(cursor) else {
                let end = indexed.text.len();
                if !indexed.last {
                    return Stop::NeedMore;
                }
                fields.push(Field { start, end: self.without_cr(indexed.text, start, end), escaped });
                return Stop::Record { end: self.without_cr(indexed.text, start, end), next: end, cursor };
            };
            let byte = indexed.text[place];
            if byte == self.delimiter {
                fields.push(Field { start, end: place, escaped });
                return Stop::Delimiter(cursor + 1);
            }
            if self.is_line_end(byte) {
                let Some((next, after)) = self.after_line_end(indexed, place, cursor) else { return Stop::NeedMore };
                let end = self.without_cr(indexed.text, start, place);
                fields.push(Field { start, end, escaped });
                return Stop::Record { end, next, cursor: after };
            }
            cursor += 1;
            if Some(byte) == self.escape {
                escaped = true;
                cursor +=
                    usize::from(indexed.place(cursor) == Some(place + 1) && !self.line_end_at(indexed, place + 1));
            }
        }
    }

    fn quoted_field(
        self,
        indexed: &Indexed<'_>,
        (start, cursor): (usize, usize),
        quoted: &mut Quoted,
        fields: &mut Vec<Field>,
    ) -> Stop {
        let mut cursor = cursor + 1;
        let content = start + 1;
        loop {
            let searched_to = indexed.place(cursor).unwrap_or(indexed.text.len());
            if searched_to > quoted.limit {
                return Stop::Unclosed { searched_to: quoted.limit };
            }
            let Some(place) = indexed.place(cursor) else {
                return if indexed.last { Stop::Unclosed { searched_to } } else { Stop::NeedMore };
            };
            if place + 2 >= indexed.text.len() && !indexed.last {
                return Stop::NeedMore;
            }
            let byte = indexed.text[place];
            let doubled = indexed.text.get(place + 1) == Some(&byte);
            cursor += 1;
            if Some(byte) == self.escape && Some(byte) != self.quote {
                quoted.escaped = true;
                cursor +=
                    usize::from(indexed.place(cursor) == Some(place + 1) && !self.line_end_at(indexed, place + 1));
            } else if Some(byte) == self.quote && self.escape.is_none() && doubled {
                quoted.escaped = true;
                cursor += 1;
            } else if Some(byte) == self.quote {
                if let Some(stop) = self.close(indexed, place, cursor) {
                    fields.push(Field { start: content, end: place, escaped: quoted.escaped });
                    return stop;
                }
                quoted.stray = true;
            } else if self.is_line_end(byte) && !(byte == b'\r' && indexed.text.get(place + 1) == Some(&b'\n')) {
                quoted.lines += 1;
            }
            if quoted.stray && quoted.lines > 0 {
                return Stop::Unclosed { searched_to: start };
            }
        }
    }

    /// What follows the quote at `place` if it closes its field; `None` if it is a stray one.
    fn close(self, indexed: &Indexed<'_>, place: usize, cursor: usize) -> Option<Stop> {
        let text = indexed.text;
        let blanks = text[place + 1..].iter().take_while(|byte| **byte == b' ' && self.delimiter != b' ').count();
        let after = place + 1 + blanks;
        let Some(byte) = text.get(after).copied() else {
            return Some(if indexed.last {
                Stop::Record { end: text.len(), next: text.len(), cursor }
            } else {
                Stop::NeedMore
            });
        };
        if byte == self.delimiter {
            return Some(Stop::Delimiter(cursor + 1));
        }
        if self.is_line_end(byte) {
            return Some(match self.after_line_end(indexed, after, cursor) {
                Some((next, cursor)) => Stop::Record { end: after, next, cursor },
                None => Stop::NeedMore,
            });
        }
        if byte == b'\r' && self.ends_at_lf {
            return match text.get(after + 1) {
                Some(b'\n') => Some(Stop::Record { end: after, next: after + 2, cursor: cursor + 1 }),
                None if indexed.last => Some(Stop::Record { end: after, next: after + 1, cursor }),
                None => Some(Stop::NeedMore),
                Some(_) => None,
            };
        }
        None
    }

    /// The physical line at `start`, whatever quotes it holds, as an unsound record; `None` if its end is not in the text.
    pub(crate) fn line(self, indexed: &Indexed<'_>, start: usize, mut cursor: usize) -> Option<Record> {
        while let Some(place) = indexed.place(cursor).filter(|place| *place - start <= MAX_RECORD_BYTES) {
            if self.is_line_end(indexed.text[place]) {
                let (next, cursor) = self.after_line_end(indexed, place, cursor)?;
                let end = self.without_cr(indexed.text, start, place);
                return Some(Record { end, next, cursor, lines: 1, sound: false, searched_to: start });
            }
            cursor += 1;
        }
        let whole = indexed.text.len() - start <= MAX_RECORD_BYTES;
        if whole && !indexed.last {
            return None;
        }
        // No line end within the limit: the line is cut, and its next piece counts as the same line.
        let end = if whole { indexed.text.len() } else { char_start(indexed.text, start + MAX_RECORD_BYTES) };
        let cursor = indexed.places.partition_point(|place| (*place as usize) < end);
        Some(Record { end, next: end, cursor, lines: 0, sound: false, searched_to: start })
    }

    /// The line at the start of a record that made no sense.
    fn first_line(self, indexed: &Indexed<'_>, start: usize, searched_to: usize) -> Option<Record> {
        let cursor = indexed.places.partition_point(|place| (*place as usize) < start);
        self.line(indexed, start, cursor).map(|line| Record { searched_to, ..line })
    }

    /// Start of the next line and the cursor there; `None` if a `\r` might still get its `\n`.
    fn after_line_end(self, indexed: &Indexed<'_>, place: usize, cursor: usize) -> Option<(usize, usize)> {
        if indexed.text[place] == b'\r' && self.ends_at_lf {
            return match indexed.text.get(place + 1) {
                Some(b'\n') => Some((place + 2, cursor + 2)),
                None if !indexed.last => None,
                _ => Some((place + 1, cursor + 1)),
            };
        }
        Some((place + 1, cursor + 1))
    }

    fn line_end_at(self, indexed: &Indexed<'_>, place: usize) -> bool {
        indexed.text.get(place).is_some_and(|byte| self.is_line_end(*byte))
    }

    fn without_cr(self, text: &[u8], start: usize, end: usize) -> usize {
        let strip = self.ends_at_lf && end > start && text[end - 1] == b'\r';
        if strip { end - 1 } else { end }
    }

    /// The value of a field: its content without escapes, borrowed or written to `scratch`.
    pub(crate) fn value<'a>(self, text: &'a str, field: Field, scratch: &'a mut String) -> &'a str {
        let content = &text[field.start..field.end];
        if !field.escaped {
            return content;
        }
        scratch.clear();
        // Without an escape character, a doubled quote is a quote that escapes a quote.
        let escape = self.escape.or(self.quote).map(char::from);
        let mut characters = content.chars().peekable();
        while let Some(character) = characters.next() {
            let doubles = self.escape.is_none();
            let drop =
                Some(character) == escape && characters.peek().is_some_and(|next| !doubles || *next == character);
            match (drop, drop.then(|| characters.next()).flatten()) {
                (true, Some(next)) => scratch.push(next),
                _ => scratch.push(character),
            }
        }
        scratch
    }
}

/// The start of the character that holds byte `at`.
fn char_start(text: &[u8], at: usize) -> usize {
    (0..=at).rev().find(|place| text.get(*place).is_none_or(|byte| byte & 0xc0 != 0x80)).unwrap_or(0)
}
