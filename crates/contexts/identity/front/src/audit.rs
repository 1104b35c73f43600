//! The audit's pen: entries of many callers are appended together.
//!
//! Invariants: an entry that somebody waits for is durable when they go on; the queue is bounded, and whoever finds it full waits
//! for room, so that no entry is thrown away for speed. A crash may lose the entries of the last moments that nobody waited for
//! (refusals); what was changed is in the log in any case, with its actor.

use std::{collections::HashMap, fmt};

use eventlog::{Cause, EventLog, LogError, NewStream};
use identity_model::{Audit, AuditEvent, AuditId, AuditRecord, Outcome};
use kernel::{Actor, Personal, SubjectId, Timestamp, UserId, Who, WorkspaceId};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{IdentityError, Origin};

/// Entries that may wait.
const QUEUE: usize = 4_096;
/// Entries of one transaction.
const BATCH: usize = 256;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What is to be written, and who waits for it.
struct Message {
    workspace: WorkspaceId,
    /// None only asks to be told when everything before is written.
    entry: Option<AuditRecord>,
    written: Option<oneshot::Sender<()>>,
}

/// Hands entries to the task that writes them. Clones share it.
#[derive(Clone)]
pub(crate) struct Pen {
    log: EventLog,
    queue: mpsc::Sender<Message>,
}

impl fmt::Debug for Pen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pen")
    }
}

/// One entry, before it is put down.
pub(crate) struct Entry {
    pub(crate) who: String,
    /// Whose address it is; `None` for somebody who is not known.
    pub(crate) user: Option<UserId>,
    pub(crate) action: &'static str,
    pub(crate) target: Option<String>,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<&'static str>,
}

impl Entry {
    /// By an actor.
    pub(crate) fn by(actor: &Actor, action: &'static str, target: Option<String>) -> Self {
        let user = if let Who::User(user) = actor.who { Some(user) } else { None };
        Self { who: actor.who.to_string(), user, action, target, outcome: Outcome::Done, reason: None }
    }

    /// By somebody who is not known.
    pub(crate) fn by_stranger(action: &'static str, target: Option<String>) -> Self {
        Self { who: "stranger".to_owned(), user: None, action, target, outcome: Outcome::Done, reason: None }
    }
}

/// Addresses of strangers belong to one subject a day, so that a day's can be forgotten and no key is made for each guess.
/// The number of the day stands in a UUID of version 8 (RFC 9562, 5.8).
fn strangers_of(at: Timestamp) -> SubjectId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&at.0.div_euclid(MICROS_PER_DAY).to_be_bytes());
    SubjectId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

impl Pen {
    /// Starts the task; it ends with the last clone.
    pub(crate) fn start(log: EventLog) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(log.clone(), messages));
        Self { log, queue }
    }

    /// Puts an entry down and goes on.
    pub(crate) async fn tell(&self, workspace: WorkspaceId, entry: Entry, from: &Origin) {
        let entry = Some(self.record(entry, from));
        // An error says that the process ends.
        let _ = self.queue.send(Message { workspace, entry, written: None }).await;
    }

    /// Puts an entry down and waits until it is durable, or was given up and said so in the process' own log.
    pub(crate) async fn write(&self, workspace: WorkspaceId, entry: Entry, from: &Origin) {
        self.ask(workspace, Some(self.record(entry, from))).await;
    }

    /// Waits until everything that was put down is durable.
    pub(crate) async fn flush(&self) {
        self.ask(crate::INSTALLATION, None).await;
    }

    async fn ask(&self, workspace: WorkspaceId, entry: Option<AuditRecord>) {
        let (written, is_written) = oneshot::channel();
        if self.queue.send(Message { workspace, entry, written: Some(written) }).await.is_ok() {
            let _ = is_written.await;
        }
    }

    fn record(&self, entry: Entry, from: &Origin) -> AuditRecord {
        let now = self.log.source().now();
        let Entry { who, user, action, target, outcome, reason } = entry;
        let subject = user.map_or_else(|| strangers_of(now), |user| SubjectId(user.0));
        let address = from.address.map(|address| Personal::of(subject, address.to_string()));
        let (action, reason) = (action.to_owned(), reason.map(str::to_owned));
        AuditRecord { who, action, target, outcome, reason, address, at: now.0 }
    }
}

