//! `cargo xtask docs`: documents that name what exists, and a page for every error code.
//!
//! Absent on purpose: prose style, and paths inside fenced blocks, which show commands and output.

use std::collections::{BTreeMap, BTreeSet};

use crate::{TextFile, Tree, Violation, scan::scan};

/// Folders at the top of the house: a name in backticks that begins with one is a path of ours.
const TOP: [&str; 10] =
    [".cargo/", ".ci/", "bench/", "crates/", "deploy/", "docs/", "projects/", "tests/", "tools/", "web/"];

/// Files at the top that have no folder to know them by.
const FILES: [&str; 5] = ["Cargo.toml", "Makefile", "clippy.toml", "deny.toml", "rustfmt.toml"];

const PAGES: &str = "docs/errors/";

/// All rules over the whole tree; violations in the order of their places.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found: Vec<Violation> = documents(tree).flat_map(|file| dead_paths(tree, file)).collect();
    found.extend(error_pages(tree));
    found.sort_by(|a, b| (&a.path, a.line, &a.text).cmp(&(&b.path, b.line, &b.text)));
    found
}

/// The documents at the top and below `docs/`. A README inside a project speaks of the user's folder, not of ours.
fn documents(tree: &Tree) -> impl Iterator<Item = &TextFile> {
    let is_ours = |path: &str| !path.contains('/') || path.starts_with("docs/");
    tree.files.iter().filter(move |file| file.extension() == "md" && is_ours(&file.path))
}

fn dead_paths(tree: &Tree, file: &TextFile) -> Vec<Violation> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    let mut in_fence = false;
    for (number, line) in file.lines() {
        in_fence ^= line.trim_start().starts_with("```");
        if in_fence {
            continue;
        }
        let named = quoted(line).flat_map(|path| alternatives(&path));
        let linked = links(line).map(|link| join(folder, link));
        for path in named.chain(linked).filter(|path| !tree.exists(path)) {
            let text = format!("`{path}` does not exist; correct the name, or remove the sentence");
            found.push(file.violation(number, "path", text));
        }
    }
    found
}

/// Paths of ours between backticks, without `:line` and without what follows a placeholder.
fn quoted(line: &str) -> impl Iterator<Item = String> {
    let words = line.split('`').skip(1).step_by(2).filter_map(|text| text.split_whitespace().next());
    words.filter(|word| is_path(word)).map(|word| {
        let path = word.split(':').next().unwrap_or_default();
        match path.find(['<', '*', '…']) {
            // `docs/errors/<code>.md` stands for many: its folder at least is there.
            Some(at) => path[..at].rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
            None => path.to_owned(),
        }
    })
}

fn is_path(word: &str) -> bool {
    FILES.contains(&word) || TOP.iter().any(|top| word.starts_with(top))
}

/// `a/{b,c}/d` is `a/b/d` and `a/c/d`.
fn alternatives(path: &str) -> Vec<String> {
    match path.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?))) {
        Some((start, (names, end))) => {
            names.split(',').flat_map(|name| alternatives(&format!("{start}{name}{end}"))).collect()
        }
        None => vec![path.to_owned()],
    }
}

/// Targets of `[text](target)` that are files: no address, no heading of the same page.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
}

/// A link's target seen from the root.
fn join(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn error_pages(tree: &Tree) -> Vec<Violation> {
    let codes = codes(tree);
    let mut found = Vec::new();
    let mut pages = BTreeSet::new();
    for file in &tree.files {
        let Some(code) = file.path.strip_prefix(PAGES).and_then(|name| name.strip_suffix(".md")) else { continue };
        if code == "README" {
            continue;
        }
        pages.insert(code);
        if !codes.contains_key(code) {
            let text = format!("no function `code` gives `{code}`; delete the page, or correct its name");
            found.push(file.violation(1, "page", text));
        }
        if file.text.lines().next() != Some(&format!("# {code}")) {
            found.push(file.violation(1, "page", format!("the first line must be `# {code}`")));
        }
    }
    for (code, (file, line)) in codes.iter().filter(|(code, _)| !pages.contains(code.as_str())) {
        let text = format!("`{code}` has no page; write {PAGES}{code}.md");
        found.push(file.violation(*line, "page", text));
    }
    found
}

/// Every error code and the first place that gives it. A source that is no Rust is `arch`'s to report.
fn codes(tree: &Tree) -> BTreeMap<String, (&TextFile, usize)> {
    let mut found = BTreeMap::new();
    for file in tree.rust().filter(|file| file.path.starts_with("crates/") && !file.path.contains("/tests/")) {
        let literals = scan(&file.text, false).map(|read| read.codes).unwrap_or_default();
        for (line, code) in literals.into_iter().filter(|(_, text)| is_code(text)) {
            found.entry(code).or_insert((file, line));
        }
    }
    found
}

/// `context.reason`, both in small letters.
fn is_code(text: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.split_once('.').is_some_and(|(context, reason)| is_word(context) && is_word(reason))
}
