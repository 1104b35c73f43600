//! Rules that need a Rust source read as tokens: functions, panics, silenced lints, module names.

use std::collections::BTreeSet;

use crate::{
    TextFile, Tree, Violation,
    scan::{Banned, Function, Scan, scan},
};

const MAX_FUNCTION_LINES: usize = 70;
const MAX_PARAMETERS: usize = 5;

/// Names that say nothing about what is inside, so that anything ends up there.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "manager", "managers"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut scans: Vec<(&TextFile, Scan)> = Vec::new();
    for file in tree.rust() {
        match scan(&file.text, is_test_file(&file.path)) {
            Ok(read) => scans.push((file, read)),
            Err(error) => {
                let line = error.span().start().line;
                found.push(file.violation(line, "syntax", "cannot be read as Rust; correct it"));
            }
        }
    }
    // A module declared under `#[cfg(test)]` says so in its parent's file only.
    let tests: BTreeSet<String> = scans
        .iter()
        .flat_map(|(file, read)| read.test_modules.iter().map(|name| format!("{}{name}", children_of(&file.path))))
        .collect();
    for (file, read) in &scans {
        let is_test = tests.iter().any(|module| belongs_to(&file.path, module));
        found.extend(read.functions.iter().flat_map(|function| sized(file, function)));
        found.extend(read.hits.iter().filter_map(|hit| banned(file, hit.line, hit.what, is_test)));
        found.extend(read.modules.iter().filter_map(|(line, name)| named(file, *line, name)));
        found.extend(path_named(file));
    }
    found
}

/// The test kit is made of tests, and an example is run by a developer.
fn is_test_file(path: &str) -> bool {
    path.contains("/tests/")
        || path.contains("/benches/")
        || path.contains("/examples/")
        || path.starts_with("crates/testkit/")
}

/// Where the files of a source's modules lie: `src/` for `src/lib.rs`, `src/plan/` for `src/plan.rs`.
fn children_of(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => format!("{folder}/"),
        _ => format!("{folder}/{}/", name.trim_end_matches(".rs")),
    }
}

/// Whether `path` is the module `src/a/tests` or lies below it.
fn belongs_to(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn sized(file: &TextFile, function: &Function) -> Vec<Violation> {
    let Function { name, line, lines, parameters } = function;
    let mut found = Vec::new();
    if *lines > MAX_FUNCTION_LINES {
        let text = format!("`{name}` has {lines} lines, at most {MAX_FUNCTION_LINES}; give each of its steps a name");
        found.push(file.violation(*line, "fn-size", text));
    }
    if *parameters > MAX_PARAMETERS {
        let text = format!(
            "`{name}` takes {parameters} parameters, at most {MAX_PARAMETERS}; put what belongs together in a struct"
        );
        found.push(file.violation(*line, "parameters", text));
    }
    found
}

fn banned(file: &TextFile, line: usize, what: Banned, in_tests: bool) -> Option<Violation> {
    match what {
        Banned::Allow => {
            let text = "silences a lint for ever; write `#[expect(.., reason = \"..\")]`, or mend the cause";
            Some(file.violation(line, "allow", text))
        }
        Banned::Panic if in_tests => None,
        Banned::Panic => {
            let text = "panics outside tests; return an error, or make the case impossible by a type";
            Some(file.violation(line, "panic", text))
        }
    }
}

fn named(file: &TextFile, line: usize, name: &str) -> Option<Violation> {
    EMPTY_NAMES
        .contains(&name)
        .then(|| file.violation(line, "name", format!("a module `{name}` says nothing; name it after what it holds")))
}

fn path_named(file: &TextFile) -> Option<Violation> {
    let mut parts = file.path.trim_end_matches(".rs").split('/');
    let name = parts.find(|part| EMPTY_NAMES.contains(part))?;
    Some(file.violation(1, "name", format!("`{name}` in the path says nothing; name it after what it holds")))
}
