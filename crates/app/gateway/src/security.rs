//! Headers that tell browsers what not to do. Set unless the handler has set its own.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{GatewayError, GatewaySettings};

/// Two years, as browsers ask for before they take a host for one of HTTPS alone.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

const FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // For browsers older than `frame-ancestors`.
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// The headers of one gateway.
#[derive(Debug)]
pub(crate) struct Security {
    content: HeaderValue,
    is_secure: bool,
}

impl Security {
    pub(crate) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        let policy = &settings.content_security_policy;
        let bad = |why: &str| GatewayError::BadSetting { setting: "content_security_policy", why: why.to_owned() };
        if policy.contains("'unsafe-inline'") || policy.contains("'unsafe-eval'") {
            return Err(bad("allows scripts in line, which a single injected text then runs"));
        }
        let content = HeaderValue::from_str(policy).map_err(|_| bad("is no value of a header"))?;
        Ok(Self { content, is_secure: settings.is_secure() })
    }

    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in &FIXED {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| self.content.clone());
        if self.is_secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
            keep_to_https(headers);
        }
    }
}

/// Marks every cookie that is set as `Secure`: who sets one does not know how callers reach the gateway.
fn keep_to_https(headers: &mut HeaderMap) {
    if let header::Entry::Occupied(cookies) = headers.entry(header::SET_COOKIE) {
        let (name, cookies) = cookies.remove_entry_mult();
        let secure: Vec<_> = cookies.filter_map(|cookie| secured(&cookie)).collect();
        for cookie in secure {
            headers.append(&name, cookie);
        }
    }
}

/// `None` for a value that is no text: a cookie that would go over the open wire is not set at all.
fn secured(cookie: &HeaderValue) -> Option<HeaderValue> {
    let text = cookie.to_str().ok()?;
    let is_marked = text.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure"));
    if is_marked { Some(cookie.clone()) } else { HeaderValue::try_from(format!("{text}; Secure")).ok() }
}
