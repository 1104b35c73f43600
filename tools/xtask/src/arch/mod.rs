//! `cargo xtask arch`: what stands where, how big it is, and what is not written here.

mod direction;
mod sizes;
mod source;
mod text;

use crate::{Tree, Violation, manifest};

/// All rules over the whole tree; violations in the order of their places.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Violation> {
    let members = manifest::members(tree);
    let mut found = direction::check(&members);
    found.extend(sizes::check(tree, &members));
    found.extend(source::check(tree));
    found.extend(text::check(tree));
    found.sort_by(|a, b| (&a.path, a.line, a.rule).cmp(&(&b.path, b.line, b.rule)));
    found.dedup();
    found
}
