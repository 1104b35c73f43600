//! Once in effect: what a handler writes, and that it has handled the fact, in one transaction.

use eventlog::{EventId, Recorded};
use kernel::{Timestamp, WorkspaceId};
use sql::{Scope, Sql, SqlError, Tx, args};

use crate::lease::{Lease, number};

/// Stays true until the end of the transaction: a process that takes the subscription over waits for it, those that renew
/// the lease or move the cursor do not. On SQLite there is one writer.
const STILL_OURS: Sql = Sql::pair(
    "SELECT 1 FROM subscriptions WHERE name = $1 AND fence = $2",
    "SELECT 1 FROM subscriptions WHERE name = $1 AND fence = $2 FOR KEY SHARE",
);
/// Rows that one sweep removes at most.
const SWEPT: u32 = 1_000;

/// The right to handle one fact, good for one transaction that commits. Clones are the same right.
#[derive(Debug, Clone)]
pub struct Receipt {
    subscriber: &'static str,
    fence: u64,
    workspace: WorkspaceId,
    event_id: EventId,
    position: u64,
    now: Timestamp,
}

impl Receipt {
    pub(crate) fn of(lease: &Lease, event: &Recorded) -> Self {
        Self {
            subscriber: lease.name,
            fence: lease.fence,
            workspace: event.workspace,
            event_id: event.event_id,
            position: event.position,
            now: lease.source.now(),
        }
    }

    /// Uses it up, if this transaction commits. `false`: there is nothing to do, for the fact was handled already or another
    /// process has taken over and will handle it. To be asked first in the transaction of what the handler writes.
    ///
    /// # Errors
    /// [`SqlError`]; the transaction is over then.
    pub async fn take(&self, tx: &mut Tx) -> Result<bool, SqlError> {
        let before = tx.enter(Scope::System);
        let taken = self.take_in(tx).await;
        tx.enter(before);
        taken
    }

    async fn take_in(&self, tx: &mut Tx) -> Result<bool, SqlError> {
        if tx.optional(STILL_OURS, args![self.subscriber, number(self.fence)]).await?.is_none() {
            return Ok(false);
        }
        let insert =
            "INSERT INTO inbox (workspace_id, event_id, subscriber, position, handled_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING";
        let args = args![self.workspace.0, self.event_id.0, self.subscriber, number(self.position), self.now];
        Ok(tx.execute(insert, args).await? == 1)
    }
}

/// Forgets what was handled before `until`, some of it: only what the cursor has passed and what is not put aside, for the
/// rest may come again.
pub(crate) async fn sweep(tx: &mut Tx, subscriber: &'static str, until: Timestamp) -> Result<u64, SqlError> {
    let delete = "DELETE FROM inbox WHERE subscriber = $1 AND event_id IN (
            SELECT i.event_id FROM inbox i JOIN subscriptions s ON s.name = i.subscriber
            WHERE i.subscriber = $1 AND i.handled_at < $2 AND i.position <= s.position AND NOT EXISTS (
                SELECT 1 FROM held_facts h
                WHERE h.workspace_id = i.workspace_id AND h.event_id = i.event_id AND h.subscriber = i.subscriber)
            ORDER BY i.handled_at LIMIT $3)";
    tx.execute(delete, args![subscriber, until, SWEPT]).await
}
