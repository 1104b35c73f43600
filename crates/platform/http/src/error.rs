//! What can go wrong at the edge itself.

use std::{io, net::SocketAddr};

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
    /// Nothing is served at the path.
    #[error("nothing answers {method} {path}")]
    NoRoute {
        /// Of the request.
        method: Method,
        /// Of the request, without its query.
        path: String,
    },
    /// The server stopped before the answer was ready.
    #[error("could not finish the request: the server is stopping")]
    Stopping,
}

impl ProductError for HttpError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AddressTaken { .. } => ErrorKind::Conflict,
            Self::Listen { .. } => ErrorKind::Invalid,
            Self::NoRoute { .. } => ErrorKind::NotFound,
            Self::Stopping => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::AddressTaken { .. } => "http.address_taken",
            Self::Listen { .. } => "http.listen",
            Self::NoRoute { .. } => "http.no_route",
            Self::Stopping => "http.stopping",
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::AddressTaken { .. } => "stop the other program, or choose another port with `--listen`",
            Self::Listen { .. } => "choose an address of this machine and a port above 1023 with `--listen`",
            Self::NoRoute { .. } => "compare method and path with the API's description",
            Self::Stopping => "send the request again",
        };
        Some(remedy.to_owned())
    }
}

/// The answer where no route fits; for `Router::fallback`.
pub async fn no_route(method: Method, uri: Uri) -> Problem {
    HttpError::NoRoute { method, path: uri.path().to_owned() }.into()
}
