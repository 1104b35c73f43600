//! What a model reads: which versions, how much of them, and the plan over them.

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::datatypes::{DataType, TimeUnit},
    catalog::TableProvider,
    datasource::ViewTable,
    error::DataFusionError,
};
use futures::future::BoxFuture;
use lakehouse_model::{AssetName, Materialization, Model, Project, RenderMode, Strategy};
use xxhash_rust::xxh3::xxh3_64;

use super::{read_mark, statement_mark};
use crate::{EngineError, Lake, sql::Planned};

/// One pass over inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Versions after which changes are read; empty reads everything.
    pub(super) after: BTreeMap<AssetName, u64>,
    /// Versions up to which inputs are read; recorded by the commit.
    pub(super) until: BTreeMap<AssetName, u64>,
    /// Whether the model's own table takes rows.
    pub(super) to_model: bool,
    /// Whether its rejects table takes rows.
    pub(super) to_rejects: bool,
}

/// What is to be read for one model.
#[derive(Debug)]
pub(crate) struct Inputs {
    steps: Vec<Step>,
    /// Reads only what changed, or everything.
    pub(super) mode: RenderMode,
    /// Hash of the statement, to be recorded.
    pub(super) statement: (String, i64),
    /// Replaces what is there.
    pub(super) rebuild: bool,
}

impl Inputs {
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl Lake {
    /// Finds what a model has to read now.
    pub(super) async fn inputs(
        &self,
        project: &Project,
        model: &Model,
        full_refresh: bool,
    ) -> Result<Inputs, EngineError> {
        let statement = project.render(model, RenderMode::Full)?.sql;
        let versions = self.versions(project, model).await?;
        let own = self.position(&model.name, &versions).await?;
        let rejects = match &model.config.rejects {
            Some(name) => Some(self.position(name, &versions).await?),
            None => None,
        };
        // What is done with the records is part of what the table was made by.
        let mark = match super::resolve::identity(self, project, model)? {
            Some(identity) => statement_mark(&format!("{statement}\n{identity}")),
            None => statement_mark(&statement),
        };
        let incremental = model.config.materialized == Materialization::Incremental;
        let same_statement = self.mark(&model.name, &mark.0).await? == Some(mark.1);
        let everything =
            |to_model, to_rejects| Step { after: BTreeMap::new(), until: versions.clone(), to_model, to_rejects };
        let Some(own) = own else {
            return Ok(Inputs {
                steps: vec![everything(true, true)],
                mode: RenderMode::Full,
                statement: mark,
                rebuild: false,
            });
        };
        let lags = rejects.as_ref().is_some_and(|rejects| rejects.as_ref() != Some(&own));
        let moved = own != versions;
        if !full_refresh && !moved && !lags && (same_statement || incremental) && !is_volatile(&statement) {
            return Ok(Inputs { steps: vec![], mode: RenderMode::Full, statement: mark, rebuild: false });
        }
        if !incremental || full_refresh {
            return Ok(Inputs {
                steps: vec![everything(true, true)],
                mode: RenderMode::Full,
                statement: mark,
                rebuild: true,
            });
        }
        let mut steps = Vec::new();
        if lags {
            let after = rejects.flatten().unwrap_or_default();
            steps.push(Step { after, until: own.clone(), to_model: false, to_rejects: true });
        }
        if moved {
            steps.push(Step { after: own, until: versions, to_model: true, to_rejects: true });
        }
        let append = model.config.incremental_strategy == Strategy::Append;
        if append && self.was_rewritten(model, &steps).await? {
            steps = vec![everything_of(&steps)];
            return Ok(Inputs { steps, mode: RenderMode::Full, statement: mark, rebuild: true });
        }
        Ok(Inputs { steps, mode: RenderMode::Incremental, statement: mark, rebuild: false })
    }

    /// Present versions of the tables that a model reads, views opened down to their tables.
    async fn versions(&self, project: &Project, model: &Model) -> Result<BTreeMap<AssetName, u64>, EngineError> {
        let (mut versions, mut open) = (BTreeMap::new(), model.reads.clone());
        while let Some(name) = open.pop() {
            if let Some(view) = view(project, &name) {
                open.extend(view.reads.iter().cloned());
                continue;
            }
            let table = self.table(&name).await?;
            let version = table.lock().await.version();
            versions.insert(name.clone(), version.ok_or(EngineError::NotMade { asset: name })?);
        }
        Ok(versions)
    }

    /// The versions of inputs up to which a table has read; `None` before its first commit.
    async fn position(
        &self,
        name: &AssetName,
        versions: &BTreeMap<AssetName, u64>,
    ) -> Result<Option<BTreeMap<AssetName, u64>>, EngineError> {
        let table = self.table(name).await?;
        let table = table.lock().await;
        if table.version().is_none() {
            return Ok(None);
        }
        let read = |input: &AssetName| table.mark(&read_mark(input)).and_then(|version| u64::try_from(version).ok());
        Ok(Some(versions.keys().filter_map(|input| Some((input.clone(), read(input)?))).collect()))
    }

    /// Whether rows that the model has read were replaced since, or the log does not reach back.
    async fn was_rewritten(&self, model: &Model, steps: &[Step]) -> Result<bool, EngineError> {
        for step in steps {
            for input in &model.reads_changes {
                let Some(after) = step.after.get(input) else { continue };
                let table = self.table(input).await?;
                let changes = table.lock().await.changes_after(*after).await?;
                if changes.is_none_or(|changes| changes.rewritten) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// A table or a view, for a statement.
    pub(crate) fn readable<'a>(
        &'a self,
        project: &'a Project,
        name: &'a AssetName,
    ) -> BoxFuture<'a, Result<Arc<dyn TableProvider>, EngineError>> {
        Box::pin(async move {
            let Some(view) = view(project, name) else { return self.provider(name).await };
            let planned = self.view_plan(project, view).await?;
            let statement = project.render(view, RenderMode::Full)?.sql;
            Ok(Arc::new(ViewTable::new(planned.plan, Some(statement))) as Arc<dyn TableProvider>)
        })
    }

    /// A model's plan over all rows of its inputs.
    pub(crate) fn view_plan<'a>(
        &'a self,
        project: &'a Project,
        model: &'a Model,
    ) -> BoxFuture<'a, Result<Planned, EngineError>> {
        Box::pin(async move {
            let mut tables = Vec::new();
            for name in &model.reads {
                tables.push((name.clone(), self.readable(project, name).await?));
            }
            let statement = project.render(model, RenderMode::Full)?.sql;
            let file = model.path.display().to_string();
            self.sessions.plan(self.sessions.open(tables)?, &model.name.to_string(), Some(&file), &statement).await
        })
    }
}

