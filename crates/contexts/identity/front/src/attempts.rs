//! Attempts at signing in by a provider that are under way. Only hashes of their secrets are stored; see
//! [`identity_engine::Attempt`].
//!
//! Invariants: an attempt is finished once, in ten minutes, at the provider where it was begun, and by who has its verifier; of
//! two who try, one succeeds.

use eventlog::EventLog;
use futures::FutureExt;
use identity_engine::{Attempt, SsoError};
use kernel::Timestamp;
use sql::args;

use crate::{INSTALLATION, IdentityError};

/// For how long an attempt may be finished.
pub(crate) const ATTEMPT_S: u32 = 600;

/// Keeps an attempt; those that are over end.
pub(crate) async fn keep(
    log: &EventLog,
    attempt: &Attempt,
    provider: &str,
    workspace: Option<String>,
) -> Result<(), IdentityError> {
    let now = log.source().now();
    let expires_at = Timestamp(now.0 + i64::from(ATTEMPT_S) * 1_000_000);
    let (state, verifier) = (attempt.state_hash.clone(), attempt.verifier_hash.clone());
    let values = args![state, verifier, provider.to_owned(), workspace, expires_at];
    let tenant = log.database().tenant(INSTALLATION);
    tenant
        .write(move |tx| {
            async move {
                let delete = "DELETE FROM identity_sso_attempts WHERE workspace_id = $1 AND expires_at <= $2";
                tx.execute(delete, args![now]).await?;
                let insert = "INSERT INTO identity_sso_attempts
                     (workspace_id, state, verifier, provider, workspace, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
                tx.execute(insert, values).await?;
                Ok(())
            }
            .boxed()
        })
        .await
}

/// Uses an attempt up, and gives the workspace that was asked for. One that is brought with another verifier, or to another
/// provider, stays: its owner may still finish it.
pub(crate) async fn take(log: &EventLog, attempt: &Attempt, provider: &str) -> Result<Option<String>, IdentityError> {
    let (state, verifier) = (attempt.state_hash.clone(), attempt.verifier_hash.clone());
    let values = args![state, verifier, provider.to_owned(), log.source().now()];
    log.database()
        .tenant(INSTALLATION)
        .write(move |tx| {
            async move {
                let delete = "DELETE FROM identity_sso_attempts WHERE workspace_id = $1 AND state = $2
                     AND verifier = $3 AND provider = $4 AND expires_at > $5 RETURNING workspace";
                let row = tx.optional(delete, values).await?;
                Ok(row.ok_or(SsoError::BadState)?.get(0)?)
            }
            .boxed()
        })
        .await
}
