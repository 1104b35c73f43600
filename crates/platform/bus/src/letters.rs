//! Dead letters: facts that a subscriber could not handle, and what a person does about them.
//!
//! The fact in the log is never touched: an edit is kept beside it, for this subscriber alone. Who may do this is checked by
//! the caller ([`kernel::Permission::DeadLettersManage`]).

use eventlog::{EventId, EventLog};
use futures::FutureExt;
use kernel::{Cursor, Page, PageRequest, Timestamp, WorkspaceId};
use serde_json::Value as Json;
use sql::{Row, SqlError, Tx, args};

use crate::{
    BusError, held,
    lease::{lock, number},
};

/// The list's name in its cursors.
const LIST: &str = "bus.dead_letters";
const DEAD: &str = "SELECT h.subscriber, h.event_id, h.stream, h.version, h.fact_type, h.attempts, h.failed_at, h.error,
        (SELECT count(*) FROM held_facts q WHERE q.workspace_id = $1 AND q.subscriber = h.subscriber AND q.stream = h.stream
            AND q.state = 'queued'),
        h.position, h.edited
    FROM held_facts h WHERE h.workspace_id = $1 AND h.state = 'dead'";

/// The dead letters of a log's subscribers. They may be worked on beside a running server, which notices soon.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    log: EventLog,
}

/// A fact that one subscriber could not handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Who could not.
    pub subscriber: String,
    /// The event.
    pub event_id: EventId,
    /// Its stream, which is parked for this subscriber.
    pub stream: String,
    /// Its version.
    pub version: u64,
    /// The fact's type.
    pub fact_type: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When the last one failed.
    pub failed_at: Timestamp,
    /// Why.
    pub error: String,
    /// Whether the fact was edited.
    pub edited: bool,
    /// Later facts of the stream that are parked behind it.
    pub parked: u64,
}

/// A dead letter with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What the list says of it.
    pub letter: Letter,
    /// The fact as the log has it: JSON, personal fields sealed.
    pub original: Vec<u8>,
    /// The fact as it was edited; `None` where it was not.
    pub edited: Option<Vec<u8>>,
}

impl DeadLetters {
    /// Those of this log, whose tables are there ([`crate::MIGRATIONS`]).
    #[must_use]
    pub fn of(log: &EventLog) -> Self {
        Self { log: log.clone() }
    }

    /// The dead letters of a workspace, in the order of the log.
    ///
    /// # Errors
    /// [`BusError::Page`] for the cursor of another list, [`BusError::Sql`].
    pub async fn list(&self, workspace: WorkspaceId, request: &PageRequest) -> Result<Page<Letter>, BusError> {
        let (position, subscriber) = match request.after() {
            Some(cursor) => place(cursor.position(LIST)?),
            None => (0, String::new()),
        };
        let select = format!(
            "{DEAD} AND (h.position > $2 OR (h.position = $2 AND h.subscriber > $3))
             ORDER BY h.position, h.subscriber LIMIT $4"
        );
        let args = args![number(position), subscriber, request.limit() + 1];
        let rows = self.log.database().tenant(workspace).all(sql::Sql::made(select), args).await?;
        let items = rows.iter().take(request.limit() as usize).map(letter).collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > items.len();
        let next = match items.last().zip(rows.get(items.len().saturating_sub(1))) {
            Some((last, row)) if more => Some(cursor(row.count(9)?, &last.subscriber)),
            _ => None,
        };
        Ok(Page { items, next })
    }

    /// One dead letter with its fact.
    ///
    /// # Errors
    /// [`BusError::NoSuchLetter`], [`BusError::Log`], [`BusError::Sql`].
    pub async fn show(&self, workspace: WorkspaceId, subscriber: &str, event: EventId) -> Result<Shown, BusError> {
        let select = format!("{DEAD} AND h.subscriber = $2 AND h.event_id = $3");
        let rows =
            self.log.database().tenant(workspace).all(sql::Sql::made(select), args![subscriber, event.0]).await?;
        let row = rows.first().ok_or_else(|| missing(subscriber, event))?;
        let recorded = self.log.event(workspace, event).await?;
        let original = recorded.and_then(|recorded| recorded.fact).map(|(_, fact)| fact).unwrap_or_default();
        Ok(Shown { letter: letter(row)?, original, edited: row.get(10)? })
    }

    /// Changes what the subscriber will be given: JSON of the same type, personal fields sealed as they are in the original.
    ///
    /// # Errors
    /// [`BusError::BadEdit`], [`BusError::NoSuchLetter`], [`BusError::Sql`].
    pub async fn edit(
        &self,
        workspace: WorkspaceId,
        (subscriber, event): (&str, EventId),
        fact: Vec<u8>,
    ) -> Result<(), BusError> {
        let letter = self.show(workspace, subscriber, event).await?.letter;
        check_edit(letter.fact_type, &fact)?;
        let update = "UPDATE held_facts SET edited = $4
             WHERE workspace_id = $1 AND subscriber = $2 AND event_id = $3 AND state = 'dead'";
        let args = args![subscriber, event.0, fact];
        self.change(workspace, (subscriber, event), move |tx| async move { tx.execute(update, args).await }.boxed())
            .await
    }

