//! What a document may not be.

use std::time::{Duration, Instant};

use graphql::GraphqlSettings;
use serde_json::json;

use crate::world::World;

fn settings() -> GraphqlSettings {
    GraphqlSettings::default()
}

/// Refused with this limit, and taken with one more.
async fn held(what: &str, document: &str, (tight, wide): (GraphqlSettings, GraphqlSettings)) {
    let answer = World::limited(tight).await.ask("manager", document).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "graphql.beyond_limit"), "{what}: {}", answer.text());
    assert!(answer.text().contains(what), "{what}: {}", answer.text());
    let answer = World::limited(wide).await.ask("manager", document).await;
    assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    assert!(answer.json().get("errors").is_none(), "{what}: {}", answer.text());
}

#[tokio::test]
async fn each_limit_lets_through_what_it_allows_and_no_more() {
    let with = |set: &dyn Fn(&mut GraphqlSettings, u32), most: u32| {
        let (mut tight, mut wide) = (settings(), settings());
        set(&mut tight, most - 1);
        set(&mut wide, most);
        (tight, wide)
    };
    let document = "{ text }";
    held("bytes", document, with(&|all, most| all.max_document_bytes = most, 8)).await;
    held("tokens", "{ text # a b c\n }", with(&|all, most| all.max_tokens = most, 3)).await;
    let deep = "{ things { items { ...F } } } fragment F on Thing { parts { name } }";
    held("inside each other", deep, with(&|all, most| all.max_depth = most, 4)).await;
    held(
        "operations",
        "{ a: text b: text ... on Query { c: text } }",
        with(&|all, most| all.max_root_fields = most, 3),
    )
    .await;
    held("aliases", "{ things { items { a: name b: name } } }", with(&|all, most| all.max_aliases = most, 2)).await;
    // One for `things`, one for `items`, three for each of ten.
    let page = "{ things(limit: 10) { items { name mood rows } } }";
    held("fields of an answer", page, with(&|all, most| all.max_complexity = most, 32)).await;
    // A link counts three, and what it gives.
    let link = "{ sessions { items { workspace { name } } } }";
    held("fields of an answer", link, with(&|all, most| all.max_complexity = most, 2 + 50 * 4)).await;
    let large = "{ large }";
    let (tight, wide) = with(&|all, most| all.max_answer_bytes = most, 100_002);
    let answer = World::limited(tight).await.ask("", large).await;
    assert_eq!((answer.status, answer.code().as_str()), (200, "graphql.beyond_limit"), "of one field");
    assert_eq!(World::limited(wide).await.ask("", large).await.data()["large"].as_str().map(str::len), Some(100_000));
}

#[tokio::test]
async fn a_page_counts_by_its_limit_wherever_that_is_said() {
    let world = World::limited(GraphqlSettings { max_complexity: 100, ..settings() }).await;
    for (document, variables, fits) in [
        ("{ things(limit: 40) { items { name mood } } }", json!({}), true),
        ("{ things(limit: 60) { items { name mood } } }", json!({}), false),
        ("query ($most: Int) { things(limit: $most) { items { name mood } } }", json!({ "most": 60 }), false),
        ("query ($most: Int = 60) { things(limit: $most) { items { name mood } } }", json!({}), false),
        ("query ($most: Int = 60) { things(limit: $most) { items { name mood } } }", json!({ "most": 5 }), true),
        ("{ things { items { name mood rows } } }", json!({}), false),
    ] {
        let answer = world.ask_with("reader", json!({ "query": document, "variables": variables })).await;
        assert_eq!(answer.status == 200, fits, "{document} {variables}: {}", answer.text());
    }
}

#[tokio::test]
async fn fragments_that_double_are_refused_before_they_cost_anything() {
    let world = World::new().await;
    let mut document = "{ ...F0 }".to_owned();
    for number in 0..30 {
        document += &format!(" fragment F{number} on Query {{ ...F{0} ...F{0} }}", number + 1);
    }
    document += " fragment F30 on Query { text }";
    let begun = Instant::now();
    let answer = world.ask("reader", &document).await;
    assert_eq!(answer.code(), "graphql.beyond_limit");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let cycle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    assert_eq!(world.ask("reader", cycle).await.code(), "graphql.beyond_limit");
    let deep = format!("{{ a {}{} }}", "{ a ".repeat(5_000), "}".repeat(5_000));
    assert_eq!(
        World::limited(GraphqlSettings { max_tokens: 1_000_000, ..settings() }).await.ask("reader", &deep).await.status,
        400
    );
}

#[tokio::test]
async fn introspection_has_a_switch_and_no_bottomless_lists() {
    let query =
        "{ __schema { queryType { name } types { fields { args { name } } } } __type(name: \"Thing\") { name } }";
    let on = World::new().await;
    assert_eq!(on.ask("", query).await.data()["__type"]["name"], "Thing");
    let nested = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(on.ask("", nested).await.code(), "graphql.beyond_limit");
    let wide = "{ __schema { types { fields { ...G } } } } fragment G on __Field { ...F ...F ...F ...F } fragment F on __Field {";
    let wide = format!("{wide} {} }}", "name ".repeat(120));
    assert_eq!(
        on.ask("", &wide).await.code(),
        "graphql.beyond_limit",
        "each is answered for every field of every type"
    );
    let off = World::limited(GraphqlSettings { introspection: false, ..settings() }).await;
    for hidden in
        [query, "{ ...F } fragment F on Query { __schema { description } }", "{ a: __type(name: \"Thing\") { name } }"]
    {
        assert_eq!(off.ask("manager", hidden).await.code(), "graphql.no_introspection", "{hidden}");
    }
    assert_eq!(off.ask("", "{ __typename text }").await.data()["__typename"], "Query");
    let hint = off.ask("", "{ thing }").await.text();
    assert!(!hint.contains("Did you mean"), "{hint}");
}

#[tokio::test]
async fn a_document_ends_with_its_time() {
    let world = World::limited(GraphqlSettings { timeout_ms: 200, ..settings() }).await;
    let begun = Instant::now();
    let answer = world.ask("reader", "{ text runSlowly }").await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(answer.text().contains("graphql.timed_out"), "{}", answer.text());
}

#[test]
fn every_limit_is_a_setting_and_unknown_ones_are_refused() {
    let text = serde_json::to_value(settings()).expect("JSON");
    let again: GraphqlSettings = serde_json::from_value(text).expect("settings");
    assert_eq!(again, settings());
    assert!(serde_json::from_value::<GraphqlSettings>(json!({ "max_dept": 3 })).is_err());
}
