//! Tables whose columns stand below each other.

use unicode_width::UnicodeWidthStr;

use crate::paint::{Paint, Tone};

const GAP: &str = "  ";

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Text in a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// Rows of cells under headings. Without headings it is a list of aligned pairs.
#[derive(Debug)]
pub struct Table {
    heads: Vec<&'static str>,
    sides: Vec<Side>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with headings; a heading that begins with `>` is over a column of numbers.
    pub fn new(heads: &[&'static str]) -> Self {
        let sides = heads.iter().map(|head| if head.starts_with('>') { Side::Right } else { Side::Left });
        let sides = sides.collect();
        Self { heads: heads.iter().map(|head| head.trim_start_matches('>')).collect(), sides, rows: Vec::new() }
    }

    /// A table without headings.
    pub fn bare(sides: &[Side]) -> Self {
        Self { heads: Vec::new(), sides: sides.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All lines, each with a line end, moved in by two columns. A column without any text is left out.
    pub fn render(&self, paint: Paint) -> String {
        let widths: Vec<usize> = (0..self.sides.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width());
                match cells.max().unwrap_or_default() {
                    0 => 0,
                    widest => widest.max(self.heads.get(column).map_or(0, |head| head.width())),
                }
            })
            .collect();
        let heads: Vec<Cell> = self.heads.iter().map(|head| Cell::toned(*head, Tone::Dim)).collect();
        let heading = (!heads.is_empty()).then_some(&heads);
        heading.into_iter().chain(&self.rows).map(|row| self.line(row, &widths, paint)).collect()
    }

    fn line(&self, row: &[Cell], widths: &[usize], paint: Paint) -> String {
        let mut line = String::new();
        // Blanks wait until something follows, so that no line ends with them.
        let mut blanks = String::new();
        for ((cell, &width), side) in row.iter().zip(widths).zip(&self.sides).filter(|((_, width), _)| **width > 0) {
            let space = " ".repeat(width.saturating_sub(cell.text.width()));
            blanks.push_str(GAP);
            if *side == Side::Right {
                blanks.push_str(&space);
            }
            if !cell.text.is_empty() {
                line.push_str(&std::mem::take(&mut blanks));
                line.push_str(&paint.tone(cell.tone, &cell.text));
            }
            if *side == Side::Left {
                blanks.push_str(&space);
            }
        }
        // A padded number may stand last.
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_and_no_line_ends_with_a_blank() {
        let mut table = Table::new(&["NAME", ">ROWS", "NOTHING", "STATE"]);
        table.row(["a".into(), "1,000".into(), "".into(), "well".into()]);
        table.row(["né".into(), "7".into(), "".into(), "".into()]);
        assert_eq!(table.render(Paint::plain()), "  NAME   ROWS  STATE\n  a     1,000  well\n  né        7\n");
    }
}
