//! A model whose statement gives records to be resolved: its table holds their ids and clusters.
//!
//! Clusters are made of all records at once, so the whole statement is read before the first row is written; a statement that
//! breaks half-way resolves nothing. Names of clusters are kept from the table's last version.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, StringViewArray},
        datatypes::{DataType, Field, Schema, SchemaRef},
        record_batch::RecordBatch,
    },
    error::DataFusionError,
    physical_plan::{SendableRecordBatchStream, stream::RecordBatchStreamAdapter},
};
use futures::StreamExt;
use lakehouse_model::{Model, Project, Resolve};

use crate::{
    EngineError, Lake, Work,
    resolver::{Grouping, Records, texts_of},
    sql::{ColumnSources, computed_over},
};

/// The column of the result that names the cluster of a record.
pub(super) const CLUSTER: &str = "cluster_id";

/// The columns of the table, given those of the statement.
pub(super) fn resolved_schema(model: &Model, resolve: &Resolve, given: &Schema) -> Result<SchemaRef, EngineError> {
    let missing = |column: &str, named_in: &str| EngineError::MissingColumn {
        model: model.name.clone(),
        column: column.to_owned(),
        named_in: named_in.to_owned(),
        place: Some(model.path.display().to_string()),
    };
    for ignored in &resolve.ignore {
        given.field_with_name(ignored).map_err(|_| missing(ignored, "resolve.ignore"))?;
    }
    let id = given.field_with_name(&resolve.id).map_err(|_| missing(&resolve.id, "resolve.id"))?;
    Ok(Arc::new(Schema::new(vec![id.clone(), Field::new(CLUSTER, DataType::Utf8View, false)])))
}

/// Where the columns of the table come from: the cluster of a record depends on all evidence of all records.
pub(super) fn resolved_columns(resolve: &Resolve, given: &ColumnSources) -> ColumnSources {
    let is_evidence = |name: &String| *name != resolve.id && !resolve.ignore.contains(name) && !is_technical(name);
    let evidence = given.iter().filter(|(name, _)| is_evidence(name));
    let cluster = computed_over(evidence.flat_map(|(_, sources)| sources.iter().cloned()).collect());
    let id = given.iter().find(|(name, _)| *name == resolve.id).map(|(_, sources)| sources.clone());
    vec![(resolve.id.clone(), id.unwrap_or_default()), (CLUSTER.to_owned(), cluster)]
}

/// Columns of the product's own, such as the batch of a row: they tell nothing of what a record is.
fn is_technical(name: &str) -> bool {
    name.starts_with('_')
}

/// What a model of a project asks for, checked, as a text that changes whenever the same records might be grouped otherwise.
pub(super) fn identity(lake: &Lake, project: &Project, model: &Model) -> Result<Option<String>, EngineError> {
    let Some(resolve) = &model.config.resolve else { return Ok(None) };
    let how = Grouping::of(resolve, &project.root);
    let refused = |refusal| EngineError::Resolve { model: model.name.clone(), source: Box::new(refusal) };
    let identity = lake.resolver.identity(&how).map_err(refused)?;
    Ok(Some(format!("{}\n{}\n{identity}", how.id, how.ignore.join("\n"))))
}

/// Resolves the records of a statement.
pub(super) async fn resolve(
    lake: &Lake,
    project: &Project,
    (model, resolve): (&Model, &Resolve),
    given: SendableRecordBatchStream,
    work: &Work,
) -> Result<SendableRecordBatchStream, EngineError> {
    let schema = resolved_schema(model, resolve, &given.schema())?;
    let previous = earlier(lake, model, resolve, work).await?;
    let (ids, records) = collect(model, resolve, given, work).await?;
    let clusters = if ids.iter().map(|ids| ids.len()).sum::<usize>() > 1 {
        let (resolver, how, cancel) =
            (Arc::clone(&lake.resolver), Grouping::of(resolve, &project.root), work.cancel.clone());
        // It uses all cores for as long as it takes: the thread that drives the run must not wait for it.
        let answer = tokio::task::spawn_blocking(move || resolver.resolve(&how, records, previous, &cancel)).await;
        work.check()?;
        let answer = answer.map_err(|error| EngineError::storage("resolve", &model.name, error))?;
        answer.map_err(|refusal| EngineError::Resolve { model: model.name.clone(), source: Box::new(refusal) })?
    } else {
        // Nobody is there to be compared with.
        let id = records.names().iter().position(|name| *name == resolve.id).unwrap_or(0);
        let earlier = |id: &str| previous.iter().find(|(known, _)| known == id).map(|(_, cluster)| cluster.clone());
        records.texts(id).map(|id| earlier(id).unwrap_or_else(|| id.to_owned())).collect()
    };
    Ok(stream(&schema, ids, &clusters))
}

