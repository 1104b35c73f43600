//! What has ended is forgotten in time.

use std::time::Duration;

use jobs::{Filter, Keep, NewBatch, Retry, State};
use kernel::PageRequest;
use testkit::{Place, on_both};

use testkit::conformance::jobs::shop::{Does, Shop};

on_both!(what_ended_long_ago_is_forgotten_and_nothing_else);

async fn what_ended_long_ago_is_forgotten_and_nothing_else(place: Place) {
    let shop = Shop::open(place).await;
    let members = vec![shop.job(0).await];
    let batch = shop.jobs.enqueue_batch(shop.workspace, NewBatch { members, callback: None }).await.expect("answers");
    let mut many = Vec::new();
    for number in 0..1_500 {
        many.push(shop.job(number).await);
    }
    shop.jobs.enqueue_many(many).await.expect("answers");
    shop.sql("UPDATE jobs SET state = 'succeeded', ended_at = run_at WHERE batch IS NULL").await;
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
    let dead = shop.enqueue(shop.job(1).await).await;
    shop.worker(Does::fails(Retry::Never)).drain().await.expect("answers");
    let waiting = shop.enqueue(shop.job(2).await.after(Duration::from_secs(1_000_000))).await;
    let keep = Keep { finished: Duration::from_secs(100), dead: None };
    shop.advance(100);
    assert_eq!(shop.jobs.forget(keep).await.expect("answers"), 0, "not yet");
    shop.advance(1);
    assert_eq!(shop.jobs.forget(keep).await.expect("answers"), 1_501);
    assert!(shop.jobs.batch(shop.workspace, batch).await.expect("answers").is_none());
    let left =
        shop.jobs.list(shop.workspace, &Filter::default(), &PageRequest::default()).await.expect("answers").items;
    assert_eq!(left.len(), 2);
    let keep = Keep { dead: Some(Duration::from_secs(10)), ..keep };
    assert_eq!(shop.jobs.forget(keep).await.expect("answers"), 1);
    assert!(shop.jobs.get(shop.workspace, dead).await.is_err());
    assert_eq!(shop.state(waiting).await, State::Queued);
}
