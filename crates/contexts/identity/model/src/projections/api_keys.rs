//! `identity_api_keys`: one row a key, revoked ones included.

use eventlog::{LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use sql::args;

use super::instance;
use crate::domain::ApiKeyEvent;

/// Written with the fact: a key works as soon as it is shown, and no longer once it is revoked.
pub(crate) struct ApiKeys;

const TABLES: &[Table] = &[Table {
    name: "identity_api_keys",
    sql: "CREATE TABLE {identity_api_keys} (workspace_id UUID NOT NULL, key_id UUID NOT NULL, name TEXT NOT NULL,
            role TEXT NOT NULL, hash TEXT NOT NULL, issued_at BIGINT NOT NULL, expires_at BIGINT, issued_by UUID,
            revoked_at BIGINT, PRIMARY KEY (workspace_id, key_id));
          CREATE UNIQUE INDEX {identity_api_keys}_hash ON {identity_api_keys} (workspace_id, hash)",
}];

impl Projection for ApiKeys {
    fn name(&self) -> &'static str {
        "identity.api_keys"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["identity.api_key"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            let (sql, values) = match model.open::<ApiKeyEvent>(event).await? {
                ApiKeyEvent::KeyIssued { key, name, role, hash, expires_at, by } => (
                    "INSERT INTO {identity_api_keys} (workspace_id, key_id, name, role, hash, issued_at, expires_at, issued_by)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    args![key.0, name, role, hash, event.occurred_at, expires_at, by.map(|user| user.0)],
                ),
                ApiKeyEvent::KeyRevoked => (
                    "UPDATE {identity_api_keys} SET revoked_at = $3 WHERE workspace_id = $1 AND key_id = $2",
                    args![instance(event), event.occurred_at],
                ),
            };
            model.execute(sql, values).await?;
            Ok(())
        }
        .boxed()
    }
}
