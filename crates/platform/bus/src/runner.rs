//! Runs one subscriber: takes its lease, follows the log, starts attempts and settles them.
//!
//! One task reads and writes; attempts run in tasks of their own. Whatever breaks, the term ends, its attempts are dropped,
//! and the next begins at the cursor.

use std::{collections::HashSet, panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Duration};

use eventlog::{EventLog, Recorded};
use futures::{FutureExt, future::BoxFuture, poll};
use kernel::Timestamp;
use sql::SqlError;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, sleep, timeout},
};
use uuid::Uuid;

use crate::{
    BusError, Delivery, HandlerError, Policy, Receipt, Settings, Subscriber, held,
    inbox::sweep,
    lease::Lease,
    settle::{Ended, Origin, settle},
    window::{Key, Window, key},
};

/// Events that are read at once.
const BATCH: u32 = 256;
/// The cursor is moved at least every so many positions while there is work.
const SAVE_EVERY: u64 = 256;
/// How long to wait after something broke.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Looks between two sweeps of the inbox.
const SWEEP_EVERY: u32 = 64;

pub(crate) struct Runner {
    pub(crate) log: EventLog,
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) settings: Settings,
    /// Names this runner among those of all processes.
    pub(crate) holder: Uuid,
}

impl Runner {
    /// Runs, or stands by while another process does, until `stop` says so.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let name = self.subscriber.name();
        while !*stop.borrow() {
            let term = AssertUnwindSafe(self.term(&mut stop)).catch_unwind().await;
            let pause = match term {
                Ok(Ok(())) => self.settings.look,
                Ok(Err(BusError::TakenOver { .. })) => {
                    tracing::info!(subscriber = name, "another process runs `{name}` now");
                    self.settings.look
                }
                Ok(Err(error)) => {
                    tracing::warn!(subscriber = name, error = %error, "`{name}` stopped, will begin again: {error}");
                    AFTER_ERROR
                }
                Err(_) => {
                    tracing::error!(subscriber = name, "`{name}` broke off, will begin again");
                    AFTER_ERROR
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = stopped(&mut stop) => {}
            }
        }
    }

    /// From the taking of the lease to its end; at once where another process has it.
    async fn term(&self, stop: &mut watch::Receiver<bool>) -> Result<(), BusError> {
        let asked = (self.holder, self.settings.lease);
        let Some(lease) = Lease::take(&self.log, &self.subscriber, asked).await? else { return Ok(()) };
        let mut term = Term::new(self, &lease);
        let ended = tokio::select! {
            ended = term.follow(stop) => ended,
            () = lease.keep() => Err(BusError::TakenOver { subscriber: lease.name }),
        };
        drop(term);
        if ended.is_ok() {
            lease.give_back().await;
        }
        ended
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever asked is gone: then this runner is about to be dropped.
    drop(stop.wait_for(|stop| *stop).await);
}

/// One holding of the lease.
struct Term<'a> {
    runner: &'a Runner,
    lease: &'a Lease,
    policy: Policy,
    window: Window,
    /// Where the stored cursor stands.
    saved: u64,
    running: JoinSet<Ended>,
    /// Streams whose first fact that was put aside is at work.
    aside: HashSet<Key>,
    /// The log may hold more.
    look: bool,
    /// Something that was put aside may be due.
    due: bool,
    /// The cursor was not moved since the last look.
    unsaved: bool,
    looks: u32,
}

impl<'a> Term<'a> {
    fn new(runner: &'a Runner, lease: &'a Lease) -> Self {
        Self {
            runner,
            lease,
            policy: runner.subscriber.policy(),
            window: Window::at(lease.position),
            saved: lease.position,
            running: JoinSet::new(),
            aside: HashSet::new(),
            look: true,
            due: true,
            unsaved: false,
            looks: 0,
        }
    }

    async fn follow(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), BusError> {
        let mut ticks = interval(self.runner.settings.look);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let log = self.runner.log.clone();
        while !*stop.borrow() {
            // Waits from before the log is read, so that what is sealed meanwhile is noticed.
            let mut sealed: BoxFuture<'_, ()> = log.sealed().fuse().boxed();
            self.look |= poll!(&mut sealed).is_ready();
            self.fill().await?;
            self.start().await?;
            self.save().await?;
            self.wait(sealed.as_mut(), &mut ticks, stop).await?;
        }
        self.wind_up().await
    }

    /// Reads on, as far as there is room.
    async fn fill(&mut self) -> Result<(), BusError> {
        let (log, name) = (&self.runner.log, self.lease.name);
        while self.look {
            let room = self.room();
            if room == 0 {
                break;
            }
            let events = log.after(self.window.read(), room).await?;
            self.look = events.len() == room as usize;
            let Some(last) = events.last().map(|event| event.position) else { break };
            let hears = self.runner.subscriber.hears();
            let meant: Vec<Recorded> = events.into_iter().filter(|event| hears.includes(event)).collect();
            let firsts = held::firsts(self.lease.database(), name, &meant).await?;
            let (queued, free): (Vec<_>, Vec<_>) =
                meant.into_iter().partition(|event| firsts.contains_key(&key(event)));
            if !queued.is_empty() {
                let now = self.lease.source.now();
                self.lease.write(move |tx| async move { held::queue(tx, name, &queued, now).await }.boxed()).await?;
            }
            for event in free {
                self.window.admit(event);
            }
            self.window.pass(last);
        }
        Ok(())
    }

