//! `cargo xtask <verb>`: the house rules as a program. A thin shell over the library; exit 1 means violations or a refusal.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result};
use xtask::{Tree, Violation, arch, docs, new::New};

const USAGE: &str = "\
usage: cargo xtask <verb> [ROOT]

  arch   direction of dependencies, sizes, names, forbidden words
  docs   paths named in documents, error codes and their pages

ROOT is the folder to look at; without it, this workspace.

       cargo xtask new command <context> <verb_noun> [--aggregate NAME]
       cargo xtask new query <context> <verb_noun>

  new    the files of a use case, which compile; write the rule into them
";

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let verb = arguments.next().unwrap_or_default();
    if verb == "new" {
        return write_new(&arguments.collect::<Vec<_>>());
    }
    let root = arguments.next().map_or_else(workspace_root, PathBuf::from);
    let check: fn(&Tree) -> Vec<Violation> = match verb.as_str() {
        "arch" => arch::check,
        "docs" => docs::check,
        _ => {
            std::io::stderr().write_all(USAGE.as_bytes())?;
            return Ok(ExitCode::from(2));
        }
    };
    let tree = Tree::read(&root).with_context(|| format!("could not read {}", root.display()))?;
    report(&verb, &tree, &check(&tree))
}

/// The workspace that this program was built from: two folders above its own manifest.
fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn write_new(arguments: &[String]) -> Result<ExitCode> {
    let root = workspace_root().canonicalize()?;
    let written = match New::parse(arguments).and_then(|new| new.write(&root)) {
        Ok(written) => written,
        Err(refusal) => {
            writeln!(std::io::stderr(), "{refusal:#}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    // A machine without rustfmt has the files all the same; `make check` then says what to do.
    let _ = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .args(&written)
        .status();
    let mut out = std::io::stdout().lock();
    for path in written {
        writeln!(out, "{}", path.strip_prefix(&root).unwrap_or(&path).display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn report(verb: &str, tree: &Tree, violations: &[Violation]) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    for violation in violations {
        writeln!(out, "{violation}")?;
    }
    let (files, count) = (tree.files.len(), violations.len());
    writeln!(out, "{verb}: {files} files, {count} violations")?;
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
