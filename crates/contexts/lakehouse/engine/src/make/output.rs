//! Rows into the model's tables: replaced, appended, or inserted where their key is new.

use std::sync::Arc;

use arrow::{
    array::RecordBatch,
    compute::filter_record_batch,
    datatypes::{DataType, SchemaRef},
};
use datafusion::{physical_plan::SendableRecordBatchStream, prelude::SessionContext};
use futures::StreamExt;
use lakehouse_model::{AssetName, Materialization, Model, Strategy};
use tokio::sync::OwnedMutexGuard;

use super::{
    DUPLICATES_MARK, Inputs, Made, ROWS_IN_MARK, Seen,
    inputs::{Step, same_type},
    read_mark,
    rows::{Parted, Parter},
};
use crate::{
    EngineError, Lake, Work,
    delta::{Commit, FileWriter, LakeTable},
};

/// One step of one model.
pub(super) struct Output<'a> {
    pub(super) lake: &'a Lake,
    pub(super) model: &'a Model,
    pub(super) inputs: &'a Inputs,
    pub(super) step: &'a Step,
    pub(super) session: &'a SessionContext,
    pub(super) work: &'a Work,
}

/// A table that takes rows in this step.
struct Target {
    writer: FileWriter,
    /// Keys met, where rows of a known key are dropped.
    seen: Option<Seen>,
    /// Rows dropped.
    duplicates: u64,
}

impl Target {
    async fn take(
        &mut self,
        table: &LakeTable,
        batch: RecordBatch,
        session: &SessionContext,
    ) -> Result<(), EngineError> {
        let Some(seen) = &mut self.seen else { return self.writer.write(&batch).await };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        seen.meet(table, &batch, session).await?;
        let fresh = seen.admit(&batch)?;
        let dropped = batch.num_rows() - fresh.true_count();
        if dropped == 0 {
            return self.writer.write(&batch).await;
        }
        self.duplicates += dropped as u64;
        let kept =
            filter_record_batch(&batch, &fresh).map_err(|error| EngineError::execute(&table.name, error.into()))?;
        self.writer.write(&kept).await
    }
}

/// The rejects table in this step.
pub(super) struct Aside {
    table: OwnedMutexGuard<LakeTable>,
    target: Target,
}

impl Aside {
    /// Takes the rows that were set aside.
    pub(super) async fn take(&mut self, parted: &Parted, session: &SessionContext) -> Result<(), EngineError> {
        if let Some(unreadable) = &parted.unreadable {
            self.target.writer.write(unreadable).await?;
        }
        if let Some(quarantined) = &parted.quarantined {
            self.target.take(&self.table, quarantined.clone(), session).await?;
        }
        Ok(())
    }
}

