//! Open, read and commit.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use deltalake::{
    DeltaTable, DeltaTableBuilder,
    kernel::{
        Action, Add, Metadata, MetadataExt, Remove, StructType, Transaction,
        engine::arrow_conversion::TryIntoKernel,
        new_metadata,
        transaction::{CommitData, TransactionError},
    },
    logstore::{CommitOrBytes, LogStoreRef},
    protocol::{DeltaOperation, SaveMode},
};
use kernel::Timestamp;
use lakehouse_model::AssetName;
use object_store::ObjectStore;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    DataFile, FileWriter, WriteOptions,
    log::{self, Changes},
};
use crate::EngineError;

/// What one commit does.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    /// New files.
    pub(crate) adds: Vec<Add>,
    /// Files that leave.
    pub(crate) removes: Vec<DataFile>,
    /// `false` when the rows are the same and only lie in other files.
    pub(crate) rearranged: bool,
    /// Application ids and versions to record.
    pub(crate) marks: Vec<(String, i64)>,
    /// The table's columns, when they are new or changed.
    pub(crate) schema: Option<SchemaRef>,
    /// Numbers for `commitInfo`, shown by `history`.
    pub(crate) info: Vec<(&'static str, Value)>,
}

/// One table of the lake, held open. Whoever writes to it holds its lock.
#[derive(Debug)]
pub struct LakeTable {
    /// Its name.
    pub name: AssetName,
    folder: PathBuf,
    log: LogStoreRef,
    store: Arc<dyn ObjectStore>,
    metadata: Option<Metadata>,
    schema: SchemaRef,
    version: Option<u64>,
    files: Arc<Vec<DataFile>>,
    marks: HashMap<String, i64>,
}

impl LakeTable {
    /// Opens the table in `folder`, or prepares to make it with its first commit.
    ///
    /// # Errors
    /// [`EngineError::Storage`] when its log cannot be read.
    pub async fn open(name: &AssetName, folder: PathBuf) -> Result<Self, EngineError> {
        let fail = |error: Box<dyn std::error::Error + Send + Sync>| EngineError::storage("open", name, error);
        std::fs::create_dir_all(&folder).map_err(|error| fail(error.into()))?;
        let folder = folder.canonicalize().map_err(|error| fail(error.into()))?;
        let url = Url::from_directory_path(&folder).map_err(|()| fail("its folder is not an absolute path".into()))?;
        let mut table =
            DeltaTableBuilder::from_url(url).and_then(DeltaTableBuilder::build).map_err(|error| fail(error.into()))?;
        let log = table.log_store();
        let mut opened = Self {
            name: name.clone(),
            store: log.object_store(None),
            log,
            folder,
            metadata: None,
            schema: Arc::new(Schema::empty()),
            version: None,
            files: Arc::default(),
            marks: HashMap::new(),
        };
        if opened.folder.join("_delta_log").is_dir()
            && opened.log.is_delta_table_location().await.map_err(|error| fail(error.into()))?
        {
            opened.load(&mut table).await?;
        }
        Ok(opened)
    }

    async fn load(&mut self, table: &mut DeltaTable) -> Result<(), EngineError> {
        let fail = |error: deltalake::DeltaTableError| EngineError::storage("open", &self.name, error);
        table.load().await.map_err(fail)?;
        let snapshot = table.snapshot().map_err(fail)?.snapshot();
        self.version = Some(snapshot.version());
        self.schema = reading_schema(&snapshot.arrow_schema());
        self.metadata = Some(snapshot.metadata().clone());
        let adds = snapshot.try_log_data().map_err(fail)?;
        let files = adds.iter().map(|file| {
            let size_bytes = u64::try_from(file.size()).unwrap_or_default();
            DataFile::new(file.path().into_owned(), size_bytes, file.modification_time(), file.stats().as_deref())
        });
        self.files = Arc::new(files.collect());
        self.marks = log::application_versions(&self.log)
            .await
            .map_err(|error| EngineError::storage("open", &self.name, error))?;
        Ok(())
    }

    /// Version of the last commit; `None` before the first.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// Columns, as they are read: text as views, times in UTC microseconds. Empty before the first commit.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Live files.
    #[must_use]
    pub fn files(&self) -> &Arc<Vec<DataFile>> {
        &self.files
    }

    /// Rows in live files, by their statistics.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Size of live files, bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// Version last recorded by an application id in a commit of this table.
    #[must_use]
    pub fn mark(&self, application: &str) -> Option<i64> {
        self.marks.get(application).copied()
    }

    /// The table's folder.
    #[must_use]
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// A writer of new data files for this table.
    pub(crate) fn writer(&self, schema: SchemaRef, options: WriteOptions, now: Timestamp) -> FileWriter {
        FileWriter::new(&self.name, Arc::clone(&self.store), schema, options, now)
    }

