//! One rule of direction: a crate depends on strictly lower tiers only, `kernel < contracts, platform < contexts,
//! adapters < app`; and heavy engines live in one place each.
//!
//! Inside a tier nothing sees anything else, except along the three short orders below. Test dependencies follow
//! the same rule, so that a context's tests never compile another context; only they may see the test kit.

use crate::{
    Violation,
    manifest::{Dependency, Member, Place},
};

/// Inside `platform`: a crate sees those of earlier ranks. `tables` needs none of the others.
const PLATFORM: [&[&str]; 6] = [
    &["crypto", "config", "telemetry", "objects", "cache", "tables", "outbound"],
    &["sql"],
    &["eventlog"],
    &["jobs", "bus"],
    &["http"],
    &["modules"],
];

/// Inside the folder of one context that is several crates.
const PARTS: [&[&str]; 4] = [&["model"], &["engine"], &["front"], &["http"]];

/// Inside `app`: the binary stands above the server, and that above what it mounts. GraphQL is made of operations, and tested
/// behind the gateway.
const APP: [&[&str]; 4] = [&["api", "gateway", "generator", "terminal"], &["graphql"], &["server"], &["grayghost"]];

/// Heavy or discouraged crates, by the start of their names, and the folders that may depend on them.
const HOMES: [(&[&str], &[&str], &str); 4] = [
    (&["datafusion", "deltalake"], &["crates/contexts/lakehouse/engine"], "ask the lakehouse through its front door"),
    (
        &["arrow", "parquet"],
        &["crates/platform/tables", "crates/contexts/lakehouse/"],
        "read files through `tables`, tables through the lakehouse",
    ),
    (&["tantivy"], &["crates/contexts/search"], "ask the search context through `contracts`"),
    (&["anyhow"], &["crates/app/", "crates/testkit", "tools/"], "write an error enum with `thiserror`"),
];

pub(super) fn check(members: &[Member<'_>]) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in members {
        found.extend(placed(member));
        for dependency in &member.dependencies {
            found.extend(homed(member, dependency));
            let Some(target) = members.iter().find(|other| other.name == dependency.name) else { continue };
            let (Some(from), Some(to)) = (member.place, target.place) else { continue };
            if let Some(reason) = refusal(from, to, dependency.for_tests) {
                let text = format!("`{}` may not depend on `{}`: {reason}", member.name, target.name);
                found.push(member.manifest.violation(dependency.line, "direction", text));
            }
        }
    }
    found
}

/// A crate stands in a folder of the house, has a rank where ranks are needed, and takes the house's lints.
fn placed(member: &Member<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let unranked = match member.place {
        None => Some("stands outside of the house; move it below crates/<tier>/ or tools/"),
        Some(Place::Platform(name)) if rank(&PLATFORM, name).is_none() => {
            Some("has no rank; add it to `PLATFORM` in tools/xtask/src/arch/direction.rs")
        }
        Some(Place::App(name)) if rank(&APP, name).is_none() => {
            Some("has no rank; add it to `APP` in tools/xtask/src/arch/direction.rs")
        }
        Some(Place::Context(_, part)) if !part.is_empty() && rank(&PARTS, part).is_none() => {
            Some("is no known part of a context; call it model, engine, front or http")
        }
        _ => None,
    };
    found.extend(unranked.map(|why| member.manifest.violation(1, "place", format!("crate `{}` {why}", member.name))));
    if !member.takes_lints {
        let text = format!("crate `{}` escapes the lints; write `[lints]` and `workspace = true`", member.name);
        found.push(member.manifest.violation(1, "lints", text));
    }
    found
}

fn homed(member: &Member<'_>, dependency: &Dependency) -> Option<Violation> {
    let name = dependency.name.as_str();
    let (_, homes, way_out) = HOMES.iter().find(|(families, ..)| families.iter().any(|family| is_of(name, family)))?;
    let at_home = homes.iter().any(|home| match home.strip_suffix('/') {
        Some(_) => member.folder.starts_with(home),
        None => member.folder == *home,
    });
    let for_a_test = dependency.for_tests && name == "anyhow";
    (!at_home && !for_a_test).then(|| {
        let text = format!("`{name}` belongs to {}; {way_out}", homes.join(", "));
        member.manifest.violation(dependency.line, "home", text)
    })
}

/// Whether a crate is `family` or `family-something`.
fn is_of(name: &str, family: &str) -> bool {
    name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Why `from` may not depend on `to`; `None` if it may.
fn refusal(from: Place<'_>, to: Place<'_>, for_tests: bool) -> Option<&'static str> {
    const PARTS_WAY: &str = "inside a context the order is model < engine < front; move the shared part down";
    match (from, to) {
        (_, Place::Tool) => Some("nothing depends on a tool; move the shared part into a crate"),
        (Place::Tool, _) => None,
        (_, Place::Testkit) => (!for_tests).then_some("the test kit is for [dev-dependencies]"),
        (Place::Context(a, _), Place::Context(b, _)) if a != b => {
            Some("a context never sees another; use its facts or a query trait in `contracts`")
        }
        (Place::Context(_, a), Place::Context(_, b)) => (!is_above(&PARTS, a, b)).then_some(PARTS_WAY),
        (Place::Context(..), Place::Adapter(_)) => {
            Some("a context never sees an adapter; state a port, and let `app` give it the adapter")
        }
        (Place::Adapter(_), Place::Context(..)) => Some("an adapter never sees a context; it implements a port of `platform`"),
        (Place::Platform(a), Place::Platform(b)) => (!is_above(&PLATFORM, a, b))
            .then_some("the order inside `platform` is the list in tools/xtask/src/arch/direction.rs; move the shared part down"),
        (Place::App(a), Place::App(b)) => {
            (!is_above(&APP, a, b)).then_some("the order inside `app` is the list in tools/xtask/src/arch/direction.rs; move the shared part down")
        }
        _ => (tier(to) >= tier(from)).then_some(
            "kernel < contracts, platform < contexts, adapters < app, and only strictly lower tiers are seen; move the shared part down",
        ),
    }
}

fn tier(place: Place<'_>) -> u8 {
    match place {
        Place::Kernel => 0,
        Place::Contracts | Place::Platform(_) => 1,
        Place::Context(..) | Place::Adapter(_) => 2,
        Place::App(_) => 3,
        // Both stand outside: they see everything.
        Place::Testkit | Place::Tool => u8::MAX,
    }
}

fn rank(order: &[&[&str]], name: &str) -> Option<usize> {
    order.iter().position(|names| names.contains(&name))
}

/// A name without a rank is reported by [`placed`], once, and not for each of its dependencies.
fn is_above(order: &[&[&str]], from: &str, to: &str) -> bool {
    match (rank(order, from), rank(order, to)) {
        (Some(from), Some(to)) => from > to,
        _ => true,
    }
}
