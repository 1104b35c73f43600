//! List loans: what is not in the house, oldest first.

use eventlog::LogError;
use kernel::{Actor, Timestamp};
use sql::{SqlError, args};

use crate::{Library, LibraryError, Permission};

/// The most rows of one answer.
const MAX_ROWS: i64 = 200;

const SELECT: &str =
    "SELECT book, lent_at, reminded FROM library_loans WHERE workspace_id = $1 ORDER BY lent_at, book LIMIT $2";

/// One row of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListLoansRow {
    /// Which book.
    pub(crate) book: String,
    /// Since when.
    pub(crate) lent_at: Timestamp,
    /// Whether its reader was told that it is late.
    pub(crate) reminded: bool,
}

impl Library {
    /// The loans of the actor's workspace, 200 at most, oldest first.
    ///
    /// # Errors
    /// Forbidden without `library:read`.
    #[tracing::instrument(name = "library.list_loans", skip_all, err(level = "debug"))]
    pub(crate) async fn list_loans(&self, actor: &Actor) -> Result<Vec<ListLoansRow>, LibraryError> {
        actor.require(Permission::LibraryRead)?;
        let tenant = self.log.database().tenant(actor.workspace);
        let rows = tenant.all(SELECT, args![MAX_ROWS]).await.map_err(LogError::from)?;
        let read: Result<_, SqlError> = rows
            .iter()
            .map(|row| Ok(ListLoansRow { book: row.get(0)?, lent_at: row.get(1)?, reminded: row.get(2)? }))
            .collect();
        Ok(read.map_err(LogError::from)?)
    }
}
