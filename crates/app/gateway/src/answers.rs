//! First answers, kept for those who ask again with the same `Idempotency-Key`.
//!
//! What is promised: of all requests of one caller with one key to one operation **at most one is run in 24 hours**, and who
//! repeats it gets the answer of that one. The work of a handler and the keeping of its answer are two commits, and a process
//! may end between them. Then the outcome is not known here, and it is never guessed:
//!
//! - An operation that is declared `once` takes the key into the transaction of its own write (`eventlog::Once`); its handler is
//!   run again, finds what the first run wrote, writes nothing, and answers anew.
//! - Any other is not run again: `gateway.not_replayable` says that one has to look, until the 24 hours are over.
//!
//! A refusal (`4xx`) has written nothing, by the rule of the house; its key is free again. After a fault (`5xx`) the outcome
//! counts as unknown. Answers are sealed with the key of who asked, and forgotten with them.
//!
//! Absent on purpose: a limit of rows. Each costs its caller a write of the budget, and is gone after a day.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    http::{HeaderName, HeaderValue, StatusCode, response::Parts},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto::{CryptoError, KeyRing};
use futures::FutureExt as _;
use http_edge::{Problem, Repeatable};
use kernel::{
    Actor, Source, SubjectId, Timestamp, Who, WorkspaceId,
    seal::{Opened, Sealed},
    uuid::Uuid,
};
use serde::{Deserialize, Serialize};
use sql::{Database, Migration, Scope, SqlError, args};

use crate::GatewayError;

/// The tables of the gateway.
pub const MIGRATIONS: &[Migration] = &[Migration {
    context: "gateway",
    number: 1,
    sql: include_str!("../migrations/0001_gateway.sql"),
    postgres: "",
    tenant_tables: &["gateway_answers"],
}];

/// How long an answer is given again.
const KEPT: Duration = Duration::from_hours(24);
/// Old ones are looked for after so many new ones.
const SWEEP_EVERY: u32 = 256;
const SWEPT_AT_ONCE: i64 = 1_000;
/// When a repetition may find the answer of a request that is being answered.
const TRY_AGAIN_S: u64 = 1;
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Where answers are kept. Clones share it.
#[derive(Clone)]
pub struct Answers(Arc<Inner>);

struct Inner {
    database: Database,
    keys: KeyRing,
    source: Source,
    claims: AtomicU32,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

/// One request with a key.
pub(crate) struct Asking<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) operation: &'static str,
    pub(crate) key: &'a str,
    /// Path and query.
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
    /// Whether a run whose answer is lost may be repeated.
    pub(crate) is_once: bool,
    /// For how long the run counts as going on.
    pub(crate) lease: Duration,
}

/// What is to be done with a request.
pub(crate) enum Claim {
    /// It is the first: run it, then [`Answers::settle`].
    Run(Held),
    /// The first answer.
    Replay(Response),
}

/// The right to run a request, and to keep its answer.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) repeatable: Repeatable,
    workspace: WorkspaceId,
    tag: [u8; 32],
    holder: Uuid,
    subject: SubjectId,
    is_once: bool,
}

/// An answer as it is kept, before it is sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The row that it belongs to: a sealed answer that was moved to another row is none.
    row: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// A row that was there before.
struct Earlier {
    fingerprint: Vec<u8>,
    holder: Uuid,
    held_until: Timestamp,
    expires_at: Timestamp,
    answer: Option<Sealed>,
}

enum Found {
    New,
    Earlier(Earlier),
}

impl Answers {
    /// Answers in this database, sealed with these keys.
    #[must_use]
    pub fn new(database: Database, keys: KeyRing, source: Source) -> Self {
        Self(Arc::new(Inner { database, keys, source, claims: AtomicU32::new(0) }))
    }

    /// Deletes answers that are older than a day, at most a thousand; gives how many. The gateway calls it from time to time;
    /// a scheduler may too.
    ///
    /// # Errors
    /// [`SqlError`].
    pub async fn sweep(&self) -> Result<u64, SqlError> {
        let delete = "DELETE FROM gateway_answers WHERE (workspace_id, key) IN
             (SELECT workspace_id, key FROM gateway_answers WHERE expires_at <= $1 LIMIT $2)";
        let now = self.0.source.now();
        self.0
            .database
            .write(Scope::System, move |tx| async move { tx.execute(delete, args![now, SWEPT_AT_ONCE]).await }.boxed())
            .await
    }

