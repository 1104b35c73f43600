//! `resolve evaluate`: how good a model is where the truth is known.

use std::{path::PathBuf, sync::OnceLock};

use clap::{Args, ValueHint};
use resolution::{
    DedupeRequest, Evaluation, Input, LinkEvaluation, LinkRequest, Partners, ResolutionError, Step, Truth, Watch,
    evaluate, evaluate_links,
};
use serde::Serialize;
use serde_json::{Value, json};
use telemetry::{Used, used};

use super::{super::Format, dedupe::truth_of, watched};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, plural},
    layout::Table,
    paint::Paint,
    session::Session,
};

/// Compare what a model finds with the truth, which it never sees.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// One file to group, or two to link.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..=2, required = true)]
    files: Vec<PathBuf>,
    /// `auto`, `person`, `company`, `product`, or a model's YAML file.
    #[arg(long, value_name = "MODEL", default_value = "auto")]
    model: String,
    /// The column that names each record; two, separated by a comma, where it differs.
    #[arg(long, value_name = "COL|COL_A,COL_B", value_delimiter = ',', required = true)]
    id: Vec<String>,
    /// A column of the file, or a file: `id,thing` for groups, `id_a,id_b` for links.
    #[arg(long, value_name = "COL|FILE")]
    truth: String,
    /// Columns that are not evidence, separated by commas.
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Neither file holds anything twice: each record has one partner at most.
    #[arg(long)]
    one_to_one: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Evaluate {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let (first, last) = (&self.id[0], &self.id[self.id.len() - 1]);
        let paint = session.screen.paint;
        let input = |at: usize, id: &String| Input::file(self.files[at].clone(), id.clone());
        let (document, text) = if self.files.len() == 1 {
            let truth = truth_of(&self.truth);
            let request = DedupeRequest {
                input: input(0, first),
                model: self.model.clone(),
                ignore: self.ignore.clone(),
                previous: None,
            };
            let (found, used) = measured(session, |watch| evaluate(&request, &truth, watch))?;
            (with_resources(&found, used), groups_text(&found, paint) + &resources_text(used))
        } else {
            let request = LinkRequest {
                left: input(0, first),
                right: input(1, last),
                model: self.model.clone(),
                ignore: self.ignore.clone(),
                partners: if self.one_to_one { Partners::One } else { Partners::Several },
            };
            let (found, used) =
                measured(session, |watch| evaluate_links(&request, &Truth::File(PathBuf::from(&self.truth)), watch))?;
            (with_resources(&found, used), links_text(&found, paint) + &resources_text(used))
        };
        match self.format {
            Format::Json => session.screen.json(&document)?,
            Format::Text => session.screen.text(&text)?,
        }
        Ok(Ending::Done)
    }
}

/// Does some work and gives what it had used when it began to look at the truth.
fn measured<T>(
    session: &Session,
    work: impl FnOnce(&Watch<'_>) -> Result<T, ResolutionError>,
) -> Result<(T, Option<Used>), Failure> {
    let before_truth = OnceLock::new();
    let note = |step: Step| {
        if step == Step::Measuring {
            before_truth.get_or_init(used);
        }
    };
    let found = watched(session, &note, work)?;
    Ok((found, before_truth.into_inner().flatten()))
}

fn with_resources(found: &impl Serialize, used: Option<Used>) -> Value {
    let mut document = serde_json::to_value(found).unwrap_or_default();
    document["cpu_seconds"] = json!(used.map(|used| used.cpu_seconds));
    document["peak_memory_mb"] = json!(used.map(|used| used.peak_memory_mb));
    document
}

fn resources_text(used: Option<Used>) -> String {
    used.map_or_else(String::new, |used| {
        format!("{:.2} CPU seconds, {:.0} MB at most\n", used.cpu_seconds, used.peak_memory_mb)
    })
}

fn figure(share: f64) -> String {
    format!("{share:.4}")
}

fn groups_text(found: &Evaluation, paint: Paint) -> String {
    let mut table = Table::new(&["THRESHOLD", ">PRECISION", ">RECALL", ">F1", ">B3 PRECISION", ">B3 RECALL", ">B3 F1"]);
    for (name, at) in [("the model's", &found.default), ("the best", &found.best)] {
        let (pairs, b3) = (at.measured.pairwise, at.measured.b_cubed);
        let shares = [pairs.precision, pairs.recall, pairs.f1, b3.precision, b3.recall, b3.f1];
        let name = format!("{name}, {:.0} bits", at.threshold);
        table.row(std::iter::once(name.into()).chain(shares.map(|share| figure(share).into())));
    }
    format!(
        "{} with {} that are the same\n{}{} compared; blocking gives {} of the true ones\n",
        plural(found.records, "record"),
        plural(found.true_pairs, "pair"),
        table.render(paint),
        plural(found.compared, "pair"),
        figure(found.blocking_recall),
    )
}

fn links_text(found: &LinkEvaluation, paint: Paint) -> String {
    let mut table = Table::new(&["THRESHOLD", ">PRECISION", ">RECALL", ">F1"]);
    for (name, at) in [("the model's", &found.default), ("the best", &found.best)] {
        let shares = [at.pairwise.precision, at.pairwise.recall, at.pairwise.f1];
        let name = format!("{name}, {:.1} bits", at.threshold);
        table.row(std::iter::once(name.into()).chain(shares.map(|share| figure(share).into())));
    }
    format!(
        "{} of {} true ones\n{}{} weighed; {} of the true ones are among them\n",
        plural(found.links, "link"),
        count(found.true_links),
        table.render(paint),
        plural(found.compared, "pair"),
        figure(found.blocking_recall),
    )
}
