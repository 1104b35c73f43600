//! `resolve diff`: what changed between the clusters of two runs.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use resolution::ClusterDifference;

use super::{super::Format, watched};
use crate::{exit::Ending, failure::Failure, figures::plural, session::Session};

/// Names of a list that are written out.
const SHOWN: usize = 20;

/// Compare the clusters of two runs: which joined, split, merged.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Clusters of the earlier run.
    #[arg(value_name = "BEFORE", value_hint = ValueHint::FilePath)]
    before: PathBuf,
    /// Clusters of the later run.
    #[arg(value_name = "AFTER", value_hint = ValueHint::FilePath)]
    after: PathBuf,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Diff {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let found = watched(session, &|_| {}, |watch| resolution::diff_clusters(&self.before, &self.after, watch))?;
        match self.format {
            Format::Json => session.screen.json(&found)?,
            Format::Text => session.screen.text(&text(&found))?,
        }
        Ok(Ending::Done)
    }
}

fn text(found: &ClusterDifference) -> String {
    let mut lines = vec![
        format!("{} the same", plural(found.same, "cluster")),
        format!("{} of new records only", plural(found.new, "cluster")),
        format!("{} gone", plural(found.gone, "record")),
    ];
    let mut list = |what: &str, entries: Vec<String>| {
        lines.push(format!("{} {what}", entries.len()));
        let more = entries.len().saturating_sub(SHOWN);
        lines.extend(entries.into_iter().take(SHOWN).map(|entry| format!("  {entry}")));
        if more > 0 {
            lines.push(format!("  and {more} more; --format json lists all"));
        }
    };
    list("got new records", found.joins.iter().map(|(name, count)| format!("{name}: {count}")).collect());
    list("split", found.splits.iter().map(|(name, parts)| format!("{name} into {}", parts.join(", "))).collect());
    list("merged", found.merges.iter().map(|(parts, name)| format!("{} into {name}", parts.join(", "))).collect());
    list(
        "mixed",
        found.mixed.iter().map(|(parts, name)| format!("parts of {} into {name}", parts.join(", "))).collect(),
    );
    lines.join("\n") + "\n"
}
