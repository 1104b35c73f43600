//! The job `eventlog.scrub_keys`: after it no byte of an erased key is left in the files of the key store.
//!
//! Write-ahead archives of PostgreSQL keep what they have until they are deleted; nothing here reaches them.

use eventlog::SqlKeyStore;
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler, KindLimits};

/// Does it. May run twice; two at once would only wait for each other.
pub(crate) struct ScrubKeys(pub(crate) SqlKeyStore);

impl Handler for ScrubKeys {
    fn kind(&self) -> &'static str {
        "eventlog.scrub_keys"
    }

    fn limits(&self) -> KindLimits {
        KindLimits { concurrency: Some(1), ..KindLimits::default() }
    }

    fn run(&self, _: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async move { Ok(self.0.scrub().await?) }.boxed()
    }
}
