//! Erases a person and looks for what is left of them in every byte of the database's files.
//!
//! `forget fill` stores people: events, snapshots, facts, idempotency records, jobs, a read model that holds their addresses in
//! plain with an index, and what the planner notes of its values. `forget erase` erases one of them, whose rows then are
//! rewritten away by a job. `forget look --data DIR` counts the files in which a needle is: the address, the wrapped key.
//!
//! Absent on purpose: the write-ahead log, whose life is its own (docs/concepts/forgetting.md).

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use crypto::{KeyRing, Limits, MasterKeys};
use eventlog::{
    Also, EventLog, How, KEY_MIGRATIONS, LogError, Once, Projection, Projector, ReadModel, Recorded, SqlKeyStore,
    SubjectEvent, Table,
};
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler, Jobs, Settings as WorkerSettings, Worker};
use kernel::{Actor, Aggregate, Event, Personal, Source, SubjectId, WorkspaceId, uuid::Uuid};
use sql::{Database, Scope, Settings, Sql, SqlError, Tx, args};
use trials::TrialError;

const PEOPLE: u128 = 60;
/// The one who is erased.
const WHO: u128 = 31;
const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
const SCRUB: &str = "trial.scrub";
/// Of a wrapped key; enough to be found nowhere by chance.
const NEEDLE_BYTES: usize = 16;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
    /// Database.
    #[arg(long, global = true, default_value = "")]
    url: String,
    /// Folder of the master key, and of the needles.
    #[arg(long, global = true, default_value = ".")]
    dir: PathBuf,
}

#[derive(Subcommand)]
enum Role {
    /// Stores people, and writes down what to look for.
    Fill,
    /// Erases one.
    Erase,
    /// Counts files.
    Look {
        /// The server's, which has been stopped.
        #[arg(long)]
        data: PathBuf,
        /// Nothing may be found.
        #[arg(long)]
        erased: bool,
    },
}

/// What happens to a person.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum PersonEvent {
    /// An address was given.
    Addressed {
        /// Of electronic mail.
        email: Personal<String>,
    },
}

impl Event for PersonEvent {}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Person {
    email: Option<Personal<String>>,
}

impl Aggregate for Person {
    const STREAM: &'static str = "trial.person";
    const SNAPSHOT_EVERY: u32 = 2;
    type Id = Uuid;
    type Event = PersonEvent;
    type Published = PersonEvent;

    fn apply(&mut self, PersonEvent::Addressed { email }: &PersonEvent) {
        self.email = Some(email.clone());
    }

    fn publish(&self, event: &PersonEvent) -> Option<PersonEvent> {
        Some(event.clone())
    }
}

/// Addresses in plain, as a list that is searched by them has to hold them.
struct Addresses(EventLog);

