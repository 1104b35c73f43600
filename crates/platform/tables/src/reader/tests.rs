//! Rules of reading that must hold for any file: what was written comes back, and block sizes change nothing.

use std::io::Write as _;

use arrow::array::{Array, AsArray};
use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;
use crate::{ColumnKind, Compression, Confidence, Dialect, Hints, Newline, SniffedColumn};

/// Line, raw text, values and hash of one record.
type Row = (i64, Option<String>, Vec<Option<String>>, i64);

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn rows_of(path: &Path, sniffed: &Sniffed, batch_rows: usize, block_bytes: usize) -> Result<Vec<Row>, TableError> {
    let mut rows = Vec::new();
    for batch in TextReader::open_with_blocks(path, sniffed, batch_rows, (block_bytes, &Cancel::default()))? {
        let batch = batch?;
        assert!(batch.num_rows() <= batch_rows);
        let text = |array: &dyn Array, row: usize| {
            let array = array.as_string_view();
            array.is_valid(row).then(|| array.value(row).to_owned())
        };
        for row in 0..batch.num_rows() {
            let raw = batch.raw.as_ref().and_then(|raw| text(raw, row));
            let values = batch.columns.iter().map(|column| text(column, row)).collect();
            rows.push((batch.row.value(row), raw, values, batch.hash.value(row)));
        }
        assert_eq!(batch.malformed, batch.raw.as_ref().map_or(0, |raw| (raw.len() - raw.null_count()) as u64));
    }
    Ok(rows)
}

fn described(format: Format, dialect: Option<Dialect>, width: usize) -> Sniffed {
    let column = |index: usize| SniffedColumn {
        name: format!("c{index}"),
        kind: ColumnKind::Text,
        time_formats: Vec::new(),
        nulls: 0,
        examples: Vec::new(),
    };
    Sniffed {
        format,
        compression: Compression::None,
        dialect,
        columns: (0..width).map(column).collect(),
        sampled_rows: 0,
        confidence: Confidence { overall: 1.0, encoding: 1.0, delimiter: 1.0, quote: 1.0, header: 1.0 },
        notes: Vec::new(),
    }
}

fn comma() -> Dialect {
    Dialect {
        encoding: "UTF-8".to_owned(),
        bom: false,
        delimiter: ',',
        quote: Some('"'),
        escape: None,
        header: true,
        preamble_lines: 0,
        newline: Newline::Lf,
    }
}

/// `row|value;value` or `row!raw` for each record.
fn brief(text: &str, dialect: &Dialect, width: usize) -> Vec<String> {
    let file = file(text.as_bytes());
    let rows = rows_of(file.path(), &described(Format::Delimited, Some(dialect.clone()), width), 3, 5).unwrap();
    rows.into_iter()
        .map(|(row, raw, values, _)| {
            let values: Vec<String> = values.into_iter().map(|value| value.unwrap_or("-".to_owned())).collect();
            raw.map_or_else(|| format!("{row}|{}", values.join(";")), |raw| format!("{row}!{raw}"))
        })
        .collect()
}

