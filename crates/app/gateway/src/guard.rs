//! The layers, as one service around a path: what is done to a request before its target sees it, in the order of the
//! specification, and to its answer afterwards ([`crate::finish`]).
//!
//! One hand-written service, because fifteen layers would box a future each. A step stands where it does for a reason:
//! sizes before anything is read; the address before a credential, so that guessing is slow; the budget before permissions,
//! so that asking what one may is not free; the body last, so that only who may can send one.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody as _},
    extract::{ConnectInfo, Request},
    http::{HeaderValue, Method, StatusCode, Version, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{FutureExt as _, future::BoxFuture};
use http_edge::{
    Access, Authenticated, Caller, Correlation, Credential, From as CameFrom, HttpError, Problem, Recognised, Standing,
};
use tokio::time;
use tower::{Service, ServiceExt as _};
use tracing::Instrument as _;

use crate::{
    GatewayError,
    answers::{Asking, Claim},
    body::{self, Bounds},
    content::Wishes,
    cors, credential,
    gateway::Shared,
    intake::Peer,
    place::{Place, Target, Way},
    rate::{Counted, Told},
    request_id::{X_REQUEST_ID, traceparent},
};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MOST_KEY_BYTES: usize = 255;
/// What is left of a lease after body and handler had all their time: for the answer to be kept.
const SETTLING: Duration = Duration::from_secs(30);
/// Who sends a body for longer than this may have lost their permissions meanwhile, and is looked at again.
const STALE: Duration = Duration::from_millis(500);

/// The layers around one path.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) shared: Arc<Shared>,
    pub(crate) place: Arc<Place>,
}

/// What is known of a request from its head, and needed for its answer.
pub(crate) struct Asked {
    pub(crate) id: Arc<str>,
    pub(crate) id_value: HeaderValue,
    pub(crate) method: Method,
    pub(crate) version: Version,
    /// Its end is found by reading it: no other request is read from the same connection.
    pub(crate) is_chunked: bool,
    pub(crate) origin: Option<HeaderValue>,
    pub(crate) wishes: Wishes,
    peer: Peer,
    address: Option<IpAddr>,
}

/// What the layers want to say with the answer, whatever it is.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) told: Option<Told>,
    pub(crate) cookie: Option<HeaderValue>,
    pub(crate) is_preflight: bool,
}

impl Service<Request> for Guard {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Whether the target is ready is asked once the request may pass.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

impl Guard {
    async fn answer(self, request: Request) -> Response {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        let asked = self.ask(&parts);
        let span = tracing::info_span!(
            "gateway.answer",
            correlation_id = &*asked.id,
            method = asked.method.as_str(),
            route = self.place.route,
            traceparent = tracing::field::Empty,
        );
        let mut notes = Notes::default();
        let answering = async {
            let outcome = self.pass((parts, body), &asked, &mut notes).await;
            let response = self.finish(outcome, &asked, notes).await;
            let took = begun.elapsed();
            self.place.figures(&asked.method).record(response.status(), took);
            tracing::debug!(status = response.status().as_u16(), took_us = took.as_micros(), "answered");
            response
        };
        answering.instrument(span).await
    }

    fn ask(&self, parts: &Parts) -> Asked {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let (shared, headers) = (&*self.shared, &parts.headers);
        let id = shared.ids.of(headers);
        let trusted = peer.is_some_and(|peer| shared.proxies.trusts(peer));
        Asked {
            // Its characters are those of a header.
            id_value: HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown")),
            id,
            method: parts.method.clone(),
            version: parts.version,
            is_chunked: headers.contains_key(header::TRANSFER_ENCODING),
            origin: shared.cors.allowed(parts),
            wishes: Wishes::of(parts),
            peer: if trusted { Peer::Trusted } else { Peer::Stranger },
            address: shared.proxies.caller(peer, headers),
        }
    }

