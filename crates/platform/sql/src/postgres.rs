//! PostgreSQL: a pool whose transactions run in tasks of their own, and replicas for reads that may be a little old.

use std::{
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use sqlx::{
    ConnectOptions, PgPool, Postgres as Driver,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Scope, SqlError, Tx,
    database::{Call, Settings, guarded},
    tx::{Connection, raw_postgres},
};

/// How long to wait for a free connection before the database counts as out of reach.
const ACQUIRE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Postgres {
    primary: PgPool,
    replicas: Vec<PgPool>,
    turn: AtomicUsize,
    limit: Duration,
    most: u32,
}

impl Postgres {
    pub(crate) async fn open(settings: &Settings) -> Result<Self, SqlError> {
        let primary = pool(&settings.url, settings)?;
        // Says at once that nobody answers, and not at the first request.
        drop(primary.acquire().await?);
        let replicas = settings.read_urls.iter().map(|url| pool(url, settings)).collect::<Result<_, _>>()?;
        let (turn, limit, most) = (AtomicUsize::new(0), settings.transaction_timeout, settings.max_connections);
        Ok(Self { primary, replicas, turn, limit, most })
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

    /// `old` allows a replica.
    pub(crate) async fn read(&self, scope: Scope, mut call: Box<dyn Call>, old: bool) {
        let pool = if old && !self.replicas.is_empty() {
            &self.replicas[self.turn.fetch_add(1, Ordering::Relaxed) % self.replicas.len()]
        } else {
            &self.primary
        };
        let mut tx = match self.begin(pool, ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ""), scope).await {
            Ok(tx) => tx,
            Err(error) => return call.tell(Some(error)),
        };
        let outcome = guarded(self.limit, call.run(&mut tx)).await;
        match &outcome {
            // Nothing was written; how the end goes matters only to the connection.
            Ok(_) => drop(end(&mut tx, "ROLLBACK").await),
            Err(_) => close(&mut tx),
        }
        call.tell(outcome.err());
    }

    /// Outside of any transaction, as VACUUM wants it.
    pub(crate) async fn vacuum_full(&self, tables: &[&str]) -> Result<(), SqlError> {
        for table in tables {
            let mut connection = self.primary.acquire().await?;
            raw_postgres(format!("VACUUM FULL {table}"), &mut connection).await?;
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.primary.close().await;
        for replica in &self.replicas {
            replica.close().await;
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
            let mut connection: PoolConnection<Driver> = pool.acquire().await?;
            let sql = format!("{how}; SELECT set_config('grayghost.scope', '{whose}', true){then}");
            match raw_postgres(sql, &mut connection).await {
                Ok(()) => return Ok(Tx::new(Connection::Postgres(connection), scope)),
                Err(error) => {
                    connection.close_on_drop();
                    last = error.into();
                }
            }
        }
        Err(last)
    }
}

async fn end(tx: &mut Tx, how: &'static str) -> Result<(), SqlError> {
    let Connection::Postgres(connection) = &mut tx.connection else { return Err(SqlError::Aborted) };
    let done = raw_postgres(how.to_owned(), connection).await;
    done.map_err(|error| {
        connection.close_on_drop();
        match error {
            // The server said no: it rolled back.
            sqlx::Error::Database(_) => error.into(),
            error => SqlError::Unknown(error.into()),
        }
    })
}

fn close(tx: &mut Tx) {
    if let Connection::Postgres(connection) = &mut tx.connection {
        connection.close_on_drop();
    }
}

fn pool(url: &str, settings: &Settings) -> Result<PgPool, SqlError> {
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
        .acquire_timeout(ACQUIRE.min(settings.transaction_timeout))
        .test_before_acquire(false)
        .connect_lazy_with(options))
}
