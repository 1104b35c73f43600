//! `identity_audit`: one row an entry, with the sealed payload as it stands in the log.

use eventlog::{LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use sql::args;

use super::instance;
use crate::domain::AuditEvent;

/// Written with the fact.
pub(crate) struct AuditList;

const TABLES: &[Table] = &[Table {
    name: "identity_audit",
    sql: "CREATE TABLE {identity_audit} (workspace_id UUID NOT NULL, entry_id UUID NOT NULL, who TEXT NOT NULL,
            action TEXT NOT NULL, payload BYTEA NOT NULL, PRIMARY KEY (workspace_id, entry_id));
          CREATE INDEX {identity_audit}_action ON {identity_audit} (workspace_id, action, entry_id)",
}];

impl Projection for AuditList {
    fn name(&self) -> &'static str {
        "identity.audit_list"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["identity.audit"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            let AuditEvent::Audited { entry } = model.open(event).await?;
            let insert = "INSERT INTO {identity_audit} (workspace_id, entry_id, who, action, payload)
                 VALUES ($1, $2, $3, $4, $5)";
            model.execute(insert, args![instance(event), entry.who, entry.action, event.payload.clone()]).await?;
            Ok(())
        }
        .boxed()
    }
}
