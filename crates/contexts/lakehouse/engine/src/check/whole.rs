//! Verdicts, and what needs a statement of its own: parents' keys, sums of other assets, custom SQL.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{Int64Type, SchemaRef},
};
use datafusion::{
    common::TableReference,
    prelude::{DataFrame, ident},
};
use futures::StreamExt;
use hashbrown::HashSet;
use lakehouse_model::{AssetName, Expectation, ExpectationKind, Materialization, SumTarget};
use serde_json::Value;

use super::{
    CheckOutcome, Examination, bad_rule,
    state::{RuleState, SUM_SCALE, Seen, as_objects, exact_sum, keys_of},
};
use crate::EngineError;

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Examination<'_> {
    /// Keys of the parent that a `relationships` rule looks into; empty for other rules.
    pub(super) async fn parent_keys(&self, rule: &Expectation) -> Result<HashSet<i64>, EngineError> {
        let ExpectationKind::Relationships { to, field, .. } = &rule.kind else { return Ok(HashSet::new()) };
        let session = self.lake.sessions.open([(to.clone(), self.lake.readable(self.project, to).await?)])?;
        let frame = session.table(TableReference::partial(to.layer.as_str(), to.name.as_str())).await;
        let frame = frame.and_then(|frame| frame.select([ident(field)])).map_err(|error| bad_rule(to, rule, error))?;
        let mut keys = HashSet::new();
        let mut batches = frame.execute_stream().await.map_err(|error| EngineError::execute(to, error))?;
        while let Some(batch) = batches.next().await {
            self.work.check()?;
            let batch = batch.map_err(|error| EngineError::execute(to, error))?;
            let column = std::slice::from_ref(batch.column(0));
            let found = keys_of(column, batch.num_rows()).map_err(|error| bad_rule(to, rule, error))?;
            keys.extend((0..batch.num_rows()).filter(|row| column[0].is_valid(*row)).map(|row| found.value(row)));
        }
        Ok(keys)
    }

    /// The verdict on a rule after the scan.
    pub(super) async fn conclude(
        &self,
        schema: &SchemaRef,
        state: RuleState<'_>,
        table_rows: u64,
    ) -> Result<CheckOutcome, EngineError> {
        let rule = state.rule;
        match (&rule.kind, &state.seen) {
            (ExpectationKind::Unique { columns }, Seen::Keys { equal, .. }) if *equal > 0 => {
                self.doubled(rule, columns, &state).await
            }
            (ExpectationKind::RowCountBetween { min, max }, _) => {
                let inside = min.is_none_or(|min| table_rows >= min) && max.is_none_or(|max| table_rows <= max);
                Ok(whole(rule, table_rows, inside, format!("{table_rows} rows")))
            }
            (ExpectationKind::ColumnsMatch { columns }, _) => {
                let found: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                Ok(whole(rule, table_rows, found == *columns, found.join(", ")))
            }
            (ExpectationKind::Freshness { max_age_seconds, .. }, Seen::Newest { newest, .. }) => {
                let limit = i64::try_from(*max_age_seconds).unwrap_or(i64::MAX).saturating_mul(MICROS_PER_SECOND);
                let fresh = newest.is_some_and(|newest| self.work.now.0.saturating_sub(newest) <= limit);
                let seen = newest.map_or_else(|| "no time at all".to_owned(), |at| kernel::Timestamp(at).to_string());
                Ok(whole(rule, table_rows, fresh, format!("newest is {seen}")))
            }
            (ExpectationKind::SumEquals { target, tolerance, .. }, Seen::Sum { sum, .. }) => {
                self.sums(rule, (target, tolerance), (*sum, table_rows)).await
            }
            (ExpectationKind::CustomSql { sql }, _) => self.custom(rule, sql, table_rows).await,
            _ => Ok(CheckOutcome::counted(rule, state.rows, state.unexpected, state.samples)),
        }
    }

    /// Counts exactly the rows whose key is there more than once.
    async fn doubled(
        &self,
        rule: &Expectation,
        columns: &[String],
        state: &RuleState<'_>,
    ) -> Result<CheckOutcome, EngineError> {
        let list = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        let known = columns.iter().map(|column| format!("\"{column}\" is not null")).collect::<Vec<_>>().join(" and ");
        let known = rule.condition.as_ref().map_or(known.clone(), |only| format!("({only}) and {known}"));
        let statement = format!(
            "select {list}, count(*) as times from {} where {known} group by {list} having count(*) > 1 order by times desc, {list}",
            self.asset.quoted()
        );
        let found = self.ask(rule, &statement, state.wanted).await?;
        Ok(CheckOutcome::counted(rule, state.rows, found.times, found.samples))
    }

    async fn sums(
        &self,
        rule: &Expectation,
        (target, tolerance): (&SumTarget, &str),
        (sum, rows): (i128, u64),
    ) -> Result<CheckOutcome, EngineError> {
        let asset = self.asset;
        let wanted = match target {
            SumTarget::Value(text) => units(asset, rule, text)?,
            SumTarget::Asset { asset: other, expression } => {
                let session =
                    self.lake.sessions.open([(other.clone(), self.lake.readable(self.project, other).await?)])?;
                let statement = format!("select ({expression}) as part from {}", other.quoted());
                let frame = session.sql(&statement).await.map_err(|error| bad_rule(asset, rule, error))?;
                total(frame).await.map_err(|error| bad_rule(asset, rule, error))?
            }
        };
        let success = (sum - wanted).abs() <= units(asset, rule, tolerance)?;
        Ok(whole(rule, rows, success, format!("sum is {}, expected {}", shown(sum), shown(wanted))))
    }

    async fn custom(&self, rule: &Expectation, sql: &str, rows: u64) -> Result<CheckOutcome, EngineError> {
        let statement = self.project.render_text(self.asset, sql)?;
        let found = self.ask(rule, &statement, self.samples).await?;
        Ok(CheckOutcome::counted(rule, rows.max(found.rows), found.rows, found.samples))
    }

    /// Runs a rule's own statement; its rows are counted, and some kept.
    async fn ask(&self, rule: &Expectation, statement: &str, keep: usize) -> Result<Answer, EngineError> {
        let bad = |error| bad_rule(self.asset, rule, error);
        let mut tables = Vec::new();
        for name in self.project.graph.topological().iter().map(|node| &node.name) {
            let is_view =
                self.project.models.get(name).is_some_and(|model| model.config.materialized == Materialization::View);
            if statement.contains(&name.name) && (is_view || self.lake.facts(name).await?.is_some()) {
                tables.push((name.clone(), self.lake.readable(self.project, name).await?));
            }
        }
        let session = self.lake.sessions.open(tables)?;
        let mut batches = session.sql(statement).await.map_err(bad)?.execute_stream().await.map_err(bad)?;
        let mut answer = Answer::default();
        while let Some(batch) = batches.next().await {
            self.work.check()?;
            let batch = batch.map_err(bad)?;
            answer.rows += batch.num_rows() as u64;
            if let Some(times) = batch.column_by_name(TIMES).and_then(|times| times.as_primitive_opt::<Int64Type>()) {
                answer.times += arrow::compute::sum(times).and_then(|sum| u64::try_from(sum).ok()).unwrap_or_default();
            }
            let wanted = keep.saturating_sub(answer.samples.len()).min(batch.num_rows());
            answer.samples.extend(as_objects(&batch.slice(0, wanted)).map_err(bad)?);
        }
        Ok(answer)
    }
}

