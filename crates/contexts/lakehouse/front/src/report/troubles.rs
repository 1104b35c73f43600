//! What a person should look at: assets that failed with the reason and the remedy, then rules that do not hold.

use super::{
    figures::{number, percent},
    markup::{anchor, icon, joined, left_out, text},
    words::Verdict,
};
use crate::{CheckResult, Fault, RunSummary};

/// Rules named here; all of them stand at their assets.
const RULES_SHOWN: usize = 20;

/// `None` when all is well. Rows that were set aside by a rule are no trouble: that is what the rule is for.
pub(super) fn section(summary: &RunSummary) -> Option<String> {
    let faults = summary.assets.iter().filter_map(|asset| Some((&asset.asset, asset.fault.as_ref()?)));
    let faults = joined(faults.map(|(asset, found)| fault(asset, found)));
    let mut checks: Vec<&CheckResult> = summary.checks.iter().filter(|check| !Verdict::of(check).obeyed()).collect();
    checks.sort_by_key(|check| Verdict::of(check));
    if faults.is_empty() && checks.is_empty() {
        return None;
    }
    let shown = joined(checks.iter().take(RULES_SHOWN).map(|check| rule(check)));
    let list = if shown.is_empty() { String::new() } else { format!(r#"<ul class="alerts">{shown}</ul>"#) };
    Some(format!("{faults}{list}{}", left_out(checks.len(), RULES_SHOWN, "rule")))
}

/// What failed: what was tried, where, why, and what to do.
pub(super) fn fault(asset: &str, fault: &Fault) -> String {
    let line = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!("<dt>{name}</dt><dd>{}</dd>", text(value))).unwrap_or_default()
    };
    format!(
        r##"<div class="fault"><h3>{icon}<a href="#{anchor}"><code>{asset}</code></a></h3><p class="said">{message}</p><dl>{place}{why}{remedy}<dt>More</dt><dd><code>grayghost explain {code}</code></dd></dl></div>"##,
        icon = icon("bad"),
        anchor = anchor(asset),
        asset = text(asset),
        message = text(&fault.message),
        place = line("Where", &fault.place),
        why = line("Why", &fault.why),
        remedy = line("Do", &fault.remedy),
        code = text(&fault.code),
    )
}

fn rule(check: &CheckResult) -> String {
    let mark = Verdict::of(check).mark();
    let seen = match (&check.observed, check.unexpected) {
        (Some(observed), _) => text(observed).to_string(),
        (None, rows) => format!("{} of {} ({})", number(rows), number(check.rows), percent(rows, check.rows)),
    };
    let why = check.description.as_deref().map(|said| format!(" <span>{}</span>", text(said))).unwrap_or_default();
    format!(
        r##"<li class="{tone}">{mark}<div><a href="#{anchor}"><code>{asset}</code></a> <strong>{rule}</strong>{why}<small>{seen}</small></div></li>"##,
        tone = mark.tone,
        mark = mark.html(),
        anchor = anchor(&check.asset),
        asset = text(&check.asset),
        rule = text(&check.expectation),
    )
}
