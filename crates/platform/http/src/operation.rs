//! One operation of the API: where it is, who may, what it takes and gives, and who does it.
//!
//! Invariants: an operation cannot be written without saying who may ([`Access`]); its route and its description come from
//! the same value, so that neither can be without the other. Whoever mounts operations holds callers to their access; a
//! handler gets the caller by [`crate::Caller`], and the use case behind it checks the permission once more.

use std::{fmt, time::Duration};

use axum::{
    handler::Handler,
    http::{Method, StatusCode},
    routing::{MethodFilter, MethodRouter},
};
use kernel::Permission;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::Field;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, also without a credential.
    Public,
    /// Who is signed in, whatever they may: it concerns only themselves.
    SignedIn,
    /// Who holds this permission in the workspace of their credential.
    Needs(Permission),
}

/// Which budget of requests an operation draws on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Budget {
    /// Quick reads.
    Read,
    /// Writes.
    Write,
    /// What computes or reads much: SQL, exports, resolution.
    Heavy,
    /// Guesses at secrets: signing in, resets, codes.
    SignIn,
}

impl Budget {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Heavy, Self::SignIn];

    /// Its name in settings and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Heavy => "heavy",
            Self::SignIn => "sign_in",
        }
    }
}

/// The schema of a type, made when the document is.
pub(crate) type Describe = fn(&mut SchemaGenerator) -> Schema;

/// What an answer carries.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    Nothing,
    Json(Describe),
    Text(&'static str),
    /// Server-sent events, each with JSON of this form as its data.
    Events(Describe),
}

/// An operation, ready to mount.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing, by a method of its own name")]
pub struct Operation {
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    filter: MethodFilter,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) budget: Budget,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) query: Option<Describe>,
    pub(crate) body: Option<Describe>,
    pub(crate) answer: (StatusCode, Content),
    pub(crate) listing: Option<&'static [Field]>,
    pub(crate) takes_version: bool,
    pub(crate) secret: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) called: Option<&'static str>,
    pub(crate) only_rest: bool,
    gives_version: bool,
    recognises_callers: bool,
    once: bool,
    max_body_bytes: Option<u64>,
    route: MethodRouter,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {}, {:?})", self.id, self.method, self.path, self.access)
    }
}

impl Operation {
    /// A read. `id` is the name of the use case, e.g. `list_users`; `path` as the router has it, e.g. `/api/v1/users/{user_id}`.
    #[must_use]
    pub fn get(id: &'static str, path: &'static str, access: Access) -> Self {
        Self::new((Method::GET, MethodFilter::GET), id, path, access)
    }

    /// A command, or something new.
    #[must_use]
    pub fn post(id: &'static str, path: &'static str, access: Access) -> Self {
        Self::new((Method::POST, MethodFilter::POST), id, path, access)
    }

    /// A change of a part.
    #[must_use]
    pub fn patch(id: &'static str, path: &'static str, access: Access) -> Self {
        Self::new((Method::PATCH, MethodFilter::PATCH), id, path, access)
    }

    /// A whole in the place of what was there.
    #[must_use]
    pub fn put(id: &'static str, path: &'static str, access: Access) -> Self {
        Self::new((Method::PUT, MethodFilter::PUT), id, path, access)
    }

    /// An end.
    #[must_use]
    pub fn delete(id: &'static str, path: &'static str, access: Access) -> Self {
        Self::new((Method::DELETE, MethodFilter::DELETE), id, path, access)
    }

    fn new((method, filter): (Method, MethodFilter), id: &'static str, path: &'static str, access: Access) -> Self {
        let budget = if method == Method::GET { Budget::Read } else { Budget::Write };
        Self {
            id,
            method,
            filter,
            path,
            access,
            budget,
            summary: "",
            description: "",
            query: None,
            body: None,
            answer: (StatusCode::NO_CONTENT, Content::Nothing),
            listing: None,
            takes_version: false,
            secret: false,
            timeout: None,
            called: None,
            only_rest: false,
            gives_version: false,
            recognises_callers: false,
            once: false,
            max_body_bytes: None,
            route: MethodRouter::new(),
        }
    }

    /// One line, and what a caller should know beyond it.
    #[must_use]
    pub fn about(self, summary: &'static str, description: &'static str) -> Self {
        Self { summary, description, ..self }
    }

    /// Draws on another budget than its method says.
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// May take longer, or less long, than others.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Its query, a struct of what [`crate::Params`] reads.
    #[must_use]
    pub fn query<Q: JsonSchema>(self) -> Self {
        Self { query: Some(schema_of::<Q>), ..self }
    }

