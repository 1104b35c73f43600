//! `grayghost events`: the event log, beside a running server or without one.

mod list;
mod projections;
mod rebuild;
mod show;
mod verify;

use clap::{Args, Subcommand};
use eventlog::Recorded;
use serde_json::{Value, json};

use super::beside::Beside;
use crate::{exit::Ending, failure::Failure, session::Session};

const EXAMPLES: &str = "\
Examples:
  grayghost events list --type RunStarted --limit 10
  grayghost events list --stream lakehouse.run.01a1fda1-bd4e-779c-9020-7128670cd6d6
  grayghost events show 01a1fda1-bd4e-779c-9020-7128670cd6d7
  grayghost events verify                    compares every link of the chains
  grayghost events projections               how far each read model is
Personal fields are shown sealed.";

/// Look at the event log, verify it, make a read model anew.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Events {
    #[command(flatten)]
    beside: Beside,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::List),
    Show(show::Show),
    Verify(verify::Verify),
    Projections(projections::Projections),
    Rebuild(rebuild::Rebuild),
}

impl Events {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        match &self.what {
            What::List(verb) => verb.answer(session, &self.beside),
            What::Show(verb) => verb.answer(session, &self.beside),
            What::Verify(verb) => verb.answer(session, &self.beside),
            What::Projections(verb) => verb.answer(session, &self.beside),
            What::Rebuild(verb) => verb.answer(session, &self.beside),
        }
    }
}

/// An event for programs, without what it says. Its place in the log is not told: outside of the log it is a token.
fn document(event: &Recorded) -> Value {
    json!({
        "event_id": event.event_id,
        "workspace": event.workspace,
        "stream": event.stream,
        "version": event.version,
        "type": event.kind,
        "schema_version": event.schema_version,
        "fact_type": event.fact.as_ref().map(|(kind, _)| kind),
        "actor": event.actor,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "traceparent": event.traceparent,
        "occurred_at": event.occurred_at.to_string(),
        "recorded_at": event.recorded_at.to_string(),
    })
}

/// Stored JSON as JSON; what is none, as a text.
pub(super) fn stored(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}
