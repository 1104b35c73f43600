//! Events that need more than `events:read`.

use axum::http::StatusCode;
use eventlog::LogError;
use kernel::{Actor, Aggregate, Event, Permission};
use serde_json::{Value, json};

use crate::rig::Rig;

kernel::typed_id!(
    /// One stream.
    ThingId
);

#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Done {
    Done,
}

impl Event for Done {}

/// Streams that are called as those of identity are.
macro_rules! thing {
    ($name:ident, $stream:literal) => {
        #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
        struct $name;

        impl Aggregate for $name {
            const STREAM: &'static str = $stream;
            type Id = ThingId;
            type Event = Done;
            type Published = Value;

            fn apply(&mut self, _: &Done) {}

            fn publish(&self, _: &Done) -> Option<Value> {
                None
            }
        }
    };
}

thing!(Audit, "identity.audit");
thing!(Key, "identity.api_key");
thing!(Auditorium, "identity.auditorium");

async fn write<A: Aggregate<Id = ThingId, Event = Done>>(rig: &Rig, actor: &Actor) {
    let rule = |_: &A| Ok::<_, LogError>(vec![Done::Done]);
    rig.app.log.change::<A, LogError, LogError>(actor, ThingId::new(), rule).await.expect("written");
}

#[tokio::test]
async fn the_audit_and_keys_are_shown_to_who_may_read_them() {
    let rig = Rig::new(&[]).await;
    let system = rig.app.system();
    write::<Audit>(&rig, &system).await;
    write::<Key>(&rig, &system).await;
    write::<Auditorium>(&rig, &system).await;
    rig.app.seal().await;
    let (_, all) = rig.get(&system, "/api/v1/events").await;
    let events: Vec<&Value> = all["items"].as_array().expect("items").iter().collect();
    assert_eq!(events.len(), 3, "{all}");
    let see = async |held: &[Permission]| {
        let actor = rig.app.actor(held);
        let (_, listed) = rig.get(&actor, "/api/v1/events").await;
        let mut seen = Vec::new();
        for event in &events {
            let (id, stream) = (event["id"].as_str().expect("an id"), event["stream"].as_str().expect("a stream"));
            let is_listed = listed["items"].as_array().expect("items").contains(event);
            let shown = rig.get(&actor, &format!("/api/v1/events/{id}")).await.0;
            let (_, within) = rig.get(&actor, &format!("/api/v1/events?stream={stream}")).await;
            assert_eq!(is_listed, shown == StatusCode::OK, "{stream}: {shown}");
            assert_eq!(is_listed, within["items"] != json!([]), "{stream}: {within}");
            seen.push(is_listed);
        }
        seen
    };
    assert_eq!(see(&[Permission::EventsRead]).await, [false, false, true]);
    assert_eq!(see(&[Permission::EventsRead, Permission::AuditRead]).await, [true, false, true]);
    assert_eq!(see(&[Permission::EventsRead, Permission::KeysManage]).await, [false, true, true]);
}
