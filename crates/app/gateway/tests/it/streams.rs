//! Answers that go on: they begin within their time, leave at once, and end with the caller's standing.

use std::time::Duration;

use axum::http::{Request, header};
use futures::StreamExt as _;
use tokio::time;
use tower::ServiceExt as _;

use crate::world::{World, as_role, empty, generous};

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_stream_outlives_the_time_to_answer_and_is_not_packed() {
    let world = World::new(generous()).await;
    let request = as_role("reader", Request::get("/api/v1/watched")).header(header::ACCEPT_ENCODING, "gzip, br, zstd");
    let response = world.router.clone().oneshot(empty(request)).await.expect("infallible");
    assert_eq!((response.status().as_u16(), response.headers().get(header::CONTENT_ENCODING)), (200, None));
    assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store");
    let mut parts = response.into_body().into_data_stream();
    for _ in 0..4 {
        let part = time::timeout(PATIENCE, parts.next()).await.expect("in time").expect("goes on").expect("whole");
        assert_eq!(part, "data: may\n\n", "each event leaves by itself");
    }
    world.ended.lock().expect("whole").push("reader".to_owned());
    let part = time::timeout(PATIENCE, parts.next()).await.expect("in time").expect("goes on").expect("whole");
    assert_eq!(part, "data: may not\n\n");
}
