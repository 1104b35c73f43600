//! A caller that goes away at any moment leaves nothing half done and no connection out of order.
//!
//! The transaction is in a task of its own and its caller only waits for the answer, so what is dropped here is a caller after
//! none to six looks at it, while the transaction is anywhere. sqlx 0.9 on PostgreSQL, asked directly, lost 2,862 of 3,000
//! acknowledged inserts after this.

use std::{future::Future, task::Poll};

use futures::{FutureExt, pin_mut};
use sql::{Scope, SqlError};
use testkit::{Place, on_both};

use crate::{count_up, counter, new_counter, prepared};

on_both!(callers_that_go_away);

const CALLERS: usize = 3_000;

async fn callers_that_go_away(place: Place) {
    let place = prepared(place).await;
    new_counter(&place, "dropped").await;
    new_counter(&place, "kept").await;
    for number in 0..CALLERS {
        let call = place.database.write::<i64, SqlError, _>(Scope::System, |tx| count_up(tx, "dropped").boxed());
        dropped_after(number % 7, call).await;
        if number % 3 == 0 {
            let read = place.database.all("SELECT value FROM counters", vec![]);
            dropped_after(number % 5, read).await;
        }
        let kept: Result<i64, SqlError> = place.database.write(Scope::System, |tx| count_up(tx, "kept").boxed()).await;
        assert_eq!(kept.expect("acknowledged"), i64::try_from(number).expect("as stored") + 1);
    }
    assert_eq!(counter(&place, "kept").await, i64::try_from(CALLERS).expect("as stored"));
    // Who was dropped before the first look asked for nothing; of the others, what was handed over went to its end.
    let asked = (0..CALLERS).filter(|number| number % 7 > 0).count();
    let dropped = counter(&place, "dropped").await;
    assert!((1..=i64::try_from(asked).expect("as stored")).contains(&dropped), "{dropped} of {asked}");
}

/// Polls a future so many times, with the others of the runtime in between, and drops it.
async fn dropped_after(polls: usize, future: impl Future) {
    pin_mut!(future);
    for _ in 0..polls {
        let ended = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ended {
            return;
        }
        tokio::task::yield_now().await;
    }
}
