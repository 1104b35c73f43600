//! What files look like, and what the sniffer makes of them.

use std::{io::Write as _, path::Path};

use tables::{ColumnKind, Compression, Dialect, Format, Hints, Newline, Sniffed};

fn sniff_bytes(bytes: &[u8], hints: &Hints) -> Sniffed {
    let mut file = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("{error}"));
    file.write_all(bytes).unwrap_or_else(|error| panic!("{error}"));
    tables::sniff(file.path(), hints).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// `delimiter quote escape header preamble newline names`, for short tables of cases.
fn brief(text: &str) -> String {
    let sniffed = sniff_bytes(text.as_bytes(), &Hints::default());
    let Some(dialect) = sniffed.dialect else { return format!("{:?}", sniffed.format) };
    let Dialect { delimiter, quote, escape, header, preamble_lines, newline, .. } = dialect;
    let names: Vec<&str> = sniffed.columns.iter().map(|column| column.name.as_str()).collect();
    let sign = |sign: Option<char>| sign.map_or("none".to_owned(), String::from);
    format!("{delimiter:?} {} {} {header} {preamble_lines} {newline:?} {}", sign(quote), sign(escape), names.join("/"))
}

#[test]
fn dialects_are_told_from_the_text_alone() {
    let cases = [
        ("a,b\n1,2\n3,4\n", r#"',' " none true 0 Lf a/b"#),
        ("a;b\n1,5;2,5\n3,5;4,5\n", r#"';' " none true 0 Lf a/b"#),
        ("a\tb\r\n1\t2\r\n3\t4\r\n", r#"'\t' " none true 0 Crlf a/b"#),
        ("id|name|day\n1|Ann, Bob|2010-12-01\n2|Cy|2010-12-02\n", r#"'|' " none true 0 Lf id/name/day"#),
        ("x y z\n1 2 3\n4 5 6\n", r#"' ' " none true 0 Lf x/y/z"#),
        ("a^b^c\n1^2^3\n4^5^6\n", r#"'^' " none true 0 Lf a/b/c"#),
        (
            "user:mark:id:group:shell\nann:x:12:7:sh\nbob:x:13:8:zsh\n",
            r#"':' " none true 0 Lf user/mark/id/group/shell"#,
        ),
        ("start\n08:26\n09:30\n10:05\n", r#"'\u{1f}' " none true 0 Lf start"#),
        ("site\nhttp://a.example/x\nhttp://b.example/y\n", r#"'\u{1f}' " none true 0 Lf site"#),
        ("a,b\r1,2\r3,4\r", r#"',' " none true 0 Cr a/b"#),
        ("a,b\r1,2\n3,4\r\n5,6\n", r#"',' " none true 0 Mixed a/b"#),
        ("1,2,3\n4,5,6\n7,8,9\n", r#"',' " none false 0 Lf column_1/column_2/column_3"#),
        ("name,city\n'Ann, A','New York'\n'Bob, B','Oslo'\n", r"',' ' none true 0 Lf name/city"),
        ("a,b\n\"x \\\"y\\\" z\",1\n\"p, \\\"q\\\"\",2\n", r#"',' " \ true 0 Lf a/b"#),
        ("a,b\n\"x,1\",\"2\n3\"\n\"y,1\",\"4\n5\"\n", r#"',' " none true 0 Lf a/b"#),
        (
            "Sales report\nmade by Ann\n\nid,total,day\n1,2.5,2010-12-01\n2,3.5,2010-12-02\n3,1.5,2010-12-03\n",
            r#"',' " none true 3 Lf id/total/day"#,
        ),
        (
            "id,total,day\n1,2.5,2010-12-01\n2,3.5,2010-12-02\n3,1.5,2010-12-03\n\nend of report\n",
            r#"',' " none true 0 Lf id/total/day"#,
        ),
        ("a,a,\n1,2,3\n4,5,6\n", r#"',' " none true 0 Lf a/a_2/column_3"#),
        ("a,b\n1,2,\n3,4,\n", r#"',' " none true 0 Lf a/b"#),
        ("day\n2010-12-01 08:26:00\n2010-12-02 08:27:00\n", r#"'\u{1f}' " none true 0 Lf day"#),
        ("name\nAnn Smith\nBob Jones\nCy Young Jr\n", r#"'\u{1f}' " none true 0 Lf name"#),
        (
            "at;what\n2010-12-01 08:26:00;start, then stop\n2010-12-01 08:27:00;stop\n",
            r#"';' " none true 0 Lf at/what"#,
        ),
        ("[{\"a\": 1}]", "Json"),
        ("{\"a\": 1}\n{\"a\": 2}\n", "NdJson"),
        ("{a},b\n1,2\n", r#"',' " none true 0 Lf {a}/b"#),
    ];
    for (text, expected) in cases {
        assert_eq!(brief(text), expected, "{text}");
    }
}

#[test]
fn encodings_are_told_from_the_bytes() {
    let text = "name,city\nJosé,München\nZoë,Málaga\n";
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let latin: Vec<u8> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect();
    let greek = encoding_rs::WINDOWS_1253.encode("όνομα,πόλη\nΓιώργος,Αθήνα\nΜαρία,Θεσσαλονίκη\n").0.into_owned();
    let russian = encoding_rs::WINDOWS_1251.encode("имя,город\nИван,Москва\nОльга,Новосибирск\n").0.into_owned();
    let japanese = encoding_rs::SHIFT_JIS.encode("名前,都市\n太郎,東京\n花子,大阪\n").0.into_owned();
    let cases: [(&str, Vec<u8>, &str, bool); 9] = [
        ("signs only", b"name,city\nvoucher \xa330,Oslo\nvoucher \xa340,Rome\n".to_vec(), "windows-1252", false),
        ("utf-8", text.as_bytes().to_vec(), "UTF-8", false),
        ("utf-8 mark", [b"\xef\xbb\xbf", text.as_bytes()].concat(), "UTF-8", true),
        ("utf-16 mark", [b"\xff\xfe".to_vec(), utf_16(text)].concat(), "UTF-16LE", true),
        ("utf-16", utf_16(text), "UTF-16LE", false),
        ("latin-1", latin, "windows-1252", false),
        ("greek", greek, "windows-1253", false),
        ("russian", russian, "windows-1251", false),
        ("japanese", japanese, "Shift_JIS", false),
    ];
    for (name, bytes, encoding, bom) in cases {
        let sniffed = sniff_bytes(&bytes, &Hints::default());
        assert_eq!(sniffed.columns.len(), 2, "{name}");
        let dialect = sniffed.dialect.unwrap_or_else(|| panic!("{name} is delimited"));
        assert_eq!((dialect.encoding.as_str(), dialect.bom, dialect.delimiter), (encoding, bom, ','), "{name}");
    }
}

#[test]
fn utf_16_is_read_whichever_byte_comes_first() {
    let text = "name,city\nJosé,München\n";
    let json = "[{\"name\": \"José\"}]";
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for hint in [None, Some("UTF-16".to_owned())] {
        let hints = Hints { encoding: hint, ..Hints::default() };
        for (text, bytes) in [
            (text, big(text)),
            (text, [b"\xfe\xff".to_vec(), big(text)].concat()),
            (text, little(text)),
            (text, [b"\xff\xfe".to_vec(), little(text)].concat()),
            (json, big(json)),
            (json, [b"\xfe\xff".to_vec(), big(json)].concat()),
            (json, little(json)),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let cancel = kernel::Cancel::default();
            let inspection = tables::inspect(&path, &hints, &cancel).unwrap_or_else(|error| panic!("{text}: {error}"));
            let mut reader = tables::TextReader::open(&path, &inspection.sniffed, 10, &cancel).unwrap();
            let batch = reader.next().unwrap().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((batch.num_rows(), batch.malformed), (1, 0), "{text}");
            assert_eq!(arrow::array::AsArray::as_string_view(&batch.columns[0]).value(0), "José");
            assert!(reader.next().is_none());
        }
    }
}

#[test]
fn hints_win_over_what_the_text_suggests() {
    let text = b"note\na;b,c\n1;2,3\n";
    let hints = Hints {
        delimiter: Some(';'),
        header: Some(false),
        preamble_lines: Some(1),
        encoding: Some("latin1".to_owned()),
        quote: Some('\''),
        format: Some(Format::Delimited),
    };
    let sniffed = sniff_bytes(text, &hints);
    let expected = Dialect {
        encoding: "windows-1252".to_owned(),
        bom: false,
        delimiter: ';',
        quote: Some('\''),
        escape: None,
        header: false,
        preamble_lines: 1,
        newline: Newline::Lf,
    };
    assert_eq!(sniffed.dialect, Some(expected));
    assert_eq!(sniffed.sampled_rows, 2);
}

#[test]
fn columns_are_described_with_their_kinds() {
    let text = "code,n,price,ok,day,at,none\n007,1,2.50,true,31/12/2010,2010-12-01T08:26:00Z,\n008,,10.125,no,1/2/2011,2010-12-01T08:27:00Z,\n";
    let sniffed = sniff_bytes(text.as_bytes(), &Hints::default());
    let kinds: Vec<ColumnKind> = sniffed.columns.iter().map(|column| column.kind).collect();
    let expected = [
        ColumnKind::Text,
        ColumnKind::Integer,
        ColumnKind::Decimal { precision: 5, scale: 3 },
        ColumnKind::Boolean,
        ColumnKind::Date,
        ColumnKind::Timestamp,
        ColumnKind::Empty,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(sniffed.columns[4].time_formats, ["%d/%m/%Y"]);
    assert_eq!(sniffed.columns[5].time_formats[0], "%Y-%m-%dT%H:%M:%S%z");
    assert_eq!((sniffed.columns[1].nulls, sniffed.columns[6].nulls), (1, 2));
    assert_eq!(sniffed.columns[0].examples, ["007", "008"]);
}

#[test]
fn json_columns_are_the_keys_in_order_of_appearance() {
    let sniffed = sniff_bytes(b"{\"b\": 1, \"a\": \"x\"}\n{\"c\": {\"d\": [1]}, \"b\": 2.5}\n", &Hints::default());
    let columns: Vec<_> =
        sniffed.columns.iter().map(|column| (column.name.as_str(), column.kind, column.nulls)).collect();
    let expected = [
        ("b", ColumnKind::Decimal { precision: 2, scale: 1 }, 0),
        ("a", ColumnKind::Text, 1),
        ("c", ColumnKind::Text, 1),
    ];
    assert_eq!(columns, expected);
    assert_eq!(sniffed.columns[2].examples, ["{\"d\":[1]}"]);
}

#[test]
fn the_name_says_nothing_about_the_compression() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.txt");
    let mut packed = Vec::new();
    for part in ["a,b\n1,", "2\n3,4\n"] {
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        member.write_all(part.as_bytes()).unwrap();
        packed.extend(member.finish().unwrap());
    }
    std::fs::write(&path, packed).unwrap();
    assert_eq!(read_count(&path), (Compression::Gzip, 2));
    std::fs::write(&path, zstd::encode_all(&b"a,b\n1,2\n3,4\n"[..], 3).unwrap()).unwrap();
    assert_eq!(read_count(&path), (Compression::Zstd, 2));
}

fn read_count(path: &Path) -> (Compression, usize) {
    let cancel = kernel::Cancel::default();
    let sniffed = tables::sniff(path, &Hints::default()).unwrap_or_else(|error| panic!("{error}"));
    let reader = tables::TextReader::open(path, &sniffed, 10, &cancel).unwrap_or_else(|error| panic!("{error}"));
    let rows = reader.map(|batch| batch.map_or_else(|error| panic!("{error}"), |batch| batch.num_rows())).sum();
    (sniffed.compression, rows)
}

#[test]
fn what_is_known_can_be_written_as_json() {
    let sniffed = sniff_bytes(b"a,b\n1,2\n", &Hints::default());
    let json = serde_json::to_value(&sniffed).unwrap();
    assert_eq!(json["format"], "delimited");
    assert_eq!(json["columns"][0]["kind"], "integer");
    assert_eq!(serde_json::from_value::<Sniffed>(json).unwrap(), sniffed);
}
