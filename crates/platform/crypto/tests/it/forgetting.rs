//! Erasing a subject.

use futures::executor::block_on;
use kernel::{Personal, ProductError, SubjectId};

use crate::{
    faults::Faulty,
    setting::{EXPIRY, Setting, read, write},
};

#[test]
fn an_erased_value_is_gone_at_once_here_and_elsewhere_before_its_time_is_up() {
    let setting = Setting::new();
    let (here, there, told) = (setting.ring(), setting.ring(), setting.ring());
    let (workspace, subject) = (setting.workspace, SubjectId::new());
    block_on(async {
        let text = write(&here, workspace, &Personal::of(subject, "a".into())).await.unwrap();
        setting.clock.advance_micros(EXPIRY / 2);
        for ring in [&there, &told] {
            assert_eq!(read(ring, workspace, &text).await.unwrap().as_deref(), Some("a"));
        }
        assert_eq!(here.erase(workspace, &[subject, subject]).await.unwrap(), 1);
        assert_eq!(here.erase(workspace, &[subject]).await.unwrap(), 0);
        told.forget(workspace, &[subject]);
        assert_eq!(read(&here, workspace, &text).await.unwrap(), None);
        assert_eq!(read(&told, workspace, &text).await.unwrap(), None);
        setting.clock.advance_micros(EXPIRY - 1);
        assert_eq!(read(&there, workspace, &text).await.unwrap().as_deref(), Some("a"), "still remembered");
        setting.clock.advance_micros(1);
        assert_eq!(read(&there, workspace, &text).await.unwrap(), None);
    });
}

#[test]
fn the_sealed_bytes_outlive_the_key_unchanged() {
    let setting = Setting::new();
    let (ring, workspace, subject) = (setting.ring(), setting.workspace, SubjectId::new());
    block_on(async {
        let text = write(&ring, workspace, &Personal::of(subject, "a".into())).await.unwrap();
        ring.erase(workspace, &[subject]).await.unwrap();
        let gone: Personal<String> = ring.reading(workspace, || serde_json::from_str(&text).unwrap()).await.unwrap();
        assert_eq!((gone.open(), gone.subject()), (None, subject));
        assert_eq!(write(&ring, workspace, &gone).await.unwrap(), text);
    });
}

#[test]
fn nothing_new_is_sealed_for_an_erased_subject_known_before_or_not() {
    let setting = Setting::new();
    let (ring, workspace) = (setting.ring(), setting.workspace);
    let (known, unknown) = (SubjectId::new(), SubjectId::new());
    block_on(async {
        ring.ensure(workspace, &[known]).await.unwrap();
        assert_eq!(ring.erase(workspace, &[known, unknown]).await.unwrap(), 2);
        for subject in [known, unknown] {
            let keys = ring.ensure(workspace, &[subject]).await.unwrap();
            assert!(keys.is_erased(subject));
            let error = write(&ring, workspace, &Personal::of(subject, "a".into())).await.unwrap_err();
            assert_eq!(error.code(), "crypto.subject_erased");
        }
    });
}

#[test]
fn a_key_that_was_on_its_way_while_it_was_erased_is_not_remembered() {
    let store = Faulty::new();
    let setting = Setting::on(store.clone());
    let (ring, workspace, subject) = (setting.ring(), setting.workspace, SubjectId::new());
    block_on(async {
        let text = write(&setting.ring(), workspace, &Personal::of(subject, "a".into())).await.unwrap();
        let other = ring.clone();
        *store.meanwhile.lock().unwrap() = Some(Box::pin(async move {
            other.erase(workspace, &[subject]).await.unwrap();
        }));
        ring.load(workspace, &[subject]).await.unwrap();
        assert_eq!(read(&ring, workspace, &text).await.unwrap(), None);
    });
}

#[test]
fn a_key_is_remembered_from_when_it_was_asked_for_and_not_from_when_it_came() {
    let store = Faulty::new();
    let setting = Setting::on(store.clone());
    let (ring, workspace, subject) = (setting.ring(), setting.workspace, SubjectId::new());
    block_on(async {
        let text = write(&setting.ring(), workspace, &Personal::of(subject, "a".into())).await.unwrap();
        let (clock, elsewhere) = (setting.clock.clone(), setting.ring());
        *store.meanwhile.lock().unwrap() = Some(Box::pin(async move {
            elsewhere.erase(workspace, &[subject]).await.unwrap();
            clock.advance_micros(EXPIRY / 2);
        }));
        assert_eq!(read(&ring, workspace, &text).await.unwrap().as_deref(), Some("a"));
        setting.clock.advance_micros(EXPIRY / 2);
        assert_eq!(read(&ring, workspace, &text).await.unwrap(), None);
    });
}

#[test]
fn an_erasure_that_may_have_failed_is_taken_as_done_until_the_store_is_asked() {
    let store = Faulty::new();
    let setting = Setting::on(store.clone());
    let (ring, workspace, subject) = (setting.ring(), setting.workspace, SubjectId::new());
    block_on(async {
        let text = write(&ring, workspace, &Personal::of(subject, "a".into())).await.unwrap();
        store.fail_after(0);
        assert_eq!(ring.erase(workspace, &[subject]).await.unwrap_err().code(), "crypto.store");
        assert_eq!(read(&ring, workspace, &text).await.unwrap_err().code(), "crypto.store");
        store.fail_after(-1);
        assert_eq!(read(&ring, workspace, &text).await.unwrap().as_deref(), Some("a"));
    });
}
