//! What GraphQL itself refuses, beside what the operations refuse.

use axum::http::StatusCode;
use http_edge::Problem;
use kernel::{ErrorKind, ProductError};

/// A refusal, or operations of which no schema can be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GraphqlError {
    /// Two fields, types or arguments of one name.
    #[error("could not make the schema: {first} and {second} have one name")]
    SameName {
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// The library refuses the schema.
    #[error("could not make the schema: {why}")]
    BadSchema {
        /// What it says.
        why: String,
    },
    /// A registered document cannot be used.
    #[error("could not register {file}: {why}")]
    BadRegistered {
        /// The file, or the folder.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// No request of GraphQL.
    #[error("could not read the request: {why}")]
    BadRequest {
        /// What is missing, or of another form.
        why: String,
    },
    /// The document is no GraphQL, or not of this schema.
    #[error("{why}")]
    BadDocument {
        /// What is wrong with it.
        why: String,
    },
    /// Several requests in one.
    #[error("could not take a list of requests")]
    Batch,
    /// Nothing that the caller takes can be given.
    #[error("could not answer in any form that `Accept` names")]
    NotAcceptable,
    /// Something else than a query by `GET`.
    #[error("could not run a {what} by GET")]
    OnlyReads {
        /// A mutation or a subscription.
        what: &'static str,
    },
    /// A document is larger than it may be.
    #[error("could not run the document: {what} go beyond {most}")]
    BeyondLimit {
        /// What is counted.
        what: &'static str,
        /// The limit.
        most: u64,
    },
    /// The schema may not be asked for.
    #[error("could not show the schema: introspection is off")]
    NoIntrospection,
    /// A mutation that would run twice.
    #[error("could not run the document: the mutation has two fields `{key}`")]
    Repeated {
        /// Its name in the answer.
        key: String,
    },
    /// No document has this hash or name.
    #[error("PersistedQueryNotFound")]
    UnknownDocument,
    /// The hash is of another document.
    #[error("could not keep the document: it does not have this hash")]
    WrongHash,
    /// Only registered documents are served.
    #[error("could not run the document: it is not registered")]
    OnlyRegistered,
    /// The whole document took too long.
    #[error("could not finish the document within {millis} ms")]
    TimedOut {
        /// The limit.
        millis: u128,
    },
    /// A subscription where one answer is expected.
    #[error("could not subscribe in one answer")]
    NoStream,
    /// Too many at once.
    #[error("could not open another {what}: there are {most}")]
    TooMany {
        /// Connections or operations.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// An operation gave something else than it says, or broke off.
    #[error("could not read what `{operation}` gave")]
    Broken {
        /// The operation.
        operation: &'static str,
    },
}

impl GraphqlError {
    /// As it goes out.
    pub(crate) fn problem(&self) -> Problem {
        let problem = Problem::of(self);
        match self {
            Self::BadRequest { .. }
            | Self::BadDocument { .. }
            | Self::Batch
            | Self::BeyondLimit { .. }
            | Self::Repeated { .. }
            | Self::WrongHash
            | Self::NoStream => problem.sent_as(StatusCode::BAD_REQUEST),
            Self::NotAcceptable => problem.sent_as(StatusCode::NOT_ACCEPTABLE),
            Self::OnlyReads { .. } => problem.sent_as(StatusCode::METHOD_NOT_ALLOWED),
            Self::TimedOut { .. } => problem.sent_as(StatusCode::GATEWAY_TIMEOUT),
            _ => problem,
        }
    }
}

impl ProductError for GraphqlError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::SameName { .. }
            | Self::BadSchema { .. }
            | Self::BadRegistered { .. }
            | Self::BadRequest { .. }
            | Self::BadDocument { .. }
            | Self::Batch
            | Self::NotAcceptable
            | Self::OnlyReads { .. }
            | Self::BeyondLimit { .. }
            | Self::Repeated { .. }
            | Self::WrongHash
            | Self::NoStream => ErrorKind::Invalid,
            Self::NoIntrospection | Self::OnlyRegistered => ErrorKind::Forbidden,
            Self::UnknownDocument => ErrorKind::NotFound,
            Self::TooMany { .. } => ErrorKind::TooMany,
            Self::TimedOut { .. } => ErrorKind::Unavailable,
            Self::Broken { .. } => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::SameName { .. } => "graphql.same_name",
            Self::BadSchema { .. } => "graphql.bad_schema",
            Self::BadRegistered { .. } => "graphql.bad_registered",
            Self::BadRequest { .. } => "graphql.bad_request",
            Self::BadDocument { .. } => "graphql.bad_document",
            Self::Batch => "graphql.batch",
            Self::NotAcceptable => "graphql.not_acceptable",
            Self::OnlyReads { .. } => "graphql.only_reads",
            Self::BeyondLimit { .. } => "graphql.beyond_limit",
            Self::NoIntrospection => "graphql.no_introspection",
            Self::Repeated { .. } => "graphql.repeated",
            Self::UnknownDocument => "graphql.unknown_document",
            Self::WrongHash => "graphql.wrong_hash",
            Self::OnlyRegistered => "graphql.only_registered",
            Self::TimedOut { .. } => "graphql.timed_out",
            Self::NoStream => "graphql.no_stream",
            Self::TooMany { .. } => "graphql.too_many",
            Self::Broken { .. } => "graphql.broken",
        }
    }

    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::SameName { .. } => "give one of the operations another name with `Operation::called`",
            Self::BadSchema { .. } | Self::Broken { .. } => return None,
            Self::BadRegistered { .. } => "correct the document, or take it out of the folder `graphql.documents`",
            Self::BadRequest { .. } => {
                "send `{\"query\": \"…\", \"variables\": {…}}` as JSON, or the same in a query by GET"
            }
            Self::BadDocument { .. } => "compare the document with the schema, which GraphiQL at `/graphql` shows",
            Self::Batch => "send each request by itself; several fields in one document are answered at once too",
            Self::NotAcceptable => "accept `application/graphql-response+json` or `application/json`",
            Self::OnlyReads { .. } => "send it by POST",
            Self::BeyondLimit { .. } => "ask for less at once: fewer fields, smaller pages, or several documents",
            Self::NoIntrospection => "take the schema from the documentation: `docs/reference/schema.graphql`",
            Self::Repeated { .. } => "give each its own alias, or select the fields of both in one",
            Self::UnknownDocument => "send the document along with its hash",
            Self::WrongHash => "hash the document's exact bytes with SHA-256, in hexadecimal digits",
            Self::OnlyRegistered => "put the document into the folder `graphql.documents`, and start the server again",
            Self::TimedOut { .. } => "ask for less at once, or start what is long as a job",
            Self::NoStream => "subscribe over a WebSocket, or with `Accept: text/event-stream`",
            Self::TooMany { .. } => "end others first",
        };
        Some(remedy.to_owned())
    }
}
