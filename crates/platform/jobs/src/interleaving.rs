//! Any interleaving of workers that die, sleep and wake at any step does each job once in effect.

use std::{collections::HashMap, sync::Arc};

use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::EventLog;
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use kernel::{ManualClock, SeededChance, Source, SystemChance, Timestamp, WorkspaceId};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sql::{Migration, Scope, args};
use testkit::Place;

use crate::{
    Context, Failure, Handler, JobError, JobId, Jobs, NewJob, WorkerId,
    claim::{Claimed, Room},
    ending::{Ending, Outcome, end_in},
    handler::Kinds,
};

const KIND: &str = "test.do_thing";
const JOBS: u32 = 5;
const LEASE: std::time::Duration = std::time::Duration::from_secs(30);
const TABLES: &[Migration] = &[Migration {
    context: "test",
    number: 1,
    sql: "CREATE TABLE effects (workspace_id UUID NOT NULL, job UUID NOT NULL)",
    postgres: "",
    tenant_tables: &["effects"],
}];

/// Only who has a handler for a kind rescues its jobs.
struct Known;

impl Handler for Known {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, _: Context) -> BoxFuture<'_, Result<(), Failure>> {
        ready(Ok(())).boxed()
    }
}

fn kinds() -> Kinds {
    Kinds::of(vec![Arc::new(Known)])
}

/// One step of one of three workers; `at` chooses among the jobs that it believes to have.
#[derive(Debug, Clone, Copy)]
enum Step {
    Claim {
        who: usize,
        most: u32,
    },
    Beat {
        who: usize,
    },
    Complete {
        who: usize,
        at: usize,
    },
    /// The process dies within its transaction.
    HalfComplete {
        who: usize,
        at: usize,
    },
    Fail {
        who: usize,
        at: usize,
    },
    GiveBack {
        who: usize,
        at: usize,
    },
    Checkpoint {
        who: usize,
        at: usize,
    },
    Die {
        who: usize,
    },
    Rescue,
    Pass {
        seconds: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (who, at) = (0..3_usize, 0..4_usize);
    let one = prop_oneof![
        4 => (who.clone(), 1..4_u32).prop_map(|(who, most)| Step::Claim { who, most }),
        2 => who.clone().prop_map(|who| Step::Beat { who }),
        3 => (who.clone(), at.clone()).prop_map(|(who, at)| Step::Complete { who, at }),
        1 => (who.clone(), at.clone()).prop_map(|(who, at)| Step::HalfComplete { who, at }),
        1 => (who.clone(), at.clone()).prop_map(|(who, at)| Step::Fail { who, at }),
        1 => (who.clone(), at.clone()).prop_map(|(who, at)| Step::GiveBack { who, at }),
        1 => (who.clone(), at).prop_map(|(who, at)| Step::Checkpoint { who, at }),
        1 => who.prop_map(|who| Step::Die { who }),
        3 => Just(Step::Rescue),
        3 => (1..40_i64).prop_map(|seconds| Step::Pass { seconds }),
    ];
    prop::collection::vec(one, 1..60)
}

struct Sim {
    jobs: Jobs,
    clock: Arc<ManualClock>,
    workspace: WorkspaceId,
    /// What each worker believes to have.
    workers: Vec<(WorkerId, Vec<Claimed>)>,
    /// The last attempt at each job: the only one that may write.
    last: HashMap<JobId, u64>,
}

impl Sim {
    async fn begin(place: &Place) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_772_193_600_000_000)));
        let source = Source { clock: clock.clone(), chance: Arc::new(SystemChance) };
        let migrations = [eventlog::MIGRATIONS, crate::MIGRATIONS, TABLES].concat();
        place.database.migrate(migrations, source.now()).await.expect("migrated");
        let master = MasterKeys::random(&SeededChance::new(1));
        let keys = KeyRing::new(Arc::new(MemoryKeyStore::default()), master, source.clone(), Limits::default());
        let jobs = Jobs::new(EventLog::new(place.database.clone(), keys, source, vec![]));
        let workspace = WorkspaceId::new();
        let new =
            (0..JOBS).map(|_| NewJob::of_json(workspace, KIND, b"0".to_vec()).expect("small").max_attempts(1_000));
        jobs.enqueue_many(new.collect()).await.expect("enqueued");
        let workers = (0..3).map(|_| (WorkerId::new(), Vec::new())).collect();
        Self { jobs, clock, workspace, workers, last: HashMap::new() }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Claim { who, most } => self.claim(who, most).await,
            Step::Beat { who } => drop(self.jobs.beat(self.workers[who].0, LEASE).await.expect("answers")),
            Step::Complete { who, at } => self.complete(who, at, false).await,
            Step::HalfComplete { who, at } => {
                self.complete(who, at, true).await;
                self.die(who);
            }
            Step::Fail { who, at } => {
                let run_at = Timestamp(self.jobs.now().0 + 5_000_000);
                self.end(who, at, Outcome::Failed { error: "on purpose".to_owned(), run_at }).await;
            }
            Step::GiveBack { who, at } => {
                self.end(who, at, Outcome::GivenBack { run_at: self.jobs.now() }).await;
            }
            Step::Checkpoint { who, at } => {
                if let Some(job) = self.workers[who].1.get(at).cloned() {
                    let last = self.is_last(&job);
                    let kept = self.context(job).checkpoint(&1).await;
                    assert!(last || kept.is_err(), "an attempt of before has written");
                }
            }
            Step::Die { who } => self.die(who),
            Step::Rescue => drop(self.jobs.rescue(kinds()).await.expect("answers")),
            Step::Pass { seconds } => self.clock.advance_micros(seconds * 1_000_000),
        }
    }

    async fn claim(&mut self, who: usize, most: u32) {
        // A worker that is not sure of its lease gives a sign of life first; some forget.
        let (id, room) = (self.workers[who].0, Room { kind: KIND, most, rate: None });
        let (claimed, _) = self.jobs.claim(id, Arc::new([room]), most).await.expect("answers");
        for job in &claimed {
            let before = self.last.insert(job.lease.id, job.lease.token);
            assert!(before.is_none_or(|before| before < job.lease.token), "a token was given twice");
        }
        self.workers[who].1.extend(claimed);
    }

    fn is_last(&self, job: &Claimed) -> bool {
        self.last.get(&job.lease.id) == Some(&job.lease.token)
    }

    fn context(&self, job: Claimed) -> Context {
        Context::new(self.jobs.clone(), job, kernel::Cancel::default())
    }

    fn die(&mut self, who: usize) {
        self.workers[who] = (WorkerId::new(), Vec::new());
    }

    async fn complete(&mut self, who: usize, at: usize, dies: bool) {
        if at >= self.workers[who].1.len() {
            return;
        }
        let job = self.workers[who].1.remove(at);
        let last = self.is_last(&job);
        let context = self.context(job);
        let job = context.job();
        let done: Result<(), JobError> = context
            .complete_in(move |tx| {
                async move {
                    tx.execute("INSERT INTO effects (workspace_id, job) VALUES ($1, $2)", args![job.0]).await?;
                    if dies { Err(JobError::NotFound { id: job }) } else { Ok(()) }
                }
                .boxed()
            })
            .await;
        let expected = matches!(done, Ok(()) | Err(JobError::LeaseLost { .. }));
        assert!(dies || expected, "{done:?}");
        assert!(last || done.is_err(), "an attempt of before has ended the job");
    }

    async fn end(&mut self, who: usize, at: usize, outcome: Outcome) {
        if at >= self.workers[who].1.len() {
            return;
        }
        let (job, now) = (self.workers[who].1.remove(at), self.jobs.now());
        let most = u64::from(self.is_last(&job));
        let ending = Ending { lease: job.lease, batch: None, outcome };
        let done: Result<u64, JobError> = self
            .jobs
            .database()
            .write(Scope::System, move |tx| async move { end_in(tx, &[ending], now).await }.boxed())
            .await;
        assert!(done.expect("answers") <= most, "an attempt of before has ended the job");
    }

    /// Whatever has happened, a worker that lives does the rest; then each job has its effect once.
    async fn finish(mut self) {
        for _ in 0..10 {
            self.clock.advance_micros(10_000_000_000);
            self.jobs.rescue(kinds()).await.expect("answers");
            self.clock.advance_micros(10_000_000_000);
            self.die(0);
            self.jobs.beat(self.workers[0].0, LEASE).await.expect("answers");
            self.claim(0, 100).await;
            while !self.workers[0].1.is_empty() {
                self.complete(0, 0, false).await;
            }
        }
        let select = "SELECT state, (SELECT count(*) FROM effects e WHERE e.workspace_id = $1 AND e.job = jobs.id)
             FROM jobs WHERE workspace_id = $1";
        let rows = self.jobs.database().tenant(self.workspace).all(select, args![]).await.expect("read");
        let ends: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
        assert_eq!(ends, vec![("succeeded".to_owned(), 1); JOBS as usize]);
    }
}

