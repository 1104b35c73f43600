//! `grayghost events show`: one event with all that it says.

use clap::Args;
use eventlog::{EventId, Recorded};
use kernel::uuid::Uuid;

use super::{document, stored};
use crate::{
    cli::{Format, beside::Beside},
    exit::Ending,
    failure::Failure,
    figures::count,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
};

/// Show one event; personal fields stay sealed.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The event's id, as `events list` shows it.
    id: Uuid,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Show {
    pub(crate) fn answer(&self, session: &mut Session, beside: &Beside) -> Result<Ending, Failure> {
        let opened = beside.open(session)?;
        let found = session.wait(opened.log.event(opened.workspace, EventId(self.id)))?;
        let event = found.ok_or_else(|| Failure::UnknownEvent { id: self.id.to_string() })?;
        let (payload, fact) = (stored(&event.payload), event.fact.as_ref().map(|(_, fact)| stored(fact)));
        if self.format == Format::Json {
            let mut document = document(&event);
            document["payload"] = payload;
            document["fact"] = fact.into();
            session.screen.json(&document)?;
            return Ok(Ending::Done);
        }
        let paint = session.screen.paint;
        session.screen.text(&fields(&event).render(paint))?;
        session.screen.line(format_args!("\n{}\n{payload:#}", paint.strong("payload")))?;
        if let Some(fact) = fact {
            session.screen.line(format_args!("\n{}\n{fact:#}", paint.strong("fact, as others hear it")))?;
        }
        Ok(Ending::Done)
    }
}

fn fields(event: &Recorded) -> Table {
    let mut table = Table::bare(&[Side::Left, Side::Left]);
    let mut add = |name: &str, value: String| table.row([Cell::toned(name, Tone::Dim), value.into()]);
    add("event", event.event_id.to_string());
    add("type", format!("{} (schema {})", event.kind, event.schema_version));
    add("stream", event.stream.clone());
    add("version", count(event.version));
    add("actor", event.actor.clone());
    add("occurred", event.occurred_at.to_string());
    add("recorded", event.recorded_at.to_string());
    add("correlation", event.correlation_id.to_string());
    if let Some(causation) = event.causation_id {
        add("caused by", causation.to_string());
    }
    table
}