    /// Has it tried again, and then what is parked behind it. Attempts count on: one that had used them up is dead again
    /// after one more failure.
    ///
    /// # Errors
    /// [`BusError::NoSuchLetter`], [`BusError::Sql`].
    pub async fn replay(&self, workspace: WorkspaceId, subscriber: &str, event: EventId) -> Result<(), BusError> {
        let update = "UPDATE held_facts SET state = 'waiting', due_at = $4
             WHERE workspace_id = $1 AND subscriber = $2 AND event_id = $3 AND state = 'dead'";
        let args = args![subscriber, event.0, self.log.source().now()];
        self.change(workspace, (subscriber, event), move |tx| async move { tx.execute(update, args).await }.boxed())
            .await
    }

    /// Gives it up: the subscriber goes on with what is parked behind it. When the process dies in the moments in which the
    /// subscriber has facts before it at work, it may be delivered once more.
    ///
    /// # Errors
    /// [`BusError::NoSuchLetter`], [`BusError::Sql`].
    pub async fn discard(&self, workspace: WorkspaceId, subscriber: &str, event: EventId) -> Result<(), BusError> {
        let (name, now) = (subscriber.to_owned(), self.log.source().now());
        self.change(workspace, (subscriber, event), move |tx| discard(tx, (workspace, name), (event, now)).boxed())
            .await
    }

    /// Changes one dead letter, alone; `work` gives how many it found.
    async fn change<F>(
        &self,
        workspace: WorkspaceId,
        (subscriber, event): (&str, EventId),
        work: F,
    ) -> Result<(), BusError>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> futures::future::BoxFuture<'t, Result<u64, SqlError>> + Send + 'static,
    {
        let name = subscriber.to_owned();
        let tenant = self.log.database().tenant(workspace);
        let changed: Result<u64, SqlError> = tenant
            .write(move |tx| {
                async move {
                    lock(tx, &name).await?;
                    work(tx).await
                }
                .boxed()
            })
            .await;
        if changed? == 0 { Err(missing(subscriber, event)) } else { Ok(()) }
    }
}

async fn discard(
    tx: &mut Tx,
    (workspace, subscriber): (WorkspaceId, String),
    (event, now): (EventId, Timestamp),
) -> Result<u64, SqlError> {
    let select = "SELECT stream, version FROM held_facts
         WHERE workspace_id = $1 AND subscriber = $2 AND event_id = $3 AND state = 'dead'";
    let Some(row) = tx.optional(select, args![subscriber.as_str(), event.0]).await? else { return Ok(0) };
    let (stream, version): (String, u64) = (row.get(0)?, row.count(1)?);
    held::release(tx, &subscriber, (workspace, &stream, version), now).await?;
    Ok(1)
}

fn letter(row: &Row) -> Result<Letter, BusError> {
    Ok(Letter {
        subscriber: row.get(0)?,
        event_id: row.id(1)?,
        stream: row.get(2)?,
        version: row.count(3)?,
        fact_type: row.get(4)?,
        attempts: u32::try_from(row.get::<i64>(5)?).unwrap_or(u32::MAX),
        failed_at: row.get::<Option<Timestamp>>(6)?.unwrap_or_default(),
        error: row.get::<Option<String>>(7)?.unwrap_or_default(),
        edited: row.get::<Option<Vec<u8>>>(10)?.is_some(),
        parked: row.count(8)?,
    })
}

fn missing(subscriber: &str, event: EventId) -> BusError {
    BusError::NoSuchLetter { subscriber: subscriber.to_owned(), event: event.to_string() }
}

fn check_edit(fact_type: String, fact: &[u8]) -> Result<(), BusError> {
    let reason = match serde_json::from_slice::<Json>(fact) {
        Ok(Json::Object(members)) if members.get("type").and_then(Json::as_str) == Some(&fact_type) => return Ok(()),
        Ok(Json::Object(_)) => "its member `type` is another",
        Ok(_) => "it is no JSON object",
        Err(_) => "it is no JSON",
    };
    Err(BusError::BadEdit { fact_type, reason })
}

fn cursor(position: u64, subscriber: &str) -> Cursor {
    Cursor::new(LIST, &[&position.to_be_bytes(), subscriber.as_bytes()].concat())
}

/// Anybody can make a cursor: one that is none begins at the first.
fn place(cursor: &[u8]) -> (u64, String) {
    let Some((position, subscriber)) = cursor.split_first_chunk() else { return (0, String::new()) };
    (u64::from_be_bytes(*position), String::from_utf8_lossy(subscriber).replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_edit_is_an_object_of_the_same_type() {
        let reason = |fact: &str| match check_edit("Paid".to_owned(), fact.as_bytes()) {
            Err(BusError::BadEdit { reason, .. }) => reason,
            _ => "",
        };
        assert_eq!(reason(r#"{"type":"Paid","sum":1}"#), "");
        assert_eq!(reason(r#"{"sum":1,"type":"Paid"}"#), "");
        assert_eq!(reason(r#"{"type":"Sent"}"#), "its member `type` is another");
        assert_eq!(reason(r#"{"type":1}"#), "its member `type` is another");
        assert_eq!(reason("[]"), "it is no JSON object");
        assert_eq!(reason(r#"{"type":"Paid""#), "it is no JSON");
    }

    proptest! {
        #[test]
        fn a_page_goes_on_where_it_ended(position: u64, subscriber in "[a-z._]{0,20}") {
            let cursor = cursor(position, &subscriber);
            prop_assert_eq!(place(cursor.position(LIST).unwrap()), (position, subscriber));
        }

        #[test]
        fn any_bytes_are_a_place(bytes: Vec<u8>) {
            prop_assert!(!place(&bytes).1.contains('\0'));
        }
    }
}
