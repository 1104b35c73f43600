//! `grayghost dead-letters list`: in the order of the log.

use bus::{DeadLetters, Letter};
use clap::Args;
use serde_json::json;

use super::document;
use crate::{
    cli::{
        Format,
        beside::{Beside, Part, tell_next},
    },
    exit::Ending,
    failure::Failure,
    figures::{count, moment},
    layout::{Cell, Table},
    paint::Tone,
    session::Session,
};

/// List facts that a subscriber could not handle, in the order of the log.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    part: Part,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let request = self.part.request()?;
        let opened = beside.open(session)?;
        let page = session.wait(DeadLetters::of(&opened.log).list(opened.workspace, &request))?;
        if self.format == Format::Json {
            let letters: Vec<_> = page.items.iter().map(document).collect();
            session.screen.json(&json!({ "letters": letters, "next": page.next }))?;
        } else if page.items.is_empty() {
            session.screen.line("no dead letter")?;
        } else {
            let paint = session.screen.paint;
            session.screen.text(&table(&page.items).render(paint))?;
            tell_next(session, "dead-letters list", page.next.as_ref())?;
        }
        Ok(Ending::Done)
    }
}

fn table(letters: &[Letter]) -> Table {
    let heads =
        ["SUBSCRIBER", "EVENT", "FACT", "STREAM", ">VERSION", ">ATTEMPTS", ">PARKED BEHIND", "FAILED (UTC)", "ERROR"];
    let mut table = Table::new(&heads);
    for letter in letters {
        let edited = if letter.edited { " (edited)" } else { "" };
        table.row([
            letter.subscriber.clone().into(),
            Cell::toned(letter.event_id.to_string(), Tone::Dim),
            format!("{}{edited}", letter.fact_type).into(),
            letter.stream.clone().into(),
            count(letter.version).into(),
            count(letter.attempts.into()).into(),
            count(letter.parked).into(),
            moment(&letter.failed_at).into(),
            Cell::toned(letter.error.lines().next().unwrap_or_default(), Tone::Bad),
        ]);
    }
    table
}
