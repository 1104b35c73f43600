//! The hash chain of a workspace, and its verification.
//!
//! `hash(n) = SHA-256(hash(n-1) ‖ n ‖ fields)`, each field with its length before it, so that no two different events give
//! the same bytes. `hash(0)` is 32 zero bytes. Positions are not part of it: sealing again after a restore gives new ones.
//! Whoever can rewrite the whole database can rewrite the chain too: keep the heads (`grayghost events verify` prints them)
//! where they cannot.

use std::collections::BTreeMap;

use kernel::WorkspaceId;
use ring::digest::{Context, SHA256};
use sql::args;

use crate::{EventLog, LogError, Recorded, load::number};

pub(crate) const FIRST: [u8; 32] = [0; 32];
/// Events that are read at once.
const AT_ONCE: u32 = 2_000;

/// The link of event number `number` of its workspace.
pub(crate) fn link(before: &[u8], number: u64, event: &Recorded) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(before);
    context.update(&number.to_le_bytes());
    let mut field = |bytes: &[u8]| {
        context.update(&(bytes.len() as u64).to_le_bytes());
        context.update(bytes);
    };
    field(event.workspace.0.as_bytes());
    field(event.stream.as_bytes());
    field(&event.version.to_le_bytes());
    field(event.event_id.0.as_bytes());
    field(event.kind.as_bytes());
    field(&event.schema_version.to_le_bytes());
    field(&event.payload);
    field(event.fact.as_ref().map_or(&[][..], |(kind, _)| kind.as_bytes()));
    field(event.fact.as_ref().map_or(&[][..], |(_, fact)| fact));
    field(event.actor.as_bytes());
    field(event.correlation_id.as_bytes());
    field(event.causation_id.as_ref().map_or(&[][..], |id| id.0.as_bytes()));
    field(event.traceparent.as_ref().map_or(&[][..], String::as_bytes));
    field(&event.occurred_at.0.to_le_bytes());
    field(&event.recorded_at.0.to_le_bytes());
    let mut hash = FIRST;
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A log that was verified from its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Sealed events that were read.
    pub events: u64,
    /// The last link of each workspace: its number of events and its hash.
    pub heads: BTreeMap<WorkspaceId, (u64, Vec<u8>)>,
    /// The first place where the log is not what it was.
    pub broken: Option<Broken>,
}

/// Where and how a log was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The position in the log.
    pub position: u64,
    /// In whose chain; `None` for the log as a whole.
    pub workspace: Option<WorkspaceId>,
    /// What is wrong, in words.
    pub reason: String,
}

impl EventLog {
    /// Reads all sealed events and compares every link. The log may grow meanwhile: what was sealed when this began must be
    /// there, what came later is compared as far as it was met.
    ///
    /// # Errors
    /// [`LogError`] when the database cannot be read; a broken chain is no error but an answer.
    pub async fn verify(&self) -> Result<Verified, LogError> {
        let mut verified = Verified { events: 0, heads: BTreeMap::new(), broken: None };
        // Before the links: those that are sealed from now on are met below, or not, and either is right.
        let mut ends = self.ends().await?;
        let mut after = 0;
        loop {
            let links = self.links(after).await?;
            let Some((last, ..)) = links.last() else { break };
            after = *last;
            for (position, sealed, event) in &links {
                verified.broken = check(&mut verified, *position, sealed, event.as_ref());
                if verified.broken.is_some() {
                    return Ok(verified);
                }
                let (workspace, number, hash) = sealed;
                if ends.get(workspace).is_some_and(|end| (end.0, &end.1) == (*number, hash)) {
                    ends.remove(workspace);
                }
            }
        }
        verified.broken = ends.into_iter().next().map(|(workspace, (number, _))| Broken {
            position: verified.events,
            workspace: Some(workspace),
            reason: format!("the chain ends before its event number {number}"),
        });
        Ok(verified)
    }

    /// Positions, what is sealed there, and the events, as far as they are there.
    async fn links(&self, after: u64) -> Result<Vec<(u64, (WorkspaceId, u64, Vec<u8>), Option<Recorded>)>, LogError> {
        let heads =
            "SELECT position, workspace_id, number, hash FROM sealed WHERE position > $1 ORDER BY position LIMIT $2";
        let rows = self.database().all(heads, args![number(after), AT_ONCE]).await?;
        let last = rows.last().map_or(Ok(after), |row| row.count(0))?;
        let mut events: BTreeMap<u64, Recorded> =
            self.between(after, last).await?.into_iter().map(|event| (event.position, event)).collect();
        rows.iter()
            .map(|row| {
                let position = row.count(0)?;
                Ok((position, (row.id(1)?, row.count(2)?, row.get(3)?), events.remove(&position)))
            })
            .collect()
    }

