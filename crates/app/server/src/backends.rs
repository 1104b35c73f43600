//! The databases of a project, opened as the settings say.
//!
//! Keys have a handle of their own even where they lie in the same database: they are asked for inside of transactions.

use std::{path::Path, sync::Arc, time::Duration};

use config::{BackendUrl, Config};
use crypto::{ClosedKeyStore, KeyRing, Limits, MasterKeys, Origin};
use eventlog::{EventLog, KEY_MIGRATIONS, SqlKeyStore};
use jobs::Jobs;
use kernel::{Source, SystemChance};
use lakehouse::LakehouseError;
use modules::{Module, Parts};
use sql::{Database, Settings, SqlError};

use crate::{failure::Failure, wiring, workspace::STATE_FOLDER};

/// Name of the key store's file beside a SQLite database.
const KEYS_FILE: &str = "keys.db";
/// Connections to the key store at most: what is asked is remembered.
const KEY_CONNECTIONS: u32 = 4;

/// Everything that the server stands on.
#[derive(Debug, Clone)]
pub struct Backends {
    /// Facts, with the database and the keys.
    pub log: EventLog,
    /// The queue.
    pub jobs: Jobs,
    /// What the contexts give.
    pub parts: Parts,
    /// The key store's database.
    pub keys: Database,
}

impl Backends {
    /// Opens all, makes what a first start lacks, and brings the tables up to this version.
    ///
    /// # Errors
    /// Those of keys and databases; [`Failure::Database`] when one cannot be opened.
    pub async fn open(config: &Config, project: &Path) -> Result<Self, Failure> {
        SystemChance::check().map_err(|source| Failure::Start { source: source.into() })?;
        let (source, mut parts) = (Source::system(), wiring::parts(config, project)?);
        let master = master_keys(config, project)?;
        let database = open(&config.database.url, settings_of_database(config, project)).await?;
        let (url, settings) = settings_of_keys(config, project);
        let keys = open(url, settings).await?;
        database.migrate(parts.migrations.clone(), source.now()).await?;
        keys.migrate(KEY_MIGRATIONS.to_vec(), source.now()).await?;
        let store = SqlKeyStore::new(keys.clone());
        parts.add(&Module::forgetting(store.clone(), parts.followers.clone()));
        let ring = KeyRing::new(Arc::new(store), master, source.clone(), Limits::default());
        let log = EventLog::new(database, ring, source, parts.inline.clone());
        log.prepare().await?;
        Ok(Self { jobs: Jobs::new(log.clone()), log, parts, keys })
    }

    /// Closes what is idle, once nobody asks any more.
    pub async fn close(&self) {
        self.log.database().close().await;
        self.keys.close().await;
    }
}

/// The log for a verb that opens and seals nothing personal, beside a server or without one: no key is read.
///
/// # Errors
/// [`Failure::NothingYet`] where nothing has made the database, and those of the database.
pub async fn open_beside(config: &Config, project: &Path) -> Result<EventLog, Failure> {
    if let Some(file) = config.database.url.path(project).filter(|file| !file.exists()) {
        return Err(Failure::NothingYet { file });
    }
    make_beside(config, project).await
}

/// The same; makes the database where there is none.
///
/// # Errors
/// Those of the database.
pub async fn make_beside(config: &Config, project: &Path) -> Result<EventLog, Failure> {
    let (source, parts) = (Source::system(), wiring::parts(config, project)?);
    let settings = Settings { max_connections: 2, ..settings_of_database(config, project) };
    if let Some(folder) = config.database.url.path(project).as_deref().and_then(Path::parent) {
        let failed = |source| LakehouseError::Io { path: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let database = open(&config.database.url, settings).await?;
    database.migrate(parts.migrations, source.now()).await?;
    let nothing = MasterKeys::random(&SystemChance);
    let ring = KeyRing::new(Arc::new(ClosedKeyStore), nothing, source.clone(), Limits::default());
    let log = EventLog::new(database, ring, source, parts.inline);
    log.prepare().await?;
    Ok(log)
}

async fn open(url: &BackendUrl, settings: Settings) -> Result<Database, Failure> {
    let failed = |source: SqlError| Failure::Database { url: url.to_string(), source };
    Database::open(&settings).await.map_err(failed)
}

/// The master keys; says so when they are new, because everything personal hangs on a backup of that file.
fn master_keys(config: &Config, project: &Path) -> Result<MasterKeys, Failure> {
    let path = &config.crypto.master_key_file;
    let state = project.join(STATE_FOLDER);
    if path.parent() == Some(&state) {
        std::fs::create_dir_all(&state)
            .map_err(|source| crypto::CryptoError::MasterKeyNotWritten { path: path.clone(), source })?;
    }
    let (keys, origin) = MasterKeys::load_or_create(path, &SystemChance)?;
    if origin == Origin::Created {
        let file = path.display();
        tracing::warn!(%file, "made the master key {file}, mode 600: keep a copy in another place, for without it no personal data can be read");
    }
    Ok(keys)
}

fn settings_of_database(config: &Config, project: &Path) -> Settings {
    let database = &config.database;
    Settings {
        url: address(&database.url, project),
        read_urls: database.read_urls.iter().map(|url| url.expose().to_owned()).collect(),
        max_connections: database.max_connections,
        transaction_timeout: Duration::from_millis(database.statement_timeout_ms),
    }
}

/// Where keys are: as set, or beside a SQLite file, or in the same PostgreSQL database.
fn settings_of_keys<'a>(config: &'a Config, project: &Path) -> (&'a BackendUrl, Settings) {
    let url = config.crypto.keys_url.as_ref().unwrap_or(&config.database.url);
    let beside = match (&config.crypto.keys_url, config.database.url.path(project)) {
        (None, Some(file)) => format!("sqlite:{}", file.with_file_name(KEYS_FILE).display()),
        _ => address(url, project),
    };
    let settings = settings_of_database(config, project);
    (url, Settings { url: beside, read_urls: Vec::new(), max_connections: KEY_CONNECTIONS, ..settings })
}

/// With a SQLite file's path seen from here, not from the project.
fn address(url: &BackendUrl, project: &Path) -> String {
    match url.path(project) {
        Some(file) => format!("{}:{}", url.scheme(), file.display()),
        None => url.expose().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use config::{Others, Sources};

    use super::*;

    fn config(flags: &[(&str, &str)]) -> Config {
        let flags = flags.iter().map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect();
        let sources = Sources { project: "shop".into(), flags, ..Sources::default() };
        config::load(&sources, Others::default()).expect("valid").config
    }

    #[test]
    fn keys_are_beside_the_log_unless_they_have_a_place_of_their_own() {
        let (pg, other) = ("postgres://u:p@h/d", "postgres://u:p@h/keys");
        let cases = [
            (&[][..], "sqlite:shop/.grayghost/grayghost.db", "sqlite:shop/.grayghost/keys.db"),
            (&[("--database-url", "sqlite:/data/log.db")], "sqlite:/data/log.db", "sqlite:/data/keys.db"),
            (&[("--database-url", pg)], pg, pg),
            (&[("--database-url", pg), ("--crypto-keys-url", other)], pg, other),
            (&[("--crypto-keys-url", "sqlite:k.db")], "sqlite:shop/.grayghost/grayghost.db", "sqlite:shop/k.db"),
        ];
        for (flags, database, keys) in cases {
            let config = config(flags);
            assert_eq!(settings_of_database(&config, Path::new("shop")).url, database, "{flags:?}");
            assert_eq!(settings_of_keys(&config, Path::new("shop")).1.url, keys, "{flags:?}");
        }
    }
}
