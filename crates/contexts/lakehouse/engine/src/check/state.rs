//! One rule in the middle of a scan.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch},
    compute::{cast, filter_record_batch},
    datatypes::{DataType, Decimal128Type, Int64Type, SchemaRef, TimeUnit},
};
use datafusion::{error::DataFusionError, physical_expr::PhysicalExpr, prelude::SessionContext};
use hashbrown::{HashSet, HashTable, hash_table::Entry};
use lakehouse_model::{AssetName, Expectation, ExpectationKind};
use serde_json::Value;
use std::sync::Arc;

use super::bad_rule;
use crate::{
    EngineError,
    make::{Condition, failing_condition},
    query::append_rows,
    sql::{self, hash_columns},
};

/// Sums are kept with this many decimals.
pub(super) const SUM_SCALE: i8 = 9;
const SUM_PRECISION: u8 = 38;

/// What has been seen so far.
pub(super) enum Seen {
    /// Rows for which a condition is true.
    Broken(Condition),
    /// Hashes of keys, and rows that met an equal one.
    Keys { columns: Vec<String>, keys: HashTable<i64>, equal: u64 },
    /// Keys of the parent.
    Parents { column: String, parents: HashSet<i64> },
    /// Newest time, microseconds.
    Newest { column: String, newest: Option<i64> },
    /// Exact sum, in units of 10^-[`SUM_SCALE`].
    Sum { expression: Arc<dyn PhysicalExpr>, sum: i128 },
    /// Nothing in rows matters.
    Nothing,
}

/// A rule and what it has seen.
pub(super) struct RuleState<'a> {
    pub(super) rule: &'a Expectation,
    pub(super) seen: Seen,
    only: Option<Condition>,
    /// Rows that the rule looked at.
    pub(super) rows: u64,
    /// Rows that break it.
    pub(super) unexpected: u64,
    pub(super) samples: Vec<Value>,
    /// Samples to keep.
    pub(super) wanted: usize,
}

/// What a rule's conditions are compiled against.
pub(super) struct Ground<'a> {
    pub(super) asset: &'a AssetName,
    pub(super) session: &'a SessionContext,
    /// Columns of the scan.
    pub(super) schema: &'a SchemaRef,
}

impl<'a> RuleState<'a> {
    pub(super) fn new(
        ground: &Ground<'_>,
        rule: &'a Expectation,
        parents: HashSet<i64>,
        wanted: usize,
    ) -> Result<Self, EngineError> {
        let Ground { asset, session, schema } = *ground;
        let bad = |error| bad_rule(asset, rule, error);
        let compile = |sql: &str| Condition::compile(session, schema, sql).map_err(bad);
        let seen = match (&rule.kind, failing_condition(rule)) {
            (_, Some(condition)) => Seen::Broken(compile(&condition)?),
            (ExpectationKind::Unique { columns }, _) => {
                Seen::Keys { columns: columns.clone(), keys: HashTable::new(), equal: 0 }
            }
            (ExpectationKind::Relationships { column, .. }, _) => Seen::Parents { column: column.clone(), parents },
            (ExpectationKind::Freshness { column, .. }, _) => Seen::Newest { column: column.clone(), newest: None },
            (ExpectationKind::SumEquals { expression, .. }, _) => {
                Seen::Sum { expression: sql::compile(session, schema, expression).map_err(bad)?, sum: 0 }
            }
            _ => Seen::Nothing,
        };
        let only = rule.condition.as_deref().map(compile).transpose()?;
        Ok(Self { rule, seen, only, rows: 0, unexpected: 0, samples: Vec::new(), wanted })
    }

    /// Takes one batch in.
    pub(super) fn fold(&mut self, batch: &RecordBatch) -> Result<(), DataFusionError> {
        let chosen;
        let batch = match &self.only {
            Some(only) => {
                chosen = filter_record_batch(batch, &only.holds(batch)?)?;
                &chosen
            }
            None => batch,
        };
        self.rows += batch.num_rows() as u64;
        let broken = match &mut self.seen {
            Seen::Broken(condition) => Some(condition.holds(batch)?),
            Seen::Keys { columns, keys, equal } => {
                *equal += fold_keys(batch, columns, keys)?;
                None
            }
            Seen::Parents { column, parents } => Some(orphans(batch, column, parents)?),
            Seen::Newest { column, newest } => {
                *newest = (*newest).max(newest_of(batch, column)?);
                None
            }
            Seen::Sum { expression, sum } => {
                let values = expression.evaluate(batch)?.into_array(batch.num_rows())?;
                *sum += exact_sum(&values)?;
                None
            }
            Seen::Nothing => None,
        };
        if let Some(broken) = broken {
            self.keep(batch, &broken)?;
        }
        Ok(())
    }

