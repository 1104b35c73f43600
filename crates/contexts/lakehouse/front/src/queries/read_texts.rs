//! The rows of an asset for other contexts.

use futures::future::BoxFuture;
use kernel::Cancel;

use crate::{Lakehouse, LakehouseError, Records};

impl Lakehouse {
    /// All rows of an asset, `layer.name`, as texts; at most so many.
    ///
    /// # Errors
    /// [`LakehouseError::UnknownAsset`], [`LakehouseError::Engine`]: no rows yet, too many, or somebody asked to stop.
    pub fn read_texts<'a>(
        &'a self,
        asset: &'a str,
        limits: (u64, &'a Cancel),
    ) -> BoxFuture<'a, Result<Records, LakehouseError>> {
        Box::pin(async move {
            let name = self.asset(asset)?;
            Ok(self.lake.read_texts(&self.project, &name, limits).await?)
        })
    }
}
