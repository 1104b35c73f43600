//! What a person does about a dead letter.

use std::sync::Arc;

use bus::{BusError, Letter};
use kernel::{Cursor, ErrorKind, PageRequest, ProductError, WorkspaceId};

use super::toy::{Bench, CounterId, Listener, Process, Reply};
use crate::{Place, conformance::rules::rules};

rules!(
    a_replay_goes_on_in_order,
    a_replay_that_fails_is_dead_again,
    an_edit_reaches_the_handler_alone,
    a_discarded_one_lets_the_parked_go_on,
    lists_are_paged_and_of_one_workspace,
    what_is_not_dead_is_left_alone
);

const NAME: &str = "toy.listener";

/// A stream whose second fact is dead, with two parked behind it.
async fn parked(place: Place) -> (Bench, Arc<Listener>, CounterId, Process, Letter) {
    let bench = Bench::on(place).await;
    let id = CounterId::new();
    let listener = Listener::told(|seen| if seen.number == 13 { Reply::Retry } else { Reply::Fine }).shared();
    let process = bench.start(&listener);
    bench.count(id, [1, 13, 2, 3]).await;
    bench.settled(&listener).await;
    let letter = only(&bench).await;
    (bench, listener, id, process, letter)
}

async fn only(bench: &Bench) -> Letter {
    let mut page = bench.letters().list(bench.workspace, &PageRequest::default()).await.expect("listed");
    assert_eq!((page.items.len(), page.next), (1, None));
    page.items.remove(0)
}

async fn a_replay_goes_on_in_order(place: Place) {
    let (bench, listener, id, process, letter) = parked(place).await;
    let expected = ("CounterCounted", 2, 3, 2, "on purpose", false);
    let found = (
        letter.fact_type.as_str(),
        letter.version,
        letter.attempts,
        letter.parked,
        letter.error.as_str(),
        letter.edited,
    );
    assert_eq!(found, expected);
    assert_eq!((letter.subscriber.as_str(), letter.stream.clone()), (NAME, format!("toy.counter.{id}")));
    listener.tell(|_| Reply::Fine);
    bench.letters().replay(bench.workspace, NAME, letter.event_id).await.expect("replayed");
    listener.until(|_| listener.done(id).len() == 4).await;
    bench.count(id, [4]).await;
    listener.until(|_| listener.done(id).len() == 5).await;
    let status = bench.settled(&listener).await;
    process.stop().await;
    assert_eq!(listener.done(id), [1, 2, 3, 4, 5]);
    assert_eq!((status.dead, status.parked), (0, 0));
}

async fn a_replay_that_fails_is_dead_again(place: Place) {
    let (bench, listener, id, process, letter) = parked(place).await;
    bench.letters().replay(bench.workspace, NAME, letter.event_id).await.expect("replayed");
    listener.until(|seen| seen.iter().any(|seen| seen.attempt == 4)).await;
    let status = bench.settled(&listener).await;
    process.stop().await;
    assert_eq!((status.dead, status.parked, listener.done(id)), (1, 2, vec![1]));
    assert_eq!(only(&bench).await.attempts, 4);
}

