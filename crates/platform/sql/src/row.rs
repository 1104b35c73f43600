//! What a statement gives back.

use kernel::Timestamp;
use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use crate::SqlError;

/// One row of either database; columns are counted from 0.
#[derive(Debug)]
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    /// A column's value.
    ///
    /// # Errors
    /// When the column has another type or is not there.
    pub fn get<T: Column>(&self, at: usize) -> Result<T, SqlError> {
        T::read(self, at)
    }

    /// A column that holds an id.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn id<T: From<Uuid>>(&self, at: usize) -> Result<T, SqlError> {
        self.get::<Uuid>(at).map(T::from)
    }

    /// A column that holds a count or a version.
    ///
    /// # Errors
    /// As [`Row::get`], and when it is negative.
    pub fn count(&self, at: usize) -> Result<u64, SqlError> {
        u64::try_from(self.get::<i64>(at)?).map_err(|source| sqlx::Error::Decode(source.into()).into())
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads one column.
    ///
    /// # Errors
    /// When the column has another type or is not there.
    fn read(row: &Row, at: usize) -> Result<Self, SqlError>;
}

macro_rules! column {
    ($($type:ty),*) => { $(
        impl Column for $type {
            fn read(row: &Row, at: usize) -> Result<Self, SqlError> {
                Ok(match row {
                    Row::Sqlite(row) => row.try_get(at)?,
                    Row::Postgres(row) => row.try_get(at)?,
                })
            }
        }
    )* };
}
column!(i64, f64, bool, String, Vec<u8>, Uuid);
column!(Option<i64>, Option<f64>, Option<bool>, Option<String>, Option<Vec<u8>>, Option<Uuid>);

impl Column for Timestamp {
    fn read(row: &Row, at: usize) -> Result<Self, SqlError> {
        row.get(at).map(Self)
    }
}

impl Column for Option<Timestamp> {
    fn read(row: &Row, at: usize) -> Result<Self, SqlError> {
        Ok(row.get::<Option<i64>>(at)?.map(Timestamp))
    }
}
