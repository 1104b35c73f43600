//! What the lists of identity can be asked: `filter`, `sort` and `fields`, over their pages.

use std::{collections::BTreeSet, time::Duration};

use axum::http::{StatusCode, header};
use eventlog::{Cause, NewStream};
use identity::{INSTALLATION, IdentityError, LinkedIdentityId, PasskeyId};
use identity_model::{LinkedIdentity, LinkedIdentityEvent, User, UserEvent};
use kernel::{Actor, Personal, SubjectId, UserId};
use serde_json::{Value, json};
use testkit::Place;

use crate::{house::House, http::Client};

testkit::on_both!(
    members_are_filtered_sorted_and_shown_in_part,
    keys_are_filtered_within_a_bounded_number_of_rows,
    invitations_are_filtered_and_sorted,
    sessions_are_filtered_and_sorted,
    the_audit_is_filtered_and_sorted,
    links_are_filtered_and_sorted,
    lists_of_one_page_are_filtered_and_sorted,
    nobody_finds_what_is_of_others
);

/// The workspace `default`, whose owner asks.
pub(crate) struct Rig {
    pub(crate) house: House,
    client: Client,
    ann: UserId,
}

impl Rig {
    pub(crate) async fn new(place: Place) -> Self {
        let house = House::new(place).await;
        let ann = house.set_up("ann@example.com").await;
        let mut client = Client::of(&house);
        client.sign_in().await;
        Self { house, client, ann }
    }

    fn tick(&self) {
        self.house.wait(Duration::from_secs(1));
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, _, answer) = self.client.ask("POST", path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{path}: {answer}");
        answer
    }

    pub(crate) async fn ask(&self, path: &str, query: &[(&str, &str)]) -> (StatusCode, Value) {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let (status, _, answer) = self.client.ask("GET", &format!("{path}?{query}"), None).await;
        (status, answer)
    }

    async fn page(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let (status, page) = self.ask(path, query).await;
        assert_eq!(status, StatusCode::OK, "{path} {query:?}: {page}");
        page
    }

    /// The items of all pages, one page after another.
    async fn walk(&self, path: &str, query: &[(&str, &str)], limit: usize) -> Vec<Value> {
        let (mut found, mut cursor, most) = (Vec::new(), None::<String>, limit.to_string());
        for _ in 0..100 {
            let mut query = [query, &[("limit", &most)]].concat();
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = self.page(path, &query).await;
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= limit, "{page}");
            found.extend(items.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return found,
            }
        }
        panic!("{path} {query:?} has no end");
    }

    /// The ids of the items for which a filter holds, found in pages of one, in pages of two, and at once.
    async fn found(&self, path: &str, id: &str, filter: &str) -> Vec<Value> {
        let query = [("filter", filter)];
        let all = column(&self.walk(path, &query, 500).await, id);
        for limit in [1, 2] {
            assert_eq!(column(&self.walk(path, &query, limit).await, id), all, "{filter} in pages of {limit}");
        }
        all
    }

    /// A list of `count` items is sorted by `key`, and where that is the same by `id`, in both directions and in pages of any size;
    /// and in one of both where nothing is asked.
    async fn is_sorted(&self, path: &str, (key, id): (&str, &str), (count, usual): (usize, &str)) {
        let mut expected = self.walk(path, &[], 500).await;
        expected.sort_by_key(|item| (item[key].to_string(), item[id].to_string()));
        let distinct: BTreeSet<_> = expected.iter().map(|item| item[id].to_string()).collect();
        assert_eq!((expected.len(), distinct.len()), (count, count), "{path}");
        for sort in [key.to_owned(), format!("-{key}")] {
            for limit in [1, 2, 3, 500] {
                let found = self.walk(path, &[("sort", &sort)], limit).await;
                assert_eq!(found, expected, "{path} by {sort} in pages of {limit}");
                if sort == usual {
                    assert_eq!(self.walk(path, &[], limit).await, found, "{path} in pages of {limit}");
                }
            }
            expected.reverse();
        }
    }
}

fn column(items: &[Value], name: &str) -> Vec<Value> {
    items.iter().map(|item| item[name].clone()).collect()
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().expect("items")
}

