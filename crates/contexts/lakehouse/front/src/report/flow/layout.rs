//! Where boxes and lines lie: a layered drawing after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of
//! Hierarchical System Structures" (1981): ranks, lanes for long lines, few crossings, straight lines.
//!
//! Lines from one box share their lanes, so that a table which many read is a river and not a bundle of threads.

use std::collections::BTreeMap;

use super::{Node, order, place};

pub(super) const BOX_WIDTH: f64 = 120.0;
/// Height of a box whose name has one line.
const BOX_HEIGHT: f64 = 44.0;
/// What each further line of its name adds.
pub(super) const LINE_HEIGHT: f64 = 15.0;
/// Height of a lane that a long line takes through a column.
const LANE_HEIGHT: f64 = 4.0;
/// Between two columns; lines turn here.
pub(super) const GAP: f64 = 32.0;
/// Left and right of a layer's columns.
const BAND_PADDING: f64 = 10.0;
/// Above the boxes, for the names of the layers.
const HEAD: f64 = 40.0;
/// Below the boxes.
const FOOT: f64 = 14.0;

/// A layer's background.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Band {
    pub(super) layer: String,
    pub(super) x: f64,
    pub(super) width: f64,
}

/// Where a box lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) height: f64,
}

impl Frame {
    /// Where lines begin.
    pub(super) fn right_middle(self) -> (f64, f64) {
        (self.left + BOX_WIDTH, self.top + self.height / 2.0)
    }

    /// Where lines end.
    pub(super) fn left_middle(self) -> (f64, f64) {
        (self.left, self.top + self.height / 2.0)
    }
}

/// A whole drawing, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) bands: Vec<Band>,
    /// Each box, in the order of the nodes.
    pub(super) boxes: Vec<Frame>,
    /// For each edge, in their order: the middles of the lanes that it takes, from left to right: `(left, right, y)`.
    pub(super) lanes: Vec<Vec<(f64, f64, f64)>>,
}

/// Something that takes room in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    pub(super) column: usize,
    pub(super) height: f64,
}

impl Item {
    pub(super) fn is_lane(self) -> bool {
        self.height < BOX_HEIGHT
    }
}

/// Lays out boxes and lines. Nodes stand after those that they read; a line that runs backwards is drawn, but does not
/// move anything.
pub(super) fn layout(nodes: &[Node], edges: &[(usize, usize)]) -> Layout {
    let layers = layers(nodes, edges);
    let (columns, widths) = columns(nodes, edges, &layers);
    let height = |node: &Node| if node.lines().1.is_empty() { BOX_HEIGHT } else { BOX_HEIGHT + LINE_HEIGHT };
    let boxes = nodes.iter().zip(&columns);
    let mut items: Vec<Item> = boxes.map(|(node, column)| Item { column: *column, height: height(node) }).collect();
    let lanes = add_lanes(&mut items, &columns, edges);
    let links = links(&columns, edges, &lanes);
    let order = order::order(&items, &links);
    let middles = place::middles(&items, &order, &links);
    let (lefts, bands, width) = across(&layers, &widths);
    let lowest = items.iter().zip(&middles).map(|(item, y)| y + item.height / 2.0).fold(0.0, f64::max);
    let path = |(from, to): &(usize, usize)| {
        let taken = (columns[*from] + 1..columns[*to]).filter_map(|column| lanes.get(&(*from, column)).copied());
        taken
            .map(|lane| (lefts[items[lane].column], lefts[items[lane].column] + BOX_WIDTH, HEAD + middles[lane]))
            .collect()
    };
    let frame = |node: usize| {
        let Item { column, height } = items[node];
        Frame { left: lefts[column], top: HEAD + middles[node] - height / 2.0, height }
    };
    Layout {
        width,
        height: HEAD + lowest + FOOT,
        bands,
        boxes: (0..nodes.len()).map(frame).collect(),
        lanes: edges.iter().map(path).collect(),
    }
}

/// Steps below the sources; only edges that run forwards count, so that a circle cannot hold us up.
fn depths(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut depths = vec![0; nodes];
    for (from, to) in forwards(edges) {
        depths[to] = depths[to].max(depths[from] + 1);
    }
    depths
}

