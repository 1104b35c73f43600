//! Why a file could not be read as a table.

use std::{io, path::PathBuf};

use kernel::{ErrorKind, ProductError};

/// Every way in which reading a file fails. A bad record is not among them: it is kept and counted instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// There is no such file.
    #[error("could not find file {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// It exists and cannot be opened.
    #[error("could not open {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has no content.
    #[error("could not read a table from {}: it is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It holds bytes that no text holds.
    #[error("could not read {} as text: it holds a NUL byte at byte {offset}", path.display())]
    Binary {
        /// The file.
        path: PathBuf,
        /// Where, in the uncompressed and decoded text.
        offset: u64,
    },
    /// It ends before its own structure says so.
    #[error("could not read {} to its end: it is cut off", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// Its compression or its Parquet structure is damaged.
    #[error("could not decode {}: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong, in the words of the decoder.
        detail: String,
    },
    /// Some bytes mean nothing in the encoding.
    #[error("could not decode {} as {encoding}: byte {offset} on line {line} does not fit", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// WHATWG name.
        encoding: String,
        /// From 0, in the uncompressed bytes.
        offset: u64,
        /// From 1.
        line: u64,
    },
    /// The encoding has no decoder here.
    #[error("could not decode {}: encoding `{encoding}` is not supported", path.display())]
    UnsupportedEncoding {
        /// The file.
        path: PathBuf,
        /// As given or found.
        encoding: String,
    },
    /// An array of objects breaks the rules of JSON.
    #[error("could not parse {} as JSON: {detail} on line {line}", path.display())]
    MalformedJson {
        /// The file.
        path: PathBuf,
        /// What was expected.
        detail: String,
        /// From 1.
        line: u64,
    },
    /// Nothing in it looks like a table.
    #[error("could not recognise a table in {}", path.display())]
    NothingRecognised {
        /// The file.
        path: PathBuf,
    },
    /// The caller asked to stop.
    #[error("stopped reading {}", path.display())]
    Cancelled {
        /// The file.
        path: PathBuf,
    },
    /// The disk or the system failed in the middle.
    #[error("could not read from {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ProductError for TableError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Cancelled { .. } | Self::Io { .. } => ErrorKind::Unavailable,
            _ => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "tables.not_found",
            Self::Unreadable { .. } => "tables.unreadable",
            Self::Empty { .. } => "tables.empty",
            Self::Binary { .. } => "tables.binary",
            Self::Truncated { .. } => "tables.truncated",
            Self::Corrupt { .. } => "tables.corrupt",
            Self::Encoding { .. } => "tables.encoding",
            Self::UnsupportedEncoding { .. } => "tables.unsupported_encoding",
            Self::MalformedJson { .. } => "tables.malformed_json",
            Self::NothingRecognised { .. } => "tables.nothing_recognised",
            Self::Cancelled { .. } => "tables.cancelled",
            Self::Io { .. } => "tables.io",
        }
    }

    fn place(&self) -> Option<String> {
        let place = match self {
            Self::Encoding { path, line, .. } | Self::MalformedJson { path, line, .. } => {
                format!("{}:{line}", path.display())
            }
            Self::NotFound { path }
            | Self::Unreadable { path, .. }
            | Self::Empty { path }
            | Self::Binary { path, .. }
            | Self::Truncated { path }
            | Self::Corrupt { path, .. }
            | Self::UnsupportedEncoding { path, .. }
            | Self::NothingRecognised { path }
            | Self::Cancelled { path }
            | Self::Io { path, .. } => path.display().to_string(),
        };
        Some(place)
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::NotFound { .. } => "check the path and its spelling",
            Self::Unreadable { .. } => "check that it is a file and that you may read it",
            Self::Empty { .. } => "ask for the file again, or leave it out",
            Self::Binary { .. } => "export it as CSV, JSON or Parquet and load that",
            Self::Truncated { .. } => "copy or download the file again, then compare its size with the original's",
            Self::Corrupt { .. } => "copy or download the file again, then compare its checksum with the original's",
            Self::Encoding { .. } => "leave the encoding out to have it detected, or name the right one",
            Self::UnsupportedEncoding { .. } => "convert the file to UTF-8, or name an encoding of the WHATWG standard",
            Self::MalformedJson { .. } => "correct the file at that line, or write one object a line",
            Self::NothingRecognised { .. } => "name its format and delimiter",
            Self::Cancelled { .. } => "start it again",
            Self::Io { .. } => "check the disk or the network share, then try again",
        };
        Some(remedy.to_owned())
    }
}
