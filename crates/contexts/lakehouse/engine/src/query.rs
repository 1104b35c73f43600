//! One reading statement over the lake, and cells as JSON.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, Decimal128Type},
    util::display::{ArrayFormatter, FormatOptions},
};
use datafusion::{
    common::DataFusionError,
    execution::{
        context::SQLOptions,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
    prelude::DataFrame,
    sql::sqlparser::{
        dialect::GenericDialect,
        keywords::Keyword,
        tokenizer::{Token, Tokenizer},
    },
};
use futures::{StreamExt, future::BoxFuture};
use kernel::Cancel;
use lakehouse_model::{AssetName, Project};
use serde_json::Value;

use crate::{
    EngineError, Lake,
    sql::{hold, plan_error},
};

const WHAT: &str = "statement";
/// The share of a statement's memory that its steps may use.
const WHOLE: f64 = 1.0;
/// Keywords, operators and opened parentheses of one statement.
const MOST_STEPS: usize = 2_000;
/// Decimals of up to this many digits are the same as a JSON number.
const JSON_EXACT_DIGITS: usize = 15;

/// Rows of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryResult {
    /// Column names.
    pub columns: Vec<String>,
    /// Whether each column is numeric.
    pub numeric: Vec<bool>,
    /// Their types in SQL, e.g. `BIGINT`; Arrow's name where SQL has none.
    pub types: Vec<String>,
    /// Cells by row.
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more rows than were asked for.
    pub truncated: bool,
}

/// What a statement of somebody else is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Rows of the answer at most.
    pub rows: usize,
    /// Bytes of the answer's rows at most, as they are in memory.
    pub answer_bytes: usize,
    /// Memory in which it sorts, joins and groups; what it can put on the disk beyond that, it does.
    pub memory_bytes: usize,
    /// Bytes that it may put on the disk.
    pub spilled_bytes: u64,
}

impl Lake {
    /// Answers one statement that only reads, within these limits; `None` for those of the machine. It ends when it is dropped.
    ///
    /// # Errors
    /// [`EngineError::Plan`], [`EngineError::NotReadOnly`], [`EngineError::UnknownTable`], [`EngineError::Execute`],
    /// [`EngineError::Cancelled`].
    pub fn query<'a>(
        &'a self,
        project: &'a Project,
        (statement, limits): (&'a str, Option<QueryLimits>),
        cancel: &'a Cancel,
    ) -> BoxFuture<'a, Result<QueryResult, EngineError>> {
        Box::pin(async move {
            let empty = self.sessions.open([])?;
            if limits.is_some() {
                simple_enough(statement)?;
            }
            let dialect = empty.state().config_options().sql_parser.dialect;
            let parsed =
                empty.state().sql_to_statement(statement, &dialect).map_err(|error| plan_error(WHAT, None, error))?;
            let names =
                empty.state().resolve_table_references(&parsed).map_err(|error| plan_error(WHAT, None, error))?;
            let mut tables = HashMap::new();
            for name in names {
                let Some(layer) = name.schema() else { continue };
                let name = AssetName { layer: layer.to_owned(), name: name.table().to_owned() };
                let known = project.assets().iter().any(|(asset, _)| *asset == name);
                // A name becomes a folder: one that is no plain name would lead out of the lake.
                let is_plain = AssetName::parse(&name.to_string()).is_ok();
                if known || is_plain && self.facts(&name).await?.is_some() {
                    tables.insert(name.clone(), self.readable(project, &name).await?);
                } else {
                    return Err(EngineError::UnknownTable { nearest: project.nearest_asset(&name.to_string()), name });
                }
            }
            let session = match limits {
                Some(limits) => {
                    let session = self.sessions.bounded(tables, memory(limits)?)?;
                    hold(&session);
                    session
                }
                None => self.sessions.open(tables)?,
            };
            let planned = session.state().statement_to_plan(parsed).await;
            let plan = planned.map_err(|error| plan_error(WHAT, None, error))?;
            let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
            reading.verify_plan(&plan).map_err(|_| EngineError::NotReadOnly)?;
            collect(DataFrame::new(session.state(), plan), limits, cancel).await
        })
    }
}

