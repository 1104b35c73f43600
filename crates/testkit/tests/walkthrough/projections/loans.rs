//! `library_loans`: one row for each book that is lent.

use eventlog::{LogError, Projection, ReadModel, Recorded, Table};
use futures::{FutureExt, future::BoxFuture};
use sql::args;

/// Written in the transaction of the fact: who lends a book sees it listed.
pub(crate) struct Loans;

const TABLES: &[Table] = &[Table {
    name: "library_loans",
    sql: "CREATE TABLE {library_loans} (workspace_id UUID NOT NULL, book TEXT NOT NULL, lent_at BIGINT NOT NULL,
            reminded BOOLEAN NOT NULL, PRIMARY KEY (workspace_id, book))",
}];

impl Projection for Loans {
    fn name(&self) -> &'static str {
        "library.loans"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["library.book"]
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            // The kind is enough here; `model.open::<BookEvent>(event)` reads what an event says.
            let (sql, values) = match event.kind.as_str() {
                "book_lent" => (
                    "INSERT INTO {library_loans} (workspace_id, book, lent_at, reminded) VALUES ($1, $2, $3, FALSE)",
                    args![event.instance(), event.occurred_at],
                ),
                "reader_reminded" => (
                    "UPDATE {library_loans} SET reminded = TRUE WHERE workspace_id = $1 AND book = $2",
                    args![event.instance()],
                ),
                _ => return Ok(()),
            };
            model.execute(sql, values).await?;
            Ok(())
        }
        .boxed()
    }
}
