//! `GET /api/v1/assets/{asset}/quality`: the rules of an asset, checked on its rows as they stand.

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Budget, Caller, List, Operation, Part, Problem};
use kernel::{Cancel, Permission};

use crate::Served;
use lakehouse::CheckResult;

pub(crate) fn operation(served: &Served) -> Operation {
    Operation::get("check_quality", "/api/v1/assets/{asset}/quality", Access::Needs(Permission::LakehouseQuery))
        .about(
            "Check the rules of an asset on its rows as they stand",
            "`asset` is `layer.name`. Verdicts come with some of the rows that break a rule.",
        )
        .budget(Budget::Heavy)
        .answers::<List<CheckResult>>(StatusCode::OK)
        .by(check_quality, served)
}

async fn check_quality(
    State(served): State<Served>,
    Caller(actor): Caller,
    Part(asset): Part<String>,
) -> Result<Json<List<CheckResult>>, Problem> {
    // Samples are rows: who may not read rows may not see them.
    actor.require(Permission::LakehouseQuery)?;
    let items = served.open(&actor).await?.check_quality(Some(asset), Cancel::default()).await?;
    Ok(Json(List { items, next_cursor: None }))
}
