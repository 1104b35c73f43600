//! What a statement is given.

use kernel::Timestamp;
use uuid::Uuid;

/// One argument. `None` is NULL of that type: PostgreSQL wants to know the type of a NULL too.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `BIGINT`.
    Int(Option<i64>),
    /// `DOUBLE PRECISION`.
    Float(Option<f64>),
    /// `BOOLEAN`.
    Bool(Option<bool>),
    /// `TEXT`.
    Text(Option<String>),
    /// `BYTEA`.
    Bytes(Option<Vec<u8>>),
    /// `UUID`.
    Uuid(Option<Uuid>),
}

macro_rules! from {
    ($($variant:ident: $($type:ty => $convert:expr),+;)*) => { $($(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )+)* };
}

from! {
    Int: i64 => |value| value, i32 => i64::from, u32 => i64::from, u16 => i64::from, Timestamp => |at: Timestamp| at.0;
    Float: f64 => |value| value;
    Bool: bool => |value| value;
    Text: String => |value| value, &str => str::to_owned;
    Bytes: Vec<u8> => |value| value, &[u8] => <[u8]>::to_vec, [u8; 32] => |value: [u8; 32]| value.to_vec();
    Uuid: Uuid => |value| value;
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

/// Binds values in their order.
macro_rules! bind {
    ($arguments:ty, $values:expr) => {{
        use sqlx::Arguments as _;
        let mut arguments = <$arguments>::default();
        for value in $values {
            match value {
                $crate::Value::Int(value) => arguments.add(value),
                $crate::Value::Float(value) => arguments.add(value),
                $crate::Value::Bool(value) => arguments.add(value),
                $crate::Value::Text(value) => arguments.add(value),
                $crate::Value::Bytes(value) => arguments.add(value),
                $crate::Value::Uuid(value) => arguments.add(value),
            }
            .map_err(|source| $crate::SqlError::from(sqlx::Error::Encode(source)))?;
        }
        arguments
    }};
}
pub(crate) use bind;
