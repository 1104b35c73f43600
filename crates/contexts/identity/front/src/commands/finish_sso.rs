//! Finish SSO: who comes back from a provider gets a session.
//!
//! Invariants
//! - a person at a provider is known by issuer and subject; an address links them to an account once, and only where both sides
//!   have verified it: the provider says so, and the account has shown it to us. Otherwise whoever registers an address first
//!   could take, or be taken over by, whoever owns it;
//! - an account that may not be used is as one that does not exist.

use eventlog::LogError;
use identity_engine::{Attempt, Provider, SsoError, Vouched};
use identity_model::{LINKED_PURPOSE, LinkedIdentity, User, UserEvent, Workspace, linked_as};
use kernel::{Actor, Permission, Personal, SubjectId, UserId, Who};
use sql::args;
use telemetry::Secret;

use crate::{
    EmailAddress, INSTALLATION, Identity, IdentityError, LinkedIdentityId, Tokens, attempts,
    audit::{Entry, target},
    directory,
    factors::Shown,
    words,
};

/// Finish SSO.
#[derive(Debug)]
pub struct FinishSso {
    /// Name of the provider.
    pub provider: String,
    /// As it came back.
    pub state: Secret<String>,
    /// As it came back.
    pub code: Secret<String>,
    /// As [`Identity::start_sso`] gave it.
    pub verifier: Secret<String>,
    /// `iss`, where it came back (RFC 9207).
    pub issuer: Option<String>,
}

impl Identity {
    /// Begins a session for whom the provider has sent back.
    ///
    /// # Errors
    /// [`SsoError`], `identity.too_many_attempts`, `identity.no_membership`.
    #[tracing::instrument(name = "identity.finish_sso", skip_all, err(level = "debug"))]
    pub async fn finish_sso(&self, command: FinishSso) -> Result<Tokens, IdentityError> {
        let mut known = None;
        let done = self.try_finish(command, &mut known).await;
        let entry = |session| match known {
            Some(user) => Entry::by(&Actor::new(INSTALLATION, Who::User(user), []), "finish_sso", session),
            None => Entry::by_stranger("finish_sso", session),
        };
        match &done {
            Ok(tokens) => self.put_down(tokens.workspace, entry(target("session", tokens.session.0)), &done).await,
            Err(_) => self.put_down(INSTALLATION, entry(None), &done).await,
        }
        done
    }

    async fn try_finish(&self, command: FinishSso, known: &mut Option<UserId>) -> Result<Tokens, IdentityError> {
        self.slow_down_address().await?;
        let FinishSso { provider, state, code, verifier, issuer } = command;
        let provider = self.sso.provider(&provider)?;
        let log = &self.inner.log;
        let key = log.keys().lookup_key(INSTALLATION, Attempt::PURPOSE).await?;
        let attempt = Attempt::read(&key, state.expose(), verifier.expose()).ok_or(SsoError::BadState)?;
        if issuer.is_some_and(|issuer| issuer != provider.settings().issuer) {
            return Err(SsoError::BadIdToken { why: "it is of another issuer" }.into());
        }
        let workspace = attempts::take(log, &attempt, provider.name()).await?;
        let vouched = provider.vouch(code, &attempt, log.source().now()).await?;
        let user = match self.linked(&vouched).await? {
            Some(user) => user,
            None => self.link(provider, &vouched, known).await?,
        };
        *known = Some(user);
        let (account, _) = log.get::<User>(INSTALLATION, user).await?;
        if !account.is_active() {
            return Err(SsoError::NoAccount.into());
        }
        let there = self.workspace_of(user, workspace.as_deref()).await?;
        // The provider's word is one factor: a workspace that asks for two asks for ours.
        self.begin_session_by(user, &there, Shown::One).await
    }

    /// The account that this person is linked to.
    async fn linked(&self, vouched: &Vouched) -> Result<Option<UserId>, IdentityError> {
        let log = &self.inner.log;
        let tag = log.keys().hmac(INSTALLATION, LINKED_PURPOSE, &linked_as(&vouched.issuer, &vouched.subject)).await?;
        let select = "SELECT user_id FROM identity_linked WHERE workspace_id = $1 AND tag = $2";
        let rows = log.database().tenant(INSTALLATION).all(select, args![tag]).await?;
        Ok(rows.first().map(|row| row.id(0)).transpose()?)
    }

