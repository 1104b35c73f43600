//! Following ids from one answer into another: each distinct id is asked for once, and what is gone is null and no fault.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn fifty_items_ask_once_for_each_distinct_id() {
    let world = World::new().await;
    let data = world.ask("reader", "{ deadLetters { items { number event { id kind } } } }").await.data();
    let items = data["deadLetters"]["items"].as_array().expect("items");
    assert_eq!(items.len(), 50);
    for item in items {
        let number = item["number"].as_u64().expect("a number") % 7;
        // The event 3 is gone, which is no fault.
        let expected = if number == 3 { Value::Null } else { json!(format!("kind {number}")) };
        assert_eq!(item["event"].get("kind").cloned().unwrap_or(Value::Null), expected, "{item}");
    }
    assert_eq!(world.calls.of("show_event").len(), 7);
}

#[tokio::test]
async fn an_id_that_was_followed_before_is_not_asked_for_again() {
    let world = World::new().await;
    let data =
        world.ask("reader", "{ deadLetters { items { event { kind cause { kind cause { kind } } } } } }").await.data();
    assert_eq!(data["deadLetters"]["items"][1]["event"]["cause"], json!({ "kind": "kind 2", "cause": null }));
    assert_eq!(world.calls.of("show_event").len(), 7, "the cause is one of the seven");
}

#[tokio::test]
async fn an_operation_that_gives_many_is_asked_once_for_all() {
    let world = World::new().await;
    let data = world.ask("manager", "{ sessions { items { workspace { name } } } }").await.data();
    let items = data["sessions"]["items"].as_array().expect("items");
    let names: Vec<_> = items.iter().take(4).map(|item| item["workspace"]["name"].clone()).collect();
    assert_eq!(names, [json!("workspace 0"), json!("workspace 1"), Value::Null, json!("workspace 0")]);
    assert_eq!(world.calls.of("list_workspaces").len(), 1);
}

#[tokio::test]
async fn a_link_has_the_access_of_where_it_leads() {
    let world = World::new().await;
    let json = world.ask("guest", "{ sessions { items { sessionId workspace { name } } } }").await.json();
    let errors = json["errors"].as_array().expect("errors");
    assert_eq!((errors.len(), &errors[0]["extensions"]["code"]), (50, &json!("kernel.forbidden")));
    assert_eq!(errors[0]["path"], json!(["sessions", "items", 0, "workspace"]));
    assert!(json["data"]["sessions"]["items"][0]["sessionId"].is_string(), "its neighbours are there");
    assert!(world.calls.of("list_workspaces").is_empty());
}
