//! Values on their way between the JSON of operations and GraphQL, by their types.
//!
//! Invariant: a name, a text of an enum or a wide integer has one form on each side, and is translated nowhere else.

use std::sync::Arc;

use async_graphql::{Name, Value as Given, dynamic::FieldValue};
use serde_json::{Map, Number, Value};

use crate::types::{Shape, Typed, Types};

/// What a resolver was handed as its parent: JSON that an answer holds, or that a link has loaded.
pub(crate) fn parent<'a>(value: &'a FieldValue<'a>) -> Option<&'a Value> {
    value.downcast_ref::<Value>().or_else(|| value.downcast_ref::<Arc<Value>>().map(AsRef::as_ref))
}

/// A value of an answer; objects stay where they are, and are read field by field.
pub(crate) fn shown<'a>(types: &Types, typed: &Typed, value: &'a Value) -> Option<FieldValue<'a>> {
    Some(match (&typed.shape, value) {
        (_, Value::Null) => return None,
        (Shape::Object(_), value) => FieldValue::borrowed_any(value),
        (Shape::Union(name), value) => {
            let variant = types.unions.get(name)?.variant(value)?.to_owned();
            FieldValue::borrowed_any(value).with_type(variant)
        }
        (Shape::List(item), Value::Array(values)) => {
            FieldValue::list(values.iter().map(|each| shown(types, item, each).unwrap_or(FieldValue::NULL)))
        }
        (shape, value) => FieldValue::value(scalar(types, shape, value)?),
    })
}

/// The same of a value that nobody else holds.
pub(crate) fn owned(types: &Types, typed: &Typed, value: Value) -> Option<FieldValue<'static>> {
    Some(match (&typed.shape, value) {
        (_, Value::Null) => return None,
        (Shape::Object(_), value) => FieldValue::owned_any(value),
        (Shape::Union(name), value) => {
            let variant = types.unions.get(name)?.variant(&value)?.to_owned();
            FieldValue::owned_any(value).with_type(variant)
        }
        (Shape::List(item), Value::Array(values)) => {
            FieldValue::list(values.into_iter().map(|each| owned(types, item, each).unwrap_or(FieldValue::NULL)))
        }
        (shape, value) => FieldValue::value(scalar(types, shape, &value)?),
    })
}

fn scalar(types: &Types, shape: &Shape, value: &Value) -> Option<Given> {
    Some(match (shape, value) {
        (Shape::Enum(name), Value::String(text)) => {
            let (item, ..) = types.enums.get(name)?.items.iter().find(|(_, known, _)| known == text)?;
            Given::Enum(Name::new(item))
        }
        (Shape::Int64 | Shape::Text | Shape::Id, Value::Number(number)) => Given::String(number.to_string()),
        (Shape::Int, Value::Number(number)) => {
            Given::Number(number.as_i64().filter(|it| i32::try_from(*it).is_ok())?.into())
        }
        (_, value) => Given::from_json(value.clone()).ok()?,
    })
}

/// A value of a caller as the JSON of an operation.
pub(crate) fn taken(types: &Types, typed: &Typed, value: &Given) -> Value {
    match (&typed.shape, value) {
        (Shape::Object(name), Given::Object(fields)) => {
            let members = types.inputs.get(name).map_or(&[][..], |object| &object.members);
            let known = members.iter().filter_map(|member| {
                let value = fields.get(member.name.as_str())?;
                Some((member.key.clone(), taken(types, &member.typed, value)))
            });
            Value::Object(known.collect::<Map<_, _>>())
        }
        (Shape::List(item), Given::List(values)) => values.iter().map(|each| taken(types, item, each)).collect(),
        // GraphQL takes one for a list of one.
        (Shape::List(item), value) if *value != Given::Null => Value::Array(vec![taken(types, item, value)]),
        (Shape::Enum(name), Given::Enum(_) | Given::String(_)) => {
            let given = match value {
                Given::Enum(item) => item.as_str(),
                Given::String(item) => item,
                _ => "",
            };
            let items = types.enums.get(name).map_or(&[][..], |all| &all.items);
            items.iter().find(|(item, ..)| item == given).map_or(Value::Null, |(_, text, _)| text.as_str().into())
        }
        (Shape::Int64, Given::String(text)) => wide(text).map_or_else(|| text.as_str().into(), Value::Number),
        (Shape::Id, Given::Number(number)) => number.to_string().into(),
        (_, value) => value.clone().into_json().unwrap_or_default(),
    }
}

/// An integer with 64 bits, in digits.
pub(crate) fn wide(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

#[cfg(test)]
mod tests {
    use async_graphql::value;
    use serde_json::json;

    use super::*;
    use crate::types::{Enum, Member, Object};

    fn types() -> Types {
        let mut types = Types::default();
        let items = vec![("ALL_DONE".to_owned(), "all-done".to_owned(), String::new())];
        types.enums.insert("End".to_owned(), Enum { about: String::new(), items });
        let member = |name: &str, key: &str, shape| Member {
            name: name.to_owned(),
            key: key.to_owned(),
            about: String::new(),
            typed: Typed::new(shape),
        };
        let members = vec![
            member("lastEnd", "last_end", Shape::Enum("End".to_owned())),
            member("rows", "rows", Shape::Int64),
            member("tags", "tags", Shape::List(Box::new(Typed::new(Shape::Text)))),
        ];
        types.inputs.insert("ThingInput".to_owned(), Object { about: String::new(), members });
        types
    }

    #[test]
    fn what_is_taken_has_the_names_and_texts_of_json() {
        let given = value!({ "lastEnd": "ALL_DONE", "rows": "9007199254740993", "tags": "one", "other": 1 });
        let json = taken(&types(), &Typed::new(Shape::Object("ThingInput".to_owned())), &given);
        assert_eq!(json, json!({ "last_end": "all-done", "rows": 9_007_199_254_740_993_u64, "tags": ["one"] }));
        let null = taken(&types(), &Typed::new(Shape::Object("ThingInput".to_owned())), &value!({ "rows": null }));
        assert_eq!(null, json!({ "rows": null }), "null is said, and not left out");
    }

    #[test]
    fn what_is_shown_has_the_names_of_graphql_and_wide_integers_are_texts() {
        let show = |shape, value: Value| scalar(&types(), &shape, &value);
        assert_eq!(show(Shape::Enum("End".to_owned()), json!("all-done")), Some(Given::Enum(Name::new("ALL_DONE"))));
        assert_eq!(show(Shape::Int64, json!(9_007_199_254_740_993_u64)), Some(value!("9007199254740993")));
        assert_eq!(show(Shape::Int, json!(7)), Some(value!(7)));
        assert_eq!(show(Shape::Int, json!(3_000_000_000_u64)), None, "an `Int` has 32 bits");
        assert_eq!(show(Shape::Json, json!({ "a_b": [1] })), Some(value!({ "a_b": [1] })));
    }
}
