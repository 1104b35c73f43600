//! Event schemas: generated from the types, committed, and checked against every event ever published.
//!
//! A context's test says `testkit::schemas::check::<Export>(env!("CARGO_MANIFEST_DIR"), &[one of each event])`. Beside the
//! types there are then two files for each event type and each schema version:
//! - `docs/reference/events/<context>.<aggregate>/<Event>.v<N>.json`, its JSON Schema, below the nearest folder that has a
//!   `docs/reference`;
//! - `tests/golden/<context>.<aggregate>/<Event>.v<N>.json` of the crate, one payload as it was stored.
//!
//! Invariants
//! - An event type changes its shape only with [`kernel::Event::SCHEMA_VERSION`]: under one version whatever was stored stays
//!   readable. A field that may be missing and an event type may be added.
//! - Every golden file fits the schema of its version and is read, through [`kernel::Event::upcast`], by today's code.
//! - `WRITE_REFERENCE=1` writes what is new or may change. It never writes over a golden file, nor over a schema that
//!   today's type breaks.
//!
//! Absent on purpose: schemas that refer to themselves, and noticing that all files of one event type were deleted
//! together: the review sees that.

mod compatible;
mod files;
mod fits;
mod of_type;

use std::{env, path::Path};

use kernel::Aggregate;
use schemars::JsonSchema;

use files::{Folder, Name};
use of_type::{Read, Types};

/// What is done about a file that is missing or old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is trouble.
    Compare,
    /// It is written, where it may be.
    Write,
}

/// Checks the events of one aggregate; `folder` is that of the crate, `examples` has one event of each type at least.
///
/// # Panics
/// With all troubles and the way out of each.
pub fn check<A: Aggregate>(folder: &str, examples: &[A::Event])
where
    A::Event: JsonSchema,
{
    let mode = if env::var_os("WRITE_REFERENCE").is_some() { Mode::Write } else { Mode::Compare };
    let troubles = inspect::<A>(Path::new(folder), examples, mode);
    assert!(troubles.is_empty(), "events of `{}`:\n- {}", A::STREAM, troubles.join("\n- "));
}

/// The same, with the troubles as a list.
///
/// # Panics
/// If a file cannot be read or written, or an example cannot be written as JSON.
pub fn inspect<A: Aggregate>(folder: &Path, examples: &[A::Event], mode: Mode) -> Vec<String>
where
    A::Event: JsonSchema,
{
    let types = match Types::of::<A::Event>(A::STREAM, examples) {
        Ok(types) => types,
        Err(trouble) => return vec![trouble],
    };
    let read = |name: &Name, payload| {
        let event: A::Event = of_type::read(name, payload)?;
        A::default().apply(&event);
        Ok(())
    };
    let golden = Folder::at(&folder.join("tests/golden").join(A::STREAM));
    Inspection { types, schemas: Folder::of_schemas(folder, A::STREAM), golden, mode, troubles: Vec::new() }.run(&read)
}

struct Inspection {
    types: Types,
    schemas: Folder,
    golden: Folder,
    mode: Mode,
    troubles: Vec<String>,
}

const WRITE: &str = "run its test with WRITE_REFERENCE=1";

impl Inspection {
    fn run(mut self, read: &Read<'_>) -> Vec<String> {
        self.schemas_of_today();
        self.schemas_of_before();
        self.examples();
        self.golden_files(read);
        self.troubles
    }

    fn schemas_of_today(&mut self) {
        let version = self.types.version;
        for (kind, made) in &self.types.schemas {
            let name = Name { kind: kind.clone(), version };
            let Some(committed) = self.schemas.get(&name) else {
                if self.mode == Mode::Write {
                    self.schemas.write(&name, made);
                } else {
                    self.troubles.push(format!("{name} has no schema: {WRITE}"));
                }
                continue;
            };
            if self.schemas.is(&name, made) {
                continue;
            }
            let breaks = compatible::breaks(&committed, made);
            if !breaks.is_empty() {
                self.troubles.push(format!("{name} {}: {}", breaks.join("; "), way_out(version)));
            } else if self.mode == Mode::Write {
                self.schemas.write(&name, made);
            } else {
                self.troubles.push(format!("the schema of {name} is old: {WRITE}"));
            }
        }
    }

    /// What was published stays: under this version the types too, under earlier ones at least the files.
    fn schemas_of_before(&mut self) {
        let version = self.types.version;
        let gone: Vec<_> = self
            .schemas
            .names()
            .filter(|name| {
                name.version > version || name.version == version && !self.types.schemas.contains_key(&name.kind)
            })
            .cloned()
            .collect();
        for name in gone {
            let why =
                if name.version > version { "is of a later version than today's type" } else { "is gone or renamed" };
            self.troubles.push(format!("{name} {why}: {}", way_out(version.max(name.version))));
        }
        for earlier in (1..version).filter(|earlier| self.schemas.names().all(|name| name.version != *earlier)) {
            self.troubles
                .push(format!("there is no schema of version {earlier}: bring back its files from the history"));
        }
    }

    /// What today's code writes fits its schema, and there is a golden file of it.
    fn examples(&mut self) {
        for (kind, payload) in &self.types.examples {
            let name = Name { kind: kind.clone(), version: self.types.version };
            let made = self.types.schemas.get(kind);
            for misfit in made.map(|made| fits::misfits(made, payload)).unwrap_or_default() {
                self.troubles.push(format!("an example of {name} does not fit the schema of its type: {misfit}"));
            }
            if self.golden.get(&name).is_none() && self.mode == Mode::Write && self.schemas.get(&name).is_some() {
                self.golden.write(&name, payload);
            }
        }
        for kind in
            self.types.schemas.keys().filter(|kind| !self.types.examples.iter().any(|(other, _)| other == *kind))
        {
            self.troubles.push(format!("`{kind}` has no example: give the test one"));
        }
    }

    fn golden_files(&mut self, read: &Read<'_>) {
        for name in self.schemas.names().filter(|name| self.golden.get(name).is_none()) {
            self.troubles.push(format!("{name} has no golden file: {WRITE}"));
        }
        for name in self.golden.names() {
            let (Some(schema), Some(payload)) = (self.schemas.get(name), self.golden.get(name)) else {
                self.troubles.push(format!("the golden file of {name} has no schema beside it: bring it back"));
                continue;
            };
            for misfit in fits::misfits(&schema, &payload) {
                self.troubles.push(format!("the golden file of {name} does not fit its schema: {misfit}"));
            }
            if let Err(error) = read(name, payload) {
                let way = "bridge it in `upcast`, or undo the change";
                self.troubles.push(format!("the golden file of {name} is not read any more ({error}): {way}"));
            }
        }
    }
}

fn way_out(version: u16) -> String {
    let next = version + 1;
    format!(
        "raise SCHEMA_VERSION to {next} and bridge version {version} in `upcast`, or undo the change (never published? delete \
         its two files and write them anew)"
    )
}
