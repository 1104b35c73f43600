//! Every rule must find what was planted for it, and a clean tree must pass.
//!
//! Trees are written to a scratch folder, so that reading them is tested too. Forbidden words are put together
//! here, because this file is judged by the same rules.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::{fs, path::Path};

use tempfile::TempDir;
use xtask::{Tree, arch, docs};

const HEADER: &str = "//! Says in some words what this is for.\n";

/// A small house that breaks no rule.
fn clean() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (folder, dependencies) in [
        ("crates/kernel", ""),
        ("crates/contracts", "kernel.workspace = true\n"),
        ("crates/platform/tables", "kernel.workspace = true\narrow.workspace = true\n"),
        ("crates/platform/sql", "tables.workspace = true\n"),
        ("crates/contexts/lakehouse/model", "kernel.workspace = true\n"),
        (
            "crates/contexts/lakehouse/engine",
            "model.workspace = true\ntables.workspace = true\ndatafusion.workspace = true\n",
        ),
        ("crates/contexts/lakehouse/front", "engine.workspace = true\nmodel.workspace = true\n"),
        (
            "crates/contexts/exports",
            "contracts.workspace = true\n[dev-dependencies]\ntestkit.workspace = true\nanyhow.workspace = true\n",
        ),
        ("crates/adapters/redis", "sql.workspace = true\n"),
        ("crates/app/generator", "kernel.workspace = true\n"),
        (
            "crates/app/grayghost",
            "generator.workspace = true\nfront.workspace = true\nredis.workspace = true\nanyhow.workspace = true\n",
        ),
        ("crates/testkit", "kernel.workspace = true\n"),
        ("tools/xtask", "anyhow.workspace = true\n"),
    ] {
        let name = folder.rsplit('/').next().unwrap();
        put(&root, &format!("{folder}/Cargo.toml"), &manifest(name, dependencies));
        put(&root, &format!("{folder}/src/lib.rs"), HEADER);
    }
    put(
        &root,
        "Cargo.toml",
        "[workspace.dependencies]\nkernel = { path = \"crates/kernel\" }\nserde = \"1\" # settings\n",
    );
    put(&root, "docs/errors/tables.empty.md", "# tables.empty\n");
    put(&root, "docs/errors/README.md", "# Error codes\n");
    put(
        &root,
        "crates/platform/tables/src/error.rs",
        &format!("{HEADER}fn code() -> &'static str {{ \"tables.empty\" }}\n"),
    );
    put(
        &root,
        "README.md",
        "See `crates/kernel/src/lib.rs:3`, `docs/errors/<code>.md`, `crates/{kernel,contracts}` and [it](docs/errors/README.md#top).\n",
    );
    root
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!("[package]\nname = \"{name}\"\n[lints]\nworkspace = true\n[dependencies]\n{dependencies}")
}

