//! `resolve explain`: why two records are, or are not, the same thing.

use clap::Args;
use resolution::{Explanation, Grouped};

use super::{super::Format, dedupe, watched};
use crate::{
    exit::Ending,
    failure::Failure,
    layout::Table,
    paint::{Paint, Tone},
    session::Session,
};

/// Ids of a group that are written out.
const SHOWN: usize = 6;

/// Show what speaks for and against two records being the same, in bits, and how their clusters came to be.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    what: dedupe::What,
    /// Id of the first record.
    #[arg(value_name = "A")]
    a: String,
    /// Id of the second record.
    #[arg(value_name = "B")]
    b: String,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Explain {
    pub(super) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let request = self.what.request(None);
        let found = watched(session, &|_| {}, |watch| resolution::explain(&request, (&self.a, &self.b), watch))?;
        let text = text(&found, session.screen.paint);
        match self.format {
            Format::Json => session.screen.json(&found)?,
            Format::Text => session.screen.text(&text)?,
        }
        Ok(Ending::Done)
    }
}

fn text(found: &Explanation, paint: Paint) -> String {
    let mut table = Table::new(&["", "FIRST", "SECOND", "AGREEMENT", ">BITS", ">RARITY", ">SUM"]);
    let mut sum = found.prior;
    let bits = |bits: f32| format!("{bits:+.1}");
    table.row([
        "before looking".into(),
        "".into(),
        "".into(),
        "".into(),
        bits(sum).into(),
        "".into(),
        bits(sum).into(),
    ]);
    for part in &found.parts {
        sum += part.weight + part.rarity;
        let rarity = if part.rarity == 0.0 { String::new() } else { bits(part.rarity) };
        let cells = [
            part.column.clone(),
            part.left.clone(),
            part.right.clone(),
            part.agreement.clone(),
            bits(part.weight),
            rarity,
            bits(sum),
        ];
        table.row(cells.map(Into::into));
    }
    let verdict = if found.same_cluster { "in one cluster" } else { "in two clusters" };
    let tone = if found.same_cluster { Tone::Good } else { Tone::Bad };
    let compared = if found.given_by_blocking { "compared by a blocking rule" } else { "given by no blocking rule" };
    let mut text = format!(
        "{}\n{} bits, probability {:.4}; {}; {compared}\n",
        table.render(paint),
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

fn ids(group: &[String]) -> String {
    let more = group.len().saturating_sub(SHOWN);
    let shown = group.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" ");
    if more > 0 { format!("({shown} and {more} more)") } else { format!("({shown})") }
}
