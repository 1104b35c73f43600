//! Reads a log by positions while slow writers are killed, and looks whether the reader missed or doubled anything.
//!
//! `tail drive --url URL --dir DIR --events N --seed S` starts four `tail write`, each of four writers. A writer holds its
//! transaction open now and then, for up to half a second after its event has its number, and sometimes gives it up then. The
//! driver kills one of the processes about once a second. Its last line is one of JSON. Meant for PostgreSQL, whose
//! transactions commit in another order than they began.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use eventlog::{Also, EventLog, How, LogError};
use futures::FutureExt;
use kernel::{Chance, ErrorKind, ProductError as _, SeededChance, uuid::Uuid};
use sql::SqlError;
use trials::{Ledger, LedgerEvent, TrialError, World};

const PROCESSES: u64 = 4;
const WRITERS: u64 = 4;
const LEDGERS: u64 = 200;
/// One change in so many holds its transaction open.
const ONE_IN: u64 = 20;
const HOLD_MS: u64 = 500;
/// Longer than any hold: by then the sealer has all.
const SETTLE: Duration = Duration::from_mins(1);

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
    /// Database.
    #[arg(long, global = true, default_value = "")]
    url: String,
    /// Folder of the keys.
    #[arg(long, global = true, default_value = ".")]
    dir: PathBuf,
    /// Of all chance.
    #[arg(long, global = true, default_value_t = 7)]
    seed: u64,
}

#[derive(Subcommand)]
enum Role {
    /// Starts and kills the others, and reads.
    Drive {
        /// How many have to be acknowledged.
        #[arg(long, default_value_t = 100_000)]
        events: usize,
    },
    /// Writes until it is killed; each line is an event that was stored.
    Write,
}

fn main() -> anyhow::Result<()> {
    let Arguments { role, url, dir, seed } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let world = runtime.block_on(World::open(&url, &dir, 6))?;
    // Nothing but the log: no read model, no jobs.
    let log = EventLog::new(world.database.clone(), world.log.keys().clone(), world.log.source().clone(), vec![]);
    match role {
        Role::Drive { events } => Driver::new((&url, &dir), seed).drive((&runtime, log), events),
        Role::Write => {
            runtime.block_on(write(Arc::new(world), log, Arc::new(SeededChance::new(seed))));
            Ok(())
        }
    }
}

fn draw(chance: &SeededChance, below: u64) -> u64 {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes);
    u64::from_le_bytes(bytes) % below
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
        // The driver is gone, and with it whoever would listen.
    }
}

async fn write(world: Arc<World>, log: EventLog, chance: Arc<SeededChance>) {
    let sealer = log.clone();
    tokio::spawn(async move { sealer.keep_sealing().await });
    let writers = (0..WRITERS).map(|_| {
        let (world, log, chance) = (Arc::clone(&world), log.clone(), Arc::clone(&chance));
        tokio::spawn(async move {
            loop {
                let ledger = Uuid::from_u128(u128::from(draw(&chance, LEDGERS)) + 1);
                let paid = vec![LedgerEvent::Paid { command: ledger, cents: 1 }];
                let how = How { also: Some(hold(&chance)), ..How::default() };
                let decide = move |_: &Ledger| Ok::<_, TrialError>(paid);
                match log.change_with::<Ledger, TrialError, TrialError>(&world.actor, ledger, how, decide).await {
                    Ok(changed) => changed.events.iter().for_each(|event| say(&format!("{}\n", event.event_id))),
                    Err(TrialError::Log(LogError::Sql(SqlError::Aborted))) => {}
                    Err(error) => say(&format!("failed {error:?}\n")),
                }
            }
        })
    });
    futures::future::join_all(writers).await;
}

/// Keeps the transaction open after the event is in it; one of three that were held is given up.
fn hold(chance: &SeededChance) -> Also {
    let slow = draw(chance, ONE_IN) == 0;
    let (wait, keep) = (Duration::from_millis(draw(chance, HOLD_MS)), draw(chance, 3) > 0);
    Box::new(move |_, _| {
        async move {
            if slow {
                tokio::time::sleep(wait).await;
            }
            if slow && !keep { Err(SqlError::Aborted.into()) } else { Ok(()) }
        }
        .boxed()
    })
}

#[derive(Default)]
struct Heard {
    acknowledged: BTreeSet<Uuid>,
    failures: Vec<String>,
}

type Shared = Arc<Mutex<Heard>>;

fn lock(heard: &Shared) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Driver<'a> {
    place: (&'a str, &'a Path),
    heard: Shared,
    chance: SeededChance,
    seed: u64,
    processes: Vec<(Child, JoinHandle<()>)>,
}

/// Position and event, as they were read.
type Read = Vec<(u64, Uuid)>;

impl<'a> Driver<'a> {
    fn new(place: (&'a str, &'a Path), seed: u64) -> Self {
        Self { place, heard: Shared::default(), chance: SeededChance::new(seed), seed, processes: Vec::new() }
    }

