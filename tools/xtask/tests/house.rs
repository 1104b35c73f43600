//! The house itself keeps the rules. What `cargo xtask arch` and `cargo xtask docs` print, as tests.

use std::path::Path;

use xtask::{Tree, Violation, arch, docs};

fn assert_kept(check: fn(&Tree) -> Vec<Violation>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = check(&Tree::read(&root).expect("the tree is readable"));
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} violations:\n{}", list.len(), list.join("\n"));
}

#[test]
fn the_house_keeps_its_rules() {
    assert_kept(arch::check);
}

#[test]
fn documents_name_what_exists_and_codes_have_pages() {
    assert_kept(docs::check);
}
