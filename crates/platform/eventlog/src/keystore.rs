//! Wrapped keys in SQL: a database of their own, or tables of their own that a backup of the log leaves out.
//!
//! An erased subject has a row without a key. SQLite overwrites what is deleted (`secure_delete`) and the write-ahead log is
//! cut after each erasure; PostgreSQL keeps dead rows until `VACUUM FULL` ([`SqlKeyStore::scrub`], which a job calls), and in
//! archived write-ahead logs for as long as those are kept.

use crypto::{
    Answer, KeyStore, MasterTag, Rewrap, StoreError, StoredSubjectKey, StoredWorkspaceKey, SubjectRow, Wrapped,
};
use futures::FutureExt;
use kernel::{SubjectId, WorkspaceId};
use sql::{Database, Migration, Row, Scope, Sql, SqlError, Tx, Value, args};
use uuid::Uuid;

const SUBJECT: &str = "subject_id, version, wrapped_by, wrapped";
const WORKSPACE: &str = "workspace_id, version, master, wrapped";

/// The tables of the keys, for the database that holds them.
pub const KEY_MIGRATIONS: &[Migration] = &[Migration {
    context: "keys",
    number: 1,
    sql: include_str!("../migrations/0001_keys.sql"),
    postgres: "",
    tenant_tables: &[],
}];

/// Keys in a database whose tables are there ([`KEY_MIGRATIONS`]). It has a handle of its own even where it is the same
/// database: keys are asked for inside of transactions, and a pool that waits for itself would wait for ever.
#[derive(Debug, Clone)]
pub struct SqlKeyStore(Database);

impl SqlKeyStore {
    /// Keys in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(database)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'t> FnOnce(&'t mut Tx) -> futures::future::BoxFuture<'t, Result<T, SqlError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.0.write(Scope::System, work).await?)
    }

    /// Rewrites the files so that no byte of an erased key is left in them. Takes a moment in which no key is read.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn scrub(&self) -> Result<(), SqlError> {
        self.0.rewrite(&["key_subjects"]).await
    }
}

impl KeyStore for SqlKeyStore {
    fn workspace_keys(&self, workspace: WorkspaceId) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        async move {
            let sql = format!("SELECT {WORKSPACE} FROM key_workspaces WHERE workspace_id = $1 ORDER BY version");
            let rows = self.0.all(Sql::made(sql), args![workspace.0]).await?;
            rows.iter().map(workspace_key).collect()
        }
        .boxed()
    }

    fn add_workspace_key<'a>(&'a self, key: &'a StoredWorkspaceKey) -> Answer<'a, ()> {
        let values = args![key.workspace.0, key.version, &key.master.0[..], key.wrapped.0.clone()];
        self.write(move |tx| {
            async move {
                let sql =
                    format!("INSERT INTO key_workspaces ({WORKSPACE}) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
                tx.execute(Sql::made(sql), values).await.map(|_| ())
            }
            .boxed()
        })
        .boxed()
    }

    fn subject_keys<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, Vec<SubjectRow>> {
        async move {
            let (sql, args) = of_subjects(workspace, subjects);
            let Some(sql) = sql else { return Ok(Vec::new()) };
            rows_of(&self.0.all(sql, args).await?)
        }
        .boxed()
    }

    fn add_subject_keys<'a>(
        &'a self,
        workspace: WorkspaceId,
        keys: &'a [StoredSubjectKey],
    ) -> Answer<'a, Vec<SubjectRow>> {
        let subjects: Vec<SubjectId> = keys.iter().map(|key| key.subject).collect();
        let rows: Vec<Vec<Value>> = keys.iter().map(|key| subject_values(workspace, key)).collect();
        async move {
            let (select, args) = of_subjects(workspace, &subjects);
            let Some(select) = select else { return Ok(Vec::new()) };
            let found = self
                .write(move |tx| {
                    async move {
                        let columns = ["workspace_id", "subject_id", "version", "wrapped_by", "wrapped"];
                        tx.insert_many(("key_subjects", &columns), rows, "ON CONFLICT DO NOTHING").await?;
                        tx.all(select, args).await
                    }
                    .boxed()
                })
                .await?;
            rows_of(&found)
        }
        .boxed()
    }

    fn erase<'a>(&'a self, workspace: WorkspaceId, subjects: &'a [SubjectId]) -> Answer<'a, u64> {
        let subjects: Vec<Uuid> = subjects.iter().map(|subject| subject.0).collect();
        async move {
            let erased = self
                .write(move |tx| {
                    async move {
                        let mut erased = 0;
                        for subject in subjects {
                            let sql = "INSERT INTO key_subjects (workspace_id, subject_id, version, wrapped_by, wrapped)
                                 VALUES ($1, $2, 0, 0, NULL) ON CONFLICT (workspace_id, subject_id) DO UPDATE
                                 SET version = 0, wrapped_by = 0, wrapped = NULL WHERE key_subjects.wrapped IS NOT NULL";
                            erased += tx.execute(sql, args![workspace.0, subject]).await?;
                        }
                        Ok(erased)
                    }
                    .boxed()
                })
                .await?;
            // A reader with an old snapshot keeps the log uncut for now; `scrub` is the promise.
            match self.0.fold().await {
                Ok(()) | Err(SqlError::Busy) => Ok(erased),
                Err(error) => Err(error.into()),
            }
        }
        .boxed()
    }

    fn rewrap<'a>(&'a self, changes: &'a [Rewrap]) -> Answer<'a, u64> {
        let statements: Vec<(&'static str, Vec<Value>)> = changes.iter().map(replacement).collect();
        self.write(move |tx| {
            async move {
                let mut replaced = 0;
                for (sql, args) in statements {
                    replaced += tx.execute(sql, args).await?;
                }
                Ok(replaced)
            }
            .boxed()
        })
        .boxed()
    }

    fn workspace_keys_not_under(
        &self,
        master: MasterTag,
        after: Option<(WorkspaceId, u32)>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredWorkspaceKey>> {
        async move {
            let (workspace, version) =
                after.map_or((Uuid::nil(), -1), |(workspace, version)| (workspace.0, i64::from(version)));
            let sql = format!(
                "SELECT {WORKSPACE} FROM key_workspaces WHERE master <> $1
                 AND (workspace_id > $2 OR (workspace_id = $2 AND version > $3))
                 ORDER BY workspace_id, version LIMIT {limit}"
            );
            let rows = self.0.all(Sql::made(sql), args![&master.0[..], workspace, version]).await?;
            rows.iter().map(workspace_key).collect()
        }
        .boxed()
    }

    fn subject_keys_before(
        &self,
        workspace: WorkspaceId,
        version: u32,
        after: Option<SubjectId>,
        limit: usize,
    ) -> Answer<'_, Vec<StoredSubjectKey>> {
        async move {
            let after = after.map_or(Uuid::nil(), |subject| subject.0);
            let sql = format!(
                "SELECT {SUBJECT} FROM key_subjects WHERE workspace_id = $1 AND wrapped IS NOT NULL AND wrapped_by < $2
                 AND subject_id > $3 ORDER BY subject_id LIMIT {limit}"
            );
            let rows = self.0.all(Sql::made(sql), args![workspace.0, version, after]).await?;
            let keys = rows_of(&rows)?.into_iter().filter_map(|row| match row {
                SubjectRow::Key(key) => Some(key),
                SubjectRow::Erased(_) => None,
            });
            Ok(keys.collect())
        }
        .boxed()
    }
}