/// Refuses what nests too deeply to be walked. A chain of operators or of set operations is as deep as it is long.
fn simple_enough(statement: &str) -> Result<(), EngineError> {
    // A text that is none is refused by the parser, with its place.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, statement).tokenize() else { return Ok(()) };
    let steps = tokens.iter().filter(|token| is_step(token)).count();
    if steps <= MOST_STEPS {
        return Ok(());
    }
    let why =
        format!("the statement has {steps} keywords and operators, more than {MOST_STEPS}: write a list with `in (…)`");
    Err(plan_error(WHAT, None, DataFusionError::Plan(why)))
}

fn is_step(token: &Token) -> bool {
    use Token as T;
    match token {
        T::Word(word) => word.keyword != Keyword::NoKeyword,
        T::Whitespace(_) | T::Number(..) | T::SingleQuotedString(_) | T::Comma | T::Period | T::RParen => false,
        _ => true,
    }
}

fn memory(limits: QueryLimits) -> Result<Arc<RuntimeEnv>, EngineError> {
    let bounded = RuntimeEnvBuilder::new()
        .with_memory_limit(limits.memory_bytes, WHOLE)
        .with_max_temp_directory_size(limits.spilled_bytes);
    bounded.build_arc().map_err(|error| EngineError::execute(&WHAT, error))
}

/// The rows of a frame as JSON cells, within these limits.
pub(crate) async fn collect(
    frame: DataFrame,
    limits: Option<QueryLimits>,
    cancel: &Cancel,
) -> Result<QueryResult, EngineError> {
    let fields = frame.schema().fields().clone();
    let mut result = QueryResult {
        columns: fields.iter().map(|field| field.name().clone()).collect(),
        numeric: fields.iter().map(|field| field.data_type().is_numeric()).collect(),
        types: fields.iter().map(|field| sql_type(field.data_type())).collect(),
        rows: Vec::new(),
        truncated: false,
    };
    let mut taken = 0;
    let mut batches = frame.execute_stream().await.map_err(|error| EngineError::execute(&WHAT, error))?;
    while let Some(batch) = batches.next().await {
        if cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        let batch = batch.map_err(|error| EngineError::execute(&WHAT, error))?;
        taken += batch.get_array_memory_size();
        if limits.is_some_and(|limits| taken > limits.answer_bytes) {
            let why = "the answer is too large: ask for fewer rows, or fewer columns".to_owned();
            return Err(EngineError::execute(&WHAT, DataFusionError::ResourcesExhausted(why)));
        }
        append_rows(&batch, &mut result.rows).map_err(|error| EngineError::execute(&WHAT, error.into()))?;
        if let Some(most) = limits.map(|limits| limits.rows).filter(|most| result.rows.len() > *most) {
            result.rows.truncate(most);
            result.truncated = true;
            break;
        }
    }
    Ok(result)
}

fn sql_type(kind: &DataType) -> String {
    let name = match kind {
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 => "SMALLINT",
        DataType::Int32 => "INT",
        DataType::Int64 => "BIGINT",
        DataType::UInt64 => "BIGINT UNSIGNED",
        DataType::Float32 => "REAL",
        DataType::Float64 => "DOUBLE",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "VARBINARY",
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Timestamp(_, None) => "TIMESTAMP",
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE",
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => return format!("DECIMAL({precision},{scale})"),
        other => return other.to_string(),
    };
    name.to_owned()
}

/// Appends a batch's rows as JSON cells.
pub(crate) fn append_rows(batch: &RecordBatch, rows: &mut Vec<Vec<Value>>) -> Result<(), arrow::error::ArrowError> {
    let options = FormatOptions::default();
    let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows() {
        let cells = batch.columns().iter().zip(&formatters);
        rows.push(cells.map(|(column, formatter)| cell(column, row, formatter)).collect());
    }
    Ok(())
}

fn cell(column: &dyn Array, row: usize, formatter: &ArrayFormatter<'_>) -> Value {
    // An array of nothing but NULLs has no mask to say so.
    if column.is_null(row) || *column.data_type() == DataType::Null {
        return Value::Null;
    }
    let text = formatter.value(row).to_string();
    match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        kind if kind.is_integer() => text.parse::<i64>().map_or(Value::String(text), Value::from),
        kind if kind.is_floating() => text.parse::<f64>().map_or(Value::String(text), Value::from),
        DataType::Decimal128(..) => {
            let digits =
                column.as_primitive::<Decimal128Type>().value(row).unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
            match text.parse::<f64>() {
                Ok(number) if digits as usize <= JSON_EXACT_DIGITS => Value::from(number),
                _ => Value::String(text),
            }
        }
        _ => Value::String(text),
    }
}
