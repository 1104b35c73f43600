//! `POST /api/v1/sql`: one statement that only reads, with a limit of rows and of time.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Operation, Problem};
use kernel::{Cancel, Permission};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Served;

/// Rows of one answer where nobody says, and the most that may be asked for.
const DEFAULT_ROWS: usize = 1_000;
const MOST_ROWS: usize = 10_000;
const TIMEOUT: Duration = Duration::from_mins(1);

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::post("query_sql", "/api/v1/sql", Access::Needs(Permission::LakehouseQuery))
        .about("Ask one SQL question", "One statement that only reads, over tables named `layer.name`. 64-bit integers and decimals come as texts, so that no digit is lost.")
        .budget(Budget::Heavy)
        .within(TIMEOUT)
        .body::<Question>()
        .answers::<Answer>(StatusCode::OK)
        .by(query_sql, served)
}

/// One statement.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// It only reads.
    statement: String,
    /// Rows at most, 1 to 10,000; 1,000 where it is left out.
    #[schemars(range(min = 1, max = 10_000))]
    limit: Option<usize>,
}

/// Rows, each in the order of the columns.
#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    /// What stands in each place of a row.
    columns: Vec<Column>,
    /// The rows.
    rows: Vec<Vec<Value>>,
    /// Whether there are more rows than were asked for.
    truncated: bool,
}

/// One column.
#[derive(Debug, Serialize, JsonSchema)]
struct Column {
    /// Its name.
    name: String,
    /// Its type in SQL, e.g. `BIGINT`.
    #[serde(rename = "type")]
    kind: String,
}

async fn query_sql(
    State(served): State<Served>,
    Caller(actor): Caller,
    Body(question): Body<Question>,
) -> Result<Json<Answer>, Problem> {
    actor.require(Permission::LakehouseQuery)?;
    let most = question.limit.unwrap_or(DEFAULT_ROWS).clamp(1, MOST_ROWS);
    let found = served.open().await?.query_sql(question.statement, Some(most), Cancel::default()).await?;
    let exact: Vec<bool> = found
        .types
        .iter()
        .map(|kind| kind == "BIGINT" || kind.starts_with("DECIMAL") || kind == "BIGINT UNSIGNED")
        .collect();
    let row = |row: Vec<Value>| {
        row.into_iter().zip(&exact).map(|(value, exact)| if *exact { as_text(value) } else { value }).collect()
    };
    let columns = found.columns.into_iter().zip(found.types).map(|(name, kind)| Column { name, kind }).collect();
    Ok(Json(Answer { columns, rows: found.rows.into_iter().map(row).collect(), truncated: found.truncated }))
}

fn as_text(value: Value) -> Value {
    if value.is_number() { Value::String(value.to_string()) } else { value }
}
