//! A refusal as GraphQL says it: an error whose `extensions` are the members of REST's problem.
//!
//! Invariant: what REST does not tell, GraphQL does not either; both are made of one `Problem`.

use async_graphql::{Error, ErrorExtensionValues, ServerError, Value as Given};
use axum::http::{StatusCode, header, response::Parts};
use http_edge::Problem;
use serde_json::{Map, Value};

use crate::{GraphqlError, name::camel};

/// What Apollo's clients look for before they send a document along with its hash.
const NOT_PERSISTED: &str = "PERSISTED_QUERY_NOT_FOUND";

/// The members of a problem.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(Map<String, Value>);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        match serde_json::to_value(&problem) {
            Ok(Value::Object(members)) => Self(members),
            _ => Self(Map::new()),
        }
    }
}

impl From<GraphqlError> for Refusal {
    fn from(error: GraphqlError) -> Self {
        error.problem().into()
    }
}

impl Refusal {
    /// The refusal of an operation's own answer; `None` when its body is no problem.
    pub(crate) fn read(parts: &Parts, body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else { return None };
        members.get("code")?.as_str()?;
        let seconds = parts.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(seconds) = seconds {
            members.insert("retry_after_s".into(), seconds.into());
        }
        Some(Self(members))
    }

    /// With the id that joins it with the lines of the log.
    pub(crate) fn with_request(mut self, request_id: Option<&str>) -> Self {
        if let Some(id) = request_id {
            self.0.insert("request_id".into(), id.into());
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        let status = self.0.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn code(&self) -> &str {
        self.0.get("code").and_then(Value::as_str).unwrap_or("graphql.broken")
    }

    fn message(&self) -> String {
        self.0.get("detail").and_then(Value::as_str).unwrap_or("something went wrong on our side").to_owned()
    }

    /// As a resolver refuses.
    pub(crate) fn error(&self) -> Error {
        let mut error = Error::new(self.message());
        error.extensions = Some(self.extensions());
        error
    }

    /// As a whole document is refused.
    pub(crate) fn server_error(&self) -> ServerError {
        let mut error = ServerError::new(self.message(), None);
        error.extensions = Some(self.extensions());
        error
    }

    fn extensions(&self) -> ErrorExtensionValues {
        let mut all = ErrorExtensionValues::default();
        for (key, value) in &self.0 {
            // `title` says what `status` does.
            if key == "title" {
                continue;
            }
            let (key, value) = if key == "errors" { ("fields", fields(value)) } else { (key.as_str(), value.clone()) };
            if let Ok(value) = Given::from_json(value) {
                all.set(key, value);
            }
        }
        if self.code() == "graphql.unknown_document" {
            all.set("code", NOT_PERSISTED);
        }
        all
    }
}

/// Fields by the names that they have here.
fn fields(errors: &Value) -> Value {
    let one = |error: &Value| {
        let mut error = error.clone();
        if let Some(Value::String(field)) = error.get_mut("field") {
            let parts = field.split('.').map(|part| {
                let (name, index) = part.split_at(part.find('[').unwrap_or(part.len()));
                if name.is_empty() { index.to_owned() } else { format!("{}{index}", camel(name)) }
            });
            *field = parts.collect::<Vec<_>>().join(".");
        }
        error
    };
    errors.as_array().into_iter().flatten().map(one).collect()
}

/// The library's own words on a document get a code and a status too.
pub(crate) fn coded(error: &mut ServerError, request_id: Option<&str>) {
    let has_code = error.extensions.as_ref().is_some_and(|all| all.get("code").is_some());
    if !has_code {
        let refusal = Refusal::from(GraphqlError::BadDocument { why: error.message.clone() }).with_request(request_id);
        error.extensions = Some(refusal.extensions());
    }
}
