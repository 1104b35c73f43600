//! `run`: what it shows, to people and to programs.

use insta::assert_snapshot;
use serde_json::json;

use crate::place::Place;

#[test]
fn people_see_files_assets_the_balance_and_what_to_do_next() {
    let place = Place::project();
    let answer = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(0);
    let section = |name: &str| {
        let rest = answer.out.split(&format!("\n{name}\n")).nth(1).unwrap_or_default();
        rest.split("\n\n").next().unwrap_or_default().to_owned()
    };
    assert!(answer.out.starts_with("shop: succeeded in "), "{}", answer.out);
    assert_eq!(section("rows"), "  5 = 2 + 2 + 1  adds up\n  bronze.sales_raw = silver.sales + rejected + duplicates");
    assert_snapshot!(section("set aside"), @r"
    1  malformed_row       20 % of all rows
    1  non_positive_price  20 % of all rows
    kept in silver.sales_rejected
    ");
    assert!(section("files").contains("loaded into bronze.sales_raw"), "{}", answer.out);
    assert!(section("assets").contains("gold.fact_sale"), "{}", answer.out);
    assert!(section("next").contains("shop/.grayghost/reports/"), "{}", answer.out);

    let again = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(0);
    assert!(again.out.contains("already loaded, nothing added"), "{}", again.out);
    assert!(again.out.contains("\n  5 = 2 + 2 + 1  adds up\n"), "{}", again.out);
}

#[test]
fn programs_see_one_object_with_the_exit_code() {
    let place = Place::project();
    let answer = place.ask(&["run", "sales.csv", "--project", "shop", "--format", "json"]).ends_with(0);
    let summary = answer.json();
    for key in
        ["run_id", "project", "state", "started_at", "duration_ms", "files", "assets", "reconciliations", "checks"]
    {
        assert!(!summary[key].is_null(), "{key} is missing in {summary}");
    }
    assert_eq!((&summary["state"], &summary["exit_code"]), (&json!("succeeded"), &json!(0)));
    let file = &summary["files"][0];
    assert_eq!((&file["path"], &file["rows"], &file["malformed"]), (&json!("sales.csv"), &json!(5), &json!(1)));
    let balance = &summary["reconciliations"][0];
    let numbers = ["rows", "kept", "rejected", "duplicates", "holds"].map(|key| balance[key].clone());
    assert_eq!(json!(numbers), json!([5, 2, 2, 1, true]));
    for key in ["report", "lineage"] {
        let path = summary[key].as_str().expect("a path");
        assert!(place.path("shop").join(path).exists(), "{path}");
    }
}

#[test]
fn without_a_terminal_there_are_lines_and_neither_bars_nor_colours() {
    let place = Place::project();
    let answer = place.ask(&["run", "sales.csv", "--project", "shop"]).ends_with(0);
    assert!(answer.err.starts_with("1 file to load, "), "{}", answer.err);
    assert!(answer.err.lines().any(|line| line.starts_with("loaded ") && line.contains("5 rows")), "{}", answer.err);
    for text in [&answer.out, &answer.err] {
        assert!(!text.contains(['\u{1b}', '\r']), "{text}");
    }
}

#[test]
fn quiet_means_answers_and_errors_only() {
    let place = Place::project();
    let text = place.ask(&["run", "sales.csv", "--project", "shop", "--quiet"]).ends_with(0);
    assert_eq!((text.out.as_str(), text.err.as_str()), ("", ""));
    let json = place.ask(&["run", "sales.csv", "--project", "shop", "-q", "--format", "json"]).ends_with(0);
    assert_eq!((json.json()["files"][0]["state"].as_str(), json.err.as_str()), (Some("already_loaded"), ""));
    let wrong = place.ask(&["run", "none.csv", "--project", "shop", "--quiet"]).ends_with(2);
    assert!(wrong.err.starts_with("error[tables.not_found]"), "{}", wrong.err);
}

#[test]
fn a_selection_makes_only_what_it_names() {
    let place = Place::project();
    let words = ["run", "sales.csv", "--project", "shop", "--select", "+gold.dim_country", "--format", "json"];
    let summary = place.ask(&words).ends_with(0).json();
    let assets: Vec<&str> =
        summary["assets"].as_array().unwrap().iter().filter_map(|asset| asset["asset"].as_str()).collect();
    assert!(assets.contains(&"gold.dim_country") && assets.contains(&"silver.sales"), "{assets:?}");
    assert!(!assets.contains(&"gold.fact_sale"), "{assets:?}");
}

#[test]
fn many_files_are_told_together() {
    let place = Place::project();
    for day in 1..=25 {
        let line = format!("5363{day:02},85123A,HEART,6,2010-12-{day:02} 08:26:00,2.55,17850,United Kingdom");
        let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
        place.write(&format!("days/{day:02}.csv"), format!("{header}\n{line}\n"));
    }
    let answer = place.ask(&["run", "days", "--project", "shop"]).ends_with(0);
    assert!(answer.out.contains("25 files: 25 loaded (25 rows, 0 malformed), 0 already loaded"), "{}", answer.out);
    let told = answer.err.lines().filter(|line| line.contains("of 25 files done")).count();
    assert!((8..=10).contains(&told) && answer.err.contains("25 of 25 files done"), "{}", answer.err);
}