    /// Events that may be read now.
    fn room(&self) -> u32 {
        if self.window.bytes() >= self.policy.most_bytes {
            return 0;
        }
        let facts = self.policy.most_facts.max(1).saturating_sub(self.window.open());
        let ahead = self.policy.most_ahead.max(1).saturating_sub(self.window.read() - self.window.prefix());
        BATCH.min(u32::try_from(facts).unwrap_or(BATCH)).min(u32::try_from(ahead).unwrap_or(BATCH))
    }

    /// Starts as many attempts as may run at the same time.
    async fn start(&mut self) -> Result<(), BusError> {
        if self.due {
            self.start_due().await?;
        }
        while self.running.len() - self.aside.len() < self.policy.parallel.max(1) {
            let Some(event) = self.window.start() else { break };
            self.attempt(Origin::Log, event, 1);
        }
        Ok(())
    }

    async fn start_due(&mut self) -> Result<(), BusError> {
        let most = (self.policy.parallel / 2).max(1);
        if self.aside.len() >= most {
            return Ok(());
        }
        let now = self.lease.source.now();
        // Those at work are still in the table.
        let due = held::due(self.lease.database(), self.lease.name, (now, most + self.aside.len())).await?;
        self.due = false;
        for fact in due {
            if self.aside.len() < most && !self.aside.contains(&fact.key) {
                self.start_aside(fact).await?;
            }
        }
        Ok(())
    }

    async fn start_aside(&mut self, fact: held::Due) -> Result<(), BusError> {
        let held::Due { key, event_id, version, position, attempts, edited } = fact;
        let attempt = attempts.saturating_add(1);
        let Some(mut event) = self.runner.log.event(key.0, event_id).await? else {
            let error = "the event is not in the log any more".to_owned();
            let failure = held::Failure { attempts: attempt, at: self.lease.source.now(), due: None, error };
            let name = self.lease.name;
            tracing::error!(subscriber = name, %event_id, "a fact that was put aside is not in the log any more");
            let work = self
                .lease
                .write(move |tx| async move { held::fail(tx, name, (&key, version), &failure).await }.boxed());
            return work.await;
        };
        event.position = position;
        if let (Some(edited), Some((_, fact))) = (edited, &mut event.fact) {
            *fact = edited;
        }
        self.aside.insert(key);
        self.attempt(Origin::Aside, event, attempt);
        Ok(())
    }

    fn attempt(&mut self, origin: Origin, event: Recorded, attempt: u32) {
        let (subscriber, limit) = (Arc::clone(&self.runner.subscriber), self.policy.timeout);
        let receipt = Receipt::of(self.lease, &event);
        let delivery = Delivery { log: self.runner.log.clone(), event, attempt, receipt };
        self.running.spawn(async move {
            let handled = timeout(limit, AssertUnwindSafe(subscriber.handle(&delivery)).catch_unwind()).await;
            let result = match handled {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(HandlerError::Retry("the handler panicked".to_owned())),
                Err(_) => Err(HandlerError::Retry(format!("the handler took longer than {} ms", limit.as_millis()))),
            };
            Ended { origin, event: delivery.event, attempt, result }
        });
    }

    /// Moves the cursor, not for every fact but with each look, and before it lags far behind.
    async fn save(&mut self) -> Result<(), BusError> {
        let moved = self.window.prefix() - self.saved;
        if moved >= SAVE_EVERY || (moved > 0 && self.unsaved) { self.save_now().await } else { Ok(()) }
    }

    async fn save_now(&mut self) -> Result<(), BusError> {
        let prefix = self.window.prefix();
        if prefix > self.saved {
            self.lease.save(prefix).await?;
            self.saved = prefix;
        }
        self.unsaved = false;
        Ok(())
    }

    /// Until something has happened.
    async fn wait(
        &mut self,
        sealed: Pin<&mut (dyn Future<Output = ()> + Send + '_)>,
        ticks: &mut Interval,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), BusError> {
        let ended = tokio::select! {
            Some(ended) = self.running.join_next() => Some(ended),
            () = sealed, if !self.look => { self.look = true; None }
            _ = ticks.tick() => return self.tick().await,
            () = stopped(stop) => None,
        };
        let mut next = ended;
        while let Some(ended) = next {
            self.settle(ended.map_err(|_| SqlError::Aborted)?).await?;
            next = self.running.try_join_next();
        }
        Ok(())
    }

    /// Looks for what other processes have written.
    async fn tick(&mut self) -> Result<(), BusError> {
        (self.look, self.due, self.unsaved) = (true, true, true);
        self.looks = (self.looks + 1) % SWEEP_EVERY;
        if self.looks == 0 {
            let (name, now) = (self.lease.name, self.lease.source.now());
            let kept = i64::try_from(self.runner.settings.inbox_kept.as_micros()).unwrap_or(i64::MAX);
            let until = Timestamp(now.0.saturating_sub(kept));
            self.lease.write(move |tx| sweep(tx, name, until).boxed()).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, ended: Ended) -> Result<(), BusError> {
        let aside = (ended.origin == Origin::Aside).then(|| key(&ended.event));
        settle((self.lease, &self.runner.subscriber), &mut self.window, ended).await?;
        if let Some(key) = aside {
            // The next of its stream may be due now, and a place is free.
            self.aside.remove(&key);
            self.due = true;
        }
        Ok(())
    }

    /// Lets what runs come to its end, for a while; what does not comes again.
    async fn wind_up(&mut self) -> Result<(), BusError> {
        let grace = self.runner.settings.grace;
        let all = async {
            while let Some(ended) = self.running.join_next().await {
                self.settle(ended.map_err(|_| SqlError::Aborted)?).await?;
            }
            Ok::<(), BusError>(())
        };
        if let Ok(ended) = timeout(grace, all).await {
            ended?;
        }
        self.save_now().await
    }
}