/// Reads a statement to its end: its ids as they are, and its columns as texts.
async fn collect(
    model: &Model,
    resolve: &Resolve,
    mut given: SendableRecordBatchStream,
    work: &Work,
) -> Result<(Vec<ArrayRef>, Records), EngineError> {
    let schema = given.schema();
    let fail = |error: DataFusionError| EngineError::execute(&model.name, error);
    let kept: Vec<usize> = (0..schema.fields().len())
        .filter(|at| !is_technical(schema.field(*at).name()) || *schema.field(*at).name() == resolve.id)
        .collect();
    let names = kept.iter().map(|at| schema.field(*at).name().clone()).collect();
    let mut records = Records::new(model.name.to_string(), names);
    let id = schema.index_of(&resolve.id).map_err(|error| fail(error.into()))?;
    let (mut ids, mut rows) = (Vec::new(), 0);
    while let Some(batch) = given.next().await {
        work.check()?;
        let batch = batch.map_err(fail)?;
        rows += batch.num_rows() as u64;
        for (column, at) in kept.iter().enumerate() {
            records.push(column, texts_of(batch.column(*at)).map_err(|error| fail(error.into()))?);
        }
        ids.push(Arc::clone(batch.column(id)));
        (work.progress)(rows, rows);
    }
    Ok((ids, records))
}

/// Ids and clusters of the table's last version; none where it has other columns.
async fn earlier(
    lake: &Lake,
    model: &Model,
    resolve: &Resolve,
    work: &Work,
) -> Result<Vec<(String, String)>, EngineError> {
    let Some(facts) = lake.facts(&model.name).await? else { return Ok(Vec::new()) };
    let has = |name: &str| facts.columns.iter().any(|(column, _)| column == name);
    if !(has(&resolve.id) && has(CLUSTER)) {
        return Ok(Vec::new());
    }
    let fail = |error: DataFusionError| EngineError::execute(&model.name, error);
    let session = lake.sessions.open([(model.name.clone(), lake.provider(&model.name).await?)])?;
    let frame = session.table(model.name.quoted().as_str()).await.map_err(fail)?;
    let frame = frame.select_columns(&[&resolve.id, CLUSTER]).map_err(fail)?;
    let mut rows = frame.execute_stream().await.map_err(fail)?;
    let mut known = Vec::new();
    while let Some(batch) = rows.next().await {
        work.check()?;
        let batch = batch.map_err(fail)?;
        let text = |column: usize| texts_of(batch.column(column)).map_err(|error| fail(error.into()));
        let (ids, clusters) = (text(0)?, text(1)?);
        known.extend((0..batch.num_rows()).map(|row| (ids.value(row).to_owned(), clusters.value(row).to_owned())));
    }
    Ok(known)
}

/// Ids and the names of their clusters, in the batches in which the ids came.
fn stream(schema: &SchemaRef, ids: Vec<ArrayRef>, clusters: &[String]) -> SendableRecordBatchStream {
    let mut from = 0;
    let batches: Vec<Result<RecordBatch, DataFusionError>> = ids
        .into_iter()
        .map(|ids| {
            let to = from + ids.len();
            let names: StringViewArray = clusters[from..to].iter().map(Some).collect();
            from = to;
            Ok(RecordBatch::try_new(Arc::clone(schema), vec![ids, Arc::new(names)])?)
        })
        .collect();
    Box::pin(RecordBatchStreamAdapter::new(Arc::clone(schema), futures::stream::iter(batches)))
}
