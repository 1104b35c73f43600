//! Kills the processes of a spine at random and looks whether anything that was acknowledged is lost, doubled or wrong.
//!
//! `chaos drive --url URL --dir DIR --kills N --seed S` is the driver. It stands outside: it starts `chaos write`, `chaos
//! project` and `chaos work`, keeps its own list of what a writer acknowledged, sends a killed writer's open commands again,
//! and at the end reads the database. Its last line is one of JSON.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use kernel::{Chance, SeededChance, uuid::Uuid};
use trials::{Acknowledged, World, impatient, is_quiet, judge, pay};

/// Commands that a writer has at a time.
const OPEN: usize = 12;
const LEDGERS: u64 = 7;
const SETTLE: Duration = Duration::from_mins(3);

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
}

#[derive(Subcommand)]
enum Role {
    /// Starts and kills the others.
    Drive {
        #[arg(long, default_value_t = 1_000)]
        kills: u32,
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Takes commands, one a line, and says which are stored.
    Write,
    /// Seals, and follows the log.
    Project,
    /// Does jobs.
    Work,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.role {
        Role::Drive { kills, seed } => drive(&arguments.url, &arguments.dir, kills, seed),
        role => tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
            let world = World::open(&arguments.url, &arguments.dir, 6).await?;
            match role {
                Role::Write => write(Arc::new(world)).await,
                Role::Project => project(world).await,
                _ => work(world).await,
            }
        }),
    }
}

/// Each line is a command: its name, a ledger, cents. Each answer is a name and a version.
async fn write(world: Arc<World>) -> anyhow::Result<()> {
    let (sender, mut lines) = tokio::sync::mpsc::channel::<String>(OPEN);
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = lines.recv().await {
        let mut words = line.split(' ');
        let (Some(command), Some(ledger), Some(cents)) = (words.next(), words.next(), words.next()) else { continue };
        let (command, ledger, cents) = (command.parse()?, Uuid::from_u128(ledger.parse()?), cents.parse::<i64>()?);
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            match pay(&world, ledger, command, cents).await {
                Ok(version) => {
                    // As on a slow network: a kill in between is a command that was done and not acknowledged.
                    tokio::time::sleep(Duration::from_millis(u64::try_from(cents).unwrap_or(0) % 13)).await;
                    say(&format!("{command} {version}\n"));
                }
                Err(error) => say(&format!("failed {command} {error:?}\n")),
            }
        });
    }
    Ok(())
}

/// One write a line, so that a kill never leaves half of one.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
        // The driver is gone, and with it whoever would listen.
    }
}

async fn project(world: World) -> anyhow::Result<()> {
    futures::future::join(world.log.keep_sealing(), world.projector.follow()).await;
    Ok(())
}

async fn work(world: World) -> anyhow::Result<()> {
    impatient(&world).run(std::future::pending()).await;
    Ok(())
}

/// What the driver knows of the commands.
#[derive(Default)]
struct Book {
    /// Not acknowledged yet, by the writer that has them.
    open: BTreeMap<Uuid, (usize, String)>,
    /// Ledger and version.
    acknowledged: Acknowledged,
    failures: Vec<String>,
}

type Shared = Arc<Mutex<Book>>;

struct Process {
    role: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    listener: Option<JoinHandle<()>>,
}

struct Driver<'a> {
    url: &'a str,
    dir: &'a Path,
    book: Shared,
    chance: SeededChance,
    processes: Vec<Process>,
    next: u64,
}

const ROLES: [&str; 6] = ["write", "write", "write", "project", "work", "work"];

fn drive(url: &str, dir: &Path, kills: u32, seed: u64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(World::open(url, dir, 2)).context("could not prepare the database")?;
    let mut driver =
        Driver { url, dir, book: Shared::default(), chance: SeededChance::new(seed), processes: Vec::new(), next: 0 };
    for role in ROLES {
        let process = driver.start(role)?;
        driver.processes.push(process);
    }
    let mut killed = BTreeMap::<&str, u32>::new();
    for _ in 0..kills {
        let until = Instant::now() + Duration::from_millis(driver.draw(90));
        while Instant::now() < until {
            driver.feed();
            thread::sleep(Duration::from_millis(2));
        }
        // Writers are half of the processes and get half of the kills.
        let at = usize::try_from(driver.draw(ROLES.len() as u64))?;
        driver.kill(at)?;
        *killed.entry(ROLES[at]).or_default() += 1;
    }
    driver.settle(&runtime)?;
    let acknowledged = lock(&driver.book).acknowledged.clone();
    let mut outcome = runtime.block_on(async { judge(&World::open(url, dir, 4).await?, &acknowledged).await })?;
    let book = lock(&driver.book);
    outcome.lost += book.open.len();
    for note in &outcome.notes {
        say(&format!("# {note}\n"));
    }
    say(&format!("# killed {killed:?}, refused {}\n", book.failures.len()));
    for failure in book.failures.iter().take(5) {
        say(&format!("# {failure}\n"));
    }
    let line = serde_json::json!({
        "kills": kills, "acknowledged": book.acknowledged.len(), "lost": outcome.lost, "doubled": outcome.doubled,
        "projections_wrong": outcome.projections_wrong, "jobs_wrong": outcome.jobs_wrong,
    });
    say(&format!("{line}\n"));
    if outcome.is_broken() {
        bail!("the spine broke a promise");
    }
    Ok(())
}

