//! What the operations refuse themselves.

use kernel::{ErrorKind, ProductError};

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No event of the workspace has this id.
    #[error("there is no event `{id}`")]
    UnknownEvent {
        /// As it was asked for.
        id: String,
    },
    /// A filter names a state that there is not.
    #[error("there is no state `{given}` of a job")]
    UnknownState {
        /// As it was asked for.
        given: String,
    },
    /// As many listen to jobs as may.
    #[error("could not begin another stream: {open} are open already")]
    TooManyListeners {
        /// Those of the caller, or of everybody where these are too many.
        open: usize,
    },
}

impl ProductError for ApiError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownEvent { .. } => ErrorKind::NotFound,
            Self::UnknownState { .. } => ErrorKind::Invalid,
            Self::TooManyListeners { .. } => ErrorKind::TooMany,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownEvent { .. } => "api.unknown_event",
            Self::UnknownState { .. } => "api.unknown_state",
            Self::TooManyListeners { .. } => "api.too_many_listeners",
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::TooManyListeners { .. } => {
                "close streams that nobody reads, or ask for the job itself now and then".to_owned()
            }
            Self::UnknownEvent { .. } => "list events with `GET /api/v1/events`".to_owned(),
            Self::UnknownState { .. } => {
                let known: Vec<_> = jobs::State::ALL.iter().map(|state| state.name()).collect();
                format!("use one of {}", known.join(", "))
            }
        })
    }
}
