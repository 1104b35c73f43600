//! Statements are planned before anything is written: a typo in the last model must not be found after an hour of
//! loading. Tables that do not exist yet are taken as empty, with the columns that the plans above them give.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use datafusion::{
    arrow::datatypes::{DataType, Field, Schema, SchemaRef},
    catalog::TableProvider,
    datasource::empty::EmptyTable,
};
use futures::future::BoxFuture;
use lakehouse_model::{AssetKind, AssetName, Materialization, Model, Project, RenderMode, Source};

use super::{CHANGES, REJECT_RAW, REJECT_REASON, failing_condition, resolve, rules::Condition, typed};
use crate::{EngineError, Lake, load::bronze_schema};

impl Lake {
    /// Plans the selected models and compiles their rules, writing nothing.
    ///
    /// # Errors
    /// [`EngineError::Plan`] and its like, [`EngineError::MissingColumn`], [`EngineError::Check`];
    /// [`EngineError::NotMade`] when a model reads a table that is neither there nor selected.
    pub fn plan_ahead<'a>(
        &'a self,
        project: &'a Project,
        selected: &'a BTreeSet<AssetName>,
    ) -> BoxFuture<'a, Result<(), EngineError>> {
        Box::pin(async move {
            let mut known: BTreeMap<AssetName, SchemaRef> = BTreeMap::new();
            for node in project.graph.topological() {
                let stands = self.standing(&node.name).await?;
                let schema = match (node.kind, project.models.get(&node.name)) {
                    (AssetKind::Source, _) => project.source_of_table(&node.name).map(|source| landing(source, stands)),
                    (AssetKind::Model, Some(model))
                        if selected.contains(&node.name) || is_readable_view(model, &known) =>
                    {
                        let schema = self.plan_model(project, model, &known).await?;
                        if let Some(rejects) = &model.config.rejects {
                            known.insert(rejects.clone(), rejects_schema(&schema));
                        }
                        Some(schema)
                    }
                    _ => stands,
                };
                if let Some(schema) = schema {
                    known.entry(node.name.clone()).or_insert(schema);
                }
            }
            Ok(())
        })
    }

    /// Columns of a table that exists.
    async fn standing(&self, name: &AssetName) -> Result<Option<SchemaRef>, EngineError> {
        if self.facts(name).await?.is_none() {
            return Ok(None);
        }
        let table = self.table(name).await?;
        let table = table.lock().await;
        Ok(Some(Arc::clone(table.schema())))
    }

    /// Columns that a model will give.
    async fn plan_model(
        &self,
        project: &Project,
        model: &Model,
        known: &BTreeMap<AssetName, SchemaRef>,
    ) -> Result<SchemaRef, EngineError> {
        let mut tables = Vec::new();
        for name in &model.reads {
            let schema = known.get(name).ok_or_else(|| EngineError::NotMade { asset: name.clone() })?;
            tables.push((name.clone(), empty(schema)));
        }
        let schema = self.plan_with(project, model, RenderMode::Full, tables.clone()).await?;
        if model.config.materialized == Materialization::Incremental {
            for name in &model.reads_changes {
                let changes = AssetName { layer: CHANGES.to_owned(), name: name.to_string() };
                tables.extend(known.get(name).map(|schema| (changes, empty(schema))));
            }
            tables.push((model.name.clone(), empty(&schema)));
            self.plan_with(project, model, RenderMode::Incremental, tables).await?;
        }
        self.compile_rules(model, &schema)?;
        Ok(schema)
    }

    async fn plan_with(
        &self,
        project: &Project,
        model: &Model,
        mode: RenderMode,
        tables: Vec<(AssetName, Arc<dyn TableProvider>)>,
    ) -> Result<SchemaRef, EngineError> {
        let statement = project.render(model, mode)?.sql;
        let (name, file) = (model.name.to_string(), model.path.display().to_string());
        let planned = self.sessions.plan(self.sessions.open(tables)?, &name, Some(&file), &statement).await?;
        let plan =
            typed(&planned.session.state(), planned.plan, model).map_err(|error| error.into_plan(&name, &file))?;
        let own = |field: &&Arc<Field>| field.name() != REJECT_REASON && field.name() != REJECT_RAW;
        let fields: Vec<Arc<Field>> = plan.schema().fields().iter().filter(own).cloned().collect();
        let schema = Arc::new(Schema::new(fields));
        match &model.config.resolve {
            Some(how) => {
                resolve::identity(self, project, model)?;
                resolve::resolved_schema(model, how, &schema)
            }
            None => Ok(schema),
        }
    }

    /// The columns that the config names exist, and the conditions of rules on rows can be evaluated.
    fn compile_rules(&self, model: &Model, schema: &SchemaRef) -> Result<(), EngineError> {
        let config = &model.config;
        let keys = config.unique_key.iter().map(|column| (column, "unique_key"));
        let natural = config.natural_key.iter().map(|column| (column, "natural_key"));
        let pruned = config.prune_by.iter().map(|column| (column, "prune_by"));
        for (column, named_in) in keys.chain(natural).chain(pruned) {
            must_have(model, schema, column, named_in)?;
        }
        let session = self.sessions.open([])?;
        for rule in &model.doc.expectations {
            for column in rule.kind.columns() {
                must_have(model, schema, column, &format!("expectation {}", rule.id))?;
            }
            let Some(condition) = failing_condition(rule) else { continue };
            Condition::compile(&session, schema, &condition).map_err(|source| EngineError::Check {
                asset: model.name.clone(),
                expectation: rule.id.clone(),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }
}

fn must_have(model: &Model, schema: &SchemaRef, column: &str, named_in: &str) -> Result<(), EngineError> {
    if schema.column_with_name(column).is_some() {
        return Ok(());
    }
    Err(EngineError::MissingColumn {
        model: model.name.clone(),
        column: column.to_owned(),
        named_in: named_in.to_owned(),
        place: Some(model.path.display().to_string()),
    })
}

/// A view that nobody selected is planned for its readers, where its own inputs are there.
fn is_readable_view(model: &Model, known: &BTreeMap<AssetName, SchemaRef>) -> bool {
    model.config.materialized == Materialization::View && model.reads.iter().all(|name| known.contains_key(name))
}

fn empty(schema: &SchemaRef) -> Arc<dyn TableProvider> {
    Arc::new(EmptyTable::new(Arc::clone(schema)))
}

/// Columns of a source's table: those declared, and those that came by drift.
fn landing(source: &Source, stands: Option<SchemaRef>) -> SchemaRef {
    let declared: Vec<String> = source.columns.iter().map(|column| column.name.clone()).collect();
    let fresh = bronze_schema(&declared);
    let Some(stands) = stands else { return fresh };
    let more = stands.fields().iter().filter(|field| fresh.column_with_name(field.name()).is_none());
    Arc::new(Schema::new(fresh.fields().iter().chain(more).cloned().collect::<Vec<_>>()))
}

fn rejects_schema(model: &SchemaRef) -> SchemaRef {
    let added = ["reason", "raw"].map(|name| Arc::new(Field::new(name, DataType::Utf8View, true)));
    Arc::new(Schema::new(model.fields().iter().cloned().chain(added).collect::<Vec<_>>()))
}
