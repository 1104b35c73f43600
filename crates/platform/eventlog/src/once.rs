//! Idempotency keys: the same command sent twice happens once.

use kernel::Timestamp;
use sql::{Tx, args};

use crate::{LogError, load::number};

/// A command that may come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Chosen by the caller, unlike those of its other commands in this workspace.
    pub key: String,
    /// Tells this command from others, so that a key that is used again by mistake is found: a keyed hash
    /// ([`crypto::KeyRing::hmac`]) of the command, for the command itself may be personal.
    pub fingerprint: [u8; 32],
}

/// Where an earlier command with the same key has left its stream; `None` for a new key.
pub(crate) async fn earlier(tx: &mut Tx, once: &Once, stream: &str) -> Result<Option<u64>, LogError> {
    let select = "SELECT fingerprint, stream, version FROM idempotency WHERE workspace_id = $1 AND key = $2";
    let Some(row) = tx.optional(select, args![once.key.as_str()]).await? else { return Ok(None) };
    if row.get::<Vec<u8>>(0)? != once.fingerprint || row.get::<String>(1)? != stream {
        return Err(LogError::KeyReused { key: once.key.clone() });
    }
    Ok(Some(row.count(2)?))
}

pub(crate) async fn remember(
    tx: &mut Tx,
    once: &Once,
    (stream, version, now): (&str, u64, Timestamp),
) -> Result<(), LogError> {
    let insert = "INSERT INTO idempotency (workspace_id, key, fingerprint, stream, version, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(insert, args![once.key.as_str(), once.fingerprint, stream, number(version), now]).await?;
    Ok(())
}
