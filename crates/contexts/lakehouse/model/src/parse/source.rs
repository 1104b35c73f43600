//! Reads `sources/<name>.yml`: what a file's columns are called, and what is known about its dialect.

use std::collections::{BTreeMap, BTreeSet};

use super::{reader::Reader, tree::Node};
use crate::{AssetName, DialectSettings, DriftPolicy, Source, SourceColumn, SourceFormat, error::Mistakes};

const KEYS: [&str; 11] =
    ["name", "description", "owner", "table", "paths", "format", "dialect", "drift", "columns", "tags", "meta"];
const COLUMN_KEYS: [&str; 5] = ["name", "headers", "required", "description", "pii"];
const DIALECT_KEYS: [&str; 5] = ["encoding", "delimiter", "quote", "header", "preamble_lines"];
const FORMATS: [&str; 6] = ["auto", "csv", "tsv", "json", "ndjson", "parquet"];
const DRIFTS: [&str; 3] = ["fail", "evolve", "quarantine"];

/// Columns that the engine adds to each bronze table; a source cannot have them.
pub(crate) const TECHNICAL_COLUMNS: [&str; 6] =
    ["_source_file", "_row", "_ingested_at", "_batch_id", "_row_hash", "_raw"];

/// The source in the file whose name is `name`, or all that is wrong with it.
pub(crate) fn read(text: &str, name: &str) -> Result<Source, Mistakes> {
    let root = Node::from_yaml(text).map_err(|mistake| Mistakes(vec![mistake]))?;
    let mut reader = Reader::default();
    let map = reader.map(&root, "the source", &KEYS);
    if let Some(given) = reader.text(map.get("name"), "name").filter(|given| given != name) {
        reader.wrong(map.line, format!("the name `{given}` is not the file's name `{name}`"));
    }
    let table = read_table(&mut reader, map.get("table"), map.line);
    let columns = read_columns(&mut reader, map.get("columns"), map.line);
    let source = Source {
        name: name.to_owned(),
        description: reader.text(map.get("description"), "description"),
        owner: reader.text(map.get("owner"), "owner"),
        // A missing table is reported above, so that the stand-in never leaves this function.
        table: table.unwrap_or_else(|| AssetName { layer: String::new(), name: String::new() }),
        paths: reader.texts(map.get("paths"), "paths"),
        format: reader.word::<SourceFormat>(map.get("format"), "format", &FORMATS).unwrap_or_default(),
        dialect: read_dialect(&mut reader, map.get("dialect")),
        drift: reader.word::<DriftPolicy>(map.get("drift"), "drift", &DRIFTS).unwrap_or_default(),
        columns,
        tags: reader.texts(map.get("tags"), "tags"),
        meta: read_meta(&mut reader, map.get("meta")),
    };
    reader.finish(source)
}

fn read_table(reader: &mut Reader, node: Option<&Node>, line: usize) -> Option<AssetName> {
    let Some(node) = node else {
        reader.wrong(line, "`table` is missing: the bronze table that the rows land in, such as bronze.sales_raw");
        return None;
    };
    let text = reader.text(Some(node), "table")?;
    AssetName::parse(&text).map_err(|error| reader.wrong(node.line, error)).ok()
}

fn read_meta(reader: &mut Reader, node: Option<&Node>) -> BTreeMap<String, serde_json::Value> {
    let map = node.map(|node| reader.free_map(node, "meta"));
    map.into_iter().flat_map(|map| map.entries).map(|e| (e.key.clone(), e.node.to_json())).collect()
}

fn read_dialect(reader: &mut Reader, node: Option<&Node>) -> DialectSettings {
    let Some(node) = node else { return DialectSettings::default() };
    let map = reader.map(node, "dialect", &DIALECT_KEYS);
    let delimiter = read_ascii(reader, map.get("delimiter"), "delimiter");
    let quote = read_ascii(reader, map.get("quote"), "quote");
    if delimiter.is_some() && delimiter == quote {
        reader.wrong(node.line, "delimiter and quote are the same character");
    }
    DialectSettings {
        encoding: reader.text(map.get("encoding"), "encoding"),
        delimiter,
        quote,
        header: reader.flag(map.get("header"), "header"),
        preamble_lines: reader.whole(map.get("preamble_lines"), "preamble_lines"),
    }
}

fn read_ascii(reader: &mut Reader, node: Option<&Node>, what: &str) -> Option<char> {
    let line = node?.line;
    let text = reader.text(node, what)?;
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0) => Some(char::from(*byte)),
        _ => {
            reader.wrong(line, format!("{what} `{text}` is not one ASCII character"));
            None
        }
    }
}

