//! The picture of how the data flowed: a box an asset, a line for each "reads", layers from left to right.

mod draw;
mod layout;
mod order;
mod place;

use std::collections::BTreeMap;

use super::{
    Material,
    figures::{count, counted},
    markup::text,
    words::{self, Verdict},
};
use crate::{AssetResult, CheckResult};

/// More boxes than this are no picture any more.
const MOST_BOXES: usize = 120;
/// Signs of a name that fit on a line.
const LINE_SIGNS: usize = 14;

/// One box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// `layer.name`.
    pub(super) asset: String,
    /// What stands below its name.
    pub(super) note: String,
    /// Rules that hold, for whoever asks; empty without rules.
    pub(super) rules: String,
    /// What became of it; `None` when the run had nothing to do with it.
    pub(super) mark: Option<words::Mark>,
}

impl Node {
    /// The part before the point.
    pub(super) fn layer(&self) -> &str {
        self.asset.split_once('.').map_or("", |(layer, _)| layer)
    }

    /// The part behind the point, on two lines where it is long; the second is empty where it is short.
    pub(super) fn lines(&self) -> (&str, &str) {
        let name = self.asset.split_once('.').map_or(self.asset.as_str(), |(_, name)| name);
        let length = name.chars().count();
        if length <= LINE_SIGNS {
            return (name, "");
        }
        let middle = |at: &usize| (name[..*at].chars().count() * 2).abs_diff(length);
        match name.match_indices('_').map(|(at, _)| at + 1).filter(|at| *at < name.len()).min_by_key(middle) {
            Some(at) => name.split_at(at),
            None => (name, ""),
        }
    }
}

/// `None` when the project has no assets.
pub(super) fn section(material: &Material<'_>) -> Option<String> {
    let nodes = nodes(material);
    if nodes.is_empty() {
        return None;
    }
    let edges = edges(material, &nodes);
    let said =
        format!("{} and {} between them", counted(count(nodes.len()), "asset"), counted(count(edges.len()), "line"));
    if nodes.len() > MOST_BOXES {
        return Some(format!(r#"<p class="muted">{said}: too many for a picture.</p>"#));
    }
    let absent = nodes.iter().filter(|node| node.mark.is_none()).count();
    let absent = match absent {
        0 => String::new(),
        some => format!(" {} not part of this run {} pale.", number_of(some), if some == 1 { "is" } else { "are" }),
    };
    let picture = draw::picture(&nodes, &edges, &layout::layout(&nodes, &edges), &said);
    Some(format!(
        r#"<p class="muted">A line runs from what is read to what is made from it. A box leads to its asset.{absent}</p><div class="scroll flow" role="region" aria-label="Picture of the flow" tabindex="0">{picture}</div>{}"#,
        told(&nodes, &edges)
    ))
}

fn number_of(assets: usize) -> String {
    counted(count(assets), "asset")
}

/// Every asset of the project, and whatever else the run speaks of.
fn nodes(material: &Material<'_>) -> Vec<Node> {
    let summary = material.summary;
    let mut rules: BTreeMap<&str, Vec<&CheckResult>> = BTreeMap::new();
    for check in &summary.checks {
        rules.entry(&check.asset).or_default().push(check);
    }
    let node = |name: &str, view: bool, rows: Option<u64>, result: Option<&AssetResult>| {
        let checks = rules.get(name).map(Vec::as_slice).unwrap_or_default();
        let held = checks.iter().filter(|check| Verdict::of(check).obeyed()).count();
        let rows = rows.map(|rows| counted(rows, "row"));
        Node {
            asset: name.to_owned(),
            note: result
                .map(super::cards::rows)
                .or(rows)
                .unwrap_or_else(|| if view { "view" } else { "no rows yet" }.to_owned()),
            rules: if checks.is_empty() { String::new() } else { format!(", {held} of {} rules hold", checks.len()) },
            mark: result.map(|result| {
                words::of_made(result.state, checks.iter().any(|check| Verdict::of(check) == Verdict::Warns))
            }),
        }
    };
    let result = |name: &str| summary.assets.iter().find(|result| result.asset == name);
    let mut nodes: Vec<Node> = material
        .assets
        .iter()
        .map(|info| node(&info.asset, info.kind == "view", info.rows, result(&info.asset)))
        .collect();
    for asset in &summary.assets {
        if !nodes.iter().any(|node| node.asset == asset.asset) {
            nodes.push(node(&asset.asset, false, None, Some(asset)));
        }
    }
    nodes
}

/// Pairs of boxes: what is read, who reads it. In the order of the boxes.
fn edges(material: &Material<'_>, nodes: &[Node]) -> Vec<(usize, usize)> {
    let place: BTreeMap<&str, usize> =
        nodes.iter().enumerate().map(|(index, node)| (node.asset.as_str(), index)).collect();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (child, parents) in &material.parents {
        let Some(child) = place.get(child.as_str()) else { continue };
        edges.extend(parents.iter().filter_map(|parent| Some((*place.get(parent.as_str())?, *child))));
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// The picture as words, for those who cannot see it.
fn told(nodes: &[Node], edges: &[(usize, usize)]) -> String {
    let line = |(index, node): (usize, &Node)| {
        let parents: Vec<String> = edges
            .iter()
            .filter(|(_, child)| *child == index)
            .map(|(parent, _)| text(&nodes[*parent].asset).to_string())
            .collect();
        let from = if parents.is_empty() { "files".to_owned() } else { parents.join(", ") };
        format!("<li>{} reads {from}</li>", text(&node.asset))
    };
    let lines = super::markup::joined(nodes.iter().enumerate().map(line));
    format!(r#"<ul class="visually-hidden">{lines}</ul>"#)
}
