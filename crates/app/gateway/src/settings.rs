//! What an operator may set. Every field has a default that runs.

use std::{path::PathBuf, time::Duration};

use http_edge::{HttpError, OldestTls, Wire, tls};
use serde::{Deserialize, Serialize};

/// Scripts and styles of ours alone, none in line; shown in no frame; nothing else is loaded from anywhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// So many requests in a minute, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens that come back in a minute.
    pub per_minute: u32,
    /// Tokens of a full bucket.
    pub burst: u32,
}

/// The files of TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// PEM: the server's certificate first, then those that signed it.
    pub certificate_file: PathBuf,
    /// PEM: its key.
    pub key_file: PathBuf,
    /// `1.3`, or `1.2` for old clients.
    #[serde(default)]
    pub oldest: OldestTls,
}

/// The section `gateway`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySettings {
    /// Speaks TLS with these files; without them HTTP in the clear, for a machine's own use or behind a balancer.
    pub tls: Option<TlsFiles>,
    /// Callers reach it by HTTPS though it speaks HTTP: a balancer in front speaks TLS. Cookies and HSTS hang on it.
    pub behind_tls: bool,
    /// Networks (`10.0.0.0/8`, `::1`) of balancers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Origins (`https://app.example.com`) whose pages may read answers. None: only our own pages.
    pub cors_origins: Vec<String>,
    /// `Content-Security-Policy` of answers that have none of their own.
    pub content_security_policy: String,
    /// Connections at once.
    pub max_connections: u32,
    /// For a request's head to arrive, and between two requests of a connection.
    pub header_timeout_ms: u32,
    /// For a request's body to arrive.
    pub body_timeout_ms: u32,
    /// For an answer to begin, where the operation says nothing else.
    pub timeout_ms: u32,
    /// Of path and query.
    pub max_uri_bytes: u32,
    /// In one request.
    pub max_headers: u32,
    /// Names and values of all headers of one request.
    pub max_header_bytes: u32,
    /// Of a body, where the operation says nothing else.
    pub max_body_bytes: u64,
    /// Arrays and objects inside each other in a JSON body.
    pub max_json_depth: u32,
    /// Requests of one address (of IPv6: of one /64), whatever they are.
    pub per_address: Rate,
    /// Quick reads of one user or key.
    pub read: Rate,
    /// Writes of one user or key.
    pub write: Rate,
    /// SQL, exports and the like of one user or key.
    pub heavy: Rate,
    /// Guesses at secrets from one address.
    pub sign_in: Rate,
    /// Answers larger than this are not kept for a repeated call.
    pub max_kept_answer_bytes: u32,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            tls: None,
            behind_tls: false,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            content_security_policy: CONTENT_SECURITY_POLICY.to_owned(),
            max_connections: 10_000,
            header_timeout_ms: 30_000,
            body_timeout_ms: 30_000,
            timeout_ms: 30_000,
            max_uri_bytes: 8_192,
            max_headers: 100,
            max_header_bytes: 32_768,
            max_body_bytes: 1_048_576,
            max_json_depth: 64,
            per_address: Rate { per_minute: 6_000, burst: 1_000 },
            read: Rate { per_minute: 3_000, burst: 500 },
            write: Rate { per_minute: 600, burst: 100 },
            heavy: Rate { per_minute: 60, burst: 20 },
            sign_in: Rate { per_minute: 10, burst: 10 },
            max_kept_answer_bytes: 262_144,
        }
    }
}

impl GatewaySettings {
    /// What connections are held to; for [`http_edge::serve_on`].
    ///
    /// # Errors
    /// `http.tls` when the files are not as they must be.
    pub fn wire(&self) -> Result<Wire, HttpError> {
        let tls = self.tls.as_ref().map(|files| tls(&files.certificate_file, &files.key_file, files.oldest));
        Ok(Wire {
            tls: tls.transpose()?,
            max_connections: size(self.max_connections),
            header_timeout: millis(self.header_timeout_ms),
            max_headers: size(self.max_headers),
            max_header_bytes: size(self.max_header_bytes),
            ..Wire::default()
        })
    }

    /// Whether callers reach it by HTTPS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some() || self.behind_tls
    }
}

/// A machine of ours counts with at least 32 bits.
pub(crate) fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(crate) fn millis(number: u32) -> Duration {
    Duration::from_millis(number.into())
}
