//! What is refused, is refused as over REST, and alone.

use axum::{body::Body, http::Request};
use gateway::{GatewaySettings, Rate, walk};
use graphql::GraphqlSettings;
use http_edge::Root;
use serde_json::{Value, json};

use crate::world::{World, as_role, generous, posted};

const ID: &str = "01010101-0101-0101-0101-010101010101";

/// A field with arguments that name nothing.
fn document(root: Root, name: &str, path: &str) -> String {
    let word = root.name().to_ascii_lowercase();
    let id = |part: &str| format!("{}: \"00000000-0000-7000-8000-000000000000\"", camel(part));
    let mut arguments: Vec<String> =
        path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(id).collect();
    let input = match name {
        "changeThing" => Some("{name: \"x\"}"),
        "signIn" => Some("{email: \"x\"}"),
        "editFree" => Some("{}"),
        _ => None,
    };
    arguments.extend(input.map(|input| format!("input: {input}")));
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    let has_fields =
        !["removeThing", "editFree", "echo", "myEcho", "runHeavily", "runPanics", "runSlowly", "text", "large"]
            .contains(&name);
    format!("{word} {{ {name}{arguments} {} }}", if has_fields { "{ __typename }" } else { "" })
}

fn camel(part: &str) -> String {
    part.replace("thing_id", "thingId").replace("event_id", "eventId")
}

#[tokio::test]
async fn every_cell_of_the_table_is_the_same_as_over_rest() {
    let settings = GraphqlSettings { timeout_ms: 300, ..GraphqlSettings::default() };
    let world = World::with(GatewaySettings { timeout_ms: 300, ..generous() }, settings).await;
    let mut cells = 0;
    for role in ["", "guest", "reader", "manager"] {
        for operation in &world.operations {
            let Some((root, name)) = operation.field() else { continue };
            let bearer = (!role.is_empty()).then_some(role);
            let rest = if root == Root::Subscription {
                // It goes on; that it begins is enough, and its body is not waited for.
                let rest = tower::ServiceExt::oneshot(world.router.clone(), walk::request_for(operation, bearer)).await;
                rest.expect("infallible").status().as_u16()
            } else {
                world.send(walk::request_for(operation, bearer)).await.status
            };
            let document = document(root, &name, operation.path());
            let accept = if root == Root::Subscription { "text/event-stream" } else { "application/json" };
            let body = json!({ "query": document }).to_string();
            let answer = world.send(posted(role, &[("accept", accept)], &body)).await;
            let text = answer.text();
            let json: Value =
                match text.strip_prefix("event: next\ndata: ").or(Some(&text)).and_then(|text| text.lines().next()) {
                    Some(line) => serde_json::from_str(line).expect("an answer"),
                    None => Value::Null,
                };
            let status = json["errors"][0]["extensions"]["status"].as_u64().unwrap_or(200);
            let is_refused = |status: u64| [401, 403].contains(&status).then_some(status);
            assert_eq!(is_refused(status), is_refused(rest.into()), "{name} as {role:?}: {json}");
            cells += 1;
        }
    }
    assert_eq!(cells, (world.operations.len() - 1) * 4);
}

#[tokio::test]
async fn a_refusal_has_the_members_of_the_problem_that_rest_gives() {
    let world = World::new().await;
    let query = format!("mutation {{ changeThing(thingId: \"{ID}\", input: {{name: \"\"}}) {{ name }} }}");
    let body = json!({ "query": query }).to_string();
    let answer = world.send(posted("manager", &[("x-request-id", "r-1")], &body)).await.json();
    let rest = as_role("manager", Request::patch(format!("/api/v1/things/{ID}"))).header("x-request-id", "r-1");
    let rest = rest.header("content-type", "application/json").body(Body::from("{\"name\":\"\"}")).expect("a request");
    let problem = world.send(rest).await.json();
    let error = &answer["errors"][0];
    assert_eq!((&error["message"], &error["path"]), (&problem["detail"], &json!(["changeThing"])), "{error}");
    for member in ["code", "status", "remedy", "type", "request_id"] {
        assert!(!problem[member].is_null());
        assert_eq!(error["extensions"][member], problem[member], "{member}");
    }
    let field = json!({ "field": "firstPart.partName", "code": "invalid", "message": "it is empty" });
    assert_eq!((&error["extensions"]["fields"][0], &error["extensions"]["retry_after_s"]), (&field, &json!(7)));
    assert!(answer["data"]["changeThing"].is_null());
}

