//! GraphQL over HTTP: methods, types, statuses, and events.

use axum::{
    body::Body,
    http::{Request, header},
};
use graphql::GraphqlSettings;
use serde_json::json;

use crate::world::{World, got, plain, posted};

const NEW: &str = "application/graphql-response+json";
const OLD: &str = "application/json";

#[tokio::test]
async fn the_status_tells_how_a_document_fared_to_who_takes_that() {
    let world = World::new().await;
    for (body, new, old) in [
        ("{\"query\":\"{ text }\"}", 200, 200),
        ("{\"query\":\"{ text\"}", 400, 200),
        ("{\"query\":\"{ nothing }\"}", 400, 200),
        ("{\"query\":\"query A { text } query B { text }\"}", 400, 200),
        ("{\"query\":\"subscription { countdown { left } }\"}", 400, 200),
        ("{\"query\":\"{ things { nextCursor } }\"}", 200, 200),
        ("{\"query\":1}", 400, 400),
        ("{\"variables\":{}}", 400, 200),
        ("{\"query\":\"{ text }\",\"variables\":[]}", 400, 400),
        ("[{\"query\":\"{ text }\"}]", 400, 400),
        ("{", 400, 400),
    ] {
        for (accept, expected) in [(NEW, new), (OLD, old)] {
            let answer = world.send(posted("", &[("accept", accept)], body)).await;
            let kind = answer.header("content-type").to_owned();
            assert!(kind.starts_with(accept), "{body}: {kind}");
            if body != "{\"variables\":{}}" {
                assert_eq!(answer.status, expected, "{body} as {accept}: {}", answer.text());
            }
            let has_data = answer.json().get("data").is_some();
            assert_eq!(
                has_data,
                body.contains("text }\"}") && !body.contains("query B") && !body.starts_with('[')
                    || body.contains("things"),
                "{body}"
            );
        }
    }
    assert_eq!(world.send(posted("", &[("accept", "image/png")], "{\"query\":\"{ text }\"}")).await.status, 406);
    assert_eq!(world.send(posted("", &[], "[{\"query\":\"{ text }\"}]")).await.code(), "graphql.batch");
}

#[tokio::test]
async fn no_form_of_a_foreign_page_is_taken_for_a_request() {
    let world = World::new().await;
    let body = "{\"query\":\"mutation { removeThing(thingId: \\\"1\\\") }\"}";
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "",
    ] {
        let answer = world.send(posted("manager", &[("content-type", kind)], body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "http.not_json"), "{kind}");
    }
    assert!(world.calls.of("remove_thing").is_empty());
    assert_eq!(
        world.send(posted("manager", &[("content-type", "application/json; charset=utf-8")], body)).await.status,
        200
    );
}

#[tokio::test]
async fn get_runs_queries_alone() {
    let world = World::new().await;
    let query = "?query=query%20Q(%24most%3AInt)%7Bthings(limit%3A%24most)%7Bitems%7Bname%7D%7D%7D&variables=%7B%22most%22%3A1%7D&operationName=Q";
    let answer = world.send(got("reader", query, &[("accept", NEW)])).await;
    assert_eq!(answer.data()["things"]["items"], json!([{ "name": "thing 1" }]));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let query = "?query=mutation%7BremoveThing(thingId%3A%221%22)%7D";
    let refused = world.send(got("manager", query, &[])).await;
    assert_eq!((refused.status, refused.code().as_str(), refused.header("allow")), (405, "graphql.only_reads", "POST"));
    assert!(world.calls.of("remove_thing").is_empty());
    assert_eq!(world.send(got("", "?variables=x&query=%7Btext%7D", &[])).await.code(), "graphql.bad_request");
    let put = plain(Request::put("/graphql")).body(Body::empty()).expect("a request");
    assert_eq!(world.send(put).await.status, 405);
}

#[tokio::test]
async fn answers_with_a_secret_are_not_compressed_and_others_are() {
    let world = World::new().await;
    let long = "x".repeat(5_000);
    let secret = json!({ "query": format!("mutation {{ signIn(input: {{email: \"{long}\"}}) {{ accessToken }} }}") })
        .to_string();
    let headers = [("accept-encoding", "gzip")];
    assert_eq!(world.send(posted("", &headers, &secret)).await.header("content-encoding"), "");
    let other = json!({ "query": "{ large }" }).to_string();
    assert_eq!(world.send(posted("", &headers, &other)).await.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn events_are_one_answer_after_the_other() {
    let world = World::new().await;
    let headers = [("accept", "text/event-stream")];
    let body = json!({ "query": "subscription { countdown(from: 2) { left } }" }).to_string();
    let answer = world.send(posted("reader", &headers, &body)).await;
    assert!(answer.header("content-type").starts_with("text/event-stream"));
    assert_eq!(
        answer.text(),
        "event: next\ndata: {\"data\":{\"countdown\":{\"left\":2}}}\n\nevent: next\ndata: {\"data\":{\"countdown\":{\"left\":1}}}\n\n\
         event: complete\ndata: null\n\n"
    );
    let refused = world.send(posted("guest", &headers, &body)).await.text();
    assert!(refused.contains("kernel.forbidden") && refused.ends_with("event: complete\ndata: null\n\n"), "{refused}");
    let query = "?query=subscription%7Bcountdown(from%3A1)%7Bleft%7D%7D";
    assert!(world.send(got("reader", query, &headers)).await.text().contains("\"left\":1"), "EventSource sends GET");
}

#[tokio::test]
async fn a_stream_ends_with_the_credential_behind_it() {
    let world = World::limited(GraphqlSettings { recheck_ms: 50, ..GraphqlSettings::default() }).await;
    let body = json!({ "query": "subscription { countdown(from: 100000) { left } }" }).to_string();
    let ended = std::sync::Arc::clone(&world.ended);
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
    });
    let answering = world.send(posted("reader", &[("accept", "text/event-stream")], &body));
    let answer = tokio::time::timeout(std::time::Duration::from_secs(10), answering).await.expect("it ends").text();
    assert!(answer.contains("\"left\":99999") && answer.contains("http.nobody_known"), "{answer}");
    assert!(answer.ends_with("event: complete\ndata: null\n\n"));
}

#[tokio::test]
async fn streams_have_a_limit() {
    let world = World::limited(GraphqlSettings { max_streams: 0, ..GraphqlSettings::default() }).await;
    let body = json!({ "query": "subscription { countdown { left } }" }).to_string();
    let answer = world.send(posted("reader", &[("accept", "text/event-stream")], &body)).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (429, Some("graphql.too_many")));
}

#[tokio::test]
async fn browsers_get_graphiql_and_all_of_it_from_us() {
    let world = World::new().await;
    let accept = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let page = world.send(got("", "", &accept)).await;
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let text = page.text();
    assert!(!text.contains("<script>") && !text.contains("<style") && !text.contains("://"), "{text}");
    let loaded: Vec<_> = text.split('"').filter(|part| part.starts_with("/graphql/assets/")).collect();
    assert_eq!(loaded.len(), 4);
    for path in loaded {
        let file =
            plain(Request::get(path)).header(header::ACCEPT_ENCODING, "gzip").body(Body::empty()).expect("a request");
        let file = world.send(file).await;
        assert_eq!((file.status, file.body.is_empty()), (200, false), "{path}");
        let kind = if path.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert!(file.header("content-type").starts_with(kind), "{path}");
        assert_eq!(file.header("content-encoding"), "gzip", "{path}");
    }
    let off = World::limited(GraphqlSettings { graphiql: false, ..GraphqlSettings::default() }).await;
    assert!(!off.send(got("", "", &accept)).await.text().contains("<html"));
}
