//! What the fields take and give.

use std::sync::Arc;

use graphql::{Edge, GraphQl, GraphqlError, GraphqlSettings, sdl};
use http_edge::{Access, HttpError, Operation, Root};
use serde_json::json;

use crate::{
    operations::{Calls, operations},
    world::World,
};

const ID: &str = "01010101-0101-0101-0101-010101010101";

#[tokio::test]
async fn a_page_is_asked_for_by_the_names_of_graphql() {
    let world = World::new().await;
    let query = "query ($mood: Mood) { things(limit: 2, cursor: \"c\", onlyMood: $mood) {
        items { thingId name mood rows free } nextCursor } }";
    let answer = world.ask_with("reader", json!({ "query": query, "variables": { "mood": "IN_GOOD_ORDER" } })).await;
    let item = |id: &str, number: u32, mood: &str| {
        json!({ "thingId": id, "name": format!("thing {number}"), "mood": mood, "rows": "9007199254740993",
            "free": { "a_b": [1, null] } })
    };
    let other = "02020202-0202-0202-0202-020202020202";
    assert_eq!(
        answer.data(),
        json!({ "things": { "items": [item(ID, 1, "BROKEN"), item(other, 2, "IN_GOOD_ORDER")], "nextCursor": "next" } })
    );
    let seen = json!({ "limit": 2, "cursor": "c", "only_mood": "in-good-order" });
    assert_eq!(world.calls.of("list_things"), [seen]);
}

#[tokio::test]
async fn a_body_is_an_input_and_versions_travel() {
    let world = World::new().await;
    let shown = world
        .ask("manager", &format!("{{ thing(thingId: \"{ID}\") {{ name version parts {{ name version }} }} }}"))
        .await;
    let parts = json!([{ "name": "thing 8", "version": null }, { "name": "thing 9", "version": null }]);
    assert_eq!(shown.data()["thing"], json!({ "name": "thing 1", "version": "7", "parts": parts }));
    let change = "mutation ($input: ChangeThingInput!, $version: Int64) {
        changeThing(thingId: \"01010101-0101-0101-0101-010101010101\", input: $input, ifVersion: $version) { name version } }";
    let input =
        json!({ "name": "new", "mood": "BROKEN", "firstPart": { "partName": "p" }, "rows": "9007199254740993" });
    let body = json!({ "query": change, "variables": { "input": input, "version": "7" } });
    let changed = world.ask_with("manager", body).await.data();
    assert_eq!(changed["changeThing"], json!({ "name": "new", "version": "8" }));
    let body = json!({ "name": "new", "mood": "broken", "first_part": { "part_name": "p" }, "rows": 9_007_199_254_740_993_u64 });
    assert_eq!(world.calls.of("change_thing"), [json!({ "id": ID, "version": 7, "body": body })]);
    let stale = json!({ "query": change, "variables": { "input": { "name": "new" }, "version": 6 } });
    assert_eq!(world.ask_with("manager", stale).await.code(), "http.other_version");
}

#[tokio::test]
async fn nothing_texts_maps_and_secrets_have_forms_too() {
    let world = World::new().await;
    let answer = world
        .ask("manager", "mutation { removeThing(thingId: \"a b?\") editFree(input: {a: [1, {b: null}]}) signIn(input: {email: \"ann\"}) { accessToken } }")
        .await;
    let expected = json!({ "removeThing": true, "editFree": { "a": [1, { "b": null }] }, "signIn": { "accessToken": "ann-secret" } });
    assert_eq!(answer.data(), expected);
    assert_eq!(world.calls.of("remove_thing"), [json!("a b?")]);
    assert_eq!(world.ask("", "{ text }").await.data(), json!({ "text": "plain" }));
}

#[tokio::test]
async fn an_operation_sees_the_request_that_rest_would_have_sent() {
    let world = World::new().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("x-request-id", "outer-7"), ("traceparent", trace), ("user-agent", "curl/8"), ("x-secret", "1")];
    let body = json!({ "query": "{ myEcho echo }" }).to_string();
    let told = world.send(crate::world::posted("reader", &headers, &body)).await.data();
    for field in ["echo", "myEcho"] {
        let echo = &told[field];
        assert_eq!((&echo["request_id"], &echo["traceparent"]), (&json!("outer-7"), &json!(trace)), "{told}");
        assert_eq!((&echo["address"], &echo["headers"]), (&json!("203.0.113.7"), &json!(["user-agent"])), "{told}");
    }
    assert!(told["echo"]["caller"].is_null(), "what is public is told of nobody, as over REST");
    assert!(told["myEcho"]["caller"].as_str().is_some_and(|who| who.starts_with("user:")));
}

#[tokio::test]
async fn fields_stand_in_the_order_of_the_document_and_mutations_run_in_it() {
    let world = World::new().await;
    let answer = world.ask("manager", "{ slow: things { nextCursor } ...F } fragment F on Query { text echo }").await;
    let keys: Vec<_> = answer.data().as_object().expect("fields").keys().cloned().collect();
    assert_eq!(keys, ["slow", "text", "echo"]);
    world
        .ask(
            "manager",
            "mutation { a: removeThing(thingId: \"1\") b: removeThing(thingId: \"2\") c: removeThing(thingId: \"3\") }",
        )
        .await;
    assert_eq!(world.calls.of("remove_thing"), [json!("1"), json!("2"), json!("3")]);
    let twice = "mutation { removeThing(thingId: \"4\") ...F } fragment F on Mutation { removeThing(thingId: \"4\") }";
    assert_eq!(world.ask("manager", twice).await.code(), "graphql.repeated");
    assert_eq!(world.calls.of("remove_thing").len(), 3, "neither ran");
}

#[tokio::test]
async fn the_schema_is_the_operations_and_the_same_each_time() {
    let calls = Arc::new(Calls::default());
    let all = operations(&calls);
    let text = sdl(&all).expect("a schema");
    assert_eq!(text, sdl(&operations(&calls)).expect("a schema"));
    for line in [
        "\tthings(\n\t\t\"\"\"\n\t\tSo many.\n\t\t\"\"\"\n\t\tlimit: Int,\n\t\tcursor: String,\n\t\tonlyMood: Mood\n\t): ThingList",
        "\t\tinput: ChangeThingInput!,",
        "\tremoveThing(thingId: ID!): Boolean",
        "\tcountdown(from: Int): Left",
        "\tIt fell.",
        "\tNeeds `jobs:manage`.",
        "\tfirstPart: PartBodyInput",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    for operation in &all {
        let Some((root, name)) = operation.field() else { continue };
        assert!(text.contains(&format!("\t{name}")), "{}.{name}", root.name());
    }
    assert!(!text.contains("SignOn"), "what is of REST alone is not served");
}

#[test]
fn two_operations_of_one_name_are_an_error() {
    let nobody: http_edge::Authenticate = Arc::new(|_| Box::pin(async { Err(HttpError::NobodyKnown.into()) }));
    let edge = Edge { authenticate: nobody, charge: Arc::new(|_, _| Box::pin(async { Ok(()) })) };
    let get = |id, path| Operation::get(id, path, Access::Public);
    let make =
        |second: Operation| GraphQl::new(GraphqlSettings::default(), edge.clone(), &[get("list_jobs", "/a"), second]);
    assert!(matches!(make(get("show_jobs", "/b")), Err(GraphqlError::SameName { .. })));
    assert!(make(get("show_jobs", "/b").called("jobsOverview")).is_ok());
    assert_eq!(get("list_jobs", "/a").field(), Some((Root::Query, "jobs".to_owned())));
}
