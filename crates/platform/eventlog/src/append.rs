//! Events to rows; and many streams at once.

use std::collections::BTreeSet;

use futures::FutureExt;
use kernel::{Actor, Aggregate, Event as _, SubjectId, Timestamp};
use sql::{Scope, Tx, Value, args};

use crate::{
    Cause, EventId, EventLog, LogError, Recorded,
    codec::Written,
    load::{Loaded, number},
};

const COLUMNS: [&str; 14] = [
    "stream",
    "version",
    "event_id",
    "type",
    "schema_version",
    "payload",
    "fact_type",
    "fact",
    "actor",
    "correlation_id",
    "causation_id",
    "traceparent",
    "occurred_at",
    "recorded_at",
];

/// Events for one stream that does not exist yet.
#[derive(Debug)]
pub struct NewStream<A: Aggregate> {
    /// The instance.
    pub id: A::Id,
    /// What happened to it, first to last.
    pub events: Vec<A::Event>,
}

impl EventLog {
    /// Begins many streams in one transaction, with the guarantees of [`EventLog::change`]: either all of them or none. Gives the number of
    /// events.
    ///
    /// # Errors
    /// [`LogError::Overtaken`] when one of the streams exists, and the other [`LogError`]s.
    pub async fn append_many<A: Aggregate>(
        &self,
        actor: &Actor,
        cause: Cause,
        streams: Vec<NewStream<A>>,
    ) -> Result<usize, LogError> {
        let now = self.0.source.now();
        let (mut records, mut subjects) = (Vec::with_capacity(streams.len()), BTreeSet::new());
        for NewStream { id, events } in streams {
            let stream = format!("{}.{id}", A::STREAM);
            let mut empty = Loaded { state: A::default(), version: 0, snapshot: 0 };
            let (made, of) = self.record::<A>((actor, &stream), &mut empty, (events, &cause, None, now)).await?;
            records.extend(made);
            subjects.extend(of);
        }
        let (count, this, workspace) = (records.len(), self.clone(), actor.workspace);
        let stored: Result<(), LogError> = self
            .0
            .database
            .write(Scope::Workspace(actor.workspace), move |tx| {
                async move {
                    this.refuse_erased(tx, workspace, &subjects).await?;
                    // In this order, as in a change: whoever switches to a read model made anew keeps `events` first.
                    this.insert(tx, &records).await?;
                    this.project_inline(tx, &records).await
                }
                .boxed()
            })
            .await;
        stored?;
        self.0.appended.send_replace(());
        Ok(count)
    }

    /// Applies events to the aggregate and makes the records of them. Then of whom personal fields were sealed: before the
    /// records are stored, [`EventLog::refuse_erased`] is to be asked.
    pub(crate) async fn record<A: Aggregate>(
        &self,
        (actor, stream): (&Actor, &str),
        loaded: &mut Loaded<A>,
        (events, cause, occurred_at, now): (Vec<A::Event>, &Cause, Option<Timestamp>, Timestamp),
    ) -> Result<(Vec<Recorded>, BTreeSet<SubjectId>), LogError> {
        if events.is_empty() {
            return Ok((Vec::new(), BTreeSet::new()));
        }
        let (written, subjects) = self.encode::<A>((actor.workspace, stream), &mut loaded.state, &events).await?;
        let correlation_id = cause.correlation_id.unwrap_or_else(|| self.0.source.uuid());
        let records = written.into_iter().map(|Written { kind, payload, fact }| {
            loaded.version += 1;
            Recorded {
                position: 0,
                workspace: actor.workspace,
                stream: stream.to_owned(),
                version: loaded.version,
                event_id: EventId(self.0.source.uuid()),
                kind,
                schema_version: A::Event::SCHEMA_VERSION,
                payload,
                fact,
                actor: actor.who.to_string(),
                correlation_id,
                causation_id: cause.causation_id,
                traceparent: cause.traceparent.clone(),
                occurred_at: occurred_at.unwrap_or(now),
                recorded_at: now,
            }
        });
        Ok((records.collect(), subjects))
    }

    pub(crate) async fn insert(&self, tx: &mut Tx, records: &[Recorded]) -> Result<(), LogError> {
        match records {
            [] => Ok(()),
            [record] => {
                let insert = "INSERT INTO events (workspace_id, stream, version, event_id, type, schema_version, payload, fact_type, \
                     fact, actor, correlation_id, causation_id, traceparent, occurred_at, recorded_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
                tx.execute(insert, row(record.clone())).await?;
                Ok(())
            }
            many => {
                let rows = many.iter().cloned().map(row).collect();
                tx.insert_many(("events", &COLUMNS), rows, "").await?;
                Ok(())
            }
        }
    }
}

/// A record's values, but for the workspace.
fn row(record: Recorded) -> Vec<Value> {
    let (fact_type, fact) = record.fact.unzip();
    args![
        record.stream,
        number(record.version),
        record.event_id.0,
        record.kind,
        record.schema_version,
        record.payload,
        fact_type,
        fact,
        record.actor,
        record.correlation_id,
        record.causation_id.map(|id| id.0),
        record.traceparent,
        record.occurred_at,
        record.recorded_at,
    ]
}