async fn members_are_filtered_sorted_and_shown_in_part(place: Place) {
    let (rig, path) = (Rig::new(place).await, "/api/v1/members");
    let mut ids = Vec::new();
    for (number, role) in ["viewer", "analyst", "viewer", "analyst", "viewer"].into_iter().enumerate() {
        // Three of them, and the owner, at the same moment.
        if number > 2 {
            rig.tick();
        }
        ids.push(json!(rig.house.member(&format!("m{number}@example.com"), role).await));
    }
    let locked = format!("/api/v1/users/{}/deactivate", ids[4].as_str().expect("an id"));
    assert_eq!(rig.client.ask("POST", &locked, None).await.0, StatusCode::NO_CONTENT);
    rig.is_sorted(path, ("since", "user_id"), (6, "since")).await;

    let mut analysts = rig.found(path, "user_id", "role=analyst").await;
    assert_eq!(analysts.pop(), Some(ids[3].clone()), "by moment");
    assert_eq!(analysts, [ids[1].clone()]);
    assert_eq!(rig.found(path, "user_id", "active=false").await, [ids[4].clone()]);
    assert_eq!(rig.found(path, "user_id", r#"email="m3@example.com""#).await, [ids[3].clone()], "it is sealed in rows");
    assert_eq!(rig.found(path, "user_id", "name:An AND role=owner").await, [json!(rig.ann)]);
    let since = rig.page(path, &[("filter", "role=owner")]).await["items"][0]["since"].clone();
    let later = format!("since>{} AND NOT active=false", since.as_str().expect("a time"));
    assert_eq!(rig.found(path, "user_id", &later).await, [ids[3].clone()]);
    let part = rig.page(path, &[("filter", r#"email:"m3@""#), ("fields", "role,user_id")]).await;
    assert_eq!(items(&part), [json!({ "user_id": ids[3], "role": "analyst" })]);
}

async fn keys_are_filtered_within_a_bounded_number_of_rows(place: Place) {
    let (rig, path) = (Rig::new(place).await, "/api/v1/api-keys");
    let mut ids = Vec::new();
    for number in 0..25 {
        let body = json!({ "name": format!("k{number:02}"), "role": "viewer" });
        ids.push(rig.post(path, body).await["key_id"].clone());
        // Some at the same moment, and the last by itself.
        if number % 3 == 0 || number == 23 {
            rig.tick();
        }
    }
    rig.is_sorted(path, ("issued_at", "key_id"), (25, "issued_at")).await;
    let gone = format!("{path}/{}", ids[7].as_str().expect("an id"));
    assert_eq!(rig.client.ask("DELETE", &gone, None).await.0, StatusCode::NO_CONTENT);

    let last = [("filter", "name=k24"), ("sort", "issued_at"), ("limit", "1")];
    let page = rig.page(path, &last).await;
    assert!(items(&page).is_empty() && page["next_cursor"].is_string(), "not all rows are looked at: {page}");
    assert_eq!(rig.found(path, "key_id", "name=k24").await, [ids[24].clone()]);
    assert_eq!(rig.found(path, "key_id", "revoked_at:*").await, [ids[7].clone()]);
    assert_eq!(rig.found(path, "key_id", "name<k02").await, ids[..2]);
    let by_ann = format!("issued_by=\"{}\" AND expires_at=null AND last_used_at=null", rig.ann);
    assert_eq!(rig.found(path, "key_id", &by_ann).await.len(), 25);
    let page = rig.page(path, &[("sort", "-issued_at"), ("fields", "name"), ("limit", "1")]).await;
    assert_eq!(items(&page), [json!({ "name": "k24" })]);
}

async fn invitations_are_filtered_and_sorted(place: Place) {
    let (rig, path) = (Rig::new(place).await, "/api/v1/invitations");
    let mut ids = Vec::new();
    for (number, role) in ["viewer", "analyst", "viewer", "analyst"].into_iter().enumerate() {
        let body = json!({ "email": format!("i{number}@example.com"), "role": role });
        ids.push(rig.post(path, body).await["invitation_id"].clone());
        if number > 0 {
            rig.tick();
        }
    }
    rig.is_sorted(path, ("expires_at", "invitation_id"), (4, "expires_at")).await;
    assert_eq!(rig.found(path, "invitation_id", "role=analyst").await, [ids[1].clone(), ids[3].clone()]);
    assert_eq!(rig.found(path, "invitation_id", r#"email:"i2@""#).await, [ids[2].clone()], "it is sealed in rows");
    let part = rig.page(path, &[("sort", "-expires_at"), ("fields", "email"), ("limit", "1")]).await;
    assert_eq!(items(&part), [json!({ "email": "i3@example.com" })]);
}

async fn sessions_are_filtered_and_sorted(place: Place) {
    let (rig, path) = (Rig::new(place).await, "/api/v1/sessions");
    let mut ids = Vec::new();
    for number in 0..4 {
        if number > 1 {
            rig.tick();
        }
        ids.push(json!(rig.house.tokens("ann@example.com").await.session));
    }
    rig.is_sorted(path, ("created_at", "session_id"), (5, "-created_at")).await;
    let unnamed = rig.found(path, "session_id", "agent=null").await;
    assert_eq!((unnamed.len(), &unnamed[..2]), (4, [ids[3].clone(), ids[2].clone()].as_slice()));
    let named = rig.page(path, &[("filter", r#"agent="curl/8""#), ("fields", "agent,address")]).await;
    assert_eq!(items(&named), [json!({ "agent": "curl/8", "address": null })]);
    let third = format!("session_id={}", ids[2].as_str().expect("an id"));
    assert_eq!(rig.found(path, "session_id", &third).await, [ids[2].clone()]);
}

async fn the_audit_is_filtered_and_sorted(place: Place) {
    let (rig, path) = (Rig::new(place).await, "/api/v1/audit");
    for number in 0..22 {
        rig.post("/api/v1/api-keys", json!({ "name": format!("k{number}"), "role": "viewer" })).await;
        if number % 4 == 0 {
            rig.tick();
        }
    }
    let nobody = json!({ "name": "more", "role": "nobody" });
    assert_eq!(rig.client.ask("POST", "/api/v1/api-keys", Some(nobody)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    rig.house.identity.flush_audit().await;
    rig.is_sorted(path, ("entry_id", "entry_id"), (25, "-entry_id")).await;
    let rising = rig.walk(path, &[("sort", "entry_id"), ("fields", "action,at")], 4).await;
    assert!(column(&rising, "at").is_sorted_by_key(ToString::to_string), "ids grow with time");
    assert_eq!(column(&rising[..3], "action"), ["set_up", "sign_in", "issue_key"]);
    assert_eq!(rising[0].as_object().map(serde_json::Map::len), Some(2));

    let refused = rig.page(path, &[("filter", "outcome=refused"), ("fields", "action,outcome,reason")]).await;
    let told = json!({ "action": "issue_key", "outcome": "refused", "reason": "identity.no_such_role" });
    assert_eq!(items(&refused), [told]);
    assert_eq!(rig.found(path, "action", "action=sign_in OR action=set_up").await, ["sign_in", "set_up"]);
    // An index answers what an action is equal to; for the rest rows are looked at, so many and no more.
    let first = rig.page(path, &[("filter", "action=sign_in"), ("limit", "1")]).await;
    assert_eq!(column(items(&first), "action"), ["sign_in"]);
    let first = rig.page(path, &[("filter", "NOT action!=sign_in"), ("limit", "1")]).await;
    assert!(items(&first).is_empty() && first["next_cursor"].is_string(), "{first}");
    assert_eq!(rig.found(path, "action", "NOT action!=sign_in").await, ["sign_in"]);

    let who = format!("user:{}", rig.ann);
    for (own, filter, count) in [
        (("action", "issue_key"), "outcome=done", 22),
        (("action", "issue_key"), "action=sign_in", 0),
        (("action", ""), "action=sign_in", 1),
        (("who", who.as_str()), "action=issue_key", 23),
        (("who", "system"), "action=issue_key", 0),
    ] {
        assert_eq!(rig.walk(path, &[own, ("filter", filter)], 5).await.len(), count, "{own:?} {filter}");
    }
    assert_eq!(rig.walk(path, &[("who", &who), ("action", "issue_key")], 5).await.len(), 23, "without a filter");
}

async fn links_are_filtered_and_sorted(place: Place) {
    let (rig, path) = (Rig::new(place).await, "/api/v1/me/identities");
    let bob = rig.house.member("bob@example.com", "viewer").await;
    let mut ids = Vec::new();
    for (number, user) in [rig.ann, rig.ann, bob, rig.ann].into_iter().enumerate() {
        let subject = Personal::of(SubjectId(user.0), format!("subject {number}"));
        let (provider, issuer) = (format!("p{number}"), format!("https://{number}.example.com"));
        let linked = LinkedIdentityEvent::IdentityLinked { user, provider, issuer, subject };
        let stream = NewStream::<LinkedIdentity> { id: LinkedIdentityId::new(), events: vec![linked] };
        ids.push(json!(stream.id));
        if number > 1 {
            rig.tick();
        }
        let system = Actor::system(INSTALLATION);
        rig.house.app.log.append_many(&system, Cause::default(), vec![stream]).await.expect("linked");
    }
    rig.is_sorted(path, ("linked_at", "identity_id"), (3, "linked_at")).await;
    assert_eq!(rig.found(path, "identity_id", "provider=p1 OR provider=p2").await, [ids[1].clone()]);
    let part = rig.page(path, &[("filter", r#"issuer:"3.example""#), ("fields", "provider")]).await;
    assert_eq!(items(&part), [json!({ "provider": "p3" })]);
}

async fn lists_of_one_page_are_filtered_and_sorted(place: Place) {
    let rig = Rig::new(place).await;
    for name in ["beta", "alpha"] {
        rig.post("/api/v1/workspaces", json!({ "name": name })).await;
    }
    let reader = json!({ "permissions": ["audit:read"] });
    assert_eq!(rig.client.ask("PUT", "/api/v1/roles/reader", Some(reader)).await.0, StatusCode::OK);
    for name in ["phone", "laptop", "stick"] {
        let about = |text: &str| Personal::of(SubjectId(rig.ann.0), text.to_owned());
        let added = UserEvent::PasskeyAdded { passkey: PasskeyId::new(), name: about(name), key: about("a key") };
        let decide = move |_: &User| Ok::<_, IdentityError>(vec![added]);
        let log = &rig.house.app.log;
        log.change::<User, IdentityError, IdentityError>(&Actor::system(INSTALLATION), rig.ann, decide)
            .await
            .expect("added");
    }
    for (path, (query, value), (member, expected)) in [
        ("workspaces", ("sort", "-name"), ("name", vec!["default", "beta", "alpha"])),
        ("workspaces", ("filter", "name!=default AND archived=false"), ("name", vec!["alpha", "beta"])),
        ("workspaces", ("filter", "requires_second_factor=true"), ("name", vec![])),
        ("roles", ("filter", "built_in=false"), ("role", vec!["reader"])),
        ("roles", ("filter", "permissions:\"audit:read\""), ("role", vec!["owner", "admin", "reader"])),
        (
            "roles",
            ("sort", "built_in,-role"),
            ("role", vec!["reader", "viewer", "owner", "api_user", "analyst", "admin"]),
        ),
        ("me/passkeys", ("sort", "name"), ("name", vec!["laptop", "phone", "stick"])),
        ("me/passkeys", ("filter", "name:p AND last_used_at=null"), ("name", vec!["phone", "laptop"])),
    ] {
        let page = rig.page(&format!("/api/v1/{path}"), &[(query, value)]).await;
        assert_eq!(column(items(&page), member), expected, "{path}?{query}={value}");
        assert_eq!(page["next_cursor"], Value::Null);
        let part = rig.page(&format!("/api/v1/{path}"), &[(query, value), ("fields", member)]).await;
        assert!(items(&part).iter().all(|item| item.as_object().is_some_and(|item| item.len() == 1)), "{part}");
        assert_eq!(column(items(&part), member), expected, "{path}?{query}={value} in part");
    }
    let (_, headers, _) = rig.client.ask("GET", "/api/v1/roles?fields=role", None).await;
    assert!(headers.contains_key(header::ETAG), "of the version that a change takes");
}

async fn nobody_finds_what_is_of_others(place: Place) {
    let mut rig = Rig::new(place).await;
    rig.post("/api/v1/api-keys", json!({ "name": "ours", "role": "viewer" })).await;
    rig.post("/api/v1/invitations", json!({ "email": "bob@example.com", "role": "viewer" })).await;
    rig.house.stranger("eve@example.com").await;
    let cursor = rig.page("/api/v1/audit", &[("limit", "1")]).await["next_cursor"].clone();
    let ours = [
        ("/api/v1/members", r#"email="ann@example.com""#),
        ("/api/v1/api-keys", "name=ours"),
        ("/api/v1/invitations", r#"email="bob@example.com""#),
        ("/api/v1/workspaces", "name=default"),
        ("/api/v1/sessions", r#"agent="curl/8""#),
        ("/api/v1/audit", "action=issue_key"),
    ];
    for (path, filter) in ours {
        assert_eq!(items(&rig.page(path, &[("filter", filter)]).await).len(), 1, "{path}");
    }
    let tokens = rig.house.tokens("eve@example.com").await;
    rig.client.token = Some(tokens.access.into_exposed());
    for (path, filter) in ours {
        let theirs = rig.page(path, &[("filter", filter)]).await;
        assert_eq!(theirs, json!({ "items": [], "next_cursor": null }), "{path}");
    }
    let cursor = cursor.as_str().expect("there is more");
    let theirs = rig.page("/api/v1/audit", &[("cursor", cursor), ("sort", "entry_id")]).await;
    assert!(column(items(&theirs), "action").iter().all(|action| action != "issue_key"), "{theirs}");
}
