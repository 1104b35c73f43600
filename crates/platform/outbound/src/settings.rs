//! What an operator may set. The defaults run, and reach nothing but public addresses by HTTPS.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The section `outbound`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundSettings {
    /// What may be called although it is not public: networks (`10.1.0.0/16`), addresses (`127.0.0.1`) and hosts
    /// (`idp.internal`), whose names are believed wherever they lead.
    pub allow: Vec<String>,
    /// Whether `http://` may be called too.
    pub allow_http: bool,
    /// PEM: certificates that are believed beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// For a connection to stand, TLS included.
    pub connect_timeout_ms: u32,
    /// For a whole call, redirects and the last byte of the answer included.
    pub timeout_ms: u32,
    /// Redirects of one call; with 0 a redirect is the answer.
    pub max_redirects: u32,
    /// Of one answer's body.
    pub max_answer_bytes: u32,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            allow: vec![],
            allow_http: false,
            ca_file: None,
            connect_timeout_ms: 5_000,
            timeout_ms: 15_000,
            max_redirects: 3,
            max_answer_bytes: 1 << 20,
        }
    }
}
