//! An erasure leads to its jobs, in the process of whoever plays the roles.

#![expect(clippy::expect_used, reason = "a test stops where its ground gives way")]

use eventlog::{KEY_MIGRATIONS, SqlKeyStore};
use jobs::{Filter, State};
use kernel::{PageRequest, SubjectId, Timestamp};
use modules::Module;
use testkit::{Place, TestApp, on_both};

on_both!(erasures_of_a_minute_share_their_jobs);

async fn erasures_of_a_minute_share_their_jobs(place: Place) {
    place.database.migrate(KEY_MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
    let keys = SqlKeyStore::new(place.database.clone());
    let app = TestApp::start(place, &[Module::forgetting(keys, Vec::new())]).await;
    let erase = async || {
        app.log.erase_subjects(&app.system(), &[SubjectId::new()]).await.expect("erased");
        // Transactions of other databases of the server hold sealing back.
        while app.log.pending().await.expect("answers") > 0 {
            app.log.seal_all().await.expect("sealed");
        }
        app.settle().await;
    };
    let states = async || {
        let (all, first) = (Filter::default(), PageRequest::default());
        let jobs = app.jobs.list(app.workspace, &all, &first).await.expect("listed").items;
        let mut states: Vec<_> = jobs.into_iter().map(|job| (job.kind, job.state)).collect();
        states.sort_by_key(|(kind, state)| (kind.clone(), state.name()));
        states
    };
    erase().await;
    erase().await;
    let both = |state| [("eventlog.scrub_keys".to_owned(), state), ("eventlog.scrub_read_models".to_owned(), state)];
    assert_eq!(states().await, both(State::Queued), "not before the minute is over");
    app.clock.advance_micros(60_000_000);
    app.settle().await;
    assert_eq!(states().await, both(State::Succeeded));
    erase().await;
    assert_eq!(states().await.len(), 4, "a later erasure has jobs of its own");
}
