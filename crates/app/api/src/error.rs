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
}

impl ProductError for ApiError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownEvent { .. } => ErrorKind::NotFound,
            Self::UnknownState { .. } => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownEvent { .. } => "api.unknown_event",
            Self::UnknownState { .. } => "api.unknown_state",
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::UnknownEvent { .. } => "list events with `GET /api/v1/events`".to_owned(),
            Self::UnknownState { .. } => {
                let known: Vec<_> = jobs::State::ALL.iter().map(|state| state.name()).collect();
                format!("use one of {}", known.join(", "))
            }
        })
    }
}
