//! `grayghost quality`: the rules, checked now.

use std::collections::BTreeMap;

use clap::Args;
use lakehouse::CheckResult;

use super::Format;
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, plural, ratio, share},
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
    summary::{broken_rule, verdicts},
};

const EXAMPLES: &str = "\
Examples:
  grayghost quality
  grayghost quality gold.fact_sale --format json
Ends with 1 when a rule of severity `error` does not hold.";

/// Check the rules on the rows as they stand, of one table or of all.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Quality {
    /// `layer.name`; all tables when left out.
    asset: Option<String>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Quality {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let house = session.open()?;
        let checks = session.wait(house.check_quality(self.asset.clone(), session.cancel.clone()))?;
        match self.format {
            Format::Json => session.screen.json(&checks)?,
            Format::Text => write(session, &checks)?,
        }
        let failed = checks.iter().any(|check| !check.success && check.severity == "error");
        Ok(if failed { Ending::Failed } else { Ending::Done })
    }
}

fn write(session: &mut Session, checks: &[CheckResult]) -> Result<(), Failure> {
    if checks.is_empty() {
        let hint = session.command("run YOUR_FILE.csv");
        return Ok(session.screen.line(format_args!("no table with rules is made yet: {hint}"))?);
    }
    let paint = session.screen.paint;
    session.screen.text(&rules(checks).render(paint))?;
    let broken: Vec<&CheckResult> =
        checks.iter().filter(|check| !check.success && check.severity != "quarantine").collect();
    if !broken.is_empty() {
        session.screen.line(format_args!("\n{}", paint.strong("does not hold")))?;
        for check in &broken {
            session.screen.text(&broken_rule(check, paint))?;
        }
    }
    session.screen.line(format_args!("\n{}", paint.strong("by dimension")))?;
    session.screen.text(&dimensions(checks).render(paint))?;
    let total = plural(checks.len() as u64, "rule");
    Ok(session.screen.line(format_args!("\n{total}: {}", verdicts(checks, paint)))?)
}

fn rules(checks: &[CheckResult]) -> Table {
    let mut table = Table::new(&["ASSET", "RULE", "SEVERITY", "VERDICT", ">BREAKING", ">OF ROWS", "SEEN"]);
    let mut last = "";
    for check in checks {
        let (word, tone) = verdict(check);
        let asset = if check.asset == last { "" } else { check.asset.as_str() };
        table.row([
            Cell::toned(asset, Tone::Strong),
            check.expectation.clone().into(),
            Cell::toned(check.severity.clone(), Tone::Dim),
            Cell::toned(word, tone),
            Cell::toned(count(check.unexpected), if check.unexpected > 0 { tone } else { Tone::Dim }),
            count(check.rows).into(),
            Cell::toned(check.observed.clone().unwrap_or_default(), Tone::Dim),
        ]);
        last = &check.asset;
    }
    table
}

fn verdict(check: &CheckResult) -> (&'static str, Tone) {
    match (check.success, check.severity.as_str()) {
        (true, _) => ("holds", Tone::Good),
        (false, "error") => ("FAILS", Tone::Bad),
        (false, "quarantine") => ("set aside", Tone::Plain),
        (false, _) => ("warns", Tone::Warn),
    }
}

/// Share of rules that hold by DAMA dimension.
fn dimensions(checks: &[CheckResult]) -> Table {
    let mut scores: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for check in checks {
        let (held, all) = scores.entry(&check.dimension).or_default();
        // Rows that a quarantine rule set aside are not in the table.
        *held += u64::from(check.success || check.severity == "quarantine");
        *all += 1;
    }
    let mut table = Table::bare(&[Side::Left, Side::Right, Side::Left]);
    for (dimension, (held, all)) in scores {
        let tone = if held == all { Tone::Good } else { Tone::Warn };
        let of = format!("{} of {}", count(held), plural(all, "rule"));
        table.row([dimension.into(), Cell::toned(share(ratio(held, all)), tone), Cell::toned(of, Tone::Dim)]);
    }
    table
}
