//! CPU of a no-op job, client and server: enqueue, claim, finish, with retries, leases and dead letters on.
//!
//! `bench [sqlite|postgres] [JOBS] [CHUNK]`: jobs are enqueued CHUNK in a transaction (1 for one each). PostgreSQL is the one
//! that `GRAYGHOST_TEST_POSTGRES_URL` names, in a database of its own; its CPU is that of all processes of that server, so
//! nobody else may use it meanwhile. One line of JSON.

use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::EventLog;
use futures::{FutureExt, future::BoxFuture};
use jobs::{Context, Failure, Handler, Jobs, Settings, Worker};
use kernel::{Source, SystemChance, WorkspaceId};
use sql::Dialect;
use testkit::Place;

const TICK_US: u64 = 10_000; // sysconf(_SC_CLK_TCK) is 100 on Linux
const SLOTS: u16 = 16;

struct Nothing(AtomicUsize);

impl Handler for Nothing {
    fn kind(&self) -> &'static str {
        "bench.do_nothing"
    }

    fn run(&self, _: Context) -> BoxFuture<'_, Result<(), Failure>> {
        async {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        .boxed()
    }
}

/// The process and its ticks: its own, and those of its children that have ended.
fn stat(pid: &str) -> Option<(u64, u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|each| each.parse::<u64>().ok()).unwrap_or(0);
    Some((number(1), number(11) + number(12), number(13) + number(14)))
}

async fn postmaster(place: &Place) -> Option<u64> {
    if place.database.dialect() == Dialect::Sqlite {
        return None;
    }
    let rows = place.database.all("SELECT pg_backend_pid()::bigint", vec![]).await.expect("answers");
    stat(&rows[0].get::<i64>(0).expect("a number").to_string()).map(|(parent, ..)| parent)
}

fn server(postmaster: Option<u64>) -> u64 {
    let Some(postmaster) = postmaster else { return 0 };
    let children = fs::read_dir("/proc").expect("Linux").filter_map(|entry| stat(entry.ok()?.file_name().to_str()?));
    let living: u64 = children.filter(|(parent, ..)| *parent == postmaster).map(|(_, own, _)| own).sum();
    let (_, own, ended) = stat(&postmaster.to_string()).unwrap_or_default();
    living + own + ended
}

fn client() -> u64 {
    stat("self").map_or(0, |(_, own, _)| own)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let mut words = env::args().skip(1);
    let which = words.next().unwrap_or_else(|| "sqlite".to_owned());
    let count: usize = words.next().map_or(Ok(20_000), |word| word.parse())?;
    let chunk: usize = words.next().map_or(Ok(500), |word| word.parse())?;
    let place = match which.as_str() {
        "postgres" => testkit::new_database(&env::var("GRAYGHOST_TEST_POSTGRES_URL")?).await,
        _ => testkit::sqlite().await,
    };
    let source = Source::system();
    let keys = KeyRing::new(
        Arc::new(MemoryKeyStore::default()),
        MasterKeys::random(&SystemChance),
        source.clone(),
        Limits::default(),
    );
    place.database.migrate([eventlog::MIGRATIONS, jobs::MIGRATIONS].concat(), source.now()).await?;
    let queue = Jobs::new(EventLog::new(place.database.clone(), keys, source, vec![]));
    let postmaster = postmaster(&place).await;
    let workspace = WorkspaceId::new();
    let handler = Arc::new(Nothing(AtomicUsize::new(0)));
    let all = Arc::clone(&handler);
    // A stop writes the last endings.
    let wait = async move {
        while all.0.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };

    let (begun, before) = (Instant::now(), (client(), server(postmaster)));
    for first in (0..count).step_by(chunk) {
        let mut batch = Vec::with_capacity(chunk);
        for number in first..count.min(first + chunk) {
            batch.push(queue.job(workspace, "bench.do_nothing", &serde_json::json!({ "number": number })).await?);
        }
        match batch.len() {
            1 => drop(queue.enqueue(batch.remove(0)).await?),
            _ => drop(queue.enqueue_many(batch).await?),
        }
    }
    let (enqueued, middle) = (begun.elapsed(), (client(), server(postmaster)));
    Worker::new(queue.clone(), vec![handler], Settings { slots: SLOTS, ..Settings::default() }).run(wait).await;
    let (wall, after) = (begun.elapsed(), (client(), server(postmaster)));
    let done = place.database.all("SELECT count(*) FROM jobs WHERE state = 'succeeded'", vec![]).await?;
    anyhow::ensure!(done[0].count(0)? == count as u64, "not all are done");
    let jobs = f64::from(u32::try_from(count)?);
    let each = |before: u64, after: u64| Duration::from_micros((after - before) * TICK_US).as_secs_f64() * 1e6 / jobs;
    let report = serde_json::json!({
        "backend": which, "jobs": count, "chunk": chunk, "slots": SLOTS,
        "client_us": each(before.0, after.0), "server_us": each(before.1, after.1),
        "us_per_job": each(before.0, after.0) + each(before.1, after.1),
        "enqueue_us": each(before.0, middle.0) + each(before.1, middle.1),
        "enqueue_s": enqueued.as_secs_f64(), "wall_s": wall.as_secs_f64(),
        "jobs_per_s": jobs / wall.as_secs_f64(),
    });
    std::io::Write::write_all(&mut std::io::stdout(), format!("{report}\n").as_bytes())?;
    Ok(())
}
