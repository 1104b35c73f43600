//! PostgreSQL: a pool whose transactions run in tasks of their own, and replicas for reads that may be a little old.
//!
//! A server can vanish without a word, and TCP takes a quarter of an hour to notice, or does not: every answer is waited for in
//! time, and a connection that owes one is closed.

use std::{
    future::Future,
    io,
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection as _, PgPool, Postgres as Driver,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::Mutex;

use crate::{
    Scope, SqlError, Tx,
    database::{Call, Settings, guarded},
    replica::Replica,
    rewrite::rewrite,
    tx::{Connection, raw_postgres},
};

/// How long to wait for a free connection before the database counts as out of reach.
const ACQUIRE: Duration = Duration::from_secs(10);
/// The same for a replica, whose reads another server can answer.
const ACQUIRE_REPLICA: Duration = Duration::from_secs(1);
const READ: (&str, &str) = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "");
/// How much longer than a transaction may take its begin and its end are waited for: a server that is there ends what takes
/// too long by itself, and says so.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// How long a connection may take to show, on its way back into the pool, that it lives.
const GIVE_BACK: Duration = Duration::from_secs(5);
/// How long it may take to ask why there was none.
const ASK: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Postgres {
    primary: PgPool,
    replicas: Vec<Replica>,
    turn: AtomicUsize,
    limit: Duration,
    most: u32,
    /// Who holds it asks why no connection came: one at a time, for the server may only be busy.
    asking: Mutex<()>,
}

impl Postgres {
    pub(crate) async fn open(settings: &Settings) -> Result<Self, SqlError> {
        let primary = pool(&settings.url, (settings, ACQUIRE))?;
        let replica = |url: &String| pool(url, (settings, ACQUIRE_REPLICA)).map(Replica::new);
        let replicas = settings.read_urls.iter().map(replica).collect::<Result<_, _>>()?;
        let (turn, limit, most) = (AtomicUsize::new(0), settings.transaction_timeout, settings.max_connections);
        let opened = Self { primary, replicas, turn, limit, most, asking: Mutex::new(()) };
        // Says now that nobody answers, and why, and not at the first request.
        drop(opened.acquire(&opened.primary).await?);
        Ok(opened)
    }

    pub(crate) async fn write(&self, (scope, lock): (Scope, Option<i64>), mut call: Box<dyn Call>) {
        let lock = lock.map_or(String::new(), |lock| format!("; SELECT pg_advisory_xact_lock({lock})"));
        let mut tx = match self.begin(self.of_primary(), ("BEGIN", &lock), scope).await {
            Ok(tx) => tx,
            Err(error) => return call.tell(Some(error)),
        };
        match guarded(self.limit, call.run(&mut tx)).await {
            Ok(true) => call.tell(self.end(tx, "COMMIT").await.err()),
            Ok(false) => {
                // The caller hears its own error; a connection that cannot roll back is closed, which rolls back.
                let _ = self.end(tx, "ROLLBACK").await;
                call.tell(None);
            }
            Err(error) => {
                close(&mut tx);
                call.tell(Some(error));
            }
        }
    }

    /// `old` allows a replica. Where none answers, the primary does.
    pub(crate) async fn read(&self, scope: Scope, mut call: Box<dyn Call>, old: bool) {
        let on_replica = if old { self.begin_on_replica(scope).await } else { None };
        let mut tx = match on_replica {
            Some(tx) => tx,
            None => match self.begin(self.of_primary(), READ, scope).await {
                Ok(tx) => tx,
                Err(error) => return call.tell(Some(error)),
            },
        };
        let outcome = guarded(self.limit, call.run(&mut tx)).await;
        match &outcome {
            // Nothing was written; how the end goes matters only to the connection.
            Ok(_) => drop(self.end(tx, "ROLLBACK").await),
            Err(_) => close(&mut tx),
        }
        call.tell(outcome.err());
    }

