//! `cargo xtask new`: the files of a use case in the house's one shape, so that one begins with the rule and not with
//! the furniture.
//!
//! Invariants
//! - either all files are written or none ([`plan`]); what is written reads as Rust;
//! - nothing that is there is overwritten; every refusal names the way out;
//! - what is written compiles, and its test holds until the rule takes its place.
//!
//! Absent on purpose: contexts and aggregates, which need thought, and a test through the front door: only the context knows
//! how it is set up.

mod context;
mod name;
mod permission;
mod plan;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use context::Context;
use name::{UseCase, pascal};
use plan::Plan;

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something that one can ask a context to do.
    Command,
    /// Something that one can ask a context to tell.
    Query,
}

/// A use case to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Command or query.
    pub kind: Kind,
    /// The folder below `crates/contexts`.
    pub context: String,
    /// `verb_noun`.
    pub name: String,
    /// Which aggregate a command changes; `None` where the context has one only.
    pub aggregate: Option<String>,
}

/// How it is called.
pub const USAGE: &str = "\
usage: cargo xtask new command <context> <verb_noun> [--aggregate NAME]
       cargo xtask new query <context> <verb_noun>
";

impl New {
    /// Reads what stands after `cargo xtask new`.
    ///
    /// # Errors
    /// With the usage.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (kind, context, name, aggregate) = match arguments.as_slice() {
            ["command", context, name] => (Kind::Command, context, name, None),
            ["command", context, name, "--aggregate", aggregate] => (Kind::Command, context, name, Some(*aggregate)),
            ["query", context, name] => (Kind::Query, context, name, None),
            _ => bail!("could not understand `new {}`\n{USAGE}", arguments.join(" ")),
        };
        let aggregate = aggregate.map(str::to_owned);
        Ok(Self { kind, context: (*context).to_owned(), name: (*name).to_owned(), aggregate })
    }

    /// Writes the files in the workspace at `root`, and gives their paths.
    ///
    /// # Errors
    /// With the way out; nothing was written then.
    pub fn write(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let name = UseCase::parse(&self.name)?;
        let mut plan = Plan::of(root);
        let context = Context::find(&plan, &self.context)?;
        let (folder, verb) = match self.kind {
            Kind::Command => ("commands", name.verb()),
            // One permission for all that a context tells, until there is a reason for two.
            Kind::Query => ("queries", "read"),
        };
        let file = format!("{}/src/{folder}/{}.rs", context.folder, name.text());
        if plan.exists(&file) {
            bail!("{file} is there already; choose another name, or change that file");
        }
        let mut words = vec![
            ("Sentence", name.sentence()),
            ("context", self.context.clone()),
            ("Context", pascal(&self.context)),
            ("name", name.text().to_owned()),
            ("Name", pascal(name.text())),
        ];
        let (template, public) = match self.kind {
            Kind::Command => {
                words.extend(context.aggregate(&plan, self.aggregate.as_deref())?);
                (include_str!("templates/command.rs.txt"), pascal(name.text()))
            }
            Kind::Query => (include_str!("templates/query.rs.txt"), format!("{}Row", pascal(name.text()))),
        };
        context.needs(&plan, self.kind)?;
        let (variant, permission) = permission::ensure(&mut plan, &self.context, (verb, &name.sentence()))?;
        words.extend([("Permission", variant), ("permission", permission)]);
        plan.put(file, filled(template, &words));
        context.mention(&mut plan, folder, (name.text(), &public))?;
        plan.store()
    }
}

/// The text with each `{word}` in its place.
fn filled(template: &str, words: &[(&str, String)]) -> String {
    words.iter().fold(template.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
}
