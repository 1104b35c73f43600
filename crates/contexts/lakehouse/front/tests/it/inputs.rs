//! Every form in which rows may come gives the same tables.

use std::io::Write;

use lakehouse::FileState;

use crate::bench::{Bench, MONDAY};

const EXPECTED: &str = "1 | 2026-01-05 | milk | 1\n1 | 2026-01-05 | tea | 3\n2 | 2026-01-05 | tea | 2";
const SELECT: &str = "select till, day, item, pieces from silver.sales order by till, item";

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("packed");
    packed.finish().expect("packed")
}

#[test]
fn every_form_of_a_file_gives_the_same_rows() {
    let tabbed = MONDAY.replace(',', "\t");
    let semicolons = format!("\u{feff}{}", MONDAY.replace(',', ";").replace('\n', "\r\n"));
    let records = r#"{"Till":"1","Day":"2026-01-05","Item":"tea","Pieces":3}
{"Till":"1","Day":"2026-01-05","Item":"milk","Pieces":1}
{"Till":"2","Day":"2026-01-05","Item":"tea","Pieces":2}
"#;
    let array = format!("[{}]", records.trim_end().replace('\n', ",\n"));
    let forms: [(&str, Vec<u8>); 7] = [
        ("a.csv", MONDAY.into()),
        ("a.tsv", tabbed.into()),
        ("a.txt", semicolons.into()),
        ("a.ndjson", records.into()),
        ("a.json", array.into()),
        ("a.csv.gz", gzip(MONDAY)),
        ("a.csv.zst", zstd::encode_all(MONDAY.as_bytes(), 1).expect("packed")),
    ];
    for (name, bytes) in forms {
        let bench = Bench::with(&[]);
        bench.write(&format!("files/{name}"), bytes);
        let summary = bench.run(&[name]);
        assert_eq!(bench.lines(SELECT), EXPECTED, "{name}: {:?}", summary.assets);
    }
}

#[test]
fn the_same_content_packed_differently_is_the_same_batch() {
    let bench = Bench::with(&[]);
    bench.write("files/monday.csv.gz", gzip(MONDAY));
    let summary = bench.run(&["monday.csv", "monday.csv.gz", "monday.csv"]);
    let states: Vec<FileState> = summary.files.iter().map(|file| file.state).collect();
    assert_eq!(states, [FileState::Loaded, FileState::AlreadyLoaded, FileState::AlreadyLoaded]);
    assert_eq!(bench.lines("select count(*) from bronze.tills_raw"), "3");
}

#[test]
fn folders_patterns_and_a_sources_own_paths_name_files() {
    let bench = Bench::with(&[]);
    assert_eq!(bench.run(&["."]).files.len(), 2);
    let bench = Bench::with(&[]);
    assert_eq!(bench.run(&["*day.csv"]).files.len(), 2);
    let source = format!("{}paths: ['files/m*.csv']\n", crate::bench::SOURCE);
    let bench = Bench::with(&[("sources/tills.yml", source.as_str())]);
    assert_eq!(bench.run(&[]).files.len(), 1);
    assert_eq!(bench.lines(SELECT), EXPECTED);
}

#[test]
fn every_row_of_bronze_says_where_it_came_from() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    insta::assert_snapshot!(
        bench.lines("select till, item, _source_file, _row, _ingested_at, _batch_id, _row_hash is null, _raw from bronze.tills_raw order by _row"),
        @r#"
        1 | tea | monday.csv | 2 | 2026-01-02T03:04:05Z | 7fbc0e12909a2dfd24b74042ee80e10f | false | null
        1 | milk | monday.csv | 3 | 2026-01-02T03:04:05Z | 7fbc0e12909a2dfd24b74042ee80e10f | false | null
        2 | tea | monday.csv | 4 | 2026-01-02T03:04:05Z | 7fbc0e12909a2dfd24b74042ee80e10f | false | null
        "#);
}

#[test]
fn ragged_lines_bad_numbers_and_bad_dates_are_set_aside_with_reasons() {
    let bench = Bench::with(&[]);
    let dirty = format!(
        "{MONDAY}1,2026-01-05,tea\n1,2026-01-05,tea,3,x,y\n1,2026-01-05,soap,many\n1,5 Jan,soap,2\n1,2026-01-05,air,0\n1,2026-01-05,tea,3\n"
    );
    bench.write("files/dirty.csv", dirty);
    let summary = bench.run(&["dirty.csv"]);
    assert_eq!(summary.files[0].malformed, 2);
    let balance = &summary.reconciliations[0];
    assert_eq!((balance.rows, balance.kept, balance.rejected, balance.duplicates), (9, 3, 5, 1));
    assert!(balance.holds);
    insta::assert_snapshot!(bench.lines("select reason, raw from silver.sales_rejected order by reason, raw"), @r#"
    invalid_day | 1,5 Jan,soap,2
    invalid_pieces | 1,2026-01-05,soap,many
    malformed_row | 1,2026-01-05,tea
    malformed_row | 1,2026-01-05,tea,3,x,y
    nothing_sold | 1,2026-01-05,air,0
    "#);
}
