//! What running jobs say of themselves, written for many jobs at once.

use kernel::{Timestamp, WorkspaceId};
use serde::Serialize;
use sql::{Scope, Sql, Tx, args};

use crate::{
    JobError, JobId,
    ending::{Lease, json},
};

/// Lines of a job's log that are kept: the last ones.
pub const LOG_LINES: usize = 100;
/// Longest line, in characters.
const LINE_CHARS: usize = 500;

/// What a job has said in this attempt.
#[derive(Debug, Default)]
pub(crate) struct Report {
    progress: Option<Counted>,
    log: Vec<String>,
    /// There is something that is not written yet.
    fresh: bool,
}

#[derive(Debug, Clone)]
struct Counted {
    done: u64,
    total: Option<u64>,
    unit: String,
    at: Timestamp,
    /// The first count of this attempt: what was done before it says nothing of its speed.
    first: (u64, Timestamp),
}

/// A report as the statement reads it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Written {
    w: uuid::fmt::Simple,
    i: uuid::fmt::Simple,
    a: u64,
    n: Option<i64>,
    t: Option<i64>,
    u: Option<String>,
    r: Option<f64>,
    p: Option<i64>,
    l: Option<String>,
}

impl Report {
    pub(crate) fn of(log: Vec<String>) -> Self {
        Self { progress: None, log, fresh: false }
    }

    pub(crate) fn count(&mut self, (done, total): (u64, Option<u64>), unit: &str, at: Timestamp) {
        let first = self.progress.as_ref().map_or((done, at), |before| before.first);
        self.progress = Some(Counted { done, total, unit: unit.replace('\0', ""), at, first });
        self.fresh = true;
    }

    pub(crate) fn say(&mut self, line: &str) {
        if self.log.len() >= LOG_LINES {
            self.log.drain(..=self.log.len() - LOG_LINES);
        }
        self.log.push(line.chars().take(LINE_CHARS).collect());
        self.fresh = true;
    }

    /// What is to be written; `None` when nothing is new.
    pub(crate) fn take(&mut self, lease: Lease) -> Option<Written> {
        if !std::mem::take(&mut self.fresh) {
            return None;
        }
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counted = self.progress.as_ref();
        Some(Written {
            w: lease.workspace.0.simple(),
            i: lease.id.0.simple(),
            a: lease.token,
            n: counted.map(|counted| signed(counted.done)),
            t: counted.and_then(|counted| counted.total).map(signed),
            u: counted.map(|counted| counted.unit.clone()),
            r: counted.and_then(Counted::rate),
            p: counted.map(|counted| counted.at.0),
            l: (!self.log.is_empty()).then(|| json(&self.log)),
        })
    }
}

impl Counted {
    /// Units a second since the first count.
    fn rate(&self) -> Option<f64> {
        let micros = self.at.0 - self.first.1.0;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let rate = || self.done.saturating_sub(self.first.0) as f64 * 1e6 / micros as f64;
        (micros > 0).then(rate)
    }
}

impl Written {
    /// The attempt that has said it.
    pub(crate) fn lease(&self) -> Lease {
        Lease { workspace: WorkspaceId(self.w.into_uuid()), id: JobId(self.i.into_uuid()), token: self.a }
    }
}

macro_rules! write_down {
    ($from:literal) => {
        concat!(
            "UPDATE jobs SET done = coalesce(d.n, done), total = coalesce(d.t, total), unit = coalesce(d.u, unit),
                rate = coalesce(d.r, rate), progress_at = coalesce(d.p, progress_at), log = coalesce(d.l, log) FROM ",
            $from,
            " WHERE jobs.workspace_id = d.w AND jobs.id = d.i AND jobs.attempt = d.a AND jobs.worker IS NOT NULL"
        )
    };
}
const WRITE_DOWN: Sql = Sql::pair(
    write_down!(
        "(SELECT unhex(value ->> 'w') AS w, unhex(value ->> 'i') AS i, value ->> 'a' AS a, value ->> 'n' AS n, value ->> 't' AS t,
            value ->> 'u' AS u, value ->> 'r' AS r, value ->> 'p' AS p, value ->> 'l' AS l FROM json_each($1)) AS d"
    ),
    write_down!(
        "json_to_recordset($1::json)
            AS d(w uuid, i uuid, a bigint, n bigint, t bigint, u text, r double precision, p bigint, l text)"
    ),
);

/// Writes reports of attempts that are still leased; the others are passed over.
pub(crate) async fn report_in(tx: &mut Tx, reports: &[Written]) -> Result<(), JobError> {
    if !reports.is_empty() {
        let before = tx.enter(Scope::System);
        tx.execute(&WRITE_DOWN, args![json(&reports)]).await?;
        tx.enter(before);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Lease {
        Lease { workspace: WorkspaceId::new(), id: JobId::new(), token: 1 }
    }

    #[test]
    fn a_report_is_written_once() {
        let mut report = Report::default();
        assert!(report.take(lease()).is_none());
        report.count((1, None), "rows", Timestamp(5));
        assert_eq!(report.take(lease()).unwrap().n, Some(1));
        assert!(report.take(lease()).is_none());
    }

    #[test]
    fn speed_is_measured_within_the_attempt() {
        let mut report = Report::default();
        report.count((1_000, Some(2_000)), "rows", Timestamp(1_000_000));
        assert_eq!(report.take(lease()).unwrap().r, None);
        report.count((1_500, Some(2_000)), "rows", Timestamp(3_000_000));
        assert_eq!(report.take(lease()).unwrap().r, Some(250.0));
    }

    #[test]
    fn the_last_lines_are_kept_and_long_ones_cut() {
        let mut report = Report::of((0..LOG_LINES).map(|number| number.to_string()).collect());
        report.say(&"é".repeat(600));
        assert_eq!((report.log.len(), report.log[0].as_str()), (LOG_LINES, "1"));
        assert_eq!(report.log[LOG_LINES - 1], "é".repeat(500));
    }
}
