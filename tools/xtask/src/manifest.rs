//! Reads the `Cargo.toml` files: which crates there are, where each stands in the house, on what each depends.

use crate::{TextFile, Tree};

/// A crate of this workspace.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub(crate) manifest: &'a TextFile,
    /// Folder, without a slash at its end.
    pub(crate) folder: &'a str,
    pub(crate) name: String,
    pub(crate) place: Option<Place<'a>>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Whether it takes the workspace's lints.
    pub(crate) takes_lints: bool,
}

/// One line of a dependency table.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) for_tests: bool,
}

/// Where a crate stands, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    Kernel,
    Contracts,
    Platform(&'a str),
    /// The context's name and, where the context is several crates, the part's.
    Context(&'a str, &'a str),
    Adapter(&'a str),
    App(&'a str),
    /// Builders and clients for tests.
    Testkit,
    /// Tools of the house, below `tools/`.
    Tool,
}

impl<'a> Place<'a> {
    fn of(folder: &'a str) -> Option<Self> {
        let parts: Vec<&str> = folder.split('/').collect();
        Some(match parts.as_slice() {
            ["crates", "kernel"] => Self::Kernel,
            ["crates", "contracts"] => Self::Contracts,
            ["crates", "testkit"] => Self::Testkit,
            ["crates", "platform", name] => Self::Platform(name),
            ["crates", "contexts", context] => Self::Context(context, ""),
            ["crates", "contexts", context, part] => Self::Context(context, part),
            ["crates", "adapters", name] => Self::Adapter(name),
            ["crates", "app", name] => Self::App(name),
            ["tools", _] => Self::Tool,
            _ => return None,
        })
    }
}

/// All crates of the tree. A manifest that is no TOML is left to Cargo, which refuses it with a better message.
pub(crate) fn members(tree: &Tree) -> Vec<Member<'_>> {
    tree.files.iter().filter_map(member).collect()
}

fn member(file: &TextFile) -> Option<Member<'_>> {
    let folder = file.path.strip_suffix("/Cargo.toml")?;
    let table: toml::Table = file.text.parse().ok()?;
    let name = table.get("package")?.get("name")?.as_str()?.to_owned();
    let takes_lints = table.get("lints").and_then(|lints| lints.get("workspace")) == Some(&toml::Value::Boolean(true));
    let mut dependencies = Vec::new();
    collect(&table, &file.text, &mut dependencies);
    Some(Member { manifest: file, folder, name, place: Place::of(folder), dependencies, takes_lints })
}

/// The dependency tables of a manifest, those of `[target.*]` too.
fn collect(table: &toml::Table, text: &str, into: &mut Vec<Dependency>) {
    for (section, for_tests) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)] {
        let Some(entries) = table.get(section).and_then(toml::Value::as_table) else { continue };
        for (key, value) in entries {
            let name = value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned();
            into.push(Dependency { name, line: line_of(text, key), for_tests });
        }
    }
    let targets = table.get("target").and_then(toml::Value::as_table);
    for target in targets.into_iter().flat_map(|targets| targets.values()).filter_map(toml::Value::as_table) {
        collect(target, text, into);
    }
}

/// The first line that speaks of `key`: `key = ..`, `key.workspace = ..` or `[dependencies.key]`.
fn line_of(text: &str, key: &str) -> usize {
    let speaks = |line: &str| match line.trim_start().strip_prefix(key) {
        Some(rest) => rest.starts_with([' ', '=', '.']),
        None => line.contains(&format!("dependencies.{key}]")),
    };
    text.lines().position(speaks).map_or(1, |index| index + 1)
}
