//! The sessions of browsers: tokens in cookies that no script can read.
//!
//! By whatever way somebody has signed in, the page hands the refresh token in and gets cookies for it: one with the access token
//! for every path, one with the next refresh token for the paths of this file alone. Both are `HttpOnly` and `SameSite=Strict`;
//! the gateway adds `Secure` where it is reached by HTTPS, and asks for `X-CSRF-Token` with every write.
//!
//! Absent on purpose: a body without JSON. A form of another site can send none, so nobody is signed in as somebody else.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderName, StatusCode, header, request::Parts},
    response::AppendHeaders,
};
use http_edge::{Access, Body, Budget, Operation, Problem, SESSION_COOKIE, cookie};
use kernel::{UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seen, Shared, refused};
use identity::{Identity, IdentityError, Password, SessionId, Tokens};

/// The cookie of the refresh token.
const REFRESH_COOKIE: &str = "grayghost_refresh";
/// Where it is sent: nowhere but here.
const HERE: &str = "/api/v1/browser-sessions";

pub(super) fn operations(identity: &Arc<Identity>) -> Vec<Operation> {
    vec![
        Operation::post("start_browser_session", HERE, Access::Public)
            .about(
                "Put a session into the cookies of a browser",
                "Takes the refresh token of any way to sign in, which is used up. Writes by cookie need `X-CSRF-Token`: the value of \
                 the cookie `grayghost_csrf`, which the first read sets.",
            )
            .budget(Budget::SignIn)
            .secret()
            .only_rest()
            .body::<StartBody>()
            .answers::<BrowserSession>(StatusCode::CREATED)
            .by(start_browser_session, identity),
        Operation::post("refresh_browser_session", "/api/v1/browser-sessions/refresh", Access::Public)
            .about("Renew the cookies of a browser", "By the cookie of the refresh token, before or after the other one is over.")
            .budget(Budget::SignIn)
            .secret()
            .only_rest()
            .answers::<BrowserSession>(StatusCode::OK)
            .by(refresh_browser_session, identity),
        Operation::delete("end_browser_session", HERE, Access::Public)
            .about("Sign out of a browser", "Ends the session of the cookies, and takes them away. There may be none.")
            .secret()
            .only_rest()
            .by(end_browser_session, identity),
    ]
}

/// A session to be kept in cookies.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StartBody {
    /// That of signing in.
    refresh_token: String,
}

/// What a page may know of its session.
#[derive(Serialize, JsonSchema)]
struct BrowserSession {
    /// In so many seconds the cookies must be renewed.
    expires_in: u64,
    /// The session.
    session_id: SessionId,
    /// Who.
    user_id: UserId,
    /// Where.
    workspace_id: WorkspaceId,
    /// As of signing in.
    lacks_factor: bool,
}

/// The refresh token that a browser has sent.
struct Kept(Option<Password>);

impl<S: Sync> FromRequestParts<S> for Kept {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(cookie(&parts.headers, REFRESH_COOKIE).map(|token| Password::new(token.to_owned()))))
    }
}

type Cookies = AppendHeaders<[(HeaderName, String); 2]>;

fn cookies((access, good_for): (&str, u64), (refresh, kept_for): (&str, u64)) -> Cookies {
    let session = format!("{SESSION_COOKIE}={access}; Path=/; Max-Age={good_for}; HttpOnly; SameSite=Strict");
    let refresh = format!("{REFRESH_COOKIE}={refresh}; Path={HERE}; Max-Age={kept_for}; HttpOnly; SameSite=Strict");
    AppendHeaders([(header::SET_COOKIE, session), (header::SET_COOKIE, refresh)])
}

fn answer(tokens: &Tokens) -> (Cookies, Json<BrowserSession>) {
    let access = (tokens.access.expose().as_str(), tokens.expires_in_s);
    let refresh = (tokens.refresh.expose().as_str(), tokens.refresh_expires_in_s);
    let session = BrowserSession {
        expires_in: tokens.expires_in_s,
        session_id: tokens.session,
        user_id: tokens.user,
        workspace_id: tokens.workspace,
        lacks_factor: tokens.lacks_factor,
    };
    (cookies(access, refresh), Json(session))
}

async fn start_browser_session(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Body(body): Body<StartBody>,
) -> Result<(StatusCode, Cookies, Json<BrowserSession>), Problem> {
    let token = Password::new(body.refresh_token);
    let tokens = identity.seen_from(from).refresh_session(&token).await.map_err(refused)?;
    let (cookies, session) = answer(&tokens);
    Ok((StatusCode::CREATED, cookies, session))
}

async fn refresh_browser_session(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Kept(token): Kept,
) -> Result<(Cookies, Json<BrowserSession>), Problem> {
    let token = token.ok_or(IdentityError::SessionEnded).map_err(refused)?;
    Ok(answer(&identity.seen_from(from).refresh_session(&token).await.map_err(refused)?))
}

async fn end_browser_session(
    State(identity): State<Shared>,
    Seen(from): Seen,
    Kept(token): Kept,
) -> Result<(StatusCode, Cookies), Problem> {
    if let Some(token) = token {
        match identity.seen_from(from).sign_out(&token).await {
            // It has ended by other means: what is asked for is so.
            Ok(()) | Err(IdentityError::SessionEnded) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Ok((StatusCode::NO_CONTENT, cookies(("", 0), ("", 0))))
}
