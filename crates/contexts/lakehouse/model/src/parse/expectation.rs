//! One item of a list of rules: its name, its arguments, and what happens when it does not hold.

use std::collections::BTreeSet;

use super::{
    kind::{self, Rule},
    reader::{Map, Reader},
    tree::{Entry, Node, Value},
};
use crate::{Expectation, ExpectationKind, Severity, names::Names};

/// Arguments that every rule takes. `arguments` and `config` are dbt's places for some of them.
const EVERY: [&str; 9] = ["id", "name", "severity", "mostly", "where", "reason", "description", "arguments", "config"];
const SEVERITIES: [&str; 3] = ["warn", "error", "quarantine"];
/// An id made from an expression is cut here.
const SLUG_CHARS: usize = 40;

/// The asset that rules are read for.
pub(super) struct Owner<'a> {
    pub(super) names: &'a Names,
    /// Whether rows can be set aside.
    pub(super) has_rejects: bool,
}

/// Reads one item, which stands below `column` or below the asset itself.
pub(super) fn read(reader: &mut Reader, owner: &Owner<'_>, item: &Node, column: Option<&str>) -> Vec<Expectation> {
    let Some((written, line, entries)) = split(reader, item) else { return Vec::new() };
    let Some(kind) = kind::canonical(&written) else {
        reader.unknown(line, &format!("rule `{written}`"), &written, &kind::written_names());
        return Vec::new();
    };
    let known: Vec<&str> = EVERY.iter().chain(kind::arguments(kind)).copied().collect();
    let node = flatten(reader, kind, line, entries, &known);
    let Value::Map(entries) = &node.value else { return Vec::new() };
    let arguments = Map { line, entries };
    let before = reader.count();
    let rule = Rule { kind, column, arguments, line, names: owner.names };
    let kinds = kind::read(reader, &rule);
    if reader.count() > before {
        return Vec::new();
    }
    let common = Common::read(reader, arguments, line);
    kinds.into_iter().map(|kind| common.apply(reader, owner, kind)).collect()
}

/// Name, line and arguments: `not_null`, `{not_null: {…}}`, or `{not_null: …, severity: warn}`.
fn split(reader: &mut Reader, item: &Node) -> Option<(String, usize, Vec<Entry>)> {
    let entries = match &item.value {
        Value::Text(name) => return Some((name.clone(), item.line, Vec::new())),
        Value::Map(entries) if !entries.is_empty() => entries,
        _ => {
            reader.wrong(item.line, "a rule is written as its name, or as its name with its arguments below it");
            return None;
        }
    };
    let named = entries.iter().position(|entry| kind::canonical(&entry.key).is_some());
    // An unknown rule is told by its first key, which is where the name should stand.
    let at = named.unwrap_or(0);
    let mut arguments: Vec<Entry> =
        entries.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, entry)| entry.clone()).collect();
    let head = &entries[at];
    match &head.node.value {
        Value::Map(inner) => arguments.extend(inner.iter().cloned()),
        Value::Null => {}
        // A bare value stands for the rule's first argument; its key is filled in by `flatten`.
        _ => arguments.push(Entry { key: String::new(), line: head.line, node: head.node.clone() }),
    }
    Some((head.key.clone(), head.line, arguments))
}

/// The arguments as one flat map, checked for unknown keys.
fn flatten(reader: &mut Reader, kind: &str, line: usize, entries: Vec<Entry>, known: &[&str]) -> Node {
    let mut flat: Vec<Entry> = Vec::new();
    for mut entry in entries {
        if entry.key.is_empty() {
            kind::arguments(kind).first().copied().unwrap_or_default().clone_into(&mut entry.key);
            // `not_null: [a, b]` means several columns.
            if entry.key == "column" && matches!(entry.node.value, Value::List(_)) {
                "columns".clone_into(&mut entry.key);
            }
        }
        match (entry.key.as_str(), &entry.node.value) {
            ("arguments" | "config", Value::Map(inner)) => flat.extend(inner.iter().cloned()),
            _ => flat.push(entry),
        }
    }
    let node = Node::new(line, Value::Map(flat));
    reader.map(&node, &format!("the rule `{kind}`"), known);
    node
}

