//! `GET /api/v1/assets`: what exists, how big, how fresh, how good.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Caller, List, Operation, Problem};
use kernel::Permission;

use crate::Served;
use lakehouse::AssetInfo;

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::get("list_assets", "/api/v1/assets", Access::Needs(Permission::LakehouseRead))
        .about(
            "List the assets of the project, in the order of its graph",
            "What exists, how big, how fresh, how good.",
        )
        .answers::<List<AssetInfo>>(StatusCode::OK)
        .by(list_assets, served)
}

async fn list_assets(State(served): State<Served>, Caller(actor): Caller) -> Result<Json<List<AssetInfo>>, Problem> {
    let house = served.open().await?;
    let items = house.list_assets(Some(&served.history(actor))).await?;
    // Bounded by the project's files: a graph that is shown in parts is none.
    Ok(Json(List { items, next_cursor: None }))
}
