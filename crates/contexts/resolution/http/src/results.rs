//! What runs decided, in the database: written in parts, seen as a whole, kept for the newest runs of a workspace.
//!
//! Invariant: a run's items are seen from the commit that ends its job, and never before; an attempt begins with none.

use ::jobs::{Context, JobId};
use futures::FutureExt;
use kernel::{Cursor, Page, PageRequest, Timestamp, WorkspaceId};
use serde::de::DeserializeOwned;
use sql::{Database, SqlError, Tx, Value, args};

use crate::ServedError;

/// Runs of a workspace whose items are kept.
const KEPT_RUNS: usize = 20;
/// Runs that one call forgets at most.
const MOST_FORGOTTEN: usize = 100;
/// Items of one transaction: on SQLite all writers wait for it.
const ITEMS_AT_ONCE: usize = 5_000;
/// The table of items and its columns.
const ITEMS: (&str, &[&str]) = ("resolution_items", &["run_id", "place", "item"]);
/// The name of the lists in their cursors.
const LIST: &str = "resolution.list_items";

/// The items of runs.
#[derive(Debug, Clone)]
pub(crate) struct Results(Database);

impl Results {
    pub(crate) fn of(database: Database) -> Self {
        Self(database)
    }

    /// Writes the items of the run that `context` does; nobody sees them yet.
    pub(crate) async fn write(&self, context: &Context, items: Vec<String>) -> Result<(), ServedError> {
        let (workspace, run) = (context.workspace(), context.job());
        self.begin(workspace, run).await?;
        let mut rows =
            (0_i64..).zip(items).map(move |(place, item)| vec![Value::from(run.0), place.into(), item.into()]);
        loop {
            let part: Vec<Vec<Value>> = rows.by_ref().take(ITEMS_AT_ONCE).collect();
            if part.is_empty() {
                return Ok(());
            }
            let tenant = self.0.tenant(workspace);
            tenant.write::<_, SqlError, _>(move |tx| tx.insert_many(ITEMS, part, "").boxed()).await?;
        }
    }

    async fn begin(&self, workspace: WorkspaceId, run: JobId) -> Result<(), ServedError> {
        Ok(self.0.tenant(workspace).write::<_, SqlError, _>(move |tx| begin(tx, run).boxed()).await?)
    }

    /// A page of a run's items; `None` where there are none of a run that has ended.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        (workspace, run): (WorkspaceId, JobId),
        request: &PageRequest,
    ) -> Result<Option<Page<T>>, ServedError> {
        let after = match request.after() {
            // A position that was made by hand begins somewhere else, and harms nobody.
            Some(cursor) => cursor.position(LIST)?.try_into().map_or(0, i64::from_be_bytes),
            None => -1,
        };
        let tenant = self.0.tenant(workspace);
        let is_there = "SELECT 1 FROM resolution_results WHERE workspace_id = $1 AND run_id = $2 AND finished_at > 0";
        if tenant.all(is_there, args![run.0]).await?.is_empty() {
            return Ok(None);
        }
        let select = "SELECT place, item FROM resolution_items WHERE workspace_id = $1 AND run_id = $2 AND place > $3
             ORDER BY place LIMIT $4";
        let rows = tenant.all(select, args![run.0, after, i64::from(request.limit()) + 1]).await?;
        let most = request.limit() as usize;
        let mut items = Vec::new();
        for row in rows.iter().take(most) {
            items.push(serde_json::from_str(&row.get::<String>(1)?)?);
        }
        let next = match rows.get(most.saturating_sub(1)) {
            Some(last) if rows.len() > most => Some(Cursor::new(LIST, &last.get::<i64>(0)?.to_be_bytes())),
            _ => None,
        };
        Ok(Some(Page { items, next }))
    }
}

/// From here on the items of a run are seen.
pub(crate) async fn finish(tx: &mut Tx, run: JobId, now: Timestamp) -> Result<(), ServedError> {
    let update = "UPDATE resolution_results SET finished_at = $3 WHERE workspace_id = $1 AND run_id = $2";
    tx.execute(update, args![run.0, now]).await?;
    Ok(())
}

/// Forgets what an attempt before has left, and older runs.
async fn begin(tx: &mut Tx, run: JobId) -> Result<(), SqlError> {
    forget(tx, run).await?;
    let insert = "INSERT INTO resolution_results (workspace_id, run_id, finished_at) VALUES ($1, $2, 0)";
    tx.execute(insert, args![run.0]).await?;
    // Ids grow with time.
    let newest = "SELECT run_id FROM resolution_results WHERE workspace_id = $1 ORDER BY run_id DESC LIMIT $2";
    let most = i64::try_from(KEPT_RUNS + MOST_FORGOTTEN).unwrap_or(i64::MAX);
    for old in tx.all(newest, args![most]).await?.iter().skip(KEPT_RUNS) {
        forget(tx, old.id(0)?).await?;
    }
    Ok(())
}

async fn forget(tx: &mut Tx, run: JobId) -> Result<(), SqlError> {
    tx.execute("DELETE FROM resolution_items WHERE workspace_id = $1 AND run_id = $2", args![run.0]).await?;
    tx.execute("DELETE FROM resolution_results WHERE workspace_id = $1 AND run_id = $2", args![run.0]).await?;
    Ok(())
}
