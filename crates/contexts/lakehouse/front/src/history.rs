//! Where runs are recorded: as facts of the workspace's log, with a job each. The tables do not need it.

use std::collections::BTreeMap;

use eventlog::{EventLog, How};
use jobs::{JobId, Jobs};
use kernel::{Actor, Cursor, Page, PageRequest, RunId, Timestamp, WorkspaceId};
use sql::{Row, Sql, args};
use uuid::Uuid;

use crate::{
    LakehouseError, RunOrder, RunState, RunSummary,
    domain::{Run, RunEvent},
};

/// The name of the list in its cursors.
const LIST: &str = "lakehouse.list_runs";

/// The log and the queue of one workspace, and who asks.
#[derive(Debug, Clone)]
pub struct History {
    /// Facts.
    pub log: EventLog,
    /// The queue of the same database.
    pub jobs: Jobs,
    /// Who asks, and in which workspace.
    pub actor: Actor,
}

impl History {
    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.actor.workspace
    }

    /// The newest runs of a project, newest first.
    pub(crate) async fn newest(&self, project: &str, limit: u32) -> Result<Vec<RunSummary>, LakehouseError> {
        let select = "SELECT summary, job FROM lakehouse_runs WHERE workspace_id = $1 AND project = $2
             ORDER BY started_at DESC, run_id DESC LIMIT $3";
        let rows = self.log.database().tenant(self.workspace()).all(select, args![project, limit]).await?;
        self.runs(&rows).await
    }

    /// A page of them.
    pub(crate) async fn page(
        &self,
        project: &str,
        order: RunOrder,
        request: &PageRequest,
    ) -> Result<Page<RunSummary>, LakehouseError> {
        let (beyond, way) = match order {
            RunOrder::NewestFirst => ("<", "DESC"),
            RunOrder::OldestFirst => (">", "ASC"),
        };
        let mut select = "SELECT summary, job FROM lakehouse_runs WHERE workspace_id = $1 AND project = $2".to_owned();
        let mut values = args![project, i64::from(request.limit()) + 1];
        if let Some(cursor) = request.after() {
            let (at, run) = place(cursor.position(LIST)?);
            select += &format!(" AND (started_at {beyond} $4 OR (started_at = $4 AND run_id {beyond} $5))");
            values.extend(args![at, run]);
        }
        select += &format!(" ORDER BY started_at {way}, run_id {way} LIMIT $3");
        let rows = self.log.database().tenant(self.workspace()).all(Sql::made(select), values).await?;
        let most = request.limit() as usize;
        let items = self.runs(&rows[..rows.len().min(most)]).await?;
        let next = items.last().filter(|_| rows.len() > most).map(|last| {
            Cursor::new(LIST, &[last.started_at.0.to_be_bytes().as_slice(), last.run_id.0.as_bytes()].concat())
        });
        Ok(Page { items, next })
    }

    async fn runs(&self, rows: &[Row]) -> Result<Vec<RunSummary>, LakehouseError> {
        let mut runs = Vec::with_capacity(rows.len());
        for row in rows {
            let mut run: RunSummary = read(&row.get::<String>(0)?)?;
            if run.state == RunState::Running && !self.jobs.is_running(self.workspace(), row.id(1)?).await? {
                run.state = RunState::Interrupted;
            }
            runs.push(run);
        }
        Ok(runs)
    }

    /// The counts of rules of each asset in its last run.
    pub(crate) async fn checks(&self, project: &str) -> Result<BTreeMap<String, crate::CheckCounts>, LakehouseError> {
        let select = "SELECT asset, checks FROM lakehouse_assets WHERE workspace_id = $1 AND project = $2";
        let rows = self.log.database().tenant(self.workspace()).all(select, args![project]).await?;
        let mut found = BTreeMap::new();
        for row in rows {
            if let Some(checks) = row.get::<Option<String>>(1)? {
                found.insert(row.get(0)?, read(&checks)?);
            }
        }
        Ok(found)
    }

    /// The version of each table that was last told.
    pub(crate) async fn versions(&self, project: &str) -> Result<BTreeMap<String, u64>, LakehouseError> {
        let select = "SELECT asset, version FROM lakehouse_assets
             WHERE workspace_id = $1 AND project = $2 AND version IS NOT NULL";
        let rows = self.log.database().tenant(self.workspace()).all(select, args![project]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.count(1)?))).collect()
    }

    /// Records that a run began. Runs of the same project whose process is gone are told to have ended: those whose job is
    /// not running any more, and earlier attempts of the same job.
    pub(crate) async fn begin(&self, run: RunId, started: RunEvent, at: Timestamp) -> Result<(), LakehouseError> {
        if let RunEvent::RunStarted { project, job, .. } = &started {
            self.end_lost(project, *job).await?;
        }
        let how = How { occurred_at: Some(at), ..How::default() };
        self.log
            .change_with::<Run, _, LakehouseError>(&self.actor, run, how, move |run| {
                Ok::<_, LakehouseError>(run.begin(started))
            })
            .await?;
        Ok(())
    }

    async fn end_lost(&self, project: &str, mine: JobId) -> Result<(), LakehouseError> {
        let select =
            "SELECT summary, job FROM lakehouse_runs WHERE workspace_id = $1 AND project = $2 AND state = 'running'";
        let rows = self.log.database().tenant(self.workspace()).all(select, args![project]).await?;
        for row in rows {
            let job: JobId = row.id(1)?;
            if job == mine || !self.jobs.is_running(self.workspace(), job).await? {
                let lost = RunSummary { state: RunState::Interrupted, ..read(&row.get::<String>(0)?)? };
                self.finish(lost, How::default()).await?;
            }
        }
        Ok(())
    }

    /// Records how a run ended, and what it made.
    pub(crate) async fn finish(&self, summary: RunSummary, how: How) -> Result<(), LakehouseError> {
        let told = self.versions(&summary.project).await?;
        let id = summary.run_id;
        self.log
            .change_with::<Run, _, LakehouseError>(&self.actor, id, how, move |run| {
                Ok::<_, LakehouseError>(run.finish(&summary, |asset| told.get(asset).copied()))
            })
            .await?;
        Ok(())
    }
}

/// Where a page ended; a position that was made by hand is somewhere, and harms nobody.
fn place(position: &[u8]) -> (Timestamp, Uuid) {
    let (at, run) = position.split_at_checked(8).unwrap_or_default();
    let at = at.try_into().map_or(0, i64::from_be_bytes);
    (Timestamp(at), Uuid::from_slice(run).unwrap_or_default())
}

fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, LakehouseError> {
    serde_json::from_str(json).map_err(|source| LakehouseError::History { source })
}
