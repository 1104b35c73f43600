//! The types of the schema, between the JSON schemas that they are read from and the library that serves them.
//!
//! Invariant: each knows its JSON form, so that values are translated both ways by the type alone.

use std::collections::BTreeMap;

use async_graphql::dynamic::TypeRef;
use serde_json::Value;

/// The scalar of free JSON.
pub(crate) const JSON: &str = "JSON";
/// The scalar of integers with 64 bits.
pub(crate) const INT64: &str = "Int64";

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Id,
    Flag,
    Int,
    Int64,
    Float,
    Json,
    Enum(String),
    Object(String),
    Union(String),
    List(Box<Typed>),
}

/// What a value is, and whether it may be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) shape: Shape,
    pub(crate) nullable: bool,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Its name in JSON.
    pub(crate) key: String,
    pub(crate) about: String,
    pub(crate) typed: Typed,
}

/// An object that is given or taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) about: String,
    pub(crate) members: Vec<Member>,
}

/// One of several texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Enum {
    pub(crate) about: String,
    /// Name, text in JSON, description.
    pub(crate) items: Vec<(String, String, String)>,
}

/// One of several objects, told apart by a text in one of their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Union {
    pub(crate) about: String,
    pub(crate) tag: String,
    /// The text, and the object's type.
    pub(crate) variants: Vec<(String, String)>,
}

/// All types by name.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) inputs: BTreeMap<String, Object>,
    pub(crate) enums: BTreeMap<String, Enum>,
    pub(crate) unions: BTreeMap<String, Union>,
}

impl Typed {
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, nullable: false }
    }

    pub(crate) fn or_null(shape: Shape) -> Self {
        Self { shape, nullable: true }
    }

    /// As the library has it.
    pub(crate) fn reference(&self) -> TypeRef {
        let inner = match &self.shape {
            Shape::List(item) => TypeRef::List(Box::new(item.reference())),
            shape => TypeRef::named(shape.name().to_owned()),
        };
        if self.nullable { inner } else { TypeRef::NonNull(Box::new(inner)) }
    }

    /// The object or union that it is in the end, through lists, and whether it is a list of them.
    pub(crate) fn container(&self) -> Option<(&str, bool)> {
        match &self.shape {
            Shape::Object(name) | Shape::Union(name) => Some((name, false)),
            Shape::List(item) => item.container().map(|(name, _)| (name, true)),
            _ => None,
        }
    }
}

impl Shape {
    fn name(&self) -> &str {
        match self {
            Self::Text => TypeRef::STRING,
            Self::Id => TypeRef::ID,
            Self::Flag => TypeRef::BOOLEAN,
            Self::Int => TypeRef::INT,
            Self::Int64 => INT64,
            Self::Float => TypeRef::FLOAT,
            Self::Json | Self::List(_) => JSON,
            Self::Enum(name) | Self::Object(name) | Self::Union(name) => name,
        }
    }
}

impl Union {
    /// The type of this value.
    pub(crate) fn variant(&self, value: &Value) -> Option<&str> {
        let text = value.get(&self.tag)?.as_str()?;
        self.variants.iter().find(|(tag, _)| tag == text).map(|(_, name)| name.as_str())
    }
}
