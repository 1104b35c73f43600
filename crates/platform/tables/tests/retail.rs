//! The public Online Retail data set in its three publications, read to the last cell. The checksums are of the cells as
//! Python's `csv` module reads them, joined by U+001F and ended by `\n`.

use std::{fmt::Write as _, path::PathBuf};

use arrow::array::{Array, AsArray};
use kernel::Cancel;
use sha2::{Digest, Sha256};
use tables::{ColumnKind, Format, Hints, Inspection, Newline, TextReader};

const RECORDS: usize = 541_909;

/// Where the shared data lies; `None`, with a line that says so, on a machine without it.
#[expect(clippy::print_stderr, reason = "a test that did nothing must say so")]
fn shared(name: &str) -> Option<PathBuf> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared"));
    let folder = std::env::var_os("GRAYGHOST_SHARED").map_or_else(default, PathBuf::from);
    let path = folder.join("data/retail").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is missing; set GRAYGHOST_SHARED to the folder with the shared data", path.display());
    None
}

struct Reading {
    inspection: Inspection,
    records: usize,
    malformed: u64,
    checksum: String,
    first: Vec<String>,
    last_row: i64,
}

fn read(name: &str) -> Option<Reading> {
    let path = shared(name)?;
    let cancel = Cancel::default();
    let inspection = tables::inspect(&path, &Hints::default(), &cancel).unwrap_or_else(|error| panic!("{error}"));
    let reader = TextReader::open(&path, &inspection.sniffed, 8192, &cancel).unwrap_or_else(|error| panic!("{error}"));
    let mut hash = Sha256::new();
    let (mut records, mut malformed, mut first, mut last_row) = (0, 0, Vec::new(), 0);
    for batch in reader {
        let batch = batch.unwrap_or_else(|error| panic!("{error}"));
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            let value = |column: &std::sync::Arc<dyn Array>| {
                let column = column.as_string_view();
                if column.is_valid(row) { column.value(row).to_owned() } else { String::new() }
            };
            let cells: Vec<String> = batch.columns.iter().map(value).collect();
            text.push_str(&cells.join("\u{1f}"));
            text.push('\n');
            if records == 0 && row == 0 {
                first = cells;
            }
        }
        hash.update(&text);
        records += batch.num_rows();
        malformed += batch.malformed;
        last_row = batch.row.value(batch.num_rows() - 1);
    }
    let mut checksum = String::new();
    for byte in hash.finalize() {
        write!(checksum, "{byte:02x}").unwrap_or_else(|error| panic!("{error}"));
    }
    Some(Reading { inspection, records, malformed, checksum, first, last_row })
}

fn kinds(reading: &Reading) -> Vec<ColumnKind> {
    reading.inspection.sniffed.columns.iter().map(|column| column.kind).collect()
}

#[test]
fn the_utf_8_publication_is_read_cell_for_cell() {
    let Some(reading) = read("online_retail.csv.gz") else { return };
    assert_eq!((reading.records, reading.malformed, reading.last_row), (RECORDS, 0, 541_910));
    assert_eq!(reading.checksum, "f0a865a3c8dd492947225af134e536dd4c54c53695f9b1596e91bfc3fd7906aa");
    let Inspection { sniffed, size_bytes, lines, sha256, .. } = &reading.inspection;
    assert_eq!((*size_bytes, *lines), (48_039_726, 541_910));
    assert_eq!(sha256, "c35975c40d0e1e105090fbb11188a409393055f873841bd012915475fc84e69f");
    assert!(sniffed.confidence.overall > 0.95, "{:?}", sniffed.confidence);
    let dialect = sniffed.dialect.clone().unwrap();
    assert_eq!((dialect.encoding.as_str(), dialect.delimiter, dialect.header), ("UTF-8", ',', true));
    assert_eq!(sniffed.columns[4].time_formats[0], "%Y-%m-%d %H:%M:%S");
    assert_eq!(kinds(&reading)[..4], [ColumnKind::Text, ColumnKind::Text, ColumnKind::Text, ColumnKind::Integer]);
}

#[test]
fn the_latin_publication_is_read_cell_for_cell() {
    let Some(reading) = read("online_retail_kaggle.csv.gz") else { return };
    assert_eq!((reading.records, reading.malformed, reading.last_row), (RECORDS, 0, 541_910));
    assert_eq!(reading.checksum, "5830751ae7dd5716c9101656616fdee2937d1bbd7f311c4b92e09a05ab4c708b");
    let sniffed = &reading.inspection.sniffed;
    assert!(sniffed.confidence.overall >= 0.9, "{:?}", sniffed.confidence);
    let dialect = sniffed.dialect.clone().unwrap();
    assert_eq!((dialect.encoding.as_str(), dialect.newline), ("windows-1252", Newline::Crlf));
    assert_eq!(sniffed.columns[4].time_formats, ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]);
    let path = shared("online_retail_kaggle.csv.gz").unwrap();
    assert_eq!(tables::sniff(&path, &Hints::default()).unwrap().dialect.unwrap().encoding, "windows-1252");
}

#[test]
fn the_parquet_publication_is_read_as_text() {
    let Some(reading) = read("online_retail.parquet") else { return };
    assert_eq!((reading.records, reading.malformed, reading.last_row), (RECORDS, 0, 541_909));
    assert_eq!(reading.inspection.sniffed.format, Format::Parquet);
    let first =
        ["536365", "85123A", "WHITE HANGING HEART T-LIGHT HOLDER", "6", "2010-12-01 08:26:00", "2.550", "17850"];
    assert_eq!(reading.first[..7], first);
    assert_eq!(kinds(&reading)[4..6], [ColumnKind::Timestamp, ColumnKind::Decimal { precision: 12, scale: 3 }]);
}
