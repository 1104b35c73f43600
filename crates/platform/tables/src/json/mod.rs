//! Objects as records: one array of them, or one a line.
//!
//! Values are text as written: numbers keep every digit, strings lose their escapes, nested values are compact JSON, `null`
//! is NULL. Of a key that appears twice the last value counts, as in most readers. JSON is read as UTF-8, or as UTF-16
//! where its first bytes say so.
//!
//! A line that is no object, or has a key that is no column, is a malformed record. A fault in an array cannot be stepped
//! over, because nothing tells where the next object starts; it is an error.

mod scanner;

use std::{borrow::Cow, collections::HashMap, path::Path};

use memchr::memchr;

pub(crate) use scanner::Pairs;
use scanner::{Fault, Scanner};

use crate::{
    Format, TableError,
    batch::{Batches, UNIT_SEPARATOR},
    splitter::MAX_RECORD_BYTES,
    text::count_lines,
};

/// Where an array of objects is broken.
#[derive(Debug)]
pub(crate) struct JsonError {
    detail: String,
    line: u64,
}

impl JsonError {
    /// The same for the caller, who knows the file.
    pub(crate) fn at(self, path: &Path) -> TableError {
        TableError::MalformedJson { path: path.into(), detail: self.detail, line: self.line }
    }
}

/// How far into the file's structure the reading is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    BeforeArray,
    InArray,
    AfterArray,
    Lines,
}

/// One element or line, and what follows it.
struct Element<'a> {
    text: &'a str,
    pairs: Option<Pairs<'a>>,
    next: usize,
    stage: Stage,
    lines: u64,
}

/// The state between blocks.
pub(crate) struct JsonReader {
    stage: Stage,
    names: Vec<String>,
    places: HashMap<String, usize>,
    records: u64,
    line: u64,
    joined: String,
}

impl JsonReader {
    /// For objects with these keys.
    pub(crate) fn new(format: Format, names: &[String]) -> Self {
        Self {
            stage: if format == Format::NdJson { Stage::Lines } else { Stage::BeforeArray },
            names: names.to_vec(),
            places: names.iter().cloned().zip(0..).collect(),
            records: 0,
            line: 1,
            joined: String::new(),
        }
    }

    /// The keys known so far.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes the whole records of a block and says how many bytes they were.
    pub(crate) fn read_block(&mut self, text: &str, last: bool, out: &mut Batches) -> Result<usize, JsonError> {
        self.each(text, last, |reader, element, row| reader.take(&element, row, out))
    }

    /// As [`Self::read_block`], but only learns keys.
    pub(crate) fn gather_keys(&mut self, text: &str, last: bool) -> Result<usize, JsonError> {
        self.each(text, last, |reader, element, _| {
            for (key, _) in element.pairs.into_iter().flatten() {
                reader.learn(key);
            }
        })
    }

    /// As [`Self::gather_keys`], handing over the pairs of each sound record.
    pub(crate) fn sample<'a>(
        &mut self,
        text: &'a str,
        last: bool,
        mut each: impl FnMut(Pairs<'a>),
    ) -> Result<usize, JsonError> {
        self.each(text, last, |reader, element, _| {
            let Some(pairs) = element.pairs else { return };
            for (key, _) in &pairs {
                reader.learn(Cow::clone(key));
            }
            each(pairs);
        })
    }

    fn learn(&mut self, key: Cow<'_, str>) {
        if !self.places.contains_key(key.as_ref()) {
            self.places.insert(key.clone().into_owned(), self.names.len());
            self.names.push(key.into_owned());
        }
    }

    fn each<'a>(
        &mut self,
        text: &'a str,
        last: bool,
        mut take: impl FnMut(&mut Self, Element<'a>, u64),
    ) -> Result<usize, JsonError> {
        let mut at = 0;
        loop {
            let step = match self.stage {
                Stage::Lines => Ok(line_at(text, at, last)),
                _ => self.element_at(text, at, last),
            };
            let element = match step {
                Ok(Some(element)) => element,
                Ok(None) | Err(Fault::NeedMore) => break,
                Err(Fault::Bad { at: place, detail }) => {
                    let line = self.line + count_lines(&text.as_bytes()[at..place.clamp(at, text.len())]);
                    return Err(JsonError { detail, line });
                }
            };
            let (next, stage, lines) = (element.next, element.stage, element.lines);
            if !element.text.is_empty() {
                self.records += 1;
                let row = if self.stage == Stage::Lines { self.line } else { self.records };
                take(self, element, row);
            }
            (at, self.stage) = (next, stage);
            self.line += lines;
        }
        Ok(at)
    }

