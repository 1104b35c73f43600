//! A queue with a clock that stands still, and handlers made of closures.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::{Changed, EventLog, How, LogError, Subject, SubjectEvent};
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler, Job, JobId, Jobs, KindLimits, NewJob, Settings, State, Worker};
use kernel::{Actor, ManualClock, SeededChance, Source, SubjectId, SystemChance, Timestamp, WorkspaceId};
use sql::{Migration, Scope, SqlError, args};

use crate::Place;

pub const KIND: &str = "test.do_thing";
pub const SECOND: i64 = 1_000_000;
/// 2026-02-27T12:00:00Z.
pub const NOON: i64 = 1_772_193_600 * SECOND;

const TABLES: &[Migration] = &[Migration {
    context: "shop",
    number: 1,
    sql: "CREATE TABLE effects (workspace_id UUID NOT NULL, job UUID NOT NULL, note TEXT)",
    postgres: "",
    tenant_tables: &["effects"],
}];

pub struct Shop {
    pub place: Place,
    pub log: EventLog,
    pub jobs: Jobs,
    pub clock: Arc<ManualClock>,
    pub workspace: WorkspaceId,
    source: Source,
}

impl Shop {
    pub async fn open(place: Place) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(NOON)));
        let source = Source { clock: clock.clone(), chance: Arc::new(SeededChance::new(7)) };
        let migrations = [eventlog::MIGRATIONS, jobs::MIGRATIONS, TABLES].concat();
        place.database.migrate(migrations, Timestamp(NOON)).await.expect("migrated");
        let store = Arc::new(MemoryKeyStore::default());
        let keys = KeyRing::new(store, MasterKeys::random(&SystemChance), source.clone(), Limits::default());
        let log = EventLog::new(place.database.clone(), keys, source.clone(), vec![]);
        Self { place, jobs: Jobs::new(log.clone()), log, clock, workspace: WorkspaceId::new(), source }
    }

    /// The queue as another process has it.
    pub fn elsewhere(&self) -> Jobs {
        let keys = self.log.keys().clone();
        Jobs::new(EventLog::new(self.place.database.clone(), keys, self.source.clone(), vec![]))
    }

    pub async fn job(&self, number: u32) -> NewJob {
        self.jobs.job(self.workspace, KIND, &number).await.expect("written")
    }

    pub async fn enqueue(&self, job: NewJob) -> JobId {
        self.jobs.enqueue(job).await.expect("enqueued").id()
    }

    pub async fn get(&self, id: JobId) -> Job {
        self.jobs.get(self.workspace, id).await.expect("there")
    }

    pub async fn state(&self, id: JobId) -> State {
        self.get(id).await.state
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance_micros(seconds * SECOND);
    }

    /// Whether some worker holds on to what it has for so long from now.
    pub async fn leased_for(&self, seconds: i64) -> bool {
        let until = Timestamp(self.source.now().0 + seconds * SECOND);
        let select = "SELECT 1 FROM job_workers WHERE leased_until >= $1";
        !self.place.database.all(select, args![until]).await.expect("read").is_empty()
    }

    pub fn worker(&self, handler: Does) -> Worker {
        worker(&self.jobs, vec![Arc::new(handler)])
    }

    /// Something happens, and this goes along with it.
    pub async fn happens(&self, also: eventlog::Also) {
        let how = How { also: Some(also), ..How::default() };
        let (actor, subject) = (Actor::system(self.workspace), SubjectId::new());
        let decide = move |_: &Subject| Ok::<_, LogError>(vec![SubjectEvent::SubjectErased { subject }]);
        let done: Result<Changed<Subject>, LogError> = self.log.change_with(&actor, subject, how, decide).await;
        done.expect("stored");
    }

    pub async fn effects(&self) -> Vec<String> {
        let select = "SELECT note FROM effects ORDER BY note";
        let rows = self.place.database.all(select, args![]).await.expect("read");
        rows.iter().map(|row| row.get(0).expect("a text")).collect()
    }

    pub async fn sql(&self, sql: &'static str) -> u64 {
        let done: Result<u64, SqlError> =
            self.place.database.write(Scope::System, move |tx| tx.execute(sql, args![]).boxed()).await;
        done.expect("done")
    }
}

pub fn settings() -> Settings {
    Settings {
        slots: 4,
        poll: Duration::from_millis(20),
        report: Duration::from_millis(20),
        stop_after: Duration::from_secs(10),
        ..Settings::default()
    }
}

pub fn worker(jobs: &Jobs, handlers: Vec<Arc<dyn Handler>>) -> Worker {
    Worker::new(jobs.clone(), handlers, settings())
}

/// A handler that is a closure.
pub struct Does {
    kind: &'static str,
    limits: KindLimits,
    work: Box<dyn Fn(Context) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>,
}

impl Does {
    pub fn new<F>(work: impl Fn(Context) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self { kind: KIND, limits: KindLimits::default(), work: Box::new(move |context| work(context).boxed()) }
    }

    pub fn nothing() -> Self {
        Self::new(|_| async { Ok(()) })
    }

    pub fn fails(retry: jobs::Retry) -> Self {
        Self::new(move |_| async move { Err(Failure::new("on purpose", retry)) })
    }

    #[must_use]
    pub fn of(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    #[must_use]
    pub fn limited(self, limits: KindLimits) -> Self {
        Self { limits, ..self }
    }
}

impl Handler for Does {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn limits(&self) -> KindLimits {
        self.limits
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        (self.work)(context)
    }
}

/// What handlers have seen, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub fn add(&self, text: impl Into<String>) {
        self.0.lock().expect("there").push(text.into());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("there").clone()
    }
}

/// Waits for what is to come soon, at most ten seconds.
pub async fn soon<F: Future<Output = bool>>(what: &str, check: impl Fn() -> F) {
    for _ in 0..1_000 {
        if check().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds: {what}");
}