fn read_columns(reader: &mut Reader, node: Option<&Node>, line: usize) -> Vec<SourceColumn> {
    let items = reader.items(node, "columns");
    if items.is_empty() {
        reader.wrong(node.map_or(line, |node| node.line), "`columns` is missing or empty");
    }
    let mut headers_seen = BTreeMap::new();
    let mut names_seen = BTreeSet::new();
    let mut columns = Vec::new();
    for item in items {
        let map = reader.map(item, "a column", &COLUMN_KEYS);
        let Some(name) = reader.text(map.get("name"), "a column's name") else {
            reader.wrong(item.line, "a column has no `name`");
            continue;
        };
        if TECHNICAL_COLUMNS.contains(&name.as_str()) {
            reader.wrong(item.line, format!("the column `{name}` is added by Gray Ghost itself"));
        }
        if !names_seen.insert(name.clone()) {
            reader.wrong(item.line, format!("the column `{name}` stands there twice"));
        }
        let headers = reader.texts(map.get("headers"), "headers");
        let folded: BTreeSet<String> = headers.iter().chain([&name]).map(|header| fold_header(header)).collect();
        for header in folded {
            if let Some(other) = headers_seen.insert(header, name.clone()).filter(|other| *other != name) {
                reader.wrong(item.line, format!("the columns `{other}` and `{name}` have a header in common"));
            }
        }
        let required = reader.flag(map.get("required"), "required").unwrap_or(true);
        let description = reader.text(map.get("description"), "description");
        let pii = reader.text(map.get("pii"), "pii");
        columns.push(SourceColumn { name, headers, required, description, pii });
    }
    columns
}

/// As headers are compared: without case, spaces, `_` and `-`.
fn fold_header(header: &str) -> String {
    header.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_with_its_defaults() {
        let text = "table: bronze.sales_raw\npaths: data/*.csv\ndialect: {delimiter: ';', header: true}\n\
                    columns:\n  - name: invoice_no\n    headers: [InvoiceNo, Invoice]\n  - {name: note, required: false}\n\
                    meta: {currency: GBP, dates: [a, b]}\n";
        let source = read(text, "shop").expect("valid");
        assert_eq!((source.name.as_str(), source.table.to_string().as_str()), ("shop", "bronze.sales_raw"));
        assert_eq!(source.paths, ["data/*.csv"]);
        assert_eq!(source.dialect.delimiter, Some(';'));
        assert_eq!((source.drift, source.format), (DriftPolicy::Fail, SourceFormat::Auto));
        assert!(source.columns[0].required && !source.columns[1].required);
        assert_eq!(source.meta["dates"], serde_json::json!(["a", "b"]));
    }

    #[test]
    fn every_mistake_of_a_source_is_told() {
        let cases = [
            ("columns: [{name: a}]\n", "`table` is missing"),
            ("table: Sales\ncolumns: [{name: a}]\n", "line 1: `Sales` is not a table name"),
            ("table: b.s\n", "`columns` is missing or empty"),
            (
                "table: b.s\ncolumns:\n  - name: a\n  - name: A\n",
                "line 4: the columns `a` and `A` have a header in common",
            ),
            ("table: b.s\ncolumns:\n  - name: _row\n", "line 3: the column `_row` is added by Gray Ghost itself"),
            (
                "table: b.s\ncolums: []\ncolumns: [{name: a, header: x}]\n",
                "line 2: unknown key `colums` in the source; did you mean `columns`?; line 3: unknown key `header` in a column; did you mean `headers`?",
            ),
            (
                "table: b.s\ndrift: ignore\ncolumns: [{name: a}]\n",
                "line 2: unknown drift `ignore`; known are fail, evolve, quarantine",
            ),
            (
                "table: b.s\ndialect: {quote: '«'}\ncolumns: [{name: a}]\n",
                "line 2: quote `«` is not one ASCII character",
            ),
            (
                "table: b.s\ndialect: {delimiter: '\"', quote: '\"'}\ncolumns: [{name: a}]\n",
                "line 2: delimiter and quote are the same character",
            ),
            ("name: other\ntable: b.s\ncolumns: [{name: a}]\n", "the name `other` is not the file's name `shop`"),
            ("- a\n", "the source must be a map"),
        ];
        for (text, expected) in cases {
            let told = read(text, "shop").expect_err(text).to_string();
            assert!(told.contains(expected), "{text}\n{told}");
        }
    }
}
