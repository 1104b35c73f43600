//! `Idempotency-Key`: the first answer again, and never a second write.

use std::{sync::atomic::Ordering, time::Duration};

use axum::http::Request;
use gateway::GatewaySettings;
use sql::Scope;
use testkit::{Place, on_both};
use tower::ServiceExt as _;

use crate::world::{World, as_role, empty, generous, post};

const DAY: i64 = 24 * 3_600 * 1_000_000;
const KEY: &[(&str, &str)] = &[("idempotency-key", "k1")];

fn writes(world: &World) -> u32 {
    world.state.writes.load(Ordering::SeqCst)
}

on_both!(
    the_same_request_gets_the_first_answer_for_a_day,
    of_many_at_once_one_is_run,
    what_became_of_a_run_that_was_lost_is_not_guessed,
    answers_are_sealed,
);

async fn the_same_request_gets_the_first_answer_for_a_day(place: Place) {
    let world = World::on(place, generous()).await;
    let first = world.post("/api/v1/things", KEY, r#"{"name":"a"}"#).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    let second = world.post("/api/v1/things", KEY, r#"{"name":"a"}"#).await;
    assert_eq!((second.status, second.header("idempotency-replayed")), (201, "true"));
    assert_eq!((second.body.clone(), second.header("content-type")), (first.body.clone(), "application/json"));
    assert_ne!(second.header("x-request-id"), first.header("x-request-id"));
    assert_eq!(writes(&world), 1);

    let other_body = world.post("/api/v1/things", KEY, r#"{"name":"b"}"#).await;
    assert_eq!((other_body.status, other_body.code().as_str()), (409, "gateway.key_reused"));
    let other_query = world.post("/api/v1/things?a=1", KEY, r#"{"name":"a"}"#).await;
    assert_eq!(other_query.code(), "gateway.key_reused");
    let other_caller = post("/api/v1/things", &[("idempotency-key", "k1")], r#"{"name":"b"}"#);
    let (mut parts, body) = other_caller.into_parts();
    parts.headers.insert("authorization", "Bearer bob-manager".parse().expect("a value"));
    assert_eq!(world.send(Request::from_parts(parts, body)).await.status, 201, "a key is its caller's own");
    assert_eq!(world.post("/api/v1/flaky", KEY, "{}").await.status, 200, "and its operation's");
    assert_eq!(writes(&world), 3);

    world.clock.advance_micros(DAY);
    assert_eq!(world.post("/api/v1/things", KEY, r#"{"name":"c"}"#).await.status, 201, "after a day it is a new key");
    assert_eq!(writes(&world), 4);
    assert_eq!(world.answers.sweep().await.expect("swept"), 2);
}

async fn of_many_at_once_one_is_run(place: Place) {
    let world = World::on(place, generous()).await;
    let first = tokio::spawn(world.router.clone().oneshot(post("/api/v1/wait", KEY, "{}")));
    while writes(&world) == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let others = futures::future::join_all((0..10).map(|_| world.post("/api/v1/wait", KEY, "{}"))).await;
    for other in others {
        assert_eq!((other.status, other.code().as_str(), other.header("retry-after")), (409, "gateway.in_flight", "1"));
    }
    world.state.leave.notify_one();
    assert_eq!(first.await.expect("ended").expect("infallible").status(), 200);
    assert_eq!(world.post("/api/v1/wait", KEY, "{}").await.header("idempotency-replayed"), "true");
    assert_eq!(writes(&world), 1);

    // A caller who goes away does not end what it began.
    let gone = tokio::spawn(world.router.clone().oneshot(post("/api/v1/wait", &[("idempotency-key", "k2")], "{}")));
    while writes(&world) == 1 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    gone.abort();
    let _ = gone.await;
    world.state.leave.notify_one();
    let again = loop {
        let again = world.post("/api/v1/wait", &[("idempotency-key", "k2")], "{}").await;
        if again.status == 200 {
            break again;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!((again.header("idempotency-replayed"), writes(&world)), ("true", 2));
}

async fn what_became_of_a_run_that_was_lost_is_not_guessed(place: Place) {
    let world = World::on(place, generous()).await;
    // A refusal has written nothing: the key is free.
    world.state.flaky.store(422, Ordering::SeqCst);
    assert_eq!(world.post("/api/v1/flaky", KEY, "{}").await.status, 422);
    // A fault may have: the key is used up.
    world.state.flaky.store(503, Ordering::SeqCst);
    assert_eq!(world.post("/api/v1/flaky", KEY, "{\"a\":1}").await.status, 503);
    assert_eq!(writes(&world), 2);
    world.state.flaky.store(200, Ordering::SeqCst);
    for _ in 0..2 {
        let lost = world.post("/api/v1/flaky", KEY, "{\"a\":1}").await;
        assert_eq!((lost.status, lost.code().as_str()), (409, "gateway.not_replayable"));
    }
    assert_eq!(writes(&world), 2, "it was not run again");

    // An operation that takes the key into its own transaction is run again, and writes once.
    world.state.flaky.store(500, Ordering::SeqCst);
    assert_eq!(world.post("/api/v1/once", KEY, "{}").await.status, 500);
    world.state.flaky.store(201, Ordering::SeqCst);
    let again = world.post("/api/v1/once", KEY, "{}").await;
    assert_eq!((again.status, again.json()["count"].as_u64(), writes(&world)), (201, Some(3), 3));

    // The process ended before it kept the answer: the lease ends, and the same holds.
    for (path, status, code) in [("/api/v1/once", 201, ""), ("/api/v1/things", 409, "gateway.not_replayable")] {
        let key = [("idempotency-key", "crashed")];
        assert_eq!(world.post(path, &key, "{}").await.status, 201);
        let lost = "UPDATE gateway_answers SET answer = NULL, key_version = NULL WHERE held_until > 0";
        let written = world
            .place
            .database
            .write(Scope::System, move |tx| Box::pin(async move { tx.execute(lost, vec![]).await }));
        let _: u64 = written.await.map_err(|error: sql::SqlError| error).expect("as after a crash");
        let before = writes(&world);
        let running = world.post(path, &key, "{}").await;
        assert_eq!(running.code(), "gateway.in_flight", "nobody knows yet that it is lost");
        world.clock.advance_micros(61_000_000);
        let after = world.post(path, &key, "{}").await;
        assert_eq!((after.status, writes(&world)), (status, before), "{path}");
        assert!(code.is_empty() || after.code() == code);
    }
}

async fn answers_are_sealed(place: Place) {
    let world = World::on(place, generous()).await;
    let first = world.post("/api/v1/things", KEY, r#"{"name":"Grace Hopper"}"#).await;
    assert!(String::from_utf8_lossy(&first.body).contains("Grace Hopper"));
    let rows =
        world.place.database.all("SELECT answer, key, fingerprint FROM gateway_answers", vec![]).await.expect("rows");
    assert_eq!(rows.len(), 1);
    for column in 0..3 {
        let bytes: Vec<u8> = rows[0].get(column).expect("bytes");
        assert!(
            !bytes.windows(5).any(|part| part == b"Grace") && !bytes.windows(2).any(|part| part == b"k1"),
            "{column}"
        );
    }
}

#[tokio::test]
async fn a_secret_is_never_kept_and_a_large_answer_is_not_given_in_part() {
    let world = World::new(GatewaySettings { max_kept_answer_bytes: 10, ..generous() }).await;
    for _ in 0..2 {
        let secret = world.post("/api/v1/secrets", KEY, "{}").await;
        assert_eq!((secret.status, secret.header("idempotency-replayed")), (200, ""));
    }
    assert_eq!(writes(&world), 2);
    let rows = world.place.database.all("SELECT 1 FROM gateway_answers", vec![]).await.expect("rows");
    assert!(rows.is_empty());
    assert_eq!(world.post("/api/v1/things", KEY, "{}").await.status, 201);
    assert_eq!(world.post("/api/v1/things", KEY, "{}").await.code(), "gateway.not_replayable");
    assert_eq!(writes(&world), 3);
}

#[tokio::test]
async fn keys_that_are_none_are_refused_and_other_methods_take_none() {
    let world = World::new(generous()).await;
    let long = "k".repeat(256);
    for key in ["", long.as_str(), "caf\u{e9}"] {
        let answer = world.post("/api/v1/things", &[("idempotency-key", key)], "{}").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "gateway.bad_key"), "{key:?}");
    }
    let twice = world.post("/api/v1/things", &[("idempotency-key", "a"), ("idempotency-key", "b")], "{}").await;
    assert_eq!(twice.code(), "gateway.bad_key");
    let read = as_role("reader", Request::get("/api/v1/things")).header("idempotency-key", "k1");
    assert_eq!(world.send(empty(read)).await.status, 200);
    assert_eq!(world.post("/api/v1/sessions", KEY, "{}").await.status, 200);
    let rows = world.place.database.all("SELECT 1 FROM gateway_answers", vec![]).await.expect("rows");
    assert!(rows.is_empty());
}
