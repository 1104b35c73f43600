//! Accounts and keys for operators, who have the project's folder and need no token: beside a running server or without one.

use std::path::Path;

use config::Config;
use identity::{CreateUser, EmailAddress, Identity, ImportUser};
use kernel::{Actor, Chance, SystemChance, UserId, WorkspaceId};
use telemetry::Secret;

use crate::{backends::Backends, failure::Failure, front::DEFAULT, wiring, workspace};

/// Identity, asked by the system.
#[derive(Debug)]
pub struct Accounts {
    /// The front door.
    pub identity: Identity,
    /// The system, in the workspace that was named.
    pub actor: Actor,
    backends: Backends,
}

impl Accounts {
    /// Opens the project's databases, and makes what a first start lacks.
    ///
    /// # Errors
    /// [`Failure::UnknownWorkspace`]; those of [`Backends::open`].
    pub async fn open(config: &Config, project: &Path, name: Option<&str>) -> Result<Self, Failure> {
        let own = workspace::read_or_make(project)?;
        let backends = Backends::open(config, project).await?;
        let (log, jobs) = (backends.log.clone(), backends.jobs.clone());
        let identity = Identity::open(log, jobs, wiring::identity_settings(config))?;
        identity.register_workspace(own, DEFAULT).await?;
        let named = match name {
            None => Some(own),
            Some(name) => identity.workspace_named(name).await?,
        };
        let workspace: WorkspaceId =
            named.ok_or_else(|| Failure::UnknownWorkspace { name: name.unwrap_or(DEFAULT).to_owned() })?;
        Ok(Self { identity, actor: Actor::system(workspace), backends })
    }

    /// Makes an account. Without a role it becomes the workspace's owner where there is none, and a viewer elsewhere.
    ///
    /// # Errors
    /// Those of [`Identity::create_user`].
    pub async fn create(&self, mut command: CreateUser, role: Option<&str>) -> Result<UserId, Failure> {
        command.role = self.role(role).await?;
        Ok(self.identity.create_user(&self.actor, command).await?)
    }

    /// Takes over an account with its hash; the role as of [`Accounts::create`].
    ///
    /// # Errors
    /// Those of [`Identity::import_user`].
    pub async fn import(&self, mut command: ImportUser, role: Option<&str>) -> Result<UserId, Failure> {
        command.role = self.role(role).await?;
        Ok(self.identity.import_user(&self.actor, command).await?)
    }

    async fn role(&self, given: Option<&str>) -> Result<String, Failure> {
        let is_first = given.is_none() && !self.identity.has_owner(&self.actor).await?;
        Ok(given.unwrap_or(if is_first { "owner" } else { "viewer" }).to_owned())
    }

    /// Makes the first owner, with a password that chance has chosen; `None` where there is an owner.
    ///
    /// # Errors
    /// Those of [`Identity::create_user`].
    pub async fn first_owner(&self, address: &str) -> Result<Option<Secret<String>>, Failure> {
        if self.identity.has_owner(&self.actor).await? {
            return Ok(None);
        }
        let password = random_password();
        let (email, name) = (EmailAddress::parse(address)?, "Administrator".to_owned());
        let command = CreateUser { email, name, password: Some(password.clone()), role: String::new() };
        self.create(command, None).await?;
        Ok(Some(password))
    }

    /// Waits until the audit is durable, and closes the databases.
    pub async fn close(self) {
        self.identity.flush_audit().await;
        self.backends.close().await;
    }
}

/// Twenty letters and digits that are not mistaken for each other: 100 bits.
fn random_password() -> Secret<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    SystemChance.fill(&mut bytes);
    Secret::new(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}
