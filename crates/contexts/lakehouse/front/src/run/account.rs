//! The account of a run: sums that must agree, the report, the lineage events.

use lakehouse_engine::{DUPLICATES_MARK, ROWS_IN_MARK, ResultRow};
use lakehouse_model::{AssetName, Model};

use super::{Run, graph::Board};
use crate::{
    AssetState, CheckResult, Fault, FileResult, FileState, LakehouseError, Reconciliation, RunState, RunSummary, init,
    openlineage, report,
};

impl Run<'_> {
    /// Ends the run: nothing here can undo a commit, so what fails here is told, and the tables stay.
    pub(super) async fn account(&self, files: Vec<FileResult>, mut board: Board) -> Result<RunSummary, LakehouseError> {
        let reconciliations = self.reconcile(&mut board).await?;
        self.measure(&mut board).await?;
        let mut assets = Vec::new();
        for (name, _) in &board.order {
            assets.extend(board.results.remove(name));
        }
        let mut summary = RunSummary {
            state: state_of(self.cancel.is_cancelled(), &files, &assets),
            files,
            assets,
            reconciliations,
            checks: std::mem::take(&mut board.checks),
            ..self.blank_summary()
        };
        let rows: Vec<ResultRow> = summary.checks.iter().map(result_row).collect();
        self.house.lake.record_results(&self.id.to_string(), &rows, &self.work("results", 0)).await?;
        let events = format!(".grayghost/lineage/{}.ndjson", self.id);
        let text = openlineage::events(self.house, &summary, &board.columns).await?;
        init::write(&self.house.project.root.join(&events), text.as_bytes())?;
        summary.lineage = Some(events);
        summary.duration_ms = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        let page = format!(".grayghost/reports/{}.html", self.id);
        summary.report = Some(page.clone());
        let html = self.report(&summary, &board).await?;
        init::write(&self.house.project.root.join(&page), html.as_bytes())?;
        init::write(&self.house.project.root.join(".grayghost/reports/latest.html"), html.as_bytes())?;
        Ok(summary)
    }

    async fn report(&self, summary: &RunSummary, board: &Board) -> Result<String, LakehouseError> {
        let assets = self.house.list_assets(Some(&self.history)).await?;
        let parents = self.house.project.assets().into_iter().map(|(name, _)| {
            let above = self.house.project.graph.parents(&name).iter().map(ToString::to_string).collect();
            (name.to_string(), above)
        });
        let columns = board.columns.iter().map(|(name, columns)| (name.to_string(), columns.as_slice()));
        Ok(report::render(&report::Material {
            summary,
            assets: &assets,
            parents: parents.collect(),
            columns: columns.collect(),
        }))
    }

    /// `bronze = silver + rejected + duplicates`, over everything loaded so far; an asset whose rows do not add up has
    /// failed.
    async fn reconcile(&self, board: &mut Board) -> Result<Vec<Reconciliation>, LakehouseError> {
        let mut all = Vec::new();
        for model in self.house.project.models.values().filter(|model| self.plan.contains(&model.name)) {
            let Some(balance) = self.balance(model).await? else { continue };
            if !balance.holds
                && let Some(result) = board.results.get_mut(&model.name)
                && result.state == AssetState::Succeeded
            {
                let detail = format!(
                    "{} rows read, but {} kept + {} set aside + {} duplicates",
                    balance.rows, balance.kept, balance.rejected, balance.duplicates
                );
                let (from, to) = (balance.from.clone(), balance.to.clone());
                result.state = AssetState::Failed;
                result.fault = Some(Fault::of(&LakehouseError::NotReconciled { from, to, detail }));
            }
            all.push(balance);
        }
        Ok(all)
    }

    async fn balance(&self, model: &Model) -> Result<Option<Reconciliation>, LakehouseError> {
        let lake = &self.house.lake;
        let (Some(rejects), [from, ..]) = (&model.config.rejects, model.reads.as_slice()) else { return Ok(None) };
        if model.replaces_rows() {
            return Ok(None);
        }
        let (Some(kept), Some(rejected)) = (lake.facts(&model.name).await?, lake.facts(rejects).await?) else {
            return Ok(None);
        };
        let count = |found: Option<i64>| found.and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
        let duplicates = count(lake.mark(&model.name, DUPLICATES_MARK).await?);
        let given = count(lake.mark(&model.name, ROWS_IN_MARK).await?);
        // A statement over one table gives each of its rows once; over several there is no such sum.
        let rows = match (model.reads.len(), lake.facts(from).await?) {
            (1, Some(facts)) => facts.rows,
            _ => given,
        };
        let sum = kept.rows + rejected.rows + duplicates;
        Ok(Some(Reconciliation {
            from: from.to_string(),
            to: model.name.to_string(),
            rejects: rejects.to_string(),
            rows,
            kept: kept.rows,
            rejected: rejected.rows,
            duplicates,
            holds: rows == sum && given == sum,
            reasons: lake.reject_reasons(rejects).await?,
        }))
    }

    /// Fills in how each asset stands now.
    async fn measure(&self, board: &mut Board) -> Result<(), LakehouseError> {
        let rejected: Vec<(AssetName, u64)> = self
            .house
            .project
            .models
            .values()
            .filter_map(|model| Some((model.config.rejects.clone()?, board.results.get(&model.name)?.rejected)))
            .collect();
        for (name, result) in &mut board.results {
            if let Some(facts) = self.house.lake.facts(name).await? {
                result.rows_total = facts.rows;
                result.size_bytes = facts.size_bytes;
                result.version = Some(facts.version);
            }
            if let Some((_, rows)) = rejected.iter().find(|(rejects, _)| rejects == name)
                && *rows > 0
            {
                result.rows_written = *rows;
                result.state = AssetState::Succeeded;
            }
        }
        Ok(())
    }
}

fn state_of(cancelled: bool, files: &[FileResult], assets: &[crate::AssetResult]) -> RunState {
    let unfinished = |state| matches!(state, AssetState::Cancelled);
    if cancelled
        && (assets.iter().any(|asset| unfinished(asset.state))
            || files.iter().any(|file| file.state == FileState::Skipped))
    {
        return RunState::Cancelled;
    }
    let failed = assets.iter().any(|asset| matches!(asset.state, AssetState::Failed | AssetState::Skipped))
        || files.iter().any(|file| file.state == FileState::Failed);
    if failed { RunState::Failed } else { RunState::Succeeded }
}

fn result_row(check: &CheckResult) -> ResultRow {
    ResultRow {
        asset: check.asset.clone(),
        expectation: check.expectation.clone(),
        kind: check.kind.clone(),
        severity: check.severity.clone(),
        dimension: check.dimension.clone(),
        success: check.success,
        rows: check.rows,
        unexpected: check.unexpected,
        observed: check.observed.clone(),
        samples: serde_json::Value::from(check.samples.clone()).to_string(),
    }
}
