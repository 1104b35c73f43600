//! `POST /api/v1/sql`: one statement that only reads, within limits of rows, time and memory.
//!
//! Invariants: a statement is ended when its time is over and when its caller goes away; however long one of its steps takes, no other
//! request waits for it, for statements have threads of their own.

use std::{fmt::Display, sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, FieldError, HttpError, Operation, Problem};
use kernel::{Actor, Cancel, Permission};
use lakehouse::{LakehouseError, QueryLimits, QueryRows};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{task::JoinSet, time};

use crate::Served;

/// Rows of one answer where nobody says, and the most that may be asked for.
const DEFAULT_ROWS: usize = 1_000;
const MOST_ROWS: usize = 10_000;
/// Time of one statement where nobody says, and the most that may be asked for.
const USUAL_MS: u64 = 30_000;
const MOST_MS: u64 = 60_000;
/// Of the whole answer: a statement that is too slow is refused in our own words.
const TIMEOUT: Duration = Duration::from_secs(65);
/// In which one statement sorts, joins and groups.
const MOST_MEMORY_BYTES: usize = 512 << 20;
/// What it may put on the disk meanwhile.
const MOST_SPILLED_BYTES: u64 = 4 << 30;
/// Of the rows of one answer, as they are in memory.
const MOST_ANSWER_BYTES: usize = 64 << 20;
/// Longest statement, in bytes: a planner's work grows faster than its text.
const MOST_STATEMENT_BYTES: usize = 100_000;
/// Statements at once in this process; others wait for their turn within their time.
pub(crate) const MOST_AT_ONCE: usize = 4;

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::post("query_sql", "/api/v1/sql", Access::Needs(Permission::LakehouseQuery))
        .about("Ask one SQL question", "One statement that only reads, over tables named `layer.name`. 64-bit integers and decimals come as texts, so that no digit is lost. Of a statement that reads more rows than were asked for, the first are given; what is too slow is refused as `lakehouse.too_slow`.")
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
    #[schemars(length(min = 1, max = 100_000))]
    statement: String,
    /// Rows at most, 1 to 10,000; 1,000 where it is left out.
    #[schemars(range(min = 1, max = 10_000))]
    limit: Option<usize>,
    /// Milliseconds at most, 1 to 60,000; 30,000 where it is left out.
    #[schemars(range(min = 1, max = 60_000))]
    timeout_ms: Option<u64>,
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
    let found = answer(&served, &actor, question).await?;
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

async fn answer(served: &Served, actor: &Actor, question: Question) -> Result<QueryRows, Problem> {
    let Question { statement, limit, timeout_ms } = question;
    let (rows, millis) = (limit.unwrap_or(DEFAULT_ROWS), timeout_ms.unwrap_or(USUAL_MS));
    within("statement", statement.len(), MOST_STATEMENT_BYTES)?;
    within("limit", rows, MOST_ROWS)?;
    within("timeout_ms", millis, MOST_MS)?;
    let limits = QueryLimits {
        rows,
        answer_bytes: MOST_ANSWER_BYTES,
        memory_bytes: MOST_MEMORY_BYTES,
        spilled_bytes: MOST_SPILLED_BYTES,
    };
    let answering = compute(served, actor, (statement, limits));
    let found = time::timeout(Duration::from_millis(millis), answering).await;
    Ok(found.unwrap_or(Err(LakehouseError::TooSlow { millis }))?)
}

/// Computes a statement apart from whoever waits for it; it is ended when that one goes away. Its turn is given back when it has
/// ended, not before: what cannot be ended at once makes no room for another.
async fn compute(
    served: &Served,
    actor: &Actor,
    (statement, limits): (String, QueryLimits),
) -> Result<QueryRows, LakehouseError> {
    let cancel = CancelWhenDropped::default();
    let (served, actor, cancelled) = (served.clone(), actor.clone(), cancel.0.clone());
    let threads = served.compute.clone();
    // Never closed, so there is a turn in the end.
    let turn = Arc::clone(&served.statements).acquire_owned().await.ok();
    let mut computing = JoinSet::new();
    let computed = async move {
        let _turn = turn;
        served.open(&actor).await?.query_sql(statement, Some(limits), cancelled).await
    };
    computing.spawn_on(computed, &threads);
    let Some(found) = computing.join_next().await else { return Err(LakehouseError::Stopped) };
    found.map_err(|source| LakehouseError::Broken { source })?
}

/// Threads that work for a statement look at the flag, where they are not ended with its future.
#[derive(Default)]
struct CancelWhenDropped(Cancel);

impl Drop for CancelWhenDropped {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A number of the body from 1 to its most.
fn within<N: Copy + PartialOrd + From<u8> + Display>(field: &str, given: N, most: N) -> Result<(), Problem> {
    if given >= N::from(1) && given <= most {
        return Ok(());
    }
    let message =
        if field == "statement" { format!("expected 1 to {most} bytes") } else { format!("expected 1 to {most}") };
    let error = FieldError { field: field.to_owned(), code: "invalid", message };
    Err(Problem::from(HttpError::BadFields).with_errors(vec![error]))
}

fn as_text(value: Value) -> Value {
    if value.is_number() { Value::String(value.to_string()) } else { value }
}
