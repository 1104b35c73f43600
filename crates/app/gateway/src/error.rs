//! What the gateway itself refuses.

use axum::http::StatusCode;
use http_edge::Problem;
use kernel::{ErrorKind, ProductError};

/// A refusal, or settings that cannot be kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GatewayError {
    /// A setting that means nothing.
    #[error("could not set up the gateway: `{setting}` {why}")]
    BadSetting {
        /// Its name.
        setting: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Two operations at one place.
    #[error("could not mount {second}: it stands where {first} does")]
    SamePlace {
        /// Mounted.
        first: String,
        /// Not mounted.
        second: String,
    },
    /// Parts of the path are hidden.
    #[error("could not take the path: it hides what it names")]
    BadPath,
    /// Path and query are too long.
    #[error("could not take the address: it is too long")]
    UriTooLong,
    /// Too many headers, or too large ones.
    #[error("could not take the headers: they are too many or too large")]
    HeadersTooLarge,
    /// Two readers could see two different requests.
    #[error("could not read the request in one way only: {what}")]
    Ambiguous {
        /// What there is twice, or against something else.
        what: &'static str,
    },
    /// Nothing takes this method there.
    #[error("could not answer: this method is not for this path")]
    NoMethod,
    /// A budget is used up.
    #[error("could not take another request now: {budget} requests are used up")]
    TooOften {
        /// Which.
        budget: &'static str,
    },
    /// `Authorization` is not of a form that is known.
    #[error("could not read the credential")]
    BadCredential,
    /// A browser's session without proof that a page of ours asks.
    #[error("could not take a write of a browser's session: `X-CSRF-Token` is missing or not the session's")]
    Csrf,
    /// A page of another origin wants a WebSocket.
    #[error("could not open a WebSocket for a page of this origin")]
    ForeignOrigin,
    /// It took too long.
    #[error("could not answer within {millis} ms")]
    TimedOut {
        /// The limit.
        millis: u128,
    },
    /// A handler broke.
    #[error("could not answer: the handler broke off")]
    Panicked,
    /// Arrays and objects inside each other.
    #[error("could not read the body: it is nested deeper than {most}")]
    TooDeep {
        /// The limit.
        most: u32,
    },
    /// The body did not arrive.
    #[error("could not read the body within {millis} ms")]
    SlowBody {
        /// The limit.
        millis: u128,
    },
    /// No `Idempotency-Key`.
    #[error("could not read `Idempotency-Key`")]
    BadKey,
    /// The key was used for something else.
    #[error("could not take `Idempotency-Key` again: it was sent with another request")]
    KeyReused,
    /// The first request with this key is not answered yet.
    #[error("could not answer: the first request with this `Idempotency-Key` is still being answered")]
    InFlight,
    /// Nobody knows the first answer.
    #[error("could not give the first answer again: it was lost or not kept")]
    NotReplayable,
}

impl GatewayError {
    /// The status, where HTTP has a word for the refusal.
    fn status(&self) -> Option<StatusCode> {
        Some(match self {
            Self::BadPath | Self::Ambiguous { .. } | Self::BadKey => StatusCode::BAD_REQUEST,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::SlowBody { .. } => StatusCode::REQUEST_TIMEOUT,
            _ => return None,
        })
    }

    /// As it goes out.
    pub(crate) fn problem(&self) -> Problem {
        let problem = Problem::of(self);
        match self.status() {
            Some(status) => problem.sent_as(status),
            None => problem,
        }
    }
}

impl ProductError for GatewayError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadSetting { .. }
            | Self::SamePlace { .. }
            | Self::BadPath
            | Self::UriTooLong
            | Self::HeadersTooLarge
            | Self::Ambiguous { .. }
            | Self::NoMethod
            | Self::TooDeep { .. }
            | Self::SlowBody { .. }
            | Self::BadKey => ErrorKind::Invalid,
            Self::TooOften { .. } => ErrorKind::TooMany,
            Self::BadCredential => ErrorKind::Unauthenticated,
            Self::Csrf | Self::ForeignOrigin => ErrorKind::Forbidden,
            Self::TimedOut { .. } => ErrorKind::Unavailable,
            Self::Panicked => ErrorKind::Internal,
            Self::KeyReused | Self::InFlight | Self::NotReplayable => ErrorKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadSetting { .. } => "gateway.bad_setting",
            Self::SamePlace { .. } => "gateway.same_place",
            Self::BadPath => "gateway.bad_path",
            Self::UriTooLong => "gateway.uri_too_long",
            Self::HeadersTooLarge => "gateway.headers_too_large",
            Self::Ambiguous { .. } => "gateway.ambiguous",
            Self::NoMethod => "gateway.no_method",
            Self::TooOften { .. } => "gateway.too_often",
            Self::BadCredential => "gateway.bad_credential",
            Self::Csrf => "gateway.csrf",
            Self::ForeignOrigin => "gateway.foreign_origin",
            Self::TimedOut { .. } => "gateway.timed_out",
            Self::Panicked => "gateway.panicked",
            Self::TooDeep { .. } => "gateway.too_deep",
            Self::SlowBody { .. } => "gateway.slow_body",
            Self::BadKey => "gateway.bad_key",
            Self::KeyReused => "gateway.key_reused",
            Self::InFlight => "gateway.in_flight",
            Self::NotReplayable => "gateway.not_replayable",
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::BadSetting { .. } => "correct the setting in the section `gateway`",
            Self::SamePlace { .. } => "give one of them another method or path",
            Self::BadPath => "write the path plainly, without `.`, `..`, encoded slashes, dots or control characters",
            Self::UriTooLong => "send less in the query; what is large belongs into a body",
            Self::HeadersTooLarge => "send fewer or shorter headers and cookies",
            Self::Ambiguous { .. } => "send each of these headers once, and either a length or chunks",
            Self::NoMethod => "use a method that `Allow` names",
            Self::TooOften { .. } => "wait as long as `Retry-After` says, then send it again",
            Self::BadCredential => "send one header `Authorization: Bearer <token or API key>`",
            Self::Csrf => {
                "send the value of the cookie `grayghost_csrf` as `X-CSRF-Token`; any `GET` of the session sets it"
            }
            Self::ForeignOrigin => "put the page's origin on `gateway.cors_origins`, or open it from a page of ours",
            Self::TimedOut { .. } | Self::InFlight => "send it again with the same `Idempotency-Key` in a moment",
            Self::TooDeep { .. } => "send a flatter body",
            Self::SlowBody { .. } => "send it again over a quicker connection, or send less at once",
            Self::BadKey => "send one key of 1 to 255 printable ASCII characters, such as a UUID",
            Self::KeyReused => "make a new key for each request; only a repetition has the same",
            Self::NotReplayable => "look whether the first request has done its work; then use a new key",
            Self::Panicked => return None,
        };
        Some(remedy.to_owned())
    }
}
