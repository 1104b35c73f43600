//! Issue key: a program gets a credential of its own.

use std::time::Duration;

use identity_engine::Key;
use identity_model::{ApiKey, ApiKeyEvent, Workspace};
use kernel::{Actor, KeyId, Permission, Timestamp, Who};
use telemetry::Secret;

use crate::{Identity, IdentityError, audit::target, config::micros, words};

/// Issue key.
#[derive(Debug)]
pub struct IssueKey {
    /// What it is for, in words.
    pub name: String,
    /// What it may; no more than the actor.
    pub role: String,
    /// `None` for a key that does not end.
    pub expires_in: Option<Duration>,
}

/// A key, which is shown once.
#[derive(Debug)]
pub struct IssuedKey {
    /// Its id.
    pub id: KeyId,
    /// `gg_…`: stored nowhere.
    pub secret: Secret<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl Identity {
    /// Makes a key of the actor's workspace.
    ///
    /// # Errors
    /// Forbidden without `keys:manage`; `identity.bad_name`, `identity.no_such_role`, `identity.beyond_authority`.
    #[tracing::instrument(name = "identity.issue_key", skip_all, err(level = "debug"))]
    pub async fn issue_key(&self, actor: &Actor, command: IssueKey) -> Result<IssuedKey, IdentityError> {
        let done = self.try_issue(actor, command).await;
        let key = done.as_ref().ok().and_then(|key| target("key", key.id.0));
        self.note(actor, ("issue_key", key), done).await
    }

    async fn try_issue(&self, actor: &Actor, command: IssueKey) -> Result<IssuedKey, IdentityError> {
        actor.require(Permission::KeysManage)?;
        let name = words::person(&command.name)?;
        let log = &self.inner.log;
        let (known, _) = log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        known.within(&command.role, actor.permissions())?;
        let (source, now) = (log.source(), log.source().now());
        let (secret, key) = Key::make(actor.workspace, &*source.chance);
        let id = KeyId(source.uuid());
        let expires_at = command.expires_in.map(|time| Timestamp(now.0.saturating_add(micros(time))));
        let by = if let Who::User(user) = actor.who { Some(user) } else { None };
        let (role, hash, until) = (command.role, key.hash, expires_at.map(|at| at.0));
        let fact = ApiKeyEvent::KeyIssued { key: id, name, role, hash, expires_at: until, by };
        let decide = move |known: &ApiKey| Ok::<_, IdentityError>(known.issue(fact));
        log.change::<ApiKey, IdentityError, IdentityError>(actor, id, decide).await?;
        Ok(IssuedKey { id, secret, expires_at })
    }
}
