//! Verbs that look at a project: `sql`, `assets`, `lineage`, `quality`, `runs`, `doctor`.

use std::{io::Read, process::Stdio};

use insta::assert_snapshot;
use serde_json::json;

use crate::place::Place;

/// Values that formats write differently: NULL, empty, quotes, line ends, decimals, a name twice.
const ODD: &str = "select 1 as n, cast(2.50 as decimal(6,2)) as price, 'a,\"b\"' as words, cast(null as int) as nothing, '' as empty, true as yes \
     union all select -1000, cast(10.05 as decimal(6,2)), E'two\\nlines', null, 'x', false order by n desc";

#[test]
fn sql_writes_tables_csv_and_json() {
    let place = Place::project();
    let ask = |format: &str| place.ask(&["sql", ODD, "--project", "shop", "--format", format]).ends_with(0).out;
    let table = ask("table");
    assert_snapshot!(table, @r#"
        n  price  words      nothing  empty  yes
        1   2.5   a,"b"                      true
    -1000  10.05  two lines           x      false
    (2 rows)
    "#);
    assert!(table.lines().all(|line| line.starts_with("  ") && !line.ends_with(' ')), "{table}");
    assert_eq!(
        ask("csv"),
        "n,price,words,nothing,empty,yes\r\n1,2.5,\"a,\"\"b\"\"\",,\"\",true\r\n-1000,10.05,\"two\nlines\",,x,false\r\n"
    );
    let rows: serde_json::Value = serde_json::from_str(&ask("json")).expect("JSON");
    let expected = json!([
        {"n": 1, "price": 2.5, "words": "a,\"b\"", "nothing": null, "empty": "", "yes": true},
        {"n": -1000, "price": 10.05, "words": "two\nlines", "nothing": null, "empty": "x", "yes": false},
    ]);
    assert_eq!(rows, expected);
}

#[test]
fn sql_without_rows_is_still_an_answer() {
    let place = Place::project();
    let ask = |format: &str| {
        place.ask(&["sql", "select 1 as a where false", "--project", "shop", "--format", format]).ends_with(0).out
    };
    assert_eq!((ask("csv").as_str(), ask("json").as_str()), ("a\r\n", "[]\n"));
    assert!(ask("table").ends_with("(0 rows)\n"));
}

#[test]
fn a_reader_that_closes_early_is_no_error() {
    let place = Place::project();
    let statement =
        "select value, 'a line of some length so that the pipe is full' as words from generate_series(1, 20000)";
    let mut command = place.command(&["sql", statement, "--project", "shop", "--format", "csv"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut out = child.stdout.take().expect("a pipe");
    out.read_exact(&mut [0; 5]).expect("the header");
    drop(out);
    let ended = child.wait_with_output().expect("the binary ends");
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn the_tables_hold_what_the_file_said() {
    let place = Place::loaded();
    let rows = place.rows("select invoice_no, quantity, is_return from silver.sales order by invoice_no");
    assert_eq!(
        rows,
        json!([
            {"invoice_no": "536365", "quantity": 6, "is_return": false},
            {"invoice_no": "C536379", "quantity": -2, "is_return": true},
        ])
    );
}

#[test]
fn assets_say_how_big_and_how_good() {
    let place = Place::project();
    let before = place.ask(&["assets", "--project", "shop"]).ends_with(0).out;
    assert!(before.contains("not made yet") && before.contains("nothing is made yet: grayghost run"), "{before}");
    place.ask(&["run", "sales.csv", "--project", "shop", "--quiet"]).ends_with(0);
    let assets = place.ask(&["assets", "--project", "shop", "--format", "json"]).ends_with(0).json();
    let sales = assets.as_array().unwrap().iter().find(|asset| asset["asset"] == "silver.sales").expect("silver.sales");
    assert_eq!((&sales["rows"], &sales["kind"], &sales["owner"]), (&json!(2), &json!("incremental"), &json!("sales")));
    assert!(sales["checks"]["passed"].as_u64() > Some(0), "{sales}");
    let text = place.ask(&["assets", "--project", "shop"]).ends_with(0).out;
    let line = text.lines().find(|line| line.contains("silver.sales ")).expect("a line");
    assert!(line.contains("incremental") && line.contains(" 2 "), "{line}");
}

#[test]
fn lineage_follows_a_number_to_the_file() {
    let place = Place::loaded();
    let text = place.ask(&["lineage", "gold.fact_sale.total_amount", "--project", "shop"]).ends_with(0).out;
    assert!(text.starts_with("gold.fact_sale.total_amount\n  "), "{text}");
    for column in ["silver.sales.", "bronze.sales_raw.quantity", "bronze.sales_raw.unit_price"] {
        assert!(text.contains(column), "{column} is missing in\n{text}");
    }
    let view = place.ask(&["lineage", "gold.fact_sale", "--project", "shop", "--format", "json"]).ends_with(0).json();
    assert!(view["parents"].as_array().is_some_and(|parents| parents.contains(&json!("silver.sales"))), "{view}");
    let asset = place.ask(&["lineage", "fact_sale", "--project", "shop"]).ends_with(0).out;
    assert!(asset.contains("made from") && asset.contains("total_amount"), "{asset}");
    let wrong = place.ask(&["lineage", "gold.fact_sale.amount", "--project", "shop"]).ends_with(2);
    assert!(wrong.err.contains("error[lakehouse.unknown_column]"), "{}", wrong.err);
}

#[test]
fn quality_shows_every_rule() {
    let place = Place::project();
    let none = place.ask(&["quality", "--project", "shop"]).ends_with(0).out;
    assert!(none.contains("no table with rules is made yet"), "{none}");
    place.ask(&["run", "sales.csv", "--project", "shop", "--quiet"]).ends_with(0);
    let text = place.ask(&["quality", "--project", "shop"]).ends_with(0).out;
    let rules = place.ask(&["quality", "--project", "shop", "--format", "json"]).ends_with(0).json();
    let rules = rules.as_array().expect("an array");
    assert!(rules.len() > 50 && rules.iter().all(|rule| text.contains(rule["expectation"].as_str().unwrap())));
    assert!(text.contains("completeness") && text.contains(&format!("\n{} rules: ", rules.len())), "{text}");
}

#[test]
fn runs_and_doctor_know_what_happened() {
    let place = Place::loaded();
    place.ask(&["run", "sales.csv", "--project", "shop", "--quiet"]).ends_with(0);
    let runs = place.ask(&["runs", "--project", "shop", "--format", "json"]).ends_with(0).json();
    let states: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["files"][0]["state"].clone()).collect();
    assert_eq!(json!(states), json!(["already_loaded", "loaded"]));
    let text = place.ask(&["runs", "--limit", "1", "--project", "shop"]).ends_with(0).out;
    assert_eq!((text.lines().count(), text.contains("succeeded")), (2, true), "{text}");
    let doctor = place.ask(&["doctor", "--project", "shop"]).ends_with(0).out;
    assert!(doctor.contains("program") && doctor.contains("2 runs") && !doctor.contains("NOT WELL"), "{doctor}");
}

#[test]
fn doctor_ends_with_1_when_something_is_not_well() {
    let place = Place::loaded();
    place.write("shop/.grayghost/grayghost.db", "no database at all, and longer than a header so that it is looked at");
    let answer = place.ask(&["doctor", "--project", "shop"]).ends_with(1);
    assert!(answer.out.contains("NOT WELL") && answer.out.contains("the tables do not need it"), "{}", answer.out);
}
