//! What every `cache::Cache` must do.
//!
//! A load that stands at a gate makes the races exact: the rule decides what happens while it runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ::cache::{Cache, CacheError, Keep, Key, Load, LoadError, Loaded, Lookup, Tag};
use anyhow::{Result, bail, ensure};
use futures::future::{join_all, try_join_all};
use kernel::{ErrorKind, ProductError as _, WorkspaceId};
use tokio::sync::oneshot;

use super::timed::{TICK, Timed, each_rule};

const KEEP: Keep = Keep { present: TICK.saturating_mul(10), absent: TICK.saturating_mul(3) };

/// Runs every rule on a port that `make` gives; each on a new one.
///
/// # Errors
/// The first rule that is broken, by its name.
pub async fn cache(make: impl AsyncFn() -> Timed<dyn Cache>) -> Result<()> {
    each_rule!(make;
        an_answer_is_loaded_once_for_its_key,
        answers_end_with_their_time,
        zero_keeps_nothing,
        many_callers_share_one_load,
        a_load_goes_on_without_who_asked_first,
        an_error_reaches_all_who_wait_and_is_not_kept,
        a_panic_is_an_error_and_not_in_the_way,
        a_tag_forgets_all_that_carry_it_and_nothing_else,
        an_invalidation_while_a_load_runs_is_not_lost,
        who_asks_after_an_invalidation_never_gets_what_was_loaded_before,
        a_removal_while_a_load_runs_is_not_lost,
        no_answer_is_older_than_an_invalidation_before_the_question,
    );
    Ok(())
}

/// Counts the loads that were begun.
#[derive(Default)]
struct Loads(Arc<AtomicUsize>);

/// Where a load waits.
struct Gate {
    begun: oneshot::Receiver<()>,
    open: oneshot::Sender<()>,
}

