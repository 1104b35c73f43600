//! The configuration of a model: `config()` in its SQL over `config:` in its YAML.

use super::{
    reader::{Map, Reader},
    tree::{Entry, Node, Value},
};
use crate::{AssetName, BatchBy, Config, Materialization, Resolve, Strategy, error::Mistakes};

const KEYS: [&str; 11] = [
    "materialized",
    "incremental_strategy",
    "unique_key",
    "insert_only",
    "natural_key",
    "prune_by",
    "rejects",
    "batch_by",
    "resolve",
    "tags",
    "enabled",
];
const RESOLVE_KEYS: [&str; 3] = ["id", "model", "ignore"];
const MATERIALIZED: [&str; 3] = ["table", "incremental", "view"];
const STRATEGIES: [&str; 2] = ["append", "merge"];
const BATCHES: [&str; 2] = ["run", "file"];

/// Reads the keys of `node`, a map; whether they fit together is checked by [`merge`].
pub(crate) fn read(reader: &mut Reader, node: &Node, layer: &str) -> Config {
    let map = reader.map(node, "config", &KEYS);
    let unique_key = reader.texts(map.get("unique_key"), "unique_key");
    let materialized: Materialization =
        reader.word(map.get("materialized"), "materialized", &MATERIALIZED).unwrap_or_default();
    // dbt's way: a key without a strategy means that rows are replaced by it.
    let unsaid = if unique_key.is_empty() || materialized != Materialization::Incremental {
        Strategy::Append
    } else {
        Strategy::Merge
    };
    Config {
        materialized,
        incremental_strategy: reader
            .word(map.get("incremental_strategy"), "incremental_strategy", &STRATEGIES)
            .unwrap_or(unsaid),
        unique_key,
        insert_only: reader.flag(map.get("insert_only"), "insert_only").unwrap_or_default(),
        natural_key: reader.texts(map.get("natural_key"), "natural_key"),
        prune_by: reader.text(map.get("prune_by"), "prune_by"),
        rejects: read_rejects(reader, map, layer),
        batch_by: reader.word::<BatchBy>(map.get("batch_by"), "batch_by", &BATCHES).unwrap_or_default(),
        resolve: read_resolve(reader, map),
        tags: reader.texts(map.get("tags"), "tags"),
        enabled: reader.flag(map.get("enabled"), "enabled"),
    }
}

/// `layer.name`, or a name alone for the model's own layer.
fn read_rejects(reader: &mut Reader, map: Map<'_>, layer: &str) -> Option<AssetName> {
    let node = map.get("rejects")?;
    let text = reader.text(Some(node), "rejects")?;
    let full = if text.contains('.') { text } else { format!("{layer}.{text}") };
    AssetName::parse(&full).map_err(|error| reader.wrong(node.line, error)).ok()
}

/// Which records are the same thing: by which id, by which model.
fn read_resolve(reader: &mut Reader, map: Map<'_>) -> Option<Resolve> {
    let node = map.get("resolve")?;
    let inner = reader.map(node, "resolve", &RESOLVE_KEYS);
    let Some(id) = reader.text(inner.get("id"), "resolve.id") else {
        reader.wrong(node.line, "`resolve` needs an `id`: the column that names each record");
        return None;
    };
    let model = reader.text(inner.get("model"), "resolve.model").unwrap_or_else(|| "auto".to_owned());
    Some(Resolve { id, model, ignore: reader.texts(inner.get("ignore"), "resolve.ignore") })
}

/// Both blocks as one, where `sql` wins key by key and tags add up; then checked as a whole.
pub(crate) fn merge(yaml: Option<&Node>, sql: &Node, layer: &str) -> Result<Config, Mistakes> {
    let mut entries: Vec<Entry> = match &sql.value {
        Value::Map(entries) => entries.clone(),
        _ => Vec::new(),
    };
    if let Some(Value::Map(from_yaml)) = yaml.map(|node| &node.value) {
        for entry in from_yaml.iter().filter(|entry| sql.get(&entry.key).is_none()) {
            // Its line is one of the YAML file; whatever is wrong here is told about the SQL file.
            entries.push(Entry { line: 0, node: Node::new(0, entry.node.value.clone()), ..entry.clone() });
        }
    }
    let mut reader = Reader::default();
    let merged = Node::new(sql.line, Value::Map(entries));
    let config = read(&mut reader, &merged, layer);
    if reader.count() == 0 {
        check(&mut reader, &merged, &config);
    }
    reader.finish(config)
}

