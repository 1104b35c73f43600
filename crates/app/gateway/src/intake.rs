//! What is refused of a request's head before anybody looks at its meaning, and what is taken out of it.
//!
//! Invariant: below this, no header says who the caller is. Whatever sets one is a layer of ours, in extensions.

use axum::http::{HeaderMap, HeaderName, Version, header, request::Parts};

use crate::{GatewayError, GatewaySettings, settings::size};

/// The limits of a head.
#[derive(Debug)]
pub(crate) struct Intake {
    uri_bytes: usize,
    headers: usize,
    header_bytes: usize,
}

impl Intake {
    pub(crate) fn new(settings: &GatewaySettings) -> Self {
        Self {
            uri_bytes: size(settings.max_uri_bytes),
            headers: size(settings.max_headers),
            header_bytes: size(settings.max_header_bytes),
        }
    }

    /// Refuses what is too large or can be read in two ways, and takes out what claims an identity.
    pub(crate) fn admit(&self, parts: &mut Parts, peer: Peer) -> Result<(), GatewayError> {
        let uri = parts.uri.path_and_query().map_or("", |uri| uri.as_str());
        if uri.len() > self.uri_bytes {
            return Err(GatewayError::UriTooLong);
        }
        if hides(parts.uri.path()) {
            return Err(GatewayError::BadPath);
        }
        let mut bytes = 0;
        let mut claims = false;
        for (name, value) in &parts.headers {
            bytes += name.as_str().len() + value.len();
            claims |= is_claim(name.as_str(), peer);
        }
        if parts.headers.len() > self.headers || bytes > self.header_bytes {
            return Err(GatewayError::HeadersTooLarge);
        }
        if claims {
            strip(&mut parts.headers, peer);
        }
        one_reading(parts)
    }
}

/// Who stands at the other end of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A balancer of ours.
    Trusted,
    /// Anybody.
    Stranger,
}

/// Dots that climb, and encodings that stand for what a path is divided by, or for what no path has: one program would see
/// one path, and the next another (CWE-22, CWE-172).
fn hides(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' | 0..=b' ' | 0x7f => return true,
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else { return true };
                if matches!(high * 16 + low, 0..=0x1f | 0x2e | 0x2f | 0x5c | 0x7f) {
                    return true;
                }
            }
            _ => {}
        }
    }
    path.split('/').any(|segment| segment == "." || segment == "..")
}

/// A header by which programs behind a balancer are told who asks or what was asked: from the outside it is a lie.
fn is_claim(name: &str, peer: Peer) -> bool {
    const PREFIXES: [&str; 7] =
        ["x-user", "x-auth-", "x-authenticated-", "x-remote-", "x-grayghost-", "x-workspace", "x-client-"];
    const NAMES: [&str; 9] = [
        "remote-user",
        "x-actor",
        "x-email",
        "x-forwarded-access-token",
        "x-http-method-override",
        "x-original-url",
        "x-rewrite-url",
        "x-ssl-client-cert",
        "x-tenant-id",
    ];
    const OF_BALANCERS: [&str; 6] =
        ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"];
    match name.as_bytes() {
        [b'x', b'-', ..] if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => true,
        [b'x', b'-', ..] if OF_BALANCERS.contains(&name) => peer == Peer::Stranger,
        [b'x', b'-', ..] => name.starts_with("x-forwarded-") || NAMES.contains(&name),
        [b'f', ..] => name == "forwarded" && peer == Peer::Stranger,
        [b'r', ..] => name == "remote-user",
        _ => false,
    }
}

fn strip(headers: &mut HeaderMap, peer: Peer) {
    let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name.as_str(), peer)).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

/// RFC 9112, 3.2 and 6.1: one host, and one way in which the body ends.
fn one_reading(parts: &Parts) -> Result<(), GatewayError> {
    let count = |name: HeaderName| parts.headers.get_all(name).iter().take(2).count();
    let ambiguous = |what| Err(GatewayError::Ambiguous { what });
    if parts.version == Version::HTTP_11 && count(header::HOST) != 1 {
        return ambiguous("`Host` is missing or there twice");
    }
    if count(header::CONTENT_LENGTH) > 1 {
        return ambiguous("`Content-Length` is there twice");
    }
    if parts.headers.contains_key(header::TRANSFER_ENCODING) && parts.headers.contains_key(header::CONTENT_LENGTH) {
        return ambiguous("`Content-Length` and `Transfer-Encoding` are both there");
    }
    if count(header::AUTHORIZATION) > 1 {
        return ambiguous("`Authorization` is there twice");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_hide_what_they_name_are_known() {
        for path in [
            "/a/../b",
            "/..",
            "/.",
            "/a/./b",
            "/a/%2e%2e/b",
            "/a/%2E/b",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%0d%0aX:1",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%7f",
            "/%2e%2e%2f",
        ] {
            assert!(hides(path), "{path}");
        }
        for path in ["/", "/a/b", "/a...b", "/a/..b", "/a/.well-known/x", "/a%20b", "/caf%C3%A9", "/100%25"] {
            assert!(!hides(path), "{path}");
        }
    }

    #[test]
    fn claims_of_identity_are_known_and_a_balancers_words_only_from_a_balancer() {
        for name in
            ["x-user-id", "x-forwarded-user", "remote-user", "x-workspace-id", "x-auth-request-email", "x-original-url"]
        {
            assert!(is_claim(name, Peer::Trusted) && is_claim(name, Peer::Stranger), "{name}");
        }
        for name in ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-proto"] {
            assert!(!is_claim(name, Peer::Trusted) && is_claim(name, Peer::Stranger), "{name}");
        }
        for name in ["x-request-id", "x-csrf-token", "host", "authorization", "referer", "range", "from"] {
            assert!(!is_claim(name, Peer::Stranger), "{name}");
        }
    }
}
