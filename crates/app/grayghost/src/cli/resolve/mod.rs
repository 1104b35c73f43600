//! `grayghost resolve`: which records are the same thing.

mod blocking;
mod dedupe;
mod diff;
mod evaluate;
mod explain;
mod link;
mod report;
mod train;

use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, Subcommand};
use resolution::{Progress, ResolutionError, Step, Watch};

use serde::Serialize;

use super::Format;
use crate::{exit::Ending, failure::Failure, figures::count, paint::Paint, progress, session::Session};

const EXAMPLES: &str = "\
Examples:
  grayghost resolve dedupe people.csv --id record_id --out clusters.csv
  grayghost resolve link ours.csv theirs.csv --id id,key --one-to-one --out links.csv
  grayghost resolve evaluate people.csv --id record_id --truth people_truth.csv
  grayghost resolve explain people.csv --id record_id A-17 B-204
  grayghost resolve train people.csv --id record_id --out model.yaml
  grayghost resolve report people.csv --id record_id --out report.html
  grayghost resolve blocking people.csv --id record_id
  grayghost resolve diff clusters-may.csv clusters-june.csv

A model is `auto` (made for the file), `person`, `company`, `product`, or a YAML file that `train` wrote.
Ids are opaque: neither they nor the order of records is evidence.";

/// Find the records that are the same person, company or product.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Resolve {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Dedupe(dedupe::Dedupe),
    Link(link::Link),
    Evaluate(evaluate::Evaluate),
    Explain(explain::Explain),
    Train(train::Train),
    Report(report::Report),
    Blocking(blocking::Blocking),
    Diff(diff::Diff),
}

impl Resolve {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        match &self.what {
            What::Dedupe(verb) => verb.answer(session),
            What::Link(verb) => verb.answer(session),
            What::Evaluate(verb) => verb.answer(session),
            What::Explain(verb) => verb.answer(session),
            What::Train(verb) => verb.answer(session),
            What::Report(verb) => verb.answer(session),
            What::Blocking(verb) => verb.answer(session),
            What::Diff(verb) => verb.answer(session),
        }
    }
}

/// Steps of a run: reading to writing.
const STEPS: u64 = 6;
/// What a step counts on the bar: its pairs move it in between.
const A_STEP: u64 = 1_000;

/// Does some work with a bar on standard error; `note` hears of each step too.
pub(super) fn watched<T>(
    session: &Session,
    note: &(dyn Fn(Step) + Sync),
    work: impl FnOnce(&Watch<'_>) -> Result<T, ResolutionError>,
) -> Result<T, Failure> {
    let bar = progress::bar(&session.screen, "resolving", STEPS * A_STEP);
    let entered = AtomicU64::new(0);
    let listener = |progress: Progress| match progress {
        Progress::Entered(step) => {
            note(step);
            bar.set_message(step.name());
            bar.set_position(entered.fetch_add(A_STEP, Ordering::Relaxed));
        }
        Progress::Compared { pairs, of } => {
            bar.set_message(format!("{} pairs compared", count(pairs)));
            bar.set_position(entered.load(Ordering::Relaxed).saturating_sub(A_STEP) + A_STEP * pairs / of.max(1));
        }
    };
    let done = work(&Watch::new(&session.cancel, &listener));
    bar.finish_and_clear();
    Ok(done?)
}

/// Tells what was written: as JSON, or for people unless they want it quiet.
fn tell(
    session: &mut Session,
    format: Format,
    summary: &impl Serialize,
    text: impl FnOnce(Paint) -> String,
) -> Result<Ending, Failure> {
    if format == Format::Json {
        session.screen.json(summary)?;
    } else if !session.screen.is_quiet() {
        let text = text(session.screen.paint);
        session.screen.text(&text)?;
    }
    Ok(Ending::Done)
}

/// A share as people write it.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
