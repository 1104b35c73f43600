//! A read model: facts in, rows out.

use crypto::KeyRing;
use futures::future::BoxFuture;
use kernel::Event;
use sql::{Row, Sql, SqlError, Tx, Value};

use crate::{EventLog, LogError, Recorded};

/// A table of a read model.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name; statements call it `{name}`, for they may be meant for its shadow.
    pub name: &'static str,
    /// How it is made, as statements divided by `;` at the end of a line, in which `{name}` stands for the table. Its rows
    /// belong to workspaces: the first column is `workspace_id UUID NOT NULL`.
    pub sql: &'static str,
}

/// Writes rows by facts. A fact may be seen again after a crash only where its rows were not kept: the rows and the cursor
/// are one transaction.
pub trait Projection: Send + Sync + 'static {
    /// Durable name, `context.what`.
    fn name(&self) -> &'static str;

    /// Grows from 1 when the rows change their meaning: they are then made anew.
    fn version(&self) -> u32 {
        1
    }

    /// Which streams it reads, as `context.aggregate`.
    fn streams(&self) -> &'static [&'static str];

    /// Its tables.
    fn tables(&self) -> &'static [Table];

    /// Writes the rows of one fact, in the scope of its workspace.
    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>>;
}

/// The tables of a read model, or their shadows while it is made anew.
pub struct ReadModel<'a> {
    pub(crate) log: &'a EventLog,
    pub(crate) tx: &'a mut Tx,
    pub(crate) tables: &'static [Table],
    /// What follows the names of the tables.
    pub(crate) suffix: &'a str,
}

impl ReadModel<'_> {
    /// Reads what an event says; see [`EventLog::open`]. Personal fields that are stored in the open are to be deleted when
    /// their subject is erased: read the stream `eventlog.subject` too.
    ///
    /// # Errors
    /// Those of [`EventLog::open`].
    pub async fn open<E: Event>(&self, event: &Recorded) -> Result<E, LogError> {
        self.log.open(event).await
    }

    /// The keys of personal fields, for tags by which a sealed value is found ([`KeyRing::hmac`]).
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        self.log.keys()
    }

    /// Runs a statement whose tables are written `{name}`; `$1` is the workspace.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn execute(&mut self, sql: &'static str, args: Vec<Value>) -> Result<u64, SqlError> {
        let sql = named(sql, self.tables, self.suffix);
        self.tx.execute(Sql::made(sql), args).await
    }

    /// Runs a query in the same way.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn all(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, SqlError> {
        let sql = named(sql, self.tables, self.suffix);
        self.tx.all(Sql::made(sql), args).await
    }
}

/// The text with its tables' names.
pub(crate) fn named(sql: &str, tables: &[Table], suffix: &str) -> String {
    tables.iter().fold(sql.to_owned(), |text, table| {
        text.replace(&format!("{{{}}}", table.name), &format!("{}{suffix}", table.name))
    })
}

pub(crate) fn reads(projection: &dyn Projection, event: &Recorded) -> bool {
    projection.streams().contains(&event.category())
}
