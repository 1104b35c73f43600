//! The one scan.

use std::{collections::BTreeSet, sync::Arc};

use arrow::datatypes::SchemaRef;
use datafusion::{
    common::{DFSchema, TableReference},
    prelude::{SessionContext, ident},
};
use futures::StreamExt;
use lakehouse_model::{AssetName, Expectation, ExpectationKind};

use super::{
    CheckOutcome, Examination, bad_rule,
    state::{Ground, RuleState},
};
use crate::{EngineError, make::failing_condition};

impl Examination<'_> {
    pub(super) async fn scan(&self, rules: &[&Expectation]) -> Result<Vec<CheckOutcome>, EngineError> {
        let Self { lake, asset, .. } = *self;
        let table = lake.readable(self.project, asset).await?;
        let session = lake.sessions.open([(asset.clone(), Arc::clone(&table))])?;
        let schema = table.schema();
        let needed = needed_columns(&session, asset, &schema, rules)?;
        let frame = session.table(TableReference::partial(asset.layer.as_str(), asset.name.as_str())).await;
        let in_order = schema.fields().iter().map(|field| field.name()).filter(|name| needed.contains(*name));
        let frame = frame.and_then(|frame| frame.select(in_order.map(ident)));
        let frame = frame.map_err(|error| EngineError::execute(asset, error))?;
        let scanned: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
        let mut states = Vec::new();
        for rule in rules {
            let parents = self.parent_keys(rule).await?;
            let ground = Ground { asset, session: &session, schema: &scanned };
            states.push(RuleState::new(&ground, rule, parents, self.samples)?);
        }
        let mut rows = 0;
        let mut batches = frame.execute_stream().await.map_err(|error| EngineError::execute(asset, error))?;
        while let Some(batch) = batches.next().await {
            self.work.check()?;
            let batch = batch.map_err(|error| EngineError::execute(asset, error))?;
            rows += batch.num_rows() as u64;
            for state in &mut states {
                state.fold(&batch).map_err(|error| bad_rule(asset, state.rule, error))?;
            }
        }
        let mut outcomes = Vec::new();
        for state in states {
            outcomes.push(self.conclude(&schema, state, rows).await?);
        }
        Ok(outcomes)
    }
}

/// Where a row of a source's table came from.
const PLACE: [&str; 2] = ["_source_file", "_row"];

/// Columns that the rules look at; at least one, so that rows can be counted.
fn needed_columns(
    session: &SessionContext,
    asset: &AssetName,
    schema: &SchemaRef,
    rules: &[&Expectation],
) -> Result<BTreeSet<String>, EngineError> {
    let columns = DFSchema::try_from(Arc::clone(schema)).map_err(|error| EngineError::execute(asset, error))?;
    let mut needed = BTreeSet::new();
    for rule in rules {
        let mut texts: Vec<String> = failing_condition(rule).into_iter().collect();
        match &rule.kind {
            ExpectationKind::Unique { columns } => needed.extend(columns.iter().cloned()),
            ExpectationKind::Relationships { column, .. } | ExpectationKind::Freshness { column, .. } => {
                needed.insert(column.clone());
            }
            ExpectationKind::SumEquals { expression, .. } => texts.push(expression.clone()),
            _ => {}
        }
        texts.extend(rule.condition.clone());
        for text in texts {
            let parsed = session.state().create_logical_expr(&text, &columns);
            let parsed = parsed.map_err(|error| bad_rule(asset, rule, error))?;
            needed.extend(parsed.column_refs().into_iter().map(|column| column.name.clone()));
        }
    }
    for name in &needed {
        if schema.index_of(name).is_err() {
            let rule = rules.iter().find(|rule| format!("{:?}", rule.kind).contains(&format!("\"{name}\"")));
            return Err(EngineError::MissingColumn {
                model: asset.clone(),
                column: name.clone(),
                named_in: rule.map_or_else(String::new, |rule| format!("expectation {}", rule.id)),
                place: None,
            });
        }
    }
    // A failing line of a source must be found again in its file.
    if !needed.is_empty() {
        let place = PLACE.iter().filter(|name| schema.column_with_name(name).is_some());
        needed.extend(place.map(|name| (*name).to_owned()));
    }
    if needed.is_empty() {
        needed.extend(schema.fields().first().map(|field| field.name().clone()));
    }
    Ok(needed)
}
