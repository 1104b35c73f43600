//! How attempts end: many in one statement, each only while it is still the one that runs.

use std::collections::BTreeMap;

use kernel::{Timestamp, WorkspaceId};
use serde::Serialize;
use sql::{Row, Scope, Sql, Tx, args};
use uuid::Uuid;

use crate::{BatchId, JobError, JobId, NEVER, State};

/// One attempt at one job: what a write for it must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lease {
    pub(crate) workspace: WorkspaceId,
    pub(crate) id: JobId,
    pub(crate) token: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Succeeded {
        result: Option<Vec<u8>>,
    },
    /// To be tried again.
    Failed {
        error: String,
        run_at: Timestamp,
    },
    Dead {
        error: String,
    },
    Cancelled,
    /// Never begun, or broken off by a stop: to be done by another, and not counted.
    GivenBack {
        run_at: Timestamp,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) lease: Lease,
    pub(crate) batch: Option<BatchId>,
    pub(crate) outcome: Outcome,
}

/// An ending as the statement reads it.
#[derive(Serialize)]
struct Written<'a> {
    w: uuid::fmt::Simple,
    i: uuid::fmt::Simple,
    a: u64,
    s: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<&'a str>,
}

/// A job runs while it has a worker; asked so, and not by its state, no planner without statistics takes the index of what
/// runs for the way in. $1 the endings, $2 now, $3 the moment of keys that are held while their job lives.
macro_rules! finish {
    ($with:literal, $result:literal, $from:literal, $returning:literal) => {
        concat!(
            $with,
            "UPDATE jobs SET state = CASE WHEN cancel_at IS NOT NULL AND d.s <> 'succeeded' THEN 'cancelled' ELSE d.s END,
                ended_at = CASE WHEN cancel_at IS NULL AND d.s IN ('queued', 'failed') THEN NULL ELSE $2 END,
                unique_until = CASE WHEN cancel_at IS NULL AND d.s IN ('queued', 'failed') THEN unique_until
                    WHEN unique_until > $2 AND unique_until < $3 THEN unique_until END,
                run_at = coalesce(d.t, run_at), uncounted = uncounted + coalesce(d.u, 0), worker = NULL,
                checkpoint = CASE WHEN d.s = 'succeeded' THEN NULL ELSE checkpoint END,
                error = CASE WHEN d.s = 'succeeded' THEN NULL ELSE coalesce(d.e, error) END, result = ",
            $result,
            " FROM ",
            $from,
            " WHERE jobs.workspace_id = d.w AND jobs.id = d.i AND jobs.attempt = d.a AND jobs.worker IS NOT NULL ",
            $returning
        )
    };
    // Materialised on SQLite, or each mention of a column reads the JSON once more.
    ($returning:literal) => {
        Sql::pair(
            finish!(
                "WITH d AS MATERIALIZED (SELECT unhex(value ->> 'w') AS w, unhex(value ->> 'i') AS i, value ->> 'a' AS a,
                    value ->> 's' AS s, value ->> 't' AS t, value ->> 'u' AS u, value ->> 'r' AS r, value ->> 'e' AS e
                    FROM json_each($1)) ",
                "CAST(d.r AS BLOB)",
                "d",
                $returning
            ),
            finish!(
                "",
                "convert_to(d.r, 'UTF8')",
                "json_to_recordset($1::json) AS d(w uuid, i uuid, a bigint, s text, t bigint, u bigint, r text, e text)",
                $returning
            ),
        )
    };
}
const FINISH: Sql = finish!("");
const FINISH_MEMBERS: Sql = finish!("RETURNING workspace_id, ended_at, batch");

impl Ending {
    fn write(&self) -> Written<'_> {
        let Lease { workspace, id, token } = self.lease;
        let (w, i) = (workspace.0.simple(), id.0.simple());
        let bare = |state: State| Written { w, i, a: token, s: state.name(), t: None, u: None, r: None, e: None };
        match &self.outcome {
            Outcome::Succeeded { result } => {
                let text = result.as_deref().and_then(|json| std::str::from_utf8(json).ok());
                Written { r: text, ..bare(State::Succeeded) }
            }
            Outcome::Failed { error, run_at } => Written { t: Some(run_at.0), e: Some(error), ..bare(State::Failed) },
            Outcome::Dead { error } => Written { e: Some(error), ..bare(State::Dead) },
            Outcome::Cancelled => bare(State::Cancelled),
            Outcome::GivenBack { run_at } => Written { t: Some(run_at.0), u: Some(1), ..bare(State::Queued) },
        }
    }
}

/// Ends attempts, lets go of their keys, and counts their batches down; gives the number of those that were still leased. The
/// others were taken away, and nothing of them is written.
pub(crate) async fn end_in(tx: &mut Tx, endings: &[Ending], now: Timestamp) -> Result<u64, JobError> {
    if endings.is_empty() {
        return Ok(0);
    }
    let written: Vec<Written<'_>> = endings.iter().map(Ending::write).collect();
    let before = tx.enter(Scope::System);
    let values = args![json(&written), now, NEVER];
    // Rows are only asked for where they are needed: each costs more than its update.
    let ended = if endings.iter().any(|ending| ending.batch.is_some()) {
        let rows = tx.all(&FINISH_MEMBERS, values).await?;
        count_down(tx, &rows, now).await?;
        u64::try_from(rows.len()).unwrap_or(u64::MAX)
    } else {
        tx.execute(&FINISH, values).await?
    };
    tx.enter(before);
    Ok(ended)
}

/// Members of batches that have ended: `workspace_id, ended_at, batch` of each.
pub(crate) async fn count_down(tx: &mut Tx, rows: &[Row], now: Timestamp) -> Result<(), JobError> {
    // In order, so that two workers that end members of the same batches do not wait for each other.
    let mut batches: BTreeMap<(Uuid, Uuid), i64> = BTreeMap::new();
    for row in rows {
        if let (Some(_), Some(batch)) = (row.get::<Option<i64>>(1)?, row.get::<Option<Uuid>>(2)?) {
            *batches.entry((row.get(0)?, batch)).or_default() += 1;
        }
    }
    let down =
        "UPDATE job_batches SET remaining = remaining - $3, ended_at = CASE WHEN remaining = $3 THEN $4 ELSE NULL END
         WHERE workspace_id = $1 AND id = $2 RETURNING remaining, callback";
    // Only a callback that still waits: a batch whose dead letter was replayed ends twice.
    let release =
        "UPDATE jobs SET run_at = $3 WHERE workspace_id = $1 AND id = $2 AND state = 'queued' AND run_at = $4";
    for ((workspace, batch), count) in batches {
        let Some(row) = tx.optional(down, args![workspace, batch, count, now]).await? else { continue };
        if let (0, Some(callback)) = (row.get::<i64>(0)?, row.get::<Option<Uuid>>(1)?) {
            tx.execute(release, args![workspace, callback, now, NEVER]).await?;
        }
    }
    Ok(())
}

/// Our own structs of numbers and texts, which always have a JSON form.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}
