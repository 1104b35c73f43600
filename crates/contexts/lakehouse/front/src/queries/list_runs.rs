//! What earlier runs did.

use futures::{FutureExt, future::BoxFuture};
use kernel::Permission;

use crate::{History, Lakehouse, LakehouseError, RunSummary};

/// Runs in one answer at most.
const MOST: u32 = 200;

impl Lakehouse {
    /// The runs of the project, newest first, those that run now included; at most 200.
    ///
    /// # Errors
    /// [`LakehouseError::Forbidden`] without `lakehouse:read`; [`LakehouseError::Sql`], [`LakehouseError::History`].
    pub fn list_runs<'a>(
        &'a self,
        history: &'a History,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<RunSummary>, LakehouseError>> {
        async move {
            history.actor.require(Permission::LakehouseRead)?;
            history.newest(self.name(), limit.min(MOST)).await
        }
        .boxed()
    }
}
