//! One reading statement.

use futures::future::BoxFuture;
use kernel::Cancel;

use crate::{Lakehouse, LakehouseError, QueryLimits, QueryRows};

impl Lakehouse {
    /// Answers one statement that only reads, within these limits; `None` for those of the machine. It ends when it is dropped.
    ///
    /// # Errors
    /// [`LakehouseError::Engine`]: the statement is wrong, writes, or fails.
    pub fn query_sql(
        &self,
        statement: String,
        limits: Option<QueryLimits>,
        cancel: Cancel,
    ) -> BoxFuture<'_, Result<QueryRows, LakehouseError>> {
        Box::pin(async move {
            let found = self.lake.query(&self.project, (&statement, limits), &cancel).await?;
            Ok(QueryRows {
                columns: found.columns,
                numeric: found.numeric,
                types: found.types,
                rows: found.rows,
                truncated: found.truncated,
            })
        })
    }
}
