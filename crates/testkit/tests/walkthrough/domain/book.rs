//! One copy of a book: who has it.
//!
//! Invariants: a book is with one reader at a time; what is lent to the same reader again changes nothing.

use kernel::{Aggregate, Event, Personal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BookId, LibraryFact};

/// What can happen to a book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum BookEvent {
    /// A reader took it.
    BookLent {
        /// Which.
        book: BookId,
        /// The reader's name: sealed when stored, gone when the reader is erased.
        reader: Personal<String>,
    },
    /// The reader was told that it is late.
    ReaderReminded,
}

impl Event for BookEvent {}

/// The rules say no.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the book is with another reader")]
    Lent,
}

/// A book as its events tell it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Book {
    reader: Option<Personal<String>>,
    reminders: u32,
}

impl Book {
    pub(crate) fn lend(&self, book: BookId, reader: Personal<String>) -> Result<Vec<BookEvent>, Refusal> {
        match &self.reader {
            None => Ok(vec![BookEvent::BookLent { book, reader }]),
            Some(same) if same.subject() == reader.subject() => Ok(vec![]),
            Some(_) => Err(Refusal::Lent),
        }
    }

    /// Once for each loan.
    pub(crate) fn remind(&self) -> Vec<BookEvent> {
        if self.reader.is_some() && self.reminders == 0 { vec![BookEvent::ReaderReminded] } else { vec![] }
    }
}

impl Aggregate for Book {
    const STREAM: &'static str = "library.book";
    type Id = BookId;
    type Event = BookEvent;
    type Published = LibraryFact;

    fn apply(&mut self, event: &BookEvent) {
        match event {
            BookEvent::BookLent { reader, .. } => self.reader = Some(reader.clone()),
            BookEvent::ReaderReminded => self.reminders += 1,
        }
    }

    fn publish(&self, event: &BookEvent) -> Option<LibraryFact> {
        match event {
            BookEvent::BookLent { book, .. } => Some(LibraryFact::BookLent { book: *book }),
            BookEvent::ReaderReminded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::SubjectId;

    use super::*;

    fn reader(name: &str) -> Personal<String> {
        Personal::of(SubjectId::new(), name.to_owned())
    }

    #[test]
    fn a_book_is_with_one_reader_at_a_time() {
        let (id, ann, eve) = (BookId::new(), reader("Ann"), reader("Eve"));
        let mut book = Book::default();
        let lent = book.lend(id, ann.clone()).unwrap();
        for event in &lent {
            book.apply(event);
        }
        assert_eq!(lent, [BookEvent::BookLent { book: id, reader: ann.clone() }]);
        assert_eq!(book.lend(id, ann), Ok(vec![]));
        assert_eq!(book.lend(id, eve), Err(Refusal::Lent));
    }

    #[test]
    fn a_reader_is_reminded_once() {
        let mut book = Book::default();
        assert_eq!(book.remind(), []);
        book.apply(&BookEvent::BookLent { book: BookId::new(), reader: reader("Ann") });
        assert_eq!(book.remind(), [BookEvent::ReaderReminded]);
        book.apply(&BookEvent::ReaderReminded);
        assert_eq!(book.remind(), []);
    }

    #[test]
    fn events_have_committed_schemas_and_are_still_read() {
        let book = BookId(kernel::uuid::Uuid::nil());
        let lent = BookEvent::BookLent { book, reader: reader("Ann") };
        testkit::schemas::check::<Book>(FOLDER, &[lent, BookEvent::ReaderReminded]);
    }

    /// A context writes `env!("CARGO_MANIFEST_DIR")`; this one is a folder of tests.
    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/walkthrough");
}
