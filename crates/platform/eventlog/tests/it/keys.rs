//! Keys in SQL, by the suite of their port.

use std::sync::Arc;

use crypto::{KeyStore, StoredSubjectKey, Wrapped};
use eventlog::{KEY_MIGRATIONS, SqlKeyStore};
use kernel::{SubjectId, Timestamp, WorkspaceId};
use sql::args;
use testkit::{Place, conformance, on_both};

on_both!(the_keys_conform, a_scrubbed_store_is_rewritten);

async fn the_keys_conform(place: Place) {
    place.database.migrate(KEY_MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
    let store: Arc<dyn KeyStore> = Arc::new(SqlKeyStore::new(place.database.clone()));
    conformance::keys(async || Arc::clone(&store)).await.expect("conforms");
}

/// The sealed key itself, which a stolen master key would open, is in no file after an erasure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_an_erased_key_is_left_in_the_files() {
    let place = testkit::sqlite().await;
    let store = prepared(&place).await;
    let (workspace, subject) = (WorkspaceId::new(), SubjectId::new());
    let key = key(subject);
    store.add_subject_keys(workspace, std::slice::from_ref(&key)).await.expect("kept");
    let file = place.settings.url.trim_start_matches("sqlite:").to_owned();
    let found = || {
        let files = ["", "-wal"].into_iter().filter_map(|end| std::fs::read(format!("{file}{end}")).ok());
        files.into_iter().any(|bytes| bytes.windows(key.wrapped.0.len()).any(|part| part == key.wrapped.0))
    };
    assert!(found(), "it is stored, or this test proves nothing");
    assert_eq!(store.erase(workspace, &[subject]).await.expect("erased"), 1);
    assert!(!found());
}

async fn a_scrubbed_store_is_rewritten(place: Place) {
    let store = prepared(&place).await;
    let (workspace, subjects): (_, Vec<SubjectId>) = (WorkspaceId::new(), (0..500).map(|_| SubjectId::new()).collect());
    let keys: Vec<StoredSubjectKey> = subjects.iter().map(|subject| key(*subject)).collect();
    store.add_subject_keys(workspace, &keys).await.expect("kept");
    store.erase(workspace, &subjects).await.expect("erased");
    let before = size(&place).await;
    store.scrub().await.expect("scrubbed");
    let after = size(&place).await;
    assert!(after < before || (before, after) == (0, 0), "{before} bytes became {after}");
}

/// Of the table on PostgreSQL; nothing on SQLite, where an erasure leaves nothing to scrub.
async fn size(place: &Place) -> u64 {
    if place.settings.url.starts_with("sqlite:") {
        return 0;
    }
    let rows = place.database.all("SELECT pg_relation_size('key_subjects')", args![]).await.expect("read");
    rows[0].count(0).expect("a size")
}

async fn prepared(place: &Place) -> SqlKeyStore {
    place.database.migrate(KEY_MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
    SqlKeyStore::new(place.database.clone())
}

fn key(subject: SubjectId) -> StoredSubjectKey {
    let wrapped = Wrapped([*subject.0.as_bytes(), *b"sixteen more of "].concat());
    StoredSubjectKey { subject, version: 1, wrapped_by: 1, wrapped }
}
