//! What can go wrong at the edge itself.

use std::{io, net::SocketAddr, path::PathBuf};

use axum::http::{Method, Uri};
use kernel::{ErrorKind, ProductError};

use crate::Problem;

/// A fault of the edge.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Another process listens there.
    #[error("could not listen on {address}: it is taken")]
    AddressTaken {
        /// Address and port.
        address: SocketAddr,
    },
    /// The system does not let us listen there.
    #[error("could not listen on {address}")]
    Listen {
        /// Address and port.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// No TLS with these files.
    #[error("could not speak TLS with {}: {why}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Nothing is served at the path.
    #[error("nothing answers {method} {path}")]
    NoRoute {
        /// Of the request.
        method: Method,
        /// Of the request, without its query.
        path: String,
    },
    /// Nobody has said who asks.
    #[error("could not tell who asks")]
    NobodyKnown,
    /// The body is of another type.
    #[error("could not read the body: it is not JSON by its `Content-Type`")]
    NotJson,
    /// The body is no JSON.
    #[error("could not read the body as JSON: {why}")]
    BadJson {
        /// Where, or what else.
        why: String,
    },
    /// Fields are missing, unknown or of another type.
    #[error("could not read the request: a field is not as described")]
    BadFields,
    /// `filter`, `sort` or `fields` of a list cannot be read, or names what there is not.
    #[error("could not read `{parameter}` at character {at}: {why}")]
    BadParameter {
        /// Which of them.
        parameter: &'static str,
        /// Counted from 1.
        at: usize,
        /// What is wrong there.
        why: String,
    },
    /// An answer that cannot be written as JSON.
    #[error("could not write the answer")]
    Unwritable(#[source] serde_json::Error),
    /// The body is larger than it may be.
    #[error("could not take the body: it is too large")]
    TooLarge,
    /// The connection ended within the body.
    #[error("could not read the body to its end")]
    CutOff,
    /// It was changed since the caller has seen it.
    #[error("could not change it: it is not of the version that `If-Match` names")]
    OtherVersion,
    /// The server has just begun.
    #[error("could not take the request: the server is starting")]
    Starting,
    /// The server stopped before the answer was ready.
    #[error("could not finish the request: the server is stopping")]
    Stopping,
}

impl ProductError for HttpError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AddressTaken { .. } | Self::OtherVersion => ErrorKind::Conflict,
            Self::NoRoute { .. } => ErrorKind::NotFound,
            Self::NobodyKnown => ErrorKind::Unauthenticated,
            Self::Listen { .. }
            | Self::Tls { .. }
            | Self::NotJson
            | Self::BadJson { .. }
            | Self::BadFields
            | Self::BadParameter { .. }
            | Self::TooLarge
            | Self::CutOff => ErrorKind::Invalid,
            Self::Unwritable(_) => ErrorKind::Internal,
            Self::Starting | Self::Stopping => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::AddressTaken { .. } => "http.address_taken",
            Self::Listen { .. } => "http.listen",
            Self::Tls { .. } => "http.tls",
            Self::NoRoute { .. } => "http.no_route",
            Self::NobodyKnown => "http.nobody_known",
            Self::NotJson => "http.not_json",
            Self::BadJson { .. } => "http.bad_json",
            Self::BadFields => "http.bad_fields",
            Self::BadParameter { .. } => "http.bad_parameter",
            Self::Unwritable(_) => "http.unwritable",
            Self::TooLarge => "http.too_large",
            Self::CutOff => "http.cut_off",
            Self::OtherVersion => "http.other_version",
            Self::Starting => "http.starting",
            Self::Stopping => "http.stopping",
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::AddressTaken { .. } => "stop the other program, or choose another port with `--listen`",
            Self::Listen { .. } => "choose an address of this machine and a port above 1023 with `--listen`",
            Self::Tls { .. } => {
                "give PEM files: the chain of certificates, the server's own first, and the key of that one"
            }
            Self::NoRoute { .. } => "compare method and path with the API's description",
            Self::NobodyKnown => {
                "sign in by `POST /api/v1/sessions`, and send `Authorization: Bearer <token or API key>`"
            }
            Self::NotJson => "send the header `Content-Type: application/json`",
            Self::BadJson { .. } => "correct the JSON at that place",
            Self::BadFields => "compare the request with the API's description at `/api/docs`",
            Self::BadParameter { .. } => "correct it at that place; the description of the list names its fields",
            Self::Unwritable(_) => "please report it with the line in the log",
            Self::TooLarge => "send less at once",
            Self::CutOff | Self::Starting | Self::Stopping => "send the request again",
            Self::OtherVersion => "read it again, and make the change on what is there now",
        };
        Some(remedy.to_owned())
    }
}

/// The answer where no route fits; for `Router::fallback`.
pub async fn no_route(method: Method, uri: Uri) -> Problem {
    HttpError::NoRoute { method, path: uri.path().to_owned() }.into()
}
