//! Compaction of small files and checkpoints, when they are due.

use datafusion::{physical_plan::SendableRecordBatchStream, prelude::SessionContext};
use deltalake::{DeltaTableBuilder, checkpoints::create_checkpoint};
use futures::StreamExt;
use kernel::Timestamp;
use url::Url;

use super::{Commit, DataFile, LakeTable, WriteOptions};
use crate::{EngineError, sql::LakeScan};

/// A file is compacted with files of its own size class, each class this many times larger than the one below:
/// so a row is rewritten once a class and not once a compaction.
const SIZE_CLASS_FACTOR: u64 = 16;
const SMALLEST_CLASS_BYTES: u64 = 256 << 10;

impl LakeTable {
    /// Joins small files when one size class holds `at_least` of them. Rows do not change.
    ///
    /// # Errors
    /// [`EngineError::Storage`], [`EngineError::NoRoom`]; the table stays as it was.
    pub(crate) async fn compact(
        &mut self,
        session: &SessionContext,
        options: WriteOptions,
        at_least: usize,
        now: Timestamp,
    ) -> Result<bool, EngineError> {
        let Some(small) = self.due(options.target_bytes as u64, at_least) else { return Ok(false) };
        let scan = LakeScan::of_files(self, small.clone());
        let mut rows: SendableRecordBatchStream = scan.stream(session).await?;
        let mut writer = self.writer(self.schema().clone(), options, now);
        while let Some(batch) = rows.next().await {
            writer.write(&batch.map_err(|error| EngineError::storage("compact", &self.name, error))?).await?;
        }
        let commit = Commit { adds: writer.finish().await?, removes: small, rearranged: true, ..Commit::default() };
        self.commit(commit, now).await?;
        Ok(true)
    }

    /// The files of the fullest class that is due.
    fn due(&self, target_bytes: u64, at_least: usize) -> Option<Vec<DataFile>> {
        let mut class_end = SMALLEST_CLASS_BYTES;
        let mut class_start = 0;
        while class_start < target_bytes / 4 {
            let members: Vec<_> = self
                .files()
                .iter()
                .filter(|file| (class_start..class_end).contains(&file.size_bytes))
                .cloned()
                .collect();
            if members.len() >= at_least.max(2) {
                return Some(members);
            }
            class_start = class_end;
            class_end *= SIZE_CLASS_FACTOR;
        }
        None
    }

    /// Writes a checkpoint when this many commits were made since one was due. Readers then start from it.
    ///
    /// # Errors
    /// [`EngineError::Storage`]; the table is whole without it.
    pub(crate) async fn checkpoint(&self, every: u64) -> Result<bool, EngineError> {
        let due = self.version().is_some_and(|version| (version + 1).is_multiple_of(every.max(1)));
        if !due {
            return Ok(false);
        }
        let fail = |error: deltalake::DeltaTableError| EngineError::storage("checkpoint", &self.name, error);
        let url = Url::from_directory_path(self.folder())
            .map_err(|()| EngineError::storage("checkpoint", &self.name, "its folder is not an absolute path"))?;
        let mut table = DeltaTableBuilder::from_url(url).and_then(DeltaTableBuilder::build).map_err(fail)?;
        table.load().await.map_err(fail)?;
        create_checkpoint(&table, None).await.map_err(fail)?;
        Ok(true)
    }
}
