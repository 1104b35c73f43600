//! The first pass over a whole file, before anything is written: is it complete, is it text, what is its identity.

use std::{fmt::Write as _, path::Path};

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use kernel::Cancel;
use memchr::{memchr, memchr_iter, memmem};
use ring::digest::{Context, SHA256};

use crate::{
    Format, Hints, Inspection, Newline, Sniffed, TableError,
    encoding::{Evidence, Guess, of_json, settled},
    input::{Input, open_file},
    json::JsonReader,
    sniff::{SAMPLE_BYTES, Sample, sniff_sample, with_encoding},
    text::{BLOCK_BYTES, TextBlocks},
};

/// Small enough that a chunk is still in the cache when it is hashed, checked and counted.
const CHUNK_BYTES: usize = 128 * 1024;

/// Reads the file to its end: unpacks it, hashes it, checks that all of it can be decoded, counts its lines, and sniffs it
/// with what the whole file says about its encoding and, for JSON, its keys.
///
/// # Errors
/// Where the file cannot be read, is empty, binary, cut off or damaged, does not fit an encoding that was given or marked,
/// is not a table, or `cancel` was raised.
pub fn inspect(path: &Path, hints: &Hints, cancel: &Cancel) -> Result<Inspection, TableError> {
    let mut input = Input::open(path, cancel)?;
    let mut start = Vec::new();
    input.read_more(&mut start, SAMPLE_BYTES)?;
    let sample = Sample { path, compression: input.compression(), whole: start.len() < SAMPLE_BYTES, bytes: &start };
    let first = sniff_sample(&sample, hints)?;
    let settled = if is_json(&first) {
        // Its encoding is not the caller's to say; nothing else is tried.
        Some(Guess { encoding: of_json(path, &start)?, bom: false, confidence: 1.0, settled: true })
    } else {
        settled(path, &start, hints)?
    };
    let newline = first.dialect.as_ref().map_or(Newline::Lf, |dialect| dialect.newline);
    let is_text = first.format != Format::Parquet;
    let mut pass = Pass::new(is_text, settled, newline);
    pass.run(&mut input, &start)?;
    let mut lines = pass.lines();
    let mut sniffed = first;
    if is_text {
        let (guess, decoded_lines) = pass.whole_file_encoding(path, newline, cancel)?;
        lines = decoded_lines.unwrap_or(lines);
        sniffed = with_encoding(sniffed, &sample, hints, &guess)?;
        with_all_keys(&mut sniffed, path, &guess, cancel)?;
    } else {
        lines = crate::parquet_text::count_rows(path)?;
    }
    let disk_bytes = open_file(path)?.metadata().map_err(|source| TableError::Io { path: path.into(), source })?.len();
    Ok(Inspection { sniffed, sha256: hex(pass.hash.finish().as_ref()), size_bytes: pass.size_bytes, disk_bytes, lines })
}

/// What one pass gathers.
struct Pass {
    is_text: bool,
    settled: Option<Guess>,
    newline: Newline,
    hash: Context,
    evidence: Evidence,
    size_bytes: u64,
    line_ends: u64,
    last_byte: u8,
}

impl Pass {
    fn new(is_text: bool, settled: Option<Guess>, newline: Newline) -> Self {
        Self {
            is_text,
            settled,
            newline,
            hash: Context::new(&SHA256),
            evidence: Evidence::new(),
            size_bytes: 0,
            line_ends: 0,
            last_byte: b'\n',
        }
    }

