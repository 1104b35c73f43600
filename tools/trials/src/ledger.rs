//! A ledger: the aggregate of the trials, and its read models.

use std::collections::BTreeMap;

use eventlog::{LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use jobs::JobError;
use kernel::{Aggregate, ErrorKind, Event, ProductError, uuid::Uuid};
use sql::{Database, Sql, SqlError, args};

/// Something was paid, by a command that has a name.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LedgerEvent {
    /// So many cents.
    Paid {
        /// Which command.
        command: Uuid,
        /// How much.
        cents: i64,
    },
}

impl Event for LedgerEvent {}

/// A sum.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Ledger {
    /// What was paid.
    pub cents: i64,
}

impl Aggregate for Ledger {
    const STREAM: &'static str = "trial.ledger";
    const SNAPSHOT_EVERY: u32 = 50;
    type Id = Uuid;
    type Event = LedgerEvent;
    type Published = LedgerEvent;

    fn apply(&mut self, LedgerEvent::Paid { cents, .. }: &LedgerEvent) {
        self.cents += cents;
    }

    fn publish(&self, event: &LedgerEvent) -> Option<LedgerEvent> {
        Some(*event)
    }
}

/// What a trial fails with.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The queue.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The database.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl TrialError {
    /// Of what kind it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Log(error) => error.kind(),
            Self::Job(error) => error.kind(),
            Self::Sql(error) => error.kind(),
        }
    }
}

/// The sums by ledger, as a read model.
#[derive(Debug, Clone, Copy)]
pub struct Balances {
    name: &'static str,
    tables: &'static [Table],
    upsert: &'static str,
}

impl Balances {
    /// Written with the fact.
    pub const INLINE: Self = Self {
        name: "trial.inline",
        tables: &[Table {
            name: "trial_inline",
            sql: "CREATE TABLE {trial_inline} (workspace_id UUID NOT NULL, ledger TEXT NOT NULL, cents BIGINT NOT NULL,
                    events BIGINT NOT NULL, PRIMARY KEY (workspace_id, ledger))",
        }],
        upsert: "INSERT INTO {trial_inline} AS t (workspace_id, ledger, cents, events) VALUES ($1, $2, $3, 1)
             ON CONFLICT (workspace_id, ledger) DO UPDATE SET cents = t.cents + excluded.cents, events = t.events + 1",
    };
    /// Following the log.
    pub const FOLLOWER: Self = Self {
        name: "trial.follower",
        tables: &[Table {
            name: "trial_follower",
            sql:
                "CREATE TABLE {trial_follower} (workspace_id UUID NOT NULL, ledger TEXT NOT NULL, cents BIGINT NOT NULL,
                    events BIGINT NOT NULL, PRIMARY KEY (workspace_id, ledger))",
        }],
        upsert: "INSERT INTO {trial_follower} AS t (workspace_id, ledger, cents, events) VALUES ($1, $2, $3, 1)
             ON CONFLICT (workspace_id, ledger) DO UPDATE SET cents = t.cents + excluded.cents, events = t.events + 1",
    };
}

impl Projection for Balances {
    fn name(&self) -> &'static str {
        self.name
    }

    fn streams(&self) -> &'static [&'static str] {
        &["trial.ledger"]
    }

    fn tables(&self) -> &'static [Table] {
        self.tables
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            let json = |source| LogError::Json { stream: event.stream.clone(), source };
            let LedgerEvent::Paid { cents, .. } = serde_json::from_slice(&event.payload).map_err(json)?;
            model.execute(self.upsert, args![event.instance(), cents]).await?;
            Ok(())
        }
        .boxed()
    }
}

/// Cents and events of a ledger.
pub type Balance = (i64, i64);

/// The rows of a read model.
///
/// # Errors
/// [`SqlError`].
pub async fn table_rows(database: &Database, table: &'static str) -> Result<BTreeMap<String, Balance>, SqlError> {
    let rows = database.all(Sql::made(format!("SELECT ledger, cents, events FROM {table}")), args![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).collect()
}
