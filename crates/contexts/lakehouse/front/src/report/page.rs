//! The frame of the page: head, style, navigation, sections.

use super::{
    markup::{joined, text},
    verdict,
};
use crate::RunSummary;

const STYLE: &str = include_str!("style.css");
/// The page's own set of signs, each drawn in a square of 16.
const ICONS: &str = include_str!("icons.svg");

/// A part of the page.
#[derive(Debug, Clone)]
pub(super) struct Section {
    id: &'static str,
    title: &'static str,
    html: Option<String>,
}

impl Section {
    /// A part with its anchor and heading; without content it is left out.
    pub(super) fn new(id: &'static str, title: &'static str, html: Option<String>) -> Self {
        Self { id, title, html }
    }
}

/// The whole page.
pub(super) fn page(summary: &RunSummary, header: &str, sections: &[Section]) -> String {
    let shown: Vec<(&Section, &String)> =
        sections.iter().filter_map(|section| Some((section, section.html.as_ref()?))).collect();
    let links =
        shown.iter().map(|(section, _)| format!(r##"<li><a href="#{}">{}</a></li>"##, section.id, section.title));
    let bodies = shown.iter().map(|(section, html)| {
        let Section { id, title, .. } = section;
        format!(r#"<section id="{id}" aria-labelledby="{id}-title"><h2 id="{id}-title">{title}</h2>{html}</section>"#)
    });
    format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
{ICONS}<nav class="top" aria-label="Sections"><div class="inner"><span class="brand"><svg class="ghost" aria-hidden="true"><use href="#i-ghost"/></svg>Gray Ghost</span><ul>{links}</ul></div></nav>
<main id="content">
{header}
{bodies}
</main>
<footer><p>Made by Gray Ghost {version} from run <code>{id}</code>. This page is whole: it loads nothing from elsewhere.</p></footer>
</body>
</html>
"##,
        title = text(&format!("{}: {}", summary.project, verdict::sentence(summary).headline)),
        links = joined(links),
        bodies = joined(bodies),
        version = env!("CARGO_PKG_VERSION"),
        id = summary.run_id,
    )
}