#[tokio::test]
async fn a_field_that_is_refused_leaves_its_neighbours_alone() {
    let world = World::new().await;
    let query = "{ workspaces { items { name } } text runPanics things(limit: 1) { items { name } } missing: thing(thingId: \"eeeeeeee-eeee-eeee-eeee-eeeeeeeeeeee\") { name } }";
    let answer = world.ask("reader", query).await;
    assert_eq!(answer.status, 200);
    let json = answer.json();
    let expected = json!({ "workspaces": null, "text": "plain", "runPanics": null,
        "things": { "items": [{ "name": "thing 1" }] }, "missing": null });
    assert_eq!(json["data"], expected);
    let mut codes: Vec<_> = json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|each| each["extensions"]["code"].as_str().expect("a code"))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["graphql.broken", "http.no_route", "kernel.forbidden"]);
    assert!(!answer.text().contains("a handler breaks"), "a fault of ours stays ours");
}

#[tokio::test]
async fn a_credential_that_is_not_good_is_told_so_and_none_may_do_what_is_public() {
    let world = World::new().await;
    assert_eq!(world.ask("nobody", "{ text }").await.status, 401);
    assert_eq!(world.ask("", "{ text }").await.status, 200);
    let stale = [("cookie", "grayghost_session=nobody")];
    assert_eq!(
        world.send(posted("", &stale, "{\"query\":\"{ text }\"}")).await.status,
        200,
        "a browser sends it unasked"
    );
    assert_eq!(world.send(posted("", &stale, "{\"query\":\"{ myEcho }\"}")).await.code(), "http.nobody_known");
    let cookie = posted("", &[("cookie", "grayghost_session=manager")], "{\"query\":\"{ text }\"}");
    let refused = world.send(cookie).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("gateway.csrf")));
}

#[tokio::test]
async fn many_fields_in_one_document_cost_what_they_cost_over_rest() {
    let tight = Rate { per_minute: 60, burst: 3 };
    let world =
        World::with(GatewaySettings { heavy: tight, sign_in: tight, ..generous() }, GraphqlSettings::default()).await;
    let fields: String = (0..5).map(|number| format!("f{number}: runHeavily ")).collect();
    let json = world.ask("reader", &format!("mutation {{ {fields} }}")).await.json();
    assert_eq!(world.calls.of("run_heavily").len(), 3, "{json}");
    let error = &json["errors"][1]["extensions"];
    assert_eq!((&error["code"], &error["status"]), (&json!("gateway.too_often"), &json!(429)));
    let rest = as_role("reader", Request::post("/api/v1/heavily")).body(Body::empty()).expect("a request");
    assert_eq!(world.send(rest).await.status, 429, "one bucket for both");
    let guesses: String =
        (0..5).map(|number| format!("f{number}: signIn(input: {{email: \"x\"}}) {{ accessToken }} ")).collect();
    for role in ["", "guest", "manager"] {
        let json = world.ask(role, &format!("mutation {{ {guesses} }}")).await.json();
        let refused = json["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(
            refused,
            if role.is_empty() { 2 } else { 5 },
            "guesses count by address, whoever makes them: {json}"
        );
    }
}

#[tokio::test]
async fn the_document_itself_costs_a_read() {
    let read = Rate { per_minute: 60, burst: 4 };
    let world = World::with(GatewaySettings { read, ..generous() }, GraphqlSettings::default()).await;
    let statuses = [world.ask("", "{ __typename }").await.status, world.ask("", "{ text }").await.status];
    assert_eq!(statuses, [200, 200]);
    assert_eq!(world.ask("", "{ __typename }").await.status, 200);
    assert_eq!(world.ask("", "{ __typename }").await.status, 429);
}
