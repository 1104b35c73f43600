//! Events to bytes and back, personal fields sealed on the way.

use std::{borrow::Cow, collections::BTreeSet};

use kernel::{Aggregate, Event, SubjectId, WorkspaceId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{EventLog, LogError, Recorded};

/// One event, written: its type and its bytes, and those of the fact that it is to others.
pub(crate) struct Written {
    pub(crate) kind: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) fact: Option<(String, Vec<u8>)>,
}

/// The first member of every event, which serde writes for `#[serde(tag = "type")]`.
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

impl EventLog {
    /// Applies events to the state, one after the other, and writes each with its fact. Then of whom personal fields were sealed.
    pub(crate) async fn encode<A: Aggregate>(
        &self,
        (workspace, stream): (WorkspaceId, &str),
        state: &mut A,
        events: &[A::Event],
    ) -> Result<(Vec<Written>, BTreeSet<SubjectId>), LogError> {
        let mut facts = Vec::with_capacity(events.len());
        for event in events {
            state.apply(event);
            facts.push(state.publish(event));
        }
        let work = || events.iter().zip(&facts).map(|(event, fact)| write::<A>(event, fact.as_ref())).collect();
        let (written, sealed): (Result<Vec<Written>, serde_json::Error>, _) =
            self.0.keys.writing_of(workspace, work).await?;
        Ok((written.map_err(|source| LogError::Json { stream: stream.to_owned(), source })?, sealed))
    }

    /// Reads events of one stream.
    pub(crate) async fn decode<E: Event>(
        &self,
        workspace: WorkspaceId,
        events: &[Recorded],
    ) -> Result<Vec<E>, LogError> {
        self.0.keys.reading(workspace, || events.iter().map(read::<E>).collect()).await?
    }

    /// Reads what one stored event says, with its personal fields opened as far as their keys are there.
    ///
    /// # Errors
    /// [`LogError::Json`], [`LogError::Newer`], [`LogError::Crypto`].
    pub async fn open<E: Event>(&self, event: &Recorded) -> Result<E, LogError> {
        self.0.keys.reading(event.workspace, || read::<E>(event)).await?
    }

    /// Reads the fact that an event is to others; `None` where it is private.
    ///
    /// # Errors
    /// [`LogError::Json`], [`LogError::Crypto`].
    pub async fn open_fact<F: DeserializeOwned>(&self, event: &Recorded) -> Result<Option<F>, LogError> {
        let Some((_, fact)) = &event.fact else { return Ok(None) };
        let read = self.0.keys.reading(event.workspace, || serde_json::from_slice(fact)).await?;
        read.map(Some).map_err(|source| LogError::Json { stream: event.stream.clone(), source })
    }

    /// Writes anything that may hold personal fields, e.g. a snapshot or the arguments of a job.
    ///
    /// # Errors
    /// [`LogError::Json`], [`LogError::Crypto`].
    pub async fn seal_json<T: Serialize>(&self, workspace: WorkspaceId, value: &T) -> Result<Vec<u8>, LogError> {
        let written = self.0.keys.writing(workspace, || serde_json::to_vec(value)).await?;
        written.map_err(|source| LogError::Json { stream: String::new(), source })
    }

    /// Reads what [`EventLog::seal_json`] has written.
    ///
    /// # Errors
    /// [`LogError::Json`], [`LogError::Crypto`].
    pub async fn open_json<T: DeserializeOwned>(&self, workspace: WorkspaceId, json: &[u8]) -> Result<T, LogError> {
        let read = self.0.keys.reading(workspace, || serde_json::from_slice(json)).await?;
        read.map_err(|source| LogError::Json { stream: String::new(), source })
    }
}

fn write<A: Aggregate>(event: &A::Event, fact: Option<&A::Published>) -> Result<Written, serde_json::Error> {
    let (kind, payload) = tagged(event)?;
    Ok(Written { kind, payload, fact: fact.map(tagged).transpose()? })
}

fn tagged<T: Serialize>(value: &T) -> Result<(String, Vec<u8>), serde_json::Error> {
    let bytes = serde_json::to_vec(value)?;
    let tag: Tag<'_> = serde_json::from_slice(&bytes)?;
    Ok((tag.kind.into_owned(), bytes))
}

fn read<E: Event>(event: &Recorded) -> Result<E, LogError> {
    let json = |source| LogError::Json { stream: event.stream.clone(), source };
    if event.schema_version == E::SCHEMA_VERSION {
        return serde_json::from_slice(&event.payload).map_err(json);
    }
    if event.schema_version > E::SCHEMA_VERSION {
        let (found, known) = (event.schema_version, E::SCHEMA_VERSION);
        return Err(LogError::Newer { stream: event.stream.clone(), found, known });
    }
    let old = serde_json::from_slice(&event.payload).map_err(json)?;
    serde_json::from_value(E::upcast(&event.kind, event.schema_version, old)).map_err(json)
}
