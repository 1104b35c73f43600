//! Keeps read models up to the log: those that are written in the transaction of the fact, and those that follow it.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use kernel::{Aggregate as _, ErrorKind, ProductError as _};
use sql::{Dialect, Scope, Sql, SqlError, Tx, args};

use crate::{
    EventLog, LogError, Projection, ReadModel, Recorded, Subject, Table,
    load::number,
    projection::{named, reads},
    ready::Wanted,
};

/// Events that one transaction brings into a read model.
const AT_ONCE: u32 = 1_000;
/// How long other processes' events wait at most to be noticed.
const LOOK: Duration = Duration::from_millis(200);

/// The read models that follow the log. Any number of processes may run one: the cursor of a read model is locked while it
/// moves.
#[derive(Clone)]
pub struct Projector {
    log: EventLog,
    followers: Arc<[Arc<dyn Projection>]>,
}

/// How far a read model is behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Which.
    pub name: &'static str,
    /// Sealed events that it has not seen.
    pub events: u64,
    /// Why it does not go on.
    pub problem: Option<String>,
}

impl EventLog {
    /// Makes the tables of the read models written with the fact, and those of an older version of them anew.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn prepare(&self) -> Result<(), LogError> {
        for projection in &self.0.inline {
            self.make_ready(projection).await?;
        }
        Ok(())
    }

    pub(crate) async fn project_inline(&self, tx: &mut Tx, events: &[Recorded]) -> Result<(), LogError> {
        for projection in &self.0.inline {
            for event in events.iter().filter(|event| reads(&**projection, event)) {
                let mut model = ReadModel { log: self, tx: &mut *tx, tables: projection.tables(), suffix: "" };
                projection.project(&mut model, event).await?;
            }
        }
        Ok(())
    }
}

impl Projector {
    /// Read models that follow this log.
    #[must_use]
    pub fn new(log: EventLog, followers: Vec<Arc<dyn Projection>>) -> Self {
        Self { log, followers: followers.into() }
    }

    /// Makes tables, and those of an older version anew.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn prepare(&self) -> Result<(), LogError> {
        for projection in &*self.followers {
            self.log.make_ready(projection).await?;
        }
        Ok(())
    }

    /// Brings all read models up to what is sealed; gives the number of events that they took here.
    ///
    /// # Errors
    /// [`LogError::Projection`] of the first that refuses, [`LogError::UnknownProjection`] of one that was not prepared; the
    /// others go on.
    pub async fn catch_up(&self) -> Result<u64, LogError> {
        let (mut taken, mut refused) = (0, None);
        for projection in &*self.followers {
            loop {
                match self.log.step(projection, "").await {
                    Ok(Step::Taken(events)) => taken += events,
                    // Somebody else goes on with it: look where it stands now.
                    Ok(Step::Moved) => {}
                    Ok(Step::UpToDate) => break,
                    Ok(Step::Missing) => {
                        let name = projection.name().to_owned();
                        refused.get_or_insert(LogError::UnknownProjection { name });
                        break;
                    }
                    Err(error) => {
                        refused.get_or_insert(error);
                        break;
                    }
                }
            }
        }
        refused.map_or(Ok(taken), Err)
    }

    /// Follows the log for ever. A read model that refuses an event stays where it is, says so once, and is tried again.
    pub async fn follow(&self) {
        let mut said = String::new();
        loop {
            let sealed = self.log.sealed();
            match self.catch_up().await {
                Ok(0) => {
                    said.clear();
                    // A timeout is a look at what other processes have sealed.
                    let _ = tokio::time::timeout(LOOK, sealed).await;
                }
                Ok(_) => said.clear(),
                Err(error) => {
                    let text = error.to_string();
                    if text != said {
                        tracing::error!(error = %error, "a read model stands still: {error}");
                        said = text;
                    }
                    tokio::time::sleep(LOOK * 5).await;
                }
            }
        }
    }

    /// How far each is behind.
    ///
    /// # Errors
    /// [`LogError`] of the database.
    pub async fn lag(&self) -> Result<Vec<Lag>, LogError> {
        let head = self.log.head().await?;
        let mut lags = Vec::with_capacity(self.followers.len());
        for projection in &*self.followers {
            let select = "SELECT position, problem FROM cursors WHERE name = $1";
            let rows = self.log.database().all(select, args![projection.name()]).await?;
            let (position, problem) = match rows.first() {
                Some(row) => (row.count(0)?, row.get(1)?),
                None => (0, None),
            };
            lags.push(Lag { name: projection.name(), events: head.saturating_sub(position), problem });
        }
        Ok(lags)
    }

    /// Makes a read model anew from the first event, beside the present one, and switches. Where another process is at it,
    /// this begins when that has ended.
    ///
    /// # Errors
    /// [`LogError::UnknownProjection`], [`LogError::Superseded`] when another process made it anew instead or is at it for
    /// too long, and what the read model refuses; the present one then stays.
    pub async fn rebuild(&self, name: &str) -> Result<u64, LogError> {
        let unknown = || LogError::UnknownProjection { name: name.to_owned() };
        let known = self.followers.iter().chain(&self.log.0.inline).find(|each| each.name() == name);
        self.log.rebuild(known.ok_or_else(unknown)?, Wanted::Anew).await
    }

    /// Rewrites the tables of the read models that drop rows at [`crate::SubjectEvent::SubjectErased`], once they have seen
    /// all of those: no byte of an erased subject is left in the files then. Gives the number of tables. For a job: it locks
    /// each table for as long as it is rewritten, and may be repeated.
    ///
    /// # Errors
    /// [`SqlError::Busy`] while a transaction somewhere keeps an erasure from being sealed; other [`LogError`]s.
    pub async fn scrub(&self) -> Result<usize, LogError> {
        self.log.seal_all().await?;
        if self.log.pending_of(Subject::STREAM).await? > 0 {
            return Err(SqlError::Busy.into());
        }
        self.catch_up().await?;
        let purges = |each: &&Arc<dyn Projection>| each.streams().contains(&Subject::STREAM);
        let models = self.followers.iter().chain(&self.log.0.inline).filter(purges);
        let tables: Vec<&str> = models.flat_map(|each| each.tables()).map(|table| table.name).collect();
        self.log.database().rewrite(&tables).await?;
        Ok(tables.len())
    }
}

