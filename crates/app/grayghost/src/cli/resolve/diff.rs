//! `resolve diff`: what changed between the clusters of two runs, or between two models.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use resolution::{
    ClusterDifference,
    model::{Change, LevelChange, ModelDifference, diff_models},
};

use super::{super::Format, watched};
use crate::{exit::Ending, failure::Failure, figures::plural, layout::Table, paint::Paint, session::Session};

/// Names of a list that are written out.
const SHOWN: usize = 20;

/// Compare the clusters of two runs: which joined, split, merged; or two models: which weights and rules changed.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Clusters of the earlier run, or the earlier model (.yaml).
    #[arg(value_name = "BEFORE", value_hint = ValueHint::FilePath)]
    before: PathBuf,
    /// Clusters of the later run, or the later model (.yaml).
    #[arg(value_name = "AFTER", value_hint = ValueHint::FilePath)]
    after: PathBuf,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Diff {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        if is_model(&self.before) != is_model(&self.after) {
            return Err(Failure::Usage {
                what: "could not compare a model with clusters".to_owned(),
                remedy: "give two models (.yaml), or two files of clusters".to_owned(),
            });
        }
        if is_model(&self.before) {
            let found = diff_models(&self.before, &self.after)?;
            let text = models_text(&found, session.screen.paint);
            match self.format {
                Format::Json => session.screen.json(&found)?,
                Format::Text => session.screen.text(&text)?,
            }
            return Ok(Ending::Done);
        }
        let found = watched(session, &|_| {}, |watch| resolution::diff_clusters(&self.before, &self.after, watch))?;
        match self.format {
            Format::Json => session.screen.json(&found)?,
            Format::Text => session.screen.text(&text(&found))?,
        }
        Ok(Ending::Done)
    }
}

fn is_model(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn models_text(found: &ModelDifference, paint: Paint) -> String {
    let mut table = Table::new(&["COLUMN", "AGREEMENT", ">BEFORE", ">AFTER"]);
    let bits = |bits: Option<f64>, has: bool| match bits {
        Some(bits) => format!("{bits:+.1}"),
        None if has => "not learnt".to_owned(),
        None => "none".to_owned(),
    };
    let mut add = |column: &str, agreement: &str, has: (bool, bool), change: Change<f64>| {
        table.row([
            column.into(),
            agreement.into(),
            bits(change.before, has.0).into(),
            bits(change.after, has.1).into(),
        ]);
    };
    for (name, change) in [("prior", found.prior), ("threshold", found.threshold)] {
        if let Some(change) = change {
            add(name, "", (false, false), change);
        }
    }
    for LevelChange { column, agreement, has, weight } in &found.levels {
        add(column, agreement, *has, *weight);
    }
    let mut text = if table.is_empty() { String::new() } else { table.render(paint) };
    text = format!("{text}{} the same, to a tenth of a bit\n", plural(found.same, "level"));
    let lists = [
        ("columns added", &found.columns_added),
        ("columns gone", &found.columns_gone),
        ("blocking rules added", &found.rules_added),
        ("blocking rules gone", &found.rules_gone),
    ];
    for (what, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
        text = format!("{text}{what}:\n  {}\n", names.join("\n  "));
    }
    text
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