pub(super) fn view<'a>(project: &'a Project, name: &AssetName) -> Option<&'a Model> {
    project.models.get(name).filter(|model| model.config.materialized == Materialization::View)
}

fn everything_of(steps: &[Step]) -> Step {
    let until = steps.last().map(|step| step.until.clone()).unwrap_or_default();
    Step { after: BTreeMap::new(), until, to_model: true, to_rejects: true }
}

/// A statement that may answer differently over the same rows is never left as it is.
pub(super) fn is_volatile(statement: &str) -> bool {
    let text = statement.to_ascii_lowercase();
    ["now(", "current_date", "current_time", "random(", "uuid("].iter().any(|call| text.contains(call))
}

/// 63 bits of a statement's text.
pub(super) fn fingerprint(statement: &str) -> i64 {
    i64::try_from(xxh3_64(statement.as_bytes()) >> 1).unwrap_or_default()
}

/// Reads an SQL type as the YAML declares it.
pub(super) fn sql_type(text: &str) -> Result<DataType, DataFusionError> {
    let unknown = || DataFusionError::Plan(format!("`{text}` is not a column type that we know"));
    let plain = text.trim().to_ascii_lowercase();
    let simple = match plain.as_str() {
        "text" | "varchar" | "string" => DataType::Utf8View,
        "int" | "integer" => DataType::Int32,
        "bigint" | "long" => DataType::Int64,
        "smallint" => DataType::Int16,
        "double" | "float" => DataType::Float64,
        "boolean" | "bool" => DataType::Boolean,
        "date" => DataType::Date32,
        "timestamp" | "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Null,
    };
    if simple != DataType::Null {
        return Ok(simple);
    }
    let inside = plain.strip_prefix("decimal").or_else(|| plain.strip_prefix("numeric")).ok_or_else(unknown)?;
    let inside = inside.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(unknown)?;
    let (precision, scale) = inside.split_once(',').unwrap_or((inside, "0"));
    let precision = precision.trim().parse().map_err(|_| unknown())?;
    let scale = scale.trim().parse().map_err(|_| unknown())?;
    Ok(DataType::Decimal128(precision, scale))
}

/// The type in which a table keeps a column that has no declared one: Delta has no unsigned numbers (`row_number` and
/// `ntile` give such), and our tables keep times in UTC microseconds; a time without a zone is read as UTC.
pub(super) fn storable(found: &DataType) -> Option<DataType> {
    Some(match found {
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Null => DataType::Utf8View,
        _ => return None,
    })
}

/// Whether a column needs no cast: texts are stored alike, whatever holds them in memory.
pub(super) fn same_type(wanted: &DataType, found: &DataType) -> bool {
    let text = |data_type: &DataType| matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    wanted == found || (text(wanted) && text(found))
}
