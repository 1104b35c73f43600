//! The one handle: which database, and how work is given to it.

use std::{fmt, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use kernel::WorkspaceId;
use tokio::sync::oneshot;

use crate::{Dialect, Row, Scope, Sql, SqlError, Tx, Value, postgres::Postgres, sqlite::Sqlite};

/// How to reach a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `sqlite:FILE`, `sqlite::memory:` or `postgres://USER@HOST/DATABASE`.
    pub url: String,
    /// PostgreSQL replicas, for reads that may be a little old. Where none of them answers, the primary does.
    pub read_urls: Vec<String>,
    /// Connections at most; on SQLite those that read.
    pub max_connections: u32,
    /// How long a transaction may take.
    pub transaction_timeout: Duration,
}

impl Settings {
    /// Defaults for an address.
    #[must_use]
    pub fn of(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            read_urls: Vec::new(),
            max_connections: 16,
            transaction_timeout: Duration::from_secs(30),
        }
    }
}

/// A database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database(Arc<Backend>);

#[derive(Debug)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    /// Opens it; a SQLite file is made when it is missing.
    ///
    /// # Errors
    /// [`SqlError::Scheme`] for an address of another kind, [`SqlError::Unavailable`] when nobody answers.
    pub async fn open(settings: &Settings) -> Result<Self, SqlError> {
        let scheme = settings.url.split(':').next().unwrap_or_default();
        Ok(Self(Arc::new(match scheme {
            "sqlite" => Backend::Sqlite(Sqlite::open(settings).await?),
            "postgres" | "postgresql" => Backend::Postgres(Postgres::open(settings).await?),
            _ => return Err(SqlError::Scheme { scheme: scheme.to_owned() }),
        })))
    }

    /// Which of the two it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &*self.0 {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The rows of one workspace.
    #[must_use]
    pub fn tenant(&self, workspace: WorkspaceId) -> Tenant {
        Tenant { database: self.clone(), workspace }
    }

    /// Runs work in a write transaction and commits it, when the work succeeds. Work does nothing but SQL: on SQLite all
    /// writers wait for it. It goes on to its end when the caller goes away.
    ///
    /// # Errors
    /// Those of the work, and [`SqlError`] as `E`.
    pub async fn write<T, E, F>(&self, scope: Scope, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_locked(scope, None, work).await
    }

    /// The same, where at most one transaction at a time has this `lock`: it is taken before the first statement, so that
    /// what is read then stays true. On SQLite there is one writer anyway.
    ///
    /// # Errors
    /// Those of the work, and [`SqlError`] as `E`.
    pub async fn write_locked<T, E, F>(&self, scope: Scope, lock: Option<i64>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (call, answer) = Waiting::of(work);
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.write(scope, call).await,
            Backend::Postgres(_) => {
                let this = self.clone();
                tokio::spawn(async move {
                    if let Backend::Postgres(postgres) = &*this.0 {
                        postgres.write((scope, lock), call).await;
                    }
                });
            }
        }
        answer.await.unwrap_or_else(|_| Err(SqlError::Aborted.into()))
    }

    /// Runs work that only reads, all of it on one snapshot.
    ///
    /// # Errors
    /// Those of the work, and [`SqlError`] as `E`.
    pub async fn read<T, E, F>(&self, scope: Scope, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.look(scope, work, false).await
    }

    /// The same from a replica, where there is one that answers: what it says may be a little old.
    ///
    /// # Errors
    /// Those of the work, and [`SqlError`] as `E`.
    pub async fn read_replica<T, E, F>(&self, scope: Scope, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.look(scope, work, true).await
    }

    async fn look<T, E, F>(&self, scope: Scope, work: F, old: bool) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (call, answer) = Waiting::of(work);
        let this = self.clone();
        tokio::spawn(async move {
            match &*this.0 {
                Backend::Sqlite(sqlite) => sqlite.read(scope, call).await,
                Backend::Postgres(postgres) => postgres.read(scope, call, old).await,
            }
        });
        answer.await.unwrap_or_else(|_| Err(SqlError::Aborted.into()))
    }

    /// One query over all workspaces; for the mechanism of the platform.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn all(&self, sql: impl Into<Sql>, args: Vec<Value>) -> Result<Vec<Row>, SqlError> {
        let sql = sql.into();
        self.read(Scope::System, move |tx| tx.all(sql, args).boxed()).await
    }

    /// Rewrites these tables without what was deleted from them, and what the planner had noted of their values: `VACUUM FULL`
    /// on PostgreSQL, which locks each for its time; SQLite has overwritten it already and only folds its write-ahead log. On
    /// PostgreSQL the role has to own the tables and the database.
    ///
    /// # Errors
    /// [`SqlError`]; [`SqlError::Busy`] when somebody sees what was deleted, so that it is still there, or holds a table, for
    /// longer than a transaction may take: try again later.
    pub async fn rewrite(&self, tables: &[&str]) -> Result<(), SqlError> {
        match &*self.0 {
            Backend::Sqlite(_) => self.fold().await,
            Backend::Postgres(postgres) => postgres.rewrite(tables).await,
        }
    }

    /// Folds SQLite's write-ahead log into its file and cuts it, so that what was overwritten is in neither. Nothing on
    /// PostgreSQL, whose log has a life of its own.
    ///
    /// # Errors
    /// [`SqlError`]; [`SqlError::Busy`] when a reader holds on to an old snapshot for some seconds.
    pub async fn fold(&self) -> Result<(), SqlError> {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.fold().await,
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Closes what is idle, once nobody asks any more.
    pub async fn close(&self) {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

/// A database as one workspace sees it: the only way to a tenant's rows.
#[derive(Debug, Clone)]
pub struct Tenant {
    database: Database,
    workspace: WorkspaceId,
}

impl Tenant {
    /// Whose rows.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// As [`Database::write`].
    ///
    /// # Errors
    /// Those of the work, and [`SqlError`] as `E`.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.database.write(Scope::Workspace(self.workspace), work).await
    }

    /// As [`Database::read`].
    ///
    /// # Errors
    /// Those of the work, and [`SqlError`] as `E`.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqlError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.database.read(Scope::Workspace(self.workspace), work).await
    }

    /// One query; its first argument is `$2`, for `$1` is the workspace.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn all(&self, sql: impl Into<Sql>, args: Vec<Value>) -> Result<Vec<Row>, SqlError> {
        let sql = sql.into();
        self.read(move |tx| tx.all(sql, args).boxed()).await
    }
}

