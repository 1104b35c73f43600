//! Which keys a table holds, as far as a batch can meet them.
//!
//! Existing keys are read from files whose range of `prune_by` the batch touches, each file once a command. A row is
//! a duplicate when its key is there; two rows of one key whose natural keys differ are a collision, and an error:
//! an independent hash of the natural key is kept beside each key to tell.

use std::collections::HashSet;

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type, SchemaRef},
};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use hashbrown::{HashTable, hash_table::Entry};
use lakehouse_model::{AssetName, Config};

use crate::{
    EngineError,
    delta::{DataFile, LakeTable},
    sql::{LakeScan, hash_columns},
};

/// Seed of the second, independent hash.
const CHECK_SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// The keys met so far.
#[derive(Debug)]
pub(crate) struct Seen {
    model: AssetName,
    key: Vec<String>,
    natural: Vec<String>,
    prune_by: Option<String>,
    keys: HashTable<(i64, i64)>,
    files_read: HashSet<String>,
}

impl Seen {
    pub(super) fn new(model: &AssetName, config: &Config) -> Self {
        let natural = if config.natural_key.is_empty() { &config.unique_key } else { &config.natural_key };
        Self {
            model: model.clone(),
            key: config.unique_key.clone(),
            natural: natural.clone(),
            prune_by: config.prune_by.clone(),
            keys: HashTable::new(),
            files_read: HashSet::new(),
        }
    }

    /// Says that the rows just admitted are in these files now.
    pub(super) fn committed<'a>(&mut self, files: impl IntoIterator<Item = &'a str>) {
        self.files_read.extend(files.into_iter().map(str::to_owned));
    }

    /// Reads the keys of the table's files that the batch may meet.
    pub(super) async fn meet(
        &mut self,
        table: &LakeTable,
        batch: &RecordBatch,
        session: &SessionContext,
    ) -> Result<(), EngineError> {
        let range = self.prune_by.as_deref().and_then(|column| value_range(batch, column));
        let wanted: Vec<DataFile> = table
            .files()
            .iter()
            .filter(|file| !self.files_read.contains(&file.path))
            .filter(|file| match (&range, &self.prune_by) {
                (Some(range), Some(column)) => file.may_hold(column, range),
                _ => true,
            })
            .cloned()
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<usize> = Vec::new();
        for name in self.key.iter().chain(&self.natural) {
            let at = position(table.schema(), name, &self.model, "unique_key")?;
            if !columns.contains(&at) {
                columns.push(at);
            }
        }
        self.files_read.extend(wanted.iter().map(|file| file.path.clone()));
        let mut rows = LakeScan::of_files(table, wanted).stream_columns(session, Some(columns)).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| EngineError::execute(&self.model, error))?;
            self.admit(&batch)?;
        }
        Ok(())
    }

    /// Takes in a batch's keys: `true` for rows that are new, `false` for duplicates.
    pub(super) fn admit(&mut self, batch: &RecordBatch) -> Result<BooleanArray, EngineError> {
        let keys = self.key_of(batch)?;
        let checks = hash_columns(&self.columns(batch, &self.natural, "natural_key")?, batch.num_rows(), CHECK_SEED)
            .map_err(|error| EngineError::execute(&self.model, error))?;
        self.keys.reserve(batch.num_rows(), |(key, _)| spread(*key));
        let mut fresh = Vec::with_capacity(batch.num_rows());
        for (key, check) in keys.values().iter().zip(checks.values()) {
            match self.keys.entry(spread(*key), |(seen, _)| seen == key, |(key, _)| spread(*key)) {
                Entry::Occupied(found) if found.get().1 == *check => fresh.push(false),
                Entry::Occupied(_) => return Err(EngineError::KeyCollision { model: self.model.clone(), key: *key }),
                Entry::Vacant(free) => {
                    free.insert((*key, *check));
                    fresh.push(true);
                }
            }
        }
        Ok(BooleanArray::from(fresh))
    }

    /// The key as one number a row: the column itself when it is one whole number, else a hash of the columns.
    fn key_of(&self, batch: &RecordBatch) -> Result<Int64Array, EngineError> {
        let columns = self.columns(batch, &self.key, "unique_key")?;
        if let Some(name) =
            self.key.iter().zip(&columns).find(|(_, column)| column.null_count() > 0).map(|(name, _)| name)
        {
            let detail = format!("`{name}` is NULL in at least one row");
            return Err(EngineError::KeyNotUnique { model: self.model.clone(), detail });
        }
        match columns.as_slice() {
            [only] if *only.data_type() == DataType::Int64 => Ok(only.as_primitive::<Int64Type>().clone()),
            _ => hash_columns(&columns, batch.num_rows(), 0).map_err(|error| EngineError::execute(&self.model, error)),
        }
    }

    fn columns(&self, batch: &RecordBatch, names: &[String], named_in: &str) -> Result<Vec<ArrayRef>, EngineError> {
        let schema = batch.schema();
        names.iter().map(|name| Ok(batch.column(position(&schema, name, &self.model, named_in)?).clone())).collect()
    }
}

/// Keys are hashes or small numbers: one multiplication spreads both over the table.
fn spread(key: i64) -> u64 {
    #[expect(clippy::cast_sign_loss, reason = "only the bits matter")]
    let bits = key as u64;
    bits.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26)
}

/// Position of a column, or an error that says where it was named.
pub(super) fn position(
    schema: &SchemaRef,
    name: &str,
    model: &AssetName,
    named_in: &str,
) -> Result<usize, EngineError> {
    schema.index_of(name).map_err(|_| EngineError::MissingColumn {
        model: model.clone(),
        column: name.to_owned(),
        named_in: named_in.to_owned(),
        place: None,
    })
}

/// Lowest and highest value of a whole-number-like column of a batch; `None` when it has none or is of another type.
fn value_range(batch: &RecordBatch, column: &str) -> Option<std::ops::RangeInclusive<i64>> {
    let values = batch.column_by_name(column)?;
    if values.null_count() > 0 || !(values.data_type().is_integer() || values.data_type().is_temporal()) {
        return None;
    }
    let values = cast(values, &DataType::Int64).ok()?;
    let values = values.as_primitive::<Int64Type>();
    Some(arrow::compute::min(values)?..=arrow::compute::max(values)?)
}
