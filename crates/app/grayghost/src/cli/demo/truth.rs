//! Our numbers beside those that the generator counted while it wrote the rows.

use generator::Manifest;
use lakehouse::{Reconciliation, RunSummary};
use serde_json::Value;

use super::SALES;
use crate::{
    failure::Failure,
    figures::{count, grouped},
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
};

/// The model whose rows the truth speaks of.
const MODEL: &str = "silver.sales";
const LOADED_FILES: &str = "select distinct _source_file as file from bronze.sales_raw";
const NET_REVENUE: &str = "select cast(sum(total_amount) as varchar) as net_revenue from gold.fact_sale";

/// Whether our numbers are true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of them.
    Equal,
    /// One is not.
    Different,
    /// Other files were loaded too, about which nothing is known.
    Unknown,
}

/// Writes the comparison.
pub(super) fn compare(session: &mut Session, done: &RunSummary, manifest: &Manifest) -> Result<Verdict, Failure> {
    let Some(balance) = done.reconciliations.iter().find(|balance| balance.to == MODEL) else {
        return Ok(Verdict::Unknown);
    };
    let is_ours = |file: &Value| SALES.iter().any(|name| file.as_str().is_some_and(|file| file.ends_with(name)));
    let loaded = ask(session, LOADED_FILES)?;
    if !loaded.iter().flatten().all(is_ours) {
        super::say(session, "\nOther files were loaded too, so the truth of the generated ones says nothing.")?;
        return Ok(Verdict::Unknown);
    }
    let net = ask(session, NET_REVENUE)?.into_iter().flatten().next().unwrap_or_default();
    let net = net.as_str().map_or_else(|| net.to_string(), str::to_owned);
    let lines = lines(balance, &net, manifest);
    let equal = lines.iter().all(|(_, ours, truth)| ours == truth);
    write(session, &lines, equal)?;
    Ok(if equal { Verdict::Equal } else { Verdict::Different })
}

fn ask(session: &Session, statement: &str) -> Result<Vec<Vec<Value>>, Failure> {
    let house = session.open()?;
    Ok(session.wait(house.query_sql(statement.to_owned(), None, session.cancel.clone()))?.rows)
}

/// What is counted, our number, and the true one.
fn lines(balance: &Reconciliation, net: &str, manifest: &Manifest) -> Vec<(String, String, String)> {
    let sales = &manifest.truth.sales;
    let mut lines = Vec::new();
    let mut add = |what: &str, ours: u64, truth: u64| lines.push((what.to_owned(), count(ours), count(truth)));
    add("lines read", balance.rows, sales.bronze_rows);
    add("good lines", balance.kept, sales.silver_rows);
    add("duplicates", balance.duplicates, sales.duplicates_removed);
    add("set aside", balance.rejected, sales.rejected_rows);
    let rejected = &sales.rejected;
    let reasons = [
        ("malformed_row", rejected.malformed_row),
        ("invalid_quantity", rejected.invalid_quantity),
        ("invalid_invoice_date", rejected.invalid_invoice_date),
        ("invalid_unit_price", rejected.invalid_unit_price),
        ("bad_debt_adjustment", rejected.bad_debt_adjustment),
        ("non_positive_price", rejected.non_positive_price),
    ];
    for (reason, truth) in reasons {
        let ours = balance.reasons.iter().find(|(name, _)| name == reason).map_or(0, |(_, rows)| *rows);
        add(&format!("  {reason}"), ours, truth);
    }
    lines.push(("net revenue".to_owned(), grouped(net), grouped(&sales.net_revenue)));
    lines
}

fn write(session: &mut Session, lines: &[(String, String, String)], equal: bool) -> Result<(), Failure> {
    let mut table = Table::new(&["", ">OURS", ">TRUTH", ""]);
    for (what, ours, truth) in lines {
        let (word, tone) = if ours == truth { ("equal", Tone::Good) } else { ("DIFFERENT", Tone::Bad) };
        table.row([what.clone().into(), ours.clone().into(), truth.clone().into(), Cell::toned(word, tone)]);
    }
    let paint = session.screen.paint;
    let heading = if equal { "our numbers are equal to the truth" } else { "OUR NUMBERS DIFFER FROM THE TRUTH" };
    let text = format!("\n{}\n{}", paint.strong(heading), table.render(paint).trim_end());
    super::say(session, &text)
}
