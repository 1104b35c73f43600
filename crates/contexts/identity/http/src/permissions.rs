//! What a credential may: the quickest question there is, answered from the credential alone.

use axum::{Json, http::StatusCode};
use http_edge::{Access, Caller, Operation};
use kernel::WorkspaceId;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) fn operation() -> Operation {
    Operation::get("show_permissions", "/api/v1/me/permissions", Access::SignedIn)
        .about("What my credential may", "In the workspace that it is bound to. Pages ask it to show what can be done.")
        .answers::<Permissions>(StatusCode::OK)
        .by(show_permissions, &())
}

/// Who asks, and what they may.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the name of the field and of the schema are the API's")]
struct Permissions {
    /// `user:<id>`, `key:<id>` or `system`.
    who: String,
    workspace_id: WorkspaceId,
    permissions: Vec<&'static str>,
}

async fn show_permissions(Caller(actor): Caller) -> Json<Permissions> {
    Json(Permissions {
        who: actor.who.to_string(),
        workspace_id: actor.workspace,
        permissions: actor.permissions().iter().map(|each| each.name()).collect(),
    })
}
