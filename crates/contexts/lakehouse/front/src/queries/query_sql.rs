//! One reading statement.

use futures::future::BoxFuture;
use kernel::Cancel;

use crate::{Lakehouse, LakehouseError, QueryRows};

impl Lakehouse {
    /// Answers one statement that only reads.
    ///
    /// # Errors
    /// [`LakehouseError::Engine`]: the statement is wrong, writes, or fails.
    pub fn query_sql(&self, statement: String, cancel: Cancel) -> BoxFuture<'_, Result<QueryRows, LakehouseError>> {
        Box::pin(async move {
            let found = self.lake.query(&self.project, &statement, &cancel).await?;
            Ok(QueryRows { columns: found.columns, numeric: found.numeric, rows: found.rows })
        })
    }
}