impl Projection for Addresses {
    fn name(&self) -> &'static str {
        "trial.addresses"
    }

    fn streams(&self) -> &'static [&'static str] {
        &[Person::STREAM, eventlog::Subject::STREAM]
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "trial_addresses",
            sql:
                "CREATE TABLE {trial_addresses} (workspace_id UUID NOT NULL, subject UUID NOT NULL, email TEXT NOT NULL,
                    PRIMARY KEY (workspace_id, subject));
                  CREATE INDEX {trial_addresses}_by_email ON {trial_addresses} (workspace_id, lower(email))",
        }]
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            if event.category() == eventlog::Subject::STREAM {
                let SubjectEvent::SubjectErased { subject } = self.0.open(event).await?;
                let delete = "DELETE FROM {trial_addresses} WHERE workspace_id = $1 AND subject = $2";
                model.execute(delete, args![subject.0]).await?;
                return Ok(());
            }
            let PersonEvent::Addressed { email } = self.0.open(event).await?;
            if let Some(plain) = email.open() {
                let upsert = "INSERT INTO {trial_addresses} (workspace_id, subject, email) VALUES ($1, $2, $3)
                     ON CONFLICT (workspace_id, subject) DO UPDATE SET email = excluded.email";
                model.execute(upsert, args![email.subject().0, plain.as_str()]).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

struct Place {
    log: EventLog,
    jobs: Jobs,
    keys: SqlKeyStore,
    projector: Projector,
    actor: Actor,
}

/// Keys lie in the same database here, so that their files are looked through too.
async fn open(url: &str, dir: &Path) -> anyhow::Result<Place> {
    let source = Source::system();
    let database = Database::open(&Settings::of(url)).await?;
    let migrations = [eventlog::MIGRATIONS, KEY_MIGRATIONS, jobs::MIGRATIONS].concat();
    database.migrate(migrations, source.now()).await?;
    let (master, _) = MasterKeys::load_or_create(&dir.join("master.key"), &*source.chance)?;
    let keys = SqlKeyStore::new(database.clone());
    let ring = KeyRing::new(Arc::new(SqlKeyStore::new(database.clone())), master, source.clone(), Limits::default());
    let log = EventLog::new(database, ring, source, vec![]);
    let projector = Projector::new(log.clone(), vec![Arc::new(Addresses(log.clone()))]);
    projector.prepare().await?;
    Ok(Place { jobs: Jobs::new(log.clone()), log, keys, projector, actor: Actor::system(WORKSPACE) })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { role, url, dir } = Arguments::parse();
    match role {
        Role::Fill => fill(&open(&url, &dir).await?, &dir).await,
        Role::Erase => erase(open(&url, &dir).await?).await,
        Role::Look { data, erased } => look(&data, &dir, erased),
    }
}

fn email(who: u128, tag: Uuid) -> String {
    let name = if who == WHO { "ada" } else { "mary" };
    format!("{name}.{}@trial.example", tag.simple())
}

async fn fill(place: &Place, dir: &Path) -> anyhow::Result<()> {
    let tag = place.log.source().uuid();
    for who in 0..PEOPLE {
        store(place, who, email(who, tag)).await?;
    }
    place.log.seal_all().await?;
    place.projector.catch_up().await?;
    let database = place.log.database();
    database.write(Scope::System, |tx| analyze(tx).boxed()).await?;
    let select = "SELECT wrapped FROM key_subjects WHERE subject_id = $1";
    let rows = database.all(select, args![Uuid::from_u128(WHO)]).await?;
    let wrapped: Vec<u8> = rows.first().context("the subject has a key")?.get(0)?;
    fs::write(dir.join("address"), email(WHO, tag))?;
    fs::write(dir.join("other"), email(0, tag))?;
    fs::write(dir.join("key"), &wrapped[wrapped.len().saturating_sub(NEEDLE_BYTES)..])?;
    Ok(())
}

/// As autovacuum does sooner or later: the planner's notes hold values.
async fn analyze(tx: &mut Tx) -> Result<(), SqlError> {
    for table in ["trial_addresses", "key_subjects", "events", "jobs", "idempotency", "snapshots"] {
        tx.execute(Sql::made(format!("ANALYZE {table}")), args![]).await?;
    }
    Ok(())
}

/// Some changes of one person, each with an idempotency key, a job and, by their number, a snapshot.
async fn store(place: &Place, who: u128, address: String) -> anyhow::Result<()> {
    for number in 0..5 {
        let personal = Personal::of(SubjectId(Uuid::from_u128(who)), address.clone());
        let greet = place.jobs.job(WORKSPACE, "trial.greet", &personal).await?;
        let jobs = place.jobs.clone();
        let also: Also = Box::new(move |tx, _| {
            async move { jobs.enqueue_in(tx, vec![greet]).await.map(|_| ()).map_err(as_log) }.boxed()
        });
        let fingerprint = place.log.keys().hmac(WORKSPACE, "trial.once", address.as_bytes()).await?;
        let once = Some(Once { key: format!("{who} {number}"), fingerprint });
        let how = How { once, also: Some(also), ..How::default() };
        let decide = move |_: &Person| Ok::<_, TrialError>(vec![PersonEvent::Addressed { email: personal }]);
        let id = Uuid::from_u128(who);
        place.log.change_with::<Person, TrialError, TrialError>(&place.actor, id, how, decide).await?;
    }
    Ok(())
}

fn as_log(error: jobs::JobError) -> LogError {
    match error {
        jobs::JobError::Log(error) => error,
        jobs::JobError::Sql(error) => error.into(),
        _ => SqlError::Aborted.into(),
    }
}

/// Rewrites what holds the erased: the keys, and the read models that hold plain values.
struct Scrub {
    keys: SqlKeyStore,
    projector: Projector,
}

impl Handler for Scrub {
    fn kind(&self) -> &'static str {
        SCRUB
    }

    fn run(&self, _: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            self.keys.scrub().await?;
            self.projector.scrub().await?;
            Ok(())
        }
        .boxed()
    }
}

async fn erase(place: Place) -> anyhow::Result<()> {
    place.log.erase_subjects(&place.actor, &[SubjectId(Uuid::from_u128(WHO))]).await?;
    let job = place.jobs.job(WORKSPACE, SCRUB, &()).await?;
    place.jobs.enqueue(job).await?;
    let scrub = Arc::new(Scrub { keys: place.keys, projector: place.projector });
    let done = Worker::new(place.jobs.clone(), vec![scrub], WorkerSettings::default()).drain().await?;
    let left = "SELECT count(*) FROM jobs WHERE kind = $1 AND state <> 'succeeded'";
    let left: i64 = place.log.database().all(left, args![SCRUB]).await?[0].get(0)?;
    if done != 1 || left != 0 {
        bail!("the job that rewrites was tried {done} times and is not done");
    }
    Ok(())
}

fn look(data: &Path, dir: &Path, erased: bool) -> anyhow::Result<()> {
    let names = ["address", "key", "other"];
    let needles = names.iter().map(|name| fs::read(dir.join(name))).collect::<Result<Vec<_>, _>>()?;
    let mut found: [Vec<String>; 3] = [const { Vec::new() }; 3];
    let (mut files, mut bytes, mut folders) = (0_u64, 0_u64, vec![data.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.extend((!path.ends_with("pg_wal")).then_some(path));
                continue;
            }
            let content = fs::read(&path)?;
            (files, bytes) = (files + 1, bytes + content.len() as u64);
            for (at, needle) in needles.iter().enumerate() {
                if content.windows(needle.len()).any(|part| part == needle) {
                    found[at].push(path.strip_prefix(data)?.display().to_string());
                }
            }
        }
    }
    let line = serde_json::json!({
        "erased": erased, "files": files, "bytes": bytes, "address_in": found[0], "key_in": found[1],
        "of_another_person_in": found[2].len(),
    });
    writeln!(std::io::stdout(), "{line}")?;
    // What was nowhere before proves nothing.
    if found[2].is_empty() || erased != found[0].is_empty() || erased != found[1].is_empty() {
        bail!(if erased { "something is left" } else { "there is nothing to erase" });
    }
    Ok(())
}
