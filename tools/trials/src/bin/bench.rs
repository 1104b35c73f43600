//! What the spine costs: CPU microseconds, client and server together, and rates. One JSON line for each figure.
//!
//! `bench --url URL --dir DIR`. On PostgreSQL the CPU time of all processes of the server is counted: nobody else may use it.

use std::{fs, path::PathBuf, sync::Arc, time::Instant};

use anyhow::Context as _;
use clap::Parser;
use eventlog::{Cause, EventLog, NewStream, Projection, Projector};
use futures::{FutureExt, StreamExt, stream};
use kernel::uuid::Uuid;
use sql::{Dialect, Scope, SqlError, Value, args};
use trials::{Balances, Ledger, LedgerEvent, TrialError, World};

#[derive(Parser)]
struct Arguments {
    /// Database.
    #[arg(long)]
    url: String,
    /// Folder of the keys.
    #[arg(long)]
    dir: PathBuf,
    /// Changes that are measured.
    #[arg(long, default_value_t = 10_000)]
    changes: u32,
    /// Events of the bulk, the tail and the rebuild.
    #[arg(long, default_value_t = 100_000)]
    bulk: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let world = World::open(&arguments.url, &arguments.dir, 16).await?;
    // Nothing but the log: what a read model and a job cost is theirs.
    let bare = EventLog::new(world.database.clone(), world.log.keys().clone(), world.log.source().clone(), vec![]);
    let meter = Meter::new(&world).await?;
    for callers in [1, 64] {
        changes(&world, &bare, &meter, (arguments.changes, callers)).await?;
    }
    bulk(&world, &bare, &meter, arguments.bulk).await?;
    follow(&bare, &meter).await
}

/// CPU time of this process and of the server.
struct Meter {
    ticks_per_second: f64,
    postmaster: Option<u32>,
}

impl Meter {
    async fn new(world: &World) -> anyhow::Result<Self> {
        // Linux counts in hundredths of a second wherever Rust runs; `getconf CLK_TCK`.
        let ticks_per_second = 100.0;
        if world.database.dialect() == Dialect::Sqlite {
            return Ok(Self { ticks_per_second, postmaster: None });
        }
        let row = world.database.all("SELECT pg_backend_pid()::bigint", args![]).await?;
        let backend: i64 = row[0].get(0)?;
        let stat = fs::read_to_string(format!("/proc/{backend}/stat")).context("the server is on this machine")?;
        Ok(Self { ticks_per_second, postmaster: Some(u32::try_from(fields(&stat)[1])?) })
    }

