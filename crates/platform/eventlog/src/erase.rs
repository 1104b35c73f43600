//! Forgetting a subject: its keys go first, then the fact is told, so that read models drop what they hold in plain.
//!
//! What is stored sealed (events, facts, snapshots, jobs, idempotency records) is unreadable from the moment the keys are
//! gone. A process that dies in between has acknowledged nothing: erasing again finishes it. That other processes remember a
//! key for a while is the matter of `erased.rs`.

use kernel::{Actor, Aggregate, Event, Forbidden, Permission, SubjectId};

use crate::{EventLog, LogError};

/// The stream of a subject: nothing but its end.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    erased: bool,
}

/// What happens to a subject as such. Read models that hold plain values of it drop them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SubjectEvent {
    /// Its keys were erased.
    SubjectErased {
        /// Whose.
        subject: SubjectId,
    },
}

impl Event for SubjectEvent {}

impl Aggregate for Subject {
    const STREAM: &'static str = "eventlog.subject";
    type Id = SubjectId;
    type Event = SubjectEvent;
    type Published = SubjectEvent;

    fn apply(&mut self, event: &SubjectEvent) {
        match event {
            SubjectEvent::SubjectErased { .. } => self.erased = true,
        }
    }

    fn publish(&self, event: &SubjectEvent) -> Option<SubjectEvent> {
        Some(*event)
    }
}

/// Why a subject was not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The log or the keys failed; erasing again is safe.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl EventLog {
    /// Erases the keys of subjects of the actor's workspace for ever, and tells so. Subjects that were erased before stay so;
    /// it is told again, so that whoever holds something of them in plain drops it once more.
    ///
    /// # Errors
    /// [`EraseError::Forbidden`] without `subjects:erase`; [`EraseError::Log`].
    pub async fn erase_subjects(&self, actor: &Actor, subjects: &[SubjectId]) -> Result<(), EraseError> {
        actor.require(Permission::SubjectsErase)?;
        self.0.keys.erase(actor.workspace, subjects).await.map_err(LogError::from)?;
        for subject in subjects.iter().copied() {
            let tell = move |_: &Subject| Ok::<_, EraseError>(vec![SubjectEvent::SubjectErased { subject }]);
            self.change::<Subject, EraseError, EraseError>(actor, subject, tell).await?;
        }
        Ok(())
    }
}
