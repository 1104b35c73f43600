//! List linked identities: by which providers the person who asks may sign in.

use kernel::{Actor, Page, PageRequest, Timestamp};
use sql::args;
use uuid::Uuid;

use super::{after, fetch, page_of};
use crate::{INSTALLATION, Identity, IdentityError, LinkedIdentityId, commands::person};

const LIST: &str = "identity.list_linked_identities";

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

    /// Links of the person who asks, oldest first.
    ///
    /// # Errors
    /// [`IdentityError::NotAPerson`] for a key; `kernel.bad_cursor`.
    #[tracing::instrument(name = "identity.list_linked_identities", skip_all, err(level = "debug"))]
    pub async fn list_linked_identities(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<LinkedIdentityRow>, IdentityError> {
        let user = person(actor)?;
        let select = "SELECT link_id, provider, issuer, linked_at FROM identity_linked
             WHERE workspace_id = $1 AND user_id = $2 AND link_id > $3 ORDER BY link_id LIMIT $4";
        let values = args![user.0, after(LIST, page, Uuid::nil())?, fetch(page)];
        let rows = self.inner.log.database().tenant(INSTALLATION).all(select, values).await?;
        let Page { items, next } = page_of(LIST, page, rows)?;
        let read = |row: sql::Row| {
            Ok::<_, IdentityError>(LinkedIdentityRow {
                id: row.id(0)?,
                provider: row.get(1)?,
                issuer: row.get(2)?,
                linked_at: row.get(3)?,
            })
        };
        Ok(Page { items: items.into_iter().map(read).collect::<Result<_, _>>()?, next })
    }
}
