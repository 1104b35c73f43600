//! One process at a time runs a subscriber.
//!
//! A row says who holds it, until when, and with which fence. The fence grows with every taking: what a former holder still
//! writes is refused. The clocks of processes should agree to well within the length of a lease; where they do not, two may
//! run the same subscriber for a while, and a [`crate::Receipt`] still has each fact handled once.

use std::{sync::Arc, time::Duration};

use eventlog::EventLog;
use futures::FutureExt;
use kernel::{Source, Timestamp};
use sql::{Database, Scope, Sql, SqlError, Tx, args};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{Begin, BusError, Subscriber};

/// Conflicts with what handlers hold ([`crate::Receipt`]): a taking waits for them.
const FOR_TAKING: Sql = Sql::pair(
    "SELECT holder, held_until, fence, position FROM subscriptions WHERE name = $1",
    "SELECT holder, held_until, fence, position FROM subscriptions WHERE name = $1 FOR UPDATE",
);
/// Does not: the holder moves on while its handlers work.
const FOR_CHANGING: Sql = Sql::pair(
    "SELECT fence FROM subscriptions WHERE name = $1",
    "SELECT fence FROM subscriptions WHERE name = $1 FOR NO KEY UPDATE",
);

/// A subscription that is ours for a while.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) name: &'static str,
    pub(crate) fence: u64,
    /// Where its cursor stood when it was taken.
    pub(crate) position: u64,
    pub(crate) source: Source,
    database: Database,
    length: Duration,
    until: Timestamp,
}

impl Lease {
    /// Takes it, if nobody else has it; makes the subscription when it is new.
    pub(crate) async fn take(
        log: &EventLog,
        subscriber: &Arc<dyn Subscriber>,
        (holder, length): (Uuid, Duration),
    ) -> Result<Option<Self>, BusError> {
        let (database, source, name) = (log.database().clone(), log.source().clone(), subscriber.name());
        let now = source.now();
        let looked = "SELECT 1 FROM subscriptions WHERE name = $1 AND holder <> $2 AND held_until > $3";
        // Standing by costs a read and no write.
        if !database.all(looked, args![name, holder, now]).await?.is_empty() {
            return Ok(None);
        }
        let (begins, until) = (subscriber.begins(), later(now, length));
        let taken: Option<(u64, u64)> = database
            .write::<_, SqlError, _>(Scope::System, move |tx| take(tx, (name, begins), (holder, now, until)).boxed())
            .await?;
        Ok(taken.map(|(fence, position)| Self { name, fence, position, source, database, length, until }))
    }

    /// Renews it for ever; returns when it is lost.
    pub(crate) async fn keep(&self) {
        let mut until = self.until;
        loop {
            sleep(self.length / 3).await;
            let now = self.source.now();
            let next = later(now, self.length);
            match self.renew(next).await {
                Ok(true) => until = next,
                Err(error) if self.source.now() < until => {
                    tracing::debug!(subscriber = self.name, error = %error, "could not renew a lease, will try again");
                }
                Ok(false) | Err(_) => return,
            }
        }
    }

    async fn renew(&self, until: Timestamp) -> Result<bool, SqlError> {
        let (name, fence) = (self.name, number(self.fence));
        let update = "UPDATE subscriptions SET held_until = $3 WHERE name = $1 AND fence = $2";
        let work = self.database.write(Scope::System, move |tx| tx.execute(update, args![name, fence, until]).boxed());
        // A database that does not answer must not hold the answer back for longer than the lease.
        let changed: Result<u64, SqlError> =
            tokio::time::timeout(self.length / 3, work).await.unwrap_or(Err(SqlError::Aborted));
        Ok(changed? == 1)
    }

    /// Lets the next process have it at once.
    pub(crate) async fn give_back(&self) {
        let (name, fence) = (self.name, number(self.fence));
        let update = "UPDATE subscriptions SET holder = NULL, held_until = 0 WHERE name = $1 AND fence = $2";
        let given: Result<u64, SqlError> =
            self.database.write(Scope::System, move |tx| tx.execute(update, args![name, fence]).boxed()).await;
        if let Err(error) = given {
            tracing::debug!(subscriber = name, error = %error, "could not give a lease back; it ends by itself");
        }
    }

    /// Moves the cursor.
    pub(crate) async fn save(&self, position: u64) -> Result<(), BusError> {
        let (name, fence, position) = (self.name, number(self.fence), number(position));
        let update = "UPDATE subscriptions SET position = $3 WHERE name = $1 AND fence = $2";
        let changed: Result<u64, SqlError> = self
            .database
            .write(Scope::System, move |tx| tx.execute(update, args![name, fence, position]).boxed())
            .await;
        if changed? == 1 { Ok(()) } else { Err(BusError::TakenOver { subscriber: name }) }
    }

