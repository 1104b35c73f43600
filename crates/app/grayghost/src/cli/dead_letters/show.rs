//! `grayghost dead-letters show`: one of them with its fact.

use bus::{DeadLetters, Shown};
use clap::Args;

use super::{Which, document};
use crate::{
    cli::{Format, beside::Beside, events::stored},
    exit::Ending,
    failure::Failure,
    figures::count,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
};

/// Show one with its fact; personal fields stay sealed.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Show {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        let letters = DeadLetters::of(&opened.log);
        let shown = session.wait(letters.show(opened.workspace, &self.which.subscriber, self.which.event()))?;
        let (original, edited) = (stored(&shown.original), shown.edited.as_deref().map(stored));
        if self.format == Format::Json {
            let mut document = document(&shown.letter);
            document["fact"] = original;
            document["edited_fact"] = edited.into();
            session.screen.json(&document)?;
            return Ok(Ending::Done);
        }
        let paint = session.screen.paint;
        session.screen.text(&fields(&shown).render(paint))?;
        session.screen.line(format_args!("\n{}\n{original:#}", paint.strong("fact")))?;
        if let Some(edited) = edited {
            session.screen.line(format_args!("\n{}\n{edited:#}", paint.strong("as it was edited")))?;
        }
        Ok(Ending::Done)
    }
}

fn fields(shown: &Shown) -> Table {
    let letter = &shown.letter;
    let mut table = Table::bare(&[Side::Left, Side::Left]);
    let mut add = |name: &str, value: String| table.row([Cell::toned(name, Tone::Dim), value.into()]);
    add("subscriber", letter.subscriber.clone());
    add("event", letter.event_id.to_string());
    add("fact", letter.fact_type.clone());
    add("stream", format!("{}, version {}", letter.stream, count(letter.version)));
    add("attempts", format!("{}, the last at {}", count(letter.attempts.into()), letter.failed_at));
    add("parked behind", count(letter.parked));
    add("error", letter.error.clone());
    table
}
