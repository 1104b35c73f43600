//! Lend book: a reader takes one copy, and is reminded when it is late.

use std::time::Duration;

use eventlog::How;
use futures::FutureExt;
use kernel::{Actor, Personal};

use crate::{
    BookId, Library, LibraryError, Permission,
    domain::{Book, Refusal},
    jobs::REMIND_READER,
};

/// After this time a reader is told.
const LATE_AFTER: Duration = Duration::from_hours(28 * 24);

/// Lend book.
#[derive(Debug)]
pub(crate) struct LendBook {
    /// Which one.
    pub(crate) id: BookId,
    /// To whom.
    pub(crate) reader: Personal<String>,
}

impl Library {
    /// Lends the book. The reminder is in the queue when this returns.
    ///
    /// # Errors
    /// Forbidden without `library:lend`; refused where another reader has the book.
    #[tracing::instrument(name = "library.lend_book", skip_all, fields(book.id = %command.id), err(level = "debug"))]
    pub(crate) async fn lend_book(&self, actor: &Actor, command: LendBook) -> Result<(), LibraryError> {
        actor.require(Permission::LibraryLend)?;
        let LendBook { id, reader } = command;
        let (jobs, reminder) = (self.jobs.clone(), self.jobs.job(actor.workspace, REMIND_READER, &id).await?);
        let how = How {
            also: Some(Box::new(move |tx, events| {
                let due = events.iter().map(|_| reminder.clone().after(LATE_AFTER)).collect();
                async move { Ok(jobs.enqueue_in(tx, due).await.map(|_| ())?) }.boxed()
            })),
            ..How::default()
        };
        let rule = move |book: &Book| book.lend(id, reader);
        self.log.change_with::<Book, Refusal, LibraryError>(actor, id, how, rule).await?;
        Ok(())
    }
}
