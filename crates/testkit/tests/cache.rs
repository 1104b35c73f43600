//! The ports of `cache`, in process, by their suites.

use std::sync::Arc;

use cache::{Cache, CacheBounds, Limits, Locks, MemoryCache, MemoryLimits, MemoryLocks};
use testkit::conformance::{self, Timed};

#[tokio::test]
async fn the_cache_in_process_conforms() -> anyhow::Result<()> {
    conformance::cache(memory_cache).await
}

/// The same with threads, where the races of the last rule are real.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cache_in_process_conforms_on_several_threads() -> anyhow::Result<()> {
    conformance::cache(memory_cache).await
}

async fn memory_cache() -> Timed<dyn Cache> {
    Timed::manual(|clock| Arc::new(MemoryCache::new(clock, CacheBounds::default())) as Arc<dyn Cache>)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_in_process_conform() -> anyhow::Result<()> {
    conformance::limits(async || Timed::manual(|clock| Arc::new(MemoryLimits::new(clock, 100)) as Arc<dyn Limits>))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn locks_in_process_conform() -> anyhow::Result<()> {
    conformance::locks(async || Timed::manual(|clock| Arc::new(MemoryLocks::new(clock, 100)) as Arc<dyn Locks>)).await
}