fn put(root: &TempDir, path: &str, text: &str) {
    let path = root.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn violations(root: &Path, check: fn(&Tree) -> Vec<xtask::Violation>) -> Vec<String> {
    check(&Tree::read(root).unwrap()).iter().map(ToString::to_string).collect()
}

#[test]
fn a_clean_tree_passes() {
    let root = clean();
    assert_eq!(violations(root.path(), arch::check), [""; 0]);
    assert_eq!(violations(root.path(), docs::check), [""; 0]);
}

/// Plants one file in a clean tree: exactly the expected violations, each given by its beginning, must come.
fn assert_found(check: fn(&Tree) -> Vec<xtask::Violation>, path: &str, text: &str, expected: &[&str]) {
    let root = clean();
    put(&root, path, text);
    let found = violations(root.path(), check);
    assert_eq!(found.len(), expected.len(), "planted {path}:\n{text}\nfound {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "found {found}\nexpected {expected}");
    }
}

#[test]
fn wrong_directions_are_found() {
    for (folder, dependency) in [
        ("crates/kernel", "contracts"),
        ("crates/contracts", "tables"),
        ("crates/platform/tables", "sql"),
        ("crates/platform/sql", "contracts"),
        ("crates/contexts/lakehouse/model", "engine"),
        ("crates/contexts/lakehouse/engine", "front"),
        ("crates/contexts/exports", "front"),
        ("crates/contexts/exports", "redis"),
        ("crates/contexts/exports", "testkit"),
        ("crates/adapters/redis", "exports"),
        ("crates/adapters/redis", "grayghost"),
        ("crates/app/generator", "grayghost"),
        ("crates/app/grayghost", "xtask"),
    ] {
        let name = folder.rsplit('/').next().unwrap();
        let path = format!("{folder}/Cargo.toml");
        let expected = format!("{path}:6: direction: `{name}` may not depend on `{dependency}`: ");
        assert_found(arch::check, &path, &manifest(name, &format!("{dependency}.workspace = true\n")), &[&expected]);
    }
}

#[test]
fn other_tables_of_dependencies_are_read_too() {
    let path = "crates/kernel/Cargo.toml";
    for text in [
        "[dev-dependencies]\ntables.workspace = true\n",
        "[target.'cfg(unix)'.dependencies]\ntables.workspace = true\n",
        "[dependencies.tables]\nworkspace = true\n",
        "[build-dependencies]\nother = { package = \"tables\", workspace = true }\n",
    ] {
        let text = format!("[package]\nname = \"kernel\"\n[lints]\nworkspace = true\n{text}");
        let line = text.lines().position(|line| line.contains("tables")).unwrap() + 1;
        assert_found(arch::check, path, &text, &[&format!("{path}:{line}: direction: ")]);
    }
}

#[test]
fn heavy_engines_outside_of_their_homes_are_found() {
    for (folder, dependency) in [
        ("crates/contexts/lakehouse/front", "datafusion"),
        ("crates/platform/tables", "deltalake"),
        ("crates/platform/sql", "arrow-array"),
        ("crates/app/grayghost", "parquet"),
        ("crates/contexts/exports", "tantivy"),
        ("crates/platform/sql", "anyhow"),
    ] {
        let path = format!("{folder}/Cargo.toml");
        let text = manifest(folder.rsplit('/').next().unwrap(), &format!("{dependency}.workspace = true\n"));
        assert_found(arch::check, &path, &text, &[&format!("{path}:6: home: `{dependency}` belongs to ")]);
    }
}

#[test]
fn crates_without_a_place_or_lints_are_found() {
    for folder in
        ["crates/more", "crates/platform/misc", "crates/app/shop", "crates/contexts/lakehouse/extra", "bench/tool"]
    {
        let path = format!("{folder}/Cargo.toml");
        let expected = format!("{path}:1: place: ");
        assert_found(arch::check, &path, &manifest("fresh", ""), &[&expected]);
    }
    let path = "crates/kernel/Cargo.toml";
    assert_found(arch::check, path, "[package]\nname = \"kernel\"\n", &["crates/kernel/Cargo.toml:1: lints: "]);
}

#[test]
fn sizes_over_the_limits_are_found() {
    let path = "crates/kernel/src/big.rs";
    let long = format!("{HEADER}{}", "\n".repeat(400));
    assert_found(arch::check, path, &long, &["crates/kernel/src/big.rs:401: file-size: 401 lines"]);
    assert_found(arch::check, "crates/kernel/tests/big.rs", &long, &["crates/kernel/tests/big.rs:401: file-size: "]);

    let body = "\n".repeat(70);
    let found = "crates/kernel/src/big.rs:2: fn-size: `f` has 71 lines";
    assert_found(arch::check, path, &format!("{HEADER}fn f() {{{body}}}\n"), &[found]);
    assert_found(arch::check, path, &format!("{HEADER}macro_rules! m {{ () => {{ fn f() {{{body}}} }} }}\n"), &[found]);

    let many = format!("{HEADER}fn f(a: u8, b: u8, c: u8, d: u8, e: u8, g: u8) {{}}\n");
    assert_found(arch::check, path, &many, &["crates/kernel/src/big.rs:2: parameters: `f` takes 6 parameters"]);
}

#[test]
fn a_crate_over_the_limit_is_found() {
    let root = clean();
    for number in 0..20 {
        put(&root, &format!("crates/kernel/src/part{number}.rs"), &format!("{HEADER}{}", "\n".repeat(300)));
    }
    let found = violations(root.path(), arch::check);
    assert!(
        found.len() == 1 && found[0].starts_with("crates/kernel/Cargo.toml:1: crate-size: crate `kernel` has 6021"),
        "{found:?}"
    );
}

#[test]
fn forbidden_words_in_sources_are_found() {
    let path = "crates/kernel/src/plan.rs";
    let note = concat!("TO", "DO");
    for (line, rule) in [
        ("#[allow(dead_code)] fn f() {}", "allow"),
        ("#![allow(dead_code)]", "allow"),
        ("#[cfg_attr(unix, allow(dead_code))] fn f() {}", "allow"),
        ("fn f() { g().unwrap(); }", "panic"),
        ("macro_rules! m { () => { g().unwrap() } }", "panic"),
        ("fn f() { g().expect(\"it is there\"); }", "panic"),
        ("mod utils;", "name"),
        ("mod helpers { }", "name"),
        (&format!("// {note}: later"), "note"),
        ("// let x = old(y);", "asleep"),
        ("    // if old(y) {", "asleep"),
        ("fn f() { ", "syntax"),
    ] {
        let text = format!("{HEADER}{line}\n");
        assert_found(arch::check, path, &text, &[&format!("{path}:2: {rule}: ")]);
    }
}

#[test]
fn panics_in_tests_are_no_violations() {
    for (path, text) in [
        ("crates/kernel/tests/it.rs", "fn f() { g().unwrap(); }"),
        ("crates/kernel/src/plan.rs", "#[cfg(test)] mod tests { fn f() { g().unwrap(); } }"),
        ("crates/kernel/src/plan.rs", "// A sentence of prose; it goes on,\n// and ends here; like this."),
    ] {
        assert_found(arch::check, path, &format!("{HEADER}{text}\n"), &[]);
    }
    let root = clean();
    put(&root, "crates/kernel/src/plan.rs", &format!("{HEADER}#[cfg(test)] mod cases;\n"));
    put(&root, "crates/kernel/src/plan/cases.rs", &format!("{HEADER}fn f() {{ g().unwrap(); }}\n"));
    assert_eq!(violations(root.path(), arch::check), [""; 0]);
}

#[test]
fn files_without_a_header_or_with_an_empty_name_are_found() {
    let path = "crates/kernel/src/plan.rs";
    assert_found(arch::check, path, "fn f() {}\n", &["crates/kernel/src/plan.rs:1: header: "]);
    assert_found(arch::check, path, "//! x\nfn f() {}\n", &["crates/kernel/src/plan.rs:1: header: "]);
    for path in ["crates/kernel/src/utils.rs", "crates/kernel/src/helpers/run.rs", "crates/kernel/tests/common/mod.rs"]
    {
        assert_found(arch::check, path, HEADER, &[&format!("{path}:1: name: ")]);
    }
}

#[test]
fn places_of_one_machine_are_found() {
    for (word, rule) in [
        (concat!("/wo", "rk/main"), "machine"),
        (concat!("/ro", "ot/data"), "machine"),
        (concat!("/ho", "me/me/data"), "machine"),
        (concat!("https://pypi", ".org/simple"), "registry"),
        (concat!("index", "-url = here"), "registry"),
    ] {
        for path in ["docs/guides/run.md", "tools/run.sh"] {
            assert_found(arch::check, path, &format!("\n{word}\n"), &[&format!("{path}:2: {rule}: ")]);
        }
    }
}

#[test]
fn dependencies_without_a_reason_or_from_elsewhere_are_found() {
    let found = ["Cargo.toml:2: comment: `serde` does not say what it is for"];
    assert_found(arch::check, "Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n", &found);
    let path = "crates/kernel/Cargo.toml";
    assert_found(arch::check, path, &manifest("kernel", "serde = \"1\"\n"), &["crates/kernel/Cargo.toml:6: comment: "]);
    for source in ["git+https://example.org/a", "registry+https://mirror.example.org/index"] {
        assert_found(arch::check, "Cargo.lock", &format!("\nsource = \"{source}\"\n"), &["Cargo.lock:2: registry: "]);
    }
}

#[test]
fn dead_paths_in_documents_are_found() {
    for text in [
        "see `crates/kernel/src/gone.rs`",
        "see `crates/kernel/src/gone.rs:12`",
        "run `tools/gone.sh now`",
        "see `docs/gone/<code>.md`",
        "see `crates/{kernel,gone}`",
        "see [it](crates/gone/)",
        "see `deny.toml`",
    ] {
        assert_found(docs::check, "ARCHITECTURE.md", text, &["ARCHITECTURE.md:1: path: "]);
    }
    assert_found(docs::check, "docs/adr/1.md", "see [it](../gone.md)", &["docs/adr/1.md:1: path: `docs/gone.md`"]);
    assert_found(docs::check, "docs/adr/1.md", "see [it](../errors/README.md) and `models/a.sql`", &[]);
    assert_found(docs::check, "README.md", "```\n`crates/gone`\n```\n", &[]);
}

#[test]
fn codes_without_pages_and_pages_without_codes_are_found() {
    let source = format!("{HEADER}fn code() -> &'static str {{ \"kernel.lost\" }}\n");
    assert_found(
        docs::check,
        "crates/kernel/src/error.rs",
        &source,
        &["crates/kernel/src/error.rs:2: page: `kernel.lost` has no page"],
    );
    let page = "docs/errors/tables.gone.md";
    assert_found(docs::check, page, "# tables.gone\n", &["docs/errors/tables.gone.md:1: page: no function `code`"]);
    let page = "docs/errors/tables.empty.md";
    assert_found(docs::check, page, "# Empty file\n", &["docs/errors/tables.empty.md:1: page: the first line"]);
}
