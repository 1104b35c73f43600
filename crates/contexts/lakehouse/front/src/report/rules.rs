//! The rules of one asset, those that do not hold first, with rows that break them.

use serde_json::Value;

use super::{
    figures::{count, counted, number, percent},
    markup::{cut, heads, joined, left_out, table, text},
    words::Verdict,
};
use crate::CheckResult;

/// Rules shown for an asset.
const RULES_SHOWN: usize = 100;
/// Failing rows shown for a rule.
const SAMPLES_SHOWN: usize = 5;
/// Columns shown of a failing row.
const COLUMNS_SHOWN: usize = 10;
/// Signs shown of a cell.
const CELL_SIGNS: usize = 80;

/// The rules: those that do not hold as a table, the others folded below it; empty without rules.
pub(super) fn rules(checks: &[&CheckResult]) -> String {
    let (mut broken, holding): (Vec<&CheckResult>, Vec<&CheckResult>) =
        checks.iter().copied().partition(|check| Verdict::of(check) != Verdict::Holds);
    broken.sort_by_key(|check| Verdict::of(check));
    let Some(asset) = checks.first().map(|check| &check.asset) else { return String::new() };
    if broken.is_empty() {
        return format!("<h4>Rules</h4>{}", verdicts(&format!("Rules of {asset}"), &holding));
    }
    let folded = if holding.is_empty() {
        String::new()
    } else {
        format!(
            r#"<details class="fold"><summary>{} that hold</summary>{}</details>"#,
            counted(count(holding.len()), "rule"),
            verdicts(&format!("Rules of {asset} that hold"), &holding)
        )
    };
    format!("<h4>Rules</h4>{}{folded}", verdicts(&format!("Rules of {asset} that do not hold"), &broken))
}

fn verdicts(label: &str, checks: &[&CheckResult]) -> String {
    let rows = joined(checks.iter().take(RULES_SHOWN).map(|check| line(check)));
    let head = heads(&[
        ("Verdict", false),
        ("Rule", false),
        ("Columns", false),
        ("Severity", false),
        ("Rows looked at", true),
        ("Break it", true),
        ("Seen", false),
    ]);
    table(label, &head, &rows) + &left_out(checks.len(), RULES_SHOWN, "rule")
}

fn line(check: &CheckResult) -> String {
    let verdict = Verdict::of(check);
    let share = if check.unexpected > 0 && check.rows > 0 {
        format!("<small>{}</small>", percent(check.unexpected, check.rows))
    } else {
        String::new()
    };
    let said = check.description.as_deref().map(|said| format!("<small>{}</small>", text(said))).unwrap_or_default();
    let mostly =
        check.mostly.map(|share| format!("<small>at least {} must</small>", as_percent(share))).unwrap_or_default();
    let columns = check.columns.iter().take(COLUMNS_SHOWN).map(|name| format!("<code>{}</code> ", text(name)));
    let row = format!(
        r#"<tr class="{tone}"><td>{mark}</td><th scope="row"><code>{rule}</code><small class="kind">{kind}</small>{said}</th><td>{columns}{rest}</td><td>{severity}{mostly}</td><td class="num">{rows}</td><td class="num">{unexpected}{share}</td><td class="seen">{seen}</td></tr>"#,
        tone = verdict.mark().tone,
        mark = verdict.mark().html(),
        rule = text(&check.expectation),
        kind = text(&check.kind),
        columns = joined(columns),
        rest = if check.columns.len() > COLUMNS_SHOWN { "…" } else { "" },
        severity = text(&check.severity),
        rows = number(check.rows),
        unexpected = number(check.unexpected),
        seen = check.observed.as_deref().map(|seen| text(&cut(seen, CELL_SIGNS * 2)).to_string()).unwrap_or_default(),
    );
    if verdict == Verdict::Holds { row } else { row + &samples(check) }
}

/// `0.99` as `99%`. Shares come from a project file, where people write them with few digits.
fn as_percent(share: f64) -> String {
    let exact = format!("{:.2}", share * 100.0);
    format!("{}%", exact.trim_end_matches('0').trim_end_matches('.'))
}

/// Some failing rows as a small table below their rule.
fn samples(check: &CheckResult) -> String {
    let shown: Vec<&Value> = check.samples.iter().take(SAMPLES_SHOWN).collect();
    let mut columns: Vec<&String> = Vec::new();
    for name in shown.iter().filter_map(|row| row.as_object()).flat_map(|row| row.keys()) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    if columns.is_empty() {
        return String::new();
    }
    let dropped = columns.len().saturating_sub(COLUMNS_SHOWN);
    columns.truncate(COLUMNS_SHOWN);
    let head = joined(columns.iter().map(|name| format!(r#"<th scope="col">{}</th>"#, text(&cut(name, CELL_SIGNS)))));
    let rows = joined(shown.iter().map(|row| {
        let cells = columns.iter().map(|name| cell(row.get(name.as_str())));
        format!("<tr>{}</tr>", joined(cells))
    }));
    let more = if dropped > 0 { format!(", without {}", counted(count(dropped), "column")) } else { String::new() };
    format!(
        r#"<tr class="samples"><td></td><td colspan="6"><table><caption>{}{more}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></td></tr>"#,
        caption(check, shown.len())
    )
}

fn caption(check: &CheckResult, shown: usize) -> String {
    match check.kind.as_str() {
        // The engine gives each doubled key once, not each row that has it.
        "unique" => "Keys that are there more than once".to_owned(),
        _ if check.unexpected > count(shown) => format!("{shown} of {} rows that break it", number(check.unexpected)),
        _ => "Rows that break it".to_owned(),
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None => "<td></td>".to_owned(),
        Some(Value::Null) => r#"<td class="null">NULL</td>"#.to_owned(),
        Some(Value::String(said)) => format!("<td>{}</td>", text(&cut(said, CELL_SIGNS))),
        Some(Value::Number(number)) => format!(r#"<td class="num">{number}</td>"#),
        Some(other) => format!("<td>{}</td>", text(&cut(&other.to_string(), CELL_SIGNS))),
    }
}
