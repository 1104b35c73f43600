//! The shop floor of one worker: jobs that wait for a slot, jobs that run, and endings that wait to be written.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::Cancel;
use tokio::{sync::Notify, time::Instant};

use crate::{
    Context, JobId, Jobs,
    claim::Claimed,
    ending::{Ending, Lease, Outcome},
    lease::Held,
    report::Written,
};

/// Work that is fetched ahead of the slots, in time: enough to bridge a journey to the database.
const AHEAD: Duration = Duration::from_millis(50);
/// The same in jobs.
const MOST_AHEAD: usize = 512;
/// Endings that one transaction writes at most.
pub(crate) const MOST_ENDINGS: usize = 512;

#[derive(Default)]
pub(crate) struct Floor {
    state: Mutex<State>,
    /// Jobs came, or the slots are to close.
    pub(crate) came: Notify,
    /// An attempt has ended.
    pub(crate) ended: Notify,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) waiting: VecDeque<(Claimed, Cancel, Instant)>,
    pub(crate) running: HashMap<uuid::Uuid, Context>,
    pub(crate) endings: Vec<Ending>,
    /// The last words of attempts that have ended.
    reports: HashMap<JobId, Written>,
    /// Jobs of a kind that wait or run.
    pub(crate) of_kind: HashMap<String, u32>,
    pub(crate) closing: bool,
    mean: Option<Duration>,
}

impl Floor {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every step: nothing in between can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts jobs where the slots find them.
    pub(crate) fn bring(&self, jobs: &Jobs, claimed: Vec<Claimed>) {
        let now = Instant::now();
        {
            let (mut state, mut running) = (self.lock(), jobs.running());
            for job in claimed {
                let cancel = Cancel::default();
                running.insert(job.lease.id, cancel.clone());
                match state.of_kind.get_mut(&job.kind) {
                    Some(count) => *count += 1,
                    None => drop(state.of_kind.insert(job.kind.clone(), 1)),
                }
                state.waiting.push_back((job, cancel, now));
            }
        }
        self.came.notify_waiters();
    }

    /// The next job for a slot; `None` when there is none.
    pub(crate) fn begin(&self, jobs: &Jobs) -> Option<Context> {
        let mut state = self.lock();
        if state.closing {
            return None;
        }
        let (job, cancel, _) = state.waiting.pop_front()?;
        let context = Context::new(jobs.clone(), job, cancel);
        state.running.insert(context.job().0, context.clone());
        Some(context)
    }

    /// An attempt is over.
    pub(crate) fn end(&self, jobs: &Jobs, context: &Context, (ending, took): (Ending, Duration)) {
        let mut state = self.lock();
        // A stop may have given it back already.
        if state.running.remove(&context.job().0).is_none() {
            return;
        }
        jobs.running().remove(&context.job());
        state.leave(&context.claimed().kind);
        if let Some(report) = context.take_report() {
            state.reports.insert(context.job(), report);
        }
        state.endings.push(ending);
        // A mean of about the last eight.
        state.mean = Some(state.mean.map_or(took, |mean| (mean * 7 + took) / 8));
        drop(state);
        self.ended.notify_one();
    }

    /// Endings to be written, reports where they are due, and the room for more jobs.
    pub(crate) fn take(&self, report: bool, slots: usize) -> (Vec<Ending>, Vec<Written>, usize) {
        let mut state = self.lock();
        let most = state.endings.len().min(MOST_ENDINGS);
        let endings = state.endings.drain(..most).collect();
        let mut reports = std::mem::take(&mut state.reports);
        if report {
            let said = state.running.values().filter_map(|context| Some((context.job(), context.take_report()?)));
            reports.extend(said);
        }
        (endings, reports.into_values().collect(), state.room(slots))
    }

    /// What could not be written is tried again.
    pub(crate) fn put_back(&self, reports: &[Written], endings: &[Ending]) {
        let mut state = self.lock();
        for report in reports {
            // What was said since says all of it again.
            state.reports.entry(report.job()).or_insert_with(|| report.clone());
        }
        state.endings.extend_from_slice(endings);
    }

    /// Tells jobs that are to end, and those that are no longer this worker's.
    pub(crate) fn compare(&self, held: &[Held]) {
        let held: HashMap<Lease, bool> = held.iter().map(|held| (held.lease, held.cancelling)).collect();
        let state = self.lock();
        let running = state.running.values().map(|context| (context.claimed().lease, context.cancel()));
        let waiting = state.waiting.iter().map(|(job, cancel, _)| (job.lease, cancel));
        for (lease, cancel) in running.chain(waiting) {
            if held.get(&lease).is_none_or(|cancelling| *cancelling) {
                cancel.cancel();
            }
        }
    }

    /// Jobs that have waited here for too long are for others to do.
    pub(crate) fn return_stale(&self, jobs: &Jobs, longest: Duration) {
        self.give_back(jobs, |came| came.elapsed() >= longest);
    }

    pub(crate) fn close(&self, jobs: &Jobs) {
        self.lock().closing = true;
        self.came.notify_waiters();
        self.give_back(jobs, |_| true);
    }

    fn give_back(&self, jobs: &Jobs, which: impl Fn(&Instant) -> bool) {
        let (mut state, now) = (self.lock(), jobs.now());
        let (back, stay): (Vec<_>, Vec<_>) = state.waiting.drain(..).partition(|(_, _, came)| which(came));
        state.waiting.extend(stay);
        for (job, ..) in back {
            jobs.running().remove(&job.lease.id);
            state.leave(&job.kind);
            state.endings.push(Ending {
                lease: job.lease,
                batch: job.batch,
                outcome: Outcome::GivenBack { run_at: job.run_at.min(now) },
            });
        }
    }

    pub(crate) fn is_busy(&self) -> bool {
        let state = self.lock();
        !state.running.is_empty() || !state.endings.is_empty()
    }

    /// Jobs that were cut off go back too.
    pub(crate) fn give_up(&self, jobs: &Jobs) {
        let (mut state, now) = (self.lock(), jobs.now());
        for (_, context) in std::mem::take(&mut state.running) {
            let (lease, batch) = (context.claimed().lease, context.claimed().batch);
            jobs.running().remove(&lease.id);
            state.endings.push(Ending { lease, batch, outcome: Outcome::GivenBack { run_at: now } });
        }
    }
}

impl State {
    pub(crate) fn leave(&mut self, kind: &str) {
        if let Some(count) = self.of_kind.get_mut(kind) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many more jobs there is room for: free slots, and quick jobs ahead of them.
    pub(crate) fn room(&self, slots: usize) -> usize {
        let ahead = match self.mean {
            Some(mean) => {
                let each = AHEAD.as_nanos() / mean.as_nanos().max(1);
                usize::try_from(each).unwrap_or(MOST_AHEAD).saturating_mul(slots).min(MOST_AHEAD)
            }
            None => 0,
        };
        let room = (slots + ahead).saturating_sub(self.running.len() + self.waiting.len());
        // A full journey for a few jobs is not worth it while others wait here.
        if self.waiting.len() > ahead / 2 { 0 } else { room }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_jobs_are_fetched_ahead_and_slow_ones_are_not() {
        for (mean, expected) in
            [(None, 4), (Some(5), 4 + 512), (Some(50_000), 8), (Some(10_000), 24), (Some(60_000_000), 4)]
        {
            let state = State { mean: mean.map(Duration::from_micros), ..State::default() };
            assert_eq!(state.room(4), expected, "{mean:?}");
        }
    }
}
