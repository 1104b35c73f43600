//! Which form of answer a caller takes.
//!
//! Source: GraphQL over HTTP (working draft), "Media Types" and "Accept"; RFC 9110, 12.5.1.

use axum::http::{HeaderMap, header};

/// A form of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `application/graphql-response+json`: the status says how the document fared.
    Graphql,
    /// `application/json`: what was there before; a document that was read is answered with 200.
    Json,
    /// `text/event-stream`, one answer after the other.
    Events,
    /// A page for people.
    Page,
}

/// The media type of answers in GraphQL's own form.
pub(crate) const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
/// The older one.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// The form that the caller likes best; `None` when nothing it takes can be given. Who names none gets the older form, which
/// every client reads.
pub(crate) fn form(headers: &HeaderMap) -> Option<Form> {
    let mut values = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok()).peekable();
    if values.peek().is_none() {
        return Some(Form::Json);
    }
    let mut best: Option<(f32, Form)> = None;
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let form = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => Form::Graphql,
            "application/json" | "application/*" | "*/*" => Form::Json,
            "text/event-stream" => Form::Events,
            "text/html" => Form::Page,
            _ => continue,
        };
        let charset = parts.clone().find_map(|part| part.strip_prefix("charset="));
        if charset.is_some_and(|charset| !charset.trim_matches('"').eq_ignore_ascii_case("utf-8")) {
            continue;
        }
        let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|text| text.parse().ok()).unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, form));
        }
    }
    best.map(|(_, form)| form)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_best_form_is_the_one_with_the_most_weight_and_of_those_the_first() {
        for (accept, expected) in [
            ("application/graphql-response+json", Some(Form::Graphql)),
            ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", Some(Form::Graphql)),
            ("application/json;q=0.5, application/graphql-response+json;q=0.9", Some(Form::Graphql)),
            ("*/*", Some(Form::Json)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Form::Page)),
            ("text/event-stream", Some(Form::Events)),
            ("application/json;q=0", None),
            ("application/json; charset=latin1", None),
            ("image/png", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(form(&headers), expected, "{accept}");
        }
        assert_eq!(form(&HeaderMap::new()), Some(Form::Json));
    }
}
