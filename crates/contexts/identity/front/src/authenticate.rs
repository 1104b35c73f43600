//! From a token or a key to who asks and what they may.
//!
//! Invariants: a token that was verified is taken without a signature and without the database for `recheck_after` at most, then
//! its session, membership and role are looked up again; a revocation or a change of roles in this process outdates all
//! that was verified before it at once. Nothing that was refused is remembered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use identity_engine::{KEY_PREFIX as PREFIX, Key};
use kernel::{Actor, KeyId, Permission, Timestamp, Who};
use moka::sync::Cache;
use ring::digest::{SHA256, digest};
use sql::args;

use crate::{Identity, IdentityError, SessionId, config::micros, directory};

/// By which credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// An access token of this session.
    Session(SessionId),
    /// An API key.
    Key(KeyId),
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who asks, in which workspace, with which permissions.
    pub actor: Actor,
    /// By which credential.
    pub via: Via,
}

#[derive(Clone)]
struct Remembered {
    who: Arc<Authenticated>,
    /// The end of the credential itself.
    ends_at: i64,
    looked_at: i64,
    epoch: u64,
}

/// What was verified, by the SHA-256 of the credential.
pub(crate) struct Verified {
    known: Cache<[u8; 32], Remembered>,
    epoch: AtomicU64,
    noted: Cache<KeyId, i64>,
}

/// Credentials that are remembered, some 400 bytes each.
const MOST: u64 = 100_000;
/// How often the last use of a key is written, in microseconds.
const NOTE_EVERY: i64 = 60_000_000;
const REVOKED: IdentityError = IdentityError::BadToken { why: "it has expired or was revoked" };

impl Verified {
    pub(crate) fn new() -> Self {
        let idle = Duration::from_hours(1);
        let known = Cache::builder().max_capacity(MOST).time_to_idle(idle).build();
        let noted = Cache::builder().max_capacity(MOST).time_to_idle(idle).build();
        Self { known, epoch: AtomicU64::new(0), noted }
    }

    /// Whatever was verified before is looked up again.
    pub(crate) fn outdate(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }
}

impl Identity {
    /// Who bears this access token or API key (`gg_…`).
    ///
    /// # Errors
    /// [`IdentityError::BadToken`] for whatever is not good; those of the database.
    pub async fn authenticate(&self, bearer: &str) -> Result<Arc<Authenticated>, IdentityError> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, bearer.as_bytes()).as_ref());
        let verified = &self.inner.verified;
        let (now, epoch) = (self.inner.log.source().now(), verified.epoch());
        let recheck = micros(self.inner.settings.recheck_after);
        if let Some(known) = verified.known.get(&hash)
            && known.epoch == epoch
            && now.0 < known.ends_at
            && now.0 < known.looked_at + recheck
        {
            self.note_use(&known.who, now).await;
            return Ok(known.who);
        }
        let found =
            if bearer.starts_with(PREFIX) { self.by_key(bearer, now).await } else { self.by_token(bearer, now).await };
        let (who, ends_at) = found.inspect_err(|_| verified.known.invalidate(&hash))?;
        let who = Arc::new(who);
        // With the epoch from before the look-up: what was revoked meanwhile is not taken for good.
        verified.known.insert(hash, Remembered { who: Arc::clone(&who), ends_at, looked_at: now.0, epoch });
        self.note_use(&who, now).await;
        Ok(who)
    }

    async fn by_token(&self, token: &str, now: Timestamp) -> Result<(Authenticated, i64), IdentityError> {
        let claims = self.inner.signing.verify(token).await?;
        let (user, workspace, session) = (claims.sub, claims.wid, claims.sid);
        let live = directory::live_session(&self.inner.log, (session, user, workspace), now).await?;
        let actor = Actor::new(workspace, Who::User(user), live.ok_or(REVOKED)?.permissions);
        Ok((Authenticated { actor, via: Via::Session(session) }, claims.exp.saturating_mul(1_000_000)))
    }

    async fn by_key(&self, text: &str, now: Timestamp) -> Result<(Authenticated, i64), IdentityError> {
        let key = Key::read(text).ok_or(IdentityError::BadToken { why: "it is none of ours" })?;
        let select = "SELECT k.key_id, k.role, k.expires_at, r.permissions FROM identity_api_keys k
             LEFT JOIN identity_roles r ON r.workspace_id = k.workspace_id AND r.role = k.role
             WHERE k.workspace_id = $1 AND k.hash = $2 AND k.revoked_at IS NULL";
        let rows = self.inner.log.database().tenant(key.workspace).all(select, args![key.hash]).await?;
        let row = rows.first().ok_or(REVOKED)?;
        let ends_at = row.get::<Option<i64>>(2)?.unwrap_or(i64::MAX);
        if ends_at <= now.0 {
            return Err(REVOKED);
        }
        let permissions: Vec<Permission> = directory::permissions(&row.get::<String>(1)?, row.get(3)?);
        let id: KeyId = row.id(0)?;
        let actor = Actor::new(key.workspace, Who::Key(id), permissions);
        Ok((Authenticated { actor, via: Via::Key(id) }, ends_at))
    }

    /// Writes that a key was used, once a minute at most.
    async fn note_use(&self, who: &Authenticated, now: Timestamp) {
        let Via::Key(key) = who.via else { return };
        let noted = &self.inner.verified.noted;
        if noted.get(&key).is_some_and(|at| now.0 < at + NOTE_EVERY) {
            return;
        }
        noted.insert(key, now.0);
        let upsert = "INSERT INTO identity_key_uses AS u (workspace_id, key_id, used_at) VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, key_id) DO UPDATE SET used_at = excluded.used_at";
        let tenant = self.inner.log.database().tenant(who.actor.workspace);
        let written =
            tenant.write(move |tx| Box::pin(async move { tx.execute(upsert, args![key.0, now]).await })).await;
        // A key is good, whether its use could be put down or not.
        if let Err::<u64, sql::SqlError>(error) = written {
            tracing::warn!(%error, "the last use of a key was not written");
        }
    }
}
