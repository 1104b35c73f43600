//! Merge that replaces: files that hold a key of the batch are rewritten without it, and the batch is added.

use arrow::{
    array::{Array, ArrayRef, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::SchemaRef,
};
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::StreamExt;
use hashbrown::HashSet;

use super::{
    Made, ROWS_IN_MARK,
    output::{Output, changed_schema},
    rows::Parter,
    seen::position,
};
use crate::{
    EngineError,
    delta::{Commit, DataFile, FileWriter, LakeTable},
    sql::{LakeScan, hash_columns},
};

const CHECK_SEED: u64 = 0x9E37_79B9_7F4A_7C15;
/// A key as two independent 63-bit hashes: no two keys of a table meet in both.
type Key = (i64, i64);

impl Output<'_> {
    /// Replaces rows by key and adds the others.
    pub(super) async fn upsert(
        &self,
        schema: &SchemaRef,
        mut given: SendableRecordBatchStream,
    ) -> Result<Made, EngineError> {
        let parter = Parter::new(self.model, self.session, schema)?;
        let table = self.lake.table(&self.model.name).await?;
        let mut table = table.lock().await;
        let mut aside = self.rejects(&parter).await?;
        let options = self.lake.write_options(&self.model.distinct_columns());
        let mut writer = table.writer(parter.kept_schema.clone(), options, self.work.now);
        let (mut keys, mut made) = (HashSet::new(), Made::default());
        while let Some(batch) = given.next().await {
            self.work.check()?;
            let batch = batch.map_err(|error| EngineError::execute(&self.model.name, error))?;
            made.rows_in += batch.num_rows() as u64;
            let rows = parter.part(&batch)?;
            if let Some(aside) = &mut aside {
                aside.take(&rows, self.session).await?;
            }
            if self.step.to_model {
                self.note_keys(&rows.kept, &mut keys)?;
                writer.write(&rows.kept).await?;
            }
            (self.work.progress)(made.rows_in, made.rows_in);
        }
        self.work.check()?;
        if self.step.to_model {
            made.rows_written = writer.rows;
            let removes = if self.inputs.rebuild {
                table.files().to_vec()
            } else {
                self.rewrite(&table, &keys, &mut writer).await?
            };
            let before = if self.inputs.rebuild { 0 } else { table.mark(ROWS_IN_MARK).unwrap_or_default() };
            let rows_in = before + i64::try_from(made.rows_in).unwrap_or_default();
            let commit = Commit {
                schema: changed_schema(&table, &parter.kept_schema, self.inputs.rebuild)?,
                adds: writer.finish().await?,
                removes,
                marks: self.marks(vec![(ROWS_IN_MARK.to_owned(), rows_in)]),
                ..Commit::default()
            };
            table.commit(commit, self.work.now).await?;
            self.lake.maintain(&mut table, self.work).await?;
            made.commits = 1;
        }
        if let Some(aside) = aside {
            made.rejected = self.commit_rejects(aside, &parter).await?;
            made.commits += 1;
        }
        Ok(made)
    }

    fn note_keys(&self, batch: &RecordBatch, keys: &mut HashSet<Key>) -> Result<(), EngineError> {
        for key in self.keys(batch)? {
            if !keys.insert(key) {
                let columns = self.model.config.unique_key.join(", ");
                let detail = format!("two rows of the statement have the same ({columns})");
                return Err(EngineError::KeyNotUnique { model: self.model.name.clone(), detail });
            }
        }
        Ok(())
    }

    /// Copies the rows that stay out of files that hold a replaced one; gives those files.
    async fn rewrite(
        &self,
        table: &LakeTable,
        keys: &HashSet<Key>,
        writer: &mut FileWriter,
    ) -> Result<Vec<DataFile>, EngineError> {
        let mut touched = Vec::new();
        for file in table.files().iter().filter(|_| !keys.is_empty()) {
            let mut rows = LakeScan::of_files(table, vec![file.clone()]).stream(self.session).await?;
            let (mut batches, mut hit) = (Vec::new(), false);
            while let Some(batch) = rows.next().await {
                self.work.check()?;
                let batch = batch.map_err(|error| EngineError::execute(&self.model.name, error))?;
                let stays: BooleanArray = self.keys(&batch)?.map(|key| Some(!keys.contains(&key))).collect();
                hit |= stays.true_count() < batch.num_rows();
                batches.push((batch, stays));
            }
            if !hit {
                continue;
            }
            for (batch, stays) in batches {
                let kept = filter_record_batch(&batch, &stays)
                    .map_err(|error| EngineError::execute(&self.model.name, error.into()))?;
                writer.write(&kept).await?;
            }
            touched.push(file.clone());
        }
        Ok(touched)
    }

    fn keys(&self, batch: &RecordBatch) -> Result<impl Iterator<Item = Key> + use<>, EngineError> {
        let schema = batch.schema();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for name in &self.model.config.unique_key {
            let column = batch.column(position(&schema, name, &self.model.name, "unique_key")?);
            if column.null_count() > 0 {
                let detail = format!("`{name}` is NULL in at least one row");
                return Err(EngineError::KeyNotUnique { model: self.model.name.clone(), detail });
            }
            columns.push(column.clone());
        }
        let hash = |seed| {
            hash_columns(&columns, batch.num_rows(), seed)
                .map_err(|error| EngineError::execute(&self.model.name, error))
        };
        let (first, second) = (hash(0)?, hash(CHECK_SEED)?);
        Ok((0..batch.num_rows()).map(move |row| (first.value(row), second.value(row))))
    }
}
