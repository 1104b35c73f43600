//! `resolve link`: links the records of two files.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use resolution::{Input, LinkRequest, LinkSummary, Partners};

use super::{super::Format, tell, watched};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{count, plural},
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
};

/// Link the records of two files: `id_a,id_b,weight,probability`, accepted links only.
#[derive(Debug, Args)]
pub(crate) struct Link {
    #[command(flatten)]
    what: What,
    /// Where to write the links, as CSV.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// How the summary is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Two files and how to look at them.
#[derive(Debug, Args)]
pub(super) struct What {
    /// First file.
    #[arg(value_name = "A", value_hint = ValueHint::FilePath)]
    left: PathBuf,
    /// Second file.
    #[arg(value_name = "B", value_hint = ValueHint::FilePath)]
    right: PathBuf,
    /// `auto`, `person`, `company`, `product`, or a model's YAML file.
    #[arg(long, value_name = "MODEL", default_value = "auto")]
    model: String,
    /// The column that names each record; two, separated by a comma, where it differs.
    #[arg(long, value_name = "COL|COL_A,COL_B", value_delimiter = ',')]
    id: Vec<String>,
    /// Columns that are not evidence, separated by commas.
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Neither file holds anything twice: each record has one partner at most.
    #[arg(long)]
    one_to_one: bool,
}

/// The columns of ids of two files, as one or two names.
pub(super) fn two_ids(names: &[String]) -> Result<(&str, &str), Failure> {
    match names {
        [one] => Ok((one, one)),
        [left, right] => Ok((left, right)),
        _ => Err(Failure::Usage {
            what: "could not tell which columns name the records".to_owned(),
            remedy: "give `--id COL`, or `--id COL_A,COL_B` where the two differ".to_owned(),
        }),
    }
}

impl What {
    pub(super) fn request(&self) -> Result<LinkRequest, Failure> {
        let (left, right) = two_ids(&self.id)?;
        Ok(LinkRequest {
            left: Input::file(self.left.clone(), left.to_owned()),
            right: Input::file(self.right.clone(), right.to_owned()),
            model: self.model.clone(),
            ignore: self.ignore.clone(),
            partners: if self.one_to_one { Partners::One } else { Partners::Several },
        })
    }
}

impl Link {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = self.what.request()?;
        let summary = watched(session, &|_| {}, |watch| {
            let linked = resolution::link_files(&request, watch)?;
            linked.write(&self.out)?;
            Ok(linked.summary)
        })?;
        let out = self.out.display().to_string();
        tell(session, self.format, &summary, |paint| text(&summary, &out, paint))
    }
}

fn text(summary: &LinkSummary, out: &str, paint: Paint) -> String {
    let mut facts = Table::bare(&[Side::Right, Side::Left]);
    let mut add = |figure: u64, what: String| facts.row([count(figure).into(), Cell::toned(what, Tone::Dim)]);
    add(summary.links, format!("links between {} and {}", plural(summary.left, "record"), count(summary.right)));
    add(summary.weighed, format!("pairs weighed, by {}", summary.columns.join(", ")));
    if summary.malformed > 0 {
        add(summary.malformed, "lines could not be split into columns and have no link".to_owned());
    }
    format!("{}\n{}", paint.strong(&format!("wrote {out}")), facts.render(paint))
}
