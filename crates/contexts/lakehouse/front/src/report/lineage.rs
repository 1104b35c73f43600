//! What the columns of an asset are made from, one step up.

use std::collections::BTreeSet;

use super::{
    figures::{count, counted},
    markup::{heads, joined, left_out, table, text},
};
use crate::ColumnEdge;

/// Columns shown for an asset.
const COLUMNS_SHOWN: usize = 60;
/// Inputs shown for a column.
const INPUTS_SHOWN: usize = 8;

/// How a value comes from another; all other kinds decide which rows there are, and are told once for the asset.
const VALUES: [&str; 3] = ["identity", "transformation", "aggregation"];

/// `column ← inputs`, folded away; empty when nothing is known.
pub(super) fn columns(asset: &str, columns: &[(String, Vec<ColumnEdge>)]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let rows = joined(columns.iter().take(COLUMNS_SHOWN).map(|(name, edges)| {
        let values: Vec<&ColumnEdge> = edges.iter().filter(|edge| VALUES.contains(&edge.kind.as_str())).collect();
        format!(r#"<tr><th scope="row"><code>{}</code></th><td>{}</td></tr>"#, text(name), inputs(&values))
    }));
    format!(
        r#"<details class="fold columns"><summary>Where its {} come from</summary>{}{}{}</details>"#,
        counted(count(columns.len()), "column"),
        table(
            &format!("Columns of {asset} and their inputs"),
            &heads(&[("Column", false), ("Made from", false)]),
            &rows
        ),
        left_out(columns.len(), COLUMNS_SHOWN, "column"),
        deciders(columns),
    )
}

fn inputs(edges: &[&ColumnEdge]) -> String {
    if edges.is_empty() {
        return r#"<span class="muted">a constant, or which rows there are</span>"#.to_owned();
    }
    let shown = joined(edges.iter().take(INPUTS_SHOWN).map(|edge| {
        let how = match edge.kind.as_str() {
            "identity" => "as it is",
            "transformation" => "computed",
            _ => "over rows",
        };
        format!(
            r#"<span class="input"><code>{}.{}</code> <small>{how}</small></span> "#,
            text(&edge.asset),
            text(&edge.column)
        )
    }));
    let more = edges.len().saturating_sub(INPUTS_SHOWN);
    if more > 0 { format!("{shown}and {more} more") } else { shown }
}

/// Columns that decide which rows there are: filters, joins, groups, sorts, windows.
fn deciders(columns: &[(String, Vec<ColumnEdge>)]) -> String {
    let edges = columns.iter().flat_map(|(_, edges)| edges).filter(|edge| !VALUES.contains(&edge.kind.as_str()));
    let names: BTreeSet<(&str, &str)> = edges.map(|edge| (edge.asset.as_str(), edge.column.as_str())).collect();
    if names.is_empty() {
        return String::new();
    }
    let shown = names.iter().take(INPUTS_SHOWN * 2);
    let shown = joined(shown.map(|(asset, column)| format!("<code>{}.{}</code> ", text(asset), text(column))));
    let more = names.len().saturating_sub(INPUTS_SHOWN * 2);
    let more = if more > 0 { format!("and {more} more") } else { String::new() };
    format!(r#"<p class="muted">Which rows there are is decided by {shown}{more}</p>"#)
}
