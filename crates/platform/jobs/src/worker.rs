//! A worker: so many slots, and one loop that fetches, writes endings down, and keeps the lease.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use kernel::{Cancel, Timestamp};
use sql::Scope;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    Context, Handler, JobError, Jobs, Keep, WorkerId,
    attempt::attempt,
    claim::{Claimed, Room, claim_in},
    ending::{Ending, end_in},
    floor::{Floor, MOST_ENDINGS},
    handler::Kinds,
    new::later,
    report::{Written, report_in},
};

/// How long endings gather while there is other work.
const GATHER: Duration = Duration::from_millis(2);
/// How soon to look for jobs whose transaction may be about to commit.
const SOON: Duration = Duration::from_millis(10);
/// How often what has ended is looked through.
const FORGET_EVERY: Duration = Duration::from_mins(1);
/// Waits after a failure of the database: from the first to the last.
const TROUBLE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How a worker works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Jobs at a time.
    pub slots: u16,
    /// How long jobs of other processes, delayed ones and retries wait at most to be noticed.
    pub poll: Duration,
    /// How long after its last sign a worker counts as gone. It gives one six times as often.
    pub lease: Duration,
    /// How often progress and logs are stored.
    pub report: Duration,
    /// How long a stop waits for running jobs.
    pub stop_after: Duration,
    /// How long what has ended is kept.
    pub keep: Keep,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slots: 16,
            poll: Duration::from_millis(250),
            lease: Duration::from_secs(30),
            report: Duration::from_millis(500),
            stop_after: Duration::from_secs(30),
            keep: Keep::default(),
        }
    }
}

/// Does jobs of the kinds that it has handlers for. Any number of processes may run one.
#[derive(Debug, Clone)]
pub struct Worker {
    jobs: Jobs,
    kinds: Kinds,
    settings: Settings,
}

impl Worker {
    /// A worker with these handlers, one for each kind.
    #[must_use]
    pub fn new(jobs: Jobs, handlers: Vec<Arc<dyn Handler>>, settings: Settings) -> Self {
        Self { jobs, kinds: Kinds::of(handlers), settings }
    }

    /// Works until `stop` is ready. Then it begins nothing more, waits for what runs, and gives the rest back at once, without
    /// counting an attempt. While the database is away it goes on trying. Dropped, it is like a process that was killed.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        let mut shift = Shift::begin(self.clone());
        let mut stop = pin!(stop.fuse());
        loop {
            shift.step().await;
            if shift.rest(stop.as_mut()).await == Rest::Stop {
                break;
            }
        }
        shift.close().await;
    }

    /// Does everything that is due, and what becomes due by that, and returns the number of attempts. For tests and command
    /// lines.
    ///
    /// # Errors
    /// [`JobError`] of the database.
    pub async fn drain(&self) -> Result<usize, JobError> {
        let (jobs, id) = (&self.jobs, WorkerId(self.jobs.source().uuid()));
        let mut count = 0;
        loop {
            jobs.beat(id, self.settings.lease).await?;
            jobs.rescue(self.kinds.clone()).await?;
            jobs.tick().await?;
            let rooms = self.rooms(usize::from(self.settings.slots), |_| 0);
            let (claimed, _) = jobs.claim(id, rooms, u32::from(self.settings.slots)).await?;
            if claimed.is_empty() {
                jobs.leave(id).await?;
                return Ok(count);
            }
            count += claimed.len();
            let attempts = claimed.into_iter().map(|job| self.one(job));
            let (reports, endings): (Vec<_>, Vec<_>) = join_all(attempts).await.into_iter().unzip();
            let now = jobs.now();
            jobs.database()
                .write::<_, JobError, _>(Scope::System, move |tx| {
                    async move {
                        report_in(tx, &reports.into_iter().flatten().collect::<Vec<_>>()).await?;
                        end_in(tx, &endings, now).await
                    }
                    .boxed()
                })
                .await?;
        }
    }

    async fn one(&self, job: Claimed) -> (Option<Written>, Ending) {
        let (cancel, lease) = (Cancel::default(), job.lease);
        let context = Context::new(self.jobs.clone(), job, cancel.clone());
        self.jobs.running().insert(lease, cancel);
        let ending = attempt(&self.jobs, &self.kinds, &context).await;
        self.jobs.running().remove(&lease);
        (context.take_report(), ending)
    }

    /// The room of each kind, where `taken` tells how many of it there are.
    fn rooms(&self, most: usize, taken: impl Fn(&str) -> u32) -> Arc<[Room]> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let room = |(kind, handler): (&'static str, &Arc<dyn Handler>)| {
            let limits = handler.limits();
            let most = limits.concurrency.map_or(most, |limit| most.min(limit.saturating_sub(taken(kind))));
            Room { kind, most, rate: limits.rate }
        };
        self.kinds.iter().map(room).collect()
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Rest {
    Over,
    Stop,
}

