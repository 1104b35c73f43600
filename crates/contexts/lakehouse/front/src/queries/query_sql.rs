//! One reading statement.

use futures::future::BoxFuture;
use kernel::Cancel;

use crate::{Lakehouse, LakehouseError, QueryRows};

impl Lakehouse {
    /// Answers one statement that only reads, with so many rows at most; `None` for all of them.
    ///
    /// # Errors
    /// [`LakehouseError::Engine`]: the statement is wrong, writes, or fails.
    pub fn query_sql(
        &self,
        statement: String,
        most: Option<usize>,
        cancel: Cancel,
    ) -> BoxFuture<'_, Result<QueryRows, LakehouseError>> {
        Box::pin(async move {
            let found = self.lake.query(&self.project, (&statement, most), &cancel).await?;
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
