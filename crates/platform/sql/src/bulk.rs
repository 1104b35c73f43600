//! Many rows at once: arrays on PostgreSQL, rows of `VALUES` on SQLite.
//!
//! Absent on purpose: PostgreSQL's COPY, which row-level security refuses.

use sqlx::{Arguments as _, postgres::PgArguments};

use crate::{Dialect, Sql, SqlError, Tx, Value, tx::Connection};

/// Arguments of one SQLite statement at most (`SQLITE_MAX_VARIABLE_NUMBER` is 32,766); fewer rows a statement keep it in the cache of
/// statements.
const MOST_ARGUMENTS: usize = 4_096;
/// Rows of one PostgreSQL statement at most.
const MOST_ROWS: usize = 10_000;

/// A column of many rows, for one array argument.
enum Array {
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Uuid(Vec<Option<uuid::Uuid>>),
}

impl Tx {
    /// Inserts rows into a table; each has a value for each column, of one type a column. `suffix` follows the rows, e.g.
    /// `ON CONFLICT DO NOTHING`. In the scope of a workspace the rows' first column is `workspace_id` and is bound by itself.
    ///
    /// # Errors
    /// [`SqlError`]; the transaction is over then.
    pub async fn insert_many(
        &mut self,
        (table, columns): (&str, &[&str]),
        rows: Vec<Vec<Value>>,
        suffix: &str,
    ) -> Result<u64, SqlError> {
        let (mut columns, mut rows) = (columns.to_vec(), rows);
        if let crate::Scope::Workspace(workspace) = self.scope() {
            columns.insert(0, "workspace_id");
            for row in &mut rows {
                row.insert(0, Value::from(workspace.0));
            }
        }
        let done = match self.dialect() {
            Dialect::Sqlite => self.insert_values((table, &columns), rows, suffix).await,
            Dialect::Postgres => self.insert_arrays((table, &columns), rows, suffix).await,
        };
        self.settle(done)
    }

    async fn insert_values(
        &mut self,
        (table, columns): (&str, &[&str]),
        rows: Vec<Vec<Value>>,
        suffix: &str,
    ) -> Result<u64, SqlError> {
        let at_once = (MOST_ARGUMENTS / columns.len().max(1)).max(1);
        let (mut rows, mut count) = (rows.into_iter(), 0);
        loop {
            let chunk: Vec<Vec<Value>> = rows.by_ref().take(at_once).collect();
            if chunk.is_empty() {
                break;
            }
            // Without numbers: SQLite looks each numbered one up in a list, which is quadratic.
            let marks = vec!["?"; columns.len()].join(",");
            let lists = vec![marks; chunk.len()];
            let text = format!("INSERT INTO {table} ({}) VALUES ({}) {suffix}", columns.join(","), lists.join("),("));
            // The workspace is among the values.
            let scope = self.enter(crate::Scope::System);
            let done = self.execute(Sql::made(text), chunk.into_iter().flatten().collect()).await;
            self.enter(scope);
            count += done?;
        }
        Ok(count)
    }

    async fn insert_arrays(
        &mut self,
        (table, columns): (&str, &[&str]),
        rows: Vec<Vec<Value>>,
        suffix: &str,
    ) -> Result<u64, SqlError> {
        let (mut rows, mut count) = (rows.into_iter().peekable(), 0);
        while rows.peek().is_some() {
            let (arrays, types) = arrays(rows.by_ref().take(MOST_ROWS), columns.len());
            let numbered: Vec<String> =
                types.iter().enumerate().map(|(at, kind)| format!("${}::{kind}[]", at + 1)).collect();
            let text = format!(
                "INSERT INTO {table} ({}) SELECT * FROM unnest({}) {suffix}",
                columns.join(","),
                numbered.join(",")
            );
            let mut arguments = PgArguments::default();
            for array in arrays {
                add(&mut arguments, array).map_err(sqlx::Error::Encode)?;
            }
            let Connection::Postgres(connection) = &mut self.connection else { return Err(SqlError::Aborted) };
            let text = Sql::made(text).safe(Dialect::Postgres);
            count += sqlx::query_with(text, arguments).execute(&mut **connection).await?.rows_affected();
        }
        Ok(count)
    }
}

fn add(arguments: &mut PgArguments, array: Array) -> Result<(), sqlx::error::BoxDynError> {
    match array {
        Array::Int(values) => arguments.add(values),
        Array::Float(values) => arguments.add(values),
        Array::Bool(values) => arguments.add(values),
        Array::Text(values) => arguments.add(values),
        Array::Bytes(values) => arguments.add(values),
        Array::Uuid(values) => arguments.add(values),
    }
}

/// Rows turned into one array a column, and PostgreSQL's names of their types. A value of another type than the first of its
/// column becomes NULL there, which a column that matters refuses.
fn arrays(rows: impl Iterator<Item = Vec<Value>>, width: usize) -> (Vec<Array>, Vec<&'static str>) {
    let mut arrays: Vec<Array> = Vec::with_capacity(width);
    for row in rows {
        for (at, value) in row.into_iter().enumerate() {
            if arrays.len() == at {
                arrays.push(Array::like(&value));
            }
            arrays[at].push(value);
        }
    }
    let types = arrays.iter().map(Array::kind).collect();
    (arrays, types)
}

impl Array {
    fn like(value: &Value) -> Self {
        match value {
            Value::Int(_) => Self::Int(Vec::new()),
            Value::Float(_) => Self::Float(Vec::new()),
            Value::Bool(_) => Self::Bool(Vec::new()),
            Value::Text(_) => Self::Text(Vec::new()),
            Value::Bytes(_) => Self::Bytes(Vec::new()),
            Value::Uuid(_) => Self::Uuid(Vec::new()),
        }
    }

    fn push(&mut self, value: Value) {
        match (self, value) {
            (Self::Int(values), Value::Int(value)) => values.push(value),
            (Self::Float(values), Value::Float(value)) => values.push(value),
            (Self::Bool(values), Value::Bool(value)) => values.push(value),
            (Self::Text(values), Value::Text(value)) => values.push(value),
            (Self::Bytes(values), Value::Bytes(value)) => values.push(value),
            (Self::Uuid(values), Value::Uuid(value)) => values.push(value),
            (Self::Int(values), _) => values.push(None),
            (Self::Float(values), _) => values.push(None),
            (Self::Bool(values), _) => values.push(None),
            (Self::Text(values), _) => values.push(None),
            (Self::Bytes(values), _) => values.push(None),
            (Self::Uuid(values), _) => values.push(None),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint",
            Self::Float(_) => "double precision",
            Self::Bool(_) => "boolean",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytea",
            Self::Uuid(_) => "uuid",
        }
    }
}
