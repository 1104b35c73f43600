//! `resolve explain`: why two records are, or are not, the same thing.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use resolution::{DedupeRequest, Explanation, Grouped, Input, LinkExplanation, LinkRequest, Part, Partner, Partners};

use super::{super::Format, link::two_ids, watched};
use crate::{
    exit::Ending,
    failure::Failure,
    figures::plural,
    layout::Table,
    paint::{Paint, Tone},
    session::Session,
};

/// Ids of a group that are written out.
const SHOWN: usize = 6;
/// Characters of a text that are written out.
const WIDEST: usize = 40;

/// Show what speaks for and against two records being the same, in bits, and how their clusters came to be.
#[derive(Debug, Args)]
#[command(override_usage = "grayghost resolve explain [OPTIONS] --id <COL|COL_A,COL_B> <FILE> [FILE] <A> <B>")]
pub(crate) struct Explain {
    /// One file or two, and the ids of two records: of the one, or of the first and the second.
    #[arg(value_name = "FILE A B", value_hint = ValueHint::FilePath, num_args = 1.., required = true)]
    words: Vec<String>,
    /// `auto`, `person`, `company`, `product`, or a model's YAML file.
    #[arg(long, value_name = "MODEL", default_value = "auto")]
    model: String,
    /// The column that names each record; two, separated by a comma, where it differs.
    #[arg(long, value_name = "COL|COL_A,COL_B", value_delimiter = ',', required = true)]
    id: Vec<String>,
    /// Columns that are not evidence, separated by commas.
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Of two files: neither holds anything twice.
    #[arg(long)]
    one_to_one: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Explain {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let (left, right) = two_ids(&self.id)?;
        let input = |path: &String, id: &str| Input::file(PathBuf::from(path), id.to_owned());
        let paint = session.screen.paint;
        let (document, text) = match self.words.as_slice() {
            [first, second, a, b] => {
                let request = LinkRequest {
                    left: input(first, left),
                    right: input(second, right),
                    model: self.model.clone(),
                    ignore: self.ignore.clone(),
                    partners: if self.one_to_one { Partners::One } else { Partners::Several },
                };
                let found = watched(session, &|_| {}, |watch| resolution::explain_link(&request, (a, b), watch))?;
                (serde_json::to_value(&found), link_text(&found, paint))
            }
            [_, _, _] if self.one_to_one || self.id.len() > 1 => {
                return Err(Failure::Usage {
                    what: "could not explain a pair of one file as a link of two".to_owned(),
                    remedy: "give two files and an id of each; or one file, one id column and no `--one-to-one`"
                        .to_owned(),
                });
            }
            [file, a, b] => {
                let request = DedupeRequest {
                    input: input(file, left),
                    model: self.model.clone(),
                    ignore: self.ignore.clone(),
                    previous: None,
                };
                let found = watched(session, &|_| {}, |watch| resolution::explain(&request, (a, b), watch))?;
                (serde_json::to_value(&found), text(&found, paint))
            }
            words => {
                return Err(Failure::Usage {
                    what: format!(
                        "could not tell which two records are meant by {}",
                        plural(words.len() as u64, "word")
                    ),
                    remedy: "give a file and two ids, or two files and an id of each".to_owned(),
                });
            }
        };
        match self.format {
            Format::Json => session.screen.json(&document.unwrap_or_default())?,
            Format::Text => session.screen.text(&text)?,
        }
        Ok(Ending::Done)
    }
}

/// The start of a long text; `--format json` gives the whole.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn bits(bits: f32) -> String {
    format!("{bits:+.1}")
}

/// The sum, part by part.
fn waterfall(prior: f32, parts: &[Part], paint: Paint) -> String {
    let mut table = Table::new(&["", "FIRST", "SECOND", "AGREEMENT", ">BITS", ">RARITY", ">SUM"]);
    let mut sum = prior;
    let start =
        ["before looking".to_owned(), String::new(), String::new(), String::new(), bits(sum), String::new(), bits(sum)];
    table.row(start.map(Into::into));
    for part in parts {
        sum += part.weight + part.rarity;
        let rarity = if part.rarity == 0.0 { String::new() } else { bits(part.rarity) };
        let cells = [
            part.column.clone(),
            shortened(&part.left),
            shortened(&part.right),
            part.agreement.clone(),
            bits(part.weight),
            rarity,
            bits(sum),
        ];
        table.row(cells.map(Into::into));
    }
    table.render(paint)
}

fn text(found: &Explanation, paint: Paint) -> String {
    let verdict = if found.same_cluster { "in one cluster" } else { "in two clusters" };
    let tone = if found.same_cluster { Tone::Good } else { Tone::Bad };
    let compared = if found.given_by_blocking { "compared by a blocking rule" } else { "given by no blocking rule" };
    let mut text = format!(
        "{}\n{} bits, probability {:.4}; {}; {compared}\n",
        waterfall(found.prior, &found.parts, paint),
        bits(found.weight),
        found.probability,
        paint.tone(tone, verdict),
    );
    if !found.grouped.is_empty() {
        let heading = format!("how groups were merged, down to {} bits on average", bits(found.threshold));
        let step = |step: &Grouped| {
            let mark = if step.merged { "merged" } else { "apart " };
            format!("  {} {mark} {} + {}", bits(step.weight), ids(&step.left), ids(&step.right))
        };
        let steps: Vec<String> = found.grouped.iter().map(step).collect();
        text = format!("{text}\n{}\n{}\n", paint.strong(&heading), steps.join("\n"));
    }
    text
}

fn link_text(found: &LinkExplanation, paint: Paint) -> String {
    let (tone, verdict) = if found.linked { (Tone::Good, "linked") } else { (Tone::Bad, "not linked") };
    let weighed = if found.weighed { "weighed" } else { "not among the pairs that were weighed" };
    let mut text = format!(
        "{}\n{} bits, probability {:.4}; {}; {weighed}; links are accepted from {} bits\n",
        waterfall(found.prior, &found.parts, paint),
        bits(found.weight),
        found.probability,
        paint.tone(tone, verdict),
        bits(found.least),
    );
    if !found.others.is_empty() {
        let other = |other: &Partner| {
            let mark = if other.linked { "linked" } else { "not   " };
            format!("  {} {mark} {} + {}", bits(other.weight), other.a, other.b)
        };
        let others: Vec<String> = found.others.iter().map(other).collect();
        text = format!("{text}\n{}\n{}\n", paint.strong("other candidates of the two"), others.join("\n"));
    }
    text
}

fn ids(group: &[String]) -> String {
    let more = group.len().saturating_sub(SHOWN);
    let shown = group.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" ");
    if more > 0 { format!("({shown} and {more} more)") } else { format!("({shown})") }
}
