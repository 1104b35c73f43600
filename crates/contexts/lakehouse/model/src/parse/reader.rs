//! Reads typed values out of a tree and gathers every mistake on the way.

use super::tree::{Entry, Node, Value};
use crate::{
    error::{Mistake, Mistakes},
    nearest::nearest,
};

/// What is wrong so far in one file.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    mistakes: Vec<Mistake>,
}

/// A map whose keys are all known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map<'a> {
    pub(crate) line: usize,
    pub(crate) entries: &'a [Entry],
}

impl<'a> Map<'a> {
    /// A key without a value counts as not given.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == key && entry.node.value != Value::Null).map(|entry| &entry.node)
    }

    /// The first of several keys that mean the same.
    pub(crate) fn any(&self, keys: &[&str]) -> Option<&'a Node> {
        keys.iter().find_map(|key| self.get(key))
    }
}

impl Reader {
    pub(crate) fn wrong(&mut self, line: usize, text: impl Into<String>) {
        self.mistakes.push(Mistake { line, text: text.into() });
    }

    pub(crate) fn count(&self) -> usize {
        self.mistakes.len()
    }

    /// `value`, or all mistakes in the order of their lines.
    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, Mistakes> {
        if self.mistakes.is_empty() {
            return Ok(value);
        }
        self.mistakes.sort_by_key(|mistake| mistake.line);
        Err(Mistakes(self.mistakes))
    }

    /// A map without unknown keys; the unknown ones are reported, the rest can still be read.
    pub(crate) fn map<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Map<'a> {
        let map = self.free_map(node, what);
        for entry in map.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            self.unknown(entry.line, &format!("key `{}` in {what}", entry.key), &entry.key, known);
        }
        map
    }

    /// A map with any keys.
    pub(crate) fn free_map<'a>(&mut self, node: &'a Node, what: &str) -> Map<'a> {
        match &node.value {
            Value::Map(entries) => Map { line: node.line, entries },
            Value::Null => Map { line: node.line, entries: &[] },
            _ => {
                self.wrong(node.line, format!("{what} must be a map of keys to values"));
                Map { line: node.line, entries: &[] }
            }
        }
    }

    /// Reports that `name` is not among `known`, with the nearest one.
    pub(crate) fn unknown(&mut self, line: usize, what: &str, name: &str, known: &[&str]) {
        let hint = match nearest(name, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.wrong(line, format!("unknown {what}; {hint}"));
    }

    pub(crate) fn items<'a>(&mut self, node: Option<&'a Node>, what: &str) -> &'a [Node] {
        match node.map(|node| (&node.value, node.line)) {
            Some((Value::List(items), _)) => items,
            None => &[],
            Some((_, line)) => {
                self.wrong(line, format!("{what} must be a list"));
                &[]
            }
        }
    }

    /// A text; numbers and truth values are taken as they are written.
    pub(crate) fn text(&mut self, node: Option<&Node>, what: &str) -> Option<String> {
        let node = node?;
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => {
                self.wrong(node.line, format!("{what} must be a text"));
                None
            }
        }
    }

    /// A list of texts; one text alone is a list of one.
    pub(crate) fn texts(&mut self, node: Option<&Node>, what: &str) -> Vec<String> {
        match node.map(|node| &node.value) {
            None => Vec::new(),
            Some(Value::List(items)) => items.iter().filter_map(|item| self.text(Some(item), what)).collect(),
            Some(_) => self.text(node, what).into_iter().collect(),
        }
    }

    pub(crate) fn flag(&mut self, node: Option<&Node>, what: &str) -> Option<bool> {
        let node = node?;
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        self.wrong(node.line, format!("{what} must be true or false"));
        None
    }

    /// A whole number of at least zero.
    pub(crate) fn whole(&mut self, node: Option<&Node>, what: &str) -> Option<u64> {
        let node = node?;
        let number = match &node.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node.line, format!("{what} must be a whole number of at least 0"));
        }
        number
    }

    /// One of the words of an enum, by serde's own names.
    pub(crate) fn word<T: serde::de::DeserializeOwned>(
        &mut self,
        node: Option<&Node>,
        what: &str,
        known: &[&str],
    ) -> Option<T> {
        let line = node?.line;
        let word = self.text(node, what)?;
        if !known.contains(&word.as_str()) {
            self.unknown(line, &format!("{what} `{word}`"), &word, known);
            return None;
        }
        serde_json::from_value(word.into()).ok()
    }
}
