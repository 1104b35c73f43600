//! A toy aggregate, a listener that does as it is told, and a bench to run them on.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bus::{Begin, DeadLetters, Delivery, HandlerError, Hears, Policy, Settings, Status, Subscriber, Subscriptions};
use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::{EventLog, LogError};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, Aggregate, Event, Source, SystemChance, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use sql::{Migration, SqlError, args};
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};

use crate::Place;

/// One counter.
pub type CounterId = kernel::RunId;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Counter {
    count: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum CounterEvent {
    Counted {
        number: u64,
    },
    /// Nobody else hears of it.
    Rested {},
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Fact {
    CounterCounted { number: u64 },
}

impl Event for CounterEvent {}

impl Aggregate for Counter {
    const STREAM: &'static str = "toy.counter";
    type Id = CounterId;
    type Event = CounterEvent;
    type Published = Fact;

    fn apply(&mut self, event: &CounterEvent) {
        if let CounterEvent::Counted { .. } = event {
            self.count += 1;
        }
    }

    fn publish(&self, event: &CounterEvent) -> Option<Fact> {
        match event {
            CounterEvent::Counted { number } => Some(Fact::CounterCounted { number: *number }),
            CounterEvent::Rested {} => None,
        }
    }
}

const TABLES: &[Migration] = &[Migration {
    context: "toy",
    number: 1,
    sql: "CREATE TABLE effects (seq {seq}, workspace_id UUID NOT NULL, stream TEXT NOT NULL, version BIGINT NOT NULL)",
    postgres: "",
    tenant_tables: &["effects"],
}];

pub struct Bench {
    /// Its folder is gone when it is dropped.
    _place: Place,
    pub log: EventLog,
    pub workspace: WorkspaceId,
    sealer: JoinHandle<()>,
}

impl Bench {
    pub async fn on(place: Place) -> Self {
        let migrations = [eventlog::MIGRATIONS, bus::MIGRATIONS, TABLES].concat();
        place.database.migrate(migrations, Timestamp(0)).await.expect("migrated");
        let source = Source::system();
        let store = Arc::new(MemoryKeyStore::default());
        let keys = KeyRing::new(store, MasterKeys::random(&SystemChance), source.clone(), Limits::default());
        let log = EventLog::new(place.database.clone(), keys, source, Vec::new());
        let sealing = log.clone();
        let sealer = tokio::spawn(async move { sealing.keep_sealing().await });
        Self { _place: place, log, workspace: WorkspaceId::new(), sealer }
    }

    pub fn letters(&self) -> DeadLetters {
        DeadLetters::of(&self.log)
    }

    pub async fn count(&self, id: CounterId, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.append(id, CounterEvent::Counted { number }).await;
        }
    }

    pub async fn append(&self, id: CounterId, event: CounterEvent) {
        let actor = Actor::system(self.workspace);
        let done = self.log.change::<Counter, LogError, LogError>(&actor, id, move |_| Ok(vec![event])).await;
        done.expect("appended");
    }

    /// Starts a process that runs this listener alone.
    pub fn start(&self, listener: &Arc<Listener>) -> Process {
        // A loaded machine may stop a process for longer than the short lease, and what it had comes again.
        self.start_with(listener, Settings { lease: Duration::from_secs(3), ..quick() })
    }

    pub fn start_with(&self, listener: &Arc<Listener>, settings: Settings) -> Process {
        let subscriptions = self.subscriptions(listener, settings);
        let (stop, asked) = oneshot::channel::<()>();
        let task = tokio::spawn(async move { subscriptions.run(asked.map(|_| ())).await });
        Process { stop, task }
    }

    pub fn subscriptions(&self, listener: &Arc<Listener>, settings: Settings) -> Subscriptions {
        let subscriber: Arc<dyn Subscriber> = listener.clone();
        Subscriptions::new(self.log.clone(), vec![subscriber], settings).expect("one name")
    }

    /// Waits until all that was appended has its position.
    pub async fn sealed(&self) {
        let begun = Instant::now();
        loop {
            let rows = self.log.database().all("SELECT count(*) FROM events", args![]).await.expect("read");
            if rows[0].count(0).expect("a count") == self.log.head().await.expect("read") {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "not sealed");
            sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn status(&self, listener: &Arc<Listener>) -> Status {
        self.sealed().await;
        self.subscriptions(listener, quick()).status().await.expect("status").remove(0)
    }

    /// Waits until the cursor is at the end and nothing waits for an attempt.
    pub async fn settled(&self, listener: &Arc<Listener>) -> Status {
        let begun = Instant::now();
        loop {
            let status = self.status(listener).await;
            if status.behind == 0 && status.waiting == 0 {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{status:?}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// What listeners with an effect have written: streams and versions, in the order of writing.
    pub async fn effects(&self) -> Vec<(String, u64)> {
        let rows = self.log.database().all("SELECT stream, version FROM effects ORDER BY seq", args![]).await;
        rows.expect("read").iter().map(|row| (row.get(0).expect("a column"), row.count(1).expect("a column"))).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.sealer.abort();
    }
}

pub fn quick() -> Settings {
    let millis = Duration::from_millis;
    Settings { lease: millis(400), look: millis(10), grace: millis(5_000), ..Settings::default() }
}

pub struct Process {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Process {
    pub async fn stop(self) {
        self.stop.send(()).expect("it runs");
        self.task.await.expect("it stopped");
    }

    /// As `kill -9` would, but for what the database is doing just then.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err(), "it was at work");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Fine,
    /// Also writes a row, once.
    Effect,
    /// Writes the row and then fails for ever.
    EffectThenFail,
    After(u64),
    Retry,
    Permanent,
    Panic,
    Hang,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub stream: String,
    pub version: u64,
    pub number: u64,
    pub attempt: u32,
    pub done: bool,
}

pub type Told = Box<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// Does as it is told, and keeps what it saw.
pub struct Listener {
    pub name: &'static str,
    pub hears: Hears,
    pub begins: Begin,
    pub policy: Policy,
    pub told: Mutex<Told>,
    pub seen: Mutex<Vec<Seen>>,
    pub receipts: Mutex<Vec<bus::Receipt>>,
}

impl Listener {
    pub fn told(told: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            name: "toy.listener",
            hears: Hears::Facts(&["CounterCounted"]),
            begins: Begin::FirstFact,
            policy: policy(),
            told: Mutex::new(Box::new(told)),
            seen: Mutex::default(),
            receipts: Mutex::default(),
        }
    }

    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    pub fn tell(&self, told: impl Fn(&Seen) -> Reply + Send + Sync + 'static) {
        *self.told.lock().expect("no panic before") = Box::new(told);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic before").clone()
    }

    /// Versions of a stream whose handling came to its end well.
    pub fn done(&self, stream: CounterId) -> Vec<u64> {
        let stream = format!("toy.counter.{stream}");
        self.seen().into_iter().filter(|seen| seen.done && seen.stream == stream).map(|seen| seen.version).collect()
    }

    pub async fn until(&self, what: impl Fn(&[Seen]) -> bool) {
        let begun = Instant::now();
        while !what(&self.seen()) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", self.seen());
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn reply(&self, delivery: &Delivery) -> Result<(), HandlerError> {
        let Fact::CounterCounted { number } = delivery.open().await?;
        assert!(delivery.event().position > 0, "a fact that is heard has its place in the log");
        let (stream, version) = (delivery.stream().to_owned(), delivery.version());
        let mut seen = Seen { stream, version, number, attempt: delivery.attempt(), done: false };
        let reply = self.told.lock().expect("no panic before")(&seen);
        self.seen.lock().expect("no panic before").push(seen.clone());
        self.receipts.lock().expect("no panic before").push(delivery.receipt());
        match reply {
            Reply::Fine => {}
            Reply::Effect => write(delivery).await?,
            Reply::EffectThenFail => {
                write(delivery).await?;
                return Err(HandlerError::Permanent("on purpose, after all".to_owned()));
            }
            Reply::After(millis) => sleep(Duration::from_millis(millis)).await,
            Reply::Retry => return Err(HandlerError::Retry("on purpose\0".to_owned())),
            Reply::Permanent => return Err(HandlerError::Permanent("for ever".to_owned())),
            Reply::Panic => panic!("on purpose"),
            Reply::Hang => pending().await,
        }
        seen.done = true;
        self.seen.lock().expect("no panic before").push(seen);
        Ok(())
    }
}

async fn write(delivery: &Delivery) -> Result<(), SqlError> {
    let (receipt, stream, version) = (delivery.receipt(), delivery.stream().to_owned(), delivery.version());
    let tenant = delivery.log().database().tenant(delivery.workspace());
    tenant
        .write(move |tx| {
            async move {
                if receipt.take(tx).await? {
                    let insert = "INSERT INTO effects (workspace_id, stream, version) VALUES ($1, $2, $3)";
                    tx.execute(insert, args![stream, i64::try_from(version).expect("small")]).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
}

impl Subscriber for Listener {
    fn name(&self) -> &'static str {
        self.name
    }

    fn hears(&self) -> Hears {
        self.hears
    }

    fn begins(&self) -> Begin {
        self.begins
    }

    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn handle<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), HandlerError>> {
        self.reply(delivery).boxed()
    }
}

pub fn policy() -> Policy {
    let millis = Duration::from_millis;
    Policy {
        attempts: 3,
        first_delay: millis(20),
        most_delay: millis(100),
        timeout: millis(3_000),
        ..Policy::default()
    }
}
