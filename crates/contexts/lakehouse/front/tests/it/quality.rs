//! Rules: each kind holds and breaks, and what follows from that.

use lakehouse::{AssetState, CheckResult, RunState};

use crate::bench::{Bench, asset};

const NUMBERS: &str = "select * from (values (1, 'a', 1.5, date '2026-01-01'), (2, 'b', 2.5, date '2026-01-02'),
  (3, null, 3.5, date '2026-01-03'), (3, 'z', null, date '2026-01-04')) as t(id, name, amount, day)";

fn checked(rules: &str) -> (RunState, Vec<CheckResult>) {
    let bench = Bench::with(&[("models/gold/numbers.sql", NUMBERS), ("models/gold/numbers.yml", rules)]);
    let summary = bench.run(&["monday.csv"]);
    let checks = summary.checks.into_iter().filter(|check| check.asset == "gold.numbers").collect();
    (summary.state, checks)
}

/// A rule, whether it holds, rows that break it.
#[test]
fn each_kind_of_rule_holds_and_breaks_as_it_should() {
    let cases = [
        ("not_null: {column: id}", true, 0),
        ("not_null: {column: name}", false, 1),
        ("not_null: {column: name, mostly: 0.75}", true, 1),
        ("not_null: {column: name, mostly: 0.76}", false, 1),
        ("not_null: {column: name, where: id < 3}", true, 0),
        ("unique: {column: name}", true, 0),
        ("unique: {column: id}", false, 2),
        ("unique: [id, name]", true, 0),
        ("accepted_values: {column: name, values: [a, b, z]}", true, 0),
        ("accepted_values: {column: name, values: [a, b]}", false, 1),
        ("accepted_values: {column: id, values: [1, 2, 3]}", true, 0),
        ("relationships: {column: id, to: silver.sales, field: pieces}", true, 0),
        ("relationships: {column: name, to: silver.sales, field: item}", false, 3),
        ("in_range: {column: amount, min: 1.5, max: 3.5}", true, 0),
        ("in_range: {column: amount, exclusive_min: 1.5}", false, 1),
        ("in_range: {column: day, max: '2026-01-03'}", false, 1),
        ("matches: {column: name, regex: '^[abz]$'}", true, 0),
        ("matches: {column: name, regex: '^[ab]$'}", false, 1),
        ("row_count_between: {min: 4, max: 4}", true, 0),
        ("row_count_between: {min: 5}", false, 1),
        ("columns_match: [id, name, amount, day]", true, 0),
        ("columns_match: [name, id, amount, day]", false, 1),
        ("expression_is_true: id > 0", true, 0),
        ("expression_is_true: amount > 2", false, 2),
        ("freshness: {column: day, max_age: 2d}", true, 0),
        ("sum_equals: {column: amount, value: 7.5}", true, 0),
        ("sum_equals: {column: amount, value: 7.4}", false, 1),
        ("sum_equals: {column: amount, value: 7.4, tolerance: 0.1}", true, 0),
        ("sum_equals: {expression: id * 2 - 3, asset: silver.sales, field: pieces}", true, 0),
        ("custom_sql: \"select * from {{ ref('numbers') }} where id > 5\"", true, 0),
        ("custom_sql: \"select * from {{ ref('numbers') }} where id > 1\"", false, 3),
    ];
    let rules = cases.map(|(rule, ..)| format!("  - {rule}\n")).concat();
    let (state, checks) = checked(&format!("expectations:\n{rules}"));
    assert_eq!(state, RunState::Failed);
    assert_eq!(checks.len(), cases.len());
    for ((rule, holds, unexpected), check) in cases.iter().zip(&checks) {
        assert_eq!((check.success, check.unexpected), (*holds, *unexpected), "{rule}: {check:?}");
        let is_whole = ["row_count_between", "columns_match", "sum_equals", "freshness"].contains(&check.kind.as_str());
        assert_eq!(check.samples.is_empty(), *unexpected == 0 || is_whole, "{rule}: {:?}", check.samples);
    }
}

#[test]
fn an_old_table_is_not_fresh() {
    let (_, checks) = checked("expectations:\n  - freshness: {column: day, max_age: 1h, severity: warn}\n");
    assert!(checks[0].success, "the newest day lies in the future of the test's clock");
    let old = NUMBERS.replace("2026-01", "2025-01");
    let rules = "expectations:\n  - freshness: {column: day, max_age: 30d, severity: warn}\n";
    let bench = Bench::with(&[("models/gold/numbers.sql", old.as_str()), ("models/gold/numbers.yml", rules)]);
    let summary = bench.run(&["monday.csv"]);
    assert_eq!(summary.state, RunState::Succeeded, "a warning fails nothing");
    let check = summary.checks.iter().find(|check| check.kind == "freshness").expect("it was checked");
    assert!(!check.success);
    assert_eq!(check.observed.as_deref(), Some("newest is 2025-01-04T00:00:00.000000Z"));
}

#[test]
fn a_sample_shows_the_failing_row() {
    let (_, checks) = checked("expectations:\n  - not_null: {column: name, severity: warn}\n");
    insta::assert_json_snapshot!(checks[0].samples, @r#"
    [
      {
        "name": null
      }
    ]
    "#);
}

#[test]
fn a_failed_error_rule_stops_what_reads_the_asset_and_a_warning_does_not() {
    let rules = |severity: &str| format!("expectations:\n  - row_count_between: {{min: 100, severity: {severity}}}\n");
    let (warn, error) = (rules("warn"), rules("error"));
    let bench = Bench::with(&[("models/silver/sales.yml", warn.as_str())]);
    let summary = bench.run(&["monday.csv"]);
    assert_eq!((summary.state, asset(&summary, "gold.by_item").state), (RunState::Succeeded, AssetState::Succeeded));
    assert_eq!(asset(&summary, "silver.sales").checks.warned, 1);
    let bench = Bench::with(&[("models/silver/sales.yml", error.as_str())]);
    let summary = bench.run(&["monday.csv"]);
    assert_eq!((summary.state, asset(&summary, "gold.by_item").state), (RunState::Failed, AssetState::Skipped));
    assert_eq!(asset(&summary, "silver.sales").state, AssetState::Failed);
    assert_eq!(bench.commits("gold.by_item"), 0);
}

#[test]
fn verdicts_are_a_table_and_can_be_asked_again() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    insta::assert_snapshot!(
        bench.lines("select asset, expectation, severity, dimension, success, rows, unexpected from quality.results order by expectation"),
        @r#"
        silver.sales | not_null_sale_id | error | completeness | true | 3 | 0
        silver.sales | sold_something | quarantine | consistency | true | 3 | 0
        silver.sales | unique_sale_id | error | uniqueness | true | 3 | 0
        "#);
    let house = bench.house().expect("a project");
    let found = bench.runtime.block_on(house.check_quality(Some("sales".into()), kernel::Cancel::default()));
    assert_eq!(found.expect("verdicts").iter().filter(|check| check.success).count(), 3);
}
