//! Expectations as they may be written, and as they may not.

use lakehouse_model::{Expectation, ExpectationKind, Freshness, Severity};
use serde_json::json;

use crate::{fixture::with_yaml, refusals::tell};

fn rules(yaml: &str) -> Vec<Expectation> {
    let project = with_yaml(yaml).unwrap_or_else(|error| panic!("{yaml}\n{}", tell(&error)));
    let model = project.models.into_values().find(|model| model.name.name == "m");
    model.expect("it is there").doc.expectations
}

/// A rule as YAML below column `c`, and the same in JSON without what all rules have.
#[test]
fn every_way_to_write_a_rule_is_understood() {
    let in_range = |min: serde_json::Value, max: serde_json::Value| json!({"kind": "in_range", "column": "c", "min": min, "max": max});
    let bound = |value: &str, inclusive: bool| json!({"value": value, "inclusive": inclusive});
    let unique = json!({"kind": "unique", "columns": ["a", "b"]});
    let count = json!({"kind": "row_count_between", "min": 1, "max": 9});
    let sum = |target: serde_json::Value| json!({"kind": "sum_equals", "expression": "c", "target": target, "tolerance": "0"});
    let other = |expression: &str| json!({"asset": {"asset": "silver.sales", "expression": expression}});
    let cases = [
        ("not_null", json!({"kind": "not_null", "column": "c"})),
        ("expect_column_values_to_not_be_null: {column: d}", json!({"kind": "not_null", "column": "d"})),
        ("dbt_expectations.expect_column_values_to_be_unique", json!({"kind": "unique", "columns": ["c"]})),
        ("unique: [a, b]", unique.clone()),
        ("dbt_utils.unique_combination_of_columns: {combination_of_columns: [a, b]}", unique.clone()),
        ("expect_compound_columns_to_be_unique: {column_list: [a, b]}", unique),
        (
            "accepted_values: [x, 1, true]",
            json!({"kind": "accepted_values", "column": "c", "values": ["x", "1", "true"]}),
        ),
        (
            "expect_column_values_to_be_in_set: {value_set: [x]}",
            json!({"kind": "accepted_values", "column": "c", "values": ["x"]}),
        ),
        (
            "relationships: {to: \"ref('sales')\", field: id}",
            json!({"kind": "relationships", "column": "c", "to": "silver.sales", "field": "id"}),
        ),
        ("in_range: {min: 0}", in_range(bound("0", true), json!(null))),
        (
            "in_range: {exclusive_min: 0.10, max: '2011-01-01'}",
            in_range(bound("0.10", false), bound("'2011-01-01'", true)),
        ),
        ("dbt_utils.accepted_range: {min_value: -1, inclusive: false}", in_range(bound("-1", false), json!(null))),
        (
            "expect_column_values_to_be_between: {max_value: 5, strict_max: true}",
            in_range(json!(null), bound("5", false)),
        ),
        ("in_range: {max: o'clock}", in_range(json!(null), bound("'o''clock'", true))),
        ("matches: '^a$'", json!({"kind": "matches", "column": "c", "regex": "^a$"})),
        ("expect_column_values_to_match_regex: {regex: a}", json!({"kind": "matches", "column": "c", "regex": "a"})),
        ("row_count_between: {min: 1, max: 9}", count.clone()),
        ("expect_table_row_count_to_be_between: {min_value: 1, max_value: 9}", count),
        ("columns_match: [a, b]", json!({"kind": "columns_match", "columns": ["a", "b"]})),
        (
            "expect_table_columns_to_match_ordered_list: {column_list: [a]}",
            json!({"kind": "columns_match", "columns": ["a"]}),
        ),
        ("expression_is_true: a > b", json!({"kind": "expression_is_true", "expression": "a > b"})),
        (
            "dbt_utils.expression_is_true: {expression: '>= 0'}",
            json!({"kind": "expression_is_true", "expression": "c >= 0"}),
        ),
        ("freshness: {max_age: 2d}", json!({"kind": "freshness", "column": "c", "max_age_seconds": 172_800})),
        ("sum_equals: 10.50", sum(json!({"value": "10.50"}))),
        ("sum_equals: {asset: silver.sales, expression: amount}", sum(other("amount"))),
        ("sum_equals: {to: ref('sales'), field: amount}", sum(other("amount"))),
        ("sum_equals: {asset: silver.sales}", sum(other("c"))),
        ("custom_sql: select 1", json!({"kind": "custom_sql", "sql": "select 1"})),
        ("sql: {query: select 1}", json!({"kind": "custom_sql", "sql": "select 1"})),
    ];
    for (written, expected) in cases {
        let rules = rules(&format!("columns:\n  - name: c\n    expectations:\n      - {written}\n"));
        assert_eq!(rules.len(), 1, "{written}");
        assert_eq!(serde_json::to_value(&rules[0].kind).expect("serializable"), expected, "{written}");
        assert_eq!(rules[0].line, 4, "{written}");
    }
}