/// A query for these subjects; none for none.
fn of_subjects(workspace: WorkspaceId, subjects: &[SubjectId]) -> (Option<Sql>, Vec<Value>) {
    if subjects.is_empty() {
        return (None, Vec::new());
    }
    let marks: Vec<String> = (0..subjects.len()).map(|at| format!("${}", at + 2)).collect();
    let sql = format!(
        "SELECT {SUBJECT} FROM key_subjects WHERE workspace_id = $1 AND subject_id IN ({}) ORDER BY subject_id",
        marks.join(",")
    );
    let mut args = args![workspace.0];
    args.extend(subjects.iter().map(|subject| Value::from(subject.0)));
    (Some(Sql::made(sql)), args)
}

fn rows_of(rows: &[Row]) -> Result<Vec<SubjectRow>, StoreError> {
    let read = |row: &Row| -> Result<SubjectRow, StoreError> {
        let subject = row.id(0)?;
        let Some(wrapped) = row.get::<Option<Vec<u8>>>(3)? else { return Ok(SubjectRow::Erased(subject)) };
        let (version, wrapped_by) = (u32::try_from(row.get::<i64>(1)?)?, u32::try_from(row.get::<i64>(2)?)?);
        Ok(SubjectRow::Key(StoredSubjectKey { subject, version, wrapped_by, wrapped: Wrapped(wrapped) }))
    };
    rows.iter().map(read).collect()
}

fn workspace_key(row: &Row) -> Result<StoredWorkspaceKey, StoreError> {
    let master: [u8; 8] = row.get::<Vec<u8>>(2)?.try_into().map_err(|_| "the tag of a master key has 8 bytes")?;
    Ok(StoredWorkspaceKey {
        workspace: row.id(0)?,
        version: u32::try_from(row.get::<i64>(1)?)?,
        master: MasterTag(master),
        wrapped: Wrapped(row.get(3)?),
    })
}

fn subject_values(workspace: WorkspaceId, key: &StoredSubjectKey) -> Vec<Value> {
    args![workspace.0, key.subject.0, key.version, key.wrapped_by, key.wrapped.0.clone()]
}

/// Replaces a key only where it is still what was read, byte for byte.
fn replacement(change: &Rewrap) -> (&'static str, Vec<Value>) {
    match change {
        Rewrap::Workspace { old, new } => (
            "UPDATE key_workspaces SET master = $3, wrapped = $4 WHERE workspace_id = $1 AND version = $2
             AND master = $5 AND wrapped = $6",
            args![
                old.workspace.0,
                old.version,
                &new.master.0[..],
                new.wrapped.0.clone(),
                &old.master.0[..],
                old.wrapped.0.clone()
            ],
        ),
        Rewrap::Subject { workspace, old, new } => (
            "UPDATE key_subjects SET wrapped_by = $3, wrapped = $4 WHERE workspace_id = $1 AND subject_id = $2
             AND wrapped_by = $5 AND wrapped = $6",
            args![
                workspace.0,
                old.subject.0,
                new.wrapped_by,
                new.wrapped.0.clone(),
                old.wrapped_by,
                old.wrapped.0.clone()
            ],
        ),
    }
}
