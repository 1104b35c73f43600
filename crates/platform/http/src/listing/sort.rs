//! The order of a list: `sort=-created_at,name`.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    Field, Kind, Mistake,
    field::{find, sorts},
    filter::number_of,
};

/// Fields of one order at most.
const MOST_KEYS: usize = 4;

/// Upwards or downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first; what is not there before all others.
    Rising,
    /// The other way round.
    Falling,
}

/// The fields of an order, first things first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sort(Vec<(&'static Field, Direction)>);

impl Sort {
    pub(crate) fn parse(text: &str, fields: &'static [Field]) -> Result<Self, Mistake> {
        let mut keys: Vec<(&'static Field, Direction)> = Vec::new();
        let mut at = 1;
        for part in text.split(',') {
            let (name, direction) = match part.strip_prefix('-') {
                Some(name) => (name, Direction::Falling),
                None => (part, Direction::Rising),
            };
            let field = find(fields, (at, name), sorts)?;
            if keys.iter().any(|(known, _)| known.name == name) {
                return Err(Mistake::new(at, format!("`{name}` is there twice")));
            }
            if keys.len() == MOST_KEYS {
                return Err(Mistake::new(at, format!("there are more than {MOST_KEYS} fields")));
            }
            keys.push((field, direction));
            at += part.chars().count() + 1;
        }
        Ok(Self(keys))
    }

    /// The direction of a list that knows no order but that of this field; `usual` where nothing is asked. The list declares no
    /// other field that sorts.
    #[must_use]
    pub fn by(&self, field: &str, usual: Direction) -> Direction {
        self.0.iter().find(|(known, _)| known.name == field).map_or(usual, |(_, direction)| *direction)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Two items in their JSON form.
    #[must_use]
    pub fn compare(&self, a: &Value, b: &Value) -> Ordering {
        let of = |(field, direction): &(&Field, Direction)| {
            let order = order(field.kind, &a[field.name], &b[field.name]);
            if *direction == Direction::Falling { order.reverse() } else { order }
        };
        self.0.iter().map(of).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

fn order(kind: Kind, a: &Value, b: &Value) -> Ordering {
    match kind {
        Kind::Number => number_of(a).partial_cmp(&number_of(b)).unwrap_or(Ordering::Equal),
        Kind::Flag => a.as_bool().cmp(&b.as_bool()),
        Kind::Text | Kind::Word(_) | Kind::Time | Kind::Texts | Kind::Shown => a.as_str().cmp(&b.as_str()),
    }
}

impl std::fmt::Display for Sort {
    /// As it was asked for.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (field, direction)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let minus = if *direction == Direction::Falling { "-" } else { "" };
            write!(f, "{comma}{minus}{}", field.name)?;
        }
        Ok(())
    }
}
