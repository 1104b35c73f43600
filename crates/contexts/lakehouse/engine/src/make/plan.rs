//! Plans of models, kept while a command works: a command that loads hundreds of files makes the same model as many
//! times, and planning costs more than a day's rows. Only the files behind the tables change.

use std::sync::Arc;

use datafusion::{
    catalog::TableProvider,
    logical_expr::LogicalPlan,
    physical_plan::{SendableRecordBatchStream, execute_stream},
    prelude::SessionContext,
};
use lakehouse_model::{AssetName, Materialization, Model, Project, RenderMode};

use super::{
    CHANGES, Inputs,
    inputs::{Step, is_volatile, view},
    own_columns, typed,
};
use crate::{
    EngineError, Lake,
    sql::{ColumnSources, LakeScan, Slot},
};

/// A planned statement, ready to run.
#[derive(Clone)]
pub(crate) struct Prepared {
    statement: String,
    slots: Vec<(AssetName, Arc<Slot>)>,
    /// The session that it was planned in.
    pub(super) session: SessionContext,
    plan: LogicalPlan,
    /// For each column of the model: the columns that it is made from.
    pub(super) columns: ColumnSources,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("statement", &self.statement).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Begins to compute the rows.
    pub(super) async fn stream(&self, model: &Model) -> Result<SendableRecordBatchStream, EngineError> {
        let fail = |error| EngineError::execute(&model.name, error);
        let state = self.session.state();
        let plan = state.query_planner().create_physical_plan(&self.plan, &state).await.map_err(fail)?;
        execute_stream(plan, self.session.task_ctx()).map_err(fail)
    }

    /// Points the plan at these rows; `false` when it was made for other tables.
    fn turn_to(&self, tables: &[(AssetName, LakeScan)]) -> bool {
        let fits = self.slots.len() == tables.len()
            && self.slots.iter().zip(tables).all(|((name, slot), (other, scan))| name == other && slot.fits(scan));
        if fits {
            for ((_, slot), (_, scan)) in self.slots.iter().zip(tables) {
                slot.turn_to(scan.clone());
            }
        }
        fits
    }
}

impl Lake {
    /// The model's plan over the inputs of one step.
    pub(super) async fn prepare(
        &self,
        project: &Project,
        model: &Model,
        inputs: &Inputs,
        step: &Step,
    ) -> Result<Prepared, EngineError> {
        let (tables, views) = self.tables_of(project, model, inputs, step).await?;
        let statement = project.render(model, inputs.mode)?.sql;
        let keeps = views.is_empty() && !is_volatile(&statement);
        let known = if keeps { self.prepared.lock().await.get(&model.name).cloned() } else { None };
        if let Some(known) = known.filter(|known| known.statement == statement && known.turn_to(&tables)) {
            return Ok(known);
        }
        let slots: Vec<(AssetName, Arc<Slot>)> =
            tables.into_iter().map(|(name, scan)| (name, Arc::new(Slot::new(scan)))).collect();
        let named = slots.iter().map(|(name, slot)| (name.clone(), Arc::clone(slot) as Arc<dyn TableProvider>));
        let session = self.sessions.open(named.chain(views))?;
        let file = model.path.display().to_string();
        let planned = self.sessions.plan(session, &model.name.to_string(), Some(&file), &statement).await?;
        let (session, columns) = (planned.session, own_columns(model, &planned.plan));
        let state = session.state();
        let plan = typed(&state, planned.plan, model)?;
        let plan = state.optimize(&plan).map_err(|error| EngineError::execute(&model.name, error))?;
        let prepared = Prepared { statement, slots, session, plan, columns };
        if keeps {
            self.prepared.lock().await.insert(model.name.clone(), prepared.clone());
        }
        Ok(prepared)
    }

    /// The tables that a step reads, and the views.
    async fn tables_of(
        &self,
        project: &Project,
        model: &Model,
        inputs: &Inputs,
        step: &Step,
    ) -> Result<(Vec<(AssetName, LakeScan)>, Vec<(AssetName, Arc<dyn TableProvider>)>), EngineError> {
        let (mut tables, mut views) = (Vec::new(), Vec::new());
        for name in &model.reads {
            if view(project, name).is_some() {
                views.push((name.clone(), self.readable(project, name).await?));
            } else {
                tables.push((name.clone(), self.scan(name).await?));
            }
        }
        if inputs.mode == RenderMode::Incremental {
            for name in &model.reads_changes {
                let changes = AssetName { layer: CHANGES.to_owned(), name: name.to_string() };
                tables.push((changes, self.changed(name, step).await?));
            }
            if model.config.materialized == Materialization::Incremental {
                tables.push((model.name.clone(), self.scan(&model.name).await?));
            }
        }
        Ok((tables, views))
    }

    /// What was committed to an input in the step's range.
    async fn changed(&self, name: &AssetName, step: &Step) -> Result<LakeScan, EngineError> {
        let table = self.table(name).await?;
        let table = table.lock().await;
        let Some(after) = step.after.get(name) else { return Ok(LakeScan::of(&table)) };
        let until = step.until.get(name).copied().unwrap_or(*after);
        // A merge may read a row twice without harm, so a log that was cut short only costs time.
        match table.changes_between(*after, until).await? {
            Some(changes) => Ok(LakeScan::of_files(&table, changes.added)),
            None => Ok(LakeScan::of(&table)),
        }
    }
}
