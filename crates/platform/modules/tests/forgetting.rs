//! An erasure leads to its jobs, in the process of whoever plays the roles.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

use eventlog::{KEY_MIGRATIONS, SqlKeyStore};
use futures::FutureExt;
use jobs::{Filter, State};
use kernel::{PageRequest, SubjectId, Timestamp};
use modules::Module;
use sql::{Scope, SqlError};
use testkit::{Place, TestApp, on_both};

on_both!(erasures_of_a_minute_share_their_jobs, a_late_erasure_has_jobs_of_its_own);

/// The server, whose jobs are those of forgetting.
async fn open(place: Place) -> TestApp {
    place.database.migrate(KEY_MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
    let keys = SqlKeyStore::new(place.database.clone());
    TestApp::start(place, &[Module::forgetting(keys, Vec::new())]).await
}

/// Nobody has heard of it yet.
async fn erase(app: &TestApp) {
    app.log.erase_subjects(&app.system(), &[SubjectId::new()]).await.expect("erased");
    app.seal().await;
}

async fn states(app: &TestApp) -> Vec<(String, State)> {
    let (all, first) = (Filter::default(), PageRequest::default());
    let jobs = app.jobs.list(app.workspace, &all, &first).await.expect("listed").items;
    let mut states: Vec<_> = jobs.into_iter().map(|job| (job.kind, job.state)).collect();
    states.sort_by_key(|(kind, state)| (kind.clone(), state.name()));
    states
}

fn both(states: &[State]) -> Vec<(String, State)> {
    let of_kind = |kind: &'static str| states.iter().map(move |state| (kind.to_owned(), *state));
    of_kind("eventlog.scrub_keys").chain(of_kind("eventlog.scrub_read_models")).collect()
}

async fn erasures_of_a_minute_share_their_jobs(place: Place) {
    let app = open(place).await;
    for _ in 0..2 {
        erase(&app).await;
        app.settle().await;
    }
    assert_eq!(states(&app).await, both(&[State::Queued]), "not before the minute is over");
    app.clock.advance_micros(60_000_000);
    app.settle().await;
    assert_eq!(states(&app).await, both(&[State::Succeeded]));
    erase(&app).await;
    app.settle().await;
    assert_eq!(states(&app).await.len(), 4, "a later erasure has jobs of its own");
}

/// The jobs of its minute are at work when it is heard of, and may be past what it is to forget.
async fn a_late_erasure_has_jobs_of_its_own(place: Place) {
    let app = open(place).await;
    erase(&app).await;
    app.settle().await;
    erase(&app).await;
    app.clock.advance_micros(60_000_000);
    let begin = [
        "INSERT INTO job_workers (id, started_at, leased_until) SELECT id, 0, 9000000000000000000 FROM jobs",
        "UPDATE jobs SET state = 'running', attempt = 1, worker = id",
    ];
    for statement in begin {
        let done: Result<u64, SqlError> =
            app.place.database.write(Scope::System, move |tx| tx.execute(statement, Vec::new()).boxed()).await;
        assert_eq!(done.expect("begun"), 2);
    }
    app.settle().await;
    assert_eq!(states(&app).await, both(&[State::Queued, State::Running]));
    app.clock.advance_micros(60_000_000);
    app.settle().await;
    assert_eq!(states(&app).await, both(&[State::Running, State::Succeeded]));
}
