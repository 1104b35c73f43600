//! OpenLineage 2-0-2 events of a run, one JSON object a line.
//!
//! For each asset that was made: a START and a COMPLETE or FAIL event of one job run, with inputs, outputs, and the
//! facets for schema, column lineage, row counts and rule verdicts. Source of the shapes: the OpenLineage
//! specification 2-0-2 and its facets' JSON schemas.

use std::{collections::BTreeMap, fmt::Write};

use kernel::Timestamp;
use lakehouse_model::AssetName;
use serde_json::{Value, json};

use crate::{AssetResult, AssetState, CheckResult, ColumnEdge, Lakehouse, LakehouseError, RunSummary};

const PRODUCER: &str = concat!("https://github.com/gray-ghost/gray-ghost/tree/", env!("CARGO_PKG_VERSION"));
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunProgress";
const MICROS_PER_MILLI: i64 = 1_000;

type Columns = BTreeMap<AssetName, Vec<(String, Vec<ColumnEdge>)>>;

/// All events of a run, as NDJSON.
pub(crate) async fn events(
    house: &Lakehouse,
    summary: &RunSummary,
    columns: &Columns,
) -> Result<String, LakehouseError> {
    let mut text = String::new();
    for asset in &summary.assets {
        let (Ok(name), end) = (AssetName::parse(&asset.asset), end_of(asset.state)) else { continue };
        let Some(end) = end else { continue };
        let outputs = vec![output(house, summary, asset, &name, columns).await?];
        let inputs: Vec<Value> = inputs(house, summary, &name);
        let duration = i64::try_from(asset.duration_ms).unwrap_or_default() * MICROS_PER_MILLI;
        for (kind, at) in [("START", summary.started_at), (end, Timestamp(summary.started_at.0 + duration))] {
            let event = json!({
                "eventType": kind,
                "eventTime": at.to_string(),
                "producer": PRODUCER,
                "schemaURL": SCHEMA,
                "run": { "runId": run_of(summary, &name), "facets": run_facets(summary, asset) },
                "job": { "namespace": summary.project, "name": asset.asset, "facets": job_facets() },
                "inputs": inputs,
                "outputs": outputs,
            });
            // Writing to a String cannot fail.
            let _written = writeln!(text, "{event}");
        }
    }
    Ok(text)
}

fn end_of(state: AssetState) -> Option<&'static str> {
    match state {
        AssetState::Succeeded => Some("COMPLETE"),
        AssetState::Failed => Some("FAIL"),
        AssetState::Cancelled => Some("ABORT"),
        AssetState::Unchanged | AssetState::Skipped => None,
    }
}

/// Each asset's run has an id of its own, the same when the events are written again: the run's id with the asset's
/// name folded into its random part.
fn run_of(summary: &RunSummary, name: &AssetName) -> String {
    let mut bytes = *summary.run_id.0.as_bytes();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325; // FNV-1a, 64 bits
    for byte in name.to_string().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    for (byte, mix) in bytes[9..].iter_mut().zip(hash.to_be_bytes()) {
        *byte ^= mix;
    }
    uuid::Uuid::from_bytes(bytes).to_string()
}

fn facet(name: &str, version: &str, definition: &str, mut body: Value) -> Value {
    body["_producer"] = PRODUCER.into();
    body["_schemaURL"] = format!("https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{definition}").into();
    body
}

fn run_facets(summary: &RunSummary, asset: &AssetResult) -> Value {
    let parent = json!({
        "run": { "runId": summary.run_id.to_string() },
        "job": { "namespace": summary.project, "name": "run" },
    });
    let mut facets = json!({ "parent": facet("ParentRunFacet", "1-0-1", "ParentRunFacet", parent) });
    if let Some(fault) = &asset.fault {
        let body = json!({ "message": fault.message, "programmingLanguage": "SQL", "stackTrace": fault.why });
        facets["errorMessage"] = facet("ErrorMessageRunFacet", "1-0-1", "ErrorMessageRunFacet", body);
    }
    facets
}

fn job_facets() -> Value {
    let body = json!({ "processingType": "BATCH", "integration": "GRAYGHOST", "jobType": "MODEL" });
    json!({ "jobType": facet("JobTypeJobFacet", "2-0-3", "JobTypeJobFacet", body) })
}

fn inputs(house: &Lakehouse, summary: &RunSummary, name: &AssetName) -> Vec<Value> {
    let parents = house.project.graph.parents(name);
    let tables = parents.iter().map(|parent| json!({ "namespace": summary.project, "name": parent.to_string() }));
    let files = summary.files.iter().filter(|file| file.table == name.to_string());
    tables.chain(files.map(|file| json!({ "namespace": "file", "name": file.path }))).collect()
}

async fn output(
    house: &Lakehouse,
    summary: &RunSummary,
    asset: &AssetResult,
    name: &AssetName,
    columns: &Columns,
) -> Result<Value, LakehouseError> {
    let mut facets = json!({});
    if let Some(facts) = house.lake.facts(name).await? {
        let fields: Vec<Value> =
            facts.columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
        facets["schema"] = facet("SchemaDatasetFacet", "1-1-1", "SchemaDatasetFacet", json!({ "fields": fields }));
        let body = json!({ "datasetVersion": facts.version.to_string() });
        facets["version"] = facet("DatasetVersionDatasetFacet", "1-0-1", "DatasetVersionDatasetFacet", body);
    }
    if let Some(columns) = columns.get(name) {
        facets["columnLineage"] = column_lineage(summary, columns);
    }
    let statistics = json!({ "rowCount": asset.rows_total, "size": asset.size_bytes });
    let statistics =
        facet("OutputStatisticsOutputDatasetFacet", "1-0-2", "OutputStatisticsOutputDatasetFacet", statistics);
    let checks: Vec<Value> = summary.checks.iter().filter(|check| check.asset == asset.asset).map(assertion).collect();
    let checks = facet(
        "DataQualityAssertionsDatasetFacet",
        "1-0-1",
        "DataQualityAssertionsDatasetFacet",
        json!({ "assertions": checks }),
    );
    Ok(json!({
        "namespace": summary.project,
        "name": asset.asset,
        "facets": facets,
        "inputFacets": { "dataQualityAssertions": checks },
        "outputFacets": { "outputStatistics": statistics },
    }))
}

fn assertion(check: &CheckResult) -> Value {
    match check.columns.as_slice() {
        [column] => json!({ "assertion": check.expectation, "success": check.success, "column": column }),
        _ => json!({ "assertion": check.expectation, "success": check.success }),
    }
}

fn column_lineage(summary: &RunSummary, columns: &[(String, Vec<ColumnEdge>)]) -> Value {
    let input = |edge: &ColumnEdge| {
        let direct = ["identity", "transformation", "aggregation"].contains(&edge.kind.as_str());
        let kind = if direct { "DIRECT" } else { "INDIRECT" };
        json!({
            "namespace": summary.project,
            "name": edge.asset,
            "field": edge.column,
            "transformations": [{ "type": kind, "subtype": edge.kind.to_uppercase() }],
        })
    };
    let fields: serde_json::Map<String, Value> = columns
        .iter()
        .map(|(name, edges)| (name.clone(), json!({ "inputFields": edges.iter().map(input).collect::<Vec<_>>() })))
        .collect();
    facet("ColumnLineageDatasetFacet", "1-2-0", "ColumnLineageDatasetFacet", json!({ "fields": fields }))
}