/// Column of the statement that counts doubled keys.
const TIMES: &str = "times";

/// What a rule's own statement gave.
#[derive(Default)]
struct Answer {
    rows: u64,
    /// Sum of the column [`TIMES`], where there is one.
    times: u64,
    samples: Vec<Value>,
}

fn whole(rule: &Expectation, rows: u64, success: bool, observed: String) -> CheckOutcome {
    let unexpected = u64::from(!success);
    CheckOutcome {
        expectation: rule.id.clone(),
        success,
        rows,
        unexpected,
        observed: Some(observed),
        samples: Vec::new(),
    }
}

async fn total(frame: DataFrame) -> Result<i128, datafusion::error::DataFusionError> {
    let mut sum = 0;
    let mut batches = frame.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        let column: ArrayRef = Arc::clone(batch?.column(0));
        sum += exact_sum(&column)?;
    }
    Ok(sum)
}

/// An exact decimal text in units of 10^-[`SUM_SCALE`].
fn units(asset: &AssetName, rule: &Expectation, text: &str) -> Result<i128, EngineError> {
    let parsed = arrow::compute::kernels::cast_utils::parse_decimal::<arrow::datatypes::Decimal128Type>(
        text.trim(),
        38,
        SUM_SCALE,
    );
    parsed.map_err(|error| bad_rule(asset, rule, error.into()))
}

/// Units as a decimal without trailing zeros.
fn shown(units: i128) -> String {
    let scale = 10_i128.pow(u32::from(SUM_SCALE.unsigned_abs()));
    let (whole, part) = (units.abs() / scale, units.abs() % scale);
    let sign = if units < 0 { "-" } else { "" };
    let part = format!("{part:09}");
    let part = part.trim_end_matches('0');
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}
