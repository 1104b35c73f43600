//! Links that work once: to reset a password, to verify an address, to set up. Only the hash of their secret is stored.

use std::time::Duration;

use eventlog::EventLog;
use futures::FutureExt;
use identity_engine::Link;
use kernel::Timestamp;
use sql::{SqlError, Tx, args};
use uuid::Uuid;

use crate::{INSTALLATION, IdentityError, config::micros};

/// What a link is for; one for another purpose is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkFor {
    /// About a user.
    Reset,
    /// About a user.
    Verification,
    /// About a workspace, which gets its first owner.
    SetUp,
    /// About an address that has no account yet.
    SignUp,
}

impl LinkFor {
    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Verification => "verification",
            Self::SetUp => "set_up",
            Self::SignUp => "sign_up",
        }
    }
}

/// A link to be kept.
pub(crate) struct Row {
    purpose: LinkFor,
    link: Link,
    about: Uuid,
    now: Timestamp,
    expires_at: Timestamp,
}

impl Row {
    pub(crate) fn new(purpose: LinkFor, link: Link, about: Uuid, (now, ttl): (Timestamp, Duration)) -> Self {
        Self { purpose, link, about, now, expires_at: Timestamp(now.0 + micros(ttl)) }
    }
}

/// Keeps a link in a transaction of [`INSTALLATION`]; an earlier one of its kind ends, and so do those that are over.
pub(crate) async fn keep(tx: &mut Tx, row: Row) -> Result<(), SqlError> {
    let Row { purpose, link, about, now, expires_at } = row;
    let delete =
        "DELETE FROM identity_links WHERE workspace_id = $1 AND (expires_at <= $2 OR (purpose = $3 AND about = $4))";
    tx.execute(delete, args![now, purpose.name(), about]).await?;
    let insert =
        "INSERT INTO identity_links (workspace_id, hash, purpose, about, expires_at) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(insert, args![link.hash, purpose.name(), about, expires_at]).await?;
    Ok(())
}

/// What a link is about, when it is good.
pub(crate) async fn look(log: &EventLog, purpose: LinkFor, secret: &str) -> Result<Uuid, IdentityError> {
    let link = Link::read(secret).ok_or(IdentityError::BadLink)?;
    let select =
        "SELECT about FROM identity_links WHERE workspace_id = $1 AND hash = $2 AND purpose = $3 AND expires_at > $4";
    let values = args![link.hash, purpose.name(), log.source().now()];
    let rows = log.database().tenant(INSTALLATION).all(select, values).await?;
    Ok(rows.first().ok_or(IdentityError::BadLink)?.get(0)?)
}

/// Uses a link up; of two who try, one succeeds.
pub(crate) async fn take(log: &EventLog, purpose: LinkFor, secret: &str) -> Result<Uuid, IdentityError> {
    let link = Link::read(secret).ok_or(IdentityError::BadLink)?;
    let now = log.source().now();
    log.database()
        .tenant(INSTALLATION)
        .write(move |tx| {
            async move {
                let delete = "DELETE FROM identity_links
                     WHERE workspace_id = $1 AND hash = $2 AND purpose = $3 AND expires_at > $4 RETURNING about";
                let row = tx.optional(delete, args![link.hash, purpose.name(), now]).await?;
                Ok(row.ok_or(IdentityError::BadLink)?.get(0)?)
            }
            .boxed()
        })
        .await
}
