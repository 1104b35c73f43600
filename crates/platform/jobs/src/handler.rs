//! What does the jobs of a kind, and what it fails with.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use cache::Limit;
use futures::future::BoxFuture;
use kernel::{ErrorKind, ProductError};

use crate::{BackOff, Context};

/// Longest text of an error that is kept, in characters.
const ERROR_CHARS: usize = 2_000;

/// Does the jobs of one kind. A job may be run twice, when a worker dies or is cut off: what it does to the database is
/// done once by [`Context::complete_in`], and what it does elsewhere must bear to be repeated.
pub trait Handler: Send + Sync + 'static {
    /// Which jobs: `context.verb_noun`.
    fn kind(&self) -> &'static str;

    /// What holds for all jobs of the kind.
    fn limits(&self) -> KindLimits {
        KindLimits::default()
    }

    /// Does one. Looks at [`Context::is_cancelled`] between steps.
    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>>;
}

/// What holds for all jobs of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindLimits {
    /// Attempts before a job is a dead letter.
    pub max_attempts: u32,
    /// Jobs at a time in one worker; `None` for as many as it has slots.
    pub concurrency: Option<u32>,
    /// How long an attempt may take; then it is dropped at its next await and counts as failed.
    pub timeout: Duration,
    /// How long a failed job waits.
    pub back_off: BackOff,
    /// How many may begin in a time, over all workers; `None` for no limit.
    pub rate: Option<Limit>,
}

impl Default for KindLimits {
    fn default() -> Self {
        Self {
            max_attempts: 20,
            concurrency: None,
            timeout: Duration::from_hours(1),
            back_off: BackOff::default(),
            rate: None,
        }
    }
}

/// Why an attempt failed, and whether another one can help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub(crate) error: String,
    pub(crate) retry: Retry,
}

/// What happens after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Again, after the kind's back-off.
    BackOff,
    /// Again, after this time, e.g. what another server asks for.
    After(Duration),
    /// Again, after this time, and this attempt does not count: it could not begin, for somebody else holds what it needs.
    Wait(Duration),
    /// Never: it would fail again. The job becomes a dead letter.
    Never,
}

impl Failure {
    /// A failure with these words, which are stored in the open: no personal data. NUL is left out, for PostgreSQL has no
    /// texts with it: an ending that the database refuses would be tried for ever.
    #[must_use]
    pub fn new(error: impl AsRef<str>, retry: Retry) -> Self {
        Self { error: error.as_ref().chars().filter(|char| *char != '\0').take(ERROR_CHARS).collect(), retry }
    }
}

/// By the kind of the error: what the same call cannot mend is not tried again.
impl<E: ProductError> From<E> for Failure {
    fn from(error: E) -> Self {
        let retry = match error.kind() {
            ErrorKind::Conflict | ErrorKind::TooMany | ErrorKind::Unavailable | ErrorKind::Internal => Retry::BackOff,
            ErrorKind::Invalid | ErrorKind::Unauthenticated | ErrorKind::Forbidden | ErrorKind::NotFound => {
                Retry::Never
            }
        };
        let why = (&error as &dyn ProductError).why().map_or(String::new(), |why| format!(": {why}"));
        Self::new(format!("{}: {error}{why}", error.code()), retry)
    }
}

/// The handlers of a worker. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Kinds(Arc<BTreeMap<&'static str, Arc<dyn Handler>>>);

impl Kinds {
    pub(crate) fn of(handlers: Vec<Arc<dyn Handler>>) -> Self {
        Self(Arc::new(handlers.into_iter().map(|handler| (handler.kind(), handler)).collect()))
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Arc<dyn Handler>> {
        self.0.get(kind)
    }

    /// Those of a kind that no handler here does are the usual ones.
    pub(crate) fn limits(&self, kind: &str) -> KindLimits {
        self.get(kind).map(|handler| handler.limits()).unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn Handler>)> {
        self.0.iter().map(|(kind, handler)| (*kind, handler))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use kernel::WordError;
    use sql::SqlError;

    use super::*;

    #[test]
    fn what_the_same_call_cannot_mend_is_not_tried_again() {
        let refused = Failure::from(WordError::BadLimit { given: 0 });
        assert_eq!(refused, Failure::new("kernel.bad_limit: could not take a page of 0 items", Retry::Never));
        assert_eq!(Failure::from(SqlError::Busy).retry, Retry::BackOff);
        assert_eq!(Failure::from(SqlError::TimedOut { seconds: 3 }).retry, Retry::BackOff);
    }

    #[test]
    fn a_long_error_is_cut_at_a_character() {
        assert_eq!(Failure::new("é".repeat(3_000), Retry::Never).error, "é".repeat(2_000));
    }
}
