//! The audit of the workspace.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use http_edge::{Access, Asked, Budget, Caller, Direction, Field, Kind, List, Listed, Operation, Params, Problem};
use kernel::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, order, page, refused, time};
use identity::{AuditEntry, AuditFilter, AuditId, Identity, ListRequest, Outcome};

/// One JSON text a line: <https://github.com/ndjson/ndjson-spec>.
const NDJSON: &str = "application/x-ndjson";

const OUTCOMES: &[&str] = &["done", "refused", "failed"];
/// The order of the list is that of this field: ids grow as entries are written, and no index knows the moments.
const ENTRY_ID: &str = "entry_id";
/// What an index answers.
const ACTION: &str = "action";
const FIELDS: &[Field] = &[
    Field::new(ENTRY_ID, Kind::Text).sorts(),
    Field::new("at", Kind::Time),
    Field::new("who", Kind::Text),
    Field::new(ACTION, Kind::Text),
    Field::new("target", Kind::Text),
    Field::new("outcome", Kind::Word(OUTCOMES)),
    Field::new("reason", Kind::Text),
    Field::new("address", Kind::Text),
];

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    let list = Operation::get("list_audit", "/api/v1/audit", Access::Needs(Permission::AuditRead))
        .about("List the audit", "Who did or tried what in your workspace, newest first unless sorted by `entry_id`: these grow as entries are written.")
        .query::<AuditParams>()
        .lists(FIELDS)
        .answers::<List<EntryAnswer>>(StatusCode::OK)
        .by(list_audit, identity);
    let export = Operation::get("export_audit", "/api/v1/audit/export", Access::Needs(Permission::AuditRead))
        .about(
            "Export the audit",
            "All entries of your workspace, oldest first, one JSON object a line. It is told in the audit.",
        )
        .budget(Budget::Heavy)
        .answers_as(NDJSON)
        .by(export_audit, identity);
    vec![list, export]
}

/// Which entries.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditParams {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    /// Items at most, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only this use case, such as `sign_in`.
    action: Option<String>,
    /// Only by `user:<id>`, `key:<id>`, `system` or `stranger`.
    who: Option<String>,
}

/// One entry.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct EntryAnswer {
    entry_id: AuditId,
    at: String,
    /// `user:<id>`, `key:<id>`, `system` or `stranger`.
    who: String,
    /// Name of the use case.
    action: String,
    /// A kind and an id.
    target: Option<String>,
    outcome: Outcome,
    /// Code of the refusal.
    reason: Option<String>,
    /// `null` where it is not known or was erased.
    address: Option<String>,
}

impl From<AuditEntry> for EntryAnswer {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at, who, action, target, outcome, reason, address } = entry;
        Self { entry_id: id, at: time(at), who, action, target, outcome, reason, address }
    }
}

async fn list_audit(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Params(params): Params<AuditParams>,
) -> Result<Listed<EntryAnswer>, Problem> {
    let asked = Asked::of(FIELDS, params.filter.as_deref(), params.sort.as_deref(), params.fields.as_deref())?;
    // The filter itself decides all the same.
    let indexed = asked.filter().and_then(|filter| filter.equal_to(ACTION)).map(str::to_owned);
    let filter = AuditFilter { action: params.action.or(indexed), who: params.who };
    let order = order(&asked, ENTRY_ID, Direction::Falling);
    let (door, actor, filter) = (&identity, &actor, &filter);
    let read =
        |page| async move { door.list_audit(actor, filter, &ListRequest { page, order }).await.map_err(refused) };
    asked.gather(page(params.limit, params.cursor.as_deref())?, read, EntryAnswer::from).await
}

async fn export_audit(
    State(identity): State<Shared>,
    Caller(actor): Caller,
    Seen(from): Seen,
) -> Result<Response, Problem> {
    let pages = identity.seen_from(from).export_audit(&actor).await.map_err(refused)?;
    // A failure on the way cuts the answer off: its reader sees that it has no end.
    let chunks = pages.map(|page| Ok::<_, Box<dyn std::error::Error + Send + Sync>>(lines(page?)?));
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(chunks)).into_response())
}

fn lines(page: Vec<AuditEntry>) -> Result<Bytes, serde_json::Error> {
    let mut text = Vec::new();
    for entry in page {
        serde_json::to_writer(&mut text, &EntryAnswer::from(entry))?;
        text.push(b'\n');
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use identity::Outcome;

    #[test]
    fn the_outcomes_are_those_of_entries() {
        let outcomes = [Outcome::Done, Outcome::Refused, Outcome::Failed];
        let words = outcomes.map(|outcome| serde_json::to_value(outcome).unwrap());
        assert_eq!(words.to_vec(), super::OUTCOMES);
    }
}
