//! The rules by name: dbt's, Great Expectations' and ours, each with its arguments.

use super::{
    duration,
    reader::{Map, Reader},
    tree::{Node, Value},
};
use crate::{AssetName, Bound, ExpectationKind, SumTarget, names::Names};

/// Rule names that may be written, with our name for each. Namespaces such as `dbt_utils.` are cut off before.
const NAMES: [(&str, &str); 23] = [
    ("not_null", "not_null"),
    ("expect_column_values_to_not_be_null", "not_null"),
    ("unique", "unique"),
    ("expect_column_values_to_be_unique", "unique"),
    ("expect_compound_columns_to_be_unique", "unique"),
    ("unique_combination_of_columns", "unique"),
    ("accepted_values", "accepted_values"),
    ("expect_column_values_to_be_in_set", "accepted_values"),
    ("relationships", "relationships"),
    ("in_range", "in_range"),
    ("accepted_range", "in_range"),
    ("expect_column_values_to_be_between", "in_range"),
    ("matches", "matches"),
    ("expect_column_values_to_match_regex", "matches"),
    ("row_count_between", "row_count_between"),
    ("expect_table_row_count_to_be_between", "row_count_between"),
    ("columns_match", "columns_match"),
    ("expect_table_columns_to_match_ordered_list", "columns_match"),
    ("expression_is_true", "expression_is_true"),
    ("freshness", "freshness"),
    ("sum_equals", "sum_equals"),
    ("custom_sql", "custom_sql"),
    ("sql", "custom_sql"),
];

/// Our name of a rule; `None` when there is no such rule.
pub(super) fn canonical(written: &str) -> Option<&'static str> {
    let bare = written.rsplit('.').next().unwrap_or(written);
    NAMES.iter().find(|(name, _)| *name == bare).map(|(_, ours)| *ours)
}

/// Every name that may be written.
pub(super) fn written_names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).collect()
}

/// The arguments that a rule takes beside those that all rules take; the first is the one that a bare value means.
pub(super) fn arguments(kind: &str) -> &'static [&'static str] {
    match kind {
        "not_null" => &["column", "columns"],
        "unique" => &["columns", "column", "combination_of_columns", "column_list"],
        "accepted_values" => &["values", "value_set", "column", "quote"],
        "relationships" => &["to", "field", "column"],
        "in_range" => &[
            "column",
            "min",
            "max",
            "min_value",
            "max_value",
            "exclusive_min",
            "exclusive_max",
            "strict_min",
            "strict_max",
            "inclusive",
        ],
        "matches" => &["regex", "column"],
        "row_count_between" => &["min", "max", "min_value", "max_value"],
        "columns_match" => &["columns", "column_list"],
        "expression_is_true" => &["expression"],
        "freshness" => &["max_age", "column", "loaded_at_field"],
        "sum_equals" => &["value", "column", "expression", "asset", "to", "asset_expression", "field", "tolerance"],
        "custom_sql" => &["sql", "query"],
        _ => &[],
    }
}

/// What a rule stands on while its arguments are read.
pub(super) struct Rule<'a> {
    /// Our name.
    pub(super) kind: &'static str,
    /// The column below which it stands, if any.
    pub(super) column: Option<&'a str>,
    pub(super) arguments: Map<'a>,
    pub(super) line: usize,
    pub(super) names: &'a Names,
}

/// The rules that one written rule means: one, or one a column for `not_null` with several. Empty after a mistake.
pub(super) fn read(reader: &mut Reader, rule: &Rule<'_>) -> Vec<ExpectationKind> {
    if rule.kind == "not_null" {
        let columns = rule.columns(reader, &["columns"]);
        return columns.into_iter().map(|column| ExpectationKind::NotNull { column }).collect();
    }
    rule.read_one(reader).into_iter().collect()
}

