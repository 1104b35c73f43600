//! `sniff`: what a file is, and how sure that is.

use insta::assert_snapshot;
use serde_json::json;

use crate::place::{Place, SALES};

/// A German export: Latin 1, semicolons, two lines before the table, dates with dots.
pub(crate) const EXPORT: &[u8] =
    b"Umsatz\n\nDatum;Filiale;Betrag\n01.12.2010;K\xf6ln;1.5\n24.12.2010;M\xfcnchen;20.25\n31.12.2010;Kiel;\n";

#[test]
fn people_see_what_was_found_and_how_sure_it_is() {
    let place = Place::empty();
    place.write("export.csv", EXPORT);
    let answer = place.ask(&["sniff", "export.csv"]).ends_with(0);
    assert_snapshot!(answer.out, @r#"
    export.csv
      format     delimited text
      encoding   windows-1252                             likely, 90 %
      delimiter  ; (semicolon)                            likely, 80 %
      quote      " (double)                               sure, 100 %
      escape     none: a quote inside quotes is doubled   sure, 100 %
      header     yes: the first record names the columns  sure, 100 %
      preamble   2 lines before the table                 likely, 80 %
      line ends  LF
      looked at  3 rows

      COLUMN   TYPE           SURE  EMPTY  TIME FORMAT  EXAMPLES
      Datum    date          100 %         %d.%m.%Y     01.12.2010 · 24.12.2010 · 31.12.2010
      Filiale  text          100 %                      Köln · München · Kiel
      Betrag   decimal(4,2)  100 %      1               1.5 · 20.25

    note: the table starts on line 3
    "#);
    assert_eq!(answer.err, "");
}

#[test]
fn programs_see_the_same_as_json() {
    let place = Place::empty();
    place.write("export.csv", EXPORT);
    let found = place.ask(&["sniff", "export.csv", "--format", "json"]).ends_with(0).json();
    let scalars = [
        "file",
        "format",
        "compression",
        "encoding",
        "bom",
        "delimiter",
        "quote",
        "header",
        "preamble_lines",
        "newline",
    ];
    let seen: Vec<_> = scalars.iter().map(|name| found[name].clone()).collect();
    let expected = json!(["export.csv", "delimited", "none", "windows-1252", false, ";", "\"", true, 2, "lf"]);
    assert_eq!(json!(seen), expected);
    assert_eq!(found["columns"][0]["name"], "Datum");
    assert_eq!(found["columns"][0]["type"], "date");
    assert_eq!(found["columns"][0]["time_formats"], json!(["%d.%m.%Y"]));
    assert_eq!(found["columns"][2]["type"], "decimal(4,2)");
    assert_eq!(found["columns"][2]["nulls"], 1);
    for name in ["overall", "encoding", "delimiter", "quote", "header", "preamble"] {
        let sure = found["confidence"][name].as_f64();
        assert!(sure.is_some_and(|sure| (0.0..=1.0).contains(&sure)), "{name}: {found}");
    }
}

#[test]
fn dates_that_can_be_read_in_two_ways_are_no_sure_thing() {
    let place = Place::empty();
    place.write("dates.csv", "id,day\n1,03/04/2011\n2,05/06/2011\n3,07/08/2011\n");
    let found = place.ask(&["sniff", "dates.csv", "--format", "json"]).ends_with(0).json();
    let day = &found["columns"][1];
    assert!(day["time_formats"].as_array().is_some_and(|formats| formats.len() == 2), "{day}");
    assert_eq!((&day["confidence"], &found["columns"][0]["confidence"]), (&json!(0.5), &json!(1.0)));
    let text = place.ask(&["sniff", "dates.csv"]).ends_with(0).out;
    assert!(text.contains(" or ") && text.contains("  50 %  "), "{text}");
}

#[test]
fn a_file_that_is_no_table_is_an_error_that_says_where() {
    let place = Place::empty();
    place.write("empty.csv", "");
    place.write("photo.csv", [b"a,b\n\0\0\0".as_slice(), &[0; 200]].concat());
    for (file, code) in [("none.csv", "not_found"), ("empty.csv", "empty"), ("photo.csv", "binary")] {
        let answer = place.ask(&["sniff", file]).ends_with(2);
        assert!(answer.err.starts_with(&format!("error[tables.{code}]: ")), "{}", answer.err);
        assert!(answer.err.contains(&format!("where: {file}")), "{}", answer.err);
        let json = place.ask(&["sniff", file, "--format", "json"]).ends_with(2).json();
        assert_eq!(json["error"]["code"], format!("tables.{code}"));
    }
}

#[test]
fn the_retail_file_is_seen_as_what_it_is() {
    let place = Place::empty();
    place.write("sales.csv", SALES);
    let found = place.ask(&["sniff", "sales.csv", "--format", "json"]).ends_with(0).json();
    let types: Vec<_> = found["columns"].as_array().unwrap().iter().map(|column| column["type"].clone()).collect();
    assert_eq!(
        json!(types),
        json!(["text", "text", "text", "integer", "timestamp", "decimal(3,2)", "integer", "text"])
    );
}