/// Work, and somebody who waits for its end.
pub(crate) trait Call: Send {
    /// Does the work; true when it shall be kept.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// The work did not end: this is its outcome instead.
    fn fail(&mut self, error: SqlError);
    /// Tells the outcome, or that what should have been kept was not.
    fn tell(self: Box<Self>, lost: Option<SqlError>);
}

struct Waiting<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Waiting<T, E, F>
where
    T: Send + 'static,
    E: From<SqlError> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn of(work: F) -> (Box<dyn Call>, oneshot::Receiver<Result<T, E>>) {
        let (answer, receiver) = oneshot::channel();
        (Box::new(Self { work: Some(work), result: None, answer }), receiver)
    }
}

impl<T, E, F> Call for Waiting<T, E, F>
where
    T: Send + 'static,
    E: From<SqlError> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        async move {
            let Some(work) = self.work.take() else { return false };
            let result = work(tx).await;
            let result = match tx.failure() {
                // A statement failed and the work went on: PostgreSQL would answer COMMIT with a quiet rollback.
                Some(error) if result.is_ok() => Err(error.clone().into()),
                _ => result,
            };
            self.result.insert(result).is_ok()
        }
        .boxed()
    }

    fn fail(&mut self, error: SqlError) {
        self.result = Some(Err(error.into()));
    }

    fn tell(self: Box<Self>, lost: Option<SqlError>) {
        let result = match (self.result, lost) {
            (Some(Ok(_)) | None, Some(error)) => Err(error.into()),
            (Some(result), _) => result,
            (None, None) => Err(SqlError::Aborted.into()),
        };
        // Nobody may be waiting any more; the work is done all the same.
        let _ = self.answer.send(result);
    }
}

impl fmt::Debug for dyn Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}

/// Waits for work that may take too long or break.
pub(crate) async fn guarded<T>(limit: Duration, work: impl Future<Output = T> + Send) -> Result<T, SqlError> {
    match tokio::time::timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err(SqlError::Aborted),
        Err(_) => Err(SqlError::TimedOut { seconds: limit.as_secs() }),
    }
}
