//! Says what a file is from its first bytes.
//!
//! Delimited text is recognised by trying: the sample is split by every dialect that has some evidence, and the one whose
//! records are the most regular and whose cells look the most like values wins. The idea is that of van den Burg, Nazábal
//! and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019); the score is our own.

mod dialect;
mod header;
mod records;

use std::{borrow::Cow, path::Path};

use encoding_rs::UTF_8;
use kernel::Cancel;

use crate::{
    Compression, Confidence, Format, Hints, Sniffed, SniffedColumn, TableError,
    columns::{ColumnSample, unique_names},
    encoding::{Evidence, Guess, settled},
    input::Input,
    json::{JsonReader, Pairs},
    parquet_text::{self, PARQUET_MAGIC},
};

/// How much of a file is looked at, in uncompressed bytes.
pub(crate) const SAMPLE_BYTES: usize = 512 * 1024;

/// How far a sample that is all ASCII is followed for the first character that tells its encoding.
const LOOK_AHEAD_BYTES: usize = 64 * 1024 * 1024;

/// What documents start with that are no tables, though they are text.
const NO_TABLES: [&str; 6] = ["<?xml", "<!doctype", "<html", "%pdf", "{\\rtf", "%!ps"];

/// The first bytes of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    pub(crate) path: &'a Path,
    pub(crate) compression: Compression,
    pub(crate) bytes: &'a [u8],
    /// Whether they are all of it.
    pub(crate) whole: bool,
}

/// Looks at the first bytes of a file and says how it is written.
///
/// # Errors
/// Where the file cannot be read, is empty or binary, has an encoding that is not supported, is an array of objects with a
/// fault in the sample, or is a document that is no table.
pub fn sniff(path: &Path, hints: &Hints) -> Result<Sniffed, TableError> {
    let mut input = Input::open(path, &Cancel::default())?;
    let mut bytes = Vec::new();
    input.read_more(&mut bytes, SAMPLE_BYTES)?;
    let whole = bytes.len() < SAMPLE_BYTES;
    let sample = Sample { path, compression: input.compression(), bytes: &bytes, whole };
    let sniffed = sniff_sample(&sample, hints)?;
    let is_open = sniffed.dialect.is_some() && hints.encoding.is_none() && bytes.is_ascii() && !whole;
    match is_open.then(|| look_ahead(&mut input)).transpose()?.flatten() {
        Some(guess) => with_encoding(sniffed, &sample, hints, &guess),
        None => Ok(sniffed),
    }
}

/// Reads on to the first text that is not ASCII and guesses its encoding; `None` if there is none near.
fn look_ahead(input: &mut Input) -> Result<Option<Guess>, TableError> {
    let mut chunk = Vec::new();
    for _ in 0..LOOK_AHEAD_BYTES / SAMPLE_BYTES {
        chunk.clear();
        let last = input.read_more(&mut chunk, SAMPLE_BYTES)? < SAMPLE_BYTES;
        if !chunk.is_ascii() {
            // A character may be cut at the end of the chunk, never at its start: all before it was ASCII.
            let mut evidence = Evidence::new();
            evidence.feed(&chunk, last);
            return Ok(Some(evidence.guess()));
        }
        if last {
            break;
        }
    }
    Ok(None)
}

/// What a sample looks like in an encoding that only later text shows.
pub(crate) fn with_encoding(
    first: Sniffed,
    sample: &Sample<'_>,
    hints: &Hints,
    guess: &Guess,
) -> Result<Sniffed, TableError> {
    let known = first.dialect.as_ref().map(|dialect| dialect.encoding.clone());
    let Some(known) = known.filter(|known| known != guess.encoding.name()) else { return Ok(first) };
    let told = Hints { encoding: Some(guess.encoding.name().to_owned()), ..hints.clone() };
    let mut sniffed = sniff_sample(sample, &told)?;
    sniffed.confidence.encoding = guess.confidence;
    sniffed.confidence.overall = sniffed.confidence.overall.min(guess.confidence);
    let note = format!("the file is not {known} beyond its first bytes, so it is read as {}", guess.encoding.name());
    sniffed.notes.push(note);
    Ok(sniffed)
}

