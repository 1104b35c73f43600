//! JSON Schema 2020-12, as `schemars` writes it of the types of operations, read into types of GraphQL.
//!
//! Invariants: the same schemas give the same types in the same order; what GraphQL has no word for is free JSON, so that
//! nothing is refused which REST can say; two types of one name and different form are found.
//!
//! Absent on purpose: all of JSON Schema. What `schemars` never writes is not read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    name::{camel, pascal, shout},
    types::{Enum, Member, Object, Shape, Typed, Types, Union},
};

/// Whether types are given or taken: an object that is taken has another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Given,
    Taken,
}

/// Reads schemas of one side.
pub(crate) struct Reader<'a> {
    pub(crate) definitions: &'a Map<String, Value>,
    pub(crate) side: Side,
    pub(crate) types: &'a mut Types,
    /// Names that two types want.
    pub(crate) clashes: Vec<String>,
    /// Definitions that were read, or are being read: types may hold themselves.
    known: BTreeMap<String, Typed>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(definitions: &'a Map<String, Value>, side: Side, types: &'a mut Types) -> Self {
        Self { definitions, side, types, clashes: Vec::new(), known: BTreeMap::new() }
    }

    /// The type of a schema; `hint` is its name where it has none of its own.
    pub(crate) fn read(&mut self, schema: &Value, hint: &str) -> Typed {
        let Some(schema) = schema.as_object() else { return Typed::or_null(Shape::Json) };
        if let Some(inner) = without_null(schema) {
            return Typed { nullable: true, ..self.read(&inner, hint) };
        }
        match (target(schema), schema.get("properties")) {
            (Some(name), None) => self.named(name),
            _ => self.plain(schema, hint),
        }
    }

    /// A schema without its name: the object behind a body is named by its operation.
    pub(crate) fn read_as(&mut self, schema: &Value, name: &str) -> Typed {
        let inner = schema.as_object().and_then(target).and_then(|target| self.definitions.get(target));
        self.read(&inner.unwrap_or(schema).clone(), name)
    }

    fn named(&mut self, definition: &str) -> Typed {
        if let Some(known) = self.known.get(definition) {
            return known.clone();
        }
        let Some(schema) = self.definitions.get(definition) else { return Typed::or_null(Shape::Json) };
        let name = match definition.strip_prefix("PageOf") {
            Some(item) => format!("{}List", pascal(item)),
            None => pascal(definition),
        };
        // While it is read, it may be met again within itself.
        let within = match (schema.get("properties"), schema.as_object().and_then(choices)) {
            (_, Some(variants)) if self.side == Side::Given && self.tagged(variants).is_some() => {
                Shape::Union(name.clone())
            }
            (Some(_), None) => Shape::Object(self.object_name(&name)),
            _ => Shape::Json,
        };
        self.known.insert(definition.to_owned(), Typed::new(within));
        let typed = self.read(schema, &name);
        self.known.insert(definition.to_owned(), typed.clone());
        typed
    }

    fn plain(&mut self, schema: &Map<String, Value>, hint: &str) -> Typed {
        if schema.contains_key("x-personal") {
            return Typed::new(Shape::Json);
        }
        if let Some(items) = items_of(schema) {
            return Typed::new(self.enumeration(schema, items, hint));
        }
        if let Some(variants) = choices(schema) {
            return self.union(schema, variants, hint);
        }
        let flat = self.flat(schema);
        let format = flat.get("format").and_then(Value::as_str).unwrap_or_default();
        match flat.get("type").and_then(Value::as_str) {
            Some("string") if format == "uuid" => Typed::new(Shape::Id),
            Some("string") => Typed::new(Shape::Text),
            Some("boolean") => Typed::new(Shape::Flag),
            Some("number") => Typed::new(Shape::Float),
            Some("integer") => Typed::new(integer(&flat, format)),
            Some("array") => {
                let item = flat.get("items").map_or(Typed::or_null(Shape::Json), |items| self.read(items, hint));
                Typed::new(Shape::List(Box::new(item)))
            }
            Some("object") => self.object(&flat, hint),
            _ if flat.contains_key("properties") => self.object(&flat, hint),
            // `true`, or a schema that says nothing: any value, null too.
            _ => Typed::or_null(Shape::Json),
        }
    }

    /// An object with its parts of `$ref` and `allOf` in one place.
    fn flat(&self, schema: &Map<String, Value>) -> Map<String, Value> {
        let mut flat = Map::new();
        let whole = target(schema).and_then(|name| self.definitions.get(name));
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for part in whole.into_iter().chain(parts).filter_map(Value::as_object) {
            merge(&mut flat, self.flat(part));
        }
        let own = schema.iter().filter(|(key, _)| !["$ref", "allOf"].contains(&key.as_str()));
        merge(&mut flat, own.map(|(key, value)| (key.clone(), value.clone())).collect());
        flat
    }

    fn object(&mut self, schema: &Map<String, Value>, hint: &str) -> Typed {
        let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
            return Typed::new(Shape::Json);
        };
        let name = self.object_name(hint);
        let required: Vec<&str> = texts(schema.get("required")).collect();
        let members = properties.iter().map(|(key, property)| {
            let typed = self.read(property, &format!("{hint}{}", pascal(key)));
            let nullable = typed.nullable || !required.contains(&key.as_str());
            Member { name: camel(key), key: key.clone(), about: about(property), typed: Typed { nullable, ..typed } }
        });
        let object = Object { members: members.collect(), about: description(schema) };
        let all = if self.side == Side::Taken { &mut self.types.inputs } else { &mut self.types.objects };
        if all.get(&name).is_some_and(|taken| taken.members != object.members) {
            self.clashes.push(name.clone());
        }
        all.insert(name.clone(), object);
        Typed::new(Shape::Object(name))
    }

    /// The variants, each in one place, and the property whose text tells them apart.
    fn tagged(&self, variants: &[Value]) -> Option<(String, Vec<Map<String, Value>>)> {
        let flat: Vec<_> = variants.iter().filter_map(Value::as_object).map(|variant| self.flat(variant)).collect();
        let properties = flat.first()?.get("properties")?.as_object()?;
        let tag = properties.keys().find(|key| flat.iter().all(|variant| constant(variant, key).is_some())).cloned();
        tag.map(|tag| (tag, flat))
    }

    fn object_name(&self, hint: &str) -> String {
        if self.side == Side::Taken && !hint.ends_with("Input") { format!("{hint}Input") } else { hint.to_owned() }
    }

    fn enumeration(&mut self, schema: &Map<String, Value>, items: Vec<(String, String)>, hint: &str) -> Shape {
        let items = items.into_iter().map(|(text, about)| (shout(&text), text, about)).collect();
        let all = Enum { about: description(schema), items };
        if self.types.enums.get(hint).is_some_and(|taken| taken.items != all.items) {
            self.clashes.push(hint.to_owned());
        }
        self.types.enums.insert(hint.to_owned(), all);
        Shape::Enum(hint.to_owned())
    }

    /// Objects that a text in one field tells apart; anything else is free JSON, as is every union that is taken: GraphQL has
    /// none.
    fn union(&mut self, schema: &Map<String, Value>, variants: &[Value], hint: &str) -> Typed {
        let (Some((tag, flat)), Side::Given) = (self.tagged(variants), self.side) else {
            return Typed::new(Shape::Json);
        };
        let mut named = Vec::new();
        for variant in &flat {
            let text = constant(variant, &tag).unwrap_or_default().to_owned();
            match self.object(variant, &format!("{hint}{}", pascal(&text))).shape {
                Shape::Object(name) => named.push((text, name)),
                _ => return Typed::new(Shape::Json),
            }
        }
        self.types.unions.insert(hint.to_owned(), Union { about: description(schema), tag, variants: named });
        Typed::new(Shape::Union(hint.to_owned()))
    }
}

