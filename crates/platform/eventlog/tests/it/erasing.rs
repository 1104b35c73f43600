//! An erasure in one process, and what others do that still remember the key.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crypto::{CryptoError, KeyRing, Limits, MasterKeys, MemoryKeyStore};
use eventlog::{Also, Cause, EventLog, How, LogError, NewStream, SubjectEvent};
use futures::FutureExt;
use kernel::{Actor, Permission, Personal, SubjectId, Who};
use testkit::{Place, on_both};

use testkit::conformance::event_log::toy::{Account, AccountEvent, AccountId, Overdrawn, Toy, ToyError, source};

on_both!(
    nothing_of_a_subject_is_stored_behind_its_end,
    an_end_comes_behind_what_is_being_stored,
    who_reads_the_log_hears_of_an_erasure,
    a_load_of_many_subjects_is_stored
);

/// Processes with rings of their own on one store of keys.
struct Processes {
    toy: Toy,
    store: Arc<MemoryKeyStore>,
    actor: Actor,
}

impl Processes {
    async fn new(place: Place) -> Self {
        let toy = Toy::new(place).await;
        let actor = Actor::new(toy.actor.workspace, Who::System, [Permission::SubjectsErase]);
        Self { toy, store: Arc::new(MemoryKeyStore::default()), actor }
    }

    async fn start(&self, seed: u64) -> EventLog {
        let master = MasterKeys::random(&*source(1).0.chance);
        let (source, _) = source(seed);
        let store: Arc<MemoryKeyStore> = Arc::clone(&self.store);
        let ring = KeyRing::new(store, master, source.clone(), Limits::default());
        EventLog::new(self.toy.place.again().await, ring, source, vec![])
    }
}

fn opened(subject: SubjectId) -> Vec<AccountEvent> {
    vec![AccountEvent::Opened { owner: Personal::of(subject, "Ada Lovelace".to_owned()) }]
}

async fn open(log: &EventLog, actor: &Actor, subject: SubjectId, how: How) -> Result<AccountId, LogError> {
    let id = AccountId::new();
    let done = log.change_with::<Account, Overdrawn, ToyError>(actor, id, how, move |_| Ok(opened(subject))).await;
    match done {
        Ok(_) => Ok(id),
        Err(ToyError::Log(error)) => Err(error),
        Err(ToyError::Overdrawn) => panic!("nobody paid"),
    }
}

fn is_refused<T: std::fmt::Debug>(done: &Result<T, LogError>, whose: SubjectId) -> bool {
    matches!(done, Err(LogError::Crypto(CryptoError::SubjectErased { subject })) if *subject == whose)
}

async fn nothing_of_a_subject_is_stored_behind_its_end(place: Place) {
    let processes = Processes::new(place).await;
    let (subject, other) = (SubjectId::new(), SubjectId::new());
    let (eraser, one, two) = (processes.start(11).await, processes.start(12).await, processes.start(13).await);
    let actor = &processes.actor;
    let id = open(&one, actor, subject, How::default()).await.expect("stored");
    open(&two, actor, subject, How::default()).await.expect("stored");
    eraser.erase_subjects(actor, &[subject]).await.expect("erased");
    let (account, _) = one.get::<Account>(actor.workspace, id).await.expect("read");
    assert!(
        account.owner.expect("there was one").open().is_some(),
        "it remembers the key, or this test proves nothing"
    );

    let refused = open(&one, actor, subject, How::default()).await;
    assert!(is_refused(&refused, subject), "{refused:?}");
    let (account, _) = one.get::<Account>(actor.workspace, id).await.expect("read");
    assert_eq!(account.owner.expect("there was one").open(), None, "it has forgotten the key");
    let streams = [other, subject].map(|whose| NewStream::<Account> { id: AccountId::new(), events: opened(whose) });
    let refused = two.append_many(actor, Cause::default(), streams.into()).await;
    assert!(is_refused(&refused, subject), "{refused:?}");
    open(&two, actor, other, How::default()).await.expect("others are stored");
    processes.toy.seal().await;
    assert_eq!(eraser.head().await.expect("read"), 4);
}

async fn an_end_comes_behind_what_is_being_stored(place: Place) {
    let processes = Processes::new(place).await;
    let subject = SubjectId::new();
    let (eraser, log) = (processes.start(11).await, processes.start(12).await);
    open(&log, &processes.actor, subject, How::default()).await.expect("stored");
    let also: Also = Box::new(|_, _| tokio::time::sleep(Duration::from_secs(1)).map(Ok).boxed());
    let actor = processes.actor.clone();
    let slow = tokio::spawn(async move {
        open(&log, &actor, subject, How { also: Some(also), ..How::default() }).await.expect("stored");
        Instant::now()
    });
    tokio::time::sleep(Duration::from_millis(400)).await;
    eraser.erase_subjects(&processes.actor, &[subject]).await.expect("erased");
    let told = Instant::now();
    let stored = slow.await.expect("no panic");
    assert!(told + Duration::from_millis(100) > stored, "the end was told while something was being stored");
    processes.toy.seal().await;
    let kinds: Vec<String> =
        eraser.after(0, 10).await.expect("read").into_iter().map(|event| event.category().to_owned()).collect();
    assert_eq!(kinds, ["toy.account", "toy.account", "eventlog.subject"]);
}

async fn who_reads_the_log_hears_of_an_erasure(place: Place) {
    let processes = Processes::new(place).await;
    let subject = SubjectId::new();
    let (eraser, log) = (processes.start(11).await, processes.start(12).await);
    let id = open(&log, &processes.actor, subject, How::default()).await.expect("stored");
    let owner = async || {
        let (account, _) = log.get::<Account>(processes.actor.workspace, id).await.expect("read");
        account.owner.expect("there was one").open().cloned()
    };
    for _ in 0..2 {
        eraser.erase_subjects(&processes.actor, &[subject]).await.expect("erased");
    }
    processes.toy.seal().await;
    assert!(owner().await.is_some(), "it remembers the key, or this test proves nothing");
    let events = log.after(1, 10).await.expect("read");
    assert_eq!(owner().await, None);
    assert_eq!(events.len(), 2, "it is told again");
    let SubjectEvent::SubjectErased { subject: told } = log.open(&events[1]).await.expect("read");
    assert_eq!(told, subject);
}

/// More than the locks and than one question has.
async fn a_load_of_many_subjects_is_stored(place: Place) {
    let processes = Processes::new(place).await;
    let log = processes.start(11).await;
    let subjects: Vec<SubjectId> = (0..700).map(|_| SubjectId::new()).collect();
    let streams = || {
        let stream = |subject: &SubjectId| NewStream::<Account> { id: AccountId::new(), events: opened(*subject) };
        subjects.iter().map(stream).collect::<Vec<_>>()
    };
    assert_eq!(log.append_many(&processes.actor, Cause::default(), streams()).await.expect("stored"), 700);
    processes.start(12).await.erase_subjects(&processes.actor, &[subjects[650]]).await.expect("erased");
    let refused = log.append_many(&processes.actor, Cause::default(), streams()).await;
    assert!(is_refused(&refused, subjects[650]), "{refused:?}");
}
