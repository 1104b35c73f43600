//! A disk that fills: what cannot be written is refused and said, what was acknowledged stays, and room is enough to go on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use eventlog::LogError;
use kernel::{ErrorKind, ProductError};
use sql::{Database, Settings, SqlError};
use testkit::sqlite;

use testkit::conformance::event_log::toy::{Account, AccountId, Toy, ToyError};

const DISK: &str = "size=6m";

/// A small disk of its own, as only root can make one. Unmounted at the end.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self(at.to_owned()))
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut size = 1 << 20;
        let mut ballast = Vec::new();
        while size >= 512 {
            ballast.resize(ballast.len() + size, 0);
            if fs::write(self.ballast(), &ballast).is_err() {
                ballast.truncate(ballast.len() - size);
                size /= 2;
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.ballast()).expect("the ballast was there");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a reader may not have closed its file yet.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn assert_said(refused: &ToyError) {
    let ToyError::Log(LogError::Sql(error)) = refused else { panic!("another error: {refused:?}") };
    assert!(matches!(error, SqlError::Full(_)), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let remedy = error.remedy().expect("there is one");
    assert!(remedy.contains("disk"), "{remedy}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_breaks_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = Disk::mount(folder.path()) else {
        testkit::skipped("needs root, to mount a small disk");
        return;
    };
    let settings = Settings::of(format!("sqlite:{}", folder.path().join("log.db").display()));
    let database = Database::open(&settings).await.expect("opened");
    let mut place = sqlite().await;
    (place.database, place.settings) = (database, settings);
    let toy = Toy::new(place).await;
    let (id, mut acknowledged) = (AccountId::new(), 0);
    for _ in 0..20 {
        acknowledged = toy.pay(id, 1).await.expect("there is room");
    }
    disk.fill();
    let mut refused = 0;
    for _ in 0..200 {
        // Some still find room in the write-ahead log.
        match toy.pay(id, 1).await {
            Ok(version) => acknowledged = version,
            Err(error) => {
                assert_said(&error);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "only {refused} were refused");
    let (account, version) = toy.log.get::<Account>(toy.actor.workspace, id).await.expect("can be read");
    assert_eq!((account.balance.cast_unsigned(), version), (acknowledged, acknowledged));

    disk.free();
    assert_eq!(toy.pay(id, 1).await.expect("goes on"), acknowledged + 1);
    toy.seal().await;
    let verified = toy.log.verify().await.expect("read");
    assert_eq!((verified.events, verified.broken), (acknowledged + 1, None));
    let again = toy.other_process(2).await;
    let (account, _) = again.get::<Account>(toy.actor.workspace, id).await.expect("whole for others too");
    assert_eq!(account.balance.cast_unsigned(), acknowledged + 1);
}