    /// Runs work on what is put aside, if the subscription is still ours, and alone.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, BusError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> futures::future::BoxFuture<'t, Result<T, SqlError>> + Send + 'static,
    {
        let (name, fence) = (self.name, self.fence);
        self.database
            .write(Scope::System, move |tx| {
                async move {
                    if lock(tx, name).await? != Some(fence) {
                        return Err(BusError::TakenOver { subscriber: name });
                    }
                    Ok(work(tx).await?)
                }
                .boxed()
            })
            .await
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }
}

/// Makes this transaction the only one that changes what is put aside for a subscriber; gives its fence, and `None` where it
/// never ran.
pub(crate) async fn lock(tx: &mut Tx, name: &str) -> Result<Option<u64>, SqlError> {
    let before = tx.enter(Scope::System);
    let row = tx.optional(FOR_CHANGING, args![name]).await;
    tx.enter(before);
    row?.map(|row| row.count(0)).transpose()
}

/// The new fence and the cursor.
async fn take(
    tx: &mut Tx,
    (name, begins): (&'static str, Begin),
    (holder, now, until): (Uuid, Timestamp, Timestamp),
) -> Result<Option<(u64, u64)>, SqlError> {
    let insert = match begins {
        Begin::FirstFact => {
            "INSERT INTO subscriptions (name, position, fence, held_until) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING"
        }
        Begin::Now => {
            "INSERT INTO subscriptions (name, position, fence, held_until)
             SELECT $1, position, 0, 0 FROM sealer WHERE id = 1 ON CONFLICT DO NOTHING"
        }
    };
    tx.execute(insert, args![name]).await?;
    let row = tx.one(FOR_TAKING, args![name]).await?;
    let other = row.get::<Option<Uuid>>(0)?.is_some_and(|held_by| held_by != holder);
    if other && row.get::<Timestamp>(1)? > now {
        return Ok(None);
    }
    let fence = row.count(2)? + 1;
    let update = "UPDATE subscriptions SET holder = $2, held_until = $3, fence = $4 WHERE name = $1";
    tx.execute(update, args![name, holder, until, number(fence)]).await?;
    Ok(Some((fence, row.count(3)?)))
}

/// A moment after another.
pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

/// A position or a version as the database counts.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
    use kernel::{Clock, ManualClock, SystemChance};
    use testkit::{Place, on_both};

    use super::*;
    use crate::{Delivery, HandlerError, Hears};

    const LENGTH: Duration = Duration::from_secs(5);

    struct Nobody;

    impl Subscriber for Nobody {
        fn name(&self) -> &'static str {
            "toy.nobody"
        }

        fn hears(&self) -> Hears {
            Hears::All
        }

        fn handle<'a>(&'a self, _: &'a Delivery) -> futures::future::BoxFuture<'a, Result<(), HandlerError>> {
            async { Ok(()) }.boxed()
        }
    }

    on_both!(a_lease_ends_and_its_former_holder_writes_nothing);

    async fn a_lease_ends_and_its_former_holder_writes_nothing(place: Place) {
        place
            .database
            .migrate([eventlog::MIGRATIONS, crate::MIGRATIONS].concat(), Timestamp(0))
            .await
            .expect("migrated");
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        let source = Source { clock: clock.clone(), chance: Arc::new(SystemChance) };
        let store = Arc::new(MemoryKeyStore::default());
        let keys = KeyRing::new(store, MasterKeys::random(&SystemChance), source.clone(), Limits::default());
        let log = EventLog::new(place.database.clone(), keys, source, Vec::new());
        let subscriber: Arc<dyn Subscriber> = Arc::new(Nobody);
        let take = async |holder: u128| {
            Lease::take(&log, &subscriber, (Uuid::from_u128(holder), LENGTH)).await.expect("asked")
        };
        let first = take(1).await.expect("free");
        first.save(3).await.expect("ours");
        clock.advance_micros(4_999_999);
        assert!(take(2).await.is_none(), "held until 5 s have passed");
        assert!(first.renew(later(clock.now(), LENGTH)).await.expect("asked"));
        clock.advance_micros(4_999_999);
        assert!(take(2).await.is_none(), "it was renewed");
        clock.advance_micros(1);
        let second = take(2).await.expect("it has ended");
        assert_eq!((second.position, second.fence), (3, first.fence + 1));
        let taken_over = |result| matches!(result, Err(BusError::TakenOver { subscriber: "toy.nobody" }));
        assert!(taken_over(first.save(9).await) && taken_over(first.write(|_| async { Ok(()) }.boxed()).await));
        assert!(!first.renew(Timestamp(i64::MAX)).await.expect("asked"));
        first.give_back().await;
        assert!(take(1).await.is_none(), "it gave back what it had not");
        second.write(|_| async { Ok(()) }.boxed()).await.expect("ours");
        second.give_back().await;
        assert_eq!(take(1).await.map(|third| (third.position, third.fence)), Some((3, second.fence + 1)));
    }
}
