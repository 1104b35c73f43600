//! Rotation of workspace and master keys while others read and write.

use crypto::{KeyRing, Rotated, SubjectRow};
use futures::executor::block_on;
use kernel::{Personal, ProductError, SubjectId, WorkspaceId};

use crate::{
    faults::Faulty,
    setting::{Setting, read, subjects, write},
};

/// Every value is read by every ring.
async fn all_read(rings: &[&KeyRing], workspace: WorkspaceId, texts: &[String]) {
    for (number, ring) in rings.iter().enumerate() {
        for text in texts {
            assert_eq!(read(ring, workspace, text).await.expect("a value").as_deref(), Some("a"), "ring {number}");
        }
    }
}

async fn written(ring: &KeyRing, workspace: WorkspaceId, subjects: &[SubjectId]) -> Vec<String> {
    let mut texts = Vec::new();
    for subject in subjects {
        texts.push(write(ring, workspace, &Personal::of(*subject, "a".into())).await.expect("JSON"));
    }
    texts
}

async fn wrapped_by(setting: &Setting, subjects: &[SubjectId]) -> Vec<u32> {
    let mut versions = Vec::new();
    for row in setting.store.subject_keys(setting.workspace, subjects).await.expect("rows") {
        versions.extend(match row {
            SubjectRow::Key(key) => Some(key.wrapped_by),
            SubjectRow::Erased(_) => None,
        });
    }
    versions
}

#[test]
fn a_workspace_key_is_rotated_in_batches_and_readers_elsewhere_follow() {
    let setting = Setting::new();
    let (here, there, subjects) = (setting.ring(), setting.ring(), subjects(8));
    block_on(async {
        let mut texts = written(&here, setting.workspace, &subjects).await;
        all_read(&[&there], setting.workspace, &texts[..1]).await;
        here.erase(setting.workspace, &subjects[7..]).await.unwrap();
        texts.pop();

        let rotated = here.rotate_workspace_key(setting.workspace).await.unwrap();
        assert_eq!(rotated, Rotated { version: 2, rewrapped: 7 });
        assert_eq!(wrapped_by(&setting, &subjects).await, [2; 7]);
        // `there` remembers version 1 only, and asks for keys that version 2 wrapped.
        texts.extend(written(&there, setting.workspace, &[SubjectId::new()]).await);
        all_read(&[&here, &there, &setting.ring()], setting.workspace, &texts).await;
    });
}

#[test]
fn a_rotation_that_is_cut_off_anywhere_leaves_all_readable_and_is_gone_on_with() {
    let subjects = subjects(8);
    for calls in 0.. {
        let store = Faulty::new();
        let setting = Setting::on(store.clone());
        let (ring, workspace) = (setting.ring(), setting.workspace);
        let done = block_on(async {
            let texts = written(&ring, workspace, &subjects).await;
            store.fail_after(calls);
            let rotated = ring.rotate_workspace_key(workspace).await;
            store.fail_after(-1);
            setting.expire();
            all_read(&[&ring, &setting.ring()], workspace, &texts).await;
            let resumed = ring.rewrap_subject_keys(workspace).await.unwrap();
            assert_eq!(wrapped_by(&setting, &subjects).await, [resumed.version; 8], "after {calls} calls");
            all_read(&[&ring, &setting.ring()], workspace, &texts).await;
            if let Err(error) = &rotated {
                assert_eq!(error.code(), "crypto.store");
            }
            rotated.is_ok()
        });
        if done {
            assert!(calls > 8, "it takes more calls than that: {calls}");
            return;
        }
    }
}

#[test]
fn a_key_that_was_wrapped_with_the_former_key_meanwhile_is_read_and_caught_later() {
    let setting = Setting::new();
    let (here, there, subject) = (setting.ring(), setting.ring(), SubjectId::new());
    block_on(async {
        written(&there, setting.workspace, &subjects(1)).await;
        here.rotate_workspace_key(setting.workspace).await.unwrap();
        let texts = written(&there, setting.workspace, &[subject]).await;
        assert_eq!(wrapped_by(&setting, &[subject]).await, [1]);
        all_read(&[&here, &setting.ring()], setting.workspace, &texts).await;
        setting.expire();
        let caught = here.rewrap_subject_keys(setting.workspace).await.unwrap();
        assert_eq!(caught, Rotated { version: 2, rewrapped: 1 });
        all_read(&[&here, &there], setting.workspace, &texts).await;
        assert_eq!(here.rewrap_subject_keys(setting.workspace).await.unwrap().rewrapped, 0);
    });
}

#[test]
fn a_master_key_is_rotated_step_by_step_without_a_pause() {
    let setting = Setting::new();
    let (here, there) = (setting.ring_under("a"), setting.ring_under("a"));
    let workspaces: Vec<_> = (0..5).map(|_| WorkspaceId::new()).collect();
    block_on(async {
        let mut texts = Vec::new();
        for workspace in &workspaces {
            texts.push(written(&here, *workspace, &subjects(2)).await);
            here.rotate_workspace_key(*workspace).await.unwrap();
        }
        let readable = async |rings: &[&KeyRing]| {
            setting.expire();
            for (workspace, texts) in workspaces.iter().zip(&texts) {
                all_read(rings, *workspace, texts).await;
            }
        };
        for letters in ["ab", "ba"] {
            for ring in [&here, &there] {
                ring.use_master(setting.master(letters));
                readable(&[&here, &there]).await;
            }
        }
        assert_eq!(here.rotate_master().await.unwrap(), 10);
        readable(&[&here, &there]).await;
        assert_eq!(here.rotate_master().await.unwrap(), 0);
        for ring in [&here, &there] {
            ring.use_master(setting.master("b"));
        }
        readable(&[&here, &there, &setting.ring_under("b")]).await;
        let old = read(&setting.ring_under("a"), workspaces[0], &texts[0][0]).await.unwrap_err();
        assert_eq!(old.code(), "crypto.unknown_master_key");
    });
}

#[test]
fn a_master_rotation_that_is_cut_off_anywhere_leaves_all_readable_and_is_gone_on_with() {
    for calls in 0.. {
        let store = Faulty::new();
        let setting = Setting::on(store.clone());
        let ring = setting.ring_under("a");
        let workspaces: Vec<_> = (0..7).map(|_| WorkspaceId::new()).collect();
        let done = block_on(async {
            let mut texts = Vec::new();
            for workspace in &workspaces {
                texts.extend(written(&ring, *workspace, &subjects(1)).await);
            }
            ring.use_master(setting.master("ba"));
            store.fail_after(calls);
            let rotated = ring.rotate_master().await;
            store.fail_after(-1);
            let readable = async |letters| {
                for (workspace, text) in workspaces.iter().zip(&texts) {
                    all_read(&[&setting.ring_under(letters)], *workspace, std::slice::from_ref(text)).await;
                }
            };
            readable("ab").await;
            let resumed = ring.rotate_master().await.unwrap();
            assert!(resumed == 0 || rotated.is_err(), "nothing is left to do");
            readable("b").await;
            rotated.is_ok()
        });
        if done {
            assert!(calls >= 7, "it takes more calls than that: {calls}");
            return;
        }
    }
}
