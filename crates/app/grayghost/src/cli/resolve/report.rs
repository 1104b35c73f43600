//! `resolve report`: one run in charts.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use resolution::{Report as Figures, ReportRequest};

use super::{
    super::Format,
    dedupe::{self, truth_of},
    percent, tell, watched,
};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, plural},
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
};

/// Write one run as a page of charts: weights, thresholds, blocking, and pairs explained.
#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    what: dedupe::What,
    /// Where to write the page; it loads nothing from elsewhere.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// A column of the file, or a file `id,thing`: shown beside what is expected.
    #[arg(long, value_name = "COL|FILE")]
    truth: Option<String>,
    /// Show no pair with what its records hold.
    #[arg(long)]
    no_examples: bool,
    /// How the summary is written; `json` gives all figures of the page.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Report {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = ReportRequest {
            run: self.what.request(None),
            truth: self.truth.as_deref().map(truth_of),
            examples: !self.no_examples,
        };
        let figures = watched(session, &|_| {}, |watch| {
            let figures = resolution::report(&request, watch)?;
            figures.write(&self.out)?;
            Ok(figures)
        })?;
        let out = self.out.display().to_string();
        tell(session, self.format, &figures, |paint| text(&figures, &out, paint))
    }
}

fn text(figures: &Figures, out: &str, paint: Paint) -> String {
    let mut facts = Table::bare(&[Side::Right, Side::Left]);
    let mut add = |figure: String, what: String| facts.row([figure.into(), Cell::toned(what, Tone::Dim)]);
    add(count(figures.clusters), format!("clusters of {}", plural(figures.records, "record")));
    let own = figures.thresholds.iter().find(|tried| (tried.threshold - figures.threshold).abs() < f32::EPSILON);
    if figures.duplicated == 0 {
        add(count(0), "of them with more than one record: nothing was grouped".to_owned());
    }
    if let Some(own) = own {
        let (expected, bits) = (own.expected, own.threshold);
        if figures.duplicated > 0 {
            let what = format!("precision and {} recall expected at {bits:.0} bits", percent(expected.recall));
            add(percent(expected.precision), what);
        }
        if let Some(measured) = own.measured {
            let pairs = measured.pairwise;
            if figures.duplicated > 0 {
                let what = format!("precision and {} recall beside the truth", percent(pairs.recall));
                add(percent(pairs.precision), what);
            } else {
                add(percent(pairs.recall), "recall beside the truth".to_owned());
            }
        }
    }
    if !figures.pairs.is_empty() {
        add(
            count(figures.pairs.len() as u64),
            "pairs shown with what their records hold (--no-examples: none)".to_owned(),
        );
    }
    format!("{}\n{}", paint.strong(&format!("wrote {out}")), facts.render(paint))
}
