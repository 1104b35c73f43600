//! The share of rules that hold, for each asset and each of DAMA UK's six dimensions of data quality ("The Six Primary
//! Dimensions for Data Quality Assessment", 2013).

use super::{
    figures::hundredths,
    markup::{anchor, joined, table, text},
    words::Verdict,
};
use crate::{CheckResult, RunSummary};

/// As the checks name them, in the order of the columns.
const DIMENSIONS: [&str; 6] = ["completeness", "uniqueness", "validity", "consistency", "timeliness", "accuracy"];

/// Rules that hold, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Score {
    pub(super) held: u64,
    pub(super) rules: u64,
}

impl Score {
    /// Of these rules. A rule that set rows aside holds for those that stayed.
    pub(super) fn of<'a>(checks: impl IntoIterator<Item = &'a CheckResult>) -> Self {
        checks.into_iter().fold(Self::default(), |score, check| Self {
            held: score.held + u64::from(Verdict::of(check).obeyed()),
            rules: score.rules + 1,
        })
    }

    /// Class of a cell: a colour, which the number in it repeats.
    fn level(self) -> &'static str {
        match (self.held, self.rules) {
            (_, 0) => "none",
            (held, rules) if held == rules => "full",
            (held, rules) if held.saturating_mul(10) >= rules.saturating_mul(9) => "high",
            (held, rules) if held.saturating_mul(2) >= rules => "half",
            _ => "low",
        }
    }

    fn cell(self) -> String {
        let level = self.level();
        if self.rules == 0 {
            return format!(r#"<td class="score {level}"><span class="visually-hidden">no rule</span>·</td>"#);
        }
        let share = hundredths(self.held, self.rules) / 100;
        format!(r#"<td class="score {level}"><b>{share}%</b> <small>{} of {}</small></td>"#, self.held, self.rules)
    }
}

/// A row an asset that has rules, and one for all; `None` when no rule was checked.
pub(super) fn section(summary: &RunSummary) -> Option<String> {
    if summary.checks.is_empty() {
        return None;
    }
    let mut names: Vec<&str> = summary.assets.iter().map(|asset| asset.asset.as_str()).collect();
    names.retain(|name| summary.checks.iter().any(|check| check.asset == *name));
    let row = |name: &&str| {
        let checks: Vec<&CheckResult> = summary.checks.iter().filter(|check| check.asset == **name).collect();
        let head = format!(r##"<a href="#{}"><code>{}</code></a>"##, anchor(name), text(name));
        line(&head, &checks)
    };
    let all: Vec<&CheckResult> = summary.checks.iter().collect();
    let rows = joined(names.iter().map(row)) + &line("<strong>All assets</strong>", &all);
    let heads = DIMENSIONS.iter().chain(&["all"]).map(|name| format!(r#"<th scope="col" class="score">{name}</th>"#));
    let head = format!(r#"<th scope="col">Asset</th>{}"#, joined(heads));
    let note = if summary.checks.iter().any(|check| Verdict::of(check) == Verdict::SetAside) {
        " A rule that set rows aside holds for the rows that stayed."
    } else {
        ""
    };
    Some(format!(
        r#"<p class="muted">Share of the rules that hold, by DAMA dimension.{note}</p><div class="heat">{}</div>"#,
        table("Rules that hold, by asset and dimension", &head, &rows)
    ))
}

fn line(head: &str, checks: &[&CheckResult]) -> String {
    let cell =
        |dimension: &&str| Score::of(checks.iter().copied().filter(|check| check.dimension == **dimension)).cell();
    let cells = joined(DIMENSIONS.iter().map(cell)) + &Score::of(checks.iter().copied()).cell();
    format!(r#"<tr><th scope="row">{head}</th>{cells}</tr>"#)
}
