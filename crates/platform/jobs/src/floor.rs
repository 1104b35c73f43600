//! The shop floor of one worker: jobs that wait for a slot, jobs that run, and endings that wait to be written.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kernel::Cancel;
use tokio::{sync::Notify, time::Instant};

use crate::{
    Context, Jobs,
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
    /// By attempt, not by job: one that has lost its lease may still be at work when its job comes here again.
    pub(crate) running: HashMap<Lease, Context>,
    pub(crate) endings: Vec<Ending>,
    /// The last words of attempts that have ended.
    reports: HashMap<Lease, Written>,
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
                running.insert(job.lease, cancel.clone());
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
        state.running.insert(context.claimed().lease, context.clone());
        Some(context)
    }

    /// An attempt is over.
    pub(crate) fn end(&self, jobs: &Jobs, context: &Context, (ending, took): (Ending, Duration)) {
        let (mut state, lease) = (self.lock(), context.claimed().lease);
        // A stop may have given it back already.
        if state.running.remove(&lease).is_none() {
            return;
        }
        jobs.running().remove(&lease);
        state.leave(&context.claimed().kind);
        if let Some(report) = context.take_report() {
            state.reports.insert(lease, report);
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
            let said = state.running.iter().filter_map(|(lease, context)| Some((*lease, context.take_report()?)));
            reports.extend(said);
        }
        (endings, reports.into_values().collect(), state.room(slots))
    }

    /// What could not be written is tried again.
    pub(crate) fn put_back(&self, reports: &[Written], endings: &[Ending]) {
        let mut state = self.lock();
        for report in reports {
            // What was said since says all of it again.
            state.reports.entry(report.lease()).or_insert_with(|| report.clone());
        }
        state.endings.extend_from_slice(endings);
    }

    /// Tells jobs that are to end, and those that are no longer this worker's; and gives back those that never came here: their
    /// claim was stored and its answer lost, and nobody else takes them up while this worker lives.
    ///
    /// `held` is what the database had when nothing was on its way from there to here or back: the worker asks for it, claims and
    /// writes endings in turn.
    pub(crate) fn compare(&self, jobs: &Jobs, held: &[Held]) {
        let mut astray: HashMap<Lease, &Held> = held.iter().map(|held| (held.lease, held)).collect();
        let (mut state, now) = (self.lock(), jobs.now());
        let running = state.running.iter().map(|(lease, context)| (*lease, context.cancel()));
        let waiting = state.waiting.iter().map(|(job, cancel, _)| (job.lease, cancel));
        for (lease, cancel) in running.chain(waiting) {
            if astray.remove(&lease).is_none_or(|held| held.cancelling) {
                cancel.cancel();
            }
        }
        for ending in &state.endings {
            astray.remove(&ending.lease);
        }
        state.endings.extend(astray.into_values().map(|held| Ending {
            lease: held.lease,
            batch: held.batch,
            outcome: Outcome::GivenBack { run_at: held.run_at.min(now) },
        }));
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
            jobs.running().remove(&job.lease);
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
        for (lease, context) in std::mem::take(&mut state.running) {
            let batch = context.claimed().batch;
            jobs.running().remove(&lease);
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
    use std::sync::Arc;

    use crypto::{KeyRing, Limits, MasterKeys, MemoryKeyStore};
    use eventlog::{Cause, EventLog};
    use kernel::{ManualClock, SeededChance, Source, SystemChance, Timestamp, WorkspaceId};

    use super::*;
    use crate::{JobId, Priority};

    const NOW: Timestamp = Timestamp(1_772_193_600_000_000);

    /// The floor asks its queue for the time and nothing else.
    async fn queue() -> Jobs {
        let source = Source { clock: Arc::new(ManualClock::at(NOW)), chance: Arc::new(SystemChance) };
        let master = MasterKeys::random(&SeededChance::new(1));
        let keys = KeyRing::new(Arc::new(MemoryKeyStore::default()), master, source.clone(), Limits::default());
        Jobs::new(EventLog::new(testkit::memory().await.database, keys, source, vec![]))
    }

    fn job(workspace: WorkspaceId, id: JobId, token: u64) -> Claimed {
        Claimed {
            lease: Lease { workspace, id, token },
            kind: "test.do_thing".to_owned(),
            args: b"1".to_vec(),
            attempt: token,
            max_attempts: None,
            priority: Priority::default(),
            run_at: Timestamp(NOW.0 - 1),
            batch: None,
            cause: Cause::default(),
            checkpoint: None,
            log: Vec::new(),
        }
    }

    fn held(job: &Claimed) -> Held {
        Held { lease: job.lease, cancelling: false, batch: job.batch, run_at: job.run_at }
    }

    fn ends(context: &Context) -> (Ending, Duration) {
        let lease = context.claimed().lease;
        (Ending { lease, batch: None, outcome: Outcome::Cancelled }, Duration::from_millis(1))
    }

    fn leases(endings: &[Ending]) -> Vec<Lease> {
        endings.iter().map(|ending| ending.lease).collect()
    }

    #[tokio::test]
    async fn attempts_of_one_id_end_each_for_itself() {
        let (jobs, floor) = (queue().await, Floor::default());
        let (mine, other, id) = (WorkspaceId::new(), WorkspaceId::new(), JobId::new());
        let all = [job(mine, id, 1), job(mine, id, 2), job(other, id, 1)];
        floor.bring(&jobs, all.to_vec());
        let contexts: Vec<Context> = all.iter().map(|_| floor.begin(&jobs).unwrap()).collect();
        assert_eq!(jobs.running().len(), 3);
        for context in &contexts {
            context.log("a word");
            floor.end(&jobs, context, ends(context));
        }
        let (endings, reports, _) = floor.take(false, 4);
        assert_eq!(leases(&endings), all.each_ref().map(|job| job.lease));
        assert_eq!(reports.len(), 3);
        floor.put_back(&reports, &endings);
        assert_eq!(floor.take(false, 4).1.len(), 3, "put back, each is there");
        assert!(jobs.running().is_empty());
        assert_eq!(floor.lock().of_kind["test.do_thing"], 0);
    }

    #[tokio::test]
    async fn what_is_held_and_not_here_is_given_back_once() {
        let (jobs, floor, workspace) = (queue().await, Floor::default(), WorkspaceId::new());
        let all = [1, 2, 3, 4].map(|token| job(workspace, JobId::new(), token));
        let (ended, runs, waits, astray) = (&all[0], &all[1], &all[2], &all[3]);
        floor.bring(&jobs, vec![ended.clone(), runs.clone(), waits.clone()]);
        let (first, second) = (floor.begin(&jobs).unwrap(), floor.begin(&jobs).unwrap());
        floor.end(&jobs, &first, ends(&first));
        floor.compare(&jobs, &all.each_ref().map(held));
        assert!(!second.is_cancelled());
        // Not again while it is still to be written.
        floor.compare(&jobs, &all.each_ref().map(held));
        let (endings, ..) = floor.take(false, 4);
        assert_eq!(leases(&endings), [ended.lease, astray.lease]);
        assert_eq!(endings[1].outcome, Outcome::GivenBack { run_at: astray.run_at });
        // Written down, it is held no more, and what is not held is told.
        floor.compare(&jobs, &[held(waits)]);
        assert!(second.is_cancelled() && floor.take(false, 4).0.is_empty());
    }

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