    /// Takes the right to run a request, or finds what became of the first.
    pub(crate) async fn claim(&self, asking: Asking<'_>) -> Result<Claim, Problem> {
        let held = self.hold(&asking).await?;
        match self.enter(&held, asking.lease).await? {
            Found::New => Ok(Claim::Run(held)),
            Found::Earlier(earlier) => self.meet(held, earlier, asking.lease).await,
        }
    }

    async fn hold(&self, asking: &Asking<'_>) -> Result<Held, Problem> {
        let actor = asking.actor;
        let key = self.0.keys.lookup_key(actor.workspace, "gateway.idempotency").await?;
        let tag = key.tag(format!("key\0{}\0{}\0{}", actor.who, asking.operation, asking.key).as_bytes());
        let fingerprint = key.tag(&[b"body\0", asking.target.as_bytes(), b"\0", asking.body].concat());
        let subject = match actor.who {
            Who::User(id) => id.0,
            Who::Key(id) => id.0,
            Who::System => actor.workspace.0,
        };
        Ok(Held {
            repeatable: Repeatable { key: format!("http:{}", hex(&tag)), fingerprint },
            workspace: actor.workspace,
            tag,
            holder: self.0.source.uuid(),
            subject: SubjectId(subject),
            is_once: asking.is_once,
        })
    }