    /// The links that the sealer goes on from: each must be met, or something was cut off at the end.
    async fn ends(&self) -> Result<BTreeMap<WorkspaceId, (u64, Vec<u8>)>, LogError> {
        let rows = self.database().all("SELECT workspace_id, number, hash FROM chains", args![]).await?;
        rows.iter().map(|row| Ok((row.id(0)?, (row.count(1)?, row.get(2)?)))).collect()
    }
}

fn check(
    verified: &mut Verified,
    position: u64,
    (workspace, found, hash): &(WorkspaceId, u64, Vec<u8>),
    event: Option<&Recorded>,
) -> Option<Broken> {
    let broken = |workspace, reason: String| Some(Broken { position, workspace, reason });
    if position != verified.events + 1 {
        return broken(None, format!("positions {} to {} are missing", verified.events + 1, position - 1));
    }
    verified.events = position;
    let Some(event) = event else { return broken(Some(*workspace), "the event is missing".to_owned()) };
    let (before, link_before) = verified.heads.remove(workspace).unwrap_or((0, FIRST.to_vec()));
    if event.workspace != *workspace || *found != before + 1 {
        return broken(Some(*workspace), format!("event number {} is missing from the chain", before + 1));
    }
    let expected = link(&link_before, *found, event);
    if expected[..] != hash[..] {
        return broken(Some(*workspace), format!("version {} of `{}` was changed", event.version, event.stream));
    }
    verified.heads.insert(*workspace, (*found, hash.clone()));
    None
}

#[cfg(test)]
mod tests {
    use kernel::{Timestamp, uuid::Uuid};

    use super::*;
    use crate::EventId;

    fn event() -> Recorded {
        Recorded {
            position: 1,
            workspace: WorkspaceId(Uuid::from_u128(1)),
            stream: "toy.account.1".to_owned(),
            version: 1,
            event_id: EventId(Uuid::from_u128(2)),
            kind: "paid".to_owned(),
            schema_version: 1,
            payload: b"{}".to_vec(),
            fact: Some(("account_paid".to_owned(), b"[]".to_vec())),
            actor: "system".to_owned(),
            correlation_id: Uuid::from_u128(3),
            causation_id: Some(EventId(Uuid::from_u128(4))),
            traceparent: Some("00".to_owned()),
            occurred_at: Timestamp(5),
            recorded_at: Timestamp(6),
        }
    }

    type Change = fn(&mut Recorded);

    /// Whoever changes anything has to write every link after it anew.
    #[test]
    fn a_link_holds_all_that_an_event_is_and_all_before_it() {
        let known = link(&FIRST, 1, &event());
        assert_ne!(link(&[1; 32], 1, &event()), known, "what came before");
        assert_ne!(link(&FIRST, 2, &event()), known, "its number");
        let changes: [(&str, Change); 16] = [
            ("workspace", |event| event.workspace = WorkspaceId(Uuid::nil())),
            ("stream", |event| event.stream.push('2')),
            ("version", |event| event.version = 2),
            ("event_id", |event| event.event_id = EventId(Uuid::nil())),
            ("kind", |event| event.kind.push('x')),
            ("schema_version", |event| event.schema_version = 2),
            ("payload", |event| event.payload.push(b' ')),
            ("fact", |event| event.fact = None),
            ("fact's type", |event| event.fact = Some(("other".to_owned(), b"[]".to_vec()))),
            ("fact's JSON", |event| event.fact = Some(("account_paid".to_owned(), b"{}".to_vec()))),
            ("actor", |event| event.actor.push('x')),
            ("correlation_id", |event| event.correlation_id = Uuid::nil()),
            ("causation_id", |event| event.causation_id = None),
            ("traceparent", |event| event.traceparent = None),
            ("occurred_at", |event| event.occurred_at = Timestamp(7)),
            ("recorded_at", |event| event.recorded_at = Timestamp(7)),
        ];
        for (what, change) in changes {
            let mut other = event();
            change(&mut other);
            assert_ne!(link(&FIRST, 1, &other), known, "{what}");
        }
        let moved = Recorded { position: 9, ..event() };
        assert_eq!(link(&FIRST, 1, &moved), known, "positions are given anew after a restore");
    }
}
