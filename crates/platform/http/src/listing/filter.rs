//! What has to hold of an item, decided on its JSON form.
//!
//! A field that is not there, or `null`, is equal to `null` alone and neither less nor more than anything.

use std::{cmp::Ordering, fmt};

use serde_json::Value;

use super::{Field, Kind, Mistake, parse::parse, token::Op};

/// A filter that was read and fits the fields of its list.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Holds);

/// What has to hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Holds {
    All(Vec<Holds>),
    Any(Vec<Holds>),
    Not(Box<Holds>),
    Is(Comparison),
}

/// A field and what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) field: &'static Field,
    pub(crate) op: Op,
    pub(crate) value: Literal,
}

/// A value of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    /// `*`: whatever it is, it is there.
    Any,
    Text(String),
    Number(f64),
    Flag(bool),
    /// In the form of items, whose order is that of their texts.
    Time(String),
}

impl Filter {
    /// Reads `text` for a list with these fields.
    pub(crate) fn parse(text: &str, fields: &'static [Field]) -> Result<Self, Mistake> {
        parse(text, fields).map(Self)
    }

    /// Whether it holds of this item.
    #[must_use]
    pub fn holds(&self, item: &Value) -> bool {
        self.0.of(item)
    }

    /// The text that a field must be equal to whatever else is asked, for an index to answer; `None` where nothing says so.
    #[must_use]
    pub fn equal_to(&self, field: &str) -> Option<&str> {
        let is = |holds: &'_ Holds| match holds {
            Holds::Is(Comparison { field: known, op: Op::Is, .. }) => known.name == field,
            _ => false,
        };
        let parts = match &self.0 {
            Holds::All(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        parts.iter().find(|part| is(part)).and_then(|part| match part {
            Holds::Is(Comparison { value: Literal::Text(text), .. }) => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Holds {
    pub(crate) fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }

    pub(crate) fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }

    fn of(&self, item: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.of(item)),
            Self::Any(parts) => parts.iter().any(|part| part.of(item)),
            Self::Not(part) => !part.of(item),
            Self::Is(comparison) => comparison.of(item),
        }
    }
}

impl Comparison {
    fn of(&self, item: &Value) -> bool {
        let found = item.get(self.field.name).unwrap_or(&Value::Null);
        match (self.op, &self.value) {
            (Op::Is, Literal::Null) => found.is_null(),
            (Op::IsNot, Literal::Null) | (Op::Has, Literal::Any) => !found.is_null(),
            (Op::Has, Literal::Text(text)) => has(found, text),
            (Op::IsNot, value) => compared(self.field.kind, found, value) != Some(Ordering::Equal),
            (op, value) => compared(self.field.kind, found, value).is_some_and(|order| match op {
                Op::Is => order.is_eq(),
                Op::Less => order.is_lt(),
                Op::AtMost => order.is_le(),
                Op::More => order.is_gt(),
                Op::AtLeast => order.is_ge(),
                Op::IsNot | Op::Has => false,
            }),
        }
    }
}

/// A text that contains this one, or a list with it as a member.
fn has(found: &Value, text: &str) -> bool {
    match found {
        Value::String(found) => found.contains(text),
        Value::Array(members) => members.iter().any(|member| member.as_str() == Some(text)),
        _ => false,
    }
}

/// `None` where there is nothing to compare.
fn compared(kind: Kind, found: &Value, value: &Literal) -> Option<Ordering> {
    match value {
        Literal::Text(text) | Literal::Time(text) => Some(found.as_str()?.cmp(text.as_str())),
        Literal::Number(number) => number_of(found)?.partial_cmp(number),
        Literal::Flag(flag) => Some(found.as_bool()?.cmp(flag)),
        Literal::Null | Literal::Any => None,
    }
    .filter(|_| kind != Kind::Shown)
}

/// A number, also one that JSON has as a text because it has more digits than others read.
pub(super) fn number_of(found: &Value) -> Option<f64> {
    match found {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

impl fmt::Display for Filter {
    /// A text that reads back as the same filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Self::All(_) | Self::Any(_) => write!(f, "({part})")?,
                    Self::Not(_) | Self::Is(_) => part.fmt(f)?,
                }
            }
            Ok(())
        };
        match self {
            Self::All(parts) => joined(f, parts, "AND"),
            Self::Any(parts) => joined(f, parts, "OR"),
            Self::Not(part) => match &**part {
                Self::All(_) | Self::Any(_) => write!(f, "NOT ({part})"),
                Self::Not(_) | Self::Is(_) => write!(f, "NOT {part}"),
            },
            Self::Is(Comparison { field, op, value }) => write!(f, "{}{}{value}", field.name, op.text()),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Any => f.write_str("*"),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Time(text) => f.write_str(text),
            Self::Text(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        }
    }
}

#[cfg(test)]
mod tests;
