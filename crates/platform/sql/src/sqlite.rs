//! SQLite: one writer that commits in groups, many readers, write-ahead log, every commit flushed.
//!
//! All write transactions of a process go through one task, each in a savepoint of its own; those that wait while one is at
//! work are committed with it, by one flush of the disk. An acknowledged write was flushed.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{sync::mpsc, time::Instant};

use crate::{
    Scope, SqlError, Tx,
    database::{Call, Settings, guarded},
    tx::Connection,
};

/// Callers whose writes are committed together at most.
const MOST_TOGETHER: usize = 256;
/// Callers that wait for the writer at most; the next ones wait for a place.
const QUEUE: usize = 1_024;
/// The address of a database that ends with its process.
const IN_MEMORY: &str = ":memory:";
/// How long the write-ahead log is tried to be folded while others use it.
const FOLD: Duration = Duration::from_secs(5);
/// How long one try waits for readers, and all writers wait with it; and how long they have then for themselves.
const FOLD_TRY: Duration = Duration::from_millis(50);
const FOLD_PAUSE: Duration = Duration::from_millis(100);
/// How long another process may hold the write lock.
const LOCK_WAIT: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Sqlite {
    queue: mpsc::Sender<Request>,
    /// `None` in memory, where only the writer's connection sees the data.
    readers: Option<SqlitePool>,
    limit: Duration,
}

struct Request {
    scope: Scope,
    call: Box<dyn Call>,
}

impl Sqlite {
    pub(crate) async fn open(settings: &Settings) -> Result<Self, SqlError> {
        let place = place(&settings.url);
        let in_memory = place == IN_MEMORY;
        if let Some(folder) = Path::new(place).parent().filter(|folder| !in_memory && !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
        }
        let options = SqliteConnectOptions::from_str(&format!("sqlite:{place}"))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(LOCK_WAIT)
            .pragma("secure_delete", "ON")
            .statement_cache_capacity(512)
            .disable_statement_logging();
        let writer = options.connect().await?;
        let readers = (!in_memory).then(|| {
            SqlitePoolOptions::new()
                .max_connections(settings.max_connections)
                .acquire_timeout(settings.transaction_timeout)
                .test_before_acquire(false)
                .connect_lazy_with(options.clone().pragma("query_only", "ON"))
        });
        let (queue, requests) = mpsc::channel(QUEUE);
        let limit = settings.transaction_timeout;
        tokio::spawn(write_all(Tx::new(Connection::Sqlite(writer), Scope::System), requests, (options, limit)));
        Ok(Self { queue, readers, limit })
    }

    pub(crate) async fn write(&self, scope: Scope, call: Box<dyn Call>) {
        if let Err(refused) = self.queue.send(Request { scope, call }).await {
            refused.0.call.tell(Some(SqlError::Aborted));
        }
    }

    pub(crate) async fn read(&self, scope: Scope, mut call: Box<dyn Call>) {
        let Some(readers) = &self.readers else { return self.write(scope, call).await };
        let connection = match readers.acquire().await {
            Ok(connection) => connection,
            Err(error) => return call.tell(Some(error.into())),
        };
        let mut tx = Tx::new(Connection::SqliteReader(connection), scope);
        if let Err(error) = raw(&mut tx, "BEGIN").await {
            return call.tell(Some(error));
        }
        let outcome = guarded(self.limit, call.run(&mut tx)).await;
        if raw(&mut tx, "ROLLBACK").await.is_err()
            && let Connection::SqliteReader(connection) = &mut tx.connection
        {
            connection.close_on_drop();
        }
        call.tell(outcome.err());
    }

    /// By a connection of its own: the writer's is always ready for the next caller. Two that fold at once refuse each other
    /// without waiting, so it is tried for a while.
    pub(crate) async fn fold(&self) -> Result<(), SqlError> {
        let Some(readers) = &self.readers else { return Ok(()) };
        let options = SqliteConnectOptions::clone(&readers.connect_options()).pragma("query_only", "OFF");
        let mut connection = options.connect().await?;
        let patience = format!("PRAGMA busy_timeout = {}", FOLD_TRY.as_millis());
        sqlx::raw_sql(AssertSqlSafe(patience)).execute(&mut connection).await?;
        let until = Instant::now() + FOLD;
        let folded = loop {
            let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await;
            let folded = match row {
                Ok(row) if sqlx::Row::try_get::<i64, _>(&row, 0)? == 0 => Ok(()),
                Ok(_) => Err(SqlError::Busy),
                Err(error) => Err(error.into()),
            };
            if !matches!(folded, Err(SqlError::Busy)) || Instant::now() >= until {
                break folded;
            }
            tokio::time::sleep(FOLD_PAUSE).await;
        };
        connection.close().await?;
        folded
    }