async fn an_edit_reaches_the_handler_alone(place: Place) {
    let (bench, listener, id, process, letter) = parked(place).await;
    let (letters, name) = (bench.letters(), (NAME, letter.event_id));
    let shown = letters.show(bench.workspace, NAME, letter.event_id).await.expect("shown");
    assert_eq!(
        (shown.original.as_slice(), &shown.edited),
        (br#"{"type":"CounterCounted","number":13}"#.as_slice(), &None)
    );
    assert_eq!(shown.letter, letter);
    for bad in ["", "[]", r#"{"type":"Other","number":1}"#, r#"{"number":1}"#] {
        let refused = letters.edit(bench.workspace, name, bad.as_bytes().to_vec()).await.expect_err(bad);
        assert_eq!((refused.kind(), refused.code()), (ErrorKind::Invalid, "bus.bad_edit"));
    }
    let edited = br#"{"type":"CounterCounted","number":99}"#.to_vec();
    letters.edit(bench.workspace, name, edited.clone()).await.expect("edited");
    let again = letters.show(bench.workspace, NAME, letter.event_id).await.expect("shown");
    assert_eq!((again.original, again.edited, again.letter.edited), (shown.original, Some(edited), true));
    letters.replay(bench.workspace, NAME, letter.event_id).await.expect("replayed");
    listener.until(|_| listener.done(id).len() == 4).await;
    process.stop().await;
    let numbers: Vec<u64> = listener.seen().iter().filter(|seen| seen.done).map(|seen| seen.number).collect();
    assert_eq!(numbers, [1, 99, 2, 3]);
    let event = bench.log.event(bench.workspace, letter.event_id).await.expect("read").expect("there");
    assert!(event.fact.is_some_and(|(_, fact)| fact.ends_with(b"13}")), "the log was touched");
    assert_eq!(bench.log.verify().await.expect("verified").broken, None);
}

async fn a_discarded_one_lets_the_parked_go_on(place: Place) {
    let (bench, listener, id, process, letter) = parked(place).await;
    bench.letters().discard(bench.workspace, NAME, letter.event_id).await.expect("discarded");
    listener.until(|_| listener.done(id).len() == 3).await;
    bench.count(id, [4]).await;
    listener.until(|_| listener.done(id).len() == 4).await;
    let status = bench.settled(&listener).await;
    process.stop().await;
    assert_eq!(listener.done(id), [1, 3, 4, 5]);
    assert_eq!((status.dead, status.parked), (0, 0));
    let again = bench.letters().discard(bench.workspace, NAME, letter.event_id).await.expect_err("gone");
    assert_eq!((again.kind(), again.code()), (ErrorKind::NotFound, "bus.no_such_letter"));
}

async fn lists_are_paged_and_of_one_workspace(place: Place) {
    let bench = Bench::on(place).await;
    let listener = Listener::told(|_| Reply::Permanent).shared();
    let process = bench.start(&listener);
    for number in 0..5 {
        bench.count(CounterId::new(), [number]).await;
    }
    assert_eq!(bench.settled(&listener).await.dead, 5);
    process.stop().await;
    let (mut found, mut after, mut pages): (Vec<Letter>, Option<Cursor>, u32) = (Vec::new(), None, 0);
    loop {
        let request = PageRequest::new(2, after).expect("well made");
        let page = bench.letters().list(bench.workspace, &request).await.expect("listed");
        found.extend(page.items);
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut different: Vec<_> = found.iter().map(|letter| letter.event_id).collect();
    assert!(different.is_sorted(), "in the order of the log");
    different.dedup();
    assert_eq!((pages, found.len(), different.len()), (3, 5, 5));
    let (stranger, letters) = (WorkspaceId::new(), bench.letters());
    assert!(letters.list(stranger, &PageRequest::default()).await.expect("listed").items.is_empty());
    let id = found[0].event_id;
    let fact = br#"{"type":"CounterCounted","number":1}"#.to_vec();
    for refused in [
        letters.show(stranger, NAME, id).await.map(|_| ()),
        letters.edit(stranger, (NAME, id), fact).await,
        letters.replay(stranger, NAME, id).await,
        letters.discard(stranger, NAME, id).await,
        letters.discard(bench.workspace, "toy.other", id).await,
    ] {
        assert!(matches!(refused, Err(BusError::NoSuchLetter { .. })), "{refused:?}");
    }
    assert_eq!(bench.status(&listener).await.dead, 5);
    let foreign = PageRequest::new(2, Some(Cursor::new("jobs.list_jobs", b"1"))).expect("well made");
    assert!(matches!(letters.list(bench.workspace, &foreign).await, Err(BusError::Page(_))));
}

async fn what_is_not_dead_is_left_alone(place: Place) {
    let (bench, listener, id, process, letter) = parked(place).await;
    process.stop().await;
    let stream = bench.log.stream(bench.workspace, &format!("toy.counter.{id}"), 0).await.expect("read");
    // Handled, parked, and, after a replay that nobody runs, waiting.
    bench.letters().replay(bench.workspace, NAME, letter.event_id).await.expect("replayed");
    for event in stream {
        let refused = bench.letters().discard(bench.workspace, NAME, event.event_id).await;
        assert!(matches!(refused, Err(BusError::NoSuchLetter { .. })), "{}: {refused:?}", event.version);
        let refused = bench.letters().replay(bench.workspace, NAME, event.event_id).await;
        assert!(matches!(refused, Err(BusError::NoSuchLetter { .. })), "{}: {refused:?}", event.version);
    }
    let status = bench.status(&listener).await;
    assert_eq!((status.waiting, status.dead, status.parked), (1, 0, 2));
}