#[test]
fn common_arguments_stand_inside_or_beside_a_rule() {
    let inside = "expectations:\n  - in_range: {column: c, min: 0, severity: quarantine, reason: below_zero, where: x, description: d, name: n}\n";
    let beside = "expectations:\n  - in_range:\n      column: c\n      min: 0\n    severity: quarantine\n    reason: below_zero\n    where: x\n    description: d\n    id: n\n";
    assert_eq!(rules(inside), rules(beside));
    let rule = &rules(inside)[0];
    assert_eq!(
        (rule.id.as_str(), rule.severity, rule.reason.as_deref()),
        ("n", Severity::Quarantine, Some("below_zero"))
    );
    assert_eq!((rule.condition.as_deref(), rule.description.as_deref()), (Some("x"), Some("d")));
    let rule = &rules("expectations:\n  - not_null: {column: c, mostly: 0.95, severity: warn}\n")[0];
    assert_eq!((rule.mostly, rule.severity), (Some(0.95), Severity::Warn));
}

#[test]
fn ids_are_made_from_the_kind_and_its_columns() {
    let rules = rules(
        "expectations:\n  - not_null: [a, b]\n  - unique: [a, b]\n  - expression_is_true: a > B + 1\n  - in_range: {column: a, min: 1}\n  - in_range: {column: a, max: 2}\n  - row_count_between: {min: 1}\n",
    );
    let ids: Vec<_> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "not_null_a",
            "not_null_b",
            "unique_a_b",
            "expression_is_true_a_b_1",
            "in_range_a",
            "in_range_a_2",
            "row_count_between"
        ]
    );
}

#[test]
fn freshness_is_a_block_and_two_rules() {
    let project =
        with_yaml("freshness:\n  loaded_at_field: t\n  warn_after: 12h\n  error_after: {count: 7, period: day}\n")
            .expect("valid");
    let doc = &project.models.values().find(|model| model.name.name == "m").expect("there").doc;
    let block = Freshness { column: "t".into(), warn_after_seconds: Some(43_200), error_after_seconds: Some(604_800) };
    assert_eq!(doc.freshness, Some(block));
    let rules: Vec<_> = doc.expectations.iter().map(|rule| (rule.id.as_str(), rule.severity, &rule.kind)).collect();
    let kind = |max_age_seconds| ExpectationKind::Freshness { column: "t".into(), max_age_seconds };
    assert_eq!(
        rules,
        [("freshness_t_warn", Severity::Warn, &kind(43_200)), ("freshness_t", Severity::Error, &kind(604_800))]
    );
}

