//! The text of a statement: one where the dialects agree, two where they do not.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::Dialect;

/// A statement. Its arguments are `$1`, `$2`, … on both databases.
#[derive(Debug, Clone)]
pub struct Sql {
    sqlite: Text,
    postgres: Text,
}

#[derive(Debug, Clone)]
enum Text {
    Fixed(&'static str),
    Made(Arc<str>),
}

impl Sql {
    /// Two texts for one purpose.
    #[must_use]
    pub const fn pair(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite: Text::Fixed(sqlite), postgres: Text::Fixed(postgres) }
    }

    /// A text put together at run time, of names that stand in our own code. Never of anything a user gave.
    #[must_use]
    pub fn made(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { sqlite: Text::Made(Arc::clone(&text)), postgres: Text::Made(text) }
    }

    /// The same with each `{table}` replaced: a read model is written to its table or to the shadow of it.
    #[must_use]
    pub fn naming(&self, table: &str) -> Self {
        let named = |text: &Text| Text::Made(text.as_str().replace("{table}", table).into());
        Self { sqlite: named(&self.sqlite), postgres: named(&self.postgres) }
    }

    pub(crate) fn text(&self, dialect: Dialect) -> &str {
        self.of(dialect).as_str()
    }

    pub(crate) fn safe(&self, dialect: Dialect) -> SqlStr {
        match self.of(dialect) {
            Text::Fixed(text) => text.into_sql_str(),
            Text::Made(text) => AssertSqlSafe(Arc::clone(text)).into_sql_str(),
        }
    }

    fn of(&self, dialect: Dialect) -> &Text {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::pair(text, text)
    }
}

impl From<&Self> for Sql {
    fn from(sql: &Self) -> Self {
        sql.clone()
    }
}