/// What became of a look at what a read model has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It took so many events.
    Taken(u64),
    /// There are no more.
    UpToDate,
    /// Somebody else has moved the cursor meanwhile; nothing was written.
    Moved,
    /// There is no such cursor, or no longer; nothing was written.
    Missing,
}

impl EventLog {
    /// Brings one read model, or the shadow of it, some events further.
    pub(crate) async fn step(&self, projection: &Arc<dyn Projection>, suffix: &str) -> Result<Step, LogError> {
        let cursor = format!("{}{suffix}", projection.name());
        let rows = self.database().all("SELECT position FROM cursors WHERE name = $1", args![cursor.as_str()]).await?;
        let Some(row) = rows.first() else { return Ok(Step::Missing) };
        let from = row.count(0)?;
        let events = self.after(from, AT_ONCE).await?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(Step::UpToDate) };
        let (model, name, suffix) = (Arc::clone(projection), cursor.clone(), suffix.to_owned());
        let this = self.clone();
        let done = self
            .database()
            .write(Scope::System, move |tx| {
                async move {
                    match lock_cursor(tx, &name).await? {
                        Some(position) if position == from => {}
                        Some(_) => return Ok(Step::Moved),
                        None => return Ok(Step::Missing),
                    }
                    this.project_all(tx, (&*model, &suffix), &events).await?;
                    let update = "UPDATE cursors SET position = $2, problem = NULL WHERE name = $1";
                    tx.execute(update, args![name, number(last)]).await?;
                    Ok(Step::Taken(last - from))
                }
                .boxed()
            })
            .await;
        if let Err(error) = &done {
            self.note_problem(&cursor, error).await;
        }
        done
    }

    async fn note_problem(&self, cursor: &str, error: &LogError) {
        // PostgreSQL has no texts with NUL.
        let (cursor, text) = (cursor.to_owned(), error.to_string().replace('\0', ""));
        let noted: Result<u64, LogError> = self
            .database()
            .write(Scope::System, move |tx| {
                async move {
                    let update =
                        "UPDATE cursors SET problem = $2 WHERE name = $1 AND (problem IS NULL OR problem <> $2)";
                    Ok(tx.execute(update, args![cursor, text]).await?)
                }
                .boxed()
            })
            .await;
        if let Err(error) = noted {
            tracing::debug!(error = %error, "could not note why a read model stands still");
        }
    }
}

/// The position of a cursor, which then stays ours until the end of the transaction.
pub(crate) async fn lock_cursor(tx: &mut Tx, name: &str) -> Result<Option<u64>, LogError> {
    let select = Sql::pair(
        "SELECT position FROM cursors WHERE name = $1",
        "SELECT position FROM cursors WHERE name = $1 FOR UPDATE",
    );
    let row = tx.optional(select, args![name]).await?;
    Ok(row.map(|row| row.count(0)).transpose()?)
}

impl EventLog {
    /// Lends the transaction to one workspace after the other.
    pub(crate) async fn project_all(
        &self,
        tx: &mut Tx,
        (projection, suffix): (&dyn Projection, &str),
        events: &[Recorded],
    ) -> Result<(), LogError> {
        for event in events.iter().filter(|event| reads(projection, event)) {
            let before = tx.enter(Scope::Workspace(event.workspace));
            let mut model = ReadModel { log: self, tx: &mut *tx, tables: projection.tables(), suffix };
            let done = projection.project(&mut model, event).await;
            tx.enter(before);
            done.map_err(|error| refused(projection, event, error))?;
        }
        Ok(())
    }
}

/// A database that is away, or a race that was lost, is no fault of the read model.
fn refused(projection: &dyn Projection, event: &Recorded, error: LogError) -> LogError {
    if let LogError::Sql(source) = &error
        && matches!(source.kind(), ErrorKind::Unavailable | ErrorKind::Conflict)
    {
        return error;
    }
    LogError::Projection {
        name: projection.name().to_owned(),
        position: event.position,
        reason: std::iter::successors(Some(&error as &dyn std::error::Error), |each| each.source())
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": "),
    }
}

pub(crate) async fn make_tables(tx: &mut Tx, tables: &'static [Table], suffix: &str) -> Result<(), LogError> {
    for table in tables {
        for statement in table.sql.split(";\n").map(|text| text.trim().trim_end_matches(';')) {
            if !statement.is_empty() {
                tx.execute(Sql::made(named(statement, tables, suffix)), args![]).await?;
            }
        }
        if tx.dialect() == Dialect::Postgres {
            sql::guard(tx, &format!("{}{suffix}", table.name)).await?;
        }
    }
    Ok(())
}
