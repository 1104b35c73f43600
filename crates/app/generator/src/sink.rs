//! Writes one delimited file: quotes, encodes, counts and hashes while it writes.
//!
//! *Invariant*: what is hashed is what is on disk; memory is bounded by [`FLUSH_BYTES`] and one row.

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{error::GenerateError, manifest::FileEntry};

/// Written when so much is pending.
const FLUSH_BYTES: usize = 256 * 1024;

/// How the bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// UTF-8 with LF.
    Modern,
    /// ISO-8859-1 with CRLF.
    Legacy,
}

/// An open file of the folder, under its temporary name.
pub(crate) struct Sink {
    name: &'static str,
    path: PathBuf,
    file: File,
    dialect: Dialect,
    pending: Vec<u8>,
    row_open: bool,
    hash: Sha256,
    bytes: u64,
    rows: u64,
}

impl Sink {
    /// Creates or empties the file at `path`.
    pub(crate) fn create(name: &'static str, path: &Path, dialect: Dialect) -> Result<Self, GenerateError> {
        let file = File::create(path).map_err(|source| GenerateError::io("create", path, source))?;
        Ok(Self {
            name,
            path: path.to_path_buf(),
            file,
            dialect,
            pending: Vec::with_capacity(FLUSH_BYTES + 4096),
            row_open: false,
            hash: Sha256::new(),
            bytes: 0,
            rows: 0,
        })
    }

    /// Writes the header, which is not counted as a row.
    pub(crate) fn header(&mut self, names: &str) -> Result<(), GenerateError> {
        self.bare(names);
        self.end_row()?;
        self.rows = 0;
        Ok(())
    }

    /// One more field of the row, quoted where RFC 4180 asks for it.
    pub(crate) fn field(&mut self, text: &str) {
        self.separate();
        if text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            let doubled = text.replace('"', "\"\"");
            self.pending.push(b'"');
            self.encode(&doubled);
            self.pending.push(b'"');
        } else {
            self.encode(text);
        }
    }

    /// Text as it is, commas included: for lines that are meant to be broken.
    pub(crate) fn bare(&mut self, text: &str) {
        self.separate();
        self.encode(text);
    }

    /// A field of plain ASCII made by a format string, without a temporary text.
    pub(crate) fn ascii(&mut self, text: std::fmt::Arguments<'_>) {
        self.separate();
        // Writing into memory does not fail.
        let _ = Ascii(&mut self.pending).write_fmt(text);
    }

    /// Ends the row, and writes what is pending when it is enough.
    pub(crate) fn end_row(&mut self) -> Result<(), GenerateError> {
        let end: &[u8] = if self.dialect == Dialect::Legacy { b"\r\n" } else { b"\n" };
        self.pending.extend_from_slice(end);
        self.row_open = false;
        self.rows += 1;
        if self.pending.len() >= FLUSH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes the rest, waits until it is on the disk, and says what the file is.
    pub(crate) fn finish(mut self) -> Result<FileEntry, GenerateError> {
        self.flush()?;
        self.file.sync_all().map_err(|source| GenerateError::io("write", &self.path, source))?;
        Ok(FileEntry {
            name: self.name.to_owned(),
            rows: Some(self.rows),
            bytes: self.bytes,
            sha256: hexadecimal(&self.hash.finalize()),
        })
    }

    fn separate(&mut self) {
        if self.row_open {
            self.pending.push(b',');
        }
        self.row_open = true;
    }

    fn encode(&mut self, text: &str) {
        if self.dialect == Dialect::Modern || text.is_ascii() {
            self.pending.extend_from_slice(text.as_bytes());
        } else {
            // ISO-8859-1 is the first 256 characters of Unicode; the word lists hold no others (tested).
            self.pending.extend(text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap_or(b'?')));
        }
    }

    fn flush(&mut self) -> Result<(), GenerateError> {
        self.hash.update(&self.pending);
        self.bytes += self.pending.len() as u64;
        self.file.write_all(&self.pending).map_err(|source| GenerateError::io("write", &self.path, source))?;
        self.pending.clear();
        Ok(())
    }
}

/// Lets a format string write into bytes.
struct Ascii<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Ascii<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Bytes as hexadecimal text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
