//! How the queue fails.

use eventlog::LogError;
use kernel::{ErrorKind, ProductError, WordError};
use sql::SqlError;

use crate::{JobId, State};

/// A failure of the queue, not of a job: what a job fails with is a [`crate::Failure`].
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// No such job in this workspace.
    #[error("there is no job `{id}`")]
    NotFound {
        /// As given.
        id: JobId,
    },
    /// The job is in a state in which this cannot be done.
    #[error("could not {what} job `{id}`: it is {state}")]
    WrongState {
        /// Which.
        id: JobId,
        /// What was asked for: a verb.
        what: &'static str,
        /// How it stands.
        state: State,
    },
    /// Another worker has taken the job, or it was ended from outside; this one may not write for it any more.
    #[error("could not write for job `{id}` as its attempt {attempt}: the lease was lost")]
    LeaseLost {
        /// Which.
        id: JobId,
        /// The attempt that has ended.
        attempt: u64,
    },
    /// No five fields of cron.
    #[error("could not read `{given}` as a schedule: {why}")]
    BadCron {
        /// As given.
        given: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// Arguments, a checkpoint or a result beyond [`crate::MAX_BYTES`].
    #[error("could not store {size_bytes} bytes as the {what} of a `{kind}` job")]
    TooLarge {
        /// `arguments`, `checkpoint` or `result`.
        what: &'static str,
        /// Of the job.
        kind: String,
        /// How large it is.
        size_bytes: usize,
    },
    /// A job for one workspace in a transaction of another.
    #[error("could not enqueue a `{kind}` job in a transaction of another workspace")]
    OtherWorkspace {
        /// Of the job.
        kind: String,
    },
    /// A cursor of another list.
    #[error(transparent)]
    Word(#[from] WordError),
    /// Writing or reading JSON, or the keys of personal fields.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The database.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl ProductError for JobError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::WrongState { .. } | Self::LeaseLost { .. } => ErrorKind::Conflict,
            Self::BadCron { .. } | Self::TooLarge { .. } => ErrorKind::Invalid,
            Self::OtherWorkspace { .. } => ErrorKind::Internal,
            Self::Word(error) => error.kind(),
            Self::Log(error) => error.kind(),
            Self::Sql(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "jobs.not_found",
            Self::WrongState { .. } => "jobs.wrong_state",
            Self::LeaseLost { .. } => "jobs.lease_lost",
            Self::BadCron { .. } => "jobs.bad_cron",
            Self::TooLarge { .. } => "jobs.too_large",
            Self::OtherWorkspace { .. } => "jobs.other_workspace",
            Self::Word(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::Sql(error) => error.code(),
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::NotFound { .. } => "`grayghost jobs list` shows the jobs of this workspace",
            Self::WrongState { .. } => "look at the job again, then decide",
            Self::BadCron { .. } => "write five fields like `30 4 * * 1-5`: minute, hour, day, month, weekday, in UTC",
            Self::TooLarge { .. } => "store it as an object and give the job its name",
            Self::LeaseLost { .. } | Self::OtherWorkspace { .. } => return None,
            Self::Word(error) => return error.remedy(),
            Self::Log(error) => return error.remedy(),
            Self::Sql(error) => return error.remedy(),
        };
        Some(text.to_owned())
    }
}

/// In a hook of [`eventlog::EventLog::change_with`]: a lost lease means that somebody else was faster. What remains are faults
/// of ours, for which the log has no words of its own.
impl From<JobError> for LogError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Log(error) => error,
            JobError::Sql(error) => error.into(),
            JobError::LeaseLost { .. } | JobError::WrongState { .. } => Self::Overtaken,
            error => Self::Projection { name: "jobs".to_owned(), position: 0, reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_lease_is_a_conflict_in_the_log_too() {
        let lost = || JobError::LeaseLost { id: JobId(uuid::Uuid::nil()), attempt: 2 };
        assert_eq!((lost().kind(), LogError::from(lost()).kind()), (ErrorKind::Conflict, ErrorKind::Conflict));
        let busy = LogError::from(JobError::Sql(SqlError::Busy));
        assert_eq!((busy.kind(), busy.code()), (ErrorKind::Conflict, "sql.busy"));
        let unique = LogError::from(JobError::Sql(SqlError::Unique));
        assert!(matches!(unique, LogError::Overtaken), "{unique:?}");
    }
}
