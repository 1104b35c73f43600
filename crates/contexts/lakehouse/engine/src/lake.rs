//! One project's tables, held open while a command works.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use datafusion::catalog::TableProvider;
use futures::future::BoxFuture;
use kernel::{Cancel, Timestamp};
use lakehouse_model::{AssetName, LakeSettings};
use tokio::sync::Mutex;

use crate::{
    EngineError, Resolver,
    delta::{LakeTable, WriteOptions},
    make::{Prepared, Seen},
    sql::{LakeScan, Sessions},
};

const BYTES_PER_MIB: usize = 1 << 20;

/// Called with rows (or bytes) done so far; cheap, from any thread.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// What every piece of long work is given: when it is, how to stop it, whom to tell.
#[derive(Clone)]
pub struct Work {
    /// The run's time; everything it writes carries this one.
    pub now: Timestamp,
    /// Looked at between batches.
    pub cancel: Cancel,
    /// Told of bytes and rows done.
    pub progress: Progress,
}

impl Work {
    /// Stops here when somebody asked to.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.cancel.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }
}

/// A table as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFacts {
    /// Version of the last commit.
    pub version: u64,
    /// Rows.
    pub rows: u64,
    /// Size of live files, bytes.
    pub size_bytes: u64,
    /// Live files.
    pub files: u64,
    /// When the newest live file was written, milliseconds since the epoch.
    pub modified_ms: Option<i64>,
    /// Columns in order: name and type.
    pub columns: Vec<(String, String)>,
}

/// The tables below `.grayghost/lake`.
#[derive(Debug)]
pub struct Lake {
    root: PathBuf,
    pub(crate) settings: LakeSettings,
    pub(crate) sessions: Sessions,
    /// Who decides which records are the same thing.
    pub(crate) resolver: Arc<dyn Resolver>,
    tables: Mutex<HashMap<AssetName, Arc<Mutex<LakeTable>>>>,
    /// Plans of models that were made before in this command.
    pub(crate) prepared: Mutex<HashMap<AssetName, Prepared>>,
    /// Keys that were read or written by earlier batches of this command.
    pub(crate) seen: Mutex<HashMap<AssetName, Seen>>,
}

impl Lake {
    /// The lake in `root` (`<project>/.grayghost/lake`); statements use up to `partitions` cores each.
    #[must_use]
    pub fn new(root: PathBuf, settings: LakeSettings, partitions: usize, resolver: Arc<dyn Resolver>) -> Self {
        Self {
            root,
            settings,
            sessions: Sessions::new(partitions),
            resolver,
            tables: Mutex::default(),
            prepared: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// The table of this name, opened once.
    pub(crate) async fn table(&self, name: &AssetName) -> Result<Arc<Mutex<LakeTable>>, EngineError> {
        let mut tables = self.tables.lock().await;
        if let Some(table) = tables.get(name) {
            return Ok(Arc::clone(table));
        }
        let folder = self.root.join(&name.layer).join(&name.name);
        let table = Arc::new(Mutex::new(LakeTable::open(name, folder).await?));
        tables.insert(name.clone(), Arc::clone(&table));
        Ok(table)
    }

    /// The table's rows as they stand.
    pub(crate) async fn scan(&self, name: &AssetName) -> Result<LakeScan, EngineError> {
        let table = self.table(name).await?;
        let table = table.lock().await;
        if table.version().is_none() {
            return Err(EngineError::NotMade { asset: name.clone() });
        }
        Ok(LakeScan::of(&table))
    }

    /// The same, for a statement.
    pub(crate) async fn provider(&self, name: &AssetName) -> Result<Arc<dyn TableProvider>, EngineError> {
        Ok(Arc::new(self.scan(name).await?))
    }

    /// The table as it stands; `None` before its first commit.
    ///
    /// # Errors
    /// [`EngineError::Storage`] when its log cannot be read.
    pub async fn facts(&self, name: &AssetName) -> Result<Option<TableFacts>, EngineError> {
        if !self.root.join(&name.layer).join(&name.name).join("_delta_log").is_dir() {
            return Ok(None);
        }
        let table = self.table(name).await?;
        let table = table.lock().await;
        let Some(version) = table.version() else { return Ok(None) };
        let columns = table.schema().fields().iter().map(|field| (field.name().clone(), field.data_type().to_string()));
        Ok(Some(TableFacts {
            version,
            rows: table.rows(),
            size_bytes: table.size_bytes(),
            files: table.files().len() as u64,
            modified_ms: table.files().iter().map(|file| file.modified_ms).max(),
            columns: columns.collect(),
        }))
    }

    /// A number that the last commits of a table recorded under this name.
    ///
    /// # Errors
    /// [`EngineError::Storage`] when its log cannot be read.
    pub async fn mark(&self, name: &AssetName, application: &str) -> Result<Option<i64>, EngineError> {
        let table = self.table(name).await?;
        let table = table.lock().await;
        Ok(table.mark(application))
    }

    /// Forgets what batches of this command remembered to be quick; call it after the last one.
    pub async fn forget_batches(&self) {
        self.seen.lock().await.clear();
        self.prepared.lock().await.clear();
    }

    /// Compacts and checkpoints a table where that is due.
    ///
    /// # Errors
    /// [`EngineError::Storage`], [`EngineError::NoRoom`]; the rows are safe.
    pub(crate) async fn maintain(&self, table: &mut LakeTable, work: &Work) -> Result<(), EngineError> {
        let session = self.sessions.open([])?;
        let options = self.write_options(&[]);
        let at_least = self.settings.compact_small_files as usize;
        table.compact(&session, options, at_least, work.now).await?;
        table.checkpoint(u64::from(self.settings.checkpoint_commits)).await?;
        Ok(())
    }

    pub(crate) fn write_options(&self, distinct_columns: &[String]) -> WriteOptions {
        let metadata = ["_row", "_row_hash"].map(str::to_owned);
        WriteOptions {
            target_bytes: self.settings.target_file_mib.max(1) as usize * BYTES_PER_MIB,
            distinct_columns: distinct_columns.iter().cloned().chain(metadata).collect(),
        }
    }
}

impl Lake {
    /// Rows of a rejects table by reason, most first.
    ///
    /// # Errors
    /// [`EngineError::Execute`] when the table has no `reason` column or cannot be read.
    pub fn reject_reasons<'a>(
        &'a self,
        rejects: &'a AssetName,
    ) -> BoxFuture<'a, Result<Vec<(String, u64)>, EngineError>> {
        Box::pin(async move {
            if self.facts(rejects).await?.is_none() {
                return Ok(Vec::new());
            }
            let session = self.sessions.open([(rejects.clone(), self.provider(rejects).await?)])?;
            let statement = format!(
                "select reason, count(*) as rows from {} group by reason order by rows desc, reason",
                rejects.quoted()
            );
            let frame = session.sql(&statement).await.map_err(|error| EngineError::execute(rejects, error))?;
            let found = crate::query::collect(frame, None, &Cancel::default()).await?;
            let reason = |row: &Vec<serde_json::Value>| {
                Some((row.first()?.as_str().unwrap_or("no reason given").to_owned(), row.get(1)?.as_u64()?))
            };
            Ok(found.rows.iter().filter_map(reason).collect())
        })
    }
}