fn check(reader: &mut Reader, node: &Node, config: &Config) {
    let line = |key: &str| node.get(key).map_or(node.line, |entry| entry.line);
    let given = |key: &str| node.get(key).is_some_and(|entry| entry.node.value != Value::Null);
    let incremental = config.materialized == Materialization::Incremental;
    let merges = incremental && config.incremental_strategy == Strategy::Merge;
    if merges && config.unique_key.is_empty() {
        reader.wrong(line("incremental_strategy"), "incremental_strategy `merge` needs a unique_key");
    }
    for key in ["incremental_strategy", "batch_by"] {
        if given(key) && !incremental {
            reader.wrong(line(key), format!("`{key}` needs materialized='incremental'"));
        }
    }
    for key in ["insert_only", "natural_key", "prune_by"] {
        if given(key) && !merges {
            reader.wrong(line(key), format!("`{key}` needs incremental_strategy='merge'"));
        }
    }
    if config.resolve.is_some() {
        if config.materialized != Materialization::Table {
            reader.wrong(
                line("resolve"),
                "`resolve` needs materialized='table': clusters are made of all records at once",
            );
        }
        if config.rejects.is_some() {
            reader.wrong(line("rejects"), "`rejects` does not go with `resolve`: every record gets a cluster");
        }
    }
    if config.rejects.is_some() && config.materialized == Materialization::View {
        reader.wrong(line("rejects"), "a view keeps no rows and so has no `rejects`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(yaml: &str, sql: &str) -> Result<Config, String> {
        let (yaml, sql) = (Node::from_yaml(yaml).expect(yaml), Node::from_yaml(sql).expect(sql));
        merge(Some(&yaml), &sql, "silver").map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn the_sql_wins_and_defaults_follow_dbt() {
        let config =
            merged("{materialized: view, tags: [a]}", "{materialized: incremental, unique_key: id}").expect("valid");
        assert_eq!(config.materialized, Materialization::Incremental);
        assert_eq!((config.incremental_strategy, config.unique_key), (Strategy::Merge, vec!["id".to_owned()]));
        assert_eq!(config.tags, ["a"]);
        let config = merged("{}", "{materialized: incremental, rejects: bad}").expect("valid");
        assert_eq!(config.incremental_strategy, Strategy::Append);
        assert_eq!(config.rejects.map(|name| name.to_string()), Some("silver.bad".into()));
        assert_eq!(merged("{}", "{}"), Ok(Config::default()));
        let config = merged("{resolve: {id: key, ignore: note}}", "{}").expect("valid");
        let resolve = Resolve { id: "key".to_owned(), model: "auto".to_owned(), ignore: vec!["note".to_owned()] };
        assert_eq!(config.resolve, Some(resolve));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let cases = [
            (
                "{incremental_strategy: merge, materialized: incremental}",
                "incremental_strategy `merge` needs a unique_key",
            ),
            ("{batch_by: file}", "`batch_by` needs materialized='incremental'"),
            ("{materialized: incremental, insert_only: true}", "`insert_only` needs incremental_strategy='merge'"),
            ("{materialized: view, rejects: bad}", "a view keeps no rows"),
            ("{materialized: snapshot}", "unknown materialized `snapshot`; known are table, incremental, view"),
            ("{materialised: table}", "unknown key `materialised` in config; did you mean `materialized`?"),
            ("{resolve: {model: person}}", "`resolve` needs an `id`"),
            ("{resolve: {id: a, modell: person}}", "unknown key `modell` in resolve; did you mean `model`?"),
            ("{resolve: {id: a}, materialized: view}", "`resolve` needs materialized='table'"),
            ("{resolve: {id: a}, rejects: bad}", "`rejects` does not go with `resolve`"),
            ("{rejects: Bad}", "`silver.Bad` is not a table name"),
            ("{tags: {a: b}}", "tags must be a text"),
        ];
        for (sql, expected) in cases {
            let told = merged("{}", sql).expect_err(sql);
            assert!(told.contains(expected), "{sql}\n{told}");
        }
    }
}
