//! Takes the database away under load, brings it back, and looks whether everything went on by itself.
//!
//! `outage --url URL --dir DIR --seconds N --stop COMMAND --start COMMAND`: one process that writes, seals, projects and does
//! jobs, as a server does, and `sh` commands that stop and start the database. Its last line is one of JSON.
//!
//! Absent on purpose: reconnecting here. Whatever goes on does so by itself.

use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::bail;
use clap::Parser;
use kernel::{ErrorKind, uuid::Uuid};
use trials::{Acknowledged, Outcome, TrialError, World, impatient, is_quiet, judge, pay};

const WRITERS: usize = 24;
const LEDGERS: u64 = 7;
/// Load before the outage and after it.
const AROUND: Duration = Duration::from_secs(8);
/// How long after the database is back a writer may still be refused.
const RECOVER: Duration = Duration::from_secs(15);
const SETTLE: Duration = Duration::from_mins(2);
/// How long a refused caller waits before it sends its command again.
const AGAIN: Duration = Duration::from_millis(200);

#[derive(Parser)]
struct Arguments {
    /// Database.
    #[arg(long)]
    url: String,
    /// Folder of the keys.
    #[arg(long)]
    dir: PathBuf,
    /// How long the database is away.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Stops it.
    #[arg(long)]
    stop: String,
    /// Starts it.
    #[arg(long)]
    start: String,
}

/// What the callers heard.
#[derive(Default)]
struct Heard {
    acknowledged: Acknowledged,
    /// When each writer was acknowledged last.
    last: BTreeMap<usize, Instant>,
    unavailable: u64,
    other: u64,
    /// How often each text was heard, with its causes.
    texts: BTreeMap<String, u64>,
}

type Shared = Arc<Mutex<Heard>>;

fn lock(heard: &Shared) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Heard {
    fn refused(&mut self, who: &str, error: &TrialError) {
        match error.kind() {
            ErrorKind::Unavailable => self.unavailable += 1,
            _ => self.other += 1,
        }
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |each| each.source());
        let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
        texts.dedup();
        let text = format!("{who}, {:?}: {}", error.kind(), texts.join(": "));
        *self.texts.entry(text).or_default() += 1;
    }
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let world = Arc::new(World::open(&arguments.url, &arguments.dir, 16).await?);
    let (heard, done) = (Shared::default(), Arc::new(AtomicBool::new(false)));
    let machinery = machinery(&world);
    let probe = tokio::spawn(probe(Arc::clone(&world), Arc::clone(&heard), Arc::clone(&done)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&world), writer, Arc::clone(&heard), Arc::clone(&done))))
        .collect();
    tokio::time::sleep(AROUND).await;
    run(&arguments.stop)?;
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    run(&arguments.start)?;
    let back = Instant::now();
    let late = recover(&heard, back).await;
    let recovered = back.elapsed().as_secs_f64();
    tokio::time::sleep(AROUND).await;
    done.store(true, Ordering::SeqCst);
    let ended = futures::future::join_all(writers.into_iter().map(|each| tokio::time::timeout(SETTLE, each))).await;
    let mut stuck = late + ended.iter().filter(|each| !matches!(each, Ok(Ok(())))).count();
    stuck += usize::from(!settle(&world).await);
    probe.await?;
    machinery.iter().for_each(tokio::task::JoinHandle::abort);
    let acknowledged = lock(&heard).acknowledged.clone();
    let outcome = judge(&world, &acknowledged).await?;
    tell(&arguments, &lock(&heard), &outcome, (stuck, recovered))
}

/// What a server runs beside its callers. None of it ever ends.
fn machinery(world: &Arc<World>) -> Vec<tokio::task::JoinHandle<()>> {
    let (sealer, follower, worker) = (Arc::clone(world), Arc::clone(world), impatient(world));
    vec![
        tokio::spawn(async move { sealer.log.keep_sealing().await }),
        tokio::spawn(async move { follower.projector.follow().await }),
        tokio::spawn(async move { worker.run(std::future::pending()).await }),
    ]
}

/// One command after the other; a refused one is sent again with the same key, as a client would.
async fn write(world: Arc<World>, writer: usize, heard: Shared, done: Arc<AtomicBool>) {
    let mut next = 0_u64;
    while !done.load(Ordering::SeqCst) {
        next += 1;
        let command = Uuid::from_u128(((writer as u128) << 100) | (u128::from(next) << 64) | 0x8000_0000_0000_0000);
        let ledger = Uuid::from_u128(u128::from(next % LEDGERS) + 1);
        loop {
            match pay(&world, ledger, command, 1).await {
                Ok(version) => {
                    let mut heard = lock(&heard);
                    heard.acknowledged.insert(command, (ledger.to_string(), version));
                    heard.last.insert(writer, Instant::now());
                    break;
                }
                Err(error) => lock(&heard).refused("a writer", &error),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Asks what else a server asks, and hears how it is refused: what runs for ever only logs its errors.
async fn probe(world: Arc<World>, heard: Shared, done: Arc<AtomicBool>) {
    let note = |who: &str, failed: Option<TrialError>| {
        if let Some(error) = failed {
            lock(&heard).refused(who, &error);
        }
    };
    while !done.load(Ordering::SeqCst) {
        note("the sealer", world.log.seal().await.err().map(TrialError::from));
        note("the projector", world.projector.catch_up().await.err().map(TrialError::from));
        note("a reader", world.log.after(0, 10).await.err().map(TrialError::from));
        note("the measure of lag", world.projector.lag().await.err().map(TrialError::from));
        note("the list of jobs", world.jobs.counts().await.err().map(TrialError::from));
        tokio::time::sleep(AGAIN).await;
    }
}

fn run(command: &str) -> anyhow::Result<()> {
    if !Command::new("sh").args(["-c", command]).status()?.success() {
        bail!("`{command}` failed");
    }
    Ok(())
}

/// Waits until every writer was acknowledged again; gives the number of those that were not in time.
async fn recover(heard: &Shared, back: Instant) -> usize {
    loop {
        let again = lock(heard).last.values().filter(|last| **last > back).count();
        if again == WRITERS || back.elapsed() > RECOVER {
            return WRITERS - again;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn settle(world: &World) -> bool {
    let until = Instant::now() + SETTLE;
    while Instant::now() < until {
        if is_quiet(world).await.unwrap_or(false) {
            return true;
        }
        tokio::time::sleep(AGAIN).await;
    }
    false
}

fn tell(
    arguments: &Arguments,
    heard: &Heard,
    outcome: &Outcome,
    (stuck, recovered): (usize, f64),
) -> anyhow::Result<()> {
    for (text, times) in &heard.texts {
        say(&format!("# {times} times {text}"))?;
    }
    for note in &outcome.notes {
        say(&format!("# {note}"))?;
    }
    let line = serde_json::json!({
        "seconds": arguments.seconds, "acknowledged": heard.acknowledged.len(), "lost": outcome.lost,
        "doubled": outcome.doubled, "unavailable": heard.unavailable, "other_errors": heard.other, "stuck": stuck,
        "recovered_s": (recovered * 100.0).round() / 100.0, "projections_wrong": outcome.projections_wrong,
        "jobs_wrong": outcome.jobs_wrong,
    });
    say(&line.to_string())?;
    // An outage that nobody noticed proves nothing.
    if outcome.is_broken() || stuck > 0 || heard.other > 0 || heard.unavailable == 0 {
        bail!("the spine broke a promise");
    }
    Ok(())
}