    /// Links this person to the account of their address, which is made where the provider's settings say so.
    async fn link(
        &self,
        provider: &Provider,
        vouched: &Vouched,
        known: &mut Option<UserId>,
    ) -> Result<UserId, IdentityError> {
        let log = &self.inner.log;
        let email = vouched.email.as_ref().filter(|email| email.verified).ok_or(SsoError::NoVerifiedEmail)?;
        let email = EmailAddress::parse(&email.address).map_err(|_| SsoError::NoVerifiedEmail)?;
        let user = match directory::by_email(log, &email).await? {
            Some(found) => {
                *known = Some(found.user);
                let (account, _) = log.get::<User>(INSTALLATION, found.user).await?;
                match (account.is_active(), account.is_verified()) {
                    (false, _) => return Err(SsoError::NoAccount.into()),
                    (true, false) => return Err(SsoError::UnverifiedAccount.into()),
                    (true, true) => found.user,
                }
            }
            None => self.admit(provider, &email, vouched.name.as_deref()).await?,
        };
        let id = LinkedIdentityId(log.source().uuid());
        let about = Personal::of(SubjectId(user.0), vouched.subject.clone());
        let by = (provider.name().to_owned(), vouched.issuer.clone());
        let rule = move |known: &LinkedIdentity| Ok::<_, IdentityError>(known.link(user, by, about));
        let actor = Actor::new(INSTALLATION, Who::User(user), []);
        let linked = match log.change::<LinkedIdentity, IdentityError, IdentityError>(&actor, id, rule).await {
            // The same person came twice at once: the other call has linked them.
            Err(IdentityError::Log(LogError::Overtaken)) => {
                return self.linked(vouched).await?.ok_or(IdentityError::Log(LogError::Overtaken));
            }
            done => done.map(|_| ()),
        };
        self.put_down(INSTALLATION, Entry::by(&actor, "link_identity", target("identity", id.0)), &linked).await;
        linked.map(|()| user)
    }

    /// Makes an account for somebody of an allowed domain. Should the server stop between its steps, the account is there without a
    /// workspace, and an owner invites it.
    async fn admit(
        &self,
        provider: &Provider,
        email: &EmailAddress,
        name: Option<&str>,
    ) -> Result<UserId, IdentityError> {
        let settings = provider.settings();
        let admitted_as = settings.role_for(email.as_str()).ok_or(SsoError::NoAccount)?.to_owned();
        let log = &self.inner.log;
        let workspace = directory::workspace_named(log, &settings.workspace).await?.ok_or(SsoError::NoAccount)?;
        let (joined, _) = log.get::<Workspace>(workspace, workspace).await?;
        let user = UserId(log.source().uuid());
        // Refused before anything is stored: an operator has named a role that is not there.
        joined.add_member(user, admitted_as.clone(), Permission::ALL)?;
        let local = email.as_str().split('@').next().unwrap_or_default();
        let name = name.and_then(|name| words::person(name).ok()).unwrap_or_else(|| local.to_owned());
        let about = |text: &str| Personal::of(SubjectId(user.0), text.to_owned());
        let (address, name) = (about(email.as_str()), about(&name));
        let register = move |account: &User| {
            let mut events = account.register(user, address, name);
            // In one step: an account of this address that is not verified would lock its owner out.
            events.push(UserEvent::EmailVerified);
            Ok::<_, IdentityError>(events)
        };
        let system = Actor::system(INSTALLATION);
        match log.change::<User, IdentityError, IdentityError>(&system, user, register).await {
            Err(IdentityError::Log(LogError::Overtaken)) => return Err(IdentityError::EmailTaken),
            done => done?,
        };
        let join = move |joined: &Workspace| joined.add_member(user, admitted_as, Permission::ALL);
        let system = Actor::system(workspace);
        let added = self.change_workspace(&system, None, join).await;
        self.note(&system, ("create_user", target("user", user.0)), added).await?;
        Ok(user)
    }
}