    fn start(&mut self) -> anyhow::Result<(Child, JoinHandle<()>)> {
        self.seed += 1;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["write", "--url", self.place.0, "--seed", &self.seed.to_string(), "--dir"])
            .arg(self.place.1)
            .stdout(Stdio::piped())
            .spawn()?;
        let (stdout, heard) = (child.stdout.take().context("a pipe")?, Arc::clone(&self.heard));
        let listener = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                match line.parse() {
                    Ok(event) => drop(lock(&heard).acknowledged.insert(event)),
                    Err(_) => lock(&heard).failures.push(line),
                }
            }
        });
        Ok((child, listener))
    }

    /// `kill -9`, and everything that it had said is heard.
    fn end((mut child, listener): (Child, JoinHandle<()>)) -> anyhow::Result<()> {
        child.kill()?;
        child.wait()?;
        let _ = listener.join();
        Ok(())
    }

    fn drive(mut self, (runtime, log): (&tokio::runtime::Runtime, EventLog), events: usize) -> anyhow::Result<()> {
        for _ in 0..PROCESSES {
            let process = self.start()?;
            self.processes.push(process);
        }
        let done = Arc::new(AtomicBool::new(false));
        let tail = runtime.spawn(tail(log.clone(), Arc::clone(&done)));
        let mut kills = 0;
        while lock(&self.heard).acknowledged.len() < events {
            thread::sleep(Duration::from_millis(500 + draw(&self.chance, 1_000)));
            let at = usize::try_from(draw(&self.chance, PROCESSES))?;
            let fresh = self.start()?;
            Self::end(std::mem::replace(&mut self.processes[at], fresh))?;
            kills += 1;
        }
        self.processes.drain(..).try_for_each(Self::end)?;
        done.store(true, Ordering::SeqCst);
        let seen = runtime.block_on(tail)??;
        let again = runtime.block_on(read(&log, 0))?;
        let broken = runtime.block_on(log.verify())?.broken;
        self.tell((&seen, &again), kills, broken.is_some())
    }

    fn tell(&self, (seen, again): (&Read, &Read), kills: u32, broken: bool) -> anyhow::Result<()> {
        let heard = lock(&self.heard);
        for failure in heard.failures.iter().take(5) {
            say(&format!("# {failure}\n"));
        }
        let ids: BTreeSet<Uuid> = seen.iter().map(|(_, id)| *id).collect();
        let skipped = heard.acknowledged.difference(&ids).count();
        let gaps = seen.iter().zip(1..).filter(|((position, _), expected)| position != expected).count();
        // What a later reader finds elsewhere, or finds at all where the first found nothing.
        let moved =
            seen.len().abs_diff(again.len()) + seen.iter().zip(again).filter(|(one, other)| one != other).count();
        let doubled = seen.len() - ids.len();
        let line = serde_json::json!({
            "events": seen.len(), "acknowledged": heard.acknowledged.len(), "kills": kills, "failures": heard.failures.len(),
            "skipped": skipped, "doubled": doubled, "gaps": gaps, "moved": moved, "chain_broken": broken,
        });
        say(&format!("{line}\n"));
        if skipped + doubled + gaps + moved + heard.failures.len() > 0 || broken {
            bail!("the spine broke a promise");
        }
        Ok(())
    }
}

/// Follows until `done` and nothing more is to come.
async fn tail(log: EventLog, done: Arc<AtomicBool>) -> anyhow::Result<Read> {
    let (mut seen, mut until) = (Read::new(), None);
    loop {
        let last = done.load(Ordering::SeqCst);
        let after = seen.last().map_or(0, |(position, _)| *position);
        let new = match look(&log, after).await {
            Ok((_, true)) if last => return Ok(seen),
            Ok((new, _)) => new,
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                say(&format!("# the reader was refused and goes on: {error}\n"));
                Read::new()
            }
            Err(error) => return Err(error.into()),
        };
        if last && Instant::now() > *until.get_or_insert_with(|| Instant::now() + SETTLE) {
            return Ok(seen);
        }
        if new.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        seen.extend(new);
    }
}

/// What is new, and whether nothing more is to come.
async fn look(log: &EventLog, after: u64) -> Result<(Read, bool), LogError> {
    log.seal().await?;
    let new = read(log, after).await?;
    let over = new.is_empty() && log.pending().await? == 0 && log.head().await? <= after;
    Ok((new, over))
}

/// All that is sealed after a position.
async fn read(log: &EventLog, after: u64) -> Result<Read, LogError> {
    let (mut all, mut at) = (Read::new(), after);
    loop {
        let events = log.after(at, 5_000).await?;
        let Some(last) = events.last() else { return Ok(all) };
        at = last.position;
        all.extend(events.iter().map(|event| (event.position, event.event_id.0)));
    }
}
