//! The library, as the rest of the product hears of it.

kernel::typed_id!(
    /// One copy of a book.
    BookId
);

/// Facts of books. Each is self-contained: a consumer never reads the stream behind it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum LibraryFact {
    /// A book left the house.
    BookLent {
        /// Which.
        book: BookId,
    },
}
