//! What YAML says about one asset: `models/<layer>/<name>.yml`, or one item of a dbt `models:` list.

use std::collections::BTreeSet;

use super::{
    column_type, config, duration,
    expectation::{self, Owner},
    reader::{Map, Reader},
    tree::{Node, Value},
};
use crate::{ColumnDoc, Expectation, ExpectationKind, Freshness, ModelDoc, Severity, error::Mistakes, names::Names};

const KEYS: [&str; 12] = [
    "name",
    "description",
    "owner",
    "tags",
    "meta",
    "config",
    "columns",
    "expectations",
    "data_tests",
    "tests",
    "freshness",
    "version",
];
const COLUMN_KEYS: [&str; 9] =
    ["name", "type", "data_type", "description", "pii", "meta", "expectations", "data_tests", "tests"];
/// The three names of a list of rules: ours, dbt's, and dbt's older one.
const RULES: [&str; 3] = ["expectations", "data_tests", "tests"];
const FRESHNESS_KEYS: [&str; 4] = ["column", "loaded_at_field", "warn_after", "error_after"];

/// One asset's part of a YAML file, before names are known.
#[derive(Debug, Clone)]
pub(crate) struct DocText {
    pub(crate) node: Node,
}

impl DocText {
    /// The `config:` block with the model's own tags among its tags, for [`config::merge`].
    pub(crate) fn config(&self, layer: &str) -> Result<Option<Node>, Mistakes> {
        let mut reader = Reader::default();
        let block = self.node.get("config").map(|entry| entry.node.clone());
        if let Some(block) = &block {
            config::read(&mut reader, block, layer);
        }
        reader.finish(block)
    }

    /// `tags:` beside `config:`; they add to those of the configuration.
    pub(crate) fn tags(&self) -> Vec<String> {
        let tags = self.node.get("tags").map(|entry| &entry.node);
        // Mistakes in them are reported by `read`.
        Reader::default().texts(tags, "tags")
    }

    /// Everything else.
    pub(crate) fn read(&self, names: &Names, has_rejects: bool) -> Result<ModelDoc, Mistakes> {
        let mut reader = Reader::default();
        let map = reader.map(&self.node, "the model", &KEYS);
        let meta = meta(&mut reader, map);
        let owner = Owner { names, has_rejects };
        reader.texts(map.get("tags"), "tags");
        let mut doc = ModelDoc {
            description: reader.text(map.get("description"), "description"),
            owner: reader.text(map.get("owner").or(meta.get("owner")), "owner"),
            ..ModelDoc::default()
        };
        read_columns(&mut reader, &owner, map.get("columns"), &mut doc);
        for item in rules(&mut reader, map) {
            doc.expectations.extend(expectation::read(&mut reader, &owner, item, None));
        }
        if let Some(node) = map.get("freshness") {
            read_freshness(&mut reader, node, &mut doc);
        }
        expectation::number_ids(&mut reader, &mut doc.expectations);
        reader.finish(doc)
    }
}

/// dbt's free marks, of which we take the owner and the class of personal data.
fn meta<'a>(reader: &mut Reader, map: Map<'a>) -> Map<'a> {
    map.get("meta").map_or(Map { line: map.line, entries: &[] }, |node| reader.free_map(node, "meta"))
}

fn rules<'a>(reader: &mut Reader, map: Map<'a>) -> Vec<&'a Node> {
    RULES.iter().flat_map(|key| reader.items(map.get(key), key)).collect()
}

fn read_columns(reader: &mut Reader, owner: &Owner<'_>, node: Option<&Node>, doc: &mut ModelDoc) {
    let mut seen = BTreeSet::new();
    for item in reader.items(node, "columns") {
        let map = reader.map(item, "a column", &COLUMN_KEYS);
        let Some(name) = reader.text(map.get("name"), "a column's name") else {
            if !matches!(item.value, Value::Map(_)) || map.get("name").is_none() {
                reader.wrong(item.line, "a column has no `name`");
            }
            continue;
        };
        if !seen.insert(name.clone()) {
            reader.wrong(item.line, format!("the column `{name}` stands there twice"));
        }
        let meta = meta(reader, map);
        doc.columns.push(ColumnDoc {
            data_type: column_type::read(reader, map.any(&["type", "data_type"])),
            description: reader.text(map.get("description"), "description"),
            pii: reader.text(map.get("pii").or(meta.get("pii")), "pii"),
            name: name.clone(),
        });
        for rule in rules(reader, map) {
            doc.expectations.extend(expectation::read(reader, owner, rule, Some(&name)));
        }
    }
}

/// The block, and a rule for each of its two limits.
fn read_freshness(reader: &mut Reader, node: &Node, doc: &mut ModelDoc) {
    let map = reader.map(node, "freshness", &FRESHNESS_KEYS);
    let Some(column) = reader.text(map.any(&["column", "loaded_at_field"]), "column") else {
        reader.wrong(node.line, "freshness needs `column`, a time column");
        return;
    };
    let warn_after_seconds = duration::read(reader, map.get("warn_after"), "warn_after");
    let error_after_seconds = duration::read(reader, map.get("error_after"), "error_after");
    if map.any(&["warn_after", "error_after"]).is_none() {
        reader.wrong(node.line, "freshness needs `warn_after` or `error_after`");
    }
    let limits = [(warn_after_seconds, Severity::Warn), (error_after_seconds, Severity::Error)];
    for (limit, severity) in limits {
        let Some(max_age_seconds) = limit else { continue };
        let suffix = if severity == Severity::Warn { "_warn" } else { "" };
        doc.expectations.push(Expectation {
            id: format!("freshness_{column}{suffix}"),
            kind: ExpectationKind::Freshness { column: column.clone(), max_age_seconds },
            severity,
            mostly: None,
            condition: None,
            reason: None,
            description: None,
            line: node.line,
        });
    }
    doc.freshness = Some(Freshness { column, warn_after_seconds, error_after_seconds });
}