impl Rule<'_> {
    fn read_one(&self, reader: &mut Reader) -> Option<ExpectationKind> {
        Some(match self.kind {
            "unique" => {
                let columns = self.columns(reader, &["columns", "combination_of_columns", "column_list"]);
                (!columns.is_empty()).then_some(ExpectationKind::Unique { columns })?
            }
            "accepted_values" => {
                let values =
                    self.needed(reader, &["values", "value_set"]).map(|node| self.some(reader, node, "values"));
                ExpectationKind::AcceptedValues { column: self.column(reader)?, values: values? }
            }
            "relationships" => {
                let to = self.needed(reader, &["to"]).and_then(|node| self.asset(reader, node));
                let field = self.needed(reader, &["field"]).and_then(|node| reader.text(Some(node), "field"));
                ExpectationKind::Relationships { column: self.column(reader)?, to: to?, field: field? }
            }
            "in_range" => self.in_range(reader)?,
            "matches" => {
                let regex = self.needed(reader, &["regex"]).and_then(|node| reader.text(Some(node), "regex"))?;
                if let Err(error) = regex::Regex::new(&regex) {
                    let reason = error.to_string();
                    let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    reader.wrong(self.line, format!("the regular expression `{regex}` is wrong: {last}"));
                }
                ExpectationKind::Matches { column: self.column(reader)?, regex }
            }
            "row_count_between" => self.row_count(reader)?,
            "columns_match" => {
                let columns = self.needed(reader, &["columns", "column_list"])?;
                ExpectationKind::ColumnsMatch { columns: self.some(reader, columns, "columns") }
            }
            "expression_is_true" => self.expression_is_true(reader)?,
            "freshness" => {
                let age = self.needed(reader, &["max_age"]);
                let max_age_seconds = duration::read(reader, age, "max_age");
                ExpectationKind::Freshness { column: self.column(reader)?, max_age_seconds: max_age_seconds? }
            }
            "sum_equals" => self.sum_equals(reader)?,
            _ => {
                let sql = self.needed(reader, &["sql", "query"])?;
                ExpectationKind::CustomSql { sql: reader.text(Some(sql), "sql")? }
            }
        })
    }

    /// The first of the keys that is given; a mistake when none is.
    fn needed(&self, reader: &mut Reader, keys: &[&str]) -> Option<&Node> {
        let node = self.arguments.any(keys);
        if node.is_none() {
            reader.wrong(self.line, format!("the rule `{}` needs `{}`", self.kind, keys[0]));
        }
        node
    }

    fn column(&self, reader: &mut Reader) -> Option<String> {
        let given = reader.text(self.arguments.any(&["column", "loaded_at_field"]), "column");
        let column = given.or_else(|| self.column.map(str::to_owned));
        if column.is_none() {
            reader
                .wrong(self.line, format!("the rule `{}` needs `column` when it does not stand below one", self.kind));
        }
        column
    }

    /// Several columns by one of `keys`, or the one column.
    fn columns(&self, reader: &mut Reader, keys: &[&str]) -> Vec<String> {
        match self.arguments.any(keys) {
            Some(node) => self.some(reader, node, "columns"),
            None => self.column(reader).into_iter().collect(),
        }
    }

    /// A list with something in it: an empty one would make a rule that says nothing, or refuses everything.
    fn some(&self, reader: &mut Reader, node: &Node, what: &str) -> Vec<String> {
        let before = reader.count();
        let texts = reader.texts(Some(node), what);
        if texts.is_empty() && reader.count() == before {
            reader.wrong(node.line, format!("the rule `{}` needs at least one of its {what}", self.kind));
        }
        texts
    }

    fn asset(&self, reader: &mut Reader, node: &Node) -> Option<AssetName> {
        let text = reader.text(Some(node), "the other asset")?;
        self.names
            .find_written(&text)
            .map_err(|unknown| {
                let hint = unknown.0.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
                reader.wrong(node.line, format!("no asset for `{text}`{hint}"));
            })
            .ok()
    }

    fn in_range(&self, reader: &mut Reader) -> Option<ExpectationKind> {
        let inclusive = reader.flag(self.arguments.get("inclusive"), "inclusive").unwrap_or(true);
        let min = self.bound(reader, &["min", "min_value"], &["exclusive_min", "strict_min"], inclusive);
        let max = self.bound(reader, &["max", "max_value"], &["exclusive_max", "strict_max"], inclusive);
        if min.is_none() && max.is_none() {
            reader.wrong(self.line, "the rule `in_range` needs `min` or `max`");
        }
        Some(ExpectationKind::InRange { column: self.column(reader)?, min, max })
    }

    /// `exclusive` is either a bound of its own (`exclusive_min: 0`) or says what the bound is (`strict_min: true`).
    fn bound(&self, reader: &mut Reader, keys: &[&str], exclusive: &[&str], inclusive: bool) -> Option<Bound> {
        let given = self.arguments.any(keys);
        match self.arguments.any(exclusive) {
            Some(Node { value: Value::Bool(strict), .. }) => {
                Some(Bound { value: literal(reader, given?)?, inclusive: inclusive && !strict })
            }
            Some(node) => {
                if given.is_some() {
                    reader.wrong(node.line, format!("give `{}` or `{}`, not both", keys[0], exclusive[0]));
                }
                Some(Bound { value: literal(reader, node)?, inclusive: false })
            }
            None => Some(Bound { value: literal(reader, given?)?, inclusive }),
        }
    }

    fn row_count(&self, reader: &mut Reader) -> Option<ExpectationKind> {
        let min = reader.whole(self.arguments.any(&["min", "min_value"]), "min");
        let max = reader.whole(self.arguments.any(&["max", "max_value"]), "max");
        if min.is_none() && max.is_none() {
            reader.wrong(self.line, "the rule `row_count_between` needs `min` or `max`");
            return None;
        }
        if let (Some(least), Some(most)) = (min, max)
            && least > most
        {
            reader.wrong(self.line, format!("`min` {least} is above `max` {most}"));
        }
        Some(ExpectationKind::RowCountBetween { min, max })
    }

    /// Below a column, dbt's expression goes on from the column's name: `expression: ">= 0"`.
    fn expression_is_true(&self, reader: &mut Reader) -> Option<ExpectationKind> {
        let node = self.needed(reader, &["expression"])?;
        let text = reader.text(Some(node), "expression")?;
        let goes_on = text.trim_start().starts_with(['<', '>', '=', '!']);
        let expression = match self.column {
            Some(column) if goes_on => format!("{column} {}", text.trim()),
            _ => text.trim().to_owned(),
        };
        Some(ExpectationKind::ExpressionIsTrue { expression })
    }

    /// Our side is `column`, or `expression` where no column is given; the other side is `value`, or `asset` with
    /// `asset_expression` (also `field`, or `expression` where `column` is ours; else the same expression).
    fn sum_equals(&self, reader: &mut Reader) -> Option<ExpectationKind> {
        let args = self.arguments;
        let column = reader.text(args.get("column"), "column").or_else(|| self.column.map(str::to_owned));
        let written = reader.text(args.get("expression"), "expression");
        let (ours, left_over) = if column.is_some() { (column, written) } else { (written, None) };
        let Some(ours) = ours else {
            reader.wrong(self.line, "the rule `sum_equals` needs `column` or `expression`");
            return None;
        };
        let tolerance = args.get("tolerance").map_or(Some("0".to_owned()), |node| decimal(reader, node, "tolerance"));
        let theirs = reader.text(args.any(&["asset_expression", "field"]), "asset_expression").or(left_over);
        let target = match (args.get("value"), args.any(&["asset", "to"])) {
            (Some(value), None) => SumTarget::Value(decimal(reader, value, "value")?),
            (None, Some(node)) => {
                let asset = self.asset(reader, node)?;
                SumTarget::Asset { asset, expression: theirs.unwrap_or_else(|| ours.clone()) }
            }
            _ => {
                reader.wrong(self.line, "the rule `sum_equals` needs either `value` or `asset`");
                return None;
            }
        };
        Some(ExpectationKind::SumEquals { expression: ours, target, tolerance: tolerance? })
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn decimal(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let text = reader.text(Some(node), what)?;
    if !is_decimal(&text) {
        reader.wrong(node.line, format!("{what} `{text}` is not a decimal number such as 12.50"));
        return None;
    }
    Some(text)
}

/// A number as it is; any other text as an SQL string.
fn literal(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(Some(node), "a bound")?;
    Some(if is_decimal(&text) { text } else { format!("'{}'", text.replace('\'', "''")) })
}
