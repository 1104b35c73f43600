//! A log, a queue and a database to try them on, opened as each process of a server would.

use std::{path::Path, sync::Arc, time::Duration};

use crypto::{KeyRing, Limits, MasterKeys};
use eventlog::{Also, EventLog, How, KEY_MIGRATIONS, Once, Projector, SqlKeyStore};
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler, Jobs, Settings as WorkerSettings, Worker};
use kernel::{Actor, Source, WorkspaceId, uuid::Uuid};
use sql::{Database, Migration, Settings, args};

use crate::{Balances, Ledger, LedgerEvent, TrialError};

/// The kind of the job that follows each payment.
pub const NOTE: &str = "trial.note";

const EFFECTS: Migration = Migration {
    context: "trial",
    number: 1,
    sql: "CREATE TABLE trial_effects (workspace_id UUID NOT NULL, command UUID NOT NULL, times BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, command))",
    postgres: "",
    tenant_tables: &["trial_effects"],
};

/// Everything that a process of the trials has.
pub struct World {
    /// The database.
    pub database: Database,
    /// The log, with its inline read model.
    pub log: EventLog,
    /// The queue.
    pub jobs: Jobs,
    /// The read model that follows.
    pub projector: Projector,
    /// The only one.
    pub actor: Actor,
}

impl World {
    /// Opens what is at `url`, and makes what is missing. Keys and the master key lie in `folder`.
    ///
    /// # Errors
    /// What one of them says.
    pub async fn open(url: &str, folder: &Path, connections: u32) -> anyhow::Result<Self> {
        let source = Source::system();
        let database = Database::open(&Settings { max_connections: connections, ..Settings::of(url) }).await?;
        let migrations = [eventlog::MIGRATIONS, jobs::MIGRATIONS, &[EFFECTS]].concat();
        database.migrate(migrations, source.now()).await?;
        let keys = Database::open(&Settings::of(format!("sqlite:{}", folder.join("keys.db").display()))).await?;
        keys.migrate(KEY_MIGRATIONS.to_vec(), source.now()).await?;
        let (master, _) = MasterKeys::load_or_create(&folder.join("master.key"), &*source.chance)?;
        let ring = KeyRing::new(Arc::new(SqlKeyStore::new(keys)), master, source.clone(), Limits::default());
        let log = EventLog::new(database.clone(), ring, source, vec![Arc::new(Balances::INLINE)]);
        log.prepare().await?;
        let projector = Projector::new(log.clone(), vec![Arc::new(Balances::FOLLOWER)]);
        projector.prepare().await?;
        let actor = Actor::system(WorkspaceId(Uuid::from_u128(1)));
        Ok(Self { database, jobs: Jobs::new(log.clone()), log, projector, actor })
    }
}

/// Pays by a command that may come again, and enqueues the note of it in the same transaction. Gives the version.
///
/// # Errors
/// [`TrialError`].
pub async fn pay(world: &World, ledger: Uuid, command: Uuid, cents: i64) -> Result<u64, TrialError> {
    let mut fingerprint = [0; 32];
    fingerprint[..16].copy_from_slice(command.as_bytes());
    let note = world.jobs.job(world.actor.workspace, NOTE, &command).await?;
    let jobs = world.jobs.clone();
    let also: Also = Box::new(move |tx, _| {
        async move {
            jobs.enqueue_in(tx, vec![note]).await?;
            Ok(())
        }
        .boxed()
    });
    let once = Some(Once { key: command.to_string(), fingerprint });
    let how = How { once, also: Some(also), ..How::default() };
    let decide = move |_: &Ledger| Ok::<_, TrialError>(vec![LedgerEvent::Paid { command, cents }]);
    let changed = world.log.change_with::<Ledger, TrialError, TrialError>(&world.actor, ledger, how, decide).await?;
    Ok(changed.version)
}

/// A worker that looks often and is soon known to be gone.
#[must_use]
pub fn impatient(world: &World) -> Worker {
    let settings = WorkerSettings {
        slots: 8,
        poll: Duration::from_millis(20),
        lease: Duration::from_millis(800),
        ..WorkerSettings::default()
    };
    Worker::new(world.jobs.clone(), vec![Arc::new(NoteTaker)], settings)
}

/// Does the job of a payment: counts how often it had an effect.
#[derive(Debug)]
pub struct NoteTaker;

impl Handler for NoteTaker {
    fn kind(&self) -> &'static str {
        NOTE
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let command: Uuid = context.args().await?;
            let done: Result<(), jobs::JobError> = context
                .complete_in(move |tx| {
                    async move {
                        let upsert = "INSERT INTO trial_effects AS t (workspace_id, command, times) VALUES ($1, $2, 1)
                             ON CONFLICT (workspace_id, command) DO UPDATE SET times = t.times + 1";
                        tx.execute(upsert, args![command]).await?;
                        Ok(())
                    }
                    .boxed()
                })
                .await;
            Ok(done?)
        }
        .boxed()
    }
}