fn check(cases: u32, open: impl AsyncFn() -> Option<Place>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let Some(place) = runtime.block_on(open()) else { return };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let run = |steps: Vec<Step>| {
        runtime.block_on(async {
            let mut sim = Sim::begin(&place).await;
            for step in steps {
                sim.step(step).await;
            }
            sim.finish().await;
        });
        Ok(())
    };
    runner.run(&steps(), run).unwrap();
}

#[test]
fn each_job_is_done_once_in_effect_on_sqlite() {
    check(60, async || Some(testkit::memory().await));
}

#[test]
fn each_job_is_done_once_in_effect_on_postgresql() {
    check(12, testkit::postgres);
}

#[tokio::test]
async fn claiming_reads_what_waits_and_nothing_else() {
    let place = testkit::memory().await;
    let migrations = [eventlog::MIGRATIONS, crate::MIGRATIONS].concat();
    place.database.migrate(migrations, Timestamp(0)).await.expect("migrated");
    let plan = async |sql: String, values| {
        let rows =
            place.database.all(sql::Sql::made(format!("EXPLAIN QUERY PLAN {sql}")), values).await.expect("planned");
        rows.iter().map(|row| row.get::<String>(3).unwrap()).filter(|line| line.contains(" jobs")).collect::<Vec<_>>()
    };
    let claim = crate::claim::on_sqlite(1);
    let lines = plan(claim, args![0_i64, uuid::Uuid::nil(), 1_i64, KIND, 1_i64]).await;
    assert!(lines.len() >= 5, "{lines:?}");
    let waiting = "SEARCH jobs USING INDEX jobs_waiting (kind=? AND priority=? AND run_at<?)";
    assert!(
        lines.iter().all(|line| line == waiting || line == "SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)"),
        "{lines:?}"
    );
}
