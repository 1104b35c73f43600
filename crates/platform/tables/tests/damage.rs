//! Files that cannot be read: each has its error, with a code, a place, a remedy and a page.

use std::{fs, io::Write as _, path::Path};

use kernel::{Cancel, ErrorKind, ProductError};
use tables::{Hints, TableError, inspect};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_else(|error| panic!("{error}"))
}

fn failure(bytes: &[u8], hints: &Hints) -> TableError {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("file");
    fs::write(&path, bytes).unwrap_or_else(|error| panic!("{error}"));
    match inspect(&path, hints, &Cancel::default()) {
        Ok(inspection) => panic!("accepted: {inspection:?}"),
        Err(error) => error,
    }
}

#[test]
fn every_kind_of_damage_has_its_code() {
    let long = "a,b\n1,2\n".repeat(100_000);
    let packed = gzip(long.as_bytes());
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 8].fill(0xff);
    let frame = zstd::encode_all(long.as_bytes(), 3).unwrap();
    let utf8 = Hints { encoding: Some("utf-8".to_owned()), ..Hints::default() };
    let odd = Hints { encoding: Some("ebcdic".to_owned()), ..Hints::default() };
    let late_nul = [long.as_bytes(), b"1,\0\n"].concat();
    let latin = Hints { encoding: Some("latin1".to_owned()), ..Hints::default() };
    let none = Hints::default();
    let cases: [(&str, &[u8], &Hints, &str); 18] = [
        ("nothing", b"", &none, "tables.empty"),
        ("blank lines", b"\n \r\n", &none, "tables.empty"),
        ("packed nothing", &gzip(b""), &none, "tables.empty"),
        ("nul", b"a,b\n1,\0\n", &none, "tables.binary"),
        ("late nul", &late_nul, &none, "tables.binary"),
        ("gzip cut", &packed[..packed.len() - 9], &none, "tables.truncated"),
        ("gzip cut early", &packed[..packed.len() / 3], &none, "tables.truncated"),
        ("gzip flipped", &flipped, &none, "tables.corrupt"),
        ("zstd cut", &frame[..frame.len() - 2], &none, "tables.truncated"),
        ("parquet cut", b"PAR1 and no more than that", &none, "tables.truncated"),
        ("parquet footer", b"PAR1 and what follows is no footer \xff\xff\xff\x00PAR1", &none, "tables.corrupt"),
        ("hint does not fit", b"a,b\n1,\xe9\n", &utf8, "tables.encoding"),
        ("json is no latin-1, whatever the hint", b"{\"a\": \"\xe9\"}\n", &latin, "tables.encoding"),
        ("unknown hint", b"a,b\n", &odd, "tables.unsupported_encoding"),
        ("utf-32", b"\xff\xfe\0\0a\0\0\0", &none, "tables.unsupported_encoding"),
        ("array", b"[{\"a\": 1},\n{\"a\" 2}]", &none, "tables.malformed_json"),
        ("page", b"<!DOCTYPE html>\n<p>", &none, "tables.nothing_recognised"),
        ("one object", b"{\n \"rows\": []\n}\n", &none, "tables.nothing_recognised"),
    ];
    for (name, bytes, hints, code) in cases {
        let error = failure(bytes, hints);
        assert_eq!(error.code(), code, "{name}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
        assert!(error.place().is_some() && error.remedy().is_some(), "{name}");
    }
}

#[test]
fn a_misfit_names_its_byte_and_line() {
    let utf8 = Hints { encoding: Some("utf-8".to_owned()), ..Hints::default() };
    let head = "a,b\n1,é\n".repeat(70_000);
    let bytes = [head.as_bytes(), b"1,\xe9\n"].concat();
    let TableError::Encoding { offset, line, .. } = failure(&bytes, &utf8) else { panic!("another error") };
    assert_eq!((offset, line), (head.len() as u64 + 2, 140_001));
    let greek = Hints { encoding: Some("windows-1253".to_owned()), ..Hints::default() };
    let TableError::Encoding { offset, line, .. } = failure(b"a,b\n1,\xd2\n", &greek) else { panic!("another error") };
    assert_eq!((offset, line), (6, 2));
}

#[test]
fn missing_files_folders_and_cancelled_reads_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = inspect(&folder.path().join("none"), &Hints::default(), &Cancel::default()).unwrap_err();
    assert_eq!((missing.code(), missing.kind()), ("tables.not_found", ErrorKind::NotFound));
    let directory = inspect(folder.path(), &Hints::default(), &Cancel::default()).unwrap_err();
    assert_eq!(directory.code(), "tables.unreadable");
    let path = folder.path().join("file");
    fs::write(&path, "a,b\n").unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    assert_eq!(inspect(&path, &Hints::default(), &cancel).unwrap_err().code(), "tables.cancelled");
}

#[test]
fn text_that_stops_being_utf_8_is_read_in_a_legacy_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let head = "name,price\ntea,5\n".repeat(70_000);
    fs::write(&path, [head.as_bytes(), b"caf\xe9 cr\xe8me,\xa35\n"].concat()).unwrap();
    let inspection = inspect(&path, &Hints::default(), &Cancel::default()).unwrap();
    let encoding = inspection.sniffed.dialect.as_ref().map(|dialect| dialect.encoding.as_str());
    assert_eq!((encoding, inspection.lines), (Some("windows-1252"), 140_001));
    let sniffed = tables::sniff(&path, &Hints::default()).unwrap();
    assert_eq!(sniffed.dialect.map(|dialect| dialect.encoding), Some("windows-1252".to_owned()));
}

#[test]
fn every_code_has_a_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/errors");
    let source = include_str!("../src/error.rs");
    let codes: Vec<&str> = source.split('"').filter(|text| text.starts_with("tables.")).collect();
    assert_eq!(codes.len(), 12);
    for code in codes {
        let page = fs::read_to_string(pages.join(format!("{code}.md"))).unwrap_or_default();
        assert_eq!(page.lines().next(), Some(format!("# {code}").as_str()), "page of {code}");
    }
}
