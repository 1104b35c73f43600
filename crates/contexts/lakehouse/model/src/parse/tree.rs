//! YAML, TOML and JSON as one tree that knows its lines, so that all mistakes of a file can be told at once.
//!
//! Numbers are kept as they were written: a rule may compare exact decimals.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Mistake;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// 1-based, 0 when unknown.
    pub(crate) line: usize,
    pub(crate) value: Value,
    /// Bytes of the file that it was read from; empty when unknown.
    bytes: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In file order, keys without repeats.
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Line of the key.
    pub(crate) line: usize,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn new(line: usize, value: Value) -> Self {
        Self { line, value, bytes: 0..0 }
    }

    /// One YAML document; an empty one is `Null`.
    pub(crate) fn from_yaml(text: &str) -> Result<Self, Mistake> {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::new(1, Value::Null));
        }
        // Otherwise `n`, `no` and `on` would be truth values, and the country code of Norway false.
        let options = serde_saphyr::options! { strict_booleans: true };
        let mut node: Self = serde_saphyr::from_str_with_options(text, options).map_err(|error| Mistake {
            line: error.location().map_or(0, |location| usize::try_from(location.line()).unwrap_or(0)),
            text: yaml_message(&error),
        })?;
        node.keep_numbers_as_written(text);
        Ok(node)
    }

    /// A TOML document, always a map.
    pub(crate) fn from_toml(text: &str) -> Result<Self, Vec<Mistake>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self::new(1, toml_map(table.into_inner(), text)));
        }
        let mistake = |error: &toml::de::Error| Mistake {
            line: error.span().map_or(0, |span| line_of(text, span.start)),
            text: error.message().to_owned(),
        };
        let mut mistakes: Vec<Mistake> = errors.iter().map(mistake).collect();
        mistakes.sort_by_key(|mistake| mistake.line);
        // What the parser says next about the same line follows from the first.
        mistakes.dedup_by_key(|mistake| mistake.line);
        Err(mistakes)
    }

    /// A value that a template gave, standing at `line`.
    pub(crate) fn from_json(json: &serde_json::Value, line: usize) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => Value::Number(number.to_string()),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Value::List(items.iter().map(|item| Self::from_json(item, line)).collect())
            }
            serde_json::Value::Object(map) => Value::Map(
                map.iter()
                    .map(|(key, item)| Entry { key: key.clone(), line, node: Self::from_json(item, line) })
                    .collect(),
            ),
        };
        Self::new(line, value)
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Number(text) => text.parse::<serde_json::Number>().map_or_else(|_| text.clone().into(), Into::into),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// The value below `key` when this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The reader turns `1.50` into a float; the file still says what was meant.
    fn keep_numbers_as_written(&mut self, text: &str) {
        match &mut self.value {
            Value::Number(number) => {
                let written = text.get(self.bytes.clone()).unwrap_or_default().trim();
                let plain = written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
                if plain && !written.is_empty() {
                    written.clone_into(number);
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| item.keep_numbers_as_written(text)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| entry.node.keep_numbers_as_written(text)),
            Value::Null | Value::Bool(_) | Value::Text(_) => {}
        }
    }
}

/// The message without the picture of the file around it and without the place, which is told apart.
fn yaml_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let first = if first.starts_with("line ") { first.split_once(": ").map_or(first, |(_, rest)| rest) } else { first };
    first.split(" at line ").next().unwrap_or(first).trim_end_matches('.').to_owned()
}

/// 1-based line of a byte.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}

fn toml_map(table: DeTable<'_>, text: &str) -> Value {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, item)| Entry {
            line: line_of(text, key.span().start),
            node: toml_node(item, text),
            key: key.into_inner().into_owned(),
        })
        .collect();
    // The parser sorts by name; mistakes are told in the order of the file.
    entries.sort_by_key(|entry| entry.line);
    Value::Map(entries)
}

fn toml_node(item: toml::Spanned<DeValue<'_>>, text: &str) -> Node {
    let line = line_of(text, item.span().start);
    let value = match item.into_inner() {
        DeValue::String(value) => Value::Text(value.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Text(number.to_string()), |number| Value::Number(number.to_string())),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Bool(flag),
        DeValue::Datetime(moment) => Value::Text(moment.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| toml_node(item, text)).collect()),
        DeValue::Table(table) => toml_map(table, text),
    };
    Node::new(line, value)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        let place = spanned.referenced;
        let index = |number: u64| usize::try_from(number).unwrap_or(0);
        let start = place.span().byte_offset().map_or(0, index);
        let end = start + place.span().byte_len().map_or(0, index);
        Ok(Self { line: index(place.line()), value: spanned.value, bytes: start..end })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let line = usize::try_from(key.referenced.line()).unwrap_or(0);
            entries.push(Entry { key: key.value, line, node: map.next_value()? });
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_keeps_lines_and_numbers_as_written() {
        let node = Node::from_yaml(
            "# top\na: 1.50\nb:\n  - x\n  - {c: no, d: -3, e: 'q'}\nf: 12345678901234567890.125\ng: ~\n",
        )
        .expect("valid");
        let Value::Map(entries) = &node.value else { panic!("a map") };
        let lines: Vec<_> = entries.iter().map(|entry| (entry.key.as_str(), entry.line)).collect();
        assert_eq!(lines, [("a", 2), ("b", 3), ("f", 6), ("g", 7)]);
        assert_eq!(entries[0].node.value, Value::Number("1.50".into()));
        assert_eq!(entries[2].node.value, Value::Number("12345678901234567890.125".into()));
        assert_eq!(entries[3].node.value, Value::Null);
        let Value::List(items) = &entries[1].node.value else { panic!("a list") };
        assert_eq!((items[0].line, items[1].line), (4, 5));
        assert_eq!(items[1].get("c").expect("there").node.value, Value::Text("no".into()));
        assert_eq!(items[1].get("d").expect("there").node.value, Value::Number("-3".into()));
        assert_eq!(items[1].get("e").expect("there").node.value, Value::Text("q".into()));
    }

    #[test]
    fn toml_keeps_lines_and_reports_every_syntax_mistake() {
        let node = Node::from_toml("[b]\nx = 1_000\n\n[a]\ny = 1.50\nz = [true, 1979-05-27]\n").expect("valid");
        let Value::Map(sections) = &node.value else { panic!("a map") };
        assert_eq!((sections[0].key.as_str(), sections[1].line), ("b", 4));
        assert_eq!(sections[0].node.get("x").expect("there").node.value, Value::Number("1000".into()));
        assert_eq!(sections[1].node.get("y").expect("there").node.value, Value::Number("1.50".into()));
        let mistakes = Node::from_toml("a = \nb = 2\nc = = 3\n").expect_err("two mistakes");
        assert_eq!(mistakes.iter().map(|m| m.line).collect::<Vec<_>>(), [1, 3], "{mistakes:?}");
    }

    #[test]
    fn broken_yaml_is_told_with_its_line() {
        for (text, line) in [("a: 1\na: 2\n", 2), ("a: [1, 2\n", 1), ("a: 1\n  b: 2\n", 2)] {
            let mistake = Node::from_yaml(text).expect_err(text);
            assert!(mistake.line >= line && !mistake.text.contains('\n') && !mistake.text.is_empty(), "{mistake:?}");
            assert!(!mistake.text.contains("line "), "{mistake:?}");
        }
        assert_eq!(Node::from_yaml("# nothing\n\n").expect("empty").value, Value::Null);
    }
}