/// YAML beside a model, and what is said about it.
const NOT_MEANT: &[(&str, &str)] = &[
    ("expectations: [not_null]", "the rule `not_null` needs `column` when it does not stand below one"),
    ("expectations: [{unique: {colums: [a]}}]", "unknown key `colums` in the rule `unique`; did you mean `columns`?"),
    ("expectations: [{expect_column_max: {column: a}}]", "unknown rule `expect_column_max`"),
    (
        "expectations: [{matches: {column: a, regex: '['}}]",
        "the regular expression `[` is wrong: unclosed character class",
    ),
    ("expectations: [{in_range: {column: a}}]", "the rule `in_range` needs `min` or `max`"),
    ("expectations: [{in_range: {column: a, min: 1, exclusive_min: 2}}]", "give `min` or `exclusive_min`, not both"),
    ("expectations: [{row_count_between: {min: 5, max: 1}}]", "`min` 5 is above `max` 1"),
    ("expectations: [{row_count_between: {min: -5}}]", "min must be a whole number of at least 0"),
    (
        "expectations: [{relationships: {column: a, to: ref('sale'), field: b}}]",
        "no asset for `ref('sale')`; did you mean `sales`?",
    ),
    ("expectations: [{sum_equals: {column: a}}]", "the rule `sum_equals` needs either `value` or `asset`"),
    ("expectations: [{sum_equals: {column: a, value: about ten}}]", "value `about ten` is not a decimal number"),
    ("expectations: [{not_null: {column: a, mostly: 1.5}}]", "mostly must be a share above 0 and at most 1"),
    ("expectations: [{not_null: {column: a, mostly: 95%}}]", "mostly must be a share above 0 and at most 1"),
    ("expectations: [{unique: {columns: [a], mostly: 0.5}}]", "`mostly` has no meaning for the rule `unique`"),
    (
        "expectations: [{unique: {columns: [a], severity: quarantine}}]",
        "severity `quarantine` needs a rule on single rows",
    ),
    ("expectations: [{not_null: {column: a, severity: quarantine, mostly: 0.5}}]", "so it takes no `mostly`"),
    ("expectations: [{not_null: {column: a, reason: x}}]", "so it needs severity `quarantine`"),
    (
        "expectations: [{not_null: {column: a, severity: fatal}}]",
        "unknown severity `fatal`; known are warn, error, quarantine",
    ),
    ("expectations: [{custom_sql: {sql: select 1, where: x}}]", "`where` has no meaning for the rule `custom_sql`"),
    (
        "expectations: [{not_null: {column: a, id: x}}, {not_null: {column: b, id: x}}]",
        "the id `x` is given to two rules",
    ),
    ("expectations: [{unique: {columns: []}}]", "the rule `unique` needs at least one of its columns"),
    ("expectations: [{not_null: []}]", "the rule `not_null` needs at least one of its columns"),
    ("expectations: [{columns_match: []}]", "the rule `columns_match` needs at least one of its columns"),
    (
        "expectations: [{accepted_values: {column: a, values: []}}]",
        "the rule `accepted_values` needs at least one of its values",
    ),
    ("columns: [{name: a, type: txt}]", "unknown type `txt`; did you mean `text`?"),
    ("columns: [{name: a, type: geometry}]", "unknown type `geometry`; known are text,"),
    ("columns: [{name: a, type: decimal}]", "write decimal(precision, scale)"),
    ("columns: [{name: a, type: 'decimal(39,2)'}]", "write decimal(precision, scale)"),
    ("columns: [{name: a, type: 'numeric(4,5)'}]", "write decimal(precision, scale)"),
    ("expectations: {not_null: a}", "expectations must be a list"),
    ("expectations: [[a]]", "a rule is written as its name"),
    ("freshness: {warn_after: 7d}", "freshness needs `column`, a time column"),
    ("freshness: {column: a}", "freshness needs `warn_after` or `error_after`"),
    ("freshness: {column: a, warn_after: soon}", "warn_after `soon` is not a length of time"),
    ("columns: [{name: a}, {name: a}]", "the column `a` stands there twice"),
    ("columns: [{type: int}]", "a column has no `name`"),
    ("description: [a]", "description must be a text"),
    ("just words", "the model must be a map of keys to values"),
];

#[test]
fn a_rule_that_cannot_be_meant_is_refused() {
    for (yaml, expected) in NOT_MEANT {
        let told = tell(&with_yaml(yaml).expect_err(yaml));
        assert!(told.contains(expected), "{yaml}\n{told}");
        assert!(told.contains("at models/silver/m.yml:1"), "{yaml}\n{told}");
    }
    let yaml = ("models/gold/dim_date.yml", "expectations: [{not_null: {column: a, severity: quarantine}}]");
    let told = tell(&crate::fixture::shop_with(&[yaml]).expect_err("no rejects"));
    assert!(told.contains("severity `quarantine` needs `rejects` in the model's config"), "{told}");
}
