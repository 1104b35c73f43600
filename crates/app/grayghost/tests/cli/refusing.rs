//! Errors: the number that the shell sees, and the layout that people see.

use std::{
    fs::{self, OpenOptions},
    io::Write,
};

use insta::assert_snapshot;
use serde_json::json;

use crate::place::{Place, SALES};

/// The last three columns are missing.
pub(crate) const SHORT: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate\n536365,85123A,HEART,6,2010-12-01 08:26:00\n";

#[test]
fn a_file_that_lacks_headers_is_refused_with_their_names() {
    let place = Place::project();
    place.write("short.csv", SHORT);
    let answer = place.ask(&["run", "short.csv", "--project", "shop"]).ends_with(2);
    assert_snapshot!(answer.err, @r"
    error[lakehouse.no_source_matches]: could not find the source of `short.csv`
      where: short.csv:1
      do: source `online_retail` lacks UnitPrice, CustomerID, Country here. Name the file's headers in `headers:` of a file in sources/, or write a source for it; `grayghost sniff` shows what the file holds
      page: grayghost explain lakehouse.no_source_matches
    ");
    assert_eq!(answer.out, "");
    let named = place.ask(&["run", "short.csv", "--project", "shop", "--source", "online_retail"]).ends_with(2);
    assert_snapshot!(named.err, @r"
    error[lakehouse.header_missing]: `short.csv` lacks columns of source `online_retail`: UnitPrice, CustomerID, Country
      where: short.csv:1
      do: add the columns to the file, or say in sources/online_retail.yml under which `headers:` they come, or that they are not `required`
      page: grayghost explain lakehouse.header_missing
    ");
    assert_eq!(place.ask(&["assets", "--project", "shop", "--format", "json"]).json()[0]["rows"], json!(null));
}

#[test]
fn what_does_not_exist_ends_with_2() {
    let place = Place::project();
    let cases: [(&[&str], &str); 8] = [
        (&["run", "none.csv"], "tables.not_found"),
        (&["run", "sales.csv", "--source", "webshop"], "lakehouse.unknown_source"),
        (&["run", "sales.csv", "--select", "gold.nothing"], "lakehouse.unknown_selection"),
        (&["run", "--retry"], "lakehouse.nothing_to_retry"),
        (&["lineage", "gold.nothing"], "lakehouse.unknown_asset"),
        (&["quality", "gold.nothing"], "lakehouse.unknown_asset"),
        (&["sql", "selekt 1"], "lakehouse.bad_sql"),
        (&["sql", "create table t as select 1"], "lakehouse.not_read_only"),
    ];
    for (words, code) in cases {
        let answer = place.ask(&[words, &["--project", "shop"]].concat()).ends_with(2);
        assert!(answer.err.starts_with(&format!("error[{code}]: ")), "{words:?}: {}", answer.err);
        assert!(answer.err.ends_with(&format!("  page: grayghost explain {code}\n")), "{}", answer.err);
        assert_eq!(answer.out, "", "{words:?}");
    }
}

#[test]
fn a_folder_that_is_no_project_is_an_error_of_every_verb_that_needs_one() {
    let place = Place::empty();
    for words in [["run"].as_slice(), &["sql", "select 1"], &["assets"], &["quality"], &["runs"], &["doctor"]] {
        let answer = place.ask(words).ends_with(2);
        assert!(answer.err.starts_with("error[lakehouse.no_project]: "), "{words:?}: {}", answer.err);
    }
}

#[test]
fn init_never_writes_into_a_folder_with_something_in_it() {
    let place = Place::project();
    let before = fs::read_to_string(place.path("shop/grayghost.toml")).expect("a file");
    let answer = place.ask(&["init", "shop"]).ends_with(2);
    assert_snapshot!(answer.err, @r"
    error[lakehouse.not_empty]: `shop` is not empty
      do: give a new or empty folder
      page: grayghost explain lakehouse.not_empty
    ");
    assert_eq!(fs::read_to_string(place.path("shop/grayghost.toml")).expect("a file"), before);
    place.ask(&["init", "other", "--template", "none"]).ends_with(2);
    assert!(!place.path("other").exists());
}

#[test]
fn errors_are_one_json_object_for_programs() {
    let place = Place::project();
    let answer = place.ask(&["run", "none.csv", "--project", "shop", "--format", "json"]).ends_with(2);
    let expected = json!({
        "error": {
            "code": "tables.not_found",
            "kind": "not_found",
            "message": "could not find file none.csv",
            "place": "none.csv",
            "why": null,
            "remedy": "check the path and its spelling",
        },
        "exit_code": 2,
    });
    assert_eq!(answer.json(), expected);
    assert!(answer.err.contains("error[tables.not_found]: "), "people at the terminal see it too");
}

#[test]
fn an_asset_that_another_run_holds_ends_with_4() {
    let place = Place::project();
    let locks = place.path("shop/.grayghost/locks");
    fs::create_dir_all(&locks).expect("a folder");
    let options = OpenOptions::new().write(true).create(true).truncate(true).open(locks.join("silver.sales.lock"));
    let mut lock = options.expect("a lock file");
    lock.lock().expect("nobody else holds it");
    lock.write_all(b"process 4711").expect("written");

    let answer = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(4);
    let error = answer.err.split("error[").nth(1).unwrap_or_default();
    assert_snapshot!(error, @r"
    lakehouse.locked]: another run is working on `silver.sales`
      do: wait for it to end (process 4711), or select other assets
      page: grayghost explain lakehouse.locked
    ");
    drop(lock);
    place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(0);
}

#[test]
fn a_project_that_cannot_be_written_ends_with_5() {
    let place = Place::project();
    // A file where the folder of the lake must go: as good as a disk that says no, also for root.
    place.write("shop/.grayghost/lake", "");
    fs::remove_dir_all(place.path("shop/.grayghost/locks")).ok();
    place.write("shop/.grayghost/locks", "");
    let answer = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(5);
    assert!(answer.err.contains("error[lakehouse.write_failed]: "), "{}", answer.err);
}

#[test]
fn an_asset_that_fails_ends_with_1_and_says_why() {
    let place = Place::project();
    place.write("shop/models/gold/broken.sql", "select cast(country as int) as number from {{ ref('sales') }}\n");
    let answer = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(1);
    assert!(answer.err.contains("error[lakehouse.sql_failed]: "), "{}", answer.err);
    assert!(answer.out.contains("gold.broken") && answer.out.contains("FAILED"), "{}", answer.out);
    assert!(answer.out.contains("grayghost run --retry --project shop"), "{}", answer.out);

    let quiet = place.ask(&["run", "--retry", "--project", "shop", "--quiet", "--format", "json"]).ends_with(1);
    assert_eq!((&quiet.json()["state"], &quiet.json()["exit_code"]), (&json!("failed"), &json!(1)));
    place.write("shop/models/gold/broken.sql", "select country as number from {{ ref('sales') }}\n");
    place.ask(&["run", "--retry", "--project", "shop"]).ends_with(0);
}

#[test]
fn a_rule_of_severity_error_that_fails_ends_with_1_and_shows_a_row() {
    let place = Place::project();
    place.write("shop/models/gold/shops.sql", "select distinct country from {{ ref('sales') }}\n");
    place.write(
        "shop/models/gold/shops.yml",
        "description: Countries.\ncolumns:\n  - {name: country, type: text, expectations: [{accepted_values: [France]}]}\n",
    );
    let run = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(1);
    assert!(run.out.contains("1 failed") && run.out.contains("United Kingdom"), "{}", run.out);
    let quality = place.ask(&["quality", "gold.shops", "--project", "shop"]).ends_with(1);
    assert!(quality.out.contains("FAILS") && quality.out.contains("United Kingdom"), "{}", quality.out);
    place.ask(&["quality", "silver.sales", "--project", "shop"]).ends_with(0);
}

#[test]
fn rows_that_are_set_aside_are_no_failure() {
    let place = Place::project();
    place.write("bad.csv", SALES.replace("2010-12-01 08:26:00", "yesterday"));
    let answer = place.ask(&["run", "bad.csv", "--project", "shop"]).ends_with(0);
    assert!(answer.out.contains("invalid_invoice_date"), "{}", answer.out);
}