/// As [`sniff`], of bytes that were read already.
pub(crate) fn sniff_sample(sample: &Sample<'_>, hints: &Hints) -> Result<Sniffed, TableError> {
    if sample.bytes.is_empty() {
        return Err(TableError::Empty { path: sample.path.into() });
    }
    let parquet = sample.compression == Compression::None && sample.bytes.starts_with(&PARQUET_MAGIC);
    if hints.format.map_or(parquet, |format| format == Format::Parquet) {
        return sniff_parquet(sample.path);
    }
    let guess = guess_encoding(sample, hints)?;
    let text = decode(sample, &guess)?;
    let first = text.trim_start();
    if first.is_empty() {
        return Err(TableError::Empty { path: sample.path.into() });
    }
    let start: String = first.chars().take(16).collect::<String>().to_ascii_lowercase();
    let format = match hints.format {
        Some(format) => format,
        None if NO_TABLES.iter().any(|document| start.starts_with(document)) => {
            return Err(TableError::NothingRecognised { path: sample.path.into() });
        }
        None => format_of(first, sample)?,
    };
    match format {
        Format::Json | Format::NdJson => sniff_json(sample, &text, format),
        _ => Ok(dialect::sniff_delimited(sample, &text, &guess, hints)),
    }
}

fn guess_encoding(sample: &Sample<'_>, hints: &Hints) -> Result<Guess, TableError> {
    if let Some(guess) = settled(sample.path, sample.bytes, hints)? {
        return Ok(guess);
    }
    let mut evidence = Evidence::new();
    evidence.feed(sample.bytes, sample.whole);
    Ok(evidence.guess())
}

/// The sample as text, without what is cut at its end. Bytes that do not fit are replaced: the reader reports them.
fn decode<'a>(sample: &Sample<'a>, guess: &Guess) -> Result<Cow<'a, str>, TableError> {
    let mut bytes = sample.bytes;
    if guess.encoding == UTF_8 && !sample.whole {
        let sound = simdutf8::compat::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        if bytes.len() - sound < 4 {
            bytes = &bytes[..sound];
        }
    }
    let (text, _) = guess.encoding.decode_with_bom_removal(bytes);
    match memchr::memchr(0, text.as_bytes()) {
        Some(at) => Err(TableError::Binary { path: sample.path.into(), offset: at as u64 }),
        None => Ok(text),
    }
}

fn format_of(first: &str, sample: &Sample<'_>) -> Result<Format, TableError> {
    if let Some(rest) = first.strip_prefix('[') {
        let rest = rest.trim_start();
        if rest.starts_with('{') || (rest.starts_with(']') && first.trim_end().len() < first.len().min(8)) {
            return Ok(Format::Json);
        }
    }
    if !first.starts_with('{') {
        return Ok(Format::Delimited);
    }
    let mut lines = JsonReader::new(Format::NdJson, &[]);
    let mut objects = 0;
    let until = first.find('\n').map_or(first.len(), |end| end + 1);
    // The first line tells; an object that is cut by the sample's end is longer than any record we expect.
    let _ = lines.sample(&first[..until], true, |_| objects += 1);
    if objects > 0 {
        return Ok(Format::NdJson);
    }
    let colon = first[1..].trim_start().starts_with('"');
    if colon { Err(TableError::NothingRecognised { path: sample.path.into() }) } else { Ok(Format::Delimited) }
}

fn sniff_parquet(path: &Path) -> Result<Sniffed, TableError> {
    let (columns, sampled_rows) = parquet_text::describe(path, &Cancel::default())?;
    let sniffed = structured(Format::Parquet, Compression::None, columns, sampled_rows);
    Ok(sniffed)
}

fn structured(format: Format, compression: Compression, columns: Vec<SniffedColumn>, sampled_rows: u64) -> Sniffed {
    let confidence = Confidence { overall: 1.0, encoding: 1.0, delimiter: 1.0, quote: 1.0, header: 1.0 };
    Sniffed { format, compression, dialect: None, columns, sampled_rows, confidence, notes: Vec::new() }
}

fn sniff_json(sample: &Sample<'_>, text: &str, format: Format) -> Result<Sniffed, TableError> {
    let mut rows: Vec<Pairs<'_>> = Vec::new();
    let mut reader = JsonReader::new(format, &[]);
    reader.sample(text, sample.whole, |pairs| rows.push(pairs)).map_err(|error| error.at(sample.path))?;
    if reader.names().is_empty() {
        return Err(TableError::NothingRecognised { path: sample.path.into() });
    }
    let mut columns: Vec<ColumnSample> = reader.names().iter().map(|name| ColumnSample::new(name)).collect();
    for pairs in &rows {
        for (name, column) in reader.names().iter().zip(&mut columns) {
            let value = pairs.iter().rfind(|(key, _)| key == name).and_then(|(_, value)| value.as_deref());
            column.add(value.unwrap_or_default());
        }
    }
    let columns = columns.into_iter().map(ColumnSample::finish).collect();
    Ok(structured(format, sample.compression, columns, rows.len() as u64))
}

/// Names for the columns of a delimited file, and a note for each that was changed.
fn name_columns(given: &[String]) -> (Vec<String>, Vec<String>) {
    let (names, changed) = unique_names(given);
    let note = |name: &String| format!("the header names `{name}` more than once; the later column got a number");
    (names, changed.iter().map(note).collect())
}
