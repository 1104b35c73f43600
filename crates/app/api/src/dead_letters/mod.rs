//! Facts that a subscriber could not handle.

mod discard_dead_letter;
mod edit_dead_letter;
mod list_dead_letters;
mod replay_dead_letter;
mod show_dead_letter;

use bus::{Letter, Shown};
use eventlog::EventId;
use http_edge::Operation;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{Spine, form::stored};

pub(crate) fn operations(spine: &Spine) -> Vec<Operation> {
    vec![
        list_dead_letters::operation(spine),
        show_dead_letter::operation(spine),
        edit_dead_letter::operation(spine),
        replay_dead_letter::operation(spine),
        discard_dead_letter::operation(spine),
    ]
}

/// A dead letter as the list shows it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub(crate) struct LetterForm {
    /// Who could not handle the fact.
    subscriber: String,
    /// The event.
    event_id: EventId,
    /// Its stream, which waits for this subscriber.
    stream: String,
    /// Its version.
    version: u64,
    /// The fact's type.
    fact_type: String,
    /// Attempts so far.
    attempts: u32,
    /// When the last one failed.
    failed_at: String,
    /// Why.
    error: String,
    /// Whether the fact was edited.
    edited: bool,
    /// Later facts of the stream that wait behind it.
    parked: u64,
}

/// A dead letter with its fact.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetterWithFact")]
pub(crate) struct ShownForm {
    #[serde(flatten)]
    letter: LetterForm,
    /// The fact as the log has it; personal fields are sealed.
    fact: Value,
    /// The fact as it was edited; `null` where it was not.
    edited_fact: Option<Value>,
}

impl From<Letter> for LetterForm {
    fn from(letter: Letter) -> Self {
        Self {
            subscriber: letter.subscriber,
            event_id: letter.event_id,
            stream: letter.stream,
            version: letter.version,
            fact_type: letter.fact_type,
            attempts: letter.attempts,
            failed_at: letter.failed_at.to_string(),
            error: letter.error,
            edited: letter.edited,
            parked: letter.parked,
        }
    }
}

impl From<Shown> for ShownForm {
    fn from(shown: Shown) -> Self {
        Self {
            letter: shown.letter.into(),
            fact: stored(&shown.original),
            edited_fact: shown.edited.as_deref().map(stored),
        }
    }
}