#[test]
fn records_are_split_by_the_grammar() {
    let cases: [(&str, &str, &[&str]); 18] = [
        ("plain", "a,b\n1,2\n3,\n", &["2|1;2", "3|3;-"]),
        ("no last line end", "a,b\n1,2", &["2|1;2"]),
        ("quoted", "a,b\n\"x,y\",\"he said \"\"no\"\"\"\n", &["2|x,y;he said \"no\""]),
        ("lines in quotes", "a,b\n\"x\ny\n\",2\n3,4\n", &["2|x\ny\n;2", "5|3;4"]),
        ("crlf among lf", "a,b\r\n1,2\r\n3,4\n\"5\",\"6\"\r\n", &["2|1;2", "3|3;4", "4|5;6"]),
        ("blank lines", "\na,b\n\n1,2\n\r\n3,4\n\n", &["4|1;2", "6|3;4"]),
        ("empty quoted is null", "a,b\n\"\",\"\"\n", &["2|-;-"]),
        ("too few, too many", "a,b\n1\n1,2,3\n4,5\n", &["2!1", "3!1,2,3", "4|4;5"]),
        ("empty extras are dropped", "a,b\n1,2,,\n", &["2|1;2"]),
        ("lost quote costs one line", "a,b\n\"1,2\n3,4\n\"5\",6\n7,8\n", &["2!\"1,2", "3|3;4", "4|5;6", "5|7;8"]),
        ("lost quote at the end", "a,b\n1,2\n3,\"4\n5,6\n", &["2|1;2", "3!3,\"4", "4|5;6"]),
        ("stray quote on one line", "a,b\n\"5\" nail\",2\n", &["2|5\" nail;2"]),
        ("quote inside plain", "a,b\n5\" nail,2\n", &["2|5\" nail;2"]),
        ("blanks behind quotes", "a,b\n\"1\" ,\"2\"  \n", &["2|1;2"]),
        ("only delimiters", "a,b\n,\n", &["2|-;-"]),
        ("non-ascii", "a,b\né,\"ü,😀\"\n", &["2|é;ü,😀"]),
        ("quoted header over lines", "\"a\nx\",b\n1,2\n", &["3|1;2"]),
        ("lone cr is text", "a,b\n1\r2,3\n", &["2|1\r2;3"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(brief(text, &comma(), 2), expected, "{name}");
    }
}

#[test]
fn dialects_change_the_grammar() {
    let base = comma();
    let cases: [(&str, Dialect, &str, &[&str]); 7] = [
        ("escapes", Dialect { escape: Some('\\'), ..base.clone() }, "a,b\n\"x\\\"y\",p\\,q\n", &["2|x\"y;p,q"]),
        ("no quotes", Dialect { quote: None, ..base.clone() }, "a,b\n\"1,2\"\n", &["2|\"1;2\""]),
        ("single quotes", Dialect { quote: Some('\''), ..base.clone() }, "a,b\n'x,''y''',2\n", &["2|x,'y';2"]),
        ("cr", Dialect { newline: Newline::Cr, ..base.clone() }, "a,b\r1,\"2\r3\"\r4,5", &["2|1;2\r3", "4|4;5"]),
        (
            "mixed",
            Dialect { newline: Newline::Mixed, ..base.clone() },
            "a,b\r1,2\n\"3\r\n\",4\r\n5,6",
            &["2|1;2", "3|3\r\n;4", "5|5;6"],
        ),
        ("no header", Dialect { header: false, ..base.clone() }, "1,2\n", &["1|1;2"]),
        ("preamble", Dialect { preamble_lines: 2, ..base.clone() }, "a \"table\nof,all,things\na,b\n1,2\n", &["4|1;2"]),
    ];
    for (name, dialect, text, expected) in cases {
        assert_eq!(brief(text, &dialect, 2), expected, "{name}");
    }
}

#[test]
fn the_hash_is_that_of_the_text_without_its_line_end() {
    let file = file(b"a,b\r\n1,\"2\"\r\nbad\n");
    let rows = rows_of(file.path(), &described(Format::Delimited, Some(comma()), 2), 10, 100).unwrap();
    let hash = |text: &str| xxhash_rust::xxh3::xxh3_64(text.as_bytes()).cast_signed();
    assert_eq!(rows.iter().map(|row| row.3).collect::<Vec<_>>(), [hash("1,\"2\""), hash("bad")]);
}

#[test]
fn one_column_skips_blank_lines_and_keeps_quoted_nothing() {
    assert_eq!(brief("a\n1\n\n\"\"\n2\n", &comma(), 1), ["2|1", "4|-", "5|2"]);
}

#[test]
fn a_record_beyond_the_limit_is_cut_and_kept() {
    let long = "x".repeat(crate::MAX_RECORD_BYTES + 10);
    let text = format!("a,b\n{long}\n1,2\n");
    let file = file(text.as_bytes());
    let sniffed = described(Format::Delimited, Some(comma()), 2);
    let rows = rows_of(file.path(), &sniffed, 10, 1 << 20).unwrap();
    let brief: Vec<_> = rows.iter().map(|(row, raw, _, _)| (*row, raw.as_ref().map(String::len))).collect();
    assert_eq!(brief, [(2, Some(crate::MAX_RECORD_BYTES)), (2, Some(10)), (3, None)]);
    assert_eq!(rows, rows_of(file.path(), &sniffed, 10, 64 << 20).unwrap());
}

#[test]
fn many_lost_quotes_are_read_in_reasonable_time() {
    // Each line opens a quote and closes none: looked for to the end of the file from each, this would take minutes.
    let text = format!("a,b\n{}", "1,\"\"\"\"x\n".repeat(200_000));
    let file = file(text.as_bytes());
    let rows = rows_of(file.path(), &described(Format::Delimited, Some(comma()), 2), 8192, 1 << 20).unwrap();
    assert_eq!(rows.len(), 200_000);
}

#[test]
fn lines_of_json_keep_bad_ones_aside() {
    let text = "{\"c0\": 1.10, \"c1\": \"x\"}\n\n{\"c1\": null}\noops\n{\"c9\": 1}\n{\"c0\":\"\",\"c1\":[1, {}]}";
    let file = file(text.as_bytes());
    let rows = rows_of(file.path(), &described(Format::NdJson, None, 2), 10, 4).unwrap();
    let some = |text: &str| Some(text.to_owned());
    let brief: Vec<_> = rows.into_iter().map(|(row, raw, values, _)| (row, raw, values)).collect();
    let expected = [
        (1, None, vec![some("1.10"), some("x")]),
        (3, None, vec![None, None]),
        (4, some("oops"), vec![None, None]),
        (5, some("{\"c9\": 1}"), vec![None, None]),
        (6, None, vec![None, some("[1,{}]")]),
    ];
    assert_eq!(brief, expected);
}

#[test]
fn an_array_of_json_is_read_or_refused() {
    let read = |text: &str| {
        let file = file(text.as_bytes());
        let rows = rows_of(file.path(), &described(Format::Json, None, 1), 2, 3);
        rows.map(|rows| rows.into_iter().map(|row| (row.0, row.1, row.2[0].clone())).collect::<Vec<_>>())
    };
    let some = |text: &str| Some(text.to_owned());
    let rows = read(" [ {\"c0\": 1}, 5,\n{\"c0\": \"z\"}\n] \n").unwrap();
    assert_eq!(rows, [(1, None, some("1")), (2, some("5"), None), (3, None, some("z"))]);
    assert_eq!(read("[]").unwrap(), []);
    for text in ["[{\"c0\": 1}", "[{\"c0\": 1}] x", "[{\"c0\": 1} {}]", "{}", "[{\"c0\": }]"] {
        assert!(matches!(read(text), Err(TableError::MalformedJson { .. })), "{text}");
    }
    let Err(TableError::MalformedJson { line, .. }) = read("[\n{\"c0\": 1},\n{\"c0\": 1]\n]") else {
        panic!("accepted")
    };
    assert_eq!(line, 3);
}

fn any_dialect() -> impl Strategy<Value = Dialect> {
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|', ' ', ':']);
    let quote = prop::sample::select(vec!['"', '\'']);
    let escape = prop::sample::select(vec![None, Some('\\')]);
    let newline = prop::sample::select(vec![Newline::Lf, Newline::Crlf, Newline::Cr, Newline::Mixed]);
    let encoding = prop::sample::select(vec!["UTF-8", "UTF-16LE", "UTF-16BE", "gb18030"]);
    (delimiter, quote, escape, newline, encoding, 0..3_u64).prop_map(
        |(delimiter, quote, escape, newline, encoding, preamble_lines)| Dialect {
            encoding: encoding.to_owned(),
            delimiter,
            quote: Some(quote),
            escape,
            newline,
            preamble_lines,
            ..comma()
        },
    )
}

fn write_cell(cell: &str, dialect: &Dialect, alone: bool) -> String {
    let quote = dialect.quote.unwrap();
    let special = |character: char| [dialect.delimiter, quote, '\n', '\r', '\\'].contains(&character);
    let must_show = alone && cell.is_empty();
    if !(cell.contains(special) || must_show) {
        return cell.to_owned();
    }
    let inner = match dialect.escape {
        Some(escape) => cell.replace(escape, &format!("{escape}{escape}")).replace(quote, &format!("{escape}{quote}")),
        None => cell.replace(quote, &format!("{quote}{quote}")),
    };
    format!("{quote}{inner}{quote}")
}

fn write_table(table: &[Vec<String>], dialect: &Dialect) -> Vec<u8> {
    let end = match dialect.newline {
        Newline::Lf => "\n",
        Newline::Crlf => "\r\n",
        Newline::Cr | Newline::Mixed => "\r",
    };
    let mut text = format!("before{end}").repeat(usize::try_from(dialect.preamble_lines).unwrap());
    for row in table {
        let cells: Vec<String> = row.iter().map(|cell| write_cell(cell, dialect, row.len() == 1)).collect();
        text.push_str(&cells.join(&dialect.delimiter.to_string()));
        text.push_str(end);
    }
    match dialect.encoding.as_str() {
        "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "gb18030" => encoding_rs::GB18030.encode(&text).0.into_owned(),
        _ => text.into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_was_written_comes_back(
        dialect in any_dialect(),
        table in (1..5_usize).prop_flat_map(|width| {
            let cell = "[ab,;'\"\\\\\n\r |:é😀]{0,6}";
            proptest::collection::vec(proptest::collection::vec(cell, width), 2..12)
        }),
        block_bytes in 1..40_usize,
    ) {
        let bytes = write_table(&table, &dialect);
        let file = file(&bytes);
        let sniffed = described(Format::Delimited, Some(dialect), table[0].len());
        let rows = rows_of(file.path(), &sniffed, 4, block_bytes).unwrap();
        let read: Vec<_> = rows.into_iter().map(|row| (row.1, row.2)).collect();
        let written: Vec<_> = table[1..]
            .iter()
            .map(|row| (None, row.iter().map(|cell| (!cell.is_empty()).then(|| cell.clone())).collect::<Vec<_>>()))
            .collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn block_and_batch_sizes_change_nothing(
        dialect in any_dialect(),
        text in "[ab,;'\"\\\\\n\r |:é]{0,80}",
        width in 1..4_usize,
        block_bytes in 1..30_usize,
        batch_rows in 1..5_usize,
    ) {
        let file = file(text.as_bytes());
        let dialect = Dialect { encoding: "UTF-8".to_owned(), ..dialect };
        let sniffed = described(Format::Delimited, Some(dialect), width);
        let whole = rows_of(file.path(), &sniffed, 1000, 1 << 16).unwrap();
        prop_assert_eq!(rows_of(file.path(), &sniffed, batch_rows, block_bytes).unwrap(), whole);
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}a1,:;\"'\\\\\n\r \t-]{0,120}".prop_map(String::into_bytes),
            "[\\[{]{0,1}[{}a1,:\"\né-]{0,40}".prop_map(|text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ],
        encoding in prop::sample::select(vec![None, Some("utf-8"), Some("latin1"), Some("utf-16"), Some("shift_jis")]),
    ) {
        let file = file(&bytes);
        for format in [None, Some(Format::Json), Some(Format::NdJson), Some(Format::Delimited), Some(Format::Parquet)] {
            let hints = Hints { format, encoding: encoding.map(str::to_owned), ..Hints::default() };
            if let Ok(sniffed) = crate::sniff(file.path(), &hints) {
                let _ = rows_of(file.path(), &sniffed, 3, 7);
            }
            if let Ok(inspection) = crate::inspect(file.path(), &hints, &Cancel::default()) {
                // What was inspected can be read to its end.
                let read = rows_of(file.path(), &inspection.sniffed, 3, 7);
                prop_assert!(read.is_ok(), "{read:?}");
            }
        }
    }
}
