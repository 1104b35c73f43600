//! What earlier runs did.

use futures::future::BoxFuture;

use crate::{Lakehouse, LakehouseError, RunSummary, history::History};

impl Lakehouse {
    /// At most 200 runs, newest first; none when the history was deleted.
    ///
    /// # Errors
    /// [`LakehouseError::History`].
    pub fn list_runs(&self, limit: u32) -> BoxFuture<'_, Result<Vec<RunSummary>, LakehouseError>> {
        Box::pin(async move {
            let path = self.state_folder().join("state.db");
            if !path.exists() {
                return Ok(Vec::new());
            }
            let history = History::open(&path).await?;
            let runs = history.newest(limit).await;
            history.close().await;
            runs
        })
    }
}
