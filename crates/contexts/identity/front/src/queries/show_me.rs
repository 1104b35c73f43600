//! Show me: who asks, where, and what they may.

use identity_model::{User, Workspace};
use kernel::{Actor, Permission, Who, WorkspaceId};

use crate::{INSTALLATION, Identity, IdentityError};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// A person, a key or the system.
    pub who: Who,
    /// Their address; `None` for what is no person.
    pub email: Option<String>,
    /// Their name; `None` for what is no person.
    pub name: Option<String>,
    /// Whether the address was verified.
    pub verified: bool,
    /// The workspace of the credential.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Their role in it; `None` for what is no member.
    pub role: Option<String>,
    /// What they may in it.
    pub permissions: Vec<Permission>,
}

impl Identity {
    /// Who asks.
    ///
    /// # Errors
    /// Those of the database.
    #[tracing::instrument(name = "identity.show_me", skip_all, err(level = "debug"))]
    pub async fn show_me(&self, actor: &Actor) -> Result<Me, IdentityError> {
        let log = &self.inner.log;
        let (workspace, _) = log.get::<Workspace>(actor.workspace, actor.workspace).await?;
        let mut me = Me {
            who: actor.who,
            email: None,
            name: None,
            verified: false,
            workspace: actor.workspace,
            workspace_name: workspace.name().to_owned(),
            role: None,
            permissions: actor.permissions().to_vec(),
        };
        if let Who::User(user) = actor.who {
            let (known, _) = log.get::<User>(INSTALLATION, user).await?;
            me.verified = known.is_verified();
            me.role = workspace.role_of(user).map(str::to_owned);
            (me.email, me.name) = known.about().map(|(email, name)| (email.to_owned(), name.to_owned())).unzip();
        }
        Ok(me)
    }
}
