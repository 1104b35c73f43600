//! `GET /api/v1/assets/{asset}/lineage`: where an asset or one of its columns comes from.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Budget, Caller, Operation, Params, Part, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Served;
use lakehouse::LineageView;

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::get("show_lineage", "/api/v1/assets/{asset}/lineage", Access::Needs(Permission::LakehouseRead))
        .about("Show where an asset, or one of its columns, comes from and goes to", "`asset` is `layer.name`.")
        .budget(Budget::Heavy)
        .query::<Query>()
        .answers::<LineageView>(StatusCode::OK)
        .by(show_lineage, served)
}

/// Of what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Follow this column up to its sources.
    column: Option<String>,
}

async fn show_lineage(
    State(served): State<Served>,
    Caller(actor): Caller,
    Part(asset): Part<String>,
    Params(query): Params<Query>,
) -> Result<Json<LineageView>, Problem> {
    actor.require(Permission::LakehouseRead)?;
    let target = query.column.map_or_else(|| asset.clone(), |column| format!("{asset}.{column}"));
    Ok(Json(served.open(&actor).await?.show_lineage(target).await?))
}
