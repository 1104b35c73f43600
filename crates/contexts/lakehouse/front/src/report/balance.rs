//! `read = kept + set aside + duplicates`, as a bar and as numbers, and why rows were set aside.

use super::{
    figures::{count, counted, hundredths, number, percent, shares},
    markup::{bar, heads, icon, joined, table, text},
};
use crate::{Reconciliation, RunSummary};

/// Reasons shown; the rest are summed.
const REASONS_SHOWN: usize = 20;

/// One model after the other; `None` when no model of the run sets rows aside.
pub(super) fn section(summary: &RunSummary) -> Option<String> {
    let all = &summary.reconciliations;
    (!all.is_empty()).then(|| joined(all.iter().map(one)))
}

/// A part of the bar: name, class, rows.
type Part = (&'static str, &'static str, u64);

/// The rows of the table read, by what became of them; `unaccounted` only when the sum is wrong.
fn parts(balance: &Reconciliation) -> Vec<Part> {
    let mut parts = vec![
        ("Kept", "kept", balance.kept),
        ("Set aside", "aside", balance.rejected),
        ("Duplicates", "double", balance.duplicates),
    ];
    let told: u64 = parts.iter().map(|(_, _, rows)| rows).sum();
    if !balance.holds {
        parts.push(("Unaccounted for", "lost", balance.rows.saturating_sub(told)));
    }
    parts
}

fn one(balance: &Reconciliation) -> String {
    let parts = parts(balance);
    let (from, to) = (text(&balance.from), text(&balance.to));
    let seal = if balance.holds {
        format!(r#"<span class="mark ok">{}adds up</span>"#, icon("ok"))
    } else {
        format!(r#"<span class="mark bad">{}does not add up</span>"#, icon("bad"))
    };
    let legend = joined(parts.iter().map(|(name, class, rows)| {
        format!(
            r#"<div class="{class}"><dt><i class="swatch"></i>{name}</dt><dd>{}<small>{}</small></dd></div>"#,
            number(*rows),
            percent(*rows, balance.rows)
        )
    }));
    format!(
        r#"<div class="panel"><div class="panel-head"><h3><code>{from}</code> → <code>{to}</code></h3>{seal}</div><p class="muted">{rows} read so far, over all runs. Rows set aside are in <code>{rejects}</code>.</p>{bar}<dl class="legend">{legend}</dl>{reasons}</div>"#,
        rows = counted(balance.rows, "row"),
        rejects = text(&balance.rejects),
        bar = stacked(&parts),
        reasons = reasons(balance),
    )
}

/// The parts side by side; their lengths add up to exactly 100 %.
pub(super) fn stacked(parts: &[(&'static str, &'static str, u64)]) -> String {
    let rows: Vec<u64> = parts.iter().map(|(_, _, rows)| *rows).collect();
    let said = joined(parts.iter().map(|(name, _, rows)| format!("{name} {}. ", number(*rows))));
    let mut at = 0;
    let rects = joined(parts.iter().zip(shares(&rows)).map(|((name, class, rows), share)| {
        let (x, width) = (at, share);
        at += share;
        format!(
            r#"<rect class="{class}" x="{}.{:02}%" width="{}.{:02}%" height="28"><title>{name}: {}</title></rect>"#,
            x / 100,
            x % 100,
            width / 100,
            width % 100,
            number(*rows)
        )
    }));
    format!(
        r#"<svg class="stacked" height="28" role="img" aria-label="{said}"><rect class="track" width="100%" height="28"/>{rects}</svg>"#
    )
}

fn named(reason: &str) -> String {
    format!("<code>{}</code>", text(reason))
}

/// What was not kept, enlarged: beside half a million rows that were kept, it would be a hair.
fn reasons(balance: &Reconciliation) -> String {
    let mut lines: Vec<(String, u64, &str)> =
        balance.reasons.iter().take(REASONS_SHOWN).map(|(reason, rows)| (named(reason), *rows, "aside")).collect();
    let rest = balance.reasons.get(REASONS_SHOWN..).unwrap_or_default();
    if !rest.is_empty() {
        let rows = rest.iter().map(|(_, rows)| rows).sum();
        lines.push((counted(count(rest.len()), "other reason"), rows, "aside"));
    }
    if balance.duplicates > 0 {
        lines.push(("a duplicate of another row".to_owned(), balance.duplicates, "double"));
    }
    let most = lines.iter().map(|(_, rows, _)| *rows).max().unwrap_or_default();
    if most == 0 {
        return String::new();
    }
    let rows = joined(lines.iter().map(|(reason, rows, class)| {
        format!(
            r#"<tr><th scope="row">{reason}</th><td class="wide">{}</td><td class="num">{}</td><td class="num">{}</td></tr>"#,
            bar(hundredths(*rows, most), class),
            number(*rows),
            percent(*rows, balance.rows)
        )
    }));
    let head = heads(&[("Why a row was not kept", false), ("", false), ("Rows", true), ("Of those read", true)]);
    table("Why rows were not kept", &head, &rows)
}
