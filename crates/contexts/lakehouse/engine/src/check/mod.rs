//! The rules of an asset, all of them in one scan of what was written.
//!
//! Each rule is a small state that batches are folded into: a condition counts and keeps samples, `unique` keeps
//! hashes, `relationships` looks into the parent's keys, a sum adds up exactly. Only a `unique` that met two equal
//! hashes, and rules that are statements of their own, ask again.

mod scan;
mod state;
mod whole;

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use lakehouse_model::{AssetName, Expectation, ExpectationKind, Project, Severity};
use serde_json::Value;

use crate::{EngineError, Lake, Work};

/// A side of quality, by DAMA UK's six dimensions ("The Six Primary Dimensions for Data Quality Assessment", 2013).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Nothing is missing.
    Completeness,
    /// Nothing is there twice.
    Uniqueness,
    /// Values have the form that they should.
    Validity,
    /// Tables and columns agree with each other.
    Consistency,
    /// Data is recent enough.
    Timeliness,
    /// Values are those of the world, as far as a statement can tell.
    Accuracy,
}

impl Dimension {
    /// The dimension that a rule speaks of.
    #[must_use]
    pub fn of(kind: &ExpectationKind) -> Self {
        match kind {
            ExpectationKind::NotNull { .. } | ExpectationKind::RowCountBetween { .. } => Self::Completeness,
            ExpectationKind::Unique { .. } => Self::Uniqueness,
            ExpectationKind::AcceptedValues { .. }
            | ExpectationKind::InRange { .. }
            | ExpectationKind::Matches { .. }
            | ExpectationKind::ColumnsMatch { .. } => Self::Validity,
            ExpectationKind::Relationships { .. }
            | ExpectationKind::SumEquals { .. }
            | ExpectationKind::ExpressionIsTrue { .. } => Self::Consistency,
            ExpectationKind::Freshness { .. } => Self::Timeliness,
            ExpectationKind::CustomSql { .. } => Self::Accuracy,
        }
    }

    /// As written in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completeness => "completeness",
            Self::Uniqueness => "uniqueness",
            Self::Validity => "validity",
            Self::Consistency => "consistency",
            Self::Timeliness => "timeliness",
            Self::Accuracy => "accuracy",
        }
    }
}

/// One rule, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckOutcome {
    /// Id of the rule.
    pub expectation: String,
    /// Whether it holds, `mostly` considered.
    pub success: bool,
    /// Rows looked at.
    pub rows: u64,
    /// Rows that break it.
    pub unexpected: u64,
    /// What was seen, for rules on a whole table.
    pub observed: Option<String>,
    /// Some rows that break it: the columns that the asset's rules look at.
    pub samples: Vec<Value>,
}

impl CheckOutcome {
    /// The verdict on a rule whose failing rows were counted.
    pub(crate) fn counted(rule: &Expectation, rows: u64, unexpected: u64, samples: Vec<Value>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a share is not exact anyway")]
        let share = if rows == 0 { 1.0 } else { (rows - unexpected.min(rows)) as f64 / rows as f64 };
        let success = rule.mostly.map_or(unexpected == 0, |mostly| share >= mostly);
        Self { expectation: rule.id.clone(), success, rows, unexpected, observed: None, samples }
    }
}

/// One asset under its rules.
struct Examination<'a> {
    lake: &'a Lake,
    project: &'a Project,
    asset: &'a AssetName,
    /// Failing rows to keep a rule.
    samples: usize,
    work: &'a Work,
}

impl Lake {
    /// Checks the rules of an asset on its rows as they stand. Rules that set rows aside are not among the outcomes:
    /// they hold by construction, their counts are the rejects table's.
    ///
    /// # Errors
    /// [`EngineError::Check`] when a rule cannot be understood; [`EngineError::NotMade`].
    pub fn check<'a>(
        &'a self,
        project: &'a Project,
        asset: &'a AssetName,
        samples: usize,
        work: &'a Work,
    ) -> BoxFuture<'a, Result<Vec<CheckOutcome>, EngineError>> {
        Box::pin(async move {
            let rules = project.asset_doc(asset).map(|doc| doc.expectations.as_slice()).unwrap_or_default();
            let rules: Vec<&Expectation> = rules.iter().filter(|rule| rule.severity != Severity::Quarantine).collect();
            if rules.is_empty() {
                return Ok(Vec::new());
            }
            let mut found: BTreeMap<&str, CheckOutcome> = BTreeMap::new();
            let examination = Examination { lake: self, project, asset, samples, work };
            for outcome in examination.scan(&rules).await? {
                if let Some(rule) = rules.iter().find(|rule| rule.id == outcome.expectation) {
                    found.insert(rule.id.as_str(), outcome);
                }
            }
            Ok(rules.iter().filter_map(|rule| found.remove(rule.id.as_str())).collect())
        })
    }
}

/// Wraps a planner's refusal of a rule.
pub(crate) fn bad_rule(
    asset: &AssetName,
    rule: &Expectation,
    source: datafusion::error::DataFusionError,
) -> EngineError {
    EngineError::Check { asset: asset.clone(), expectation: rule.id.clone(), source: Box::new(source) }
}
