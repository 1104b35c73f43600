//! `cargo xtask new` in a planted workspace: what it writes, what it refuses, and that a refusal writes nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;
use xtask::{Tree, arch, new::New};

const FILES: [(&str, &str); 9] = [
    (
        "crates/contexts/exports/Cargo.toml",
        "[package]\nname = \"exports\"\n[lints]\nworkspace = true\n[dependencies]\neventlog.workspace = true\nkernel.workspace = true\nserde.workspace = true\nsql.workspace = true\ntracing.workspace = true\n",
    ),
    (
        "crates/contexts/exports/src/lib.rs",
        "//! Files made on request.\n\nmod domain;\nmod error;\n\npub use error::ExportsError;\n\n/// The front door.\npub struct Exports {\n    log: EventLog,\n}\n",
    ),
    ("crates/contexts/exports/src/error.rs", "//! How this context fails.\n\npub enum ExportsError {}\n"),
    (
        "crates/contexts/exports/src/domain/mod.rs",
        "//! The rules, without I/O.\n\nmod export;\n\npub(crate) use export::{Export, Refusal};\n",
    ),
    (
        "crates/contexts/exports/src/domain/export.rs",
        "//! One export and its rules.\n\nimpl Aggregate for Export {\n    type Id = ExportId;\n}\n",
    ),
    ("crates/contexts/doorless/src/lib.rs", "//! No front door here yet.\n"),
    ("crates/contracts/src/exports.rs", "//! Exports, as the others see them.\n\nkernel::typed_id!(ExportId);\n"),
    ("crates/kernel/src/lib.rs", "//! Words that every crate shares.\n"),
    (
        "crates/kernel/src/permission.rs",
        "//! Everything that one may do.\n\npermissions! {\n    /// See exports.\n    ExportsSee = \"exports:read\",\n    /// See jobs.\n    JobsRead = \"jobs:read\",\n}\n",
    ),
];

fn planted() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        put(root.path(), path, text);
    }
    root
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn call(root: &TempDir, arguments: &str) -> anyhow::Result<Vec<String>> {
    let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
    let written = New::parse(&arguments)?.write(root.path())?;
    Ok(written.iter().map(|path| path.strip_prefix(root.path()).unwrap().display().to_string()).collect())
}

fn all(root: &TempDir) -> BTreeMap<String, String> {
    Tree::read(root.path()).unwrap().files.into_iter().map(|file| (file.path, file.text)).collect()
}

#[test]
fn a_command_is_a_file_its_mentions_and_its_permission() {
    let root = planted();
    let written = call(&root, "command exports request_export").unwrap();
    assert_eq!(
        written,
        [
            "crates/contexts/exports/src/commands/mod.rs",
            "crates/contexts/exports/src/commands/request_export.rs",
            "crates/contexts/exports/src/lib.rs",
            "crates/kernel/src/permission.rs",
        ]
    );
    let files = all(&root);
    let file = &files["crates/contexts/exports/src/commands/request_export.rs"];
    for part in [
        "use contracts::exports::ExportId;",
        "pub struct RequestExport {",
        "name = \"exports.request_export\"",
        "fields(export.id = %command.id)",
        "pub async fn request_export(&self, actor: &Actor, command: RequestExport) -> Result<(), ExportsError>",
        "actor.require(Permission::ExportsRequest)?;",
        "change::<Export, Refusal, ExportsError>",
        "fn request_export_changes_nothing_yet()",
    ] {
        assert!(file.contains(part), "{part} is not in\n{file}");
    }
    let lib = &files["crates/contexts/exports/src/lib.rs"];
    assert!(
        lib.contains("\nmod commands;\nmod domain;") && lib.contains("\npub use commands::RequestExport;\n"),
        "{lib}"
    );
    let permissions = &files["crates/kernel/src/permission.rs"];
    let expected = "    /// Request export.\n    ExportsRequest = \"exports:request\",\n    /// See jobs.\n";
    assert!(permissions.contains(expected), "{permissions}");
    assert!(!files.keys().any(|path| path.contains(".new")));
}

