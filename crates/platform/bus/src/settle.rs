//! What follows from an attempt: the fact is finished, put aside, tried later, or dead.

use std::sync::Arc;

use eventlog::Recorded;
use futures::FutureExt;

use crate::{
    BusError, HandlerError, Subscriber,
    backoff::delay,
    held::{self, Failure},
    lease::{Lease, later},
    window::{Window, key},
};

/// Where a fact was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The log.
    Log,
    /// The table of those that were put aside.
    Aside,
}

/// An attempt that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) origin: Origin,
    pub(crate) event: Recorded,
    pub(crate) attempt: u32,
    pub(crate) result: Result<(), HandlerError>,
}

/// Writes down how an attempt ended.
pub(crate) async fn settle(
    (lease, subscriber): (&Lease, &Arc<dyn Subscriber>),
    window: &mut Window,
    ended: Ended,
) -> Result<(), BusError> {
    let Ended { origin, event, attempt, result } = ended;
    let (name, now) = (lease.name, lease.source.now());
    match (origin, result) {
        (Origin::Log, Ok(())) => {
            window.finish(key(&event), event.position);
            Ok(())
        }
        (Origin::Log, Err(error)) => {
            let failure = failure((lease, subscriber), &event, (attempt, error));
            let rest: Vec<Recorded> = window.take_rest(&key(&event)).into();
            let positions: Vec<u64> = rest.iter().chain([&event]).map(|event| event.position).collect();
            lease
                .write(move |tx| async move { held::put_aside(tx, name, (&event, &failure), &rest).await }.boxed())
                .await?;
            window.close(positions);
            Ok(())
        }
        (Origin::Aside, Ok(())) => {
            lease
                .write(move |tx| {
                    async move { held::release(tx, name, (event.workspace, &event.stream, event.version), now).await }
                        .boxed()
                })
                .await
        }
        (Origin::Aside, Err(error)) => {
            let failure = failure((lease, subscriber), &event, (attempt, error));
            let (key, version) = (key(&event), event.version);
            lease.write(move |tx| async move { held::fail(tx, name, (&key, version), &failure).await }.boxed()).await
        }
    }
}

/// Says aloud when a person must act.
fn failure(
    (lease, subscriber): (&Lease, &Arc<dyn Subscriber>),
    event: &Recorded,
    (attempts, error): (u32, HandlerError),
) -> Failure {
    let (now, policy) = (lease.source.now(), subscriber.policy());
    let again = matches!(error, HandlerError::Retry(_)) && attempts < policy.attempts;
    let due = again.then(|| later(now, delay(&policy, attempts, lease.source.share())));
    let (subscriber, event_id, stream) = (lease.name, event.event_id, event.stream.as_str());
    if again {
        tracing::debug!(subscriber, %event_id, stream, attempts, error = %error, "a fact could not be handled, will try again");
    } else {
        tracing::error!(
            subscriber, %event_id, stream, attempts, error = %error,
            "`{subscriber}` could not handle a fact, `{stream}` is parked for it: {error}"
        );
    }
    Failure { attempts, at: now, due, error: error.to_string() }
}
