//! What earlier runs did.

use futures::{FutureExt, future::BoxFuture};
use kernel::{Page, PageRequest, Permission};

use crate::{History, Lakehouse, LakehouseError, RunSummary};

/// Runs in one answer at most.
const MOST: u32 = 200;

/// In which order runs are listed: that in which they began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunOrder {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

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

    /// A page of the runs of the project, those that run now included.
    ///
    /// # Errors
    /// As [`Lakehouse::list_runs`], and for the cursor of another list.
    pub fn page_runs<'a>(
        &'a self,
        history: &'a History,
        (order, request): (RunOrder, PageRequest),
    ) -> BoxFuture<'a, Result<Page<RunSummary>, LakehouseError>> {
        async move {
            history.actor.require(Permission::LakehouseRead)?;
            history.page(self.name(), order, &request).await
        }
        .boxed()
    }
}
