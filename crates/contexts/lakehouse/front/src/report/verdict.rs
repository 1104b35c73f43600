//! The head of the page: what ran, how it ended in one plain sentence, and the few numbers one looks for first.

use super::{
    Material,
    figures::{count, counted, duration, moment, number, size},
    markup::{joined, text},
    words::Verdict,
};
use crate::{AssetState, FileState, RunState, RunSummary};

/// A sentence about the whole run, and the class of its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) headline: String,
    pub(super) detail: String,
}

/// How the run ended, in plain words. No markup in it.
pub(super) fn sentence(summary: &RunSummary) -> Sentence {
    match summary.state {
        RunState::Succeeded => succeeded(summary),
        // No report is written of a run that has not ended by itself.
        RunState::Failed | RunState::Running | RunState::Interrupted => failed(summary),
        RunState::Cancelled => cancelled(summary),
    }
}

fn succeeded(summary: &RunSummary) -> Sentence {
    let warnings = summary.checks.iter().filter(|check| Verdict::of(check) == Verdict::Warns).count();
    let idle = summary.assets.iter().all(|asset| asset.state == AssetState::Unchanged);
    let (tone, icon, headline) = match (warnings, idle) {
        (0, false) => ("ok", "ok", "Everything holds".to_owned()),
        (0, true) => ("ok", "ok", "Nothing new, everything holds".to_owned()),
        _ => ("warn", "warn", format!("Done, with {}", counted(count(warnings), "warning"))),
    };
    let detail = balance(summary).unwrap_or_else(|| format!("{} made or up to date.", assets(summary)));
    Sentence { tone, icon, headline, detail }
}

fn failed(summary: &RunSummary) -> Sentence {
    let states = |state| summary.assets.iter().filter(|asset| asset.state == state).count();
    let files = summary.files.iter().filter(|file| file.state == FileState::Failed).count();
    let rules = summary.checks.iter().filter(|check| Verdict::of(check) == Verdict::Fails).count();
    let missed = count(states(AssetState::Skipped));
    let mut causes = Vec::new();
    if files > 0 {
        causes.push(format!("{} could not be loaded", counted(count(files), "file")));
    }
    match summary.assets.iter().filter(|asset| asset.state == AssetState::Failed).collect::<Vec<_>>().as_slice() {
        [] => {}
        [only] => causes.push(format!("{} failed", only.asset)),
        several => causes.push(format!("{} failed", counted(count(several.len()), "asset"))),
    }
    if causes.is_empty() {
        causes.push("The run failed".to_owned());
    }
    let mut detail = Vec::new();
    if rules > 0 {
        let verb = if rules == 1 { "does" } else { "do" };
        detail.push(format!("{} of severity error {verb} not hold.", counted(count(rules), "rule")));
    }
    if missed > 0 {
        let verb = if missed == 1 { "was" } else { "were" };
        detail.push(format!("{} below {verb} not made.", counted(missed, "asset")));
    }
    detail.push("What was committed before stays as it was.".to_owned());
    Sentence { tone: "bad", icon: "bad", headline: causes.join(", "), detail: detail.join(" ") }
}

fn cancelled(summary: &RunSummary) -> Sentence {
    let done =
        summary.assets.iter().filter(|asset| matches!(asset.state, AssetState::Succeeded | AssetState::Unchanged));
    let headline = format!("Stopped on request, {} of {} done", number(count(done.count())), assets(summary));
    let detail = "What was committed stays. The next run does the rest.".to_owned();
    Sentence { tone: "warn", icon: "stop", headline, detail }
}

fn assets(summary: &RunSummary) -> String {
    counted(count(summary.assets.len()), "asset")
}

/// `541,909 rows in, 534,129 kept, …`, over all models that set rows aside.
fn balance(summary: &RunSummary) -> Option<String> {
    let all = &summary.reconciliations;
    let sum = |pick: fn(&crate::Reconciliation) -> u64| number(all.iter().map(pick).sum());
    let line = format!(
        "{} rows in, {} kept, {} set aside, {} duplicates.",
        sum(|one| one.rows),
        sum(|one| one.kept),
        sum(|one| one.rejected),
        sum(|one| one.duplicates)
    );
    (!all.is_empty()).then_some(line)
}

/// The head as HTML.
pub(super) fn header(material: &Material<'_>) -> String {
    let summary = material.summary;
    let said = sentence(summary);
    format!(
        r#"<header class="hero {tone}"><div class="hero-mark">{icon}</div><div><p class="eyebrow">{project} · {at} · run <code title="{id}">{short}</code></p><h1>{headline}</h1><p class="lead">{detail}</p></div>{tiles}</header>"#,
        tone = said.tone,
        icon = super::markup::icon(said.icon),
        project = text(&summary.project),
        at = moment(summary.started_at),
        id = summary.run_id,
        short = short_id(&summary.run_id.to_string()),
        headline = text(&said.headline),
        detail = text(&said.detail),
        tiles = tiles(material),
    )
}

/// The first and the last digits: ids made within a minute begin alike.
fn short_id(id: &str) -> String {
    match (id.get(..8), id.get(id.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) => format!("{first}…{last}"),
        _ => id.to_owned(),
    }
}

fn tiles(material: &Material<'_>) -> String {
    let summary = material.summary;
    let loaded: Vec<_> = summary.files.iter().filter(|file| file.state == FileState::Loaded).collect();
    let rows: u64 = loaded.iter().map(|file| file.rows).sum();
    let bytes: u64 = loaded.iter().map(|file| file.size_bytes).sum();
    let done = summary.assets.iter().filter(|asset| asset.state == AssetState::Succeeded).count();
    let same = summary.assets.iter().filter(|asset| asset.state == AssetState::Unchanged).count();
    let held = summary.checks.iter().filter(|check| Verdict::of(check).obeyed()).count();
    let lake: u64 = material.assets.iter().filter_map(|asset| asset.size_bytes).sum();
    let pace = rows.saturating_mul(1_000).checked_div(summary.duration_ms).filter(|pace| *pace > 0);
    let pace = pace.map_or_else(|| "nothing to load".to_owned(), |pace| format!("{} rows a second", number(pace)));
    let given = counted(count(summary.files.len()), "file");
    let tiles = [
        ("Rows loaded", number(rows), format!("{given}, {}", size(bytes))),
        ("Assets", number(count(summary.assets.len())), format!("{done} made, {same} unchanged")),
        ("Rules", format!("{} / {}", number(count(held)), number(count(summary.checks.len()))), "hold".to_owned()),
        ("Lake", size(lake), "in live files".to_owned()),
        ("Time", duration(summary.duration_ms), pace),
    ];
    let tile = |(name, value, note): &(&str, String, String)| {
        format!(r#"<div class="tile"><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>"#)
    };
    format!(r#"<dl class="tiles">{}</dl>"#, joined(tiles.iter().map(tile)))
}