    /// Replicas take turns; one that does not answer is passed over.
    async fn begin_on_replica(&self, scope: Scope) -> Option<Tx> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        for step in 0..self.replicas.len() {
            let replica = &self.replicas[first.wrapping_add(step) % self.replicas.len()];
            if replica.rests() {
                continue;
            }
            match self.begin((&replica.pool, ACQUIRE_REPLICA), READ, scope).await {
                Ok(tx) => return Some(tx),
                Err(error) => {
                    tracing::warn!(error = %error, "a replica does not answer, its reads go elsewhere: {error}");
                    replica.rest();
                }
            }
        }
        None
    }

    /// Outside of any transaction, as VACUUM wants it, and for as long as a large table takes. Whoever sees what was deleted
    /// may go on for as long as a transaction may take.
    pub(crate) async fn rewrite(&self, tables: &[&str]) -> Result<(), SqlError> {
        let connection = answered(ACQUIRE, self.primary.connect_options().connect()).await?;
        rewrite(connection, tables, self.limit).await
    }

    pub(crate) async fn close(&self) {
        self.primary.close().await;
        for replica in &self.replicas {
            replica.pool.close().await;
        }
    }

    fn of_primary(&self) -> (&PgPool, Duration) {
        (&self.primary, self.limit + GRACE)
    }

    /// One journey: the transaction, and whose rows it sees. Connections that died while they lay idle are thrown away, and
    /// there may be as many of them as the pool holds.
    async fn begin(
        &self,
        (pool, patience): (&PgPool, Duration),
        (how, then): (&str, &str),
        scope: Scope,
    ) -> Result<Tx, SqlError> {
        let whose = match scope {
            Scope::Workspace(workspace) => workspace.to_string(),
            Scope::System => "*".to_owned(),
        };
        let mut last = SqlError::Aborted;
        for _ in 0..=self.most {
            let mut connection = self.acquire(pool).await?;
            let sql = format!("{how}; SELECT set_config('grayghost.scope', '{whose}', true){then}");
            let Err(error) = answered(patience, raw_postgres(sql, &mut connection)).await else {
                return Ok(Tx::new(Connection::Postgres(connection), scope));
            };
            connection.close_on_drop();
            let silent = matches!(&error, sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::TimedOut);
            last = error.into();
            if silent {
                // The caller has waited long enough, and nobody shall wait so for the next one.
                self.forget_idle(pool);
                break;
            }
            if !matches!(last, SqlError::Unavailable(_)) {
                // The connection lives and says no: another one would say the same.
                break;
            }
        }
        Err(last)
    }

    /// Closes the connections that lie idle: they lead to the server that has vanished.
    fn forget_idle(&self, pool: &PgPool) {
        for _ in 0..self.most {
            let Some(mut connection) = pool.try_acquire() else { return };
            connection.close_on_drop();
        }
    }

    /// Ends a transaction. A connection that does not heed is closed, which rolls back.
    async fn end(&self, tx: Tx, how: &'static str) -> Result<(), SqlError> {
        let Connection::Postgres(mut connection) = tx.connection else { return Err(SqlError::Aborted) };
        let Err(error) = answered(self.limit + GRACE, raw_postgres(how.to_owned(), &mut connection)).await else {
            // Whoever takes a connection back asks it whether it lives, and would wait for that as long as TCP does.
            tokio::spawn(tokio::time::timeout(GIVE_BACK, connection.return_to_pool()));
            return Ok(());
        };
        connection.close_on_drop();
        let refused = matches!(error, sqlx::Error::Database(_));
        Err(match error.into() {
            // Lost, or told to go (57P01), which may be between the commit and its answer.
            SqlError::Unavailable(source) => SqlError::Unknown(source),
            SqlError::Refused(source) if !refused => SqlError::Unknown(source),
            // The server said no: it rolled back.
            other => other,
        })
    }

    async fn acquire(&self, pool: &PgPool) -> Result<PoolConnection<Driver>, SqlError> {
        match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) => Err(self.why(pool).await.into()),
            other => Ok(other?),
        }
    }

    /// Why no connection came. The pool tries for as long as it may and keeps the reason for itself.
    async fn why(&self, pool: &PgPool) -> sqlx::Error {
        let options = pool.connect_options();
        let ask = async {
            let _one = self.asking.lock().await;
            options.connect().await
        };
        match tokio::time::timeout(ASK, ask).await {
            Ok(Err(error)) => error,
            Ok(Ok(connection)) => {
                // The server is well, and all connections are in use; a failed goodbye changes nothing of that.
                let _ = connection.close().await;
                sqlx::Error::PoolTimedOut
            }
            Err(_) => sqlx::Error::PoolTimedOut,
        }
    }
}

/// Waits for the server's word for so long; then it counts as gone.
pub(crate) async fn answered<T>(
    patience: Duration,
    word: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(patience, word).await.unwrap_or_else(|_| {
        let silence = format!("the server has not answered for {} s", patience.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, silence).into())
    })
}

fn close(tx: &mut Tx) {
    if let Connection::Postgres(connection) = &mut tx.connection {
        connection.close_on_drop();
    }
}

fn pool(url: &str, (settings, patience): (&Settings, Duration)) -> Result<PgPool, SqlError> {
    let millis = settings.transaction_timeout.as_millis().to_string();
    let options = PgConnectOptions::from_str(url)?
        .application_name("grayghost")
        .statement_cache_capacity(512)
        .options([
            ("statement_timeout", millis.as_str()),
            ("idle_in_transaction_session_timeout", millis.as_str()),
            ("synchronous_commit", "on"),
            ("client_min_messages", "warning"),
        ])
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(patience.min(settings.transaction_timeout))
        .test_before_acquire(false)
        .connect_lazy_with(options))
}