/// What every rule can say.
struct Common {
    id: Option<String>,
    severity: Severity,
    mostly: Option<f64>,
    condition: Option<String>,
    reason: Option<String>,
    description: Option<String>,
    line: usize,
}

impl Common {
    fn read(reader: &mut Reader, map: Map<'_>, line: usize) -> Self {
        let mostly = map.get("mostly").map(|node| (node, reader.text(Some(node), "mostly")));
        let mostly = mostly.and_then(|(node, text)| {
            let share = text.and_then(|text| text.parse::<f64>().ok()).filter(|share| *share > 0.0 && *share <= 1.0);
            if share.is_none() {
                reader.wrong(node.line, "mostly must be a share above 0 and at most 1");
            }
            share
        });
        Self {
            id: reader.text(map.any(&["id", "name"]), "id"),
            severity: reader.word(map.get("severity"), "severity", &SEVERITIES).unwrap_or_default(),
            mostly,
            condition: reader.text(map.get("where"), "where"),
            reason: reader.text(map.get("reason"), "reason"),
            description: reader.text(map.get("description"), "description"),
            line,
        }
    }

    fn apply(&self, reader: &mut Reader, owner: &Owner<'_>, kind: ExpectationKind) -> Expectation {
        self.check(reader, owner, &kind);
        Expectation {
            id: self.id.clone().unwrap_or_else(|| made_id(&kind)),
            kind,
            severity: self.severity,
            mostly: self.mostly,
            condition: self.condition.clone(),
            reason: self.reason.clone(),
            description: self.description.clone(),
            line: self.line,
        }
    }

    fn check(&self, reader: &mut Reader, owner: &Owner<'_>, kind: &ExpectationKind) {
        let name = kind.name();
        let looks_at_values = kind.is_row_rule() || matches!(kind, ExpectationKind::Relationships { .. });
        if self.mostly.is_some() && !looks_at_values {
            reader.wrong(
                self.line,
                format!("`mostly` has no meaning for the rule `{name}`, which does not look at single rows"),
            );
        }
        if self.condition.is_some()
            && matches!(kind, ExpectationKind::ColumnsMatch { .. } | ExpectationKind::CustomSql { .. })
        {
            reader.wrong(self.line, format!("`where` has no meaning for the rule `{name}`"));
        }
        if self.severity != Severity::Quarantine {
            if self.reason.is_some() {
                reader.wrong(self.line, "`reason` is written to rejected rows, so it needs severity `quarantine`");
            }
            return;
        }
        if !kind.is_row_rule() {
            reader
                .wrong(self.line, format!("severity `quarantine` needs a rule on single rows, which `{name}` is not"));
        }
        if !owner.has_rejects {
            reader.wrong(
                self.line,
                "severity `quarantine` needs `rejects` in the model's config: a table for the rows set aside",
            );
        }
        if self.mostly.is_some() {
            reader.wrong(self.line, "a rule with severity `quarantine` holds for each row, so it takes no `mostly`");
        }
    }
}

/// `not_null_sale_id`; rules without columns are told apart by what they say.
fn made_id(kind: &ExpectationKind) -> String {
    let detail = match kind {
        ExpectationKind::ExpressionIsTrue { expression } | ExpectationKind::SumEquals { expression, .. } => {
            slug(expression)
        }
        ExpectationKind::CustomSql { .. }
        | ExpectationKind::RowCountBetween { .. }
        | ExpectationKind::ColumnsMatch { .. } => String::new(),
        other => slug(&other.columns().join("_")),
    };
    if detail.is_empty() { kind.name().to_owned() } else { format!("{}_{detail}", kind.name()) }
}

fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("_").chars().take(SLUG_CHARS).collect()
}

/// Makes ids unique: a second one that was made gets a number, one that was given twice is a mistake.
pub(super) fn number_ids(reader: &mut Reader, rules: &mut [Expectation]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for rule in rules {
        if taken.insert(rule.id.clone()) {
            continue;
        }
        if rule.id != made_id(&rule.kind) {
            reader.wrong(rule.line, format!("the id `{}` is given to two rules", rule.id));
        }
        let mut number = 2;
        while !taken.insert(format!("{}_{number}", rule.id)) {
            number += 1;
        }
        rule.id = format!("{}_{number}", rule.id);
    }
}
