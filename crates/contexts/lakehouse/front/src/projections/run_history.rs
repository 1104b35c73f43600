//! `lakehouse_runs`: one row a run, as the history lists it. `lakehouse_assets`: one row an asset, as the last run left it.

use eventlog::{LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use jobs::JobId;
use kernel::RunId;
use serde::Serialize;
use sql::args;
use uuid::Uuid;

use crate::{RunState, RunSummary, domain::RunEvent};

/// Written in the transaction of the fact: who has run something sees it listed.
pub(crate) struct RunHistory;

const TABLES: &[Table] = &[
    Table {
        name: "lakehouse_runs",
        sql: "CREATE TABLE {lakehouse_runs} (workspace_id UUID NOT NULL, run_id UUID NOT NULL, job UUID NOT NULL,
                project TEXT NOT NULL, state TEXT NOT NULL, started_at BIGINT NOT NULL, summary TEXT NOT NULL,
                PRIMARY KEY (workspace_id, run_id));
              CREATE INDEX {lakehouse_runs}_newest ON {lakehouse_runs} (workspace_id, project, started_at)",
    },
    Table {
        name: "lakehouse_assets",
        sql: "CREATE TABLE {lakehouse_assets} (workspace_id UUID NOT NULL, project TEXT NOT NULL, asset TEXT NOT NULL,
                run_id UUID NOT NULL, version BIGINT, materialised_at BIGINT, checks TEXT,
                PRIMARY KEY (workspace_id, project, asset))",
    },
];

impl Projection for RunHistory {
    fn name(&self) -> &'static str {
        "lakehouse.run_history"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["lakehouse.run"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            let run = event.instance().parse::<Uuid>().map_or(RunId(Uuid::nil()), RunId);
            match model.open::<RunEvent>(event).await? {
                RunEvent::RunStarted { project, job, .. } => started(model, event, (run, job, project)).await,
                RunEvent::AssetMaterialised { asset, version, .. } => {
                    materialised(model, event, (run, &asset, version)).await
                }
                RunEvent::ExpectationFailed { .. } => Ok(()),
                finished @ RunEvent::RunFinished { .. } => ended(model, event, (run, finished)).await,
            }
        }
        .boxed()
    }
}

async fn started(
    model: &mut ReadModel<'_>,
    event: &Recorded,
    (run, job, project): (RunId, JobId, String),
) -> Result<(), LogError> {
    let summary = RunSummary {
        run_id: run,
        project: project.clone(),
        state: RunState::Running,
        started_at: event.occurred_at,
        duration_ms: 0,
        files: Vec::new(),
        assets: Vec::new(),
        reconciliations: Vec::new(),
        checks: Vec::new(),
        report: None,
        lineage: None,
    };
    let insert = "INSERT INTO {lakehouse_runs} (workspace_id, run_id, job, project, state, started_at, summary)
         VALUES ($1, $2, $3, $4, 'running', $5, $6)";
    let values = args![run.0, job.0, project, event.occurred_at, json(event, &summary)?];
    model.execute(insert, values).await?;
    Ok(())
}

async fn materialised(
    model: &mut ReadModel<'_>,
    event: &Recorded,
    (run, asset, version): (RunId, &str, u64),
) -> Result<(), LogError> {
    let upsert = "INSERT INTO {lakehouse_assets} AS a (workspace_id, project, asset, run_id, version, materialised_at)
         SELECT $1, project, $3, $2, $4, $5 FROM {lakehouse_runs} WHERE workspace_id = $1 AND run_id = $2
         ON CONFLICT (workspace_id, project, asset) DO UPDATE
         SET run_id = excluded.run_id, version = excluded.version, materialised_at = excluded.materialised_at";
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    model.execute(upsert, args![run.0, asset, version, event.occurred_at]).await?;
    Ok(())
}

async fn ended(
    model: &mut ReadModel<'_>,
    event: &Recorded,
    (run, finished): (RunId, RunEvent),
) -> Result<(), LogError> {
    let RunEvent::RunFinished { state, duration_ms, files, assets, reconciliations, checks, report, lineage } =
        finished
    else {
        return Ok(());
    };
    let select = "SELECT project, started_at FROM {lakehouse_runs} WHERE workspace_id = $1 AND run_id = $2";
    let rows = model.all(select, args![run.0]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (project, started_at) = (row.get::<String>(0)?, row.get(1)?);
    let upsert =
        "INSERT INTO {lakehouse_assets} AS a (workspace_id, project, asset, run_id, checks) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (workspace_id, project, asset) DO UPDATE SET run_id = excluded.run_id, checks = excluded.checks";
    for asset in assets.iter().filter(|asset| asset.checks != crate::CheckCounts::default()) {
        let counts = json(event, &asset.checks)?;
        model.execute(upsert, args![project.as_str(), asset.asset.as_str(), run.0, counts]).await?;
    }
    let summary = RunSummary {
        run_id: run,
        project,
        state,
        started_at,
        duration_ms,
        files,
        assets,
        reconciliations,
        checks,
        report,
        lineage,
    };
    let update = "UPDATE {lakehouse_runs} SET state = $3, summary = $4 WHERE workspace_id = $1 AND run_id = $2";
    model.execute(update, args![run.0, state.name(), json(event, &summary)?]).await?;
    Ok(())
}

fn json<T: Serialize>(event: &Recorded, value: &T) -> Result<String, LogError> {
    serde_json::to_string(value).map_err(|source| LogError::Json { stream: event.stream.clone(), source })
}
