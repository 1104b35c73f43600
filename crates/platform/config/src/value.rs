//! A value of a setting after its check, and how it is taken into a typed field.

use std::{
    collections::BTreeSet,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{BackendUrl, LogFormat, Role};

/// What a setting holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, a word of a choice or a log filter.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A number, milliseconds or bytes.
    Integer(u64),
    /// The address of a backend.
    Url(BackendUrl),
    /// As written; relative ones are seen from the project's folder.
    Path(PathBuf),
    /// Address and port.
    Address(SocketAddr),
    /// Several of one kind, in the order given.
    List(Vec<Value>),
}

impl fmt::Display for Value {
    /// As a flag would spell it, with passwords masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Url(url) => write!(f, "{url}"),
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Address(address) => write!(f, "{address}"),
            Self::List(items) => f.write_str(&items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        }
    }
}

impl Value {
    /// As JSON, which for these values is TOML too, with passwords masked.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Bool(flag) => (*flag).into(),
            Self::Integer(number) => (*number).into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Text(_) | Self::Url(_) | Self::Path(_) | Self::Address(_) => self.to_string().into(),
        }
    }
}

/// A field of a section's struct. `None` where the table gives the field a kind that it cannot hold, which a test of
/// the table rules out.
pub(crate) trait Field: Sized {
    fn take(value: Option<&Value>, project: &Path) -> Option<Self>;
}

/// Declares how one variant becomes one type.
macro_rules! field {
    ($type:ty, $variant:ident($inner:ident) => $made:expr) => {
        impl Field for $type {
            fn take(value: Option<&Value>, _: &Path) -> Option<Self> {
                match value {
                    Some(Value::$variant($inner)) => $made,
                    _ => None,
                }
            }
        }
    };
}

field!(bool, Bool(flag) => Some(*flag));
field!(u64, Integer(number) => Some(*number));
field!(u32, Integer(number) => u32::try_from(*number).ok());
field!(String, Text(text) => Some(text.clone()));
field!(BackendUrl, Url(url) => Some(url.clone()));
field!(SocketAddr, Address(address) => Some(*address));
field!(LogFormat, Text(word) => Self::from_word(word));
field!(Role, Text(word) => Self::from_word(word));

impl Field for PathBuf {
    fn take(value: Option<&Value>, project: &Path) -> Option<Self> {
        match value {
            Some(Value::Path(path)) => Some(project.join(path)),
            _ => None,
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn take(value: Option<&Value>, project: &Path) -> Option<Self> {
        value.map_or(Some(None), |value| T::take(Some(value), project).map(Some))
    }
}

impl<T: Field> Field for Vec<T> {
    fn take(value: Option<&Value>, project: &Path) -> Option<Self> {
        match value {
            Some(Value::List(items)) => items.iter().map(|item| T::take(Some(item), project)).collect(),
            _ => None,
        }
    }
}

impl<T: Field + Ord> Field for BTreeSet<T> {
    fn take(value: Option<&Value>, project: &Path) -> Option<Self> {
        Vec::<T>::take(value, project).map(|items| items.into_iter().collect())
    }
}
