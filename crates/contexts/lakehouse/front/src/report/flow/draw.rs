//! The flow as SVG. Lines light up when the pointer is on a box, by the style sheet alone.

use super::{
    Node,
    layout::{BOX_WIDTH, Band, Frame, GAP, LINE_HEIGHT, Layout},
};
use crate::report::markup::{anchor, cut, joined, text};

/// Signs of a name's line that fit into a box.
const NAME_SIGNS: usize = 16;

/// The whole picture.
pub(super) fn picture(nodes: &[Node], edges: &[(usize, usize)], layout: &Layout, label: &str) -> String {
    let bands = joined(layout.bands.iter().map(|each| band(each, layout.height)));
    let lines = joined(edges.iter().zip(&layout.lanes).map(|(edge, lanes)| line(*edge, nodes, layout, lanes)));
    let boxes = joined(nodes.iter().enumerate().map(|(index, node)| one(index, node, layout.boxes[index])));
    format!(
        r#"<svg class="flow-picture" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" role="group" aria-label="{label}"><style>{light}</style>{bands}<g class="edges" aria-hidden="true">{lines}</g>{boxes}</svg>"#,
        width = layout.width,
        height = layout.height,
        label = text(label),
        light = joined((0..nodes.len()).map(lit)),
    )
}

/// What lights up with a box: the lines that begin or end there.
fn lit(index: usize) -> String {
    format!(
        ".flow-picture:has(.n{index}:hover,.n{index}:focus-visible) :is(.f{index},.t{index}){{stroke:var(--accent);stroke-width:2.5;opacity:1}}"
    )
}

fn band(band: &Band, height: f64) -> String {
    format!(
        r#"<g class="band"><rect x="{x:.1}" y="0.5" width="{width:.1}" height="{height:.1}" rx="10"/><text x="{label:.1}" y="23">{layer}</text></g>"#,
        x = band.x + 0.5,
        width = band.width - 1.0,
        height = height - 1.0,
        label = band.x + 14.0,
        layer = text(&band.layer),
    )
}

/// A line from the right side of one box to the left side of another, bending only between columns.
fn line((from, to): (usize, usize), nodes: &[Node], layout: &Layout, lanes: &[(f64, f64, f64)]) -> String {
    let mut at = layout.boxes[from].right_middle();
    let mut path = vec![format!("M{:.1} {:.1}", at.0, at.1)];
    for (left, right, y) in lanes {
        path.push(curve(at, (*left, *y)));
        path.push(format!("H{right:.1}"));
        at = (*right, *y);
    }
    path.push(curve(at, layout.boxes[to].left_middle()));
    format!(
        r#"<path class="f{from} t{to}" d="{}"><title>{} → {}</title></path>"#,
        path.concat(),
        text(&nodes[from].asset),
        text(&nodes[to].asset)
    )
}

fn curve((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> String {
    let bend = if to_x > x { (to_x - x) / 2.0 } else { GAP };
    format!("C{:.1} {y:.1} {:.1} {to_y:.1} {to_x:.1} {to_y:.1}", x + bend, to_x - bend)
}

/// A box; one of the run leads to its card.
fn one(index: usize, node: &Node, frame: Frame) -> String {
    let (tone, icon, word) =
        node.mark.map_or(("absent", "skip", "not part of this run"), |mark| (mark.tone, mark.icon, mark.word));
    let Frame { left: x, top: y, height } = frame;
    let (first, second) = node.lines();
    let name = |line: &str, below: f64| {
        let (x, y) = (x + 12.0, y + 18.0 + below);
        format!(r#"<text class="name" x="{x:.1}" y="{y:.1}">{}</text>"#, text(&cut(line, NAME_SIGNS)))
    };
    let second = if second.is_empty() { String::new() } else { name(second, LINE_HEIGHT) };
    let said = text(&format!("{}: {word}, {}{}", node.asset, node.note, node.rules)).to_string();
    let body = format!(
        r##"<title>{said}</title><rect class="box" x="{x:.1}" y="{y:.1}" width="{BOX_WIDTH}" height="{height}" rx="7"/><rect class="edge" x="{x:.1}" y="{y:.1}" width="4" height="{height}" rx="2"/>{first}{second}<use href="#i-{icon}" class="sign" x="{icon_x:.1}" y="{icon_y:.1}" width="12" height="12"/><text class="note" x="{note_x:.1}" y="{note_y:.1}">{note}</text>"##,
        first = name(first, 0.0),
        icon_x = x + 11.0,
        icon_y = y + height - 19.5,
        note_x = x + 27.0,
        note_y = y + height - 9.5,
        note = text(&node.note),
    );
    match node.mark {
        Some(_) => {
            format!(
                r##"<a class="node n{index} {tone}" href="#{}" aria-label="{said}">{body}</a>"##,
                anchor(&node.asset)
            )
        }
        None => format!(r#"<g class="node n{index} {tone}" role="img" aria-label="{said}">{body}</g>"#),
    }
}
