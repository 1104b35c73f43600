//! What the log says of batches and of changes: read from the log's own files.
//!
//! delta-rs answers one `txn` at a time by replaying the log; a run of hundreds of files asks hundreds of
//! times, so all of them are read once here.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, StructArray};
use bytes::Bytes;
use deltalake::{kernel::Action, logstore::LogStoreRef};
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};
use serde_json::Value;

use super::DataFile;

type LogError = Box<dyn std::error::Error + Send + Sync>;

/// Rows that came and went between two versions.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Files whose rows are new.
    pub(crate) added: Vec<DataFile>,
    /// Whether rows that stood before were replaced or removed: then the added files hold old rows too.
    pub(crate) rewritten: bool,
}

/// The latest `txn` version of every application id, from the last checkpoint and the commits after it.
pub(super) async fn application_versions(log: &LogStoreRef) -> Result<HashMap<String, i64>, LogError> {
    let store = log.object_store(None);
    let folder = Path::from("_delta_log");
    let (mut found, mut from) = (HashMap::new(), 0);
    if let Some(version) = last_checkpoint(store.as_ref(), &folder).await? {
        let name = format!("{version:020}.checkpoint.parquet");
        let bytes = store.get(&folder.clone().join(name)).await?.bytes().await?;
        read_checkpoint(bytes, &mut found)?;
        from = version + 1;
    }
    let mut commits: Vec<(u64, Path)> = store
        .list(Some(&folder))
        .try_filter_map(|file| async move {
            let version = file.location.filename().and_then(|name| name.strip_suffix(".json")?.parse::<u64>().ok());
            Ok(version.filter(|version| *version >= from).map(|version| (version, file.location)))
        })
        .try_collect()
        .await?;
    commits.sort();
    for (_, path) in commits {
        let bytes = store.get(&path).await?.bytes().await?;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\"txn\"")) {
            let action: Value = serde_json::from_slice(line)?;
            if let (Some(id), Some(version)) = (action["txn"]["appId"].as_str(), action["txn"]["version"].as_i64()) {
                found.insert(id.to_owned(), version);
            }
        }
    }
    Ok(found)
}

/// Version of the newest checkpoint; `None` when there is none yet.
async fn last_checkpoint(store: &dyn ObjectStore, folder: &Path) -> Result<Option<u64>, LogError> {
    match store.get(&folder.clone().join("_last_checkpoint")).await {
        Ok(found) => Ok(serde_json::from_slice::<Value>(&found.bytes().await?)?["version"].as_u64()),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn read_checkpoint(bytes: Bytes, found: &mut HashMap<String, i64>) -> Result<(), LogError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["txn.appId", "txn.version"]);
    for batch in builder.with_projection(mask).build()? {
        let batch = batch?;
        let Some(txn) = batch.column_by_name("txn").and_then(|column| column.as_any().downcast_ref::<StructArray>())
        else {
            return Ok(());
        };
        let (Some(ids), Some(versions)) = (txn.column_by_name("appId"), txn.column_by_name("version")) else {
            return Ok(());
        };
        let (ids, versions) = (ids.as_string::<i32>(), versions.as_primitive::<arrow::datatypes::Int64Type>());
        for row in (0..txn.len()).filter(|row| txn.is_valid(*row) && ids.is_valid(*row)) {
            found.insert(ids.value(row).to_owned(), versions.value(row));
        }
    }
    Ok(())
}

/// What was committed in versions `after + 1 ..= until`; `None` when a commit is gone from the log.
pub(super) async fn changes(log: &LogStoreRef, after: u64, until: u64) -> Result<Option<Changes>, LogError> {
    let mut changes = Changes::default();
    for version in after + 1..=until {
        let Some(bytes) = log.read_commit_entry(version).await? else { return Ok(None) };
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if !(line.starts_with(b"{\"add\"") || line.starts_with(b"{\"remove\"")) {
                continue;
            }
            match serde_json::from_slice(line)? {
                Action::Add(add) if add.data_change => changes.added.push(DataFile::from_add(&add)),
                Action::Remove(remove) if remove.data_change => changes.rewritten = true,
                _ => {}
            }
        }
    }
    Ok(Some(changes))
}
