//! Personal fields are ciphertext wherever they are stored, and nothing once their subject is erased.

use std::{path::Path, sync::Arc};

use crypto::{KeyRing, Limits, MasterKeys};
use eventlog::{
    EraseError, EventLog, How, KEY_MIGRATIONS, LogError, Once, Projection, Projector, ReadModel, Recorded, SqlKeyStore,
    SubjectEvent, Table,
};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, Permission, Personal, SubjectId, Timestamp, Who, WorkspaceId};
use sql::{Database, Settings, args};
use testkit::{Place, on_both};

use testkit::conformance::event_log::toy::{Account, AccountEvent, AccountId, Overdrawn, Toy, ToyError, source};

on_both!(an_erased_subject_is_gone_and_the_chain_stands);

async fn an_erased_subject_is_gone_and_the_chain_stands(place: Place) {
    let toy = Toy::new(place).await;
    let (id, subject, other) = (AccountId::new(), SubjectId::new(), SubjectId::new());
    for (id, subject, name) in [(id, subject, "Ada Lovelace"), (AccountId::new(), other, "Mary Somerville")] {
        let owner = Personal::of(subject, name.to_owned());
        let opened = vec![AccountEvent::Opened { owner }];
        toy.log.change::<Account, Overdrawn, ToyError>(&toy.actor, id, move |_| Ok(opened)).await.expect("stored");
    }
    toy.seal().await;
    let stored = toy.log.after(0, 10).await.expect("read");
    assert!(stored.iter().all(|event| !String::from_utf8_lossy(&event.payload).contains("Ada")));
    let opened: AccountEvent = toy.log.open(&stored[0]).await.expect("opened");
    assert_eq!(opened, AccountEvent::Opened { owner: Personal::of(subject, "Ada Lovelace".to_owned()) });

    toy.keys.erase(toy.actor.workspace, &[subject]).await.expect("erased");
    let (account, _) = toy.log.get::<Account>(toy.actor.workspace, id).await.expect("still read");
    let owner = account.owner.expect("there was one");
    assert_eq!((owner.open(), owner.subject()), (None, subject));
    assert_eq!(toy.pay(id, 5).await.expect("goes on"), 2);
    let AccountEvent::Opened { owner } = toy.log.open(&stored[1]).await.expect("opened") else {
        panic!("another event")
    };
    assert_eq!(owner.open().map(String::as_str), Some("Mary Somerville"));
    toy.seal().await;
    assert_eq!(toy.log.verify().await.expect("read").broken, None);
}

/// A read model that holds plain names: what a list that is searched by name has to do.
struct Names;

impl Projection for Names {
    fn name(&self) -> &'static str {
        "toy.names"
    }

    fn streams(&self) -> &'static [&'static str] {
        &["toy.account", "eventlog.subject"]
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "toy_names",
            sql: "CREATE TABLE {toy_names} (workspace_id UUID NOT NULL, subject UUID NOT NULL, name TEXT NOT NULL,
                    PRIMARY KEY (workspace_id, subject))",
        }]
    }

    fn project<'a>(&'a self, model: &'a mut ReadModel<'_>, event: &'a Recorded) -> BoxFuture<'a, Result<(), LogError>> {
        async move {
            if event.category() == "eventlog.subject" {
                let SubjectEvent::SubjectErased { subject } = model.open(event).await?;
                model
                    .execute("DELETE FROM {toy_names} WHERE workspace_id = $1 AND subject = $2", args![subject.0])
                    .await?;
            } else if let AccountEvent::Opened { owner } = model.open(event).await?
                && let Some(name) = owner.open()
            {
                let insert =
                    "INSERT INTO {toy_names} (workspace_id, subject, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                model.execute(insert, args![owner.subject().0, name]).await?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// Whether any file of a folder holds these bytes.
fn found_in(folder: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder").filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
    files.into_iter().any(|file| file.windows(text.len()).any(|part| part == text.as_bytes()))
}

/// Every byte of the files, with a reader that holds no old snapshot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_an_erased_subject_is_left_in_the_files() {
    let folder = tempfile::tempdir().expect("as stored");
    let open = |name: &str| Settings::of(format!("sqlite:{}", folder.path().join(name).display()));
    let keys = Database::open(&open("keys.db")).await.expect("as stored");
    keys.migrate(KEY_MIGRATIONS.to_vec(), Timestamp(0)).await.expect("as stored");
    let (source, _) = source(4);
    let master = MasterKeys::random(&*source.chance);
    let ring = KeyRing::new(Arc::new(SqlKeyStore::new(keys)), master, source.clone(), Limits::default());
    let database = Database::open(&open("log.db")).await.expect("as stored");
    database.migrate(eventlog::MIGRATIONS.to_vec(), Timestamp(0)).await.expect("as stored");
    let log = EventLog::new(database, ring, source, vec![]);
    let projector = Projector::new(log.clone(), vec![Arc::new(Names)]);
    projector.prepare().await.expect("as stored");
    let actor = Actor::system(WorkspaceId::new());
    let subject = SubjectId::new();
    for number in 0..40 {
        let (whose, name) =
            if number == 20 { (subject, "Ada Lovelace") } else { (SubjectId::new(), "Mary Somerville") };
        let opened = vec![AccountEvent::Opened { owner: Personal::of(whose, name.to_owned()) }; 12];
        let once = Once { key: format!("open {number}"), fingerprint: [1; 32] };
        let how = How { once: Some(once), ..How::default() };
        log.change_with::<Account, Overdrawn, ToyError>(&actor, AccountId::new(), how, move |_| Ok(opened))
            .await
            .expect("as stored");
    }
    log.seal_all().await.expect("as stored");
    projector.catch_up().await.expect("as stored");
    log.database().fold().await.expect("as stored");
    assert!(found_in(folder.path(), "Ada Lovelace"), "the read model holds it in plain, or this test proves nothing");

    let stranger = Actor::new(actor.workspace, Who::System, [Permission::EventsRead]);
    let refused = log.erase_subjects(&stranger, &[subject]).await;
    assert!(matches!(refused, Err(EraseError::Forbidden(_))), "{refused:?}");
    for _ in 0..2 {
        log.erase_subjects(&actor, &[subject]).await.expect("as stored");
    }
    let hers = log.after(20 * 12, 1).await.expect("as stored").remove(0);
    let AccountEvent::Opened { owner } = log.open(&hers).await.expect("still read") else { panic!("another event") };
    assert_eq!((owner.open(), owner.subject()), (None, subject));
    log.seal_all().await.expect("as stored");
    projector.catch_up().await.expect("as stored");
    log.database().rewrite(&["toy_names"]).await.expect("as stored");
    assert!(!found_in(folder.path(), "Ada Lovelace"));
    assert!(found_in(folder.path(), "Mary Somerville"), "only the read model's row of the subject went");
    assert_eq!(log.head().await.expect("as stored"), 40 * 12 + 2, "it is told each time");
    assert_eq!(log.verify().await.expect("as stored").broken, None);
}
