//! Lists in pages, continued from opaque cursors.
//!
//! A cursor is where the last page ended, in the words of the list that made it. Its text is base64url of a version, the
//! list's mark, that position and a checksum, so that a damaged one, one of another list or one of another release
//! is refused instead of giving a wrong page. It is no secret and no proof: who wants to can make one, so a list
//! checks permissions as if no cursor were given.
//!
//! Absent on purpose: page numbers and totals, which cost a full scan and skip rows when the list moves.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::word::{WordError, shown, text_serde};

/// Some items of a list, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of other things.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AskedPage")]
pub struct PageRequest {
    limit: u32,
    after: Option<Cursor>,
}

impl PageRequest {
    /// The most items of one page.
    pub const MAX_LIMIT: u32 = 500;
    /// How many items come where nobody says.
    pub const DEFAULT_LIMIT: u32 = 50;

    /// `limit` items after `after`, from the start where that is `None`.
    ///
    /// # Errors
    /// [`WordError::BadLimit`] unless 1 ≤ `limit` ≤ [`Self::MAX_LIMIT`].
    pub fn new(limit: u32, after: Option<Cursor>) -> Result<Self, WordError> {
        if (1..=Self::MAX_LIMIT).contains(&limit) {
            Ok(Self { limit, after })
        } else {
            Err(WordError::BadLimit { given: limit })
        }
    }

    /// The most items wanted, 1 to [`Self::MAX_LIMIT`].
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Where the page before ended; `None` for the first page.
    #[must_use]
    pub fn after(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: Self::DEFAULT_LIMIT, after: None }
    }
}

/// A request as it is written, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedPage {
    limit: Option<u32>,
    after: Option<Cursor>,
}

impl TryFrom<AskedPage> for PageRequest {
    type Error = WordError;

    fn try_from(asked: AskedPage) -> Result<Self, WordError> {
        Self::new(asked.limit.unwrap_or(Self::DEFAULT_LIMIT), asked.after)
    }
}

/// The form of a cursor's bytes; another number is another form.
const VERSION: u8 = 1;
const MARK_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 4;

/// Where a page ended. Opaque to everyone but the list that made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    mark: [u8; MARK_BYTES],
    position: Box<[u8]>,
}

impl Cursor {
    /// A cursor of the list `list`, such as `exports.list_exports`, at `position`.
    #[must_use]
    pub fn new(list: &str, position: &[u8]) -> Self {
        Self { mark: short_hash(list.as_bytes()), position: position.into() }
    }

    /// The position, for the list that made it.
    ///
    /// # Errors
    /// [`WordError::BadCursor`] where another list did.
    pub fn position(&self, list: &str) -> Result<&[u8], WordError> {
        if self.mark == short_hash(list.as_bytes()) {
            Ok(&self.position)
        } else {
            Err(WordError::BadCursor { given: shown(&self.to_string()), why: "it belongs to another list" })
        }
    }
}

/// The first bytes of XXH3: against accidents, not against intent.
fn short_hash(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = xxh3_64(bytes).to_be_bytes();
    [a, b, c, d]
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend(self.mark);
        bytes.extend(&self.position);
        bytes.extend(short_hash(&bytes));
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = WordError;

    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// [`WordError::BadCursor`].
    fn from_str(given: &str) -> Result<Self, WordError> {
        let bad = |why| WordError::BadCursor { given: shown(given), why };
        let bytes = URL_SAFE_NO_PAD.decode(given).map_err(|_| bad("it is not base64url"))?;
        let (version, _) = bytes.split_first().ok_or_else(|| bad("it is empty"))?;
        if *version != VERSION {
            return Err(bad("it was made by another release"));
        }
        let (sealed, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(|| bad("it is cut off"))?;
        let (mark, position) =
            sealed.get(1..).and_then(<[u8]>::split_first_chunk::<MARK_BYTES>).ok_or_else(|| bad("it is cut off"))?;
        if *checksum != short_hash(sealed) {
            return Err(bad("it was changed on its way"));
        }
        Ok(Self { mark: *mark, position: position.into() })
    }
}

text_serde!(Cursor);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "exports.list_exports";

    fn why(text: &str) -> &'static str {
        match text.parse::<Cursor>() {
            Err(WordError::BadCursor { why, .. }) => why,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_written_form_stays_as_it_was_published() {
        assert_eq!(Cursor::new(LIST, b"2026-02-01").to_string(), "AfJ-IZUyMDI2LTAyLTAxgRqfdw");
    }

    #[test]
    fn what_is_no_cursor_of_ours_is_refused_with_the_reason() {
        let text = Cursor::new(LIST, b"42").to_string();
        let other_version = URL_SAFE_NO_PAD.encode([2, 0, 0, 0, 0, 0, 0, 0, 0]);
        let cut = URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(why(""), "it is empty");
        assert_eq!(why("next page!"), "it is not base64url");
        assert_eq!(why(&format!("{text}=")), "it is not base64url");
        assert_eq!(why(&other_version), "it was made by another release");
        assert_eq!((why("AQ"), why(&cut)), ("it is cut off", "it is cut off"));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor: Cursor = Cursor::new(LIST, b"42").to_string().parse().unwrap();
        assert_eq!(cursor.position(LIST), Ok(b"42".as_slice()));
        let refusal = cursor.position("jobs.list_jobs").unwrap_err();
        assert!(matches!(refusal, WordError::BadCursor { why: "it belongs to another list", .. }), "{refusal}");
    }

    #[test]
    fn a_limit_is_from_one_to_the_most() {
        let limit = |limit| PageRequest::new(limit, None).map(|request| request.limit());
        assert_eq!((limit(1), limit(PageRequest::MAX_LIMIT)), (Ok(1), Ok(500)));
        assert_eq!(
            (limit(0), limit(501)),
            (Err(WordError::BadLimit { given: 0 }), Err(WordError::BadLimit { given: 501 }))
        );
    }

    #[test]
    fn a_request_is_read_with_its_rules() {
        let read = |text: &str| serde_json::from_str::<PageRequest>(text);
        assert_eq!(read("{}").unwrap(), PageRequest::default());
        let cursor = Cursor::new(LIST, b"42");
        let asked = read(&format!(r#"{{"limit":7,"after":"{cursor}"}}"#)).unwrap();
        assert_eq!((asked.limit(), asked.after()), (7, Some(&cursor)));
        for refused in [r#"{"limit":0}"#, r#"{"limit":501}"#, r#"{"after":"AQ"}"#, r#"{"offset":3}"#] {
            assert!(read(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_page_keeps_its_cursor_when_its_items_change() {
        let page = Page { items: vec![1, 2], next: Some(Cursor::new(LIST, b"2")) };
        let names = page.clone().map(|number| number.to_string());
        assert_eq!((names.items, names.next), (vec!["1".to_owned(), "2".to_owned()], page.next));
    }

    proptest! {
        #[test]
        fn cursors_read_back(list in "[a-z.]{0,20}", position: Vec<u8>) {
            let cursor = Cursor::new(&list, &position);
            let read: Cursor = cursor.to_string().parse().unwrap();
            prop_assert_eq!(read.position(&list), Ok(position.as_slice()));
        }

        #[test]
        fn a_changed_byte_is_noticed(position in prop::collection::vec(any::<u8>(), 0..40), at: prop::sample::Index, flip in 1_u8..) {
            let mut bytes = URL_SAFE_NO_PAD.decode(Cursor::new(LIST, &position).to_string()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert!(URL_SAFE_NO_PAD.encode(bytes).parse::<Cursor>().is_err());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            prop_assert!(text.parse::<Cursor>().is_err());
        }
    }
}
