//! Sessions: one row each, of a user in one workspace. See [`identity_engine::Refresh`] for what the rows do not hold.
//!
//! Invariants: a refresh token works once, but for a few seconds in which it gives the same successor again; a token of an
//! earlier generation ends the session; a session that was not used for a while, or is too old, is over.

use futures::FutureExt;
use identity_engine::{Claims, REFRESH_PURPOSE, Refresh};
use identity_model::SessionId;
use kernel::{Personal, SubjectId, Timestamp, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use sql::{Scope, Tx, args};
use telemetry::Secret;

use crate::{INSTALLATION, Identity, IdentityError, config::micros, directory::Membership, factors::Shown};

/// What a signed-in person carries.
#[derive(Debug)]
pub struct Tokens {
    /// Sent with every request.
    pub access: Secret<String>,
    /// For how long the access token is good, in seconds.
    pub expires_in_s: u64,
    /// Gives the next of both, once.
    pub refresh: Secret<String>,
    /// For how long the refresh token is good unless the session ends before, in seconds.
    pub refresh_expires_in_s: u64,
    /// Which session.
    pub session: SessionId,
    /// Who.
    pub user: UserId,
    /// Where.
    pub workspace: WorkspaceId,
    /// The workspace requires a second factor, and the session was begun without: it may nothing but what concerns the
    /// account itself, such as adding one.
    pub lacks_factor: bool,
}

/// From where a session is used, sealed under its user.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) agent: Option<Personal<String>>,
    pub(crate) address: Option<Personal<String>>,
}

/// What became of a refresh token.
pub(crate) enum Turn {
    /// The session goes on.
    Next { user: UserId, workspace: WorkspaceId, refresh: Secret<String> },
    /// The token was used before: the session was ended.
    Reused { user: UserId, workspace: WorkspaceId },
    /// The session is over.
    Ended,
}

/// Characters of a user agent that are kept.
const AGENT_CHARS: usize = 200;

impl Identity {
    /// Begins a session by so many factors.
    pub(crate) async fn begin_session_by(
        &self,
        user: UserId,
        there: &Membership,
        shown: Shown,
    ) -> Result<Tokens, IdentityError> {
        let tokens = self.begin(user, there.workspace, shown).await?;
        Ok(Tokens { lacks_factor: there.requires_factor && shown == Shown::One, ..tokens })
    }

