//! The write: load, decide, append, inline read models, what the caller adds; one transaction.

use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, Aggregate, Timestamp, WorkspaceId};
use sql::{Scope, SqlError, Tx};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    Cause, EventLog, LogError, Once, Recorded, Subject,
    erased::erasure_lock,
    load::{Loaded, Until},
    once,
};

/// What else is written in the transaction of the events, e.g. jobs.
pub type Also = Box<dyn for<'t> FnOnce(&'t mut Tx, &'t [Recorded]) -> BoxFuture<'t, Result<(), LogError>> + Send>;

/// What a change is to hold to. The default asks for nothing.
#[derive(Default)]
pub struct How {
    /// The version that the stream must have; 0 for a stream that must not exist.
    pub expected: Option<u64>,
    /// A command that may come again.
    pub once: Option<Once>,
    /// What it follows from.
    pub cause: Cause,
    /// When it happened, where that is not now.
    pub occurred_at: Option<Timestamp>,
    /// What else is written. Not done when the command came again.
    pub also: Option<Also>,
}

/// A change that was stored.
#[derive(Debug, Clone)]
pub struct Changed<A> {
    /// The aggregate after it.
    pub state: A,
    /// The version of its stream.
    pub version: u64,
    /// What was appended; nothing where nothing had to happen or the command came again.
    pub events: Vec<Recorded>,
    /// The command came again: this is what it did the first time.
    pub repeated: bool,
}

enum Failure<R> {
    Refused(R),
    Log(LogError),
}

impl<R> From<SqlError> for Failure<R> {
    fn from(error: SqlError) -> Self {
        Self::Log(error.into())
    }
}

impl<R> From<LogError> for Failure<R> {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

/// What is held while a stream is changed. Subjects share theirs, see [`erasure_lock`].
fn lock_of(workspace: WorkspaceId, stream: &str) -> i64 {
    match stream.strip_prefix(Subject::STREAM).and_then(|rest| rest.strip_prefix('.')) {
        Some(subject) => erasure_lock(workspace, subject),
        None => xxh3_64(format!("{workspace} {stream}").as_bytes()).cast_signed(),
    }
}

impl EventLog {
    /// Loads an aggregate, lets `decide` choose what happens, and stores it. No events is a success that changes nothing.
    ///
    /// # Errors
    /// What `decide` refuses, or a [`LogError`].
    pub async fn change<A, R, E>(
        &self,
        actor: &Actor,
        id: A::Id,
        decide: impl FnOnce(&A) -> Result<Vec<A::Event>, R> + Send + 'static,
    ) -> Result<Changed<A>, E>
    where
        A: Aggregate,
        R: Send + 'static,
        E: From<R> + From<LogError>,
    {
        self.change_with(actor, id, How::default(), decide).await
    }

    /// The same, held to more.
    ///
    /// # Errors
    /// What `decide` refuses; [`LogError::Moved`], [`LogError::KeyReused`] and the other [`LogError`]s.
    pub async fn change_with<A, R, E>(
        &self,
        actor: &Actor,
        id: A::Id,
        how: How,
        decide: impl FnOnce(&A) -> Result<Vec<A::Event>, R> + Send + 'static,
    ) -> Result<Changed<A>, E>
    where
        A: Aggregate,
        R: Send + 'static,
        E: From<R> + From<LogError>,
    {
        let stream = format!("{}.{id}", A::STREAM);
        let lock = lock_of(actor.workspace, &stream);
        let (this, actor) = (self.clone(), actor.clone());
        let scope = Scope::Workspace(actor.workspace);
        let done = self
            .0
            .database
            .write_locked(scope, Some(lock), move |tx| {
                async move { this.change_in(tx, (&actor, &stream), how, decide).await }.boxed()
            })
            .await;
        match done {
            Ok(changed) => {
                self.0.appended.send_replace(());
                Ok(changed)
            }
            Err(Failure::Refused(refusal)) => Err(refusal.into()),
            Err(Failure::Log(error)) => Err(error.into()),
        }
    }

    async fn change_in<A: Aggregate, R: Send>(
        &self,
        tx: &mut Tx,
        (actor, stream): (&Actor, &str),
        how: How,
        decide: impl FnOnce(&A) -> Result<Vec<A::Event>, R> + Send,
    ) -> Result<Changed<A>, Failure<R>> {
        let place = (actor.workspace, stream);
        if let Some(once) = &how.once
            && let Some(version) = once::earlier(tx, once, stream).await?
        {
            let Loaded { state, version, .. } = self.load::<A>(tx, place, Until::Version(version)).await?;
            return Ok(Changed { state, version, events: Vec::new(), repeated: true });
        }
        let mut loaded = self.load::<A>(tx, place, Until::End).await?;
        if let Some(expected) = how.expected.filter(|expected| *expected != loaded.version) {
            return Err(LogError::Moved { stream: stream.to_owned(), expected, found: loaded.version }.into());
        }
        let events = decide(&loaded.state).map_err(Failure::Refused)?;
        let now = self.0.source.now();
        let (records, subjects) =
            self.record::<A>((actor, stream), &mut loaded, (events, &how.cause, how.occurred_at, now)).await?;
        // Before anything is written: an erasure that is under way is waited for.
        self.refuse_erased(tx, actor.workspace, &subjects).await?;
        self.insert(tx, &records).await?;
        self.project_inline(tx, &records).await?;
        self.keep_snapshot(tx, place, &loaded).await?;
        if let Some(once) = &how.once {
            once::remember(tx, once, (stream, loaded.version, now)).await?;
        }
        if let Some(also) = how.also {
            also(tx, &records).await?;
        }
        Ok(Changed { state: loaded.state, version: loaded.version, events: records, repeated: false })
    }
}
