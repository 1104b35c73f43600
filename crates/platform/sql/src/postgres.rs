//! PostgreSQL: a pool whose transactions run in tasks of their own, and replicas for reads that may be a little old.

use std::{
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
    tx::{Connection, raw_postgres},
};

/// How long to wait for a free connection before the database counts as out of reach.
const ACQUIRE: Duration = Duration::from_secs(10);
/// The same for a replica, whose reads another server can answer.
const ACQUIRE_REPLICA: Duration = Duration::from_secs(1);
const READ: (&str, &str) = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "");
/// How long it may take to ask why there was none.
const ASK: Duration = Duration::from_secs(1);

/// A new type, even the same one, drops what the planner has noted of a column's values, and of indexes on it. Not that of
/// the workspace, which a policy names.
const FORGET_VALUES: &str = "DO $$ BEGIN EXECUTE (
    SELECT 'ALTER TABLE {table} ' || string_agg(format('ALTER COLUMN %I TYPE %s%s', attname, format_type(atttypid, atttypmod),
        CASE WHEN attcollation = 0 THEN '' ELSE ' COLLATE ' || attcollation::regcollation END), ', ')
    FROM pg_attribute
    WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'workspace_id'
); END $$";

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
        let mut tx = match self.begin(&self.primary, ("BEGIN", &lock), scope).await {
            Ok(tx) => tx,
            Err(error) => return call.tell(Some(error)),
        };
        match guarded(self.limit, call.run(&mut tx)).await {
            Ok(true) => call.tell(end(&mut tx, "COMMIT").await.err()),
            Ok(false) => {
                // The caller hears its own error; a connection that cannot roll back is closed, which rolls back.
                let _ = end(&mut tx, "ROLLBACK").await;
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
            None => match self.begin(&self.primary, READ, scope).await {
                Ok(tx) => tx,
                Err(error) => return call.tell(Some(error)),
            },
        };
        let outcome = guarded(self.limit, call.run(&mut tx)).await;
        match &outcome {
            // Nothing was written; how the end goes matters only to the connection.
            Ok(_) => drop(end(&mut tx, "ROLLBACK").await),
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
            match self.begin(&replica.pool, READ, scope).await {
                Ok(tx) => return Some(tx),
                Err(error) => {
                    tracing::warn!(error = %error, "a replica does not answer, its reads go elsewhere: {error}");
                    replica.rest();
                }
            }
        }
        None
    }

    /// Outside of any transaction, as VACUUM wants it, and for as long as a large table takes. What the planner had noted
    /// of the values (`pg_statistic`) goes too: ANALYZE alone keeps the notes of a table that is empty now.
    pub(crate) async fn vacuum_full(&self, tables: &[&str]) -> Result<(), SqlError> {
        let mut connection = self.acquire(&self.primary).await?;
        let mut statements = vec!["SET statement_timeout = 0".to_owned()];
        for table in tables {
            statements.push(FORGET_VALUES.replace("{table}", table));
            statements.push(format!("VACUUM (FULL, ANALYZE) {table}"));
        }
        statements.push("VACUUM FULL pg_statistic".to_owned());
        statements.push("RESET statement_timeout".to_owned());
        for statement in statements {
            if let Err(error) = raw_postgres(statement, &mut connection).await {
                connection.close_on_drop();
                return Err(error.into());
            }
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.primary.close().await;
        for replica in &self.replicas {
            replica.pool.close().await;
        }
    }

    /// One journey: the transaction, and whose rows it sees. Connections that died while they lay idle are thrown away, and
    /// there may be as many of them as the pool holds.
    async fn begin(&self, pool: &PgPool, (how, then): (&str, &str), scope: Scope) -> Result<Tx, SqlError> {
        let whose = match scope {
            Scope::Workspace(workspace) => workspace.to_string(),
            Scope::System => "*".to_owned(),
        };
        let mut last = SqlError::Aborted;
        for _ in 0..=self.most {
            let mut connection = self.acquire(pool).await?;
            let sql = format!("{how}; SELECT set_config('grayghost.scope', '{whose}', true){then}");
            match raw_postgres(sql, &mut connection).await {
                Ok(()) => return Ok(Tx::new(Connection::Postgres(connection), scope)),
                Err(error) => {
                    connection.close_on_drop();
                    last = error.into();
                    if !matches!(last, SqlError::Unavailable(_)) {
                        // The connection lives and says no: another one would say the same.
                        break;
                    }
                }
            }
        }
        Err(last)
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

async fn end(tx: &mut Tx, how: &'static str) -> Result<(), SqlError> {
    let Connection::Postgres(connection) = &mut tx.connection else { return Err(SqlError::Aborted) };
    let done = raw_postgres(how.to_owned(), connection).await;
    done.map_err(|error| {
        connection.close_on_drop();
        let refused = matches!(error, sqlx::Error::Database(_));
        match error.into() {
            // Lost, or told to go (57P01), which may be between the commit and its answer.
            SqlError::Unavailable(source) => SqlError::Unknown(source),
            SqlError::Refused(source) if !refused => SqlError::Unknown(source),
            // The server said no: it rolled back.
            other => other,
        }
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