    fn keep(&mut self, batch: &RecordBatch, broken: &BooleanArray) -> Result<(), DataFusionError> {
        let count = broken.true_count();
        self.unexpected += count as u64;
        if count > 0 && self.samples.len() < self.wanted {
            let failing = filter_record_batch(batch, broken)?;
            let failing = failing.slice(0, (self.wanted - self.samples.len()).min(failing.num_rows()));
            self.samples.extend(as_objects(&failing)?);
        }
        Ok(())
    }
}

/// Rows as JSON objects.
pub(super) fn as_objects(batch: &RecordBatch) -> Result<Vec<Value>, DataFusionError> {
    let schema = batch.schema();
    let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    let mut rows = Vec::new();
    append_rows(batch, &mut rows)?;
    let object = |cells: Vec<Value>| Value::Object(names.iter().map(|name| (*name).clone()).zip(cells).collect());
    Ok(rows.into_iter().map(object).collect())
}

/// Keys of rows: a whole number as it is, anything else by its hash.
pub(super) fn keys_of(columns: &[ArrayRef], rows: usize) -> Result<Int64Array, DataFusionError> {
    match columns {
        [only] if only.data_type().is_integer() => {
            Ok(cast(only, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        }
        _ => hash_columns(columns, rows, 0),
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, DataFusionError> {
    batch.column_by_name(name).ok_or_else(|| DataFusionError::Plan(format!("there is no column `{name}`")))
}

/// Adds a batch's keys; gives how many were there. Rows with a NULL in the key are not compared.
fn fold_keys(batch: &RecordBatch, columns: &[String], keys: &mut HashTable<i64>) -> Result<u64, DataFusionError> {
    let columns: Vec<ArrayRef> = columns.iter().map(|name| column(batch, name).cloned()).collect::<Result<_, _>>()?;
    let values = keys_of(&columns, batch.num_rows())?;
    let nullable = columns.iter().any(|column| column.null_count() > 0);
    let spread = |key: i64| key.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    keys.reserve(batch.num_rows(), |key| spread(*key));
    let mut equal = 0;
    for (row, key) in values.values().iter().enumerate() {
        if nullable && columns.iter().any(|column| column.is_null(row)) {
            continue;
        }
        match keys.entry(spread(*key), |seen| seen == key, |key| spread(*key)) {
            Entry::Occupied(_) => equal += 1,
            Entry::Vacant(free) => {
                free.insert(*key);
            }
        }
    }
    Ok(equal)
}

fn orphans(batch: &RecordBatch, name: &str, parents: &HashSet<i64>) -> Result<BooleanArray, DataFusionError> {
    let values = column(batch, name)?;
    let keys = keys_of(std::slice::from_ref(values), batch.num_rows())?;
    // Neighbouring rows often share a parent.
    let mut last = None;
    let orphan = |row: usize| {
        let key = keys.value(row);
        match last {
            Some((seen, orphan)) if seen == key => orphan,
            _ => {
                let orphan = !parents.contains(&key);
                last = Some((key, orphan));
                orphan
            }
        }
    };
    let mut orphan = orphan;
    Ok((0..values.len()).map(|row| Some(values.is_valid(row) && orphan(row))).collect())
}

fn newest_of(batch: &RecordBatch, name: &str) -> Result<Option<i64>, DataFusionError> {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let times = cast(&cast(column(batch, name)?, &micros)?, &DataType::Int64)?;
    Ok(arrow::compute::max(times.as_primitive::<Int64Type>()))
}

/// The exact sum of whole numbers and decimals; NULL counts nothing.
pub(super) fn exact_sum(values: &ArrayRef) -> Result<i128, DataFusionError> {
    let decimal = cast(values, &DataType::Decimal128(SUM_PRECISION, SUM_SCALE))?;
    let decimal = decimal.as_primitive::<Decimal128Type>();
    Ok(decimal.iter().flatten().sum())
}
