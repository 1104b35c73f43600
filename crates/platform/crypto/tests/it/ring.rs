//! Making, finding and remembering keys.

use std::sync::{Arc, atomic::Ordering};

use crypto::{KeyStore, MemoryKeyStore, StoredSubjectKey, SubjectRow, Wrapped};
use futures::executor::block_on;
use kernel::{Personal, ProductError, SubjectId, WorkspaceId, seal};

use crate::{
    faults::Faulty,
    setting::{Setting, read, subjects, write},
};

#[test]
fn what_one_process_writes_another_reads_and_no_other_workspace_does() {
    let setting = Setting::new();
    let value = Personal::of(SubjectId::new(), "jo@example.com".to_owned());
    block_on(async {
        let text = write(&setting.ring(), setting.workspace, &value).await.unwrap();
        assert!(!text.contains("jo@"));
        assert_eq!(read(&setting.ring(), setting.workspace, &text).await.unwrap().as_ref(), value.open());

        let elsewhere = WorkspaceId::new();
        let unknown = read(&setting.ring(), elsewhere, &text).await.unwrap_err();
        assert_eq!(unknown.code(), "crypto.key_lost");
        setting.ring().ensure(elsewhere, &[value.subject()]).await.unwrap();
        let moved = read(&setting.ring(), elsewhere, &text).await.unwrap_err();
        assert_eq!(moved.code(), "crypto.field_damaged");
    });
}

#[test]
fn an_envelope_that_names_another_subject_or_version_does_not_open() {
    let setting = Setting::new();
    let (ring, subjects) = (setting.ring(), subjects(2));
    block_on(async {
        ring.ensure(setting.workspace, &subjects).await.unwrap();
        let text = write(&ring, setting.workspace, &Personal::of(subjects[0], "a".into())).await.unwrap();
        let forged = [
            text.replace(&subjects[0].to_string(), &subjects[1].to_string()),
            text.replace(r#""k":1"#, r#""k":2"#),
            text.replace(r#""k":1"#, r#""k":0"#),
        ];
        for forged in forged {
            assert_ne!(forged, text);
            let error = read(&ring, setting.workspace, &forged).await.unwrap_err();
            assert_eq!(error.code(), "crypto.field_damaged", "{forged}");
        }
    });
}

#[test]
fn it_is_said_of_whom_something_was_sealed() {
    let setting = Setting::new();
    let (ring, subjects) = (setting.ring(), subjects(2));
    let mut values: Vec<_> = subjects.iter().map(|subject| Personal::of(*subject, "a".to_owned())).collect();
    block_on(async {
        // The second time with keys that are remembered.
        for _ in 0..2 {
            let work = || serde_json::to_vec(&values).unwrap();
            let (_, sealed) = ring.writing_of(setting.workspace, work).await.unwrap();
            assert!(sealed.iter().eq(&subjects), "{sealed:?}");
        }
        values.clear();
        let work = || serde_json::to_vec(&values).unwrap();
        assert!(ring.writing_of(setting.workspace, work).await.unwrap().1.is_empty());
    });
}

#[test]
fn two_processes_that_start_at_once_make_one_key() {
    let setting = Setting::new();
    let (rings, subjects) = ([setting.ring(), setting.ring()], subjects(20));
    block_on(async {
        let made = rings.each_ref().map(|ring| ring.ensure(setting.workspace, &subjects));
        futures::future::try_join_all(made).await.unwrap();
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| block_on(setting.ring().ensure(WorkspaceId(setting.workspace.0), &subjects)).unwrap());
        }
    });
    block_on(async {
        for (subject, [writer, reader]) in subjects.iter().zip([&rings, &rings].into_iter().cycle()) {
            let value = Personal::of(*subject, "a".to_owned());
            let text = write(writer, setting.workspace, &value).await.unwrap();
            assert_eq!(read(reader, setting.workspace, &text).await.unwrap().as_deref(), Some("a"));
        }
        assert_eq!(setting.store.workspace_keys(setting.workspace).await.unwrap().len(), 1);
    });
}

#[test]
fn what_is_remembered_asks_the_store_nothing_until_it_expires() {
    let store = Faulty::new();
    let setting = Setting::on(store.clone());
    let (ring, subjects) = (setting.ring(), subjects(7));
    let calls = || store.calls.swap(0, Ordering::Relaxed);
    block_on(async {
        ring.ensure(setting.workspace, &subjects).await.unwrap();
        // Seven subjects in batches of three: three questions, two for the first workspace key and its making, one to
        // read it back, three batches of new keys.
        assert_eq!(calls(), 3 + 3 + 3);
        ring.ensure(setting.workspace, &subjects).await.unwrap();
        write(&ring, setting.workspace, &Personal::of(subjects[0], "a".into())).await.unwrap();
        assert_eq!(calls(), 0);
        setting.expire();
        ring.load(setting.workspace, &subjects).await.unwrap();
        assert_eq!(calls(), 3 + 1);
    });
}

