//! Questions that wait for one answer: the secret of an authenticator that is not confirmed, what a passkey is asked, the address of
//! somebody who signs up.
//!
//! Invariants: a question is answered in its time, once, and only for what and by whom it was asked; of two answers at once one
//! finds it. What concerns an account is sealed under it; what a passkey is asked at sign-in concerns nobody yet.

use std::time::Duration;

use eventlog::EventLog;
use futures::FutureExt;
use identity_model::ChallengeId;
use kernel::{Personal, SubjectId, Timestamp, UserId};
use sql::args;
use uuid::Uuid;

use crate::{INSTALLATION, IdentityError, config::micros};

/// What a question is about; an answer to another one is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedFor {
    /// An authenticator's secret, of a user.
    Totp,
    /// A new passkey, of a user.
    NewPasskey,
    /// Any passkey: whose, the answer says.
    SignIn,
    /// An address; its subject is the question itself.
    SignUp,
}

impl AskedFor {
    const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::NewPasskey => "new_passkey",
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
        }
    }
}

/// Which question: its kind, its id, and whom it is about; the nil id for nobody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    pub(crate) asked_for: AskedFor,
    pub(crate) id: ChallengeId,
    pub(crate) about: Uuid,
}

/// Keeps a question; an earlier one of the same id ends. Gives when it ends.
pub(crate) async fn keep(
    log: &EventLog,
    which: Which,
    state: String,
    ttl: Duration,
) -> Result<Timestamp, IdentityError> {
    let sealed = if which.about.is_nil() {
        state.into_bytes()
    } else {
        log.seal_json(INSTALLATION, &Personal::of(SubjectId(which.about), state)).await?
    };
    let expires_at = Timestamp(log.source().now().0 + micros(ttl));
    let Which { asked_for, id, about } = which;
    log.database()
        .tenant(INSTALLATION)
        .write(move |tx| {
            async move {
                let upsert = "INSERT INTO identity_challenges AS c (workspace_id, challenge_id, purpose, about, state, expires_at)
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, challenge_id) DO UPDATE
                     SET purpose = excluded.purpose, about = excluded.about, state = excluded.state, expires_at = excluded.expires_at";
                tx.execute(upsert, args![id.0, asked_for.name(), about, sealed, expires_at]).await?;
                Ok::<_, IdentityError>(expires_at)
            }
            .boxed()
        })
        .await
}

/// Ends whatever this person was asked.
pub(crate) async fn drop_all(log: &EventLog, user: UserId) -> Result<(), IdentityError> {
    let delete = "DELETE FROM identity_challenges WHERE workspace_id = $1 AND about = $2";
    let tenant = log.database().tenant(INSTALLATION);
    tenant.write(move |tx| async move { Ok(tx.execute(delete, args![user.0]).await.map(|_| ())?) }.boxed()).await
}

/// What was kept, when it is good; it stays.
pub(crate) async fn look(log: &EventLog, which: Which) -> Result<Option<String>, IdentityError> {
    let select = "SELECT state FROM identity_challenges
         WHERE workspace_id = $1 AND challenge_id = $2 AND purpose = $3 AND about = $4 AND expires_at > $5";
    let values = args![which.id.0, which.asked_for.name(), which.about, log.source().now()];
    let rows = log.database().tenant(INSTALLATION).all(select, values).await?;
    match rows.first() {
        Some(row) => opened(log, which, row.get(0)?).await,
        None => Ok(None),
    }
}

/// Uses it up: good or not, it is answered.
pub(crate) async fn take(log: &EventLog, which: Which) -> Result<Option<String>, IdentityError> {
    let delete = "DELETE FROM identity_challenges
         WHERE workspace_id = $1 AND challenge_id = $2 AND purpose = $3 AND about = $4 AND expires_at > $5 RETURNING state";
    let values = args![which.id.0, which.asked_for.name(), which.about, log.source().now()];
    let state: Option<Vec<u8>> = log
        .database()
        .tenant(INSTALLATION)
        .write::<_, IdentityError, _>(move |tx| {
            async move { Ok(tx.optional(delete, values).await?.map(|row| row.get(0)).transpose()?) }.boxed()
        })
        .await?;
    match state {
        Some(state) => opened(log, which, state).await,
        None => Ok(None),
    }
}

async fn opened(log: &EventLog, which: Which, state: Vec<u8>) -> Result<Option<String>, IdentityError> {
    if which.about.is_nil() {
        return Ok(String::from_utf8(state).ok());
    }
    let state: Personal<String> = log.open_json(INSTALLATION, &state).await?;
    Ok(state.open().cloned())
}
