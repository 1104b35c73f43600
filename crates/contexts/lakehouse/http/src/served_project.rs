//! The project that a server serves, and the rows of its assets for other contexts: this context's half of
//! `contracts::lakehouse::ReadAssets`.
//!
//! Invariant: a project belongs to one workspace; for all others there is none.

use std::{fmt, path::PathBuf, sync::Arc};

use contracts::{
    Refused,
    lakehouse::{AssetTexts, ReadAssets},
};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Cancel, Clock, WorkspaceId};
use lakehouse::{Lakehouse, LakehouseError, Records, Resolver};

/// A project, and the workspace that it belongs to.
#[derive(Clone)]
pub struct ServedProject {
    /// Folder of the project.
    pub root: PathBuf,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who decides which records are the same thing.
    pub resolver: Arc<dyn Resolver>,
}

struct Texts(Records);

impl AssetTexts for Texts {
    fn names(&self) -> &[String] {
        self.0.names()
    }

    fn texts<'a>(&'a self, column: usize) -> Box<dyn Iterator<Item = &'a str> + Send + 'a> {
        Box::new(self.0.texts(column))
    }
}

impl ReadAssets for ServedProject {
    fn read<'a>(
        &'a self,
        workspace: WorkspaceId,
        asset: &'a str,
        limits: (u64, &'a Cancel),
    ) -> BoxFuture<'a, Result<Box<dyn AssetTexts>, Refused>> {
        async move {
            let read = self.records(workspace, asset, limits).await;
            read.map(|records| Box::new(Texts(records)) as Box<dyn AssetTexts>).map_err(|error| Refused::of(&error))
        }
        .boxed()
    }
}

impl ServedProject {
    /// The project as it stands now, for this workspace.
    ///
    /// # Errors
    /// [`LakehouseError::OtherWorkspace`] for another workspace; [`LakehouseError::Model`] where its text is wrong.
    pub async fn open(&self, workspace: WorkspaceId) -> Result<Lakehouse, LakehouseError> {
        if workspace != self.workspace {
            return Err(LakehouseError::OtherWorkspace);
        }
        let (root, clock, resolver) = (self.root.clone(), Arc::clone(&self.clock), Arc::clone(&self.resolver));
        // Files are read, of which a project may have hundreds.
        let opened = tokio::task::spawn_blocking(move || Lakehouse::open(&root, clock, resolver)).await;
        opened.map_err(|source| LakehouseError::Broken { source })?
    }

    async fn records(
        &self,
        workspace: WorkspaceId,
        asset: &str,
        limits: (u64, &Cancel),
    ) -> Result<Records, LakehouseError> {
        self.open(workspace).await?.read_texts(asset, limits).await
    }
}

impl fmt::Debug for ServedProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedProject").field("root", &self.root).finish_non_exhaustive()
    }
}
