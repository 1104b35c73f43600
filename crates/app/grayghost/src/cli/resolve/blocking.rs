//! `resolve blocking`: suggested blocking rules, what they give and what they miss.

use clap::Args;
use resolution::BlockingReport;

use super::{super::Format, dedupe, percent, watched};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, plural},
    layout::Table,
    paint::Paint,
    session::Session,
};

/// Suggest blocking rules: the pairs that each gives, and the share of matches that is still missed.
#[derive(Debug, Args)]
pub(crate) struct Blocking {
    #[command(flatten)]
    what: dedupe::What,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Blocking {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = self.what.request(None);
        let found = watched(session, &|_| {}, |watch| resolution::suggest_blocking(&request, watch))?;
        let text = text(&found, session.screen.paint);
        match self.format {
            Format::Json => session.screen.json(&found)?,
            Format::Text => session.screen.text(&text)?,
        }
        Ok(Ending::Done)
    }
}

fn text(found: &BlockingReport, paint: Paint) -> String {
    if found.rules.is_empty() {
        return format!("no blocking rule is worth its pairs: all {} are compared\n", plural(found.all_pairs, "pair"));
    }
    let mut table = Table::new(&["RULE", ">PAIRS", ">NEW", ">MATCHES", ">NEW", ">STILL MISSED"]);
    for rule in &found.rules {
        table.row([
            rule.rule.clone().into(),
            count(rule.pairs).into(),
            count(rule.new).into(),
            count(rule.matches).into(),
            count(rule.new_matches).into(),
            percent(rule.missed).into(),
        ]);
    }
    let given = plural(found.pairs, "pair");
    let mut text = format!(
        "{}{given} of {}; {} of the pairs inside clusters are given by no rule\n",
        table.render(paint),
        count(found.all_pairs),
        percent(found.missed),
    );
    let oversized: u64 = found.rules.iter().map(|rule| rule.oversized).sum();
    if oversized > 0 {
        let pairs = found.rules.iter().map(|rule| rule.oversized_pairs).sum();
        text = format!(
            "{text}{} too large and left to other rules: {}\n",
            plural(oversized, "block"),
            plural(pairs, "pair")
        );
    }
    if found.all_compared {
        text += "so few records are compared each with each; the rules are for a larger file of their kind\n";
    }
    text
}
