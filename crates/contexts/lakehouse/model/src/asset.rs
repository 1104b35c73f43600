//! The name of a table of the lakehouse.

use std::fmt;

/// `layer.name`, both lower-case identifiers: `silver.sales`. The layer is the first folder below `models/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AssetName {
    /// First folder below `models/`; the SQL schema.
    pub layer: String,
    /// Unique in the project; the SQL table.
    pub name: String,
}

impl AssetName {
    /// Reads `layer.name`.
    ///
    /// # Errors
    /// What is wrong with the text, in one sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('.') {
            Some((layer, name)) if is_identifier(layer) && is_identifier(name) => {
                Ok(Self { layer: layer.to_owned(), name: name.to_owned() })
            }
            _ => Err(format!("`{text}` is not a table name of the form layer.name in lower case")),
        }
    }

    /// As SQL, quoted: `"silver"."sales"`.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\".\"{}\"", self.layer, self.name)
    }
}

/// Lower-case ASCII letters, digits and `_`, not starting with a digit: safe as a folder and unquoted in SQL.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl fmt::Display for AssetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layer, self.name)
    }
}

impl TryFrom<String> for AssetName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<AssetName> for String {
    fn from(name: AssetName) -> Self {
        name.to_string()
    }
}
