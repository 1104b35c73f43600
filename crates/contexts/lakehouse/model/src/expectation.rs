//! Quality rules on an asset, named as Great Expectations and dbt users know them.

use serde::Serialize;

use crate::AssetName;

/// What happens when a rule does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is reported; the run goes on.
    Warn,
    /// The asset has failed: what depends on it does not run, and the run ends with exit code 1.
    #[default]
    Error,
    /// The rows that break it are set aside in the model's `rejects` table with the rule's reason, before the commit.
    Quarantine,
}

/// One rule on one asset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expectation {
    /// Unique in the asset, stable: given, or made from the kind and its columns (`not_null_sale_id`).
    pub id: String,
    /// What is expected.
    #[serde(flatten)]
    pub kind: ExpectationKind,
    /// What happens when it does not hold.
    pub severity: Severity,
    /// Share of the rows in 0..=1 that suffices; `None` means all. Only for rules on rows.
    pub mostly: Option<f64>,
    /// SQL condition; only rows that fulfil it are checked.
    pub condition: Option<String>,
    /// Reason written to the rejected row; only with [`Severity::Quarantine`]. Defaults to `id`.
    pub reason: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// 1-based line in the YAML file, 0 when unknown.
    pub line: usize,
}

/// The rules that we know. NULL passes every rule on values (as in SQL constraints) but `not_null` and
/// `expression_is_true`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExpectationKind {
    /// No NULL in the column.
    NotNull {
        /// The column.
        column: String,
    },
    /// No two rows agree in all these columns; rows with a NULL among them are not compared.
    Unique {
        /// The columns, one or several.
        columns: Vec<String>,
    },
    /// Each value is one of these (compared as text).
    AcceptedValues {
        /// The column.
        column: String,
        /// The values.
        values: Vec<String>,
    },
    /// Each value stands in a column of another asset.
    Relationships {
        /// The column.
        column: String,
        /// The other asset.
        to: AssetName,
        /// The other asset's column.
        field: String,
    },
    /// Each value lies within the bounds.
    InRange {
        /// The column.
        column: String,
        /// Lower bound.
        min: Option<Bound>,
        /// Upper bound.
        max: Option<Bound>,
    },
    /// Each value matches the regular expression somewhere (anchor with `^` and `$`).
    Matches {
        /// The column.
        column: String,
        /// Rust `regex` syntax.
        regex: String,
    },
    /// The asset has this many rows, bounds included.
    RowCountBetween {
        /// At least.
        min: Option<u64>,
        /// At most.
        max: Option<u64>,
    },
    /// The asset has these columns in this order.
    ColumnsMatch {
        /// The columns.
        columns: Vec<String>,
    },
    /// The SQL condition is true in each row (NULL fails).
    ExpressionIsTrue {
        /// The condition.
        expression: String,
    },
    /// The newest value of a time column is at most this old when the run starts.
    Freshness {
        /// The column.
        column: String,
        /// Greatest age, seconds.
        max_age_seconds: u64,
    },
    /// The sum of a column or expression equals a number, or the sum of another asset's expression.
    SumEquals {
        /// The summed expression.
        expression: String,
        /// What it must equal.
        target: SumTarget,
        /// Greatest allowed absolute difference, as an exact decimal text; "0" by default.
        tolerance: String,
    },
    /// The statement gives no rows; each row it gives is a failure. May use `ref()`.
    CustomSql {
        /// The statement.
        sql: String,
    },
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// An SQL literal: `0`, `-1.5`, `'2011-01-01'`.
    pub value: String,
    /// Whether the bound itself is allowed.
    pub inclusive: bool,
}

/// What a sum is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SumTarget {
    /// An exact decimal text.
    Value(String),
    /// The sum of an expression over another asset.
    Asset {
        /// The other asset.
        asset: AssetName,
        /// Its summed expression.
        expression: String,
    },
}

impl ExpectationKind {
    /// The rule's name, as it is written in YAML: `not_null`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotNull { .. } => "not_null",
            Self::Unique { .. } => "unique",
            Self::AcceptedValues { .. } => "accepted_values",
            Self::Relationships { .. } => "relationships",
            Self::InRange { .. } => "in_range",
            Self::Matches { .. } => "matches",
            Self::RowCountBetween { .. } => "row_count_between",
            Self::ColumnsMatch { .. } => "columns_match",
            Self::ExpressionIsTrue { .. } => "expression_is_true",
            Self::Freshness { .. } => "freshness",
            Self::SumEquals { .. } => "sum_equals",
            Self::CustomSql { .. } => "custom_sql",
        }
    }

    /// The columns of the asset that the rule names; those inside SQL expressions are not known here.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::NotNull { column }
            | Self::AcceptedValues { column, .. }
            | Self::Relationships { column, .. }
            | Self::InRange { column, .. }
            | Self::Matches { column, .. }
            | Self::Freshness { column, .. } => vec![column],
            Self::Unique { columns } | Self::ColumnsMatch { columns } => columns.iter().map(String::as_str).collect(),
            Self::RowCountBetween { .. }
            | Self::ExpressionIsTrue { .. }
            | Self::SumEquals { .. }
            | Self::CustomSql { .. } => Vec::new(),
        }
    }

    /// Whether each row alone shows if it breaks the rule; only such rules can quarantine.
    #[must_use]
    pub fn is_row_rule(&self) -> bool {
        matches!(
            self,
            Self::NotNull { .. }
                | Self::AcceptedValues { .. }
                | Self::InRange { .. }
                | Self::Matches { .. }
                | Self::ExpressionIsTrue { .. }
        )
    }

    /// The other asset that the rule looks at. What custom SQL looks at is known to
    /// [`crate::Project::checked_against`].
    #[must_use]
    pub fn other_asset(&self) -> Option<&AssetName> {
        match self {
            Self::Relationships { to: asset, .. } | Self::SumEquals { target: SumTarget::Asset { asset, .. }, .. } => {
                Some(asset)
            }
            _ => None,
        }
    }
}