impl Loads {
    fn begun(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn of(&self, answer: Result<Loaded, LoadError>) -> Load {
        let begun = Arc::clone(&self.0);
        Box::pin(async move {
            begun.fetch_add(1, Ordering::SeqCst);
            answer
        })
    }

    fn gated(&self, answer: Result<Loaded, LoadError>) -> (Gate, Load) {
        let ((say_begun, begun), (open, opened)) = (oneshot::channel(), oneshot::channel());
        let load = self.of(answer);
        let gated = Box::pin(async move {
            let answer = load.await;
            // A rule that no longer listens is content with either.
            let _ = say_begun.send(());
            drop(opened.await);
            answer
        });
        (Gate { begun, open }, gated)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an answer as loads give it")]
fn found(text: &'static str, tags: &[&Tag]) -> Result<Loaded, LoadError> {
    Ok(Loaded { value: Some(text.into()), tags: tags.iter().copied().cloned().collect() })
}

#[expect(clippy::unnecessary_wraps, reason = "an answer as loads give it")]
fn nothing(tags: &[&Tag]) -> Result<Loaded, LoadError> {
    Ok(Loaded { value: None, tags: tags.iter().copied().cloned().collect() })
}

fn failed() -> Result<Loaded, LoadError> {
    Err(LoadError::new(CacheError::LockLost { name: "a stand-in".into() }))
}

fn key() -> Key {
    Key::new(WorkspaceId::new(), "answer")
}

fn present(text: &'static str) -> Lookup {
    Lookup::Present(text.into())
}

/// The port's answer as text.
async fn ask(port: &Arc<dyn Cache>, key: &Key, load: Load) -> Result<Option<String>, CacheError> {
    let value = port.get_or_load(key, KEEP, load).await?;
    Ok(value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The same from a task of its own, which may be waited for or given up.
fn asking(port: &Arc<dyn Cache>, key: &Key, load: Load) -> tokio::task::JoinHandle<Result<Option<String>, CacheError>> {
    let (port, key) = (Arc::clone(port), key.clone());
    tokio::spawn(async move { ask(&port, &key, load).await })
}

/// Whether an answer takes longer than a moment, as it must while its load stands at a gate. The first poll is made at once,
/// so that a port in process has joined the load by then.
async fn still_waits(answer: &mut (impl Future + Unpin)) -> bool {
    tokio::time::timeout(TICK / 4, answer).await.is_err()
}

async fn an_answer_is_loaded_once_for_its_key(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    ensure!(port.get(&key).await? == Lookup::Unknown);
    ensure!(ask(port, &key, loads.of(found("a", &[]))).await? == Some("a".into()));
    ensure!(ask(port, &key, loads.of(found("b", &[]))).await? == Some("a".into()));
    ensure!((port.get(&key).await?, loads.begun()) == (present("a"), 1));
    let others = [Key::new(key.workspace(), "another"), Key::new(WorkspaceId::new(), key.name())];
    for other in others {
        ensure!(port.get(&other).await? == Lookup::Unknown, "{other:?} is another key");
    }
    port.remove(&key).await?;
    ensure!(ask(port, &key, loads.of(found("c", &[]))).await? == Some("c".into()));
    Ok(())
}

async fn answers_end_with_their_time(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads) = (&cache.port, Loads::default());
    let (value, absence) = (key(), key());
    ask(port, &value, loads.of(found("a", &[]))).await?;
    ensure!(ask(port, &absence, loads.of(nothing(&[]))).await?.is_none());
    ensure!(ask(port, &absence, loads.of(found("b", &[]))).await?.is_none(), "that it is absent is remembered");
    cache.pass(TICK * 2).await;
    ensure!((port.get(&value).await?, port.get(&absence).await?) == (present("a"), Lookup::Absent));
    cache.pass(TICK).await;
    ensure!((port.get(&value).await?, port.get(&absence).await?) == (present("a"), Lookup::Unknown));
    cache.pass(TICK * 7).await;
    ensure!(port.get(&value).await? == Lookup::Unknown);
    ensure!(ask(port, &value, loads.of(found("c", &[]))).await? == Some("c".into()));
    Ok(())
}

async fn zero_keeps_nothing(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    let only_absence = Keep { present: Duration::ZERO, ..KEEP };
    port.get_or_load(&key, only_absence, loads.of(found("a", &[]))).await?;
    ensure!(port.get(&key).await? == Lookup::Unknown);
    port.get_or_load(&key, only_absence, loads.of(nothing(&[]))).await?;
    ensure!((port.get(&key).await?, loads.begun()) == (Lookup::Absent, 2));
    Ok(())
}

async fn many_callers_share_one_load(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    let (gate, load) = loads.gated(found("a", &[]));
    let first = asking(port, &key, load);
    gate.begun.await?;
    let mut others = join_all((0..50).map(|_| Box::pin(ask(port, &key, loads.of(found("b", &[]))))));
    ensure!(still_waits(&mut others).await);
    let _ = gate.open.send(());
    ensure!(first.await?? == Some("a".into()));
    for other in others.await {
        ensure!(other? == Some("a".into()));
    }
    ensure!(loads.begun() == 1);
    Ok(())
}

async fn a_load_goes_on_without_who_asked_first(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    let (gate, load) = loads.gated(found("a", &[]));
    let first = asking(port, &key, load);
    gate.begun.await?;
    let mut second = Box::pin(ask(port, &key, loads.of(found("b", &[]))));
    ensure!(still_waits(&mut second).await);
    first.abort();
    ensure!(first.await.is_err_and(|error| error.is_cancelled()));
    let _ = gate.open.send(());
    ensure!((second.await?, loads.begun()) == (Some("a".into()), 1));
    Ok(())
}

async fn an_error_reaches_all_who_wait_and_is_not_kept(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    let (gate, load) = loads.gated(failed());
    let first = asking(port, &key, load);
    gate.begun.await?;
    let mut second = Box::pin(ask(port, &key, loads.of(found("b", &[]))));
    ensure!(still_waits(&mut second).await);
    let _ = gate.open.send(());
    for answer in [first.await?, second.await] {
        let Err(error) = answer else { bail!("the error did not reach everyone") };
        ensure!((error.kind(), error.code()) == (ErrorKind::Conflict, "cache.lock_lost"), "the loader's own: {error}");
    }
    ensure!(ask(port, &key, loads.of(found("c", &[]))).await? == Some("c".into()));
    Ok(())
}

async fn a_panic_is_an_error_and_not_in_the_way(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    let load = Box::pin(async { panic!("a load that panics on purpose") });
    let refusal = ask(port, &key, load).await;
    ensure!(matches!(refusal, Err(CacheError::LoadLost { .. })), "{refusal:?}");
    ensure!(ask(port, &key, loads.of(found("a", &[]))).await? == Some("a".into()));
    Ok(())
}

async fn a_tag_forgets_all_that_carry_it_and_nothing_else(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, workspace) = (&cache.port, Loads::default(), WorkspaceId::new());
    let (ada, zoe) = (Tag::new("profile", "ada"), Tag::new("profile", "zoe"));
    let keys = ["both", "ada", "zoe", "absent", "none"].map(|name| Key::new(workspace, name));
    let stranger = Key::new(WorkspaceId::new(), "ada");
    let answers =
        [found("v", &[&zoe, &ada]), found("v", &[&ada]), found("v", &[&zoe]), nothing(&[&ada]), found("v", &[])];
    for (key, answer) in keys.iter().zip(answers) {
        ask(port, key, loads.of(answer)).await?;
    }
    ask(port, &stranger, loads.of(found("v", &[&ada]))).await?;
    port.invalidate(workspace, &ada).await?;
    let known = try_join_all(keys.iter().chain([&stranger]).map(|key| port.get(key))).await?;
    let (unknown, kept) = (Lookup::Unknown, present("v"));
    ensure!(known == [unknown.clone(), unknown.clone(), kept.clone(), unknown, kept.clone(), kept], "{known:?}");
    // What is loaded after the invalidation stays.
    ask(port, &keys[1], loads.of(found("w", &[&ada]))).await?;
    ensure!(port.get(&keys[1]).await? == present("w"));
    Ok(())
}

async fn an_invalidation_while_a_load_runs_is_not_lost(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key, tag) = (&cache.port, Loads::default(), key(), Tag::new("profile", "ada"));
    let (gate, load) = loads.gated(found("old", &[&tag]));
    let before = asking(port, &key, load);
    gate.begun.await?;
    port.invalidate(key.workspace(), &tag).await?;
    let _ = gate.open.send(());
    ensure!(before.await?? == Some("old".into()), "who asked before the change may see what was before");
    ensure!(port.get(&key).await? == Lookup::Unknown, "and nobody after it");
    ensure!(ask(port, &key, loads.of(found("new", &[&tag]))).await? == Some("new".into()));
    ensure!((port.get(&key).await?, loads.begun()) == (present("new"), 2));
    Ok(())
}

async fn who_asks_after_an_invalidation_never_gets_what_was_loaded_before(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key, tag) = (&cache.port, Loads::default(), key(), Tag::new("profile", "ada"));
    let (gate, load) = loads.gated(found("old", &[&tag]));
    let before = asking(port, &key, load);
    gate.begun.await?;
    port.invalidate(key.workspace(), &tag).await?;
    // The old load still runs, and these come to the same key.
    let after: Vec<_> = (0..10).map(|_| asking(port, &key, loads.of(found("new", &[&tag])))).collect();
    tokio::task::yield_now().await;
    let _ = gate.open.send(());
    ensure!(before.await?? == Some("old".into()));
    for waiting in after {
        ensure!(waiting.await?? == Some("new".into()));
    }
    ensure!(loads.begun() == 2, "they share one load too");
    Ok(())
}

async fn a_removal_while_a_load_runs_is_not_lost(cache: Timed<dyn Cache>) -> Result<()> {
    let (port, loads, key) = (&cache.port, Loads::default(), key());
    let (gate, load) = loads.gated(found("old", &[]));
    let before = asking(port, &key, load);
    gate.begun.await?;
    port.remove(&key).await?;
    ensure!(ask(port, &key, loads.of(found("new", &[]))).await? == Some("new".into()));
    let _ = gate.open.send(());
    ensure!(before.await?? == Some("old".into()));
    ensure!(port.get(&key).await? == present("new"), "the older load does not replace the newer");
    Ok(())
}

/// A writer that changes and invalidates, readers that compare: the answer is at least the version that was invalidated
/// last before they asked.
async fn no_answer_is_older_than_an_invalidation_before_the_question(cache: Timed<dyn Cache>) -> Result<()> {
    const CHANGES: u64 = 2_000;
    let (key, tag) = (key(), Tag::new("profile", "ada"));
    let (stored, announced) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let read = |number: u64| {
        let (port, key, tag) = (Arc::clone(&cache.port), key.clone(), tag.clone());
        let (stored, announced) = (Arc::clone(&stored), Arc::clone(&announced));
        tokio::spawn(async move {
            while announced.load(Ordering::SeqCst) < CHANGES {
                let (least, stored, tags) = (announced.load(Ordering::SeqCst), Arc::clone(&stored), vec![tag.clone()]);
                let load = Box::pin(async move {
                    let version = stored.load(Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(Loaded { value: Some(version.to_string().into()), tags })
                });
                let answer = ask(&port, &key, load).await?;
                let version: u64 = answer.as_deref().unwrap_or_default().parse()?;
                ensure!(version >= least, "reader {number} got {version} after {least} was invalidated");
            }
            anyhow::Ok(())
        })
    };
    let readers: Vec<_> = (0..4).map(read).collect();
    for version in 1..=CHANGES {
        stored.store(version, Ordering::SeqCst);
        cache.port.invalidate(key.workspace(), &tag).await?;
        announced.store(version, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
    for reader in readers {
        reader.await??;
    }
    Ok(())
}
