//! Import user: an operator brings an account from elsewhere, with the hash of its password.

use kernel::{Actor, Permission, UserId};

use crate::{EmailAddress, Identity, IdentityError, Password, audit::target};
use identity_engine::Passwords;

/// Import user.
#[derive(Debug)]
pub struct ImportUser {
    /// Their address; nobody may have an account with it.
    pub email: EmailAddress,
    /// Their name.
    pub name: String,
    /// A hash of bcrypt: `$2b$…`, also `$2a$…` and `$2y$…`. It is replaced by one of argon2id when its owner first signs in.
    pub hash: Password,
    /// Role in the actor's workspace; may no more than the actor.
    pub role: String,
}

impl Identity {
    /// Makes an account whose password nobody here knows, and adds it to the actor's workspace. Until its owner has signed in once, an
    /// attempt takes as long as that hash asks for, which is not the time of others.
    ///
    /// # Errors
    /// Forbidden without `members:manage`; [`IdentityError::BadHash`], [`IdentityError::EmailTaken`], `identity.bad_name`,
    /// and the refusals of the workspace.
    #[tracing::instrument(name = "identity.import_user", skip_all, err(level = "debug"))]
    pub async fn import_user(&self, actor: &Actor, command: ImportUser) -> Result<UserId, IdentityError> {
        let done = async {
            actor.require(Permission::MembersManage)?;
            let ImportUser { email, name, hash, role } = command;
            if !Passwords::takes_over(hash.expose()) {
                return Err(IdentityError::BadHash);
            }
            self.may_add(actor, &role).await?;
            self.add_account(actor, (&email, &name), (role, Some(hash.into_exposed()))).await
        };
        let done = done.await;
        let user = done.as_ref().ok().and_then(|user| target("user", user.0));
        self.note(actor, ("import_user", user), done).await
    }
}