    /// The next element of the array, or one with an empty text for a bracket that was passed.
    fn element_at<'a>(&self, text: &'a str, at: usize, last: bool) -> Result<Option<Element<'a>>, Fault> {
        let mut scanner = Scanner { text, at, last };
        scanner.blanks();
        if self.stage == Stage::AfterArray {
            return if scanner.at == text.len() {
                Ok((at < text.len()).then(|| passed(text, at, scanner.at, Stage::AfterArray)))
            } else {
                Err(scanner.bad("the file goes on after the array"))
            };
        }
        if self.stage == Stage::BeforeArray {
            scanner.expect(b'[', "an array of objects was expected")?;
            return Ok(Some(passed(text, at, scanner.at, Stage::InArray)));
        }
        if scanner.peek()? == b']' {
            return Ok(Some(passed(text, at, scanner.at + 1, Stage::AfterArray)));
        }
        let start = scanner.at;
        let pairs = if scanner.peek()? == b'{' { Some(scanner.object()?) } else { scanner.value().map(|_| None)? };
        let whole = &text[start..scanner.at];
        if whole.len() > MAX_RECORD_BYTES {
            return Err(scanner.bad("an object is larger than 16 MiB"));
        }
        scanner.blanks();
        let closed = scanner.peek()? == b']';
        if !closed {
            scanner.expect(b',', "a comma or the end of the array was expected")?;
        }
        // The closing bracket stays: it ends the array at the next step.
        Ok(Some(Element { text: whole, pairs, ..passed(text, at, scanner.at, Stage::InArray) }))
    }

    fn take(&mut self, element: &Element<'_>, row: u64, out: &mut Batches) {
        let Some(pairs) = &element.pairs else { return out.push_malformed(row, element.text) };
        let mut values: Vec<&str> = vec![""; self.names.len()];
        for (expected, (key, value)) in pairs.iter().enumerate() {
            let usual = self.names.get(expected).is_some_and(|name| name == key);
            let Some(place) = (if usual { Some(expected) } else { self.places.get(key.as_ref()).copied() }) else {
                return out.push_malformed(row, element.text);
            };
            values[place] = value.as_deref().unwrap_or_default();
        }
        self.joined.clear();
        for (column, value) in values.iter().enumerate() {
            if column > 0 {
                self.joined.push(UNIT_SEPARATOR);
            }
            self.joined.push_str(value);
            out.push_value(column, value);
        }
        out.end_record(row, &self.joined);
    }
}

/// Nothing but structure between two places.
fn passed(text: &str, from: usize, to: usize, stage: Stage) -> Element<'_> {
    Element { text: "", pairs: None, next: to, stage, lines: count_lines(&text.as_bytes()[from..to]) }
}

/// The line at `at`; a blank one has an empty text.
fn line_at(text: &str, at: usize, last: bool) -> Option<Element<'_>> {
    let rest = &text[at..];
    let (line, next, lines) = match memchr(b'\n', rest.as_bytes()) {
        Some(end) if end <= MAX_RECORD_BYTES => (&rest[..end], at + end + 1, 1),
        _ if rest.len() > MAX_RECORD_BYTES => {
            let end = rest.floor_char_boundary(MAX_RECORD_BYTES);
            (&rest[..end], at + end, 0)
        }
        _ if last && !rest.is_empty() => (rest, text.len(), 0),
        _ => return None,
    };
    let line = line.trim_matches([' ', '\t', '\r']);
    let mut scanner = Scanner { text: line, at: 0, last: true };
    let pairs = scanner.object().ok().filter(|_| scanner.at == line.len());
    Some(Element { text: line, pairs, next, stage: Stage::Lines, lines })
}
