//! Whether whatever was stored under one schema can be read under another.
//!
//! Invariant: what is not known here to be harmless is a break. Harmless are words (titles, descriptions), a new field that
//! may be missing, a field that may be missing now, and one more alternative (`null`, another variant).

use serde_json::{Map, Value};

/// Keywords that say nothing of the shape.
const WORDS: [&str; 6] = ["$schema", "title", "description", "default", "examples", "deprecated"];

/// Keywords that [`shape`] compares by their parts.
const PARTS: [&str; 4] = ["properties", "required", "items", "additionalProperties"];

/// What of `old` is not readable under `new`, each as a clause: "field `a` is gone".
pub(super) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare((old, new), "", &mut found);
    found
}

fn compare((old, new): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    let (olds, news) = (alternatives(old), alternatives(new));
    if let ([old], [new]) = (olds.as_slice(), news.as_slice()) {
        return shape((old, new), path, found);
    }
    for old in &olds {
        let fits = |new: &Value| {
            let mut breaks = Vec::new();
            shape((old, new), path, &mut breaks);
            breaks.is_empty()
        };
        if !news.iter().any(fits) {
            found.push(format!("{} no longer takes {old}", field(path)));
        }
    }
}

/// A schema as the list of shapes of which a value has one; words left out.
fn alternatives(schema: &Value) -> Vec<Value> {
    let Value::Object(keywords) = schema else { return vec![schema.clone()] };
    let keywords: Map<String, Value> = keywords
        .iter()
        .filter(|(name, _)| !WORDS.contains(&name.as_str()))
        .map(|(a, b)| (a.clone(), b.clone()))
        .collect();
    if let Some(several) = ["anyOf", "oneOf"].iter().find_map(|name| keywords.get(*name)).and_then(Value::as_array) {
        return several.iter().flat_map(alternatives).collect();
    }
    if let Some(values) = keywords.get("enum").and_then(Value::as_array) {
        return values.iter().map(constant).collect();
    }
    if let Some(value) = keywords.get("const") {
        return vec![constant(value)];
    }
    match keywords.get("type") {
        Some(Value::Array(types)) => types.iter().map(|each| typed(&keywords, each)).collect(),
        _ => vec![Value::Object(keywords)],
    }
}

fn constant(value: &Value) -> Value {
    serde_json::json!({ "const": value })
}

fn typed(keywords: &Map<String, Value>, kind: &Value) -> Value {
    if kind == "null" {
        return serde_json::json!({ "type": "null" });
    }
    let mut one = keywords.clone();
    one.insert("type".to_owned(), kind.clone());
    Value::Object(one)
}

fn shape((old, new): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    let (Value::Object(olds), Value::Object(news)) = (old, new) else {
        if old != new {
            found.push(format!("{} was {old} and is {new}", field(path)));
        }
        return;
    };
    for name in olds.keys().chain(news.keys().filter(|name| !olds.contains_key(*name))) {
        if !PARTS.contains(&name.as_str()) && !same(name, &old[name], &new[name]) {
            found.push(format!("{} had `{name}` {} and has {}", field(path), old[name], new[name]));
        }
    }
    fields((old, new), path, found);
    within((old, new), path, found);
}

/// What is sealed in a personal value is a schema again, the words of which do not count.
fn same(name: &str, old: &Value, new: &Value) -> bool {
    if name == "x-value" { breaks(old, new).is_empty() } else { old == new }
}

fn fields((old, new): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    let required = |schema: &Value, name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|each| each == name))
    };
    let properties = |schema: &Value| schema["properties"].as_object().cloned().unwrap_or_default();
    let (olds, news) = (properties(old), properties(new));
    for (name, before) in &olds {
        let path = format!("{path}.{name}");
        let Some(after) = news.get(name) else {
            found.push(format!("{} is gone", field(&path)));
            continue;
        };
        compare((before, after), &path, found);
        if required(new, name) && !required(old, name) {
            found.push(format!("{} must be there now", field(&path)));
        }
    }
    for name in news.keys().filter(|name| !olds.contains_key(*name) && required(new, name)) {
        found.push(format!("new {} must be there", field(&format!("{path}.{name}"))));
    }
}

/// Elements of lists and values of maps.
fn within((old, new): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    for (name, below) in [("items", "[]"), ("additionalProperties", "{}")] {
        match (old.get(name), new.get(name)) {
            (None, None) => {}
            (Some(before), Some(after)) => compare((before, after), &format!("{path}{below}"), found),
            (Some(Value::Bool(false)), None) if name == "additionalProperties" => {}
            (before, after) => found.push(format!("{} had `{name}` {before:?} and has {after:?}", field(path))),
        }
    }
}

fn field(path: &str) -> String {
    if path.is_empty() { "the event".to_owned() } else { format!("field `{}`", path.trim_start_matches('.')) }
}
