//! `state.db`: what earlier runs did. It can be deleted without harm to the tables.

use std::path::{Path, PathBuf};

use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{CheckResult, LakehouseError, RunSummary};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, summary TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS checks (
    asset TEXT PRIMARY KEY, results TEXT NOT NULL)";
/// Runs that are kept.
const KEPT: i64 = 200;

/// The history of one project.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pool: SqlitePool,
    path: PathBuf,
}

impl History {
    /// Opens or makes the file.
    pub(crate) async fn open(path: &Path) -> Result<Self, LakehouseError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        let history = Self { pool, path: path.to_owned() };
        sqlx::raw_sql(SCHEMA).execute(&history.pool).await.map_err(|error| history.fail(error))?;
        Ok(history)
    }

    /// Keeps a run and its newest verdicts.
    pub(crate) async fn keep(&self, summary: &RunSummary) -> Result<(), LakehouseError> {
        let text = serde_json::to_string(summary).map_err(|error| self.fail(error))?;
        // Each statement stands alone: a lost row of history harms nothing, so no transaction is needed.
        sqlx::query("INSERT OR REPLACE INTO runs (run_id, started_at, summary) VALUES ($1, $2, $3)")
            .bind(summary.run_id.to_string())
            .bind(summary.started_at.0)
            .bind(text)
            .execute(&self.pool)
            .await
            .map_err(|error| self.fail(error))?;
        for asset in &summary.assets {
            let results: Vec<&CheckResult> = summary.checks.iter().filter(|check| check.asset == asset.asset).collect();
            if results.is_empty() {
                continue;
            }
            let results = serde_json::to_string(&results).map_err(|error| self.fail(error))?;
            sqlx::query("INSERT OR REPLACE INTO checks (asset, results) VALUES ($1, $2)")
                .bind(&asset.asset)
                .bind(results)
                .execute(&self.pool)
                .await
                .map_err(|error| self.fail(error))?;
        }
        sqlx::query("DELETE FROM runs WHERE run_id NOT IN (SELECT run_id FROM runs ORDER BY started_at DESC LIMIT $1)")
            .bind(KEPT)
            .execute(&self.pool)
            .await
            .map_err(|error| self.fail(error))?;
        Ok(())
    }

    /// The newest runs, newest first.
    pub(crate) async fn newest(&self, limit: u32) -> Result<Vec<RunSummary>, LakehouseError> {
        let rows = sqlx::query("SELECT summary FROM runs ORDER BY started_at DESC, run_id DESC LIMIT $1")
            .bind(limit.min(200))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.fail(error))?;
        rows.iter().map(|row| serde_json::from_str(row.get::<&str, _>(0)).map_err(|error| self.fail(error))).collect()
    }

    /// The last verdicts on an asset.
    pub(crate) async fn verdicts(&self, asset: &str) -> Result<Vec<CheckResult>, LakehouseError> {
        let row = sqlx::query("SELECT results FROM checks WHERE asset = $1")
            .bind(asset)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.fail(error))?;
        match row {
            Some(row) => serde_json::from_str(row.get::<&str, _>(0)).map_err(|error| self.fail(error)),
            None => Ok(Vec::new()),
        }
    }

    /// Closes the file, so that its write-ahead log is folded in.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn fail(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LakehouseError {
        LakehouseError::History { path: self.path.display().to_string(), source: source.into() }
    }
}
