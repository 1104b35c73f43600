//! Rules on rows, as SQL conditions and as bit masks.

use std::sync::Arc;

use arrow::{
    array::{Array, AsArray, BooleanArray, RecordBatch},
    datatypes::SchemaRef,
};
use datafusion::{error::DataFusionError, physical_expr::PhysicalExpr, prelude::SessionContext};
use lakehouse_model::{Expectation, ExpectationKind, Model, Severity};

use crate::{EngineError, sql::compile};

/// The SQL condition that is true for a row which breaks the rule; `None` for rules that no single row can break.
pub(crate) fn failing_condition(expectation: &Expectation) -> Option<String> {
    let quoted = |column: &str| format!("\"{}\"", column.replace('"', "\"\""));
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let broken = match &expectation.kind {
        ExpectationKind::NotNull { column } => format!("{} is null", quoted(column)),
        ExpectationKind::AcceptedValues { column, values } => {
            let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
            format!("cast({} as varchar) not in ({})", quoted(column), values.join(", "))
        }
        ExpectationKind::InRange { column, min, max } => {
            let column = quoted(column);
            let low =
                min.as_ref().map(|end| format!("{column} {} {}", if end.inclusive { "<" } else { "<=" }, end.value));
            let high =
                max.as_ref().map(|end| format!("{column} {} {}", if end.inclusive { ">" } else { ">=" }, end.value));
            [low, high].into_iter().flatten().collect::<Vec<_>>().join(" or ")
        }
        ExpectationKind::Matches { column, regex } => {
            format!("not regexp_like(cast({} as varchar), {})", quoted(column), literal(regex))
        }
        ExpectationKind::ExpressionIsTrue { expression } => format!("({expression}) is not true"),
        _ => return None,
    };
    Some(match &expectation.condition {
        Some(condition) => format!("({condition}) and ({broken})"),
        None => broken,
    })
}

/// A condition ready to be evaluated on batches of one schema.
pub(crate) struct Condition(Arc<dyn PhysicalExpr>);

impl Condition {
    /// Compiles an SQL condition over a schema.
    pub(crate) fn compile(session: &SessionContext, schema: &SchemaRef, sql: &str) -> Result<Self, DataFusionError> {
        compile(session, schema, sql).map(Self)
    }

    /// `true` where the condition is true; never NULL.
    pub(crate) fn holds(&self, batch: &RecordBatch) -> Result<BooleanArray, DataFusionError> {
        let found = self.0.evaluate(batch)?.into_array(batch.num_rows())?;
        let found = found
            .as_boolean_opt()
            .ok_or_else(|| DataFusionError::Plan(format!("the rule is a {} and not a condition", found.data_type())))?;
        Ok(if found.null_count() == 0 {
            found.clone()
        } else {
            BooleanArray::new(
                found.values() & found.nulls().map_or(found.values(), arrow::buffer::NullBuffer::inner),
                None,
            )
        })
    }
}

/// The quarantine rules of a model, in order.
pub(super) struct Quarantine {
    rules: Vec<(String, Condition)>,
}

impl Quarantine {
    pub(super) fn of(model: &Model, session: &SessionContext, schema: &SchemaRef) -> Result<Self, EngineError> {
        let rules = model.doc.expectations.iter().filter(|rule| rule.severity == Severity::Quarantine);
        let rules = rules.filter_map(|rule| Some((rule, failing_condition(rule)?)));
        let rules = rules.map(|(rule, condition)| {
            let reason = rule.reason.clone().unwrap_or_else(|| rule.id.clone());
            match Condition::compile(session, schema, &condition) {
                Ok(condition) => Ok((reason, condition)),
                Err(source) => Err(EngineError::Check {
                    asset: model.name.clone(),
                    expectation: rule.id.clone(),
                    source: Box::new(source),
                }),
            }
        });
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }

    /// For each row the index of the first rule that it breaks.
    pub(super) fn first_broken(&self, batch: &RecordBatch) -> Result<Vec<Option<usize>>, DataFusionError> {
        let mut first = vec![None; batch.num_rows()];
        for (index, (_, condition)) in self.rules.iter().enumerate() {
            let broken = condition.holds(batch)?;
            if broken.true_count() == 0 {
                continue;
            }
            for row in broken.values().set_indices() {
                first[row].get_or_insert(index);
            }
        }
        Ok(first)
    }

    pub(super) fn reason(&self, index: usize) -> &str {
        &self.rules[index].0
    }
}