/// The name of the definition that a schema is.
fn target(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
}

/// The schema without null, where null is one of what it takes.
fn without_null(schema: &Map<String, Value>) -> Option<Value> {
    let is_null =
        |each: &Value| each.is_null() || *each == "null" || each.get("type").is_some_and(|kind| kind == "null");
    for word in ["type", "anyOf", "oneOf", "enum"] {
        let Some(all) = schema.get(word).and_then(Value::as_array).filter(|all| all.iter().any(is_null)) else {
            continue;
        };
        let mut left: Vec<Value> = all.iter().filter(|each| !is_null(each)).cloned().collect();
        let mut inner = schema.clone();
        match (word, left.len()) {
            ("type", 1) => inner.insert(word.into(), left.remove(0)),
            ("anyOf" | "oneOf", 1) => return left.pop(),
            _ => inner.insert(word.into(), left.into()),
        };
        return Some(without_null(&inner).unwrap_or_else(|| inner.into()));
    }
    None
}

/// Texts with their descriptions, where the schema is one of several texts.
fn items_of(schema: &Map<String, Value>) -> Option<Vec<(String, String)>> {
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        return all.iter().map(|text| Some((text.as_str()?.to_owned(), String::new()))).collect();
    }
    let mut items = Vec::new();
    for choice in choices(schema)? {
        match choice.get("const").and_then(Value::as_str) {
            Some(text) => items.push((text.to_owned(), about(choice))),
            None => items.extend(items_of(choice.as_object()?)?),
        }
    }
    Some(items)
}

fn choices(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"].iter().find_map(|word| schema.get(*word)).and_then(Value::as_array)
}

/// The only text that a property of an object may have.
fn constant<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get("properties")?.get(key)?.get("const")?.as_str()
}

/// GraphQL's `Int` has 32 bits. A `uint32` counts things, and stays within them.
fn integer(schema: &Map<String, Value>, format: &str) -> Shape {
    let fits = schema.get("maximum").and_then(Value::as_f64).is_some_and(|most| most <= f64::from(i32::MAX));
    if fits || matches!(format, "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32") {
        Shape::Int
    } else {
        Shape::Int64
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(held)), Value::Object(more)) => held.extend(more),
            (Some(Value::Array(held)), Value::Array(more)) => held.extend(more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn description(schema: &Map<String, Value>) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn about(schema: &Value) -> String {
    schema.as_object().map(description).unwrap_or_default()
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
