//! Forms that several operations share.

use kernel::{Cursor, PageRequest, WordError};
use serde_json::Value;

/// Which page a query asks for.
pub(crate) fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, WordError> {
    let after = cursor.map(str::parse::<Cursor>).transpose()?;
    PageRequest::new(limit.unwrap_or(PageRequest::DEFAULT_LIMIT), after)
}

/// Stored JSON as JSON; what is none, as a text.
pub(crate) fn stored(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}
