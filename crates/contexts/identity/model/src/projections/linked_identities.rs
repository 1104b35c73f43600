//! `identity_linked`: one row a link that holds. A person at a provider is found by a keyed hash of issuer and subject; the row
//! goes when the account's subject is erased.

use eventlog::{LogError, Projection, ReadModel, Recorded, SubjectEvent, Table};
use futures::{FutureExt, future::BoxFuture};
use sql::args;

use super::instance;
use crate::domain::LinkedIdentityEvent;

/// Purpose of the keyed hash.
pub const LINKED_PURPOSE: &str = "identity.linked";

/// Written with the fact: whoever was linked signs in by it the next time.
pub(crate) struct LinkedIdentities;

const TABLES: &[Table] = &[Table {
    name: "identity_linked",
    sql: "CREATE TABLE {identity_linked} (workspace_id UUID NOT NULL, link_id UUID NOT NULL, user_id UUID NOT NULL,
            provider TEXT NOT NULL, issuer TEXT NOT NULL, tag BYTEA NOT NULL, linked_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, link_id));
          CREATE UNIQUE INDEX {identity_linked}_tag ON {identity_linked} (workspace_id, tag);
          CREATE INDEX {identity_linked}_user ON {identity_linked} (workspace_id, user_id)",
}];

/// What is hashed: an issuer has no line break, so that no two pairs are one text.
pub fn linked_as(issuer: &str, subject: &str) -> Vec<u8> {
    format!("{issuer}\n{subject}").into_bytes()
}

impl Projection for LinkedIdentities {
    fn name(&self) -> &'static str {
        "identity.linked_identities"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["identity.linked", "eventlog.subject"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            if event.category() == "eventlog.subject" {
                let SubjectEvent::SubjectErased { subject } = model.open(event).await?;
                let delete = "DELETE FROM {identity_linked} WHERE workspace_id = $1 AND user_id = $2";
                model.execute(delete, args![subject.0]).await?;
                return Ok(());
            }
            changed(model, event).await
        }
        .boxed()
    }
}

async fn changed(model: &mut ReadModel<'_>, event: &Recorded) -> Result<(), LogError> {
    let link = instance(event);
    match model.open::<LinkedIdentityEvent>(event).await? {
        LinkedIdentityEvent::IdentityLinked { user, provider, issuer, subject } => {
            // Whoever was erased is linked to nothing.
            let Some(subject) = subject.open() else { return Ok(()) };
            let tag = model.keys().hmac(event.workspace, LINKED_PURPOSE, &linked_as(&issuer, subject)).await?;
            let insert =
                "INSERT INTO {identity_linked} (workspace_id, link_id, user_id, provider, issuer, tag, linked_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let values = args![link, user.0, provider, issuer, tag.to_vec(), event.occurred_at];
            model.execute(insert, values).await?;
        }
        LinkedIdentityEvent::IdentityUnlinked => {
            let delete = "DELETE FROM {identity_linked} WHERE workspace_id = $1 AND link_id = $2";
            model.execute(delete, args![link]).await?;
        }
    }
    Ok(())
}