/// Edges to a later node, in the order of what they run to, so that one pass over them is enough.
fn forwards(edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut forwards: Vec<(usize, usize)> = edges.iter().copied().filter(|(from, to)| from < to).collect();
    forwards.sort_unstable_by_key(|(from, to)| (*to, *from));
    forwards
}

/// The layers from left to right: that whose deepest asset is least deep comes first.
fn layers(nodes: &[Node], edges: &[(usize, usize)]) -> Vec<String> {
    let mut deepest: Vec<(usize, String)> = Vec::new();
    for (node, depth) in nodes.iter().zip(depths(nodes.len(), edges)) {
        match deepest.iter_mut().find(|(_, layer)| layer == node.layer()) {
            Some((most, _)) => *most = depth.max(*most),
            None => deepest.push((depth, node.layer().to_owned())),
        }
    }
    deepest.sort_by_key(|(depth, _)| *depth);
    deepest.into_iter().map(|(_, layer)| layer).collect()
}

/// The column of each node, and how many columns each layer has.
fn columns(nodes: &[Node], edges: &[(usize, usize)], layers: &[String]) -> (Vec<usize>, Vec<usize>) {
    let mut ranks = vec![0; nodes.len()];
    for (from, to) in forwards(edges) {
        if nodes[from].layer() == nodes[to].layer() {
            ranks[to] = ranks[to].max(ranks[from] + 1);
        }
    }
    let mut widths = Vec::new();
    let mut columns = vec![0; nodes.len()];
    let mut base = 0;
    for layer in layers {
        let members: Vec<usize> = (0..nodes.len()).filter(|node| nodes[*node].layer() == layer).collect();
        let width = members.iter().map(|node| ranks[*node] + 1).max().unwrap_or_default();
        for node in members {
            columns[node] = base + ranks[node];
        }
        widths.push(width);
        base += width;
    }
    (columns, widths)
}

/// Lanes by the box that their line begins at, and the column that they lie in.
type Lanes = BTreeMap<(usize, usize), usize>;

/// Adds a lane for each column that a box's lines pass through.
fn add_lanes(items: &mut Vec<Item>, columns: &[usize], edges: &[(usize, usize)]) -> Lanes {
    let mut lanes = Lanes::new();
    for (from, to) in edges {
        for column in columns[*from] + 1..columns[*to] {
            lanes.entry((*from, column)).or_insert_with(|| {
                items.push(Item { column, height: LANE_HEIGHT });
                items.len() - 1
            });
        }
    }
    lanes
}

/// Neighbours in neighbouring columns, left one first.
fn links(columns: &[usize], edges: &[(usize, usize)], lanes: &Lanes) -> Vec<(usize, usize)> {
    let mut links = Vec::new();
    for (from, to) in edges.iter().filter(|(from, to)| columns[*from] < columns[*to]) {
        let mut last = *from;
        for column in columns[*from] + 1..columns[*to] {
            if let Some(lane) = lanes.get(&(*from, column)) {
                links.push((last, *lane));
                last = *lane;
            }
        }
        links.push((last, *to));
    }
    links.sort_unstable();
    links.dedup();
    links
}

/// Left edge of each column, the layers' bands, and the width of all.
fn across(layers: &[String], widths: &[usize]) -> (Vec<f64>, Vec<Band>, f64) {
    let (mut lefts, mut bands, mut x) = (Vec::new(), Vec::new(), 0.0);
    for (layer, columns) in layers.iter().zip(widths) {
        let start = x;
        x += BAND_PADDING;
        for column in 0..*columns {
            x += if column == 0 { 0.0 } else { GAP };
            lefts.push(x);
            x += BOX_WIDTH;
        }
        x += BAND_PADDING;
        bands.push(Band { layer: layer.clone(), x: start, width: x - start });
        x += GAP - 2.0 * BAND_PADDING;
    }
    (lefts, bands, (x - GAP + 2.0 * BAND_PADDING).max(0.0))
}
