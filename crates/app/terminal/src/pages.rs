//! The pages on error codes, inside the binary.

use include_dir::{Dir, include_dir};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../../docs/errors");

/// Names less similar than this (Jaro–Winkler, from 0 to 1) are not worth suggesting.
const SIMILAR: f64 = 0.8;

/// One page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// `context.reason`.
    pub code: &'static str,
    /// Markdown; its first line is the code as a heading.
    pub text: &'static str,
}

impl Page {
    /// The first sentence below the heading.
    pub fn gist(&self) -> String {
        let paragraph = self.text.lines().skip(1).skip_while(|line| line.trim().is_empty());
        let paragraph: Vec<&str> = paragraph.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        let paragraph = paragraph.join(" ");
        paragraph.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
    }
}

/// All pages, by code.
pub fn all() -> Vec<Page> {
    let mut pages: Vec<Page> = PAGES
        .files()
        .filter_map(|file| {
            let code = file.path().file_name()?.to_str()?.strip_suffix(".md")?;
            Some(Page { code, text: file.contents_utf8()? })
        })
        // The index of the folder has no reason, and so no dot.
        .filter(|page| page.code.contains('.'))
        .collect();
    pages.sort_by_key(|page| page.code);
    pages
}

/// The page of a code.
pub fn find(code: &str) -> Option<Page> {
    all().into_iter().find(|page| page.code == code)
}

/// The code that was probably meant: the reason alone, or a slip of the finger.
pub fn nearest(code: &str) -> Option<String> {
    let score = |page: &Page| {
        let reason = page.code.split_once('.').map_or(page.code, |(_, reason)| reason);
        strsim::jaro_winkler(code, page.code).max(strsim::jaro_winkler(code, reason))
    };
    let scored = all().into_iter().map(|page| (score(&page), page.code));
    let best = scored.max_by(|(left, _), (right, _)| left.total_cmp(right));
    best.filter(|(score, _)| *score >= SIMILAR).map(|(_, code)| code.to_owned())
}
