//! An aggregate from its events, or from a snapshot and the events after it.

use std::sync::OnceLock;

use kernel::{Aggregate, Timestamp, WorkspaceId};
use sql::{Sql, Tx, args};

use crate::{EventLog, LogError, Recorded, record::COLUMNS};

/// An aggregate and how far its stream goes.
pub(crate) struct Loaded<A> {
    pub(crate) state: A,
    pub(crate) version: u64,
    /// The version of the snapshot that it was made from; 0 without.
    pub(crate) snapshot: u64,
}

/// How far to read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    End,
    Version(u64),
    Time(Timestamp),
}

impl EventLog {
    /// Loads in a transaction of this workspace.
    pub(crate) async fn load<A: Aggregate>(
        &self,
        tx: &mut Tx,
        (workspace, stream): (WorkspaceId, &str),
        until: Until,
    ) -> Result<Loaded<A>, LogError> {
        let mut loaded = Loaded { state: A::default(), version: 0, snapshot: 0 };
        if A::SNAPSHOT_EVERY > 0 && !matches!(until, Until::Time(_)) {
            self.load_snapshot(tx, (workspace, stream), until, &mut loaded).await?;
        }
        let rows = rows_after(tx, stream, loaded.version, until).await?;
        loaded.version = rows.last().map_or(loaded.version, |last| last.version);
        for event in self.decode::<A::Event>(workspace, &rows).await? {
            loaded.state.apply(&event);
        }
        Ok(loaded)
    }

    /// A snapshot of another shape, or beyond what is asked for, is as none.
    async fn load_snapshot<A: Aggregate>(
        &self,
        tx: &mut Tx,
        (workspace, stream): (WorkspaceId, &str),
        until: Until,
        loaded: &mut Loaded<A>,
    ) -> Result<(), LogError> {
        let most =
            if let Until::Version(version) = until { i64::try_from(version).unwrap_or(i64::MAX) } else { i64::MAX };
        let select = "SELECT version, state FROM snapshots
             WHERE workspace_id = $1 AND stream = $2 AND state_version = $3 AND version <= $4";
        let Some(row) = tx.optional(select, args![stream, A::STATE_VERSION, most]).await? else { return Ok(()) };
        let state: Vec<u8> = row.get(1)?;
        loaded.state = self.open_json(workspace, &state).await?;
        loaded.version = row.count(0)?;
        loaded.snapshot = loaded.version;
        Ok(())
    }

    /// Keeps a snapshot where enough has happened since the last.
    pub(crate) async fn keep_snapshot<A: Aggregate>(
        &self,
        tx: &mut Tx,
        (workspace, stream): (WorkspaceId, &str),
        loaded: &Loaded<A>,
    ) -> Result<(), LogError> {
        if A::SNAPSHOT_EVERY == 0 || loaded.version - loaded.snapshot < u64::from(A::SNAPSHOT_EVERY) {
            return Ok(());
        }
        let state = self.seal_json(workspace, &loaded.state).await?;
        let upsert =
            "INSERT INTO snapshots (workspace_id, stream, version, state_version, state) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, stream) DO UPDATE
             SET version = excluded.version, state_version = excluded.state_version, state = excluded.state";
        tx.execute(upsert, args![stream, number(loaded.version), A::STATE_VERSION, state]).await?;
        Ok(())
    }
}

async fn rows_after(tx: &mut Tx, stream: &str, version: u64, until: Until) -> Result<Vec<Recorded>, LogError> {
    let (select, until) = match until {
        Until::End => (until_version(), i64::MAX),
        Until::Version(version) => (until_version(), number(version)),
        Until::Time(at) => (until_time(), at.0),
    };
    let rows = tx.all(select, args![stream, number(version), until]).await?;
    rows.iter().map(|row| Recorded::read(row, 0, 0).map_err(LogError::from)).collect()
}

/// The text is made once a process: a statement is known to the database by its text.
fn until_version() -> &'static Sql {
    static TEXT: OnceLock<Sql> = OnceLock::new();
    TEXT.get_or_init(|| {
        Sql::made(format!(
            "SELECT {COLUMNS} FROM events e WHERE e.workspace_id = $1 AND e.stream = $2
             AND e.version > $3 AND e.version <= $4 ORDER BY e.version"
        ))
    })
}

/// Up to the first event that was stored later. Times come from the clocks of several processes: an event behind that one
/// may bear an earlier time, and without what came before it it would mean something else.
fn until_time() -> &'static Sql {
    static TEXT: OnceLock<Sql> = OnceLock::new();
    TEXT.get_or_init(|| {
        Sql::made(format!(
            "SELECT {COLUMNS} FROM events e WHERE e.workspace_id = $1 AND e.stream = $2 AND e.version > $3
             AND e.version < coalesce((SELECT min(later.version) FROM events later
                 WHERE later.workspace_id = $1 AND later.stream = $2 AND later.recorded_at > $4), {})
             ORDER BY e.version",
            i64::MAX
        ))
    })
}

/// A version as the database counts.
pub(crate) fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