    /// What was committed after a version; `None` when the log no longer reaches back so far.
    pub(crate) async fn changes_after(&self, after: u64) -> Result<Option<Changes>, EngineError> {
        self.changes_between(after, self.version.unwrap_or_default()).await
    }

    /// What was committed after one version and up to another.
    pub(crate) async fn changes_between(&self, after: u64, until: u64) -> Result<Option<Changes>, EngineError> {
        log::changes(&self.log, after, until).await.map_err(|error| EngineError::storage("read", &self.name, error))
    }

    /// Commits; the table stands at the new version afterwards, or where it was.
    ///
    /// # Errors
    /// [`EngineError::Moved`] when another writer was faster; [`EngineError::Storage`], [`EngineError::NoRoom`].
    pub(crate) async fn commit(&mut self, commit: Commit, now: Timestamp) -> Result<u64, EngineError> {
        let version = self.version.map_or(0, |version| version + 1);
        let (actions, metadata) = self.actions(&commit, version, now)?;
        let marks = commit.marks.iter().map(|(id, version)| Transaction {
            app_id: id.clone(),
            version: *version,
            last_updated: Some(now.millis()),
        });
        let info = commit.info.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mode = if commit.removes.is_empty() { SaveMode::Append } else { SaveMode::Overwrite };
        let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
        let data = CommitData::new(actions, operation, info, marks.collect());
        let bytes = data.get_bytes().map_err(|error| EngineError::storage("commit to", &self.name, error))?;
        #[expect(clippy::disallowed_methods, reason = "delta-rs wants a number for its own tracing")]
        let operation_id = Uuid::new_v4();
        match self.log.write_commit_entry(version, CommitOrBytes::LogBytes(bytes), operation_id).await {
            Ok(()) => {}
            Err(TransactionError::VersionAlreadyExists(version)) => {
                return Err(EngineError::Moved { table: self.name.clone(), version });
            }
            Err(error) => return Err(EngineError::storage("commit to", &self.name, error)),
        }
        self.apply(commit, metadata, version);
        Ok(version)
    }

    fn actions(
        &self,
        commit: &Commit,
        version: u64,
        now: Timestamp,
    ) -> Result<(Vec<Action>, Option<Metadata>), EngineError> {
        let fail =
            |error: Box<dyn std::error::Error + Send + Sync>| EngineError::storage("commit to", &self.name, error);
        let mut actions = Vec::with_capacity(commit.adds.len() + commit.removes.len() + 2);
        if version == 0 {
            let protocol = serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }));
            actions.push(Action::Protocol(protocol.map_err(|error| fail(error.into()))?));
        }
        let mut metadata = None;
        if let Some(schema) = &commit.schema {
            let columns = stored_schema(schema, &self.name)?;
            let fresh = match &self.metadata {
                Some(known) => known.clone().with_schema(&columns),
                None => new_metadata(&columns, Vec::<String>::new(), Vec::<(String, String)>::new())
                    .and_then(|fresh| fresh.with_name(self.name.to_string())),
            };
            let fresh = fresh.map_err(|error| fail(error.into()))?;
            actions.push(Action::Metadata(fresh.clone()));
            metadata = Some(fresh);
        }
        for file in &commit.removes {
            actions.push(Action::Remove(Remove {
                path: file.path.clone(),
                data_change: !commit.rearranged,
                deletion_timestamp: Some(now.millis()),
                size: i64::try_from(file.size_bytes).ok(),
                ..Remove::default()
            }));
        }
        for add in &commit.adds {
            actions.push(Action::Add(Add { data_change: !commit.rearranged, ..add.clone() }));
        }
        Ok((actions, metadata))
    }

    fn apply(&mut self, commit: Commit, metadata: Option<Metadata>, version: u64) {
        let files = Arc::make_mut(&mut self.files);
        if !commit.removes.is_empty() {
            let gone: std::collections::HashSet<&str> = commit.removes.iter().map(|file| file.path.as_str()).collect();
            files.retain(|file| !gone.contains(file.path.as_str()));
        }
        files.extend(commit.adds.iter().map(DataFile::from_add));
        self.marks.extend(commit.marks);
        self.version = Some(version);
        if let Some(metadata) = metadata {
            self.metadata = Some(metadata);
        }
        if let Some(schema) = commit.schema {
            self.schema = reading_schema(&schema);
        }
    }
}

/// The types in which we read: text as views, times in UTC microseconds, every column nullable (a reader may meet
/// files from before a column came).
fn reading_schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let data_type = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
            DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            other => other.clone(),
        };
        Field::new(field.name(), data_type, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The types that are stored, in the log's words.
fn stored_schema(schema: &Schema, table: &AssetName) -> Result<StructType, EngineError> {
    let fields = schema.fields().iter().map(|field| {
        let data_type = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
            other => other.clone(),
        };
        Field::new(field.name(), data_type, true)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    (&schema).try_into_kernel().map_err(|error: arrow::error::ArrowError| EngineError::storage("write", table, error))
}
