//! `resolve dedupe`: groups the records of one file.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use resolution::{DedupeRequest, DedupeSummary, Input, Truth};

use super::{super::Format, percent, tell, watched};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, plural},
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
};

/// Group the records of one file: `id,cluster_id`, every record once.
#[derive(Debug, Args)]
pub(crate) struct Dedupe {
    #[command(flatten)]
    pub(super) what: What,
    /// Where to write the clusters, as CSV.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// Clusters of an earlier run: names are kept where a cluster lives on.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    previous: Option<PathBuf>,
    /// How the summary is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A file and how to look at it.
#[derive(Debug, Args)]
pub(super) struct What {
    /// CSV, TSV, JSON, NDJSON or Parquet, packed or not.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// `auto`, `person`, `company`, `product`, or a model's YAML file.
    #[arg(long, value_name = "MODEL", default_value = "auto")]
    model: String,
    /// The column that names each record.
    #[arg(long, value_name = "COL")]
    id: String,
    /// Columns that are not evidence, separated by commas.
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    ignore: Vec<String>,
}

impl What {
    pub(super) fn request(&self, previous: Option<PathBuf>) -> DedupeRequest {
        DedupeRequest {
            input: Input::file(self.file.clone(), self.id.clone()),
            model: self.model.clone(),
            ignore: self.ignore.clone(),
            previous,
        }
    }
}

/// A file of that name, or else a column.
pub(super) fn truth_of(truth: &str) -> Truth {
    let path = PathBuf::from(truth);
    if path.is_file() { Truth::File(path) } else { Truth::Column(truth.to_owned()) }
}

impl Dedupe {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = self.what.request(self.previous.clone());
        let summary = watched(session, &|_| {}, |watch| {
            let clusters = resolution::dedupe(&request, watch)?;
            clusters.write(&self.out)?;
            Ok(clusters.summary)
        })?;
        let out = self.out.display().to_string();
        tell(session, self.format, &summary, |paint| text(&summary, &out, paint))
    }
}

fn text(summary: &DedupeSummary, out: &str, paint: Paint) -> String {
    let mut facts = Table::bare(&[Side::Right, Side::Left]);
    let mut add = |figure: String, what: String| facts.row([figure.into(), Cell::toned(what, Tone::Dim)]);
    add(count(summary.clusters), format!("clusters of {}", plural(summary.records, "record")));
    add(count(summary.duplicated), format!("of more than one record; the largest has {}", count(summary.largest)));
    add(count(summary.compared), format!("pairs compared, by {}", summary.columns.join(", ")));
    add(
        percent(summary.missed),
        "of the pairs inside clusters were found through others: no blocking rule gave them".to_owned(),
    );
    if summary.malformed > 0 {
        add(count(summary.malformed), "lines could not be split into columns and are in no cluster".to_owned());
    }
    format!("{}\n{}", paint.strong(&format!("wrote {out}")), facts.render(paint))
}
