//! What is known about a file: how its bytes make records, and what its columns look like. Data only, no behaviour.

use serde::{Deserialize, Serialize};

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Lines of fields with a delimiter between them.
    Delimited,
    /// One array of objects.
    Json,
    /// One object a line.
    NdJson,
    /// Apache Parquet.
    Parquet,
}

/// How the file is packed, told by its first bytes and not by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// As it is.
    None,
    /// Gzip (RFC 1952), one member or several.
    Gzip,
    /// Zstandard (RFC 8878), one frame or several.
    Zstd,
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Newline {
    /// `\n`; a `\r` right before it belongs to the line end all the same.
    Lf,
    /// `\r\n`; a lone `\n` ends a line all the same.
    Crlf,
    /// `\r` alone.
    Cr,
    /// All three.
    Mixed,
}

/// How a delimited file is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Name of the encoding in the WHATWG Encoding Standard, such as `UTF-8` or `windows-1252`.
    pub encoding: String,
    /// Whether the file starts with a byte order mark.
    pub bom: bool,
    /// One ASCII character between fields; U+001F if the table has one column and so no delimiter.
    pub delimiter: char,
    /// Surrounds fields that hold delimiters or line ends; `None` if the sample makes sense only without any. `"` where the
    /// sample cannot tell, since quotes may come later.
    pub quote: Option<char>,
    /// Takes the meaning from the character after it; `None` where a quote inside quotes is doubled.
    pub escape: Option<char>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// Lines before the table.
    pub preamble_lines: u64,
    /// What ends a line.
    pub newline: Newline,
}

/// What the caller knows already. A hint wins over what the bytes suggest; `None` means: find out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hints {
    /// How records are written.
    pub format: Option<Format>,
    /// A label of the WHATWG Encoding Standard.
    pub encoding: Option<String>,
    /// One ASCII character.
    pub delimiter: Option<char>,
    /// One ASCII character.
    pub quote: Option<char>,
    /// Whether the first record names the columns.
    pub header: Option<bool>,
    /// Lines before the table.
    pub preamble_lines: Option<u64>,
}

/// What the values of a column look like in the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Whole numbers of at most 18 digits, without leading zeros.
    Integer,
    /// Numbers with a decimal point, or whole numbers beyond 18 digits.
    Decimal {
        /// Digits in all, at most 38.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// Numbers with an exponent, or with more digits than a decimal holds.
    Float,
    /// `true`, `false`, `yes`, `no`, in any case.
    Boolean,
    /// Days; see `time_formats`.
    Date,
    /// Moments; see `time_formats`.
    Timestamp,
    /// Anything else, and numbers with leading zeros, which are codes.
    Text,
    /// No value in the sample.
    Empty,
}

/// A column as the sample shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SniffedColumn {
    /// Its name in the file, or `column_<n>` counted from 1. Unique in the file.
    pub name: String,
    /// What its values look like.
    pub kind: ColumnKind,
    /// Formats (as of `strftime`) that fit every value in the sample. Several where the sample cannot decide, as between
    /// `%d/%m/%Y` and `%m/%d/%Y`. Empty unless the kind is a date or a timestamp.
    pub time_formats: Vec<String>,
    /// Empty values in the sample.
    pub nulls: u64,
    /// At most three distinct values.
    pub examples: Vec<String>,
}

/// How far each guess can be trusted, from 0 (a coin was thrown) to 1 (nothing else fits, or the caller said so).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// The smallest of the others.
    pub overall: f64,
    /// 1 for UTF-8, a byte order mark or a hint; 0.9 for a legacy encoding that the detector is sure of, else 0.6.
    pub encoding: f64,
    /// Share of the sampled records with the table's number of fields, times one less the square of the runner-up's
    /// score over the winner's.
    pub delimiter: f64,
    /// 1 if no other quote fits as well, else 0.7.
    pub quote: f64,
    /// 1 if some column's first value cannot be of its type and all first values can be names; less without such proof.
    pub header: f64,
}

/// What the first bytes say about a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sniffed {
    /// How records are written.
    pub format: Format,
    /// How the file is packed.
    pub compression: Compression,
    /// How it is delimited; `None` for other formats.
    pub dialect: Option<Dialect>,
    /// The columns in file order; for JSON in order of first appearance.
    pub columns: Vec<SniffedColumn>,
    /// Records looked at.
    pub sampled_rows: u64,
    /// How far to trust this.
    pub confidence: Confidence,
    /// Oddities worth telling a person, one sentence each.
    pub notes: Vec<String>,
}

/// What one pass over the whole file says about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// What it is; the encoding and, for JSON, the columns are those of the whole file.
    pub sniffed: Sniffed,
    /// SHA-256 of the uncompressed bytes, in lower-case hex: the identity of the content.
    pub sha256: String,
    /// Uncompressed bytes.
    pub size_bytes: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Physical lines, a last one without line end counted; for Parquet, records.
    pub lines: u64,
}
