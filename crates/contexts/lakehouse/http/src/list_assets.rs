//! `GET /api/v1/assets`: what exists, how big, how fresh, how good.

use axum::{extract::State, http::StatusCode};
use http_edge::{Access, Asked, Caller, Field, Kind, List, Listed, Operation, Params, Problem};
use kernel::{PageRequest, Permission};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Served, page};
use lakehouse::AssetInfo;

/// The name of the list in its cursors.
const LIST: &str = "lakehouse.list_assets";
const KINDS: &[&str] = &["source", "table", "incremental", "view", "rejects"];
const FIELDS: &[Field] = &[
    Field::new("asset", Kind::Text).sorts(),
    Field::new("kind", Kind::Word(KINDS)).sorts(),
    Field::new("rows", Kind::Number).sorts(),
    Field::new("size_bytes", Kind::Number).sorts(),
    Field::new("files", Kind::Number).sorts(),
    Field::new("version", Kind::Number),
    Field::new("updated_at", Kind::Time).sorts(),
    Field::shown("checks"),
    Field::new("owner", Kind::Text).sorts(),
    Field::new("tags", Kind::Texts),
    Field::new("description", Kind::Text),
];

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::get("list_assets", "/api/v1/assets", Access::Needs(Permission::LakehouseRead))
        .about(
            "List the assets of the project, in the order of its graph",
            "What exists, how big, how fresh, how good.",
        )
        .query::<Query>()
        .lists(FIELDS)
        .answers::<List<AssetInfo>>(StatusCode::OK)
        .by(list_assets, served)
}

/// Which assets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    /// At most so many, 1 to 500; 500 where it is left out, so that the graph is seen as a whole.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list_assets(
    State(served): State<Served>,
    Caller(actor): Caller,
    Params(query): Params<Query>,
) -> Result<Listed<AssetInfo>, Problem> {
    actor.require(Permission::LakehouseRead)?;
    let asked = Asked::of(FIELDS, query.filter.as_deref(), query.sort.as_deref(), query.fields.as_deref())?;
    let request = page((query.limit, query.cursor.as_deref()), PageRequest::MAX_LIMIT)?;
    let assets = served.open(&actor).await?.list_assets(Some(&served.history(&actor))).await?;
    asked.in_memory(assets, (LIST, name), &request)
}

fn name(info: &AssetInfo) -> &str {
    &info.asset
}
