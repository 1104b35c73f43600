//! A model becomes rows: planned, computed, checked row by row, committed.
//!
//! A model with a rejects table commits twice: its own table first (with the number of duplicates), then the rejects.
//! Each commit says up to which version of each input it has read, so a run that was killed in between is completed
//! by the next one: the table that lags behind takes what it lacks, and nothing is taken twice.

mod ahead;
mod inputs;
mod output;
mod plan;
mod resolve;
mod rows;
mod rules;
mod seen;
mod upsert;

use datafusion::{
    common::Column,
    execution::SessionState,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast},
};
use futures::future::BoxFuture;
pub(crate) use inputs::Inputs;
use inputs::fingerprint;
use lakehouse_model::{AssetName, Materialization, Model, Project};
use output::Output;
pub(crate) use plan::Prepared;
pub(crate) use rules::{Condition, failing_condition};
pub(crate) use seen::Seen;

use crate::{
    EngineError, Lake, Work,
    sql::{self, ColumnSources},
};

/// Schema under which a statement finds what changed in a table, by the table's full name.
pub(crate) const CHANGES: &str = "_changes";
/// Column by which a statement sets a row aside itself: its reason.
const REJECT_REASON: &str = "_reject_reason";
/// The row as it came, kept beside the reason.
const REJECT_RAW: &str = "_reject_raw";

/// What making a model did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Rows that its statement gave.
    pub rows_in: u64,
    /// Rows added or replaced.
    pub rows_written: u64,
    /// Rows set aside.
    pub rejected: u64,
    /// Rows dropped as duplicates.
    pub duplicates: u64,
    /// Commits made, rejects included.
    pub commits: u64,
    /// Nothing above it was new.
    pub unchanged: bool,
    /// For each column: the columns that it is made from. Empty when nothing was planned.
    pub columns: ColumnSources,
}

impl Lake {
    /// Makes one model from what its inputs hold now.
    ///
    /// # Errors
    /// [`EngineError`]; the model's tables stay at their last commits.
    pub fn make<'a>(
        &'a self,
        project: &'a Project,
        model: &'a Model,
        full_refresh: bool,
        work: &'a Work,
    ) -> BoxFuture<'a, Result<Made, EngineError>> {
        Box::pin(async move {
            if model.config.materialized == Materialization::View {
                self.view_plan(project, model).await?;
                return Ok(Made { unchanged: true, ..Made::default() });
            }
            let inputs = self.inputs(project, model, full_refresh).await?;
            let mut made = Made { unchanged: true, ..Made::default() };
            let pass = Pass { lake: self, project, model, inputs: &inputs, work };
            for step in inputs.steps() {
                work.check()?;
                let done = pass.take(step).await?;
                made.unchanged = false;
                made.rows_in += done.rows_in;
                made.rows_written += done.rows_written;
                made.rejected += done.rejected;
                made.duplicates += done.duplicates;
                made.commits += done.commits;
                made.columns = done.columns;
            }
            Ok(made)
        })
    }

    /// For each column of the model: the columns that it is made from.
    ///
    /// # Errors
    /// [`EngineError::Plan`] and its like.
    pub fn lineage<'a>(
        &'a self,
        project: &'a Project,
        model: &'a Model,
    ) -> BoxFuture<'a, Result<ColumnSources, EngineError>> {
        Box::pin(async move {
            let planned = self.view_plan(project, model).await?;
            Ok(own_columns(model, &planned.plan))
        })
    }
}

/// One model being made.
struct Pass<'a> {
    lake: &'a Lake,
    project: &'a Project,
    model: &'a Model,
    inputs: &'a Inputs,
    work: &'a Work,
}

impl Pass<'_> {
    async fn take(&self, step: &inputs::Step) -> Result<Made, EngineError> {
        let Self { lake, model, inputs, work, .. } = *self;
        let prepared = lake.prepare(self.project, model, inputs, step).await?;
        let mut rows = prepared.stream(model).await?;
        if let Some(how) = &model.config.resolve {
            rows = resolve::resolve(lake, self.project, (model, how), rows, work).await?;
        }
        let schema = rows.schema();
        let output = Output { lake, model, inputs, step, session: &prepared.session, work };
        let made =
            if model.replaces_rows() { output.upsert(&schema, rows).await? } else { output.add(&schema, rows).await? };
        Ok(Made { columns: prepared.columns.clone(), ..made })
    }
}

/// Where the columns of a model's table come from.
fn own_columns(model: &Model, plan: &LogicalPlan) -> ColumnSources {
    let mut columns = sql::column_sources(plan);
    columns.retain(|(name, _)| name != REJECT_REASON && name != REJECT_RAW);
    match &model.config.resolve {
        Some(how) => resolve::resolved_columns(how, &columns),
        None => columns,
    }
}

/// Casts the statement's columns to the types that the model's YAML declares.
fn typed(state: &SessionState, plan: LogicalPlan, model: &Model) -> Result<LogicalPlan, EngineError> {
    let fail = |error| EngineError::execute(&model.name, error);
    // Before analysis a plan may say a narrower type than it gives (`case` with literals).
    let plan = state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {}).map_err(fail)?;
    let mut changed = false;
    let mut columns = Vec::new();
    for (qualifier, field) in plan.schema().iter() {
        let column = Expr::Column(Column::from((qualifier, field)));
        let declared = model.doc.columns.iter().find(|declared| declared.name == *field.name());
        let wanted = declared.and_then(|declared| declared.data_type.as_deref());
        let wanted = wanted.map(inputs::sql_type).transpose().map_err(fail)?;
        columns.push(match wanted.or_else(|| inputs::storable(field.data_type())) {
            Some(wanted) if !inputs::same_type(&wanted, field.data_type()) => {
                changed = true;
                cast(column, wanted).alias(field.name())
            }
            _ => column,
        });
    }
    if !changed {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan).project(columns).and_then(LogicalPlanBuilder::build).map_err(fail)
}

/// Application id under which a table records the version of an input that it has read.
pub(crate) fn read_mark(input: &AssetName) -> String {
    format!("grayghost:read:{input}")
}

/// Application id under which a table records the statement that it was made by.
pub(crate) const STATEMENT_MARK: &str = "grayghost:statement";
/// Application id under which a model records how many rows it dropped as duplicates, ever.
pub const DUPLICATES_MARK: &str = "grayghost:duplicates";
/// Application id under which a model records how many rows its statement gave, ever.
pub const ROWS_IN_MARK: &str = "grayghost:rows_in";

pub(crate) fn statement_mark(statement: &str) -> (String, i64) {
    (STATEMENT_MARK.to_owned(), fingerprint(statement))
}