    pub(crate) async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
    }
}

/// The writer's life. It ends when the last handle of the database is gone.
async fn write_all(
    mut tx: Tx,
    mut requests: mpsc::Receiver<Request>,
    (options, limit): (SqliteConnectOptions, Duration),
) {
    while let Some(first) = requests.recv().await {
        if let Err(error) = raw(&mut tx, "BEGIN IMMEDIATE; SAVEPOINT caller").await {
            let dead = matches!(error, SqlError::Unavailable(_)) && options.get_filename() != Path::new(IN_MEMORY);
            first.call.tell(Some(error));
            // A half-begun transaction or a dead connection must not meet the next caller.
            let _ = raw(&mut tx, "ROLLBACK").await;
            if dead && let Ok(fresh) = options.connect().await {
                tx = Tx::new(Connection::Sqlite(fresh), Scope::System);
            }
            continue;
        }
        let (group, failed) = together(&mut tx, first, &mut requests, limit).await;
        let failed = match failed {
            Some(error) => Some(error),
            None => raw(&mut tx, "COMMIT").await.err(),
        };
        if failed.is_some() {
            // Nothing of the group was kept. That a rollback fails too says only that SQLite has rolled back already.
            let _ = raw(&mut tx, "ROLLBACK").await;
        }
        for call in group {
            call.tell(failed.clone());
        }
    }
    if let Connection::Sqlite(connection) = tx.connection {
        // The write-ahead log is folded in; if that fails, the next start does it.
        let _ = connection.close().await;
    }
}

/// Runs one caller and those that wait by then; gives them back, and what broke the whole group.
async fn together(
    tx: &mut Tx,
    first: Request,
    requests: &mut mpsc::Receiver<Request>,
    limit: Duration,
) -> (Vec<Box<dyn Call>>, Option<SqlError>) {
    let (mut group, mut next) = (Vec::new(), Some(first));
    while let Some(Request { scope, mut call }) = next {
        tx.renew(scope);
        let kept = match guarded(limit, call.run(tx)).await {
            Ok(kept) => kept,
            Err(error) => {
                call.fail(error);
                false
            }
        };
        group.push(call);
        next = if group.len() < MOST_TOGETHER { requests.try_recv().ok() } else { None };
        let between = match (kept, next.is_some()) {
            (true, true) => "RELEASE caller; SAVEPOINT caller",
            (true, false) => continue,
            (false, _) => "ROLLBACK TO caller",
        };
        if let Err(error) = raw(tx, between).await {
            group.extend(next.map(|request| request.call));
            return (group, Some(error));
        }
    }
    (group, None)
}

async fn raw(tx: &mut Tx, sql: &'static str) -> Result<(), SqlError> {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql));
    match &mut tx.connection {
        Connection::Sqlite(connection) => sql.execute(connection).await?,
        Connection::SqliteReader(connection) => sql.execute(&mut **connection).await?,
        Connection::Postgres(_) => return Err(SqlError::Aborted),
    };
    Ok(())
}

/// The file that an address names.
fn place(url: &str) -> &str {
    let rest = url.trim_start_matches("sqlite:");
    rest.strip_prefix("//").unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn an_address_names_a_file_or_the_memory() {
        for (url, expected) in [
            ("sqlite::memory:", IN_MEMORY),
            ("sqlite:memory.db", "memory.db"),
            ("sqlite:///var/lib/a.db", "/var/lib/a.db"),
            ("sqlite:/var/lib/a.db", "/var/lib/a.db"),
        ] {
            assert_eq!(place(url), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn a_future_that_panics_is_an_error_and_not_a_panic() {
        let broken = async { panic!("on purpose") }.boxed();
        assert!(matches!(guarded::<()>(Duration::from_secs(1), broken).await, Err(SqlError::Aborted)));
    }
}
