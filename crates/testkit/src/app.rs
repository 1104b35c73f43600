//! A server without a server: the spine in one process, with the contexts that it is given, a clock that stands still, and
//! faults on demand.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bus::Subscriptions;
use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::{EventLog, LogError, Projection, Projector, ReadModel, Recorded, Table};
use futures::future::{BoxFuture, ready};
use jobs::{Jobs, Settings, Worker};
use kernel::{Actor, Clock, ManualClock, Permission, SeededChance, Source, SystemChance, Timestamp, Who, WorkspaceId};
use modules::{Module, Parts};
use sql::args;

use crate::Place;

/// How often to look whether subscribers have heard all.
const LOOK: Duration = Duration::from_millis(5);
/// After so many looks it is no longer a moment.
const MOST_LOOKS: u32 = 4_000;
/// 2026-01-02T03:04:05Z.
const START: Timestamp = Timestamp(1_767_323_045_000_000);
/// Jobs that lead to jobs that lead to jobs: more turns than this are a circle.
const MOST_TURNS: u32 = 100;

/// The spine with some contexts mounted.
pub struct TestApp {
    /// Its database.
    pub place: Place,
    /// Facts.
    pub log: EventLog,
    /// The queue.
    pub jobs: Jobs,
    /// Time, which moves when told.
    pub clock: Arc<ManualClock>,
    /// A workspace to work in.
    pub workspace: WorkspaceId,
    /// What fails on demand.
    pub faults: Arc<Faults>,
    parts: Parts,
}

impl TestApp {
    /// Makes the tables of the spine and of the contexts, and mounts them.
    ///
    /// # Panics
    /// If that fails.
    pub async fn start(place: Place, modules: &[Module]) -> Self {
        Self::start_in(place, WorkspaceId::new(), modules).await
    }

    /// The same, for modules that belong to this workspace.
    ///
    /// # Panics
    /// If that fails.
    pub async fn start_in(place: Place, workspace: WorkspaceId, modules: &[Module]) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let source = Source { clock: clock.clone(), chance: Arc::new(SeededChance::new(7)) };
        let parts = Module::all(modules);
        place.database.migrate(parts.migrations.clone(), START).await.expect("tables are made");
        let store = Arc::new(MemoryKeyStore::default());
        let keys = KeyRing::new(store, MasterKeys::random(&SystemChance), source.clone(), Limits::default());
        let models = parts.inline.iter().chain(&parts.followers);
        let streams: Vec<&'static str> = models.flat_map(|model| model.streams()).copied().collect();
        // A test's process ends soon.
        let faults = Arc::new(Faults { appends: AtomicU32::new(0), streams: streams.leak() });
        let mut inline = parts.inline.clone();
        inline.push(Arc::clone(&faults) as Arc<dyn Projection>);
        let log = EventLog::new(place.database.clone(), keys, source, inline);
        log.prepare().await.expect("read models are made");
        let jobs = Jobs::new(log.clone());
        let app = Self { place, log, jobs, clock, workspace, faults, parts };
        app.projector().prepare().await.expect("read models are made");
        app
    }

    /// A caller of the workspace who may do this and nothing else.
    #[must_use]
    pub fn actor(&self, permissions: impl Into<Vec<Permission>>) -> Actor {
        Actor::new(self.workspace, Who::System, permissions)
    }

    /// A caller who may do everything.
    #[must_use]
    pub fn system(&self) -> Actor {
        Actor::system(self.workspace)
    }

    /// Seals, brings the read models up to date, lets the subscribers hear what happened, and does all jobs that are due and
    /// what follows from them.
    ///
    /// # Panics
    /// If a read model refuses, the database fails, or it never ends.
    pub async fn settle(&self) {
        let worker = Worker::new(self.jobs.clone(), self.parts.handlers.clone(), Settings::default());
        for _ in 0..MOST_TURNS {
            self.seal().await;
            self.projector().catch_up().await.expect("read models take everything");
            self.deliver().await;
            if worker.drain().await.expect("jobs are done") == 0 {
                return;
            }
        }
        panic!("jobs still lead to jobs after {MOST_TURNS} turns");
    }

    /// Seals every event. Transactions of other databases of the server hold sealing back, for a moment.
    ///
    /// # Panics
    /// If the database fails, or never lets go of them.
    pub async fn seal(&self) {
        seal(&self.log).await;
    }

    /// Lets every subscriber hear all facts that are sealed, and again those that are due. What one of them refuses waits or is a
    /// dead letter.
    async fn deliver(&self) {
        if self.parts.subscribers.is_empty() {
            return;
        }
        let (log, subscribers) = (self.log.clone(), self.parts.subscribers.clone());
        let bus = Subscriptions::new(log, subscribers, bus::Settings::default()).expect("names differ");
        let heard = async {
            while self.due().await || bus.status().await.expect("answers").iter().any(|each| each.behind > 0) {
                tokio::time::sleep(LOOK).await;
            }
        };
        bus.run(heard).await;
    }

    /// Whether a fact waits that is to be heard again now.
    async fn due(&self) -> bool {
        let select = "SELECT 1 FROM held_facts WHERE state = 'waiting' AND due_at <= $1 LIMIT 1";
        !self.log.database().all(select, args![self.clock.now()]).await.expect("answers").is_empty()
    }

    /// The read models that follow.
    #[must_use]
    pub fn projector(&self) -> Projector {
        Projector::new(self.log.clone(), self.parts.followers.clone())
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp").field("workspace", &self.workspace).finish_non_exhaustive()
    }
}

/// Breaks writes in the middle of their transaction, after their events are in and before the commit.
#[derive(Debug)]
pub struct Faults {
    appends: AtomicU32,
    streams: &'static [&'static str],
}

impl Faults {
    /// The next `events` events of streams that a read model reads break their transaction.
    pub fn break_appends(&self, events: u32) {
        self.appends.store(events, Ordering::Relaxed);
    }
}

impl Projection for Faults {
    fn name(&self) -> &'static str {
        "testkit.faults"
    }

    fn streams(&self) -> &'static [&'static str] {
        self.streams
    }

    fn tables(&self) -> &'static [Table] {
        &[]
    }

    fn project<'a>(&'a self, _: &'a mut ReadModel<'_>, _: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        let left = self.appends.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        Box::pin(ready(match left {
            Ok(_) => Err(LogError::from(sql::SqlError::Aborted)),
            Err(_) => Ok(()),
        }))
    }
}

/// Seals every event of a log; see [`TestApp::seal`].
pub(crate) async fn seal(log: &EventLog) {
    for _ in 0..MOST_LOOKS {
        log.seal_all().await.expect("sealed");
        if log.pending().await.expect("answers") == 0 {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("never sealed");
}
