//! All subscribers of a process, and how far they are.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use eventlog::EventLog;
use sql::args;
use tokio::{sync::watch, task::JoinSet};

use crate::{BusError, Subscriber, runner::Runner};

/// What all subscribers of a process have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a process that says nothing keeps its subscribers: when it dies, another takes them over within this and one
    /// `look`.
    pub lease: Duration,
    /// How long facts and verbs of other processes wait at most to be noticed.
    pub look: Duration,
    /// How long handlers may go on after the process was asked to stop.
    pub grace: Duration,
    /// How long it is remembered what was handled, beyond the time in which it could come again.
    pub inbox_kept: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            look: Duration::from_millis(200),
            grace: Duration::from_secs(10),
            inbox_kept: Duration::from_hours(24),
        }
    }
}

/// Subscribers that follow a log. Any number of processes may run the same ones: each subscriber runs in one of them.
#[derive(Clone)]
pub struct Subscriptions {
    log: EventLog,
    subscribers: Arc<[Arc<dyn Subscriber>]>,
    settings: Settings,
}

/// How far a subscriber is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub name: &'static str,
    /// Sealed events after its cursor, those that it does not hear among them.
    pub behind: u64,
    /// Facts that failed and will be tried again.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
    /// Facts parked behind one that waits or is dead.
    pub parked: u64,
}

impl Subscriptions {
    /// Subscribers of this log, whose tables are there ([`crate::MIGRATIONS`]).
    ///
    /// # Errors
    /// [`BusError::SameName`].
    pub fn new(log: EventLog, subscribers: Vec<Arc<dyn Subscriber>>, settings: Settings) -> Result<Self, BusError> {
        let mut names = HashSet::new();
        for name in subscribers.iter().map(|subscriber| subscriber.name()) {
            if !names.insert(name) {
                return Err(BusError::SameName { name });
            }
        }
        Ok(Self { log, subscribers: subscribers.into(), settings })
    }

    /// Runs them until `stop` resolves; handlers that are at work then may come to their end. A database that does not
    /// answer is asked again. What runs is dropped with this future.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (switch, stopped) = watch::channel(false);
        let mut runners = JoinSet::new();
        for subscriber in &*self.subscribers {
            let (log, subscriber, settings) = (self.log.clone(), Arc::clone(subscriber), self.settings.clone());
            let runner = Runner { holder: log.source().uuid(), log, subscriber, settings };
            runners.spawn(runner.run(stopped.clone()));
        }
        stop.await;
        switch.send_replace(true);
        while runners.join_next().await.is_some() {}
    }

    /// How far each is, over all workspaces; for metrics and readiness.
    ///
    /// # Errors
    /// [`BusError::Log`], [`BusError::Sql`].
    pub async fn status(&self) -> Result<Vec<Status>, BusError> {
        let head = self.log.head().await?;
        let mut all = Vec::with_capacity(self.subscribers.len());
        for subscriber in &*self.subscribers {
            let name = subscriber.name();
            let select = "SELECT position FROM subscriptions WHERE name = $1";
            let rows = self.log.database().all(select, args![name]).await?;
            let position = rows.first().map_or(Ok(0), |row| row.count(0))?;
            let mut status = Status { name, behind: head.saturating_sub(position), waiting: 0, dead: 0, parked: 0 };
            let select = "SELECT state, count(*) FROM held_facts WHERE subscriber = $1 GROUP BY state";
            for row in self.log.database().all(select, args![name]).await? {
                let count = row.count(1)?;
                match row.get::<String>(0)?.as_str() {
                    "waiting" => status.waiting = count,
                    "dead" => status.dead = count,
                    _ => status.parked = count,
                }
            }
            all.push(status);
        }
        Ok(all)
    }
}

impl fmt::Debug for Subscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.subscribers.iter().map(|subscriber| subscriber.name()).collect();
        f.debug_struct("Subscriptions")
            .field("subscribers", &names)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