    async fn begin(&self, user: UserId, workspace: WorkspaceId, shown: Shown) -> Result<Tokens, IdentityError> {
        let (log, settings) = (&self.inner.log, &self.inner.settings);
        let (source, now) = (log.source(), log.source().now());
        let session = SessionId(source.uuid());
        let mut seed = vec![0; 32];
        source.chance.fill(&mut seed);
        let about = |text: String| Personal::of(SubjectId(user.0), text);
        let agent = self.from.agent.as_ref().map(|agent| about(agent.chars().take(AGENT_CHARS).collect()));
        let address = self.from.address.map(|address| about(address.to_string()));
        let device = log.seal_json(INSTALLATION, &Device { agent, address }).await?;
        let key = log.keys().lookup_key(INSTALLATION, REFRESH_PURPOSE).await?;
        let refresh = Refresh::make(&key, session, 0, &seed);
        let ends_at = Timestamp(now.0 + micros(settings.session_longest));
        let insert = "INSERT INTO identity_sessions (workspace_id, session_id, user_id, workspace, seed, generation,
             created_at, used_at, ends_at, device, strong) VALUES ($1, $2, $3, $4, $5, 0, $6, $6, $7, $8, $9)";
        let values = args![session.0, user.0, workspace.0, seed, now, ends_at, device, shown == Shown::Two];
        self.installation(insert, values).await?;
        self.tokens((session, user, workspace), refresh).await
    }

    /// Both tokens of a session.
    pub(crate) async fn tokens(
        &self,
        (session, user, workspace): (SessionId, UserId, WorkspaceId),
        refresh: Secret<String>,
    ) -> Result<Tokens, IdentityError> {
        let (settings, source) = (&self.inner.settings, self.inner.log.source());
        let now = source.now().0.div_euclid(1_000_000);
        let expires_in_s = settings.access_ttl.as_secs();
        let claims = Claims {
            iss: settings.issuer.clone(),
            aud: settings.audience.clone(),
            sub: user,
            wid: workspace,
            sid: session,
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(expires_in_s),
            jti: source.uuid(),
        };
        let access = Secret::new(self.inner.signing.sign(&claims).await?);
        let refresh_expires_in_s = settings.session_idle.as_secs();
        let lacks_factor = false;
        Ok(Tokens { access, expires_in_s, refresh, refresh_expires_in_s, session, user, workspace, lacks_factor })
    }

    /// Turns a session to its next generation.
    pub(crate) async fn turn(&self, given: Refresh) -> Result<Turn, IdentityError> {
        let log = &self.inner.log;
        let key = log.keys().lookup_key(INSTALLATION, REFRESH_PURPOSE).await?;
        let settings = &self.inner.settings;
        let limits = (micros(settings.session_idle), micros(settings.refresh_grace));
        let now = log.source().now();
        let bytes = given.session.0.into_bytes();
        let lock =
            i64::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]]);
        log.database()
            .write_locked(Scope::Workspace(INSTALLATION), Some(lock), move |tx| {
                async move { turn_in(tx, (&given, &key), limits, now).await }.boxed()
            })
            .await
    }

    /// Ends sessions of a user: one, or all but one, or all.
    pub(crate) async fn end_sessions(&self, user: UserId, which: Which) -> Result<u64, IdentityError> {
        let now = self.inner.log.source().now();
        let ended = match which {
            Which::One(session) => {
                let update = "UPDATE identity_sessions SET revoked_at = $2
                     WHERE workspace_id = $1 AND user_id = $3 AND session_id = $4 AND revoked_at IS NULL";
                self.installation(update, args![now, user.0, session.0]).await?
            }
            Which::AllBut(session) => {
                let update = "UPDATE identity_sessions SET revoked_at = $2
                     WHERE workspace_id = $1 AND user_id = $3 AND session_id <> $4 AND revoked_at IS NULL";
                let kept = session.map_or(uuid::Uuid::nil(), |session| session.0);
                self.installation(update, args![now, user.0, kept]).await?
            }
        };
        self.inner.verified.outdate();
        Ok(ended)
    }

    /// One statement in [`INSTALLATION`].
    pub(crate) async fn installation(&self, sql: &'static str, values: Vec<sql::Value>) -> Result<u64, IdentityError> {
        let tenant = self.inner.log.database().tenant(INSTALLATION);
        tenant.write(move |tx| async move { Ok(tx.execute(sql, values).await?) }.boxed()).await
    }
}

/// Which sessions end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    One(SessionId),
    AllBut(Option<SessionId>),
}

async fn turn_in(
    tx: &mut Tx,
    (given, key): (&Refresh, &crypto::LookupKey),
    (idle, grace): (i64, i64),
    now: Timestamp,
) -> Result<Turn, IdentityError> {
    let select = "SELECT user_id, workspace, seed, generation, used_at, ends_at, revoked_at FROM identity_sessions
         WHERE workspace_id = $1 AND session_id = $2";
    let Some(row) = tx.optional(select, args![given.session.0]).await? else { return Ok(Turn::Ended) };
    let (user, workspace, seed): (UserId, WorkspaceId, Vec<u8>) = (row.id(0)?, row.id(1)?, row.get(2)?);
    let present = u32::try_from(row.count(3)?).unwrap_or(u32::MAX);
    let (used_at, ends_at): (Timestamp, Timestamp) = (row.get(4)?, row.get(5)?);
    // A forged token ends nothing: who knows a session's id could end it otherwise.
    if !given.is_ours(key, &seed) || row.get::<Option<i64>>(6)?.is_some() {
        return Ok(Turn::Ended);
    }
    if ends_at.0 <= now.0 || used_at.0 + idle <= now.0 {
        return Ok(Turn::Ended);
    }
    let next = |generation| Refresh::make(key, given.session, generation, &seed);
    if given.generation == present {
        let update = "UPDATE identity_sessions SET generation = generation + 1, used_at = $3
             WHERE workspace_id = $1 AND session_id = $2";
        tx.execute(update, args![given.session.0, now]).await?;
        return Ok(Turn::Next { user, workspace, refresh: next(present + 1) });
    }
    if given.generation + 1 == present && now.0 - used_at.0 <= grace {
        return Ok(Turn::Next { user, workspace, refresh: next(present) });
    }
    let revoke = "UPDATE identity_sessions SET revoked_at = $3 WHERE workspace_id = $1 AND session_id = $2";
    tx.execute(revoke, args![given.session.0, now]).await?;
    Ok(Turn::Reused { user, workspace })
}