    /// Seconds.
    fn read(&self) -> anyhow::Result<f64> {
        let mut ticks = own(&fs::read_to_string("/proc/self/stat")?);
        if let Some(postmaster) = self.postmaster {
            for entry in fs::read_dir("/proc")?.filter_map(Result::ok) {
                let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
                let pid = entry.file_name().to_string_lossy().parse::<u32>().ok();
                if pid == Some(postmaster) {
                    ticks += own(&stat) + fields(&stat)[13] + fields(&stat)[14];
                } else if fields(&stat).get(1) == Some(&u64::from(postmaster)) {
                    ticks += own(&stat);
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of ticks")]
        Ok(ticks as f64 / self.ticks_per_second)
    }

    async fn measure<T>(
        &self,
        what: &str,
        count: u32,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(f64, T)> {
        let (cpu, begun) = (self.read()?, Instant::now());
        let done = work.await?;
        let (cpu, wall) = (self.read()? - cpu, begun.elapsed().as_secs_f64());
        let each = cpu * 1e6 / f64::from(count);
        let line = serde_json::json!({
            "what": what, "count": count, "cpu_us_each": (each * 10.0).round() / 10.0, "wall_s": wall,
            "per_second": (f64::from(count) / wall).round(),
        });
        print(&line.to_string())?;
        Ok((wall, done))
    }
}

fn print(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}")
}

/// The fields of `/proc/PID/stat` after the name of the process: state, parent, …
fn fields(stat: &str) -> Vec<u64> {
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect()
}

/// User and system time, in ticks.
fn own(stat: &str) -> u64 {
    let fields = fields(stat);
    fields.get(11).copied().unwrap_or(0) + fields.get(12).copied().unwrap_or(0)
}

/// Single events, each acknowledged when it is flushed, over so many streams.
async fn changes(world: &World, log: &EventLog, meter: &Meter, (count, callers): (u32, usize)) -> anyhow::Result<()> {
    let what = format!("change, {callers} callers, sealed");
    let work = async {
        let all = stream::iter(0..count).map(|number| {
            let ledger = Uuid::from_u128(u128::from(number % 1_000) + 10_000);
            async move {
                let paid = vec![LedgerEvent::Paid { command: Uuid::from_u128(u128::from(number)), cents: 1 }];
                log.change::<Ledger, TrialError, TrialError>(&world.actor, ledger, move |_| Ok(paid)).await
            }
        });
        let mut all = all.buffer_unordered(callers);
        while let Some(done) = all.next().await {
            done?;
        }
        log.seal_all().await?;
        Ok(())
    };
    meter.measure(&what, count, work).await.map(|_| ())
}

/// Many streams at once, beside plain rows into the same table.
async fn bulk(world: &World, log: &EventLog, meter: &Meter, count: u32) -> anyhow::Result<()> {
    let stream = |number: u32| NewStream::<Ledger> {
        id: log.source().uuid(),
        events: vec![LedgerEvent::Paid { command: Uuid::from_u128(u128::from(number)), cents: 1 }],
    };
    let chunks: Vec<u32> = (0..count).step_by(5_000).collect();
    let streams: Vec<Vec<_>> = chunks.iter().map(|from| (*from..from + 5_000).map(stream).collect()).collect();
    let rows: Vec<Vec<Vec<Value>>> =
        chunks.iter().map(|from| (*from..from + 5_000).map(|number| plain(log, number)).collect()).collect();
    let (ours, ()) = meter
        .measure("append_many", count, async {
            for chunk in streams {
                log.append_many(&world.actor, Cause::default(), chunk).await?;
            }
            Ok(())
        })
        .await?;
    let (plain, ()) = meter
        .measure("plain rows into the same table", count, async {
            for chunk in rows {
                let insert = world.database.write::<u64, SqlError, _>(Scope::Workspace(world.actor.workspace), |tx| {
                    async move { tx.insert_many(("events", &COLUMNS), chunk, "").await }.boxed()
                });
                insert.await?;
            }
            Ok(())
        })
        .await?;
    print(&serde_json::json!({ "what": "append_many / plain rows, by rate", "ratio": plain / ours }).to_string())?;
    Ok(())
}

const COLUMNS: [&str; 14] = [
    "stream",
    "version",
    "event_id",
    "type",
    "schema_version",
    "payload",
    "fact_type",
    "fact",
    "actor",
    "correlation_id",
    "causation_id",
    "traceparent",
    "occurred_at",
    "recorded_at",
];

fn plain(log: &EventLog, number: u32) -> Vec<Value> {
    let id = log.source().uuid();
    let payload = format!(r#"{{"type":"paid","command":"{}","cents":1}}"#, Uuid::from_u128(u128::from(number)));
    args![
        format!("trial.ledger.{id}"),
        1_i64,
        log.source().uuid(),
        "paid",
        1_i64,
        payload.clone().into_bytes(),
        "paid",
        payload.into_bytes(),
        "system",
        id,
        None::<Uuid>,
        None::<String>,
        log.source().now(),
        log.source().now()
    ]
}

/// Sealing, reading by positions, and a read model made anew of everything that is there.
async fn follow(log: &EventLog, meter: &Meter) -> anyhow::Result<()> {
    let pending = u32::try_from(log.pending().await?)?;
    meter.measure("seal", pending, async { Ok(log.seal_all().await?) }).await?;
    let head = u32::try_from(log.head().await?)?;
    let read = async {
        let mut at = 0;
        while let Some(last) = log.after(at, 5_000).await?.last() {
            at = last.position;
        }
        Ok(())
    };
    meter.measure("read by positions", head, read).await?;
    let follower: Arc<dyn Projection> = Arc::new(Balances::FOLLOWER);
    let projector = Projector::new(log.clone(), vec![Arc::clone(&follower)]);
    meter.measure("rebuild of a read model", head, async { Ok(projector.rebuild(follower.name()).await?) }).await?;
    Ok(())
}
