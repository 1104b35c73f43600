//! Databases for tests: SQLite in a folder or in memory, and PostgreSQL where `make services` has started it.

use std::{env, time::Duration};

use sql::{Database, Settings};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

use crate::{NEEDS_POSTGRES, skipped};

/// An empty database, which ends with this.
#[derive(Debug)]
pub struct Place {
    /// The database.
    pub database: Database,
    /// How another handle reaches it.
    pub settings: Settings,
    _folder: Option<TempDir>,
}

impl Place {
    /// Another handle on the same database, as another process would have one. Not for one in memory.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn again(&self) -> Database {
        Database::open(&self.settings).await.expect("opened a second time")
    }
}

/// SQLite in a folder of its own.
///
/// # Panics
/// If there is no room for one.
pub async fn sqlite() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings::of(format!("sqlite:{}", folder.path().join("test.db").display()));
    let database = Database::open(&settings).await.expect("opened");
    Place { database, settings, _folder: Some(folder) }
}

/// SQLite in memory: the quickest, of one handle only.
///
/// # Panics
/// If it cannot be opened.
pub async fn memory() -> Place {
    let settings = Settings::of("sqlite::memory:");
    let database = Database::open(&settings).await.expect("opened");
    Place { database, settings, _folder: None }
}

/// A new database on the PostgreSQL that `GRAYGHOST_TEST_POSTGRES_URL` names; `None`, said aloud and counted, where there is
/// none.
///
/// # Panics
/// If there is a server and it makes no database.
pub async fn postgres() -> Option<Place> {
    Some(new_database(&postgres_url()?).await)
}

/// The server that `GRAYGHOST_TEST_POSTGRES_URL` names; `None`, said aloud and counted, where there is none.
#[must_use]
pub fn postgres_url() -> Option<String> {
    let url = env::var("GRAYGHOST_TEST_POSTGRES_URL").ok();
    if url.is_none() {
        skipped(NEEDS_POSTGRES);
    }
    url
}

/// A new database on this server.
///
/// # Panics
/// If the server does not answer or makes none.
pub async fn new_database(url: &str) -> Place {
    let mut server = PgConnection::connect(url).await.expect("PostgreSQL answers");
    drop_old(&mut server).await;
    let name = format!("gg_{}", kernel::WorkspaceId::new().0.simple());
    run(&mut server, format!("CREATE DATABASE {name}")).await.expect("a database of its own");
    let (before, _) = url.rsplit_once('/').expect("an address that ends with a database");
    let settings = Settings {
        max_connections: 8,
        transaction_timeout: Duration::from_secs(20),
        ..Settings::of(format!("{before}/{name}"))
    };
    let database = Database::open(&settings).await.expect("the new database answers");
    Place { database, settings, _folder: None }
}

/// Drops what tests left more than an hour ago: a name begins with the millisecond in which it was made.
async fn drop_old(server: &mut PgConnection) {
    let old = "SELECT datname::text FROM pg_database WHERE datname ~ '^gg_[0-9a-f]{32}$'
         AND substr(datname, 4, 12) < lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 3600000), 12, '0')
         AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname) LIMIT 5";
    let names: Vec<String> = sqlx::query_scalar(old).fetch_all(&mut *server).await.unwrap_or_default();
    for name in names {
        // Another test may be dropping the same one.
        let _ = run(server, format!("DROP DATABASE IF EXISTS {name}")).await;
    }
}

async fn run(server: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(server).await.map(|_| ())
}

/// Declares tests that run on SQLite and on PostgreSQL: each name is an `async fn` that takes a [`Place`].
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(place) = $crate::postgres().await {
                    super::$name(place).await;
                }
            }
        }
    )* };
}

/// Declares tests that run a conformance suite on SQLite and on PostgreSQL: `name: suite`.
#[macro_export]
macro_rules! conforms_on_both {
    ($($name:ident: $suite:path),* $(,)?) => { $(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> $crate::anyhow::Result<()> {
                $suite($crate::sqlite).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> $crate::anyhow::Result<()> {
                match $crate::postgres_url() {
                    Some(url) => $suite(async || $crate::new_database(&url).await).await,
                    None => Ok(()),
                }
            }
        }
    )* };
}
