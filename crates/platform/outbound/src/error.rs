//! Why something could not be called. Texts name the host and never the rest of a URL, which may hold secrets.

use std::{error::Error, path::PathBuf, time::Duration};

use kernel::{ErrorKind, ProductError};

/// Every way in which a call ends without an answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// A setting.
    #[error("could not read `{entry}` of `outbound.allow`")]
    BadAllow {
        /// As given.
        entry: String,
    },
    /// The client could not be made.
    #[error("could not prepare TLS for outbound calls{}", path.as_ref().map_or(String::new(), |path| format!(" with {}", path.display())))]
    Tls {
        /// The file of certificates; `None` for those of the system.
        path: Option<PathBuf>,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// What is no URL to be called.
    #[error("could not call {host}: {why}")]
    BadUrl {
        /// The host, as far as there is one.
        host: String,
        /// In words.
        why: &'static str,
    },
    /// Not public and not allowed.
    #[error("could not call {host}: its address is {kind}")]
    Refused {
        /// As the URL has it.
        host: String,
        /// `private`, `loopback`, …
        kind: &'static str,
    },
    /// Sent on and on.
    #[error("could not call {host}: it redirects more than {most} times, or to what is no URL")]
    Redirects {
        /// Where the last redirect came from.
        host: String,
        /// How many are followed.
        most: u32,
    },
    /// The answer has no end.
    #[error("could not take the answer of {host}: it has more than {most_bytes} bytes")]
    TooLarge {
        /// Who answered.
        host: String,
        /// How much is taken.
        most_bytes: u64,
    },
    /// It took too long.
    #[error("could not call {host}: no answer within {limit:?}")]
    TimedOut {
        /// Who was called.
        host: String,
        /// How long it had.
        limit: Duration,
    },
    /// No such name, no connection, no TLS, or a connection that broke.
    #[error("could not reach {host}")]
    Unreachable {
        /// Who was called.
        host: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ProductError for OutboundError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadAllow { .. } | Self::BadUrl { .. } | Self::Tls { .. } => ErrorKind::Invalid,
            Self::Refused { .. } => ErrorKind::Forbidden,
            Self::Redirects { .. } | Self::TooLarge { .. } | Self::TimedOut { .. } | Self::Unreachable { .. } => {
                ErrorKind::Unavailable
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::BadAllow { .. } => "outbound.bad_allow",
            Self::Tls { .. } => "outbound.tls",
            Self::BadUrl { .. } => "outbound.bad_url",
            Self::Refused { .. } => "outbound.refused",
            Self::Redirects { .. } => "outbound.redirects",
            Self::TooLarge { .. } => "outbound.too_large",
            Self::TimedOut { .. } => "outbound.timed_out",
            Self::Unreachable { .. } => "outbound.unreachable",
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::BadAllow { .. } => {
                "write a network such as `10.1.0.0/16`, an address, or a host such as `idp.internal`"
            }
            Self::Tls { .. } => "install the system's certificates (`ca-certificates`), or check `outbound.ca_file`",
            Self::BadUrl { .. } => "give an `https://` address without a name and a password",
            Self::Refused { .. } => "if it is yours and meant, ask the operator to put it into `outbound.allow`",
            Self::Redirects { .. } => "give the address that it redirects to",
            Self::TooLarge { .. } => "ask for less, or raise `outbound.max_answer_bytes`",
            Self::TimedOut { .. } | Self::Unreachable { .. } => {
                "check the address, and whether this machine reaches it"
            }
        };
        Some(text.to_owned())
    }
}
