//! The port: what every cache promises.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use kernel::WorkspaceId;

use crate::{CacheError, Key, LoadError, Tag};

/// A load in the making. It is driven by a task of its own and does not end with who asked first.
pub type Load = Pin<Box<dyn Future<Output = Result<Loaded, LoadError>> + Send>>;

/// What a load found, and the facts that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// `None`: there is no such thing, which is worth remembering too.
    pub value: Option<Bytes>,
    /// An invalidation of any of them outdates it. A value that is absent has tags too: of what would bring it.
    pub tags: Vec<Tag>,
}

/// For how long an answer is kept. Zero keeps nothing: those who ask at the same time still share one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Of a value.
    pub present: Duration,
    /// Of its absence; usually shorter, because who looked for a thing often makes it next.
    pub absent: Duration,
}

/// What a cache knows of a key without loading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The value, fresh.
    Present(Bytes),
    /// That there is none, fresh.
    Absent,
    /// Nothing.
    Unknown,
}

/// Answers kept by `(workspace, name)` until their time is over, a fact outdates them, or room is needed.
#[async_trait::async_trait]
pub trait Cache: fmt::Debug + Send + Sync {
    /// What is known, without loading.
    ///
    /// # Errors
    /// [`CacheError::Unreachable`].
    async fn get(&self, key: &Key) -> Result<Lookup, CacheError>;

    /// The value, loaded if it is not known; `None` where there is none.
    ///
    /// Single flight: while a load for the key runs in this process, everyone who asks waits for it, and `load` is dropped.
    /// It goes on when they stop waiting. Its error reaches all who wait and is not kept. A load that began before a
    /// `remove` of its key or an `invalidate` of one of its tags answers those who asked before that only.
    ///
    /// # Errors
    /// [`CacheError::Load`] with the loader's own error, [`CacheError::LoadTimedOut`], [`CacheError::LoadLost`],
    /// [`CacheError::Unreachable`].
    async fn get_or_load(&self, key: &Key, keep: Keep, load: Load) -> Result<Option<Bytes>, CacheError>;

    /// Forgets one key.
    ///
    /// # Errors
    /// [`CacheError::Unreachable`].
    async fn remove(&self, key: &Key) -> Result<(), CacheError>;

    /// Forgets everything in a workspace that carries `tag`, also what is being loaded at this moment. Call it after the
    /// change is committed.
    ///
    /// # Errors
    /// [`CacheError::Unreachable`].
    async fn invalidate(&self, workspace: WorkspaceId, tag: &Tag) -> Result<(), CacheError>;
}