async fn write_all(log: EventLog, mut messages: mpsc::Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut ids = Ids { log: &log, last: Uuid::nil() };
    while messages.recv_many(&mut batch, BATCH).await > 0 {
        let mut entries: HashMap<WorkspaceId, Vec<AuditRecord>> = HashMap::new();
        let mut waiting = Vec::new();
        for Message { workspace, entry, written } in batch.drain(..) {
            entries.entry(workspace).or_default().extend(entry);
            waiting.extend(written);
        }
        for (workspace, entries) in entries.into_iter().filter(|(_, entries)| !entries.is_empty()) {
            write_batch(&mut ids, workspace, entries).await;
        }
        for written in waiting {
            // Whoever waited may have gone.
            let _ = written.send(());
        }
    }
}

/// All together; where that is refused, one by one, and an entry whose subject was erased without its address.
async fn write_batch(ids: &mut Ids<'_>, workspace: WorkspaceId, entries: Vec<AuditRecord>) {
    if append(ids, workspace, entries.clone()).await.is_ok() {
        return;
    }
    for entry in entries {
        let without = AuditRecord { address: None, ..entry.clone() };
        if append(ids, workspace, vec![entry]).await.is_err()
            && let Err(error) = append(ids, workspace, vec![without]).await
        {
            tracing::error!(%workspace, %error, "an entry of the audit was lost");
        }
    }
}

/// Ids that grow: a list by id is one by time, also within a millisecond.
struct Ids<'a> {
    log: &'a EventLog,
    last: Uuid,
}

impl Ids<'_> {
    fn next(&mut self) -> AuditId {
        let after = Uuid::from_u128(self.last.as_u128().saturating_add(1));
        self.last = self.log.source().uuid().max(after);
        AuditId(self.last)
    }
}

async fn append(ids: &mut Ids<'_>, workspace: WorkspaceId, entries: Vec<AuditRecord>) -> Result<usize, LogError> {
    let stream = |entry| NewStream::<Audit> { id: ids.next(), events: vec![AuditEvent::Audited { entry }] };
    let streams = entries.into_iter().map(stream).collect();
    ids.log.append_many(&Actor::system(workspace), Cause::default(), streams).await
}

impl crate::Identity {
    /// Puts down how a use case ended, and passes its result on. What was done is durable in the audit before the caller hears of
    /// it; what was refused is put down without waiting.
    pub(crate) async fn note<T>(
        &self,
        actor: &Actor,
        (action, target): (&'static str, Option<String>),
        done: Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        self.put_down(actor.workspace, Entry::by(actor, action, target), &done).await;
        done
    }

    /// The same for an entry at hand.
    pub(crate) async fn put_down<T>(&self, workspace: WorkspaceId, entry: Entry, done: &Result<T, IdentityError>) {
        use kernel::{ErrorKind, ProductError};
        let pen = &self.inner.pen;
        match done {
            Ok(_) => pen.write(workspace, entry, &self.from).await,
            Err(error) => {
                let is_fault = matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable);
                let outcome = if is_fault { Outcome::Failed } else { Outcome::Refused };
                pen.tell(workspace, Entry { outcome, reason: Some(error.code()), ..entry }, &self.from).await;
            }
        }
    }
}

/// A kind and an id, as entries name their targets.
#[expect(clippy::unnecessary_wraps, reason = "an entry has a target or none, and whoever makes one passes it on")]
pub(crate) fn target(kind: &str, id: Uuid) -> Option<String> {
    Some(format!("{kind}:{id}"))
}
