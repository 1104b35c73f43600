//! List linked identities: by which providers the person who asks may sign in.

use kernel::{Actor, Page, Timestamp};
use sql::args;

use super::page::Listing;
use crate::{INSTALLATION, Identity, IdentityError, LinkedIdentityId, ListRequest, commands::person};

const LIST: Listing = Listing { name: "identity.list_linked_identities", key: ("linked_at", "link_id") };

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedIdentityRow {
    /// Its id.
    pub id: LinkedIdentityId,
    /// Name of the provider when it was made.
    pub provider: String,
    /// Who knows the person.
    pub issuer: String,
    /// Since when.
    pub linked_at: Timestamp,
}

/// A provider that people may sign in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoProviderRow {
    /// Its name in paths.
    pub name: String,
    /// What people read.
    pub title: String,
}

impl Identity {
    /// The providers of this installation, in the order of the settings. For anybody.
    #[must_use]
    pub fn list_sso_providers(&self) -> Vec<SsoProviderRow> {
        let row = |provider: &identity_engine::Provider| {
            let name = provider.name().to_owned();
            SsoProviderRow { title: provider.settings().title.clone().unwrap_or_else(|| name.clone()), name }
        };
        self.sso.providers().map(row).collect()
    }

    /// Links of the person who asks, by the moment since when they are.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_linked_identities", skip_all, err(level = "debug"))]
    pub async fn list_linked_identities(
        &self,
        actor: &Actor,
        request: &ListRequest,
    ) -> Result<Page<LinkedIdentityRow>, IdentityError> {
        let user = person(actor)?;
        let select = "SELECT linked_at, link_id, provider, issuer FROM identity_linked
             WHERE workspace_id = $1 AND user_id = $2";
        let tenant = self.inner.log.database().tenant(INSTALLATION);
        let Page { items, next } = LIST.page(&tenant, (select, args![user.0]), request).await?;
        let read = |row: sql::Row| {
            Ok::<_, IdentityError>(LinkedIdentityRow {
                linked_at: row.get(0)?,
                id: row.id(1)?,
                provider: row.get(2)?,
                issuer: row.get(3)?,
            })
        };
        Ok(Page { items: items.into_iter().map(read).collect::<Result<_, _>>()?, next })
    }
}