/// One run of a worker.
struct Shift {
    worker: Worker,
    id: WorkerId,
    floor: Arc<Floor>,
    /// Dropped, the slots end.
    slots: JoinSet<()>,
    leased_until: Timestamp,
    next_beat: Instant,
    next_report: Instant,
    next_forget: Instant,
    next_poll: Instant,
    /// Ready after a commit of the log since it was last looked at.
    appended: BoxFuture<'static, ()>,
    /// Jobs were put into a transaction that may not have ended yet.
    expecting: bool,
    /// Nothing more was due when it was last asked.
    dry: bool,
    /// A kind had no room left.
    crowded: bool,
    /// Failures of the database, one after the other.
    trouble: u32,
}

impl Shift {
    fn begin(worker: Worker) -> Self {
        let (floor, mut slots, now) = (Arc::new(Floor::default()), JoinSet::new(), Instant::now());
        for _ in 0..worker.settings.slots.max(1) {
            slots.spawn(slot(worker.jobs.clone(), worker.kinds.clone(), Arc::clone(&floor)));
        }
        Self {
            id: WorkerId(worker.jobs.source().uuid()),
            floor,
            slots,
            leased_until: Timestamp(i64::MIN),
            next_beat: now,
            next_report: now,
            next_forget: now + FORGET_EVERY,
            next_poll: now,
            appended: worker.jobs.0.log.appended().boxed(),
            expecting: false,
            worker,
            dry: false,
            crowded: false,
            trouble: 0,
        }
    }

    /// Whatever is due: a sign of life, endings, new jobs.
    async fn step(&mut self) {
        let done = async {
            let lease = self.worker.settings.lease;
            // By the clock of the leases too, which may have jumped.
            if Instant::now() >= self.next_beat || later(self.worker.jobs.now(), lease / 2) >= self.leased_until {
                self.keep_house().await?;
            }
            self.exchange(true).await
        }
        .await;
        self.note(done);
    }

    fn note(&mut self, done: Result<(), JobError>) {
        match done {
            Ok(()) => self.trouble = 0,
            Err(error) => {
                if self.trouble == 0 {
                    tracing::warn!(error = %error, "the worker cannot reach its queue and tries again: {error}");
                }
                self.trouble = self.trouble.saturating_add(1);
            }
        }
    }

    async fn keep_house(&mut self) -> Result<(), JobError> {
        let Settings { lease, keep, .. } = self.worker.settings;
        let jobs = &self.worker.jobs;
        let until = later(jobs.now(), lease);
        let held = jobs.beat(self.id, lease).await?;
        (self.leased_until, self.next_beat) = (until, Instant::now() + lease / 6);
        self.floor.compare(jobs, &held);
        self.floor.return_stale(jobs, lease / 6);
        jobs.rescue(self.worker.kinds.clone()).await?;
        if jobs.tick().await? > 0 {
            self.dry = false;
        }
        if Instant::now() >= self.next_forget {
            self.next_forget = Instant::now() + FORGET_EVERY;
            jobs.forget(keep).await?;
        }
        Ok(())
    }

