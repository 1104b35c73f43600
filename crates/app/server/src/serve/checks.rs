//! What must work for this process to be ready. Only what it does itself: a projector that stands still makes no gateway
//! unready.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use config::Role;
use eventlog::{EventLog, Projector};
use http_edge::{CHECK_TIMEOUT, Health};
use sql::{Database, args};
use tokio::time::Instant;

use crate::roles::Stage;

/// How long events may wait for the sealer while it seals none.
const STANDSTILL: Duration = Duration::from_secs(10);

/// Adds the checks of a process.
pub(super) fn register(health: &Health, stage: &Stage) {
    let log = stage.backends.log.clone();
    for (name, database) in [("database", log.database().clone()), ("keys", stage.backends.keys.clone())] {
        health.register(name, CHECK_TIMEOUT, move || answers(database.clone()));
    }
    if !stage.config.server.roles.contains(&Role::Projector) {
        return;
    }
    let (sealed, seen) = (log.clone(), Arc::new(Mutex::new(Seen::default())));
    health.register("sealer", CHECK_TIMEOUT, move || seals(sealed.clone(), Arc::clone(&seen)));
    let projector = Arc::new(Projector::new(log, stage.backends.parts.followers.clone()));
    health.register("projections", CHECK_TIMEOUT, move || follows(Arc::clone(&projector)));
}

async fn answers(database: Database) -> Result<(), String> {
    database.all("SELECT 1", args![]).await.map(drop).map_err(|error| error.to_string())
}

async fn seals(log: EventLog, seen: Arc<Mutex<Seen>>) -> Result<(), String> {
    let position = log.head().await.map_err(|error| error.to_string())?;
    let pending = log.pending().await.map_err(|error| error.to_string())?;
    let waiting = seen.lock().unwrap_or_else(PoisonError::into_inner).note((position, pending), Instant::now());
    if waiting > STANDSTILL {
        return Err(format!("{pending} events wait since {} s and none is sealed", waiting.as_secs()));
    }
    Ok(())
}

async fn follows(projector: Arc<Projector>) -> Result<(), String> {
    let lags = projector.lag().await.map_err(|error| error.to_string())?;
    let problem = lags.into_iter().find_map(|lag| lag.problem.map(|problem| format!("{}: {problem}", lag.name)));
    problem.map_or(Ok(()), Err)
}

/// Where the sealer stood, and since when events have been waiting there.
#[derive(Debug, Default)]
struct Seen {
    position: u64,
    since: Option<Instant>,
}

impl Seen {
    /// How long events have been waiting without any being sealed.
    fn note(&mut self, (position, pending): (u64, u64), now: Instant) -> Duration {
        let has_moved = position != self.position;
        self.position = position;
        if pending == 0 {
            self.since = None;
            return Duration::ZERO;
        }
        if has_moved {
            self.since = None;
        }
        now - *self.since.get_or_insert(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_that_wait_where_nothing_moves_count() {
        let (mut seen, start) = (Seen::default(), Instant::now());
        // Seconds, position, pending, seconds of standstill.
        for (at, position, pending, expected) in [
            (0, 0, 0, 0),
            (50, 0, 3, 0),
            (55, 0, 4, 5),
            (56, 3, 1, 0),
            (66, 3, 1, 10),
            (70, 4, 0, 0),
            (90, 4, 0, 0),
            (91, 4, 1, 0),
            (95, 4, 1, 4),
        ] {
            let waiting = seen.note((position, pending), start + Duration::from_secs(at));
            assert_eq!(waiting.as_secs(), expected, "at {at} s");
        }
    }
}
