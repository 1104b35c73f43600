//! `grayghost lineage`: where a table or a column comes from.

use std::collections::BTreeSet;

use clap::Args;
use lakehouse::{ColumnEdge, LineageView};

use super::Format;
use crate::{
    exit::Ending,
    failure::Failure,
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
};

/// Kinds of edges that give a value; the others decide which rows there are.
const GIVES_VALUE: [&str; 3] = ["identity", "transformation", "aggregation"];

/// Show where a table, or one of its columns, comes from and goes to.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  grayghost lineage gold.fact_sale\n  grayghost lineage gold.fact_sale.total_amount"
)]
pub(crate) struct Lineage {
    /// `layer.name`, or a column of it: `layer.name.column`.
    #[arg(value_name = "ASSET[.COLUMN]")]
    target: String,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Lineage {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let house = session.open()?;
        let view = session.wait(house.show_lineage(self.target.clone()))?;
        let paint = session.screen.paint;
        match (self.format, &view.column) {
            (Format::Json, _) => session.screen.json(&view)?,
            (Format::Text, Some(column)) => session.screen.text(&column_text(&view, column, paint))?,
            (Format::Text, None) => session.screen.text(&asset_text(&view, paint))?,
        }
        Ok(Ending::Done)
    }
}

fn asset_text(view: &LineageView, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.strong(&view.asset));
    let mut around = Table::bare(&[Side::Left, Side::Left]);
    for (name, assets) in [("made from", &view.parents), ("used by", &view.children)] {
        let assets = if assets.is_empty() { "nothing".to_owned() } else { assets.join(", ") };
        around.row([Cell::toned(name, Tone::Dim), assets.into()]);
    }
    text.push_str(&around.render(paint));
    if !view.columns.is_empty() {
        let mut table = Table::new(&["COLUMN", "VALUE FROM", "HOW"]);
        for (column, edges) in &view.columns {
            let values: Vec<&ColumnEdge> = edges.iter().filter(|edge| gives_value(edge)).collect();
            let from: BTreeSet<String> = values.iter().map(|edge| place(edge)).collect();
            let how: BTreeSet<&str> = values.iter().map(|edge| edge.kind.as_str()).collect();
            let from = from.into_iter().collect::<Vec<_>>().join(", ");
            let how = how.into_iter().collect::<Vec<_>>().join(", ");
            table.row([column.clone().into(), from.into(), Cell::toned(how, Tone::Dim)]);
        }
        text.push('\n');
        text.push_str(&table.render(paint));
    }
    text
}

fn gives_value(edge: &ColumnEdge) -> bool {
    GIVES_VALUE.contains(&edge.kind.as_str())
}

fn place(edge: &ColumnEdge) -> String {
    format!("{}.{}", edge.asset, edge.column)
}

/// The way of a column's value up to the sources as a tree, then the columns that decide which rows there are.
fn column_text(view: &LineageView, column: &str, paint: Paint) -> String {
    let root = format!("{}.{column}", view.asset);
    let mut text = format!("{}\n", paint.strong(&root));
    let mut tree = Tree { view, paint, shown: BTreeSet::new(), text: String::new() };
    tree.grow(&root, "");
    if tree.text.is_empty() {
        tree.text.push_str("  as it came from the file\n");
    }
    text.push_str(&tree.text);
    let mut deciding: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for step in view.upstream.iter().filter(|step| !gives_value(&step.from)) {
        match deciding.iter_mut().find(|(kind, _)| *kind == step.from.kind) {
            Some((_, places)) => drop(places.insert(place(&step.from))),
            None => deciding.push((&step.from.kind, BTreeSet::from([place(&step.from)]))),
        }
    }
    if !deciding.is_empty() {
        let line = format!("\n{}\n", paint.strong("which rows are in it depends on"));
        text.push_str(&line);
        let mut table = Table::bare(&[Side::Left, Side::Left]);
        for (kind, places) in deciding {
            let mut kind = Cell::toned(kind.replace('_', " "), Tone::Dim);
            for place in places {
                table.row([std::mem::take(&mut kind), place.into()]);
            }
        }
        text.push_str(&table.render(paint));
    }
    text
}

/// Draws what a column's value is made from. A column met again is named, not followed again.
struct Tree<'a> {
    view: &'a LineageView,
    paint: Paint,
    shown: BTreeSet<String>,
    text: String,
}

impl Tree<'_> {
    /// Depth is bounded: every column is followed once.
    fn grow(&mut self, of: &str, indent: &str) {
        let steps = self.view.upstream.iter().filter(|step| step.of == of && gives_value(&step.from));
        let mut edges: Vec<&ColumnEdge> = steps.map(|step| &step.from).collect();
        edges.sort_unstable();
        edges.dedup();
        for (index, edge) in edges.iter().enumerate() {
            let is_last = index + 1 == edges.len();
            let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let (name, kind) = (place(edge), self.paint.dim(&format!("({})", edge.kind)));
            let is_new = self.shown.insert(name.clone());
            let again = if is_new || !self.has_origin(&name) { "" } else { " see above" };
            let line = format!("  {indent}{branch}{name} {kind}{again}\n");
            self.text.push_str(&line);
            if is_new {
                self.grow(&name, &format!("{indent}{below}"));
            }
        }
    }

    fn has_origin(&self, of: &str) -> bool {
        self.view.upstream.iter().any(|step| step.of == of)
    }
}