    /// The steps before the target.
    async fn pass(
        &self,
        (mut parts, body): (Parts, Body),
        asked: &Asked,
        notes: &mut Notes,
    ) -> Result<Response, Problem> {
        let shared = &*self.shared;
        shared.intake.admit(&mut parts, asked.peer).map_err(|error| error.problem())?;
        let way = self.place.way(&parts.method);
        let bounds = Bounds { bytes: way.map_or(shared.body.bytes, |way| way.plan.max_body_bytes), ..shared.body };
        body::announced(&body, bounds)?;
        if cors::is_preflight(&parts) && !self.place.is_nowhere() {
            notes.is_preflight = true;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        if cors::is_upgrade(&parts.headers) && asked.origin.is_none() && !cors::is_own(&parts) {
            return Err(GatewayError::ForeignOrigin.problem());
        }
        shared.rates.of_address(asked.address).await?;
        let Some(way) = way else { return self.no_way(&parts) };
        let caller = self.identify(way, &mut parts, asked, notes).await?;
        let correlation =
            Correlation { request_id: Some(Arc::clone(&asked.id)), traceparent: traceparent(&parts.headers) };
        if let Some(trace) = &correlation.traceparent {
            tracing::Span::current().record("traceparent", &**trace);
        }
        parts.headers.insert(X_REQUEST_ID, asked.id_value.clone());
        parts.extensions.insert(correlation);
        parts.extensions.insert(CameFrom(asked.address));
        if let Some(Authenticated { actor, .. }) = caller {
            parts.extensions.insert(Caller(actor));
        }
        if way.plan.is_stream {
            let standing = self.standing(way, &parts);
            parts.extensions.insert(standing);
        }
        // A target knows `GET`; that the body is left out is settled here.
        if parts.method == Method::HEAD {
            parts.method = Method::GET;
        }
        self.hand_over(way, (parts, body), bounds).await
    }

    /// Where no operation is.
    fn no_way(&self, parts: &Parts) -> Result<Response, Problem> {
        if self.place.is_nowhere() {
            return Err(HttpError::NoRoute { method: parts.method.clone(), path: parts.uri.path().to_owned() }.into());
        }
        let mut response = match parts.method {
            Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
            _ => GatewayError::NoMethod.problem().into_response(),
        };
        response.headers_mut().insert(header::ALLOW, self.place.allow.clone());
        Ok(response)
    }

    /// Who asks, whether not too often, and whether they may. `None` is anybody.
    async fn identify(
        &self,
        way: &Way,
        parts: &mut Parts,
        asked: &Asked,
        notes: &mut Notes,
    ) -> Result<Option<Authenticated>, Problem> {
        let (shared, plan) = (&*self.shared, &way.plan);
        let Some((who, credential)) = self.known(way, parts).await? else {
            shared.rates.of_budget(plan.budget, Counted::Address(asked.address), &mut notes.told).await?;
            return Ok(None);
        };
        shared.rates.of_budget(plan.budget, Counted::Caller(&who.limit_key), &mut notes.told).await?;
        if let Some(session) = &who.session {
            // What is upgraded writes, whatever its method; a browser always says which page asks for that.
            if cors::is_upgrade(&parts.headers) && !parts.headers.contains_key(header::ORIGIN) {
                return Err(GatewayError::Csrf.problem());
            }
            if asked.method.is_safe() {
                notes.cookie = shared.csrf.cookie_for(session, &parts.headers);
            } else {
                shared.csrf.check(session, &parts.headers).map_err(|error| error.problem())?;
            }
        }
        if let Access::Needs(permission) = plan.access {
            who.actor.require(permission)?;
        }
        if plan.is_recognising {
            parts.extensions.insert(Recognised { credential, limit_key: Arc::clone(&who.limit_key) });
        }
        Ok(Some(who))
    }

    /// Whose the credential is, and itself; `None` where anybody may and nobody is known.
    async fn known(&self, way: &Way, parts: &Parts) -> Result<Option<(Authenticated, Credential)>, Problem> {
        let plan = &way.plan;
        let is_public = plan.access == Access::Public;
        if is_public && !plan.is_recognising {
            // A credential is not looked at: one that has ended must not keep anybody from signing in.
            return Ok(None);
        }
        let shown = match credential::shown(&parts.headers).map_err(|error| error.problem())? {
            Some(shown) => shown,
            None if is_public => return Ok(None),
            None => return Err(HttpError::NobodyKnown.into()),
        };
        match (self.shared.authenticate)(shown.clone()).await {
            Ok(who) => Ok(Some((who, shown))),
            // A browser sends its session unasked; one that has ended is nobody's.
            Err(refused) if is_public && is_ended_session(&shown, &refused) => Ok(None),
            Err(refused) => Err(refused),
        }
    }

    /// Asks for the caller once more while an answer goes on. It costs no budget: it is the same request.
    fn standing(&self, way: &Way, parts: &Parts) -> Standing {
        let (authenticate, access) = (Arc::clone(&self.shared.authenticate), way.plan.access);
        let shown = credential::shown(&parts.headers).ok().flatten();
        Standing::by(move || {
            let asked = shown.clone().map(|shown| authenticate(shown));
            async move {
                if access == Access::Public {
                    return Ok(());
                }
                let who = asked.ok_or(HttpError::NobodyKnown)?.await?;
                if let Access::Needs(permission) = access {
                    who.actor.require(permission)?;
                }
                Ok(())
            }
            .boxed()
        })
    }

    /// The body, then the target.
    async fn hand_over(&self, way: &Way, (parts, body): (Parts, Body), bounds: Bounds) -> Result<Response, Problem> {
        let key = repeatable(way, &parts)?;
        if body.is_end_stream() && key.is_none() {
            return run(way.target.clone(), Request::from_parts(parts, body), way.plan.timeout).await;
        }
        let is_json = body::is_json(&parts.headers);
        if !is_json && key.is_none() {
            let (body, cut) = body::flowing(body, bounds);
            let answer = run(way.target.clone(), Request::from_parts(parts, body), way.plan.timeout).await;
            return cut.problem(bounds).map_or(answer, Err);
        }
        let begun = Instant::now();
        let bytes = body::whole(body, bounds).await?;
        if begun.elapsed() > STALE {
            self.standing(way, &parts).check().await?;
        }
        if is_json {
            body::check_depth(&bytes, bounds).map_err(|error| error.problem())?;
        }
        match key {
            Some(key) => self.once(way, parts, (bytes, key)).await,
            None => run(way.target.clone(), Request::from_parts(parts, Body::from(bytes)), way.plan.timeout).await,
        }
    }

    /// A request with a key goes on to its end when the caller goes away: its answer is kept for who asks again.
    async fn once(
        &self,
        way: &Way,
        mut parts: Parts,
        (bytes, key): (bytes::Bytes, String),
    ) -> Result<Response, Problem> {
        let Some(Caller(actor)) = parts.extensions.get::<Caller>().cloned() else {
            return Err(HttpError::NobodyKnown.into());
        };
        let (shared, target, timeout) = (Arc::clone(&self.shared), way.target.clone(), way.plan.timeout);
        let (operation, is_once) = (way.plan.id, way.plan.is_once);
        let running = async move {
            let uri = parts.uri.clone();
            let asking = Asking {
                actor: &actor,
                operation,
                key: &key,
                target: uri.path_and_query().map_or("", |uri| uri.as_str()),
                body: &bytes,
                is_once,
                lease: timeout + SETTLING,
            };
            let held = match shared.answers.claim(asking).await? {
                Claim::Run(held) => held,
                Claim::Replay(response) => return Ok(response),
            };
            parts.extensions.insert(held.repeatable.clone());
            let answer = run(target, Request::from_parts(parts, Body::from(bytes)), timeout).await;
            let response = answer.unwrap_or_else(IntoResponse::into_response);
            Ok(shared.answers.settle(held, response, shared.max_kept_bytes).await)
        };
        let ended = tokio::spawn(running.in_current_span()).await;
        ended.unwrap_or_else(|_| Err(GatewayError::Panicked.problem()))
    }
}

fn is_ended_session(shown: &Credential, refused: &Problem) -> bool {
    matches!(shown, Credential::Session(_)) && refused.status() == StatusCode::UNAUTHORIZED
}

/// The key of a request that may be repeated.
fn repeatable(way: &Way, parts: &Parts) -> Result<Option<String>, Problem> {
    let takes_one = way.method == Method::POST && !way.plan.is_secret && way.plan.access != Access::Public;
    let mut keys = parts.headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(key) = keys.next().filter(|_| takes_one) else { return Ok(None) };
    let text = key.to_str().ok().filter(|text| (1..=MOST_KEY_BYTES).contains(&text.len()));
    match (text, keys.next()) {
        (Some(text), None) => Ok(Some(text.to_owned())),
        _ => Err(GatewayError::BadKey.problem()),
    }
}

/// Asks the target, for as long as it may take. What breaks in it breaks one answer.
async fn run(target: Target, request: Request, timeout: Duration) -> Result<Response, Problem> {
    let asking = AssertUnwindSafe(target.oneshot(request)).catch_unwind();
    match time::timeout(timeout, asking).await {
        Ok(Ok(Ok(response))) => Ok(response),
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_panic)) => Err(GatewayError::Panicked.problem()),
        Err(_) => Err(GatewayError::TimedOut { millis: timeout.as_millis() }.problem()),
    }
}
