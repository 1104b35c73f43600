//! Rules over plain lines: what a file says of itself, and words that are not to be written anywhere.
//!
//! Words that this file forbids are spelled in two halves, because it is judged too.

use crate::{TextFile, Tree, Violation};

/// Notes to oneself: an issue outlives them.
const NOTES: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// Places of one machine.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Where packages come from is the business of the machine that builds, never of the repository.
const REGISTRIES: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("registry.npm", "js.org"),
    concat!("proxy.golang", ".org"),
    concat!("deb.debian", ".org"),
    concat!("index", "-url"),
    concat!("replace", "-with"),
    concat!("[regis", "tries"),
];

/// The one source that a lock file names: Cargo's own word for "the usual registry", not a host to ask.
const LOCK_SOURCE: &str = concat!("source = \"registry+https://github.com/rust-lang/crates", ".io-index\"");

/// Files in which a note to oneself is a note in code.
const CODE: [&str; 6] = ["rs", "sql", "sh", "py", "jinja", "toml"];

/// The fewest words that can say what a file is for.
const MIN_HEADER_WORDS: usize = 3;

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.files {
        match (file.path.rsplit('/').next().unwrap_or_default(), file.extension()) {
            ("Cargo.lock", _) => {
                found.extend(locked(file));
                continue;
            }
            ("Cargo.toml", _) => found.extend(uncommented(file)),
            (_, "rs") => {
                found.extend(headless(file));
                found.extend(asleep(file));
            }
            _ => {}
        }
        found.extend(forbidden(file));
    }
    found
}

fn forbidden(file: &TextFile) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_code = CODE.contains(&file.extension());
    for (number, line) in file.lines() {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(**path)) {
            let text = format!("names a path of one machine (`{path}`); write it relative to the repository");
            found.push(file.violation(number, "machine", text));
        }
        if let Some(host) = REGISTRIES.iter().find(|host| line.contains(**host)) {
            let text = format!("names where packages come from (`{host}`); leave that to the machine that builds");
            found.push(file.violation(number, "registry", text));
        }
        if let Some(note) = NOTES.iter().find(|note| is_code && has_word(line, note)) {
            found.push(file.violation(
                number,
                "note",
                format!("{note}: do it now, or open an issue and remove the note"),
            ));
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|sign: char| !sign.is_alphanumeric() && sign != '_').any(|part| part == word)
}

/// A source begins with `//!` and says what it is for.
fn headless(file: &TextFile) -> Option<Violation> {
    let header = file.text.lines().map_while(|line| line.strip_prefix("//!"));
    let words: usize = header.map(|line| line.split_whitespace().count()).sum();
    let text = "has no `//!` that says what it is for; write purpose, invariants and what is deliberately absent";
    (words < MIN_HEADER_WORDS).then(|| file.violation(1, "header", text))
}

/// Code put to sleep in a comment. A cheap test that prose does not meet: the line ends as a statement or a block does.
fn asleep(file: &TextFile) -> Vec<Violation> {
    let is_code = |line: &str| {
        let Some(comment) = line.trim_start().strip_prefix("//") else { return false };
        let comment = comment.trim();
        let is_doc = line.trim_start().starts_with("///") || line.trim_start().starts_with("//!");
        let is_statement = comment.ends_with(';') && comment.contains(['(', '=', ':']);
        let is_block = comment.ends_with(") {") || comment.ends_with("=> {") || comment == "}" || comment == "});";
        !is_doc && (is_statement || is_block)
    };
    let text = "looks like code in a comment; delete it: git remembers";
    file.lines().filter(|(_, line)| is_code(line)).map(|(number, _)| file.violation(number, "asleep", text)).collect()
}

/// Every dependency with a version says what it is for, on its line.
fn uncommented(file: &TextFile) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut in_dependencies = false;
    for (number, line) in file.lines() {
        if line.starts_with('[') {
            in_dependencies = line.trim_end_matches(|sign: char| sign != ']').ends_with("dependencies]");
        }
        let is_entry = in_dependencies && line.starts_with(|sign: char| sign.is_alphanumeric()) && line.contains('=');
        let is_ours = line.contains("path = \"") || line.contains("workspace = true");
        if is_entry && !is_ours && !line.contains(" # ") {
            let name = line.split([' ', '=', '.']).next().unwrap_or_default();
            let text = format!("`{name}` does not say what it is for; write a comment at the end of its line");
            found.push(file.violation(number, "comment", text));
        }
    }
    found
}

/// Dependencies come from the usual registry: no git, no mirror.
fn locked(file: &TextFile) -> Vec<Violation> {
    let text = "is locked to another source than the usual registry; depend on a published version";
    file.lines()
        .filter(|(_, line)| line.starts_with("source = ") && *line != LOCK_SOURCE)
        .map(|(number, _)| file.violation(number, "registry", text))
        .collect()
}
