//! An account: the smallest aggregate that has rules, personal fields, a fact for others, and an older shape.

use std::sync::Arc;

use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::{EventLog, LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use kernel::{
    Actor, Aggregate, Event, ManualClock, Permission, Personal, SeededChance, Source, Timestamp, Who, WorkspaceId,
};
use sql::{Database, args};

use crate::Place;

kernel::typed_id!(
    /// One account.
    AccountId
);

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AccountEvent {
    Opened { owner: Personal<String> },
    Paid { cents: i64 },
}

impl Event for AccountEvent {
    const SCHEMA_VERSION: u16 = 2;

    /// Version 1 had whole units.
    fn upcast(kind: &str, version: u16, mut payload: serde_json::Value) -> serde_json::Value {
        if kind == "paid" && version == 1 {
            payload["cents"] = (payload["units"].as_i64().unwrap_or(0) * 100).into();
        }
        payload
    }
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AccountFact {
    AccountPaid { balance: i64 },
}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Account {
    pub owner: Option<Personal<String>>,
    pub balance: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum ToyError {
    #[error("an account never goes below zero")]
    Overdrawn,
    #[error(transparent)]
    Log(#[from] LogError),
}

#[derive(Debug)]
pub struct Overdrawn;

impl From<Overdrawn> for ToyError {
    fn from(_: Overdrawn) -> Self {
        Self::Overdrawn
    }
}

impl Account {
    pub fn pay(&self, cents: i64) -> Result<Vec<AccountEvent>, Overdrawn> {
        match (self.balance + cents, cents) {
            (below, _) if below < 0 => Err(Overdrawn),
            (_, 0) => Ok(vec![]),
            _ => Ok(vec![AccountEvent::Paid { cents }]),
        }
    }
}

impl Aggregate for Account {
    const STREAM: &'static str = "toy.account";
    const SNAPSHOT_EVERY: u32 = 10;
    type Id = AccountId;
    type Event = AccountEvent;
    type Published = AccountFact;

    fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened { owner } => self.owner = Some(owner.clone()),
            AccountEvent::Paid { cents } => self.balance += cents,
        }
    }

    fn publish(&self, event: &AccountEvent) -> Option<AccountFact> {
        matches!(event, AccountEvent::Paid { .. }).then_some(AccountFact::AccountPaid { balance: self.balance })
    }
}

/// The sum of what was paid, by account.
pub struct Balances {
    pub name: &'static str,
    pub version: u32,
    pub table: &'static [Table],
}

pub const INLINE: Balances = Balances {
    name: "toy.balances",
    version: 1,
    table: &[Table {
        name: "toy_balances",
        sql: "CREATE TABLE {toy_balances} (workspace_id UUID NOT NULL, account TEXT NOT NULL, cents BIGINT NOT NULL, events BIGINT NOT NULL,
                PRIMARY KEY (workspace_id, account));
              CREATE INDEX {toy_balances}_by_cents ON {toy_balances} (workspace_id, cents)",
    }],
};

pub const FOLLOWER: Balances = Balances {
    name: "toy.followed",
    version: 1,
    table: &[Table {
        name: "toy_followed",
        sql: "CREATE TABLE {toy_followed} (workspace_id UUID NOT NULL, account TEXT NOT NULL, cents BIGINT NOT NULL, events BIGINT NOT NULL,
                PRIMARY KEY (workspace_id, account))",
    }],
};

impl Projection for Balances {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn streams(&self) -> &'static [&'static str] {
        &["toy.account"]
    }

    fn tables(&self) -> &'static [Table] {
        self.table
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            let payload: serde_json::Value = serde_json::from_slice(&event.payload).unwrap_or_default();
            let cents = payload["cents"].as_i64().unwrap_or(0) * i64::from(self.version);
            let sql = if self.name == "toy.balances" {
                "INSERT INTO {toy_balances} AS b (workspace_id, account, cents, events) VALUES ($1, $2, $3, 1)
                 ON CONFLICT (workspace_id, account) DO UPDATE SET cents = b.cents + excluded.cents, events = b.events + 1"
            } else {
                "INSERT INTO {toy_followed} AS b (workspace_id, account, cents, events) VALUES ($1, $2, $3, 1)
                 ON CONFLICT (workspace_id, account) DO UPDATE SET cents = b.cents + excluded.cents, events = b.events + 1"
            };
            model.execute(sql, args![event.instance(), cents]).await?;
            Ok(())
        }
        .boxed()
    }
}

/// A log in a place, and whoever acts.
pub struct Toy {
    pub place: Place,
    pub log: EventLog,
    pub actor: Actor,
    pub clock: Arc<ManualClock>,
    pub keys: KeyRing,
}

pub fn source(seed: u64) -> (Source, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000_000)));
    (Source { clock: Arc::<ManualClock>::clone(&clock), chance: Arc::new(SeededChance::new(seed)) }, clock)
}

impl Toy {
    pub async fn new(place: Place) -> Self {
        let (source, clock) = source(1);
        let master = MasterKeys::random(&*source.chance);
        let keys = KeyRing::new(Arc::new(MemoryKeyStore::default()), master, source.clone(), Limits::default());
        place.database.migrate(eventlog::MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
        let log = EventLog::new(place.database.clone(), keys.clone(), source, vec![Arc::new(INLINE)]);
        log.prepare().await.expect("prepared");
        let actor = Actor::new(WorkspaceId::new(), Who::System, [Permission::EventsRead]);
        Self { place, log, actor, clock, keys }
    }

    /// The same log as another process has it.
    pub async fn other_process(&self, seed: u64) -> EventLog {
        self.log_on(self.place.again().await, seed)
    }

    pub fn log_on(&self, database: Database, seed: u64) -> EventLog {
        self.log_with(database, seed, vec![Arc::new(INLINE)])
    }

    /// The same log with other read models.
    pub fn log_with(&self, database: Database, seed: u64, inline: Vec<Arc<dyn Projection>>) -> EventLog {
        EventLog::new(database, self.keys.clone(), source(seed).0, inline)
    }

    /// Seals all that is stored. Other tests' transactions on the same server hold events back for a moment.
    pub async fn seal(&self) {
        crate::app::seal(&self.log).await;
    }

    pub async fn pay(&self, id: AccountId, cents: i64) -> Result<u64, ToyError> {
        pay(&self.log, &self.actor, id, cents).await
    }

    /// Account, sum and events of a read model, over all workspaces.
    pub async fn rows(&self, table: &'static str) -> Vec<(String, i64, i64)> {
        let sql = sql::Sql::made(format!("SELECT account, cents, events FROM {table} ORDER BY account, events"));
        let rows = self.place.database.all(sql, args![]).await.expect("read");
        rows.iter()
            .map(|row| (row.get(0).expect("as stored"), row.get(1).expect("as stored"), row.get(2).expect("as stored")))
            .collect()
    }
}

pub async fn pay(log: &EventLog, actor: &Actor, id: AccountId, cents: i64) -> Result<u64, ToyError> {
    log.change::<Account, Overdrawn, ToyError>(actor, id, move |account| account.pay(cents))
        .await
        .map(|done| done.version)
}
