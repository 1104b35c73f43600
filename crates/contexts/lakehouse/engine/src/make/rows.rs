//! Batches on their way from the statement to the tables: set aside, deduplicated, passed on.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, BooleanArray, RecordBatch, StringViewArray, new_null_array},
    compute::filter_record_batch,
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use datafusion::prelude::SessionContext;
use lakehouse_model::{AssetName, Model};

use super::{REJECT_RAW, REJECT_REASON, rules::Quarantine};
use crate::EngineError;

/// A batch parted in two.
pub(super) struct Parted {
    /// Rows for the model's table.
    pub(super) kept: RecordBatch,
    /// Rows set aside by the statement itself: never deduplicated, their keys may be NULL.
    pub(super) unreadable: Option<RecordBatch>,
    /// Rows set aside by a rule.
    pub(super) quarantined: Option<RecordBatch>,
}

/// Parts batches by the model's rules.
pub(super) struct Parter {
    model: AssetName,
    reason_at: Option<usize>,
    raw_at: Option<usize>,
    quarantine: Quarantine,
    /// Columns of the model's table.
    pub(super) kept_schema: SchemaRef,
    /// Columns of the rejects table.
    pub(super) rejects_schema: SchemaRef,
}

impl Parter {
    pub(super) fn new(model: &Model, session: &SessionContext, schema: &SchemaRef) -> Result<Self, EngineError> {
        let own = |field: &&Arc<Field>| field.name() != REJECT_REASON && field.name() != REJECT_RAW;
        let kept: Vec<Field> = schema.fields().iter().filter(own).map(|field| nullable(field)).collect();
        let mut rejected = kept.clone();
        rejected.push(Field::new("reason", DataType::Utf8View, true));
        rejected.push(Field::new("raw", DataType::Utf8View, true));
        let kept_schema = Arc::new(Schema::new(kept));
        let quarantine = Quarantine::of(model, session, &kept_schema)?;
        Ok(Self {
            model: model.name.clone(),
            reason_at: schema.index_of(REJECT_REASON).ok(),
            raw_at: schema.index_of(REJECT_RAW).ok(),
            quarantine,
            kept_schema,
            rejects_schema: Arc::new(Schema::new(rejected)),
        })
    }

    /// Parts one batch.
    pub(super) fn part(&self, batch: &RecordBatch) -> Result<Parted, EngineError> {
        let fail = |error: arrow::error::ArrowError| EngineError::execute(&self.model, error.into());
        let (mut rest, mut unreadable) = (batch.clone(), None);
        if let Some(at) = self.reason_at {
            let reasons = batch.column(at);
            if reasons.null_count() < batch.num_rows() {
                let readable = arrow::compute::is_null(reasons).map_err(fail)?;
                let aside = arrow::compute::not(&readable).map_err(fail)?;
                let aside = filter_record_batch(batch, &aside).map_err(fail)?;
                let text = arrow::compute::cast(aside.column(at), &DataType::Utf8View).map_err(fail)?;
                unreadable = Some(self.rejected(&aside, text).map_err(fail)?);
                rest = filter_record_batch(batch, &readable).map_err(fail)?;
            }
        }
        let kept = self.own(&rest).map_err(fail)?;
        let broken = self.quarantine.first_broken(&kept).map_err(|error| EngineError::execute(&self.model, error))?;
        if broken.iter().all(Option::is_none) {
            return Ok(Parted { kept, unreadable, quarantined: None });
        }
        let good: BooleanArray = broken.iter().map(|rule| Some(rule.is_none())).collect();
        let bad = arrow::compute::not(&good).map_err(fail)?;
        let reasons = broken.iter().flatten().map(|rule| self.quarantine.reason(*rule));
        let reasons: ArrayRef = Arc::new(StringViewArray::from_iter_values(reasons));
        let quarantined = self.rejected(&filter_record_batch(&rest, &bad).map_err(fail)?, reasons).map_err(fail)?;
        let kept = filter_record_batch(&kept, &good).map_err(fail)?;
        Ok(Parted { kept, unreadable, quarantined: Some(quarantined) })
    }

    fn own(&self, batch: &RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
        let columns = (0..batch.num_columns()).filter(|at| Some(*at) != self.reason_at && Some(*at) != self.raw_at);
        let columns = columns.map(|at| Arc::clone(batch.column(at))).collect();
        RecordBatch::try_new(Arc::clone(&self.kept_schema), columns)
    }

    fn rejected(&self, batch: &RecordBatch, reasons: ArrayRef) -> Result<RecordBatch, arrow::error::ArrowError> {
        let mut columns = self.own(batch)?.columns().to_vec();
        columns.push(reasons);
        columns.push(match self.raw_at {
            Some(at) => arrow::compute::cast(batch.column(at), &DataType::Utf8View)?,
            None => new_null_array(&DataType::Utf8View, batch.num_rows()),
        });
        RecordBatch::try_new(Arc::clone(&self.rejects_schema), columns)
    }
}

fn nullable(field: &Field) -> Field {
    Field::new(field.name(), field.data_type().clone(), true)
}