    fn run(&mut self, input: &mut Input, start: &[u8]) -> Result<(), TableError> {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + 4);
        let mut from_start = start.chunks(CHUNK_BYTES);
        loop {
            let carried = chunk.len();
            let last = match from_start.next() {
                Some(piece) => {
                    chunk.extend_from_slice(piece);
                    false
                }
                None => input.read_more(&mut chunk, CHUNK_BYTES)? < CHUNK_BYTES,
            };
            self.take(&chunk[carried..], input.path())?;
            let again = if self.is_text { self.evidence.feed(&chunk, last) } else { 0 };
            if last {
                return Ok(());
            }
            chunk.drain(..chunk.len() - again);
        }
    }

    fn take(&mut self, fresh: &[u8], path: &Path) -> Result<(), TableError> {
        self.hash.update(fresh);
        if self.is_text {
            if let Some(at) = memchr(0, fresh).filter(|_| !self.is_wide()) {
                return Err(TableError::Binary { path: path.into(), offset: self.size_bytes + at as u64 });
            }
            self.line_ends += line_ends(fresh, self.last_byte, self.newline);
            self.last_byte = fresh.last().copied().unwrap_or(self.last_byte);
        }
        self.size_bytes += fresh.len() as u64;
        Ok(())
    }

    fn is_wide(&self) -> bool {
        self.settled.is_some_and(|guess| guess.encoding == UTF_16LE || guess.encoding == UTF_16BE)
    }

    fn lines(&self) -> u64 {
        self.line_ends + u64::from(!matches!(self.last_byte, b'\n' | b'\r'))
    }

    /// The encoding that fits every byte, and the number of lines where only decoding could tell it.
    fn whole_file_encoding(
        &self,
        path: &Path,
        newline: Newline,
        cancel: &Cancel,
    ) -> Result<(Guess, Option<u64>), TableError> {
        let guess = self.settled.unwrap_or_else(|| self.evidence.guess());
        if guess.encoding == UTF_8 {
            return match self.evidence.utf8() {
                Ok(()) => Ok((guess, None)),
                Err((offset, lines)) => {
                    let encoding = UTF_8.name().to_owned();
                    Err(TableError::Encoding { path: path.into(), encoding, offset, line: lines + 1 })
                }
            };
        }
        if self.evidence.fits(guess.encoding) {
            return Ok((guess, None));
        }
        match decode_all(path, &guess, newline, cancel) {
            Ok(lines) => Ok((guess, Some(lines))),
            Err(TableError::Encoding { .. }) if !guess.settled => {
                Ok((Guess { encoding: WINDOWS_1252, confidence: 0.6, ..guess }, None))
            }
            Err(error) => Err(error),
        }
    }
}

/// Line ends in `bytes`, which follow `before`.
fn line_ends(bytes: &[u8], before: u8, newline: Newline) -> u64 {
    let count = |byte| memchr_iter(byte, bytes).count() as u64;
    match newline {
        Newline::Lf | Newline::Crlf => count(b'\n'),
        Newline::Cr => count(b'\r'),
        Newline::Mixed => {
            let pairs = memmem::find_iter(bytes, b"\r\n").count() as u64;
            let cut_pair = u64::from(before == b'\r' && bytes.first() == Some(&b'\n'));
            count(b'\n') + count(b'\r') - pairs - cut_pair
        }
    }
}

/// Decodes the file to its end and counts its lines.
fn decode_all(path: &Path, guess: &Guess, newline: Newline, cancel: &Cancel) -> Result<u64, TableError> {
    let mut blocks = TextBlocks::open(path, guess.encoding, BLOCK_BYTES, cancel)?;
    let (mut lines, mut before, mut consumed) = (0, b'\n', 0);
    loop {
        blocks.advance(consumed)?;
        let (text, last) = blocks.text()?;
        lines += line_ends(text.as_bytes(), before, newline);
        before = text.as_bytes().last().copied().unwrap_or(before);
        consumed = text.len();
        if last {
            return Ok(lines + u64::from(!matches!(before, b'\n' | b'\r')));
        }
    }
}

fn is_json(sniffed: &Sniffed) -> bool {
    matches!(sniffed.format, Format::Json | Format::NdJson)
}

/// Adds the keys that only later objects have.
fn with_all_keys(sniffed: &mut Sniffed, path: &Path, guess: &Guess, cancel: &Cancel) -> Result<(), TableError> {
    if !is_json(sniffed) {
        return Ok(());
    }
    let names: Vec<String> = sniffed.columns.iter().map(|column| column.name.clone()).collect();
    let mut reader = JsonReader::new(sniffed.format, &names);
    let mut blocks = TextBlocks::open(path, guess.encoding, BLOCK_BYTES, cancel)?;
    let mut consumed = 0;
    loop {
        blocks.advance(consumed)?;
        let (text, last) = blocks.text()?;
        consumed = reader.gather_keys(text, last).map_err(|error| error.at(path))?;
        if last {
            break;
        }
    }
    for name in reader.names().iter().skip(names.len()) {
        sniffed.columns.push(crate::columns::unseen(name));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
