//! A job as it is stored, and as it is shown.

use std::fmt;

use eventlog::{Cause, EventId};
use kernel::{Timestamp, WorkspaceId, typed_id};
use sql::{Row, SqlError};
use uuid::Uuid;

typed_id!(
    /// One job.
    JobId
);
typed_id!(
    /// Jobs that are waited for together.
    BatchId
);

/// `run_at` of a job that waits for the end of its batch, not for a moment.
pub const NEVER: Timestamp = Timestamp(i64::MAX);
/// Largest arguments, checkpoint or result: rows of a queue are rewritten often.
pub const MAX_BYTES: usize = 1 << 20;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for its moment and for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// An attempt failed; it waits for the next one.
    Failed,
    /// Done.
    Succeeded,
    /// Ended because somebody asked for it.
    Cancelled,
    /// Given up: a dead letter, until somebody replays or discards it.
    Dead,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Failed, Self::Succeeded, Self::Cancelled, Self::Dead];

    /// As it is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }

    /// Whether nothing more happens of itself.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Cancelled | Self::Dead)
    }

    /// `None` for a word that is no state.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What runs first where there are more jobs than slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before all others.
    Urgent,
    /// Somebody waits for it.
    High,
    /// The usual.
    #[default]
    Normal,
    /// When there is nothing else to do.
    Low,
}

impl Priority {
    /// All of them, first things first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Urgent => 1,
            Self::High => 2,
            Self::Normal => 3,
            Self::Low => 4,
        }
    }

    pub(crate) fn of(number: i64) -> Self {
        Self::ALL.into_iter().find(|each| each.number() == number).unwrap_or_default()
    }
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Progress {
    /// Units that are done.
    pub done: u64,
    /// Units in all; `None` where nobody knows.
    pub total: Option<u64>,
    /// What is counted, e.g. `rows`.
    pub unit: String,
    /// Units a second in this attempt; `None` until there is time to measure.
    pub rate: Option<f64>,
    /// When it will be done at this rate; `None` without a rate or a total.
    pub eta: Option<Timestamp>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which handler does it.
    pub kind: String,
    /// JSON; personal fields in it are sealed. [`crate::Jobs::open`] reads it.
    #[serde(serialize_with = "as_json")]
    pub args: Vec<u8>,
    /// Where it stands.
    pub state: State,
    /// Attempts that count against the limit, the running one included.
    pub attempt: u64,
    /// The fencing token: grows with every claim, whether it counts or not.
    pub token: u64,
    /// Attempts at most; `None` where the handler's limit holds.
    pub max_attempts: Option<u32>,
    /// What runs first.
    pub priority: Priority,
    /// When it may run, or run again; [`NEVER`] while it waits for its batch.
    pub run_at: Timestamp,
    /// No two jobs of a kind with one key at a time.
    pub unique_key: Option<String>,
    /// Jobs that it belongs to.
    pub batch: Option<BatchId>,
    /// When it was stored.
    pub enqueued_at: Timestamp,
    /// When its last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Somebody asked it to end, and it has not yet.
    pub cancelling: bool,
    /// How far it is; `None` where it never said.
    pub progress: Option<Progress>,
    /// What it said, the last [`crate::LOG_LINES`] lines.
    pub log: Vec<String>,
    /// JSON; `None` where it gave none.
    #[serde(serialize_with = "as_optional_json")]
    pub result: Option<Vec<u8>>,
    /// What its last attempt failed with.
    pub error: Option<String>,
}

/// The columns of [`Job`], after `workspace_id` and `id`.
pub(crate) const COLUMNS: &str = "workspace_id, id, kind, args, state, attempt, uncounted, max_attempts, priority, run_at, \
     unique_key, batch, enqueued_at, started_at, ended_at, cancel_at, done, total, unit, rate, progress_at, log, result, error";

impl Job {
    pub(crate) fn read(row: &Row) -> Result<Self, SqlError> {
        let state = State::parse(&row.get::<String>(4)?).unwrap_or(State::Dead);
        let token = row.count(5)?;
        Ok(Self {
            workspace: row.id(0)?,
            id: row.id(1)?,
            kind: row.get(2)?,
            args: row.get(3)?,
            state,
            attempt: token.saturating_sub(row.count(6)?),
            token,
            max_attempts: row.get::<Option<i64>>(7)?.and_then(|most| u32::try_from(most).ok()),
            priority: Priority::of(row.get(8)?),
            run_at: row.get(9)?,
            unique_key: row.get(10)?,
            batch: row.get::<Option<Uuid>>(11)?.map(BatchId),
            enqueued_at: row.get(12)?,
            started_at: row.get(13)?,
            ended_at: row.get(14)?,
            cancelling: state == State::Running && row.get::<Option<i64>>(15)?.is_some(),
            progress: progress(row)?,
            log: lines(row.get(21)?),
            result: row.get(22)?,
            error: row.get(23)?,
        })
    }
}

fn progress(row: &Row) -> Result<Option<Progress>, SqlError> {
    let Some(done) = row.get::<Option<i64>>(16)? else { return Ok(None) };
    let total: Option<i64> = row.get(17)?;
    let rate: Option<f64> = row.get(19)?;
    let at: Option<Timestamp> = row.get(20)?;
    let eta = match (total, rate, at) {
        (Some(total), Some(rate), Some(at)) => eta(total.saturating_sub(done), rate, at),
        _ => None,
    };
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    let unit = row.get::<Option<String>>(18)?.unwrap_or_default();
    Ok(Some(Progress { done: unsigned(done), total: total.map(unsigned), unit, rate, eta }))
}

/// When so many units more are done at this rate; `None` where that is never.
fn eta(left: i64, rate: f64, at: Timestamp) -> Option<Timestamp> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let micros = left.max(0) as f64 / rate * 1e6;
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie within a century")]
    let eta = || Timestamp(at.0.saturating_add(micros as i64));
    (rate > 0.0 && micros < 3.2e15).then(eta)
}

pub(crate) fn lines(log: Option<String>) -> Vec<String> {
    log.and_then(|log| serde_json::from_str(&log).ok()).unwrap_or_default()
}

/// Columns of a cause.
pub(crate) fn cause(row: &Row, at: usize) -> Result<Cause, SqlError> {
    Ok(Cause {
        correlation_id: row.get(at)?,
        causation_id: row.get::<Option<Uuid>>(at + 1)?.map(EventId),
        traceparent: row.get(at + 2)?,
    })
}

fn as_json<S: serde::Serializer>(json: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    serde::Serialize::serialize(&value, serializer)
}

#[expect(clippy::ref_option, reason = "serde asks for this form")]
fn as_optional_json<S: serde::Serializer>(json: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match json {
        Some(json) => as_json(json, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_state_reads_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.name()), Some(state));
        }
        assert_eq!(State::parse("finished"), None);
    }

    #[test]
    fn a_priority_reads_back_in_order() {
        assert!(Priority::ALL.is_sorted());
        for priority in Priority::ALL {
            assert_eq!(Priority::of(priority.number()), priority);
        }
    }

    #[test]
    fn an_estimate_is_the_rest_over_the_rate_or_nothing() {
        let at = Timestamp(1_000_000);
        for (left, rate, expected) in [
            (100, 10.0, Some(11_000_000)),
            (0, 10.0, Some(1_000_000)),
            (-5, 10.0, Some(1_000_000)),
            (100, 0.0, None),
            (i64::MAX, 0.001, None),
        ] {
            assert_eq!(eta(left, rate, at), expected.map(Timestamp), "{left} at {rate}");
        }
    }
}
