//! Migrations: forward only, each once, under a lock, so that any number of processes may start at once.

use std::collections::BTreeMap;

use futures::FutureExt;
use kernel::Timestamp;

use crate::{Database, Dialect, Scope, Sql, SqlError, Tx, args};

/// One step of a context's tables. Its text never changes once it was released.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Whose tables.
    pub context: &'static str,
    /// Counts from 1 within the context.
    pub number: u32,
    /// Statements, divided by `;` at the end of a line; `{seq}` stands for a growing primary key that the database gives,
    /// `{key}` for one that is given to it.
    pub sql: &'static str,
    /// Statements for PostgreSQL alone, which follow.
    pub postgres: &'static str,
    /// Tables made here whose rows belong to workspaces: they have a column `workspace_id`, and PostgreSQL guards them row
    /// by row.
    pub tenant_tables: &'static [&'static str],
}

/// Any number, the same in all versions: the lock under which tables are changed on PostgreSQL.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7166305116)";
const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    context TEXT NOT NULL, number BIGINT NOT NULL, text_hash BIGINT NOT NULL, applied_at BIGINT NOT NULL,
    PRIMARY KEY (context, number))";

impl Database {
    /// Applies what is missing, all in one transaction; gives the number of steps that were applied.
    ///
    /// # Errors
    /// [`SqlError::MigrationChanged`], [`SqlError::MigrationUnknown`], and those of the database.
    pub async fn migrate(&self, migrations: Vec<Migration>, now: Timestamp) -> Result<usize, SqlError> {
        self.write(Scope::System, move |tx| migrate(tx, migrations, now).boxed()).await
    }
}

async fn migrate(tx: &mut Tx, migrations: Vec<Migration>, now: Timestamp) -> Result<usize, SqlError> {
    if tx.dialect() == Dialect::Postgres {
        tx.all(LOCK, args![]).await?;
    }
    tx.execute(TABLE, args![]).await?;
    let mut applied = BTreeMap::new();
    for row in tx.all("SELECT context, number, text_hash FROM migrations", args![]).await? {
        applied.insert((row.get::<String>(0)?, row.get::<i64>(1)?), row.get::<i64>(2)?);
    }
    refuse_newer(&migrations, &applied)?;
    let mut count = 0;
    for migration in &migrations {
        let hash = text_hash(migration);
        match applied.get(&(migration.context.to_owned(), i64::from(migration.number))) {
            Some(known) if *known == hash => continue,
            Some(_) => {
                let Migration { context, number, .. } = *migration;
                return Err(SqlError::MigrationChanged { context, number });
            }
            None => apply(tx, migration).await?,
        }
        tx.execute(
            "INSERT INTO migrations (context, number, text_hash, applied_at) VALUES ($1, $2, $3, $4)",
            args![migration.context, migration.number, hash, now],
        )
        .await?;
        count += 1;
    }
    Ok(count)
}

/// A context that this version knows may not have steps that it does not.
fn refuse_newer(migrations: &[Migration], applied: &BTreeMap<(String, i64), i64>) -> Result<(), SqlError> {
    for migration in migrations {
        let mine = |number: i64| {
            migrations.iter().any(|each| each.context == migration.context && i64::from(each.number) == number)
        };
        let newer = applied.keys().find(|(context, number)| context == migration.context && !mine(*number));
        if let Some((_, number)) = newer {
            return Err(SqlError::MigrationUnknown { context: migration.context, number: *number });
        }
    }
    Ok(())
}

async fn apply(tx: &mut Tx, migration: &Migration) -> Result<(), SqlError> {
    let (seq, key, more) = match tx.dialect() {
        Dialect::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY", ""),
        Dialect::Postgres => {
            ("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BIGINT PRIMARY KEY", migration.postgres)
        }
    };
    let text = format!("{};\n{more}", migration.sql).replace("{seq}", seq).replace("{key}", key);
    for statement in text.split(";\n").map(|text| text.trim().trim_end_matches(';')).filter(|text| !text.is_empty()) {
        tx.execute(Sql::made(statement), args![]).await?;
    }
    if tx.dialect() == Dialect::Postgres {
        for table in migration.tenant_tables {
            guard(tx, table).await?;
        }
    }
    Ok(())
}

/// Row-level security: even a statement that forgot its workspace sees and writes no other's rows. `(SELECT …)` is asked
/// once a statement and not once a row.
///
/// # Errors
/// [`SqlError`].
pub async fn guard(tx: &mut Tx, table: &str) -> Result<(), SqlError> {
    let scope = "(SELECT current_setting('grayghost.scope', true))";
    for statement in [
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
        format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
        format!("CREATE POLICY workspace ON {table} USING ({scope} = '*' OR workspace_id::text = {scope})"),
    ] {
        tx.execute(Sql::made(statement), args![]).await?;
    }
    Ok(())
}

/// FNV-1a over the words, so that another indentation is the same text. Source: Fowler, Noll, Vo; the 64-bit parameters of
/// RFC 9923.
fn text_hash(migration: &Migration) -> i64 {
    let words = migration
        .sql
        .split_whitespace()
        .chain(migration.postgres.split_whitespace())
        .flat_map(|word| word.bytes().chain([b' ']));
    let hash =
        words.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_text_knows_its_words_and_not_its_spaces() {
        let hash = |sql, postgres| text_hash(&Migration { context: "a", number: 1, sql, postgres, tenant_tables: &[] });
        assert_eq!(hash("a  b\n c", ""), hash("a b c", ""));
        assert_ne!(hash("a b c", ""), hash("a bc", ""));
        assert_ne!(hash("a b", ""), hash("a b", "c"));
    }
}
