//! A transaction, as the work inside of it sees it.

use futures::{StreamExt, TryStreamExt};
use kernel::WorkspaceId;
use sqlx::{
    Postgres, Sqlite, SqliteConnection,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnection},
    sqlite::SqliteArguments,
};

use crate::{Row, Sql, SqlError, Value, value::bind};

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Whose rows a transaction sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of one workspace; it is `$1` of every statement.
    Workspace(WorkspaceId),
    /// All: only for the mechanism of the platform. Nothing is bound of itself.
    System,
}

#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    SqliteReader(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction. It is committed when the work that was given it succeeds, and only if no statement failed.
#[derive(Debug)]
pub struct Tx {
    pub(crate) connection: Connection,
    scope: Scope,
    failed: Option<SqlError>,
}

impl Tx {
    pub(crate) fn new(connection: Connection, scope: Scope) -> Self {
        Self { connection, scope, failed: None }
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self.connection {
            Connection::Sqlite(_) | Connection::SqliteReader(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Whose rows it sees.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Goes on in another scope, and gives back the one before. Meant for the mechanism of the platform, which begins in
    /// [`Scope::System`] and lends the transaction to one workspace's read model after the other.
    pub fn enter(&mut self, scope: Scope) -> Scope {
        std::mem::replace(&mut self.scope, scope)
    }

    /// Runs a statement; gives the number of rows that it changed.
    ///
    /// # Errors
    /// [`SqlError`]; the transaction is over then.
    pub async fn execute(&mut self, sql: impl Into<Sql>, args: Vec<Value>) -> Result<u64, SqlError> {
        let (sql, args) = self.scoped(sql.into(), args)?;
        let text = sql.safe(self.dialect());
        let done: Result<u64, SqlError> = async {
            Ok(match &mut self.connection {
                Connection::Sqlite(connection) => on_sqlite(text, args, connection).await?,
                Connection::SqliteReader(connection) => on_sqlite(text, args, connection).await?,
                Connection::Postgres(connection) => {
                    let args = bind!(PgArguments, args);
                    sqlx::query_with(text, args).execute(&mut **connection).await?.rows_affected()
                }
            })
        }
        .await;
        self.settle(done)
    }

    /// Runs a statement and collects its rows.
    ///
    /// # Errors
    /// [`SqlError`]; the transaction is over then.
    pub async fn all(&mut self, sql: impl Into<Sql>, args: Vec<Value>) -> Result<Vec<Row>, SqlError> {
        let (sql, args) = self.scoped(sql.into(), args)?;
        let text = sql.safe(self.dialect());
        let rows: Result<Vec<Row>, SqlError> = async {
            Ok(match &mut self.connection {
                Connection::Sqlite(connection) => rows_of_sqlite(text, args, connection).await?,
                Connection::SqliteReader(connection) => rows_of_sqlite(text, args, connection).await?,
                Connection::Postgres(connection) => {
                    let args = bind!(PgArguments, args);
                    let rows = sqlx::query_with(text, args).fetch(&mut **connection);
                    rows.map(|row| row.map(Row::Postgres)).try_collect().await?
                }
            })
        }
        .await;
        self.settle(rows)
    }

    /// Runs a statement that gives at most one row.
    ///
    /// # Errors
    /// [`SqlError`]; the transaction is over then.
    pub async fn optional(&mut self, sql: impl Into<Sql>, args: Vec<Value>) -> Result<Option<Row>, SqlError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Runs a statement that gives one row.
    ///
    /// # Errors
    /// [`SqlError`]; the transaction is over then.
    pub async fn one(&mut self, sql: impl Into<Sql>, args: Vec<Value>) -> Result<Row, SqlError> {
        self.optional(sql, args).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// The first failure of a statement, which forbids to commit.
    pub(crate) fn failure(&self) -> Option<&SqlError> {
        self.failed.as_ref()
    }

    /// Ready for the next caller of the same connection.
    pub(crate) fn renew(&mut self, scope: Scope) {
        (self.scope, self.failed) = (scope, None);
    }

    pub(crate) fn settle<T>(&mut self, result: Result<T, SqlError>) -> Result<T, SqlError> {
        if let Err(error) = &result {
            self.failed.get_or_insert_with(|| error.clone());
        }
        result
    }

    /// In the scope of a workspace every statement asks for it, as its first argument.
    fn scoped(&self, sql: Sql, args: Vec<Value>) -> Result<(Sql, Vec<Value>), SqlError> {
        let Scope::Workspace(workspace) = self.scope else { return Ok((sql, args)) };
        let text = sql.text(self.dialect());
        if !text.contains("workspace_id") || !text.contains("$1") {
            return Err(SqlError::Unscoped { statement: text.to_owned() });
        }
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(Value::from(workspace.0));
        all.extend(args);
        Ok((sql, all))
    }
}

async fn on_sqlite(text: sqlx::SqlStr, args: Vec<Value>, connection: &mut SqliteConnection) -> Result<u64, SqlError> {
    let args = bind!(SqliteArguments, args);
    Ok(sqlx::query_with(text, args).execute(connection).await?.rows_affected())
}

async fn rows_of_sqlite(
    text: sqlx::SqlStr,
    args: Vec<Value>,
    connection: &mut SqliteConnection,
) -> Result<Vec<Row>, SqlError> {
    let args = bind!(SqliteArguments, args);
    let rows = sqlx::query_with(text, args).fetch(connection);
    Ok(rows.map(|row| row.map(Row::Sqlite)).try_collect().await?)
}

/// Statements without arguments and without rows, in one journey.
pub(crate) async fn raw_postgres(sql: String, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
}
