//! What the caller shows, taken out of the headers.

use axum::http::{HeaderMap, header};
use http_edge::{Credential, SESSION_COOKIE, cookie};
use telemetry::Secret;

use crate::GatewayError;

/// A token goes before a session: a program that sends one means it, and a browser sends its cookie unasked.
///
/// # Errors
/// [`GatewayError::BadCredential`] for an `Authorization` of another form.
pub(crate) fn shown(headers: &HeaderMap) -> Result<Option<Credential>, GatewayError> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().map_err(|_| GatewayError::BadCredential)?;
        let (scheme, token) = text.split_once(' ').ok_or(GatewayError::BadCredential)?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
            return Err(GatewayError::BadCredential);
        }
        return Ok(Some(Credential::Bearer(Secret::new(token.to_owned()))));
    }
    let session = cookie(headers, SESSION_COOKIE).filter(|value| !value.is_empty());
    Ok(session.map(|value| Credential::Session(Secret::new(value.to_owned()))))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(all: &[(HeaderName, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn one_form_of_authorization_is_read_and_others_are_refused() {
        for text in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            let shown = shown(&headers(&[(header::AUTHORIZATION, text)])).unwrap();
            assert!(matches!(shown, Some(Credential::Bearer(token)) if token.expose() == "abc"), "{text}");
        }
        for text in ["Basic YTpi", "Bearer", "Bearer ", "abc", "Bearer a b", "Bearer,abc"] {
            assert!(shown(&headers(&[(header::AUTHORIZATION, text)])).is_err(), "{text}");
        }
    }

    #[test]
    fn a_session_is_a_cookie_that_is_there_once() {
        let session = |cookies: &[&str]| {
            let all: Vec<_> = cookies.iter().map(|value| (header::COOKIE, *value)).collect();
            shown(&headers(&all)).unwrap().map(|credential| credential.expose().to_owned())
        };
        assert_eq!(session(&["a=1; grayghost_session=s1; b=2"]).as_deref(), Some("s1"));
        assert_eq!(session(&["a=1", "grayghost_session=s1"]).as_deref(), Some("s1"));
        assert_eq!(session(&["grayghost_session=s1; grayghost_session=s2"]), None);
        assert_eq!(session(&["grayghost_session="]), None);
        assert_eq!(session(&["xgrayghost_session=s1"]), None);
    }
}
