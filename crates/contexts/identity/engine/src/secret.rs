//! Secrets in settings: read, and from then on never printed.

use serde::{Deserialize, Deserializer};
use telemetry::Secret;

/// A secret that may be left out.
///
/// # Errors
/// Those of the format; none repeats the value.
pub(crate) fn optional<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(reader)?.map(Secret::new))
}