    async fn enter(&self, held: &Held, lease: Duration) -> Result<Found, SqlError> {
        let insert = "INSERT INTO gateway_answers (workspace_id, key, fingerprint, holder, held_until, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, key) DO NOTHING";
        let select = "SELECT fingerprint, holder, held_until, expires_at, key_version, answer FROM gateway_answers
             WHERE workspace_id = $1 AND key = $2";
        let (now, held) = (self.0.source.now(), held.clone());
        if self.0.claims.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep().await?;
        }
        let (until, expires) = (after(now, lease), after(now, KEPT));
        let row = args![held.tag, held.repeatable.fingerprint, held.holder, until, expires];
        let tenant = self.0.database.tenant(held.workspace);
        tenant
            .write(move |tx| {
                Box::pin(async move {
                    if tx.execute(insert, row).await? == 1 {
                        return Ok(Found::New);
                    }
                    // Gone between the two only when it was swept: then it counts as being there, and expired.
                    let row = tx.one(select, args![held.tag]).await?;
                    let bytes: Option<Vec<u8>> = row.get(5)?;
                    let version = u32::try_from(row.get::<Option<i64>>(4)?.unwrap_or(0)).unwrap_or(0);
                    Ok::<_, SqlError>(Found::Earlier(Earlier {
                        fingerprint: row.get(0)?,
                        holder: row.get(1)?,
                        held_until: row.get(2)?,
                        expires_at: row.get(3)?,
                        answer: bytes.map(|bytes| Sealed { key_version: version, bytes }),
                    }))
                })
            })
            .await
    }

    async fn meet(&self, held: Held, earlier: Earlier, lease: Duration) -> Result<Claim, Problem> {
        let now = self.0.source.now();
        let is_old = earlier.expires_at <= now;
        if !is_old && earlier.fingerprint != held.repeatable.fingerprint {
            return Err(GatewayError::KeyReused.problem());
        }
        let is_running = earlier.answer.is_none() && earlier.held_until > now;
        match &earlier.answer {
            Some(answer) if !is_old => return self.open(&held, answer).await.map(Claim::Replay),
            None if is_running => return Err(in_flight()),
            None if !is_old && !held.is_once => return Err(GatewayError::NotReplayable.problem()),
            _ => {}
        }
        if self.take_over(&held, earlier.holder, lease).await? { Ok(Claim::Run(held)) } else { Err(in_flight()) }
    }

    /// False when somebody else did.
    async fn take_over(&self, held: &Held, from: Uuid, lease: Duration) -> Result<bool, SqlError> {
        let update = "UPDATE gateway_answers SET fingerprint = $3, holder = $4, held_until = $5, expires_at = $6,
             answer = NULL, key_version = NULL WHERE workspace_id = $1 AND key = $2 AND holder = $7";
        let now = self.0.source.now();
        let (until, expires) = (after(now, lease), after(now, KEPT));
        let changed =
            self.change(held, update, args![held.repeatable.fingerprint, held.holder, until, expires, from]).await?;
        Ok(changed == 1)
    }

    /// Keeps the answer of a request that was run, or says what became of it. Gives it back.
    pub(crate) async fn settle(&self, held: Held, response: Response, most_bytes: u64) -> Response {
        let status = response.status();
        let is_done = status.is_success() || status.is_redirection();
        let fits = response.body().size_hint().exact().is_some_and(|size| size <= most_bytes);
        let (response, settled) = match (is_done, fits) {
            (true, true) => {
                let (parts, body) = response.into_parts();
                // Whole already: it neither waits nor fails.
                let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
                let settled = self.keep(&held, &parts, &bytes).await;
                (Response::from_parts(parts, Body::from(bytes)), settled)
            }
            _ if status.is_client_error() || held.is_once => {
                let settled = self.change(&held, RELEASE, args![held.holder]).await;
                (response, settled.map(drop).map_err(CryptoOrSql::Sql))
            }
            _ => {
                let settled = self.change(&held, LOSE, args![held.holder]).await;
                (response, settled.map(drop).map_err(CryptoOrSql::Sql))
            }
        };
        if let Err(error) = settled {
            tracing::warn!(%error, "could not keep the answer for a repeated request");
        }
        response
    }

    async fn keep(&self, held: &Held, parts: &Parts, body: &Bytes) -> Result<(), CryptoOrSql> {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let headers = parts.headers.iter();
        let kept = Kept {
            row: hex(&held.tag),
            status: parts.status.as_u16(),
            headers: headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect(),
            body: STANDARD.encode(body),
        };
        let plain = serde_json::to_vec(&kept).unwrap_or_default();
        let keys = self.0.keys.ensure(held.workspace, &[held.subject]).await?;
        let sealed = self.0.keys.sealer(&keys).seal(held.subject, &plain).map_err(CryptoError::from)?;
        let update = "UPDATE gateway_answers SET answer = $3, key_version = $4 WHERE workspace_id = $1 AND key = $2 AND holder = $5";
        self.change(held, update, args![sealed.bytes, sealed.key_version, held.holder]).await?;
        Ok(())
    }

    async fn open(&self, held: &Held, answer: &Sealed) -> Result<Response, Problem> {
        let lost = || GatewayError::NotReplayable.problem();
        let keys = self.0.keys.load(held.workspace, &[held.subject]).await?;
        let opened = self.0.keys.sealer(&keys).open(held.subject, answer).map_err(CryptoError::from)?;
        let Opened::Plain(plain) = opened else { return Err(lost()) };
        let kept: Kept = serde_json::from_slice(&plain).map_err(|_| lost())?;
        if kept.row != hex(&held.tag) {
            return Err(lost());
        }
        let mut response = Response::new(Body::from(STANDARD.decode(kept.body).map_err(|_| lost())?));
        *response.status_mut() = StatusCode::from_u16(kept.status).map_err(|_| lost())?;
        for (name, value) in kept.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }

    /// A statement on the row; its own arguments begin at `$3`.
    async fn change(&self, held: &Held, sql: &'static str, args: Vec<sql::Value>) -> Result<u64, SqlError> {
        let mut all = args![held.tag];
        all.extend(args);
        let tenant = self.0.database.tenant(held.workspace);
        tenant.write(move |tx| Box::pin(async move { tx.execute(sql, all).await })).await
    }
}

const RELEASE: &str = "DELETE FROM gateway_answers WHERE workspace_id = $1 AND key = $2 AND holder = $3";
const LOSE: &str = "UPDATE gateway_answers SET held_until = 0 WHERE workspace_id = $1 AND key = $2 AND holder = $3";

/// Why an answer could not be kept.
#[derive(Debug, thiserror::Error)]
enum CryptoOrSql {
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    #[error(transparent)]
    Sql(#[from] SqlError),
}

fn in_flight() -> Problem {
    GatewayError::InFlight.problem().with_retry_after(TRY_AGAIN_S)
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
