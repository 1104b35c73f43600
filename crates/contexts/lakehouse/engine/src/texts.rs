//! All rows of an asset as texts, for contexts that do not know Arrow.

use datafusion::error::DataFusionError;
use futures::{StreamExt, future::BoxFuture};
use kernel::Cancel;
use lakehouse_model::{AssetName, Project};

use crate::{
    EngineError, Lake,
    resolver::{Records, texts_of},
};

impl Lake {
    /// The rows of an asset as they stand, columns of the product's own (`_…`) left out. Bounded by `most_rows`, because all of them
    /// are held in memory.
    ///
    /// # Errors
    /// [`EngineError::TooManyRows`], [`EngineError::NotMade`], [`EngineError::Execute`], [`EngineError::Cancelled`].
    pub fn read_texts<'a>(
        &'a self,
        project: &'a Project,
        name: &'a AssetName,
        (most_rows, cancel): (u64, &'a Cancel),
    ) -> BoxFuture<'a, Result<Records, EngineError>> {
        Box::pin(async move {
            let fail = |error: DataFusionError| EngineError::execute(name, error);
            let session = self.sessions.open([(name.clone(), self.readable(project, name).await?)])?;
            let frame = session.table(name.quoted().as_str()).await.map_err(fail)?;
            let own = |field: &str| !field.starts_with('_');
            let names: Vec<String> =
                frame.schema().fields().iter().map(|field| field.name().clone()).filter(|field| own(field)).collect();
            let quoted: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut batches = frame.select_columns(&quoted).map_err(fail)?.execute_stream().await.map_err(fail)?;
            let mut records = Records::new(name.to_string(), names.clone());
            let mut rows = 0;
            while let Some(batch) = batches.next().await {
                let batch = batch.map_err(fail)?;
                if cancel.is_cancelled() {
                    return Err(EngineError::Cancelled);
                }
                rows += batch.num_rows() as u64;
                if rows > most_rows {
                    return Err(EngineError::TooManyRows { asset: name.clone(), most: most_rows });
                }
                for (column, texts) in batch.columns().iter().enumerate() {
                    records.push(column, texts_of(texts).map_err(|error| fail(error.into()))?);
                }
            }
            Ok(records)
        })
    }
}
