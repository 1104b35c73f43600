//! What hears facts, and how it is treated.

use std::time::Duration;

use eventlog::Recorded;
use futures::future::BoxFuture;
use kernel::{ErrorKind, ProductError};

use crate::Delivery;

/// Reacts to facts.
pub trait Subscriber: Send + Sync + 'static {
    /// Durable name, `context.what`. Another name is another subscriber, which begins anew.
    fn name(&self) -> &'static str;

    /// Which facts it hears. What is added later is heard from then on.
    fn hears(&self) -> Hears;

    /// Where it begins when it is new.
    fn begins(&self) -> Begin {
        Begin::FirstFact
    }

    /// How it is treated.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Handles one fact. It may come again: after a crash, and after an error. The future may be dropped at any await, when
    /// it takes too long or the process stops.
    fn handle<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), HandlerError>>;
}

/// Which facts a subscriber hears. Events that their context keeps private are heard by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    /// All.
    All,
    /// Those of these types.
    Facts(&'static [&'static str]),
    /// Those of these streams, written `context.aggregate`.
    Streams(&'static [&'static str]),
}

impl Hears {
    /// Whether an event carries a fact that is meant.
    #[must_use]
    pub fn includes(&self, event: &Recorded) -> bool {
        let Some((fact_type, _)) = &event.fact else { return false };
        match self {
            Self::All => true,
            Self::Facts(types) => types.contains(&fact_type.as_str()),
            Self::Streams(streams) => streams.contains(&event.category()),
        }
    }
}

/// Where a new subscriber begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At the first fact of the log: for what must know all of them.
    FirstFact,
    /// At the facts that are sealed after it was first started: for what must not act on the past, such as mail.
    Now,
}

/// How a subscriber is treated, and how much of the log is held in memory for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Streams that are handled at the same time; half as many of those that were put aside come on top.
    pub parallel: usize,
    /// Attempts before a fact is a dead letter.
    pub attempts: u32,
    /// The wait after the first failed attempt; it doubles with each.
    pub first_delay: Duration,
    /// The longest wait.
    pub most_delay: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Facts in memory at most.
    pub most_facts: usize,
    /// Their bytes at most, but for the last batch that was read.
    pub most_bytes: usize,
    /// How far ahead of the first unfinished fact others may be handled, in positions: as many may come again after a crash.
    pub most_ahead: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            parallel: 16,
            attempts: 8,
            first_delay: Duration::from_millis(500),
            most_delay: Duration::from_mins(10),
            timeout: Duration::from_mins(1),
            most_facts: 1_000,
            most_bytes: 16 << 20,
            most_ahead: 10_000,
        }
    }
}

/// Why a fact could not be handled. The text is stored and shown to operators: no personal data belongs into it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// Another attempt may succeed.
    #[error("{0}")]
    Retry(String),
    /// No attempt ever will: the fact becomes a dead letter at once.
    #[error("{0}")]
    Permanent(String),
}

/// What the same call will meet again is permanent; the rest is tried again, faults of ours too, for a release mends them.
impl<E: ProductError> From<E> for HandlerError {
    fn from(error: E) -> Self {
        let error: &dyn ProductError = &error;
        let text = error.why().map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
        match error.kind() {
            ErrorKind::Invalid | ErrorKind::Unauthenticated | ErrorKind::Forbidden => Self::Permanent(text),
            ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::TooMany
            | ErrorKind::Unavailable
            | ErrorKind::Internal => Self::Retry(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BusError, window::tests::event};

    #[test]
    fn a_subscriber_hears_what_it_asked_for_and_nothing_private() {
        let fact = event(1, "shop.order.7", 1);
        let mut private = fact.clone();
        private.fact = None;
        for (hears, expected) in [
            (Hears::All, true),
            (Hears::Facts(&["Happened"]), true),
            (Hears::Facts(&["Else", "happened"]), false),
            (Hears::Streams(&["shop.order"]), true),
            (Hears::Streams(&["shop", "shop.order.7"]), false),
        ] {
            assert_eq!(hears.includes(&fact), expected, "{hears:?}");
            assert!(!hears.includes(&private), "{hears:?}");
        }
    }

    #[test]
    fn kinds_say_what_is_tried_again() {
        let text = |reason| BusError::BadEdit { fact_type: "A".to_owned(), reason };
        assert_eq!(
            HandlerError::from(text("no")),
            HandlerError::Permanent("could not edit a fact of type `A`: no".to_owned())
        );
        let busy = HandlerError::from(sql::SqlError::Busy);
        assert!(matches!(&busy, HandlerError::Retry(text) if text.contains("another transaction")), "{busy:?}");
    }
}
