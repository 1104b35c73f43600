//! `grayghost dead-letters`: facts that a subscriber could not handle, and what to do about them.

mod list;
mod manage;
mod show;

use bus::Letter;
use clap::{Args, Subcommand};
use eventlog::EventId;
use kernel::uuid::Uuid;
use serde_json::{Value, json};

use super::beside::Beside;
use crate::{exit::Ending, failure::Failure, session::Session};

const EXAMPLES: &str = "\
Examples:
  grayghost dead-letters list
  grayghost dead-letters show search.index 01a1fda1-bd4e-779c-9020-7128670cd6d6
  grayghost dead-letters edit search.index 01a1fda1-bd4e-779c-9020-7128670cd6d6 fact.json
  grayghost dead-letters replay search.index 01a1fda1-bd4e-779c-9020-7128670cd6d6
Later facts of the same stream wait behind a dead letter, for its subscriber alone.
Jobs that were given up are listed by `grayghost jobs dead`.";

/// Look at facts that could not be handled; edit, replay and discard them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DeadLetters {
    #[command(flatten)]
    beside: Beside,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(list::List),
    Show(show::Show),
    Edit(manage::Edit),
    Replay(manage::Replay),
    Discard(manage::Discard),
}

/// Which letter.
#[derive(Debug, Args)]
struct Which {
    /// Who could not handle it, as `dead-letters list` shows it.
    subscriber: String,
    /// The event's id.
    event: Uuid,
}

impl Which {
    fn event(&self) -> EventId {
        EventId(self.event)
    }
}

impl DeadLetters {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        match &self.what {
            What::List(verb) => verb.answer(session, &self.beside),
            What::Show(verb) => verb.answer(session, &self.beside),
            What::Edit(verb) => verb.answer(session, &self.beside),
            What::Replay(verb) => verb.answer(session, &self.beside),
            What::Discard(verb) => verb.answer(session, &self.beside),
        }
    }
}

/// A dead letter for programs, without what it says.
fn document(letter: &Letter) -> Value {
    json!({
        "subscriber": letter.subscriber,
        "event_id": letter.event_id,
        "stream": letter.stream,
        "version": letter.version,
        "fact_type": letter.fact_type,
        "attempts": letter.attempts,
        "failed_at": letter.failed_at.to_string(),
        "error": letter.error,
        "edited": letter.edited,
        "parked": letter.parked,
    })
}
