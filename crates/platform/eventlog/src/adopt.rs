//! A log that was restored into another PostgreSQL cluster, or taken along by `pg_upgrade`: the ids of the transactions that
//! its events bear mean nothing there.
//!
//! What was sealed gets the id -1, which is in no window; what was not gets 0, which comes before all others. That goes
//! through the log in transactions of some thousand rows, each of which can be done again, and nothing is sealed until the
//! last of them. Writers need not wait: an event that is stored meanwhile bears an id of this cluster, and keeps it where it
//! is not there yet when its rows are gone through.
//!
//! Order: an event that gets 0 was numbered before the walk began, and so was committed what it came after. That gets 0 too.

use futures::FutureExt;
use sql::{Database, Scope, Tx, args};

use crate::{LogError, sealer::LOCK};

/// Rows of one transaction.
const AT_ONCE: i64 = 10_000;

/// Whether the log stands in the cluster in which it was sealed before. One that never was is at home. To be asked by whoever
/// has the sealer's lock.
pub(crate) async fn is_at_home(tx: &mut Tx) -> Result<bool, LogError> {
    let select = "SELECT s.cluster, c.system_identifier::text FROM sealer s, pg_control_system() c WHERE s.id = 1";
    let row = tx.one(select, args![]).await?;
    let (known, cluster): (String, String) = (row.get(0)?, row.get(1)?);
    if known.is_empty() {
        tx.execute("UPDATE sealer SET cluster = $1 WHERE id = 1", args![cluster]).await?;
        return Ok(true);
    }
    Ok(known == cluster)
}

/// Makes this cluster its home. Any number of processes may be at it: who comes first ends it for all.
pub(crate) async fn adopt(database: &Database) -> Result<(), LogError> {
    let rows = database.all("SELECT coalesce(max(seq), 0) FROM events", args![]).await?;
    let last = rows.first().map_or(Ok(0), |row| row.get::<i64>(0))?;
    tracing::info!(rows = last, "the event log comes out of another cluster: sealing begins after a walk through it");
    let mut after = 0;
    while after < last {
        let until = last.min(after + AT_ONCE);
        if database.write(Scope::System, move |tx| forget_ids(tx, after, until).boxed()).await? {
            return Ok(());
        }
        after = until;
    }
    database.write(Scope::System, |tx| settle(tx).boxed()).await
}

/// True where another process has ended it.
async fn forget_ids(tx: &mut Tx, after: i64, until: i64) -> Result<bool, LogError> {
    tx.execute(LOCK, args![]).await?;
    if is_at_home(tx).await? {
        return Ok(true);
    }
    // Those with -1 were sealed in the cluster before the last. One statement, so that it is one look at the log.
    let update =
        "UPDATE events e SET txid = CASE WHEN EXISTS (SELECT 1 FROM sealed s WHERE s.seq = e.seq) THEN -1 ELSE 0 END
         WHERE e.seq > $1 AND e.seq <= $2 AND e.txid <> -1";
    tx.execute(update, args![after, until]).await?;
    Ok(false)
}

async fn settle(tx: &mut Tx) -> Result<(), LogError> {
    tx.execute(LOCK, args![]).await?;
    if !is_at_home(tx).await? {
        let update = "UPDATE sealer SET cluster = (SELECT system_identifier::text FROM pg_control_system()),
             low = 0, high = 0, seq = 0 WHERE id = 1";
        tx.execute(update, args![]).await?;
    }
    Ok(())
}
