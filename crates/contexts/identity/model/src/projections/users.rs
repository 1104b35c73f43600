//! `identity_users`: one row an account, found by a keyed hash of its address. Address, name and password's hash stay sealed;
//! the keyed hash goes when the subject is erased.

use eventlog::{LogError, Projection, ReadModel, Recorded, SubjectEvent, Table};
use futures::{FutureExt, future::BoxFuture};
use sql::args;

use super::{instance, sealed};
use crate::domain::UserEvent;

/// Purpose of the keyed hash.
pub const EMAIL_PURPOSE: &str = "identity.email";

/// Written with the fact: whoever registered can sign in.
pub(crate) struct Users;

const TABLES: &[Table] = &[Table {
    name: "identity_users",
    sql: "CREATE TABLE {identity_users} (workspace_id UUID NOT NULL, user_id UUID NOT NULL, email_tag BYTEA,
            email TEXT NOT NULL, name TEXT NOT NULL, password TEXT, active BOOLEAN NOT NULL, verified BOOLEAN NOT NULL,
            registered_at BIGINT NOT NULL, PRIMARY KEY (workspace_id, user_id));
          CREATE UNIQUE INDEX {identity_users}_email ON {identity_users} (workspace_id, email_tag)",
}];

impl Projection for Users {
    fn name(&self) -> &'static str {
        "identity.users"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["identity.user", "eventlog.subject"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            if event.category() == "eventlog.subject" {
                let SubjectEvent::SubjectErased { subject } = model.open(event).await?;
                let update = "UPDATE {identity_users} SET email_tag = NULL, active = FALSE, password = NULL
                     WHERE workspace_id = $1 AND user_id = $2";
                model.execute(update, args![subject.0]).await?;
                return Ok(());
            }
            changed(model, event).await
        }
        .boxed()
    }
}

async fn changed(model: &mut ReadModel<'_>, event: &Recorded) -> Result<(), LogError> {
    let user = instance(event);
    let (update, values) = match model.open::<UserEvent>(event).await? {
        UserEvent::UserRegistered { email, .. } => {
            let tag = match email.open() {
                Some(email) => {
                    Some(model.keys().hmac(event.workspace, EMAIL_PURPOSE, email.as_bytes()).await?.to_vec())
                }
                None => None,
            };
            let values = args![user, tag, sealed(event, "email")?, sealed(event, "name")?, event.occurred_at];
            (
                "INSERT INTO {identity_users} (workspace_id, user_id, email_tag, email, name, active, verified, registered_at)
                 VALUES ($1, $2, $3, $4, $5, TRUE, FALSE, $6)",
                values,
            )
        }
        UserEvent::PasswordSet { .. } => (
            "UPDATE {identity_users} SET password = $3 WHERE workspace_id = $1 AND user_id = $2",
            args![user, sealed(event, "hash")?],
        ),
        UserEvent::EmailVerified => {
            ("UPDATE {identity_users} SET verified = TRUE WHERE workspace_id = $1 AND user_id = $2", args![user])
        }
        UserEvent::UserDeactivated => {
            ("UPDATE {identity_users} SET active = FALSE WHERE workspace_id = $1 AND user_id = $2", args![user])
        }
        UserEvent::UserReactivated => {
            ("UPDATE {identity_users} SET active = TRUE WHERE workspace_id = $1 AND user_id = $2", args![user])
        }
        // Read from the account itself, when somebody has shown its password.
        UserEvent::TotpAdded { .. }
        | UserEvent::TotpRemoved
        | UserEvent::PasskeyAdded { .. }
        | UserEvent::PasskeyRenamed { .. }
        | UserEvent::PasskeyRemoved { .. }
        | UserEvent::RecoveryCodesMade { .. }
        | UserEvent::RecoveryCodeUsed { .. } => return Ok(()),
    };
    model.execute(update, values).await?;
    Ok(())
}
