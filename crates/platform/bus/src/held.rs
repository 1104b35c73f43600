//! Facts that were put aside for a subscriber: the first of a stream waits for its next attempt or is a dead letter, the
//! later ones queue up behind it.
//!
//! Invariants: a stream that has rows has a first one that is not queued; only the first may be handled; what stands in the
//! log before the first was handled. All changes of one subscriber's rows happen one after the other (`lease::lock`).

use std::{collections::HashMap, sync::OnceLock};

use eventlog::{EventId, Recorded};
use kernel::{Timestamp, WorkspaceId};
use sql::{Database, Row, Scope, Sql, SqlError, Tx, Value, args};

use crate::{
    lease::number,
    window::{Key, key},
};

const COLUMNS: [&str; 12] = [
    "workspace_id",
    "subscriber",
    "stream",
    "version",
    "event_id",
    "position",
    "fact_type",
    "state",
    "attempts",
    "due_at",
    "failed_at",
    "error",
];
/// Streams that one statement asks for; always as many, so that its text is one.
const ASKED: usize = 64;
/// What is kept of an error's text.
const MOST_TEXT: usize = 2_000;

/// How an attempt failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// Attempts so far.
    pub(crate) attempts: u32,
    pub(crate) at: Timestamp,
    /// When the next attempt is due; `None` when there is none.
    pub(crate) due: Option<Timestamp>,
    pub(crate) error: String,
}

impl Failure {
    fn state(&self) -> &'static str {
        if self.due.is_some() { "waiting" } else { "dead" }
    }

    /// PostgreSQL's texts hold no zero bytes.
    fn text(&self) -> String {
        self.error.chars().filter(|letter| *letter != '\0').take(MOST_TEXT).collect()
    }
}

/// A fact whose next attempt is due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) key: Key,
    pub(crate) event_id: EventId,
    pub(crate) version: u64,
    pub(crate) position: u64,
    pub(crate) attempts: u32,
    pub(crate) edited: Option<Vec<u8>>,
}

/// Puts a fact that failed aside, and those of its stream that were to follow.
pub(crate) async fn put_aside(
    tx: &mut Tx,
    subscriber: &'static str,
    (event, failure): (&Recorded, &Failure),
    rest: &[Recorded],
) -> Result<(), SqlError> {
    let mut rows = vec![row(subscriber, event, Some(failure))];
    rows.extend(rest.iter().map(|event| row(subscriber, event, None)));
    tx.insert_many(("held_facts", &COLUMNS), rows, "ON CONFLICT DO NOTHING").await?;
    Ok(())
}

/// Queues facts behind what is put aside of their streams. Those before that were handled, and are read again after a crash.
pub(crate) async fn queue(
    tx: &mut Tx,
    subscriber: &'static str,
    events: &[Recorded],
    now: Timestamp,
) -> Result<(), SqlError> {
    let firsts = firsts_in(tx, subscriber, events).await?;
    let later = |event: &&Recorded| firsts.get(&key(event)).is_none_or(|first| *first <= event.version);
    let rows: Vec<Vec<Value>> = events.iter().filter(later).map(|event| row(subscriber, event, None)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    tx.insert_many(("held_facts", &COLUMNS), rows, "ON CONFLICT DO NOTHING").await?;
    // Somebody may have discarded the last one of a stream a moment ago.
    let mut streams: Vec<Key> = events.iter().map(key).filter(|key| !firsts.contains_key(key)).collect();
    streams.sort_unstable();
    streams.dedup();
    for (workspace, stream) in &streams {
        promote(tx, subscriber, (*workspace, stream), now).await?;
    }
    Ok(())
}

/// The first version that is put aside of each stream of these events, where there is one.
pub(crate) async fn firsts(
    database: &Database,
    subscriber: &'static str,
    events: &[Recorded],
) -> Result<HashMap<Key, u64>, SqlError> {
    let mut firsts = HashMap::new();
    for args in questions(subscriber, events) {
        read_firsts(&database.all(first_versions(), args).await?, &mut firsts)?;
    }
    Ok(firsts)
}

async fn firsts_in(tx: &mut Tx, subscriber: &'static str, events: &[Recorded]) -> Result<HashMap<Key, u64>, SqlError> {
    let mut firsts = HashMap::new();
    for args in questions(subscriber, events) {
        read_firsts(&tx.all(first_versions(), args).await?, &mut firsts)?;
    }
    Ok(firsts)
}

fn first_versions() -> &'static Sql {
    static TEXT: OnceLock<Sql> = OnceLock::new();
    TEXT.get_or_init(|| {
        let asked: Vec<String> = (2..ASKED + 2).map(|number| format!("${number}")).collect();
        let asked = asked.join(",");
        Sql::made(format!(
            "SELECT workspace_id, stream, min(version) FROM held_facts WHERE subscriber = $1 AND stream IN ({asked})
             GROUP BY workspace_id, stream"
        ))
    })
}

