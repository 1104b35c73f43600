//! The key store in memory, by the suite of its port.

use std::sync::Arc;

use crypto::{KeyStore, MemoryKeyStore};
use testkit::conformance;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_key_store_in_memory_conforms() -> anyhow::Result<()> {
    conformance::keys(async || Arc::new(MemoryKeyStore::default()) as Arc<dyn KeyStore>).await
}

/// As a server that others use is: one store for all rules, with what they left in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_store_that_was_used_before_conforms() -> anyhow::Result<()> {
    let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::default());
    conformance::keys(async || Arc::clone(&store)).await?;
    conformance::keys(async || Arc::clone(&store)).await
}
