//! Remind reader: follows a loan. It may run twice and reminds once: the fact and the end of the job are one transaction.

use eventlog::{EventLog, How};
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler};
use kernel::Actor;

use crate::{
    BookId, LibraryError,
    domain::{Book, Refusal},
};

/// The kind of the job.
pub(crate) const REMIND_READER: &str = "library.remind_reader";

/// Does it.
pub(crate) struct RemindReader {
    pub(crate) log: EventLog,
}

impl Handler for RemindReader {
    fn kind(&self) -> &'static str {
        REMIND_READER
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let id: BookId = context.args().await?;
            let actor = Actor::system(context.workspace());
            let how = How { cause: context.cause().clone(), also: Some(context.completion()), ..How::default() };
            let rule = |book: &Book| Ok(book.remind());
            self.log.change_with::<Book, Refusal, LibraryError>(&actor, id, how, rule).await?;
            Ok(())
        }
        .boxed()
    }
}