    /// One transaction: what has ended and what was said goes in, new jobs come out.
    async fn exchange(&mut self, fetch: bool) -> Result<(), JobError> {
        let jobs = &self.worker.jobs;
        let now = Instant::now();
        let (endings, reports, room) =
            self.floor.take(now >= self.next_report, usize::from(self.worker.settings.slots));
        if now >= self.next_report {
            self.next_report = now + self.worker.settings.report;
        }
        let looks = fetch && room > 0 && (!self.dry || now >= self.next_poll);
        if endings.is_empty() && reports.is_empty() && !looks {
            return Ok(());
        }
        let rooms = {
            let floor = self.floor.lock();
            self.worker.rooms(room, |kind| floor.of_kind.get(kind).copied().unwrap_or(0))
        };
        let crowded = rooms.iter().any(|each| (each.most as usize) < room);
        let (id, at, most) = (self.id, jobs.now(), u32::try_from(room).unwrap_or(u32::MAX));
        let kept = Arc::new((reports, endings));
        let said = Arc::clone(&kept);
        let done = jobs
            .database()
            .write::<_, JobError, _>(Scope::System, move |tx| {
                async move {
                    report_in(tx, &said.0).await?;
                    end_in(tx, &said.1, at).await?;
                    if looks { claim_in(tx, id, (&rooms, most), at).await } else { Ok((Vec::new(), None)) }
                }
                .boxed()
            })
            .await;
        match done {
            Ok((claimed, wait)) => {
                if looks {
                    (self.dry, self.crowded) = (claimed.len() < room, crowded);
                    self.next_poll =
                        now + wait.map_or(self.worker.settings.poll, |wait| wait.min(self.worker.settings.poll));
                }
                self.floor.bring(jobs, claimed);
                Ok(())
            }
            Err(error) => {
                self.floor.put_back(&kept.0, &kept.1);
                Err(error)
            }
        }
    }

    /// Returns when there is something to do.
    async fn rest(&mut self, mut stop: Pin<&mut (impl Future<Output = ()> + Send)>) -> Rest {
        if self.trouble > 0 {
            let wait = TROUBLE.0.saturating_mul(1 << self.trouble.min(10)).min(TROUBLE.1);
            return tokio::select! { () = stop => Rest::Stop, () = tokio::time::sleep(wait) => Rest::Over };
        }
        if futures::poll!(stop.as_mut()).is_ready() {
            return Rest::Stop;
        }
        let (endings, waiting, room) = {
            let floor = self.floor.lock();
            (floor.endings.len(), floor.waiting.len(), floor.room(usize::from(self.worker.settings.slots)))
        };
        if endings > 0 {
            if self.crowded {
                self.dry = false;
            }
            if waiting > 0 && endings < MOST_ENDINGS / 2 {
                tokio::time::sleep(GATHER).await;
            }
            return Rest::Over;
        }
        if !self.dry && room > 0 {
            return Rest::Over;
        }
        let inner = &self.worker.jobs.0;
        if inner.pending.swap(false, Ordering::Relaxed) {
            self.next_poll = self.next_poll.min(Instant::now() + SOON);
            self.expecting = true;
        }
        let until = self.next_beat.min(self.next_report).min(if room > 0 { self.next_poll } else { self.next_beat });
        tokio::select! {
            () = stop => return Rest::Stop,
            () = self.floor.ended.notified() => {}
            () = inner.enqueued.notified() => self.dry = false,
            () = &mut self.appended => {
                self.appended = inner.log.appended().boxed();
                if inner.pending.swap(false, Ordering::Relaxed) || std::mem::take(&mut self.expecting) {
                    self.dry = false;
                }
            }
            () = sleep_until(until) => {}
        }
        Rest::Over
    }

    /// The orderly end.
    async fn close(mut self) {
        let deadline = Instant::now() + self.worker.settings.stop_after;
        self.floor.close(&self.worker.jobs);
        while self.floor.is_busy() && Instant::now() < deadline {
            if Instant::now() >= self.next_beat {
                let kept = self.keep_house().await;
                self.note(kept);
            }
            let done = self.exchange(false).await;
            self.note(done);
            let tick = Instant::now() + self.worker.settings.report.max(SOON);
            // A timeout is the next look.
            let _ = timeout_at(deadline.min(tick), self.floor.ended.notified()).await;
        }
        self.slots.shutdown().await;
        self.floor.give_up(&self.worker.jobs);
        let done = async {
            self.exchange(false).await?;
            self.worker.jobs.leave(self.id).await
        };
        if let Err(error) = done.await {
            // Their leases run out.
            tracing::warn!(error = %error, "could not give back jobs at a stop: {error}");
        }
    }
}

/// A slot: one job after the other.
async fn slot(jobs: Jobs, kinds: Kinds, floor: Arc<Floor>) {
    loop {
        let came = floor.came.notified();
        if let Some(context) = floor.begin(&jobs) {
            let begun = Instant::now();
            let ending = attempt(&jobs, &kinds, &context).await;
            floor.end(&jobs, &context, (ending, begun.elapsed()));
        } else if floor.lock().closing {
            return;
        } else {
            came.await;
        }
    }
}
