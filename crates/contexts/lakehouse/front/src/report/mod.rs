//! The HTML report of a run: one self-contained page that a browser opens from a file.
//!
//! Pure functions from a run to text: the same run gives the same bytes. Every text that is not ours goes through
//! [`markup::text`]. Lists are cut at stated numbers, so that a page stays small whatever the run was.
//! Deliberately absent: scripts, fonts and pictures from elsewhere; pictures are SVG, drawn here.

mod balance;
mod cards;
mod figures;
mod files;
mod flow;
mod lineage;
mod markup;
mod page;
mod rules;
mod scores;
mod timeline;
mod troubles;
mod verdict;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{AssetInfo, ColumnEdge, RunSummary};

/// What a report is made from.
#[derive(Debug, Clone)]
pub struct Material<'a> {
    /// The run.
    pub summary: &'a RunSummary,
    /// Every asset of the project as it stands after the run, each after those that it reads.
    pub assets: &'a [AssetInfo],
    /// For each asset by name: those that it reads directly.
    pub parents: BTreeMap<String, Vec<String>>,
    /// For each asset by name: what its columns are made from; an asset that was not planned in the run is absent.
    pub columns: BTreeMap<String, &'a [(String, Vec<ColumnEdge>)]>,
}

/// The report as one page of HTML, ending in a line feed.
#[must_use]
pub fn render(material: &Material<'_>) -> String {
    let summary = material.summary;
    let sections = [
        page::Section::new("troubles", "What needs attention", troubles::section(summary)),
        page::Section::new("flow", "How the data flowed", flow::section(material)),
        page::Section::new("balance", "Where the rows went", balance::section(summary)),
        page::Section::new("quality", "Quality", scores::section(summary)),
        page::Section::new("assets", "Assets", cards::section(material)),
        page::Section::new("time", "Time", timeline::section(summary)),
        page::Section::new("files", "Files", files::section(summary)),
    ];
    page::page(summary, &verdict::header(material), &sections)
}
