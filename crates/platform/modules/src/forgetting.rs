//! What follows from an erasure: the files that held what was erased are rewritten, as jobs, so that no byte of it is left.
//!
//! Write-ahead archives and backups of PostgreSQL keep what they have until they are deleted; nothing here reaches them.

use std::sync::Arc;

use bus::{Delivery, HandlerError, Hears, Subscriber};
use eventlog::{Projection, Projector, SqlKeyStore};
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler, JobError, Jobs, KindLimits, Unique};
use kernel::Timestamp;

const KEYS: &str = "eventlog.scrub_keys";
const READ_MODELS: &str = "eventlog.scrub_read_models";
/// Erasures of so long a time share their jobs, in microseconds: tables are rewritten whole.
const TOGETHER: i64 = 60_000_000;

/// Two at once would only wait for each other.
const LIMITS: fn() -> KindLimits = || KindLimits { concurrency: Some(1), ..KindLimits::default() };

/// After it no byte of an erased key is left in the files of the key store. May run twice.
pub(crate) struct ScrubKeys(pub(crate) SqlKeyStore);

impl Handler for ScrubKeys {
    fn kind(&self) -> &'static str {
        KEYS
    }

    fn limits(&self) -> KindLimits {
        LIMITS()
    }

    fn run(&self, _: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move { Ok(self.0.scrub().await?) }.boxed()
    }
}

/// The same for the read models that hold plain values of subjects. May run twice.
pub(crate) struct ScrubReadModels(pub(crate) Vec<Arc<dyn Projection>>);

impl Handler for ScrubReadModels {
    fn kind(&self) -> &'static str {
        READ_MODELS
    }

    fn limits(&self) -> KindLimits {
        LIMITS()
    }

    fn run(&self, context: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move {
            let tables = Projector::new(context.facts().clone(), self.0.clone()).scrub().await?;
            context.log(&format!("{tables} tables rewritten"));
            Ok(())
        }
        .boxed()
    }
}

/// Asks for both when a subject was erased.
pub(crate) struct AfterErasure;

impl Subscriber for AfterErasure {
    fn name(&self) -> &'static str {
        "eventlog.after_erasure"
    }

    fn hears(&self) -> Hears {
        Hears::Streams(&["eventlog.subject"])
    }

    fn handle<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), HandlerError>> {
        async move { Ok(ask(delivery).await?) }.boxed()
    }
}

/// One job of each kind for all erasures of a minute, begun when it is over: whatever it is to forget was stored before. Of this
/// minute where the fact comes late: the job of its own may be at work, and past the row.
async fn ask(delivery: &Delivery) -> Result<(), JobError> {
    let jobs = Jobs::new(delivery.log().clone());
    let since = delivery.event().recorded_at.max(delivery.log().source().now());
    let end = Timestamp((since.0 / TOGETHER + 1) * TOGETHER);
    for kind in [KEYS, READ_MODELS] {
        let job = jobs.job(delivery.workspace(), kind, &()).await?;
        jobs.enqueue(job.unique(Unique::while_live(end.to_string())).at(end).caused_by(delivery.cause())).await?;
    }
    Ok(())
}
