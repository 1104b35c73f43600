//! Identity's part of the API. One file per kind of thing; every operation says who may.

mod accounts;
mod audit;
mod browser_sessions;
mod factors;
mod invitations;
mod keys;
mod members;
mod pages;
mod passkeys;
mod permissions;
mod roles;
mod sessions;
mod sign_up;
mod sso;
mod workspaces;

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use http_edge::{Asked, Direction, Field, FieldError, HttpError, Operation, Problem};
use kernel::{Cursor, PageRequest, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use identity::{Identity, IdentityError, Order, Origin};

/// All of them, in the order of their paths.
#[must_use]
pub fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    let parts = [
        sessions::operations(identity),
        browser_sessions::operations(identity),
        sso::operations(identity),
        accounts::operations(identity),
        sign_up::operations(identity),
        factors::operations(identity),
        passkeys::operations(identity),
        workspaces::operations(identity),
        members::operations(identity),
        invitations::operations(identity),
        roles::operations(identity),
        keys::operations(identity),
        audit::operations(identity),
        vec![permissions::operation()],
    ];
    parts.into_iter().flatten().collect()
}

/// The pages of signing in, and those that the links of mails and of the first start lead to. No part of the API's description.
#[must_use]
pub fn pages() -> Vec<Operation> {
    pages::operations()
}

/// What handlers share.
type Shared = Arc<Identity>;

/// From where a request comes: the address that the edge found out, and the header `User-Agent`.
struct Seen(Origin);

impl<S: Sync> FromRequestParts<S> for Seen {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts.extensions.get::<http_edge::From>().and_then(|from| from.0);
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self(Origin { address, agent }))
    }
}

/// What of a list, and which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListParams {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    /// Items at most, 1 to 500; 50 where it is left out.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ListParams {
    fn asked(&self, fields: &'static [Field]) -> Result<Asked, Problem> {
        Asked::of(fields, self.filter.as_deref(), self.sort.as_deref(), self.fields.as_deref())
    }

    fn page(&self) -> Result<PageRequest, IdentityError> {
        page(self.limit, self.cursor.as_deref())
    }
}

/// What of a list that has one page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WholeParams {
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
}

impl WholeParams {
    fn asked(&self, fields: &'static [Field]) -> Result<Asked, Problem> {
        Asked::of(fields, self.filter.as_deref(), self.sort.as_deref(), self.fields.as_deref())
    }
}

/// The order of a list whose query knows no other than that of this field.
fn order(asked: &Asked, field: &str, usual: Direction) -> Order {
    match asked.sort().by(field, usual) {
        Direction::Rising => Order::Rising,
        Direction::Falling => Order::Falling,
    }
}

fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, IdentityError> {
    let after = cursor.map(str::parse::<Cursor>).transpose()?;
    Ok(PageRequest::new(limit.unwrap_or(PageRequest::DEFAULT_LIMIT), after)?)
}

/// A refusal as the API has it: the version of `If-Match`, the seconds of `Retry-After` and the kinds of second factors have words of
/// their own there.
fn refused(error: IdentityError) -> Problem {
    match error {
        IdentityError::Log(eventlog::LogError::Moved { .. }) => HttpError::OtherVersion.into(),
        IdentityError::TooManyAttempts { retry_after_s } => Problem::of(&error).with_retry_after(retry_after_s),
        IdentityError::SecondFactor { ref kinds } => {
            let fields = kinds.iter().map(|kind| wanted(kind)).collect();
            Problem::of(&error).with_errors(fields)
        }
        error => error.into(),
    }
}

/// A factor that the account has, as what is missing from the body.
fn wanted(kind: &'static str) -> FieldError {
    let (field, message) = match kind {
        "passkey" => ("", "sign in by `POST /api/v1/sessions/passkey` instead"),
        "totp" => ("code", "a code of the authenticator"),
        _ => ("code", "a recovery code"),
    };
    FieldError { field: field.to_owned(), code: kind, message: message.to_owned() }
}

/// RFC 3339 in UTC.
fn time(at: Timestamp) -> String {
    at.to_string()
}