    /// Its body, which [`crate::Body`] reads.
    #[must_use]
    pub fn body<B: JsonSchema>(self) -> Self {
        Self { body: Some(schema_of::<B>), ..self }
    }

    /// Gives JSON.
    #[must_use]
    pub fn answers<A: JsonSchema>(self, status: StatusCode) -> Self {
        Self { answer: (status, Content::Json(schema_of::<A>)), ..self }
    }

    /// Gives something else than JSON, of this media type.
    #[must_use]
    pub fn answers_as(self, media_type: &'static str) -> Self {
        Self { answer: (StatusCode::OK, Content::Text(media_type)), ..self }
    }

    /// Gives server-sent events (`text/event-stream`) with JSON of this form as their data. The answer begins within the time that
    /// others have to end; who asked is asked for again by [`crate::Standing`] while it goes on.
    #[must_use]
    pub fn streams<E: JsonSchema>(self) -> Self {
        Self { answer: (StatusCode::OK, Content::Events(schema_of::<E>)), ..self }
    }

    /// Its answer has a version, as `ETag`, which another operation takes.
    #[must_use]
    pub fn gives_version(self) -> Self {
        Self { gives_version: true, ..self }
    }

    /// Its name in GraphQL, in camelCase, where that of its id would not do.
    #[must_use]
    pub fn called(self, name: &'static str) -> Self {
        Self { called: Some(name), ..self }
    }

    /// Makes sense to a browser or a client of plain HTTP alone (redirects, cookies, files): GraphQL does not serve it.
    #[must_use]
    pub fn only_rest(self) -> Self {
        Self { only_rest: true, ..self }
    }

    /// Of a public operation: who shows a credential is known to it ([`crate::Caller`], [`crate::Recognised`]), is refused if
    /// it is not good, and pays with their own budget. For what checks access itself, further in.
    #[must_use]
    pub fn recognises_callers(self) -> Self {
        Self { recognises_callers: true, ..self }
    }

    /// Takes `filter`, `sort` and `fields` as far as its query has them, over these fields of its items.
    #[must_use]
    pub fn lists(self, fields: &'static [Field]) -> Self {
        Self { listing: Some(fields), ..self }
    }

    /// Takes `If-Match` with the version that the caller has seen.
    #[must_use]
    pub fn takes_version(self) -> Self {
        Self { takes_version: true, ..self }
    }

    /// Its answer holds a secret, which is shown once: it is never stored for a repeated call.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Its command takes [`crate::Repeatable`] into its own transaction (`eventlog::Once`), so that the same call may be made
    /// again after a first one whose answer was lost.
    #[must_use]
    pub fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// Takes a body of another size than others.
    #[must_use]
    pub fn body_up_to(self, bytes: u64) -> Self {
        Self { max_body_bytes: Some(bytes), ..self }
    }

    /// Who does it.
    #[must_use]
    pub fn by<T: 'static, S: Clone + Send + Sync + 'static>(self, handler: impl Handler<T, S>, state: &S) -> Self {
        let route = MethodRouter::new().on(self.filter, handler).with_state(state.clone());
        Self { route, ..self }
    }

    /// Name of the use case.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Its method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Who may.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access
    }

    /// What it draws on.
    #[must_use]
    pub fn draws_on(&self) -> Budget {
        self.budget
    }

    /// Whether it gives events for as long as there are some.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self.answer.1, Content::Events(_))
    }

    /// Whether its answer holds a secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Whether the same call may be made again after a first one whose answer was lost.
    #[must_use]
    pub fn is_once(&self) -> bool {
        self.once
    }

    /// Whether a public operation is told who shows a credential.
    #[must_use]
    pub fn is_recognising(&self) -> bool {
        self.recognises_callers
    }

    /// Whether it takes the version that the caller has seen.
    #[must_use]
    pub fn is_versioned(&self) -> bool {
        self.takes_version
    }

    /// Whether its answer has a version: what takes one gives the next.
    #[must_use]
    pub fn has_version(&self) -> bool {
        self.takes_version || self.gives_version
    }

    /// One line on it.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// What a caller should know beyond the line.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// The largest body it takes; `None` for that of others.
    #[must_use]
    pub fn max_body_bytes(&self) -> Option<u64> {
        self.max_body_bytes
    }

    /// How long it may take; `None` for as long as others.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Its route, to be put below the layers that hold callers to its access.
    pub fn route(&self) -> MethodRouter {
        self.route.clone()
    }
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
