//! Once in effect, and how long that is remembered.

use std::time::Duration;

use bus::Settings;
use sql::args;
use tokio::time::sleep;

use super::toy::{Bench, CounterId, Listener, Reply, quick};
use crate::{Place, conformance::rules::rules};

rules!(what_comes_again_has_its_effect_once, what_can_come_again_is_not_forgotten);

async fn what_comes_again_has_its_effect_once(place: Place) {
    let bench = Bench::on(place).await;
    let id = CounterId::new();
    let listener =
        Listener::told(|seen| if seen.attempt == 1 { Reply::EffectThenFail } else { Reply::Effect }).shared();
    let process = bench.start(&listener);
    bench.count(id, [1]).await;
    assert_eq!(bench.settled(&listener).await.dead, 1);
    let letters = bench.letters().list(bench.workspace, &kernel::PageRequest::default()).await.expect("listed");
    let (name, event) = (&letters.items[0].subscriber, letters.items[0].event_id);
    bench.letters().replay(bench.workspace, name, event).await.expect("replayed");
    listener.until(|_| listener.done(id) == [1]).await;
    process.stop().await;
    assert_eq!(bench.effects().await, [(format!("toy.counter.{id}"), 1)]);
}

async fn what_can_come_again_is_not_forgotten(place: Place) {
    let bench = Bench::on(place).await;
    let listener =
        Listener::told(|seen| if seen.number == 13 { Reply::EffectThenFail } else { Reply::Effect }).shared();
    let settings = Settings { inbox_kept: Duration::ZERO, look: Duration::from_millis(2), ..quick() };
    let remembered = async || {
        let rows = bench.log.database().all("SELECT position FROM inbox ORDER BY position", args![]).await;
        rows.expect("read").iter().map(|row| row.count(0).expect("a column")).collect::<Vec<_>>()
    };
    let process = bench.start_with(&listener, settings);
    for number in [1, 13, 2] {
        bench.count(CounterId::new(), [number]).await;
    }
    bench.settled(&listener).await;
    for _ in 0..500 {
        if remembered().await.len() <= 1 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    process.stop().await;
    assert_eq!(remembered().await, [2], "the dead letter may be replayed");
    assert_eq!(bench.effects().await.len(), 3);
    // With the default nothing is forgotten so soon.
    let process = bench.start_with(&listener, Settings { look: Duration::from_millis(2), ..quick() });
    bench.count(CounterId::new(), [3]).await;
    bench.settled(&listener).await;
    sleep(Duration::from_millis(400)).await;
    process.stop().await;
    assert_eq!(remembered().await.len(), 2);
}
