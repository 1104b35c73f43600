//! Sizes: a file that fits in a head, a crate that fits in a week.
//!
//! Functions are measured in `source`, which reads them. Tables of data (`.csv`, `.txt`) have no limit.

use crate::{Tree, Violation, manifest::Member};

/// Lines of a source file, tests too.
const MAX_FILE_LINES: usize = 400;

/// Lines below `src/`. Integration tests are crates of their own, and are held by the limit for files alone.
const MAX_CRATE_LINES: usize = 6_000;

/// What a person writes and reads as code.
const CODE: [&str; 6] = ["rs", "sql", "sh", "py", "jinja", "toml"];

pub(super) fn check(tree: &Tree, members: &[Member<'_>]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| CODE.contains(&file.extension())) {
        let lines = file.text.lines().count();
        if lines > MAX_FILE_LINES {
            let text =
                format!("{lines} lines, at most {MAX_FILE_LINES}; move one of its topics into a file of its own");
            found.push(file.violation(MAX_FILE_LINES + 1, "file-size", text));
        }
    }
    for member in members {
        let sources = format!("{}/src/", member.folder);
        let lines: usize =
            tree.rust().filter(|file| file.path.starts_with(&sources)).map(|file| file.text.lines().count()).sum();
        if lines > MAX_CRATE_LINES {
            let text = format!(
                "crate `{}` has {lines} lines, at most {MAX_CRATE_LINES}; make it several crates in one folder",
                member.name
            );
            found.push(member.manifest.violation(1, "crate-size", text));
        }
    }
    found
}
