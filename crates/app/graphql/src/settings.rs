//! What an operator may set. Every field has a default that runs.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// The section `graphql`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphqlSettings {
    /// Whether callers may ask for the schema. `GraphiQL` needs it; in production it can be off.
    pub introspection: bool,
    /// Whether browsers get `GraphiQL` at `/graphql`.
    pub graphiql: bool,
    /// Of a document.
    pub max_document_bytes: u32,
    /// Names, marks and values of a document.
    pub max_tokens: u32,
    /// Fields inside each other; a field of `Query` is 1 deep.
    pub max_depth: u32,
    /// Fields that an answer may have, pages counted by their `limit`.
    pub max_complexity: u32,
    /// Fields of `Query` or `Mutation` in one document: each is an operation of its own.
    pub max_root_fields: u32,
    /// Fields under another name than their own.
    pub max_aliases: u32,
    /// For the whole document, until its answer.
    pub timeout_ms: u32,
    /// What one operation may give.
    pub max_answer_bytes: u32,
    /// Of callers' documents that are kept by their hash, all together.
    pub kept_document_bytes: u32,
    /// A folder of `*.graphql` that are served by name or hash.
    pub documents: Option<PathBuf>,
    /// Whether nothing but the documents of that folder is served.
    pub only_registered: bool,
    /// Open `WebSockets`, of all callers.
    pub max_connections: u32,
    /// Operations at once on one WebSocket.
    pub max_operations: u32,
    /// Streams by server-sent events, of all callers.
    pub max_streams: u32,
    /// For `connection_init` to arrive after a WebSocket was opened.
    pub init_timeout_ms: u32,
    /// How often a connection is asked whether it lives; one that says nothing for two of these is closed.
    pub ping_ms: u32,
    /// How long a WebSocket without operations stays open.
    pub idle_ms: u32,
    /// How often the credential behind a stream is looked at again.
    pub recheck_ms: u32,
}

impl Default for GraphqlSettings {
    fn default() -> Self {
        Self {
            introspection: true,
            graphiql: true,
            max_document_bytes: 65_536,
            max_tokens: 4_000,
            max_depth: 10,
            max_complexity: 20_000,
            max_root_fields: 20,
            max_aliases: 30,
            timeout_ms: 30_000,
            max_answer_bytes: 16_777_216,
            kept_document_bytes: 8_388_608,
            documents: None,
            only_registered: false,
            max_connections: 1_000,
            max_operations: 50,
            max_streams: 1_000,
            init_timeout_ms: 10_000,
            ping_ms: 20_000,
            idle_ms: 300_000,
            recheck_ms: 60_000,
        }
    }
}

impl GraphqlSettings {
    pub(crate) fn timeout(&self) -> Duration {
        millis(self.timeout_ms)
    }
}

/// A machine of ours counts with at least 32 bits.
pub(crate) fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(crate) fn millis(number: u32) -> Duration {
    Duration::from_millis(number.into())
}