#[test]
fn a_second_command_stands_beside_the_first_and_shares_its_permission() {
    let root = planted();
    call(&root, "command exports request_export").unwrap();
    call(&root, "command exports request_copy --aggregate Export").unwrap();
    let files = all(&root);
    let module = &files["crates/contexts/exports/src/commands/mod.rs"];
    assert!(module.contains("mod request_copy;\nmod request_export;\n"), "{module}");
    assert!(
        module.contains("pub use request_copy::RequestCopy;\npub use request_export::RequestExport;\n"),
        "{module}"
    );
    assert!(files["crates/contexts/exports/src/lib.rs"].contains("pub use commands::{RequestCopy, RequestExport};"));
    assert_eq!(files["crates/kernel/src/permission.rs"].matches("exports:request").count(), 1);
}

#[test]
fn a_query_uses_the_permission_to_read_that_is_there() {
    let root = planted();
    call(&root, "query exports list_exports").unwrap();
    let files = all(&root);
    let file = &files["crates/contexts/exports/src/queries/list_exports.rs"];
    for part in ["Permission::ExportsSee", "pub struct ListExportsRow {", "without `exports:read`", "workspace_id = $1"]
    {
        assert!(file.contains(part), "{part} is not in\n{file}");
    }
    let (_, before) = FILES[8];
    assert_eq!(files["crates/kernel/src/permission.rs"], before);
}

#[test]
fn what_is_written_keeps_the_rules_of_the_house() {
    let root = planted();
    let count = |root: &TempDir| arch::check(&Tree::read(root.path()).unwrap()).len();
    let before = count(&root);
    call(&root, "command exports request_export").unwrap();
    call(&root, "query exports list_exports").unwrap();
    let files = all(&root);
    assert!(
        files.values().all(|text| !text.contains("{Name}") && !text.contains("{Context}")),
        "a word was not filled in"
    );
    assert_eq!(count(&root), before, "{:?}", arch::check(&Tree::read(root.path()).unwrap()));
}

#[test]
fn a_refusal_names_the_way_out_and_writes_nothing() {
    type Change = fn(&Path);
    let nothing: Change = |_| {};
    let cases: [(&str, Change, &str); 13] = [
        ("command exports RequestExport", nothing, "write it like `request_export`"),
        ("query exports list", nothing, "write it like `request_export`"),
        ("command imports request_import", nothing, "write one of: doorless, exports"),
        ("command doorless open_door", nothing, "write `pub struct Doorless { log: EventLog }` first"),
        ("command exports request_export --aggregate Import", nothing, "--aggregate Export"),
        ("command exports", nothing, "usage: cargo xtask new command"),
        (
            "command exports request_export",
            |root| put(root, "crates/contexts/exports/src/commands/request_export.rs", "//! It is here.\n"),
            "request_export.rs is there already",
        ),
        (
            "command exports request_export",
            |root| put(root, "crates/contexts/exports/src/domain/import.rs", "//! Another one.\n"),
            "--aggregate Export|Import",
        ),
        (
            "command exports request_export",
            |root| put(root, "crates/contexts/exports/src/domain/mod.rs", "pub(crate) use export::Export;\n"),
            "does not give out `Refusal`",
        ),
        (
            "command exports request_export",
            |root| put(root, "crates/contracts/src/exports.rs", "//! Nothing.\n"),
            "could not find `ExportId`",
        ),
        (
            "query exports list_exports",
            |root| put(root, "crates/contexts/exports/Cargo.toml", "[dependencies]\nkernel.workspace = true\n"),
            "`eventlog.workspace = true`, `serde.workspace = true`, `sql.workspace = true`",
        ),
        (
            "query exports list_exports",
            |root| put(root, "crates/contexts/exports/src/error.rs", "//! Nothing.\n"),
            "has no `ExportsError`",
        ),
        (
            "query exports list_exports",
            |root| put(root, "crates/contexts/exports/src/queries/mod.rs", "//! Broken. \nfn broken( {\n"),
            "would no longer read as Rust",
        ),
    ];
    for (arguments, change, expected) in cases {
        let root = planted();
        change(root.path());
        let before = all(&root);
        let refusal = call(&root, arguments).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{arguments}: {refusal}");
        assert_eq!(all(&root), before, "{arguments}: {expected}");
    }
}