/// Arguments of [`first_versions`], as often as all streams need.
fn questions(subscriber: &'static str, events: &[Recorded]) -> Vec<Vec<Value>> {
    let mut streams: Vec<&str> = events.iter().map(|event| event.stream.as_str()).collect();
    streams.sort_unstable();
    streams.dedup();
    let question = |chunk: &[&str]| {
        let padded = chunk.iter().chain(std::iter::repeat(&chunk[0])).take(ASKED);
        std::iter::once(Value::from(subscriber)).chain(padded.map(|stream| Value::from(*stream))).collect()
    };
    streams.chunks(ASKED).map(question).collect()
}

fn read_firsts(rows: &[Row], firsts: &mut HashMap<Key, u64>) -> Result<(), SqlError> {
    for row in rows {
        firsts.insert((row.id(0)?, row.get(1)?), row.count(2)?);
    }
    Ok(())
}

/// Facts whose next attempt is due, the longest due first.
pub(crate) async fn due(
    database: &Database,
    subscriber: &'static str,
    (now, limit): (Timestamp, usize),
) -> Result<Vec<Due>, SqlError> {
    let select = "SELECT workspace_id, stream, version, event_id, position, attempts, edited FROM held_facts
         WHERE subscriber = $1 AND state = 'waiting' AND due_at <= $2 ORDER BY due_at LIMIT $3";
    let rows = database.all(select, args![subscriber, now, number(limit as u64)]).await?;
    let read = |row: &Row| {
        Ok(Due {
            key: (row.id(0)?, row.get(1)?),
            version: row.count(2)?,
            event_id: row.id(3)?,
            position: row.count(4)?,
            attempts: u32::try_from(row.get::<i64>(5)?).unwrap_or(u32::MAX),
            edited: row.get(6)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The first of a stream failed once more.
pub(crate) async fn fail(
    tx: &mut Tx,
    subscriber: &'static str,
    ((workspace, stream), version): (&Key, u64),
    failure: &Failure,
) -> Result<(), SqlError> {
    let update = "UPDATE held_facts SET state = $5, attempts = $6, due_at = $7, failed_at = $8, error = $9
         WHERE workspace_id = $1 AND subscriber = $2 AND stream = $3 AND version = $4";
    let Failure { attempts, at, due, .. } = *failure;
    let args = args![
        workspace.0,
        subscriber,
        stream,
        number(version),
        failure.state(),
        attempts,
        due.unwrap_or(at),
        at,
        failure.text()
    ];
    tx.execute(update, args).await?;
    Ok(())
}

/// The first of a stream is done with: the next may be handled.
pub(crate) async fn release(
    tx: &mut Tx,
    subscriber: &str,
    (workspace, stream, version): (WorkspaceId, &str, u64),
    now: Timestamp,
) -> Result<(), SqlError> {
    let before = tx.enter(Scope::System);
    let delete = "DELETE FROM held_facts WHERE workspace_id = $1 AND subscriber = $2 AND stream = $3 AND version = $4";
    tx.execute(delete, args![workspace.0, subscriber, stream, number(version)]).await?;
    let done = promote(tx, subscriber, (workspace, stream), now).await;
    tx.enter(before);
    done
}

/// A first one that is queued waits from now on for an attempt that is due at once.
async fn promote(
    tx: &mut Tx,
    subscriber: &str,
    (workspace, stream): (WorkspaceId, &str),
    now: Timestamp,
) -> Result<(), SqlError> {
    let update = "UPDATE held_facts SET state = 'waiting', due_at = $4
         WHERE workspace_id = $1 AND subscriber = $2 AND stream = $3 AND state = 'queued' AND version = (
            SELECT min(version) FROM held_facts WHERE workspace_id = $1 AND subscriber = $2 AND stream = $3)";
    tx.execute(update, args![workspace.0, subscriber, stream, now]).await?;
    Ok(())
}

fn row(subscriber: &'static str, event: &Recorded, failure: Option<&Failure>) -> Vec<Value> {
    let fact_type = event.fact.as_ref().map_or("", |(fact_type, _)| fact_type);
    args![
        event.workspace.0,
        subscriber,
        event.stream.as_str(),
        number(event.version),
        event.event_id.0,
        number(event.position),
        fact_type,
        failure.map_or("queued", Failure::state),
        failure.map_or(0, |failure| failure.attempts),
        failure.map_or(Timestamp(0), |failure| failure.due.unwrap_or(failure.at)),
        failure.map(|failure| failure.at),
        failure.map(Failure::text),
    ]
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use testkit::{Place, on_both};

    use super::*;
    use crate::window::tests::event;

    const NAME: &str = "toy.listener";

    on_both!(what_is_read_again_is_not_queued_again, a_stream_that_was_emptied_meanwhile_has_a_first_one);

    async fn prepared(place: &Place) {
        place.database.migrate(crate::MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
    }

    fn facts(versions: &[u64]) -> Vec<Recorded> {
        versions.iter().map(|version| event(*version, "toy.counter.1", *version)).collect()
    }

    async fn write<F>(place: &Place, work: F)
    where
        F: for<'t> FnOnce(&'t mut Tx) -> futures::future::BoxFuture<'t, Result<(), SqlError>> + Send + 'static,
    {
        place.database.write(Scope::System, work).await.expect("written");
    }

    async fn rows(place: &Place) -> Vec<(u64, String)> {
        let select = "SELECT version, state FROM held_facts ORDER BY version";
        let rows = place.database.all(select, args![]).await.expect("read");
        rows.iter().map(|row| (row.count(0).expect("a version"), row.get(1).expect("a state"))).collect()
    }

    fn are(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
        expected.iter().map(|(version, state)| (*version, (*state).to_owned())).collect()
    }

    /// A crash before the cursor had passed the first one, which was handled by then.
    async fn what_is_read_again_is_not_queued_again(place: Place) {
        prepared(&place).await;
        let failure = Failure { attempts: 1, at: Timestamp(5), due: Some(Timestamp(9)), error: "a\0b".to_owned() };
        write(&place, move |tx| {
            async move { put_aside(tx, NAME, (&facts(&[1])[0], &failure), &facts(&[2, 3])).await }.boxed()
        })
        .await;
        assert_eq!(rows(&place).await, are(&[(1, "waiting"), (2, "queued"), (3, "queued")]));
        let workspace = event(1, "", 1).workspace;
        write(&place, move |tx| release(tx, NAME, (workspace, "toy.counter.1", 1), Timestamp(7)).boxed()).await;
        assert_eq!(rows(&place).await, are(&[(2, "waiting"), (3, "queued")]));
        write(&place, |tx| async move { queue(tx, NAME, &facts(&[1, 2, 3, 4]), Timestamp(8)).await }.boxed()).await;
        assert_eq!(rows(&place).await, are(&[(2, "waiting"), (3, "queued"), (4, "queued")]));
        let found = firsts(&place.database, NAME, &facts(&[4])).await.expect("read");
        assert_eq!(found, HashMap::from([((workspace, "toy.counter.1".to_owned()), 2)]));
        assert_eq!(due(&place.database, NAME, (Timestamp(6), 9)).await.expect("read").len(), 0);
        assert_eq!(due(&place.database, NAME, (Timestamp(7), 9)).await.expect("read").len(), 1);
    }

    /// Somebody discards the last one between the look at the table and the writing.
    async fn a_stream_that_was_emptied_meanwhile_has_a_first_one(place: Place) {
        prepared(&place).await;
        write(&place, |tx| async move { queue(tx, NAME, &facts(&[4, 5]), Timestamp(8)).await }.boxed()).await;
        assert_eq!(rows(&place).await, are(&[(4, "waiting"), (5, "queued")]));
    }
}