impl Output<'_> {
    /// Adds (or, when rebuilding, replaces) the rows of a statement.
    pub(super) async fn add(
        &self,
        schema: &SchemaRef,
        mut given: SendableRecordBatchStream,
    ) -> Result<Made, EngineError> {
        let parter = Parter::new(self.model, self.session, schema)?;
        let own = self.lake.table(&self.model.name).await?;
        let mut own = own.lock().await;
        let mut to_own = self.target(&own, &parter.kept_schema, self.step.to_model).await?;
        let mut aside = self.rejects(&parter).await?;
        let mut made = Made::default();
        while let Some(batch) = given.next().await {
            self.work.check()?;
            let batch = batch.map_err(|error| EngineError::execute(&self.model.name, error))?;
            made.rows_in += batch.num_rows() as u64;
            let rows = parter.part(&batch)?;
            if let Some(aside) = &mut aside {
                aside.take(&rows, self.session).await?;
            }
            if let Some(target) = &mut to_own {
                target.take(&own, rows.kept, self.session).await?;
            }
            (self.work.progress)(made.rows_in, made.rows_in);
        }
        self.work.check()?;
        if let Some(target) = to_own {
            made.duplicates = target.duplicates + aside.as_ref().map_or(0, |aside| aside.target.duplicates);
            made.rows_written = target.writer.rows;
            let counts = self.counts(&own, made.rows_in, made.duplicates);
            self.commit(&mut own, target, &parter.kept_schema, counts).await?;
            made.commits += 1;
        }
        if let Some(aside) = aside {
            made.rejected = self.commit_rejects(aside, &parter).await?;
            made.commits += 1;
        }
        Ok(made)
    }

    /// The rejects table, when the model has one and it takes rows in this step.
    pub(super) async fn rejects(&self, parter: &Parter) -> Result<Option<Aside>, EngineError> {
        let Some(name) = self.model.config.rejects.as_ref().filter(|_| self.step.to_rejects) else { return Ok(None) };
        let table = self.lake.table(name).await?.lock_owned().await;
        let target = self.target(&table, &parter.rejects_schema, true).await?;
        Ok(target.map(|target| Aside { table, target }))
    }

    /// Commits the rows set aside; gives their number.
    pub(super) async fn commit_rejects(&self, aside: Aside, parter: &Parter) -> Result<u64, EngineError> {
        let Aside { mut table, target } = aside;
        let rows = target.writer.rows;
        self.commit(&mut table, target, &parter.rejects_schema, vec![]).await?;
        Ok(rows)
    }

    /// Rows read and duplicates dropped, ever: what `bronze = silver + rejected + duplicates` is checked against.
    fn counts(&self, own: &LakeTable, rows_in: u64, duplicates: u64) -> Vec<(String, i64)> {
        let before = |mark: &str| if self.inputs.rebuild { 0 } else { own.mark(mark).unwrap_or_default() };
        let add = |mark: &str, more: u64| (mark.to_owned(), before(mark) + i64::try_from(more).unwrap_or_default());
        vec![add(ROWS_IN_MARK, rows_in), add(DUPLICATES_MARK, duplicates)]
    }

    async fn target(&self, table: &LakeTable, schema: &SchemaRef, takes: bool) -> Result<Option<Target>, EngineError> {
        if !takes {
            return Ok(None);
        }
        let options = self.lake.write_options(&self.model.distinct_columns());
        let writer = table.writer(Arc::clone(schema), options, self.work.now);
        let config = &self.model.config;
        let merge = config.materialized == Materialization::Incremental
            && config.incremental_strategy == Strategy::Merge
            && config.insert_only;
        let known = if self.inputs.rebuild { None } else { self.lake.seen.lock().await.remove(&table.name) };
        let seen = merge.then(|| known.unwrap_or_else(|| self.fresh_seen(table)));
        Ok(Some(Target { writer, seen, duplicates: 0 }))
    }

    fn fresh_seen(&self, table: &LakeTable) -> Seen {
        let mut seen = Seen::new(&self.model.name, &self.model.config);
        if self.inputs.rebuild {
            // What is there goes away with this commit, so nothing of it counts as known.
            seen.committed(table.files().iter().map(|file| file.path.as_str()));
        }
        seen
    }

    async fn commit(
        &self,
        table: &mut LakeTable,
        target: Target,
        schema: &SchemaRef,
        counts: Vec<(String, i64)>,
    ) -> Result<(), EngineError> {
        let commit = Commit {
            adds: target.writer.finish().await?,
            removes: if self.inputs.rebuild { table.files().to_vec() } else { vec![] },
            marks: self.marks(counts),
            schema: changed_schema(table, schema, self.inputs.rebuild)?,
            ..Commit::default()
        };
        let files: Vec<String> = commit.adds.iter().map(|add| add.path.clone()).collect();
        table.commit(commit, self.work.now).await?;
        if let Some(mut seen) = target.seen {
            seen.committed(files.iter().map(String::as_str));
            self.lake.seen.lock().await.insert(table.name.clone(), seen);
        }
        self.lake.maintain(table, self.work).await
    }

    /// What the commit records: how far each input was read, by which statement, and the counts.
    pub(super) fn marks(&self, counts: Vec<(String, i64)>) -> Vec<(String, i64)> {
        let read =
            |(input, version): (&AssetName, &u64)| (read_mark(input), i64::try_from(*version).unwrap_or_default());
        let mut marks: Vec<_> = self.step.until.iter().map(read).collect();
        marks.push(self.inputs.statement.clone());
        marks.extend(counts);
        marks
    }
}

/// The schema to commit: `None` when the table has it already.
pub(super) fn changed_schema(
    table: &LakeTable,
    schema: &SchemaRef,
    rebuild: bool,
) -> Result<Option<SchemaRef>, EngineError> {
    if table.version().is_none() {
        return Ok(Some(Arc::clone(schema)));
    }
    let before = table.schema();
    let same = before.fields().len() == schema.fields().len()
        && before
            .fields()
            .iter()
            .zip(schema.fields())
            .all(|(old, new)| old.name() == new.name() && same_type(old.data_type(), new.data_type()));
    if same {
        return Ok(None);
    }
    if rebuild {
        return Ok(Some(Arc::clone(schema)));
    }
    let show = |schema: &SchemaRef| {
        let fields = schema.fields().iter().map(|field| format!("{} {}", field.name(), plain(field.data_type())));
        fields.collect::<Vec<_>>().join(", ")
    };
    let detail = format!("they were ({}) and are now ({})", show(before), show(schema));
    Err(EngineError::SchemaChanged { table: table.name.clone(), detail })
}

fn plain(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}