fn lock(book: &Shared) -> std::sync::MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Driver<'_> {
    fn draw(&self, below: u64) -> u64 {
        let mut bytes = [0; 8];
        self.chance.fill(&mut bytes);
        u64::from_le_bytes(bytes) % below
    }

    fn start(&self, role: &'static str) -> anyhow::Result<Process> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(role)
            .args(["--url", self.url, "--dir"])
            .arg(self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().context("a pipe")?);
        let book = Arc::clone(&self.book);
        let listener = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                hear(&mut lock(&book), &line);
            }
        });
        Ok(Process { role, child, stdin, listener: Some(listener) })
    }

    /// Gives each writer as many commands as it can have.
    fn feed(&mut self) {
        for writer in 0..self.processes.len() {
            if self.processes[writer].role != "write" {
                continue;
            }
            let open = lock(&self.book).open.values().filter(|(whose, _)| *whose == writer).count();
            for _ in open..OPEN {
                self.next += 1;
                let command = Uuid::from_u128(u128::from(self.next) << 64 | 0x8000_0000_0000_0000);
                let line = format!("{command} {} {}\n", self.draw(LEDGERS) + 1, self.draw(100) + 1);
                lock(&self.book).open.insert(command, (writer, line.clone()));
                self.send(writer, &line);
            }
        }
    }

    /// To a writer that may be dying: what it does not take is sent again to the next one.
    fn send(&mut self, writer: usize, line: &str) {
        if let Some(stdin) = &mut self.processes[writer].stdin {
            let _ = stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush());
        }
    }

    fn kill(&mut self, at: usize) -> anyhow::Result<()> {
        self.end(at)?;
        self.processes[at] = self.start(ROLES[at])?;
        let again: Vec<String> =
            lock(&self.book).open.values().filter(|(writer, _)| *writer == at).map(|(_, line)| line.clone()).collect();
        for line in again {
            self.send(at, &line);
        }
        Ok(())
    }

    /// `kill -9`, and everything that it had said is heard.
    fn end(&mut self, at: usize) -> anyhow::Result<()> {
        let process = &mut self.processes[at];
        process.stdin = None;
        process.child.kill()?;
        process.child.wait()?;
        if let Some(listener) = process.listener.take() {
            let _ = listener.join();
        }
        Ok(())
    }

    /// Lets everything come to its end, without new commands, and stops.
    fn settle(&mut self, runtime: &tokio::runtime::Runtime) -> anyhow::Result<()> {
        let until = Instant::now() + SETTLE;
        while !lock(&self.book).open.is_empty() && Instant::now() < until {
            thread::sleep(Duration::from_secs(1));
            // What was refused is sent again, as a client would; the others are the same command twice.
            let again: Vec<(usize, String)> = lock(&self.book).open.values().cloned().collect();
            for (writer, line) in again {
                self.send(writer, &line);
            }
        }
        let world = runtime.block_on(World::open(self.url, self.dir, 2))?;
        while Instant::now() < until {
            if runtime.block_on(is_quiet(&world))? {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        (0..self.processes.len()).try_for_each(|at| self.end(at))
    }
}

fn hear(book: &mut Book, line: &str) {
    let mut words = line.split(' ');
    let (Some(name), Some(version)) = (words.next(), words.next()) else { return };
    let (Ok(command), Ok(version)) = (name.parse::<Uuid>(), version.parse()) else {
        // The driver sends a refused command again with the next writer, as a client would.
        book.failures.push(line.to_owned());
        return;
    };
    if let Some((_, line)) = book.open.remove(&command) {
        let ledger = line.split(' ').nth(1).and_then(|number| number.parse().ok()).map(Uuid::from_u128);
        book.acknowledged.insert(command, (ledger.unwrap_or_default().to_string(), version));
    }
}
