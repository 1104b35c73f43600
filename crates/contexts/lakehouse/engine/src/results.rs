//! Verdicts as a table: `quality.results`, one row a rule a run, appended.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use futures::future::BoxFuture;
use lakehouse_model::AssetName;

use crate::{EngineError, Lake, Work, delta::Commit};

/// Layer and name of the table.
pub const RESULTS: (&str, &str) = ("quality", "results");

/// One verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// The asset.
    pub asset: String,
    /// The rule.
    pub expectation: String,
    /// Its kind.
    pub kind: String,
    /// `warn`, `error`, `quarantine`.
    pub severity: String,
    /// DAMA dimension.
    pub dimension: String,
    /// Whether it holds.
    pub success: bool,
    /// Rows looked at.
    pub rows: u64,
    /// Rows that break it.
    pub unexpected: u64,
    /// What was seen.
    pub observed: Option<String>,
    /// Failing rows, as a JSON array.
    pub samples: String,
}

impl Lake {
    /// Appends the verdicts of one run.
    ///
    /// # Errors
    /// [`EngineError::Storage`], [`EngineError::NoRoom`].
    pub fn record_results<'a>(
        &'a self,
        run: &'a str,
        rows: &'a [ResultRow],
        work: &'a Work,
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(());
            }
            let name = AssetName { layer: RESULTS.0.to_owned(), name: RESULTS.1.to_owned() };
            let table = self.table(&name).await?;
            let mut table = table.lock().await;
            let schema = schema();
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns(run, rows, work.now.0))
                .map_err(|error| EngineError::storage("write", &name, error))?;
            let mut writer = table.writer(Arc::clone(&schema), self.write_options(&[]), work.now);
            writer.write(&batch).await?;
            let schema = table.version().is_none().then_some(schema);
            let commit = Commit { adds: writer.finish().await?, schema, ..Commit::default() };
            table.commit(commit, work.now).await?;
            self.maintain(&mut table, work).await
        })
    }
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("run_id"),
        Field::new("checked_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        text("asset"),
        text("expectation"),
        text("kind"),
        text("severity"),
        text("dimension"),
        Field::new("success", DataType::Boolean, true),
        Field::new("rows", DataType::Int64, true),
        Field::new("unexpected", DataType::Int64, true),
        text("observed"),
        text("samples"),
    ]))
}

fn columns(run: &str, rows: &[ResultRow], now: i64) -> Vec<ArrayRef> {
    let text =
        |pick: fn(&ResultRow) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(pick))) };
    let count = |pick: fn(&ResultRow) -> u64| -> ArrayRef {
        let values = rows.iter().map(|row| i64::try_from(pick(row)).unwrap_or(i64::MAX));
        Arc::new(Int64Array::from_iter_values(values))
    };
    vec![
        Arc::new(StringArray::from(vec![run; rows.len()])),
        Arc::new(TimestampMicrosecondArray::from_value(now, rows.len()).with_timezone("UTC")),
        text(|row| &row.asset),
        text(|row| &row.expectation),
        text(|row| &row.kind),
        text(|row| &row.severity),
        text(|row| &row.dimension),
        Arc::new(rows.iter().map(|row| Some(row.success)).collect::<BooleanArray>()),
        count(|row| row.rows),
        count(|row| row.unexpected),
        Arc::new(rows.iter().map(|row| row.observed.as_deref()).collect::<StringArray>()),
        text(|row| &row.samples),
    ]
}
