//! Reading: one stream to any version or time, and the whole log by positions.

use std::sync::OnceLock;

use futures::FutureExt;
use kernel::{Aggregate, Timestamp, WorkspaceId};
use sql::{Dialect, Row, Scope, Sql, Tx, args};

use crate::{
    EventId, EventLog, LogError, Recorded,
    load::{Until, number},
    record::COLUMNS,
};

/// Events of one answer at most.
pub(crate) const MOST: u32 = 5_000;

impl EventLog {
    /// An aggregate as it is now, and its version; the default and 0 where there is no such stream.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn get<A: Aggregate>(&self, workspace: WorkspaceId, id: A::Id) -> Result<(A, u64), LogError> {
        self.get_until(workspace, id, Until::End).await
    }

    /// An aggregate as it was after so many events.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn get_at<A: Aggregate>(
        &self,
        workspace: WorkspaceId,
        id: A::Id,
        version: u64,
    ) -> Result<(A, u64), LogError> {
        self.get_until(workspace, id, Until::Version(version)).await
    }

    /// An aggregate as it was stored at a time: before the first event that was stored later. Where clocks of processes differ,
    /// that first event decides, whatever time those behind it bear.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn get_as_of<A: Aggregate>(
        &self,
        workspace: WorkspaceId,
        id: A::Id,
        at: Timestamp,
    ) -> Result<(A, u64), LogError> {
        self.get_until(workspace, id, Until::Time(at)).await
    }

    async fn get_until<A: Aggregate>(
        &self,
        workspace: WorkspaceId,
        id: A::Id,
        until: Until,
    ) -> Result<(A, u64), LogError> {
        let (this, stream) = (self.clone(), format!("{}.{id}", A::STREAM));
        self.tenant(workspace)
            .read(move |tx| {
                async move {
                    let loaded = this.load::<A>(tx, (workspace, &stream), until).await?;
                    Ok((loaded.state, loaded.version))
                }
                .boxed()
            })
            .await
    }

    /// The events of one stream after a version, 5,000 at most.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn stream(&self, workspace: WorkspaceId, stream: &str, after: u64) -> Result<Vec<Recorded>, LogError> {
        static TEXT: OnceLock<Sql> = OnceLock::new();
        let text = format!(
            "SELECT coalesce(s.position, 0), {COLUMNS} FROM events e LEFT JOIN sealed s ON s.seq = e.seq
             WHERE e.workspace_id = $1 AND e.stream = $2 AND e.version > $3 ORDER BY e.version LIMIT {MOST}"
        );
        let args = args![stream, number(after)];
        let rows = self.tenant(workspace).all(TEXT.get_or_init(|| Sql::made(text)), args).await?;
        rows.iter().map(placed).collect()
    }

    /// One event of a workspace.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn event(&self, workspace: WorkspaceId, id: EventId) -> Result<Option<Recorded>, LogError> {
        let text = format!(
            "SELECT coalesce(s.position, 0), {COLUMNS} FROM events e LEFT JOIN sealed s ON s.seq = e.seq
             WHERE e.workspace_id = $1 AND e.event_id = $2"
        );
        let rows = self.tenant(workspace).all(Sql::made(text), args![id.0]).await?;
        rows.first().map(placed).transpose()
    }

    /// Sealed events of all workspaces after a position, in order; for the mechanism of the platform.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn after(&self, position: u64, limit: u32) -> Result<Vec<Recorded>, LogError> {
        self.between(position, position.saturating_add(u64::from(limit.min(MOST)))).await
    }

    /// Those after one position and up to another: positions are dense.
    pub(crate) async fn between(&self, after: u64, until: u64) -> Result<Vec<Recorded>, LogError> {
        let events: Vec<Recorded> =
            self.database().read(Scope::System, move |tx| sealed_between(tx, after, number(until)).boxed()).await?;
        self.hear_erasures(&events);
        Ok(events)
    }

    /// The last position.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn head(&self) -> Result<u64, LogError> {
        let rows = self.database().all("SELECT position FROM sealer WHERE id = 1", args![]).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.count(0))?)
    }
}

/// An event behind its position.
pub(crate) fn placed(row: &Row) -> Result<Recorded, LogError> {
    Ok(Recorded::read(row, 1, row.count(0)?)?)
}

/// Sealed events after one position and up to another, in their order.
pub(crate) async fn sealed_between(tx: &mut Tx, after: u64, until: i64) -> Result<Vec<Recorded>, LogError> {
    static TEXT: OnceLock<Sql> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        Sql::made(format!(
            "SELECT s.position, {COLUMNS} FROM sealed s JOIN events e ON e.seq = s.seq
             WHERE s.position > $1 AND s.position <= $2 ORDER BY s.position"
        ))
    });
    // A plan that was kept from a small log reads all events for each of a large one.
    if tx.dialect() == Dialect::Postgres {
        tx.execute("SET LOCAL plan_cache_mode = force_custom_plan", args![]).await?;
    }
    tx.all(text, args![number(after), until]).await?.iter().map(placed).collect()
}
