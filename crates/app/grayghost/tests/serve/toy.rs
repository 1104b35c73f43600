//! A note: the smallest aggregate, written by tests into the database of a server that runs.

use std::sync::Arc;

use bus::{Delivery, HandlerError, Hears, Subscriber, Subscriptions};
use crypto::{KeyRing, Limits, MasterKeys};
use eventlog::{EventId, EventLog, LogError, SqlKeyStore};
use futures::{FutureExt, future::BoxFuture};
use kernel::{Actor, Aggregate, Event, Personal, Source, SubjectId, SystemChance};
use sql::{Database, Settings};

use crate::server::Shop;

kernel::typed_id!(
    /// One note.
    NoteId
);

#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type")]
pub(crate) enum NoteEvent {
    NoteWritten { by: Personal<String>, words: u32 },
}

impl Event for NoteEvent {}

#[derive(Debug, serde::Serialize)]
#[serde(tag = "type")]
pub(crate) enum NoteFact {
    NoteHeard { words: u32 },
}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Note;

impl Aggregate for Note {
    const STREAM: &'static str = "toy.note";
    type Id = NoteId;
    type Event = NoteEvent;
    type Published = NoteFact;

    fn apply(&mut self, _: &NoteEvent) {}

    fn publish(&self, event: &NoteEvent) -> Option<NoteFact> {
        let NoteEvent::NoteWritten { words, .. } = event;
        Some(NoteFact::NoteHeard { words: *words })
    }
}

/// The log of a shop, as another process beside the server has it.
pub(crate) async fn log(shop: &Shop, url: Option<&str>) -> EventLog {
    let file = |name: &str| format!("sqlite:{}", shop.path(".grayghost").join(name).display());
    let (database, keys) = match url {
        Some(url) => (url.to_owned(), url.to_owned()),
        None => (file("grayghost.db"), file("keys.db")),
    };
    let open = async |url| Database::open(&Settings::of(url)).await.expect("opened");
    let (database, keys) = (open(database).await, open(keys).await);
    let path = shop.path(".grayghost/master.key");
    let (master, _) = MasterKeys::load_or_create(&path, &SystemChance).expect("the server's key");
    let store = Arc::new(SqlKeyStore::new(keys));
    EventLog::new(database, KeyRing::new(store, master, Source::system(), Limits::default()), Source::system(), vec![])
}

/// Writes notes of one to so many words, each in a stream of its own, and gives their events.
pub(crate) async fn write_notes(shop: &Shop, log: &EventLog, notes: u32) -> Vec<EventId> {
    let (actor, mut events) = (Actor::system(shop.workspace()), Vec::new());
    for words in 1..=notes {
        let by = Personal::of(SubjectId::new(), "Ada Lovelace".to_owned());
        let written = NoteEvent::NoteWritten { by, words };
        let changed = log
            .change::<Note, LogError, LogError>(&actor, NoteId::new(), move |_| Ok::<_, LogError>(vec![written]))
            .await;
        events.extend(changed.expect("written").events.iter().map(|event| event.event_id));
    }
    events
}

/// Hears notes and can handle none.
struct Deaf;

impl Subscriber for Deaf {
    fn name(&self) -> &'static str {
        "toy.deaf"
    }

    fn hears(&self) -> Hears {
        Hears::Facts(&["NoteHeard"])
    }

    fn handle<'a>(&'a self, _: &'a Delivery) -> BoxFuture<'a, Result<(), HandlerError>> {
        async { Err(HandlerError::Permanent("it is deaf".to_owned())) }.boxed()
    }
}

/// Has all facts refused, which makes them dead letters.
pub(crate) async fn refuse_all(shop: &Shop, log: &EventLog, letters: usize) {
    let bus = Subscriptions::new(log.clone(), vec![Arc::new(Deaf)], bus::Settings::default()).expect("one subscriber");
    let all_refused = async {
        let request = kernel::PageRequest::default();
        while bus::DeadLetters::of(log).list(shop.workspace(), &request).await.expect("letters").items.len() < letters {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    bus.run(all_refused).await;
}