#[test]
fn a_subject_that_is_named_twice_gets_one_key_and_an_unknown_one_is_lost() {
    let setting = Setting::new();
    let (ring, subject) = (setting.ring(), SubjectId::new());
    block_on(async {
        let error = ring.load(setting.workspace, &[subject]).await.unwrap_err();
        assert_eq!(error.code(), "crypto.key_lost");
        assert!(error.to_string().contains(&subject.to_string()), "{error}");
        ring.ensure(setting.workspace, &[subject, subject]).await.unwrap();
        ring.load(setting.workspace, &[subject, subject]).await.unwrap();
    });
}

#[test]
fn values_within_values_are_sealed_and_opened() {
    let setting = Setting::new();
    let (outer, inner) = (SubjectId::new(), SubjectId::new());
    let value = Personal::of(outer, Personal::of(inner, 5));
    block_on(async {
        let ring = setting.ring();
        let text = ring.writing(setting.workspace, || serde_json::to_string(&value).unwrap_or_default()).await.unwrap();
        let reader = setting.ring();
        let read = reader.reading(setting.workspace, || serde_json::from_str::<Personal<Personal<i32>>>(&text));
        assert_eq!(read.await.unwrap().unwrap(), value);
    });
}

#[test]
fn a_sealer_with_too_few_keys_names_the_missing() {
    let setting = Setting::new();
    let subjects = subjects(3);
    let values: Vec<_> = subjects.iter().map(|subject| Personal::of(*subject, 5)).collect();
    let ring = setting.ring();
    let keys = block_on(setting.ring().ensure(setting.workspace, &subjects[1..2])).unwrap();
    let missing = seal::within(&ring.sealer(&keys), || serde_json::to_string(&values));
    assert!(matches!(missing, Err(seal::SealError::Missing(missing)) if missing == [subjects[0], subjects[2]]));
}

#[test]
fn a_damaged_or_missing_key_is_an_error_and_not_an_erasure() {
    let setting = Setting::new();
    let subjects = subjects(2);
    let [subject, other] = [subjects[0], subjects[1]];
    block_on(async {
        setting.ring().ensure(setting.workspace, &subjects).await.unwrap();
        let rows = setting.store.subject_keys(setting.workspace, &subjects).await.unwrap();
        let key = |at: usize| match &rows[at] {
            SubjectRow::Key(key) => key.clone(),
            SubjectRow::Erased(_) => panic!("nothing was erased"),
        };
        let mut flipped = key(0);
        flipped.wrapped.0[20] ^= 1;
        let forged = [
            (flipped, "crypto.key_damaged"),
            (StoredSubjectKey { wrapped: key(1).wrapped, ..key(0) }, "crypto.key_damaged"),
            (StoredSubjectKey { version: 2, ..key(0) }, "crypto.key_damaged"),
            (StoredSubjectKey { wrapped: Wrapped(Vec::new()), ..key(0) }, "crypto.key_damaged"),
            (StoredSubjectKey { wrapped_by: 2, ..key(0) }, "crypto.key_lost"),
        ];
        for (forged, code) in forged {
            let copy = Arc::new(MemoryKeyStore::default());
            let workspace_key = setting.store.workspace_keys(setting.workspace).await.unwrap().remove(0);
            copy.add_workspace_key(&workspace_key).await.unwrap();
            copy.add_subject_keys(setting.workspace, &[forged, key(1)]).await.unwrap();
            let reader = setting.ring_on(copy);
            assert_eq!(reader.load(setting.workspace, &[subject]).await.unwrap_err().code(), code);
            reader.load(setting.workspace, &[other]).await.unwrap();
        }
    });
}

#[test]
fn a_workspace_that_lost_its_first_key_is_an_error_and_its_look_ups_do_not_change() {
    let setting = Setting::new();
    block_on(async {
        setting.ring().rotate_workspace_key(setting.workspace).await.unwrap();
        let second = setting.store.workspace_keys(setting.workspace).await.unwrap().remove(1);
        let copy = Arc::new(MemoryKeyStore::default());
        copy.add_workspace_key(&second).await.unwrap();
        let error = setting.ring_on(copy).hmac(setting.workspace, "a", b"a").await.unwrap_err();
        assert_eq!(error.code(), "crypto.key_lost");
        assert!(error.to_string().contains("key 1 of"), "{error}");
    });
}

#[test]
fn look_ups_are_equal_within_a_workspace_and_purpose_and_only_there() {
    let setting = Setting::new();
    block_on(async {
        let (ring, mine, elsewhere) = (setting.ring(), setting.workspace, WorkspaceId::new());
        let tag = ring.hmac(mine, "profiles.email", b"jo@example.com").await.unwrap();
        let others = [
            ring.hmac(mine, "profiles.phone", b"jo@example.com").await.unwrap(),
            ring.hmac(elsewhere, "profiles.email", b"jo@example.com").await.unwrap(),
            ring.hmac(mine, "profiles.email", b"jo@example.org").await.unwrap(),
        ];
        assert!(!others.contains(&tag));
        ring.rotate_workspace_key(mine).await.unwrap();
        for ring in [ring, setting.ring()] {
            assert_eq!(ring.lookup_key(mine, "profiles.email").await.unwrap().tag(b"jo@example.com"), tag);
        }
    });
}
