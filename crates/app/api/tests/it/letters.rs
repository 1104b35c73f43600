//! Dead letters: shown, edited, tried again, given up.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use bus::{Delivery, HandlerError, Hears, Policy, Subscriber};
use futures::{FutureExt, future::BoxFuture};
use kernel::SubjectId;
use modules::Module;
use serde_json::json;

use crate::rig::{Rig, stranger};

/// Never manages.
struct Clumsy;

impl Subscriber for Clumsy {
    fn name(&self) -> &'static str {
        "toy.clumsy"
    }

    fn hears(&self) -> Hears {
        Hears::All
    }

    fn policy(&self) -> Policy {
        Policy { attempts: 1, ..Policy::default() }
    }

    fn handle<'a>(&'a self, _: &'a Delivery) -> BoxFuture<'a, Result<(), HandlerError>> {
        async { Err(HandlerError::Permanent("it fell".to_owned())) }.boxed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_shown_edited_and_given_up_by_their_own_workspace() {
    let rig = Rig::new(&[Module { name: "toy", subscribers: vec![Arc::new(Clumsy)], ..Module::default() }]).await;
    let system = rig.app.system();
    rig.app.log.erase_subjects(&system, &[SubjectId::new()]).await.expect("erased");
    rig.app.settle().await;
    let (_, list) = rig.get(&system, "/api/v1/dead-letters").await;
    let letter = &list["items"][0];
    assert_eq!((&letter["subscriber"], &letter["error"]), (&json!("toy.clumsy"), &json!("it fell")), "{list}");
    let path = format!("/api/v1/dead-letters/toy.clumsy/{}", letter["event_id"].as_str().expect("an id"));
    let (_, shown) = rig.get(&system, &path).await;
    assert_eq!(shown["fact"]["type"], letter["fact_type"]);

    let stranger = stranger();
    assert_eq!(rig.get(&stranger, &path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(rig.get(&stranger, "/api/v1/dead-letters").await.1["items"], json!([]));
    for verb in ["replay", "discard"] {
        assert_eq!(rig.post(&stranger, &format!("{path}/{verb}")).await.0, StatusCode::NOT_FOUND, "{verb}");
    }

    let edit = format!("{path}/fact");
    let (status, problem) = rig.call(Some(&system), (Method::PUT, &edit), Some(json!({ "type": "other" }))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("bus.bad_edit")), "{problem}");
    let (status, shown) = rig.call(Some(&system), (Method::PUT, &edit), Some(shown["fact"].clone())).await;
    assert_eq!((status, shown["edited"].as_bool()), (StatusCode::OK, Some(true)), "{shown}");
    assert_eq!(rig.post(&system, &format!("{path}/replay")).await.0, StatusCode::NO_CONTENT);
    rig.app.settle().await;
    assert_eq!(rig.get(&system, &path).await.0, StatusCode::OK, "it failed once more");
    assert_eq!(rig.post(&system, &format!("{path}/discard")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(rig.get(&system, &path).await.0, StatusCode::NOT_FOUND);
}
