//! Who listens to jobs, and what they are told.
//!
//! Invariants: there are never more listeners than the limits say, of all and of each caller; a listener is told of each state at
//! most once in a row, and of the end; whether the caller still may is asked again and again.
//!
//! A job is looked at in the database, for the worker that does it may be in another process. Absent on purpose: what happened
//! between two looks; a watched job is a state, not a history.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::jobs::{JobId, Jobs};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use http_edge::{HttpError, Problem, Standing};
use kernel::{Actor, Permission, Who, WorkspaceId};
use tokio::time;
use xxhash_rust::xxh3::xxh3_64;

use crate::{ApiError, JobProgress, Spine};

/// When to ask again after a refusal.
const RETRY_AFTER_S: u64 = 5;

/// What listeners are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveLimits {
    /// How often a job is looked at.
    pub poll: Duration,
    /// Looks after which the caller is asked for again.
    pub looks: u32,
    /// How long nothing is said at most.
    pub heartbeat: Duration,
    /// Listeners of this process.
    pub most: usize,
    /// Listeners of one caller.
    pub most_each: usize,
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            looks: 60,
            heartbeat: Duration::from_secs(15),
            most: 200,
            most_each: 10,
        }
    }
}

/// The listeners of this process. Clones share them.
#[derive(Clone, Default)]
pub struct Live(Arc<Shared>);

#[derive(Default)]
struct Shared {
    limits: LiveLimits,
    open: Mutex<HashMap<(WorkspaceId, Who), usize>>,
}

/// A place among the listeners, given back when dropped.
struct Seat {
    live: Live,
    of: (WorkspaceId, Who),
}

/// What a listener is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Names what is said: the same state has the same id.
    pub id: String,
    /// The job.
    pub progress: JobProgress,
    /// The job as JSON.
    pub data: String,
}

impl Live {
    /// Listeners within these limits.
    #[must_use]
    pub fn new(limits: LiveLimits) -> Self {
        Self(Arc::new(Shared { limits, open: Mutex::default() }))
    }

    /// What they are held to.
    #[must_use]
    pub fn limits(&self) -> LiveLimits {
        self.0.limits
    }

    fn seat(&self, actor: &Actor) -> Result<Seat, ApiError> {
        let of = (actor.workspace, actor.who);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (open.values().sum::<usize>(), open.get(&of).copied().unwrap_or(0));
        if own >= self.0.limits.most_each {
            return Err(ApiError::TooManyListeners { open: own });
        }
        if all >= self.0.limits.most {
            return Err(ApiError::TooManyListeners { open: all });
        }
        open.insert(of, own + 1);
        Ok(Seat { live: self.clone(), of })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.live.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.of) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                open.remove(&self.of);
            }
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl Spine {
    /// Tells of a job each time that it is found changed, and ends with its end. What bears the id `seen` is not told first, unless
    /// it is the end. The stream also ends when `standing` refuses the caller, and when the job is gone.
    ///
    /// # Errors
    /// Without `jobs:read`, for a job that there is not, and for a listener too many.
    pub async fn watch_job(
        &self,
        actor: &Actor,
        id: JobId,
        (standing, seen): (Standing, Option<String>),
    ) -> Result<BoxStream<'static, Told>, Problem> {
        actor.require(Permission::JobsRead)?;
        let first = told(JobProgress::of(self.jobs.get(actor.workspace, id).await?))?;
        let full = |error| Problem::from(error).with_retry_after(RETRY_AFTER_S);
        let seat = self.live.seat(actor).map_err(full)?;
        let limits = self.live.limits();
        let watching = Watching {
            jobs: self.jobs.clone(),
            job: (actor.workspace, id),
            limits,
            standing,
            looks: limits.looks,
            next: Some(first),
            seen,
            is_over: false,
            _seat: seat,
        };
        Ok(stream::unfold(watching, Watching::tell).boxed())
    }
}

struct Watching {
    jobs: Jobs,
    job: (WorkspaceId, JobId),
    limits: LiveLimits,
    standing: Standing,
    /// Left until the caller is asked for again.
    looks: u32,
    /// Was looked at and not yet told.
    next: Option<Told>,
    seen: Option<String>,
    is_over: bool,
    _seat: Seat,
}

impl Watching {
    /// `None` ends the stream: who listens comes back and is told why, if there is a reason.
    async fn tell(mut self) -> Option<(Told, Self)> {
        while !self.is_over {
            let told = match self.next.take() {
                Some(told) => told,
                None => self.look().await?,
            };
            self.is_over = told.progress.is_end();
            if self.is_over || self.seen.as_ref() != Some(&told.id) {
                self.seen = Some(told.id.clone());
                return Some((told, self));
            }
        }
        None
    }

    async fn look(&mut self) -> Option<Told> {
        time::sleep(self.limits.poll).await;
        self.looks = self.looks.saturating_sub(1);
        if self.looks == 0 {
            self.standing.check().await.ok()?;
            self.looks = self.limits.looks;
        }
        let (workspace, id) = self.job;
        told(JobProgress::of(self.jobs.get(workspace, id).await.ok()?)).ok()
    }
}

fn told(progress: JobProgress) -> Result<Told, Problem> {
    let data = serde_json::to_string(&progress).map_err(HttpError::Unwritable)?;
    Ok(Told { id: format!("{:016x}", xxh3_64(data.as_bytes())), progress, data })
}
