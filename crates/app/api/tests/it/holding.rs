//! Every operation by itself holds its caller to its permission, and describes itself.

use axum::http::{Method, StatusCode};
use http_edge::{About, Access, document};
use serde_json::json;

use crate::rig::Rig;

const ID: &str = "01a1fda1-bd4e-779c-9020-7128670cd6d6";

/// A path with its holes filled.
fn filled(path: &str) -> String {
    path.replace("{job_id}", ID).replace("{event_id}", ID).replace("{subscriber}", "shop.mail")
}

#[tokio::test]
async fn nobody_and_who_lacks_the_permission_are_refused_by_each() {
    let rig = Rig::new(&[]).await;
    assert_eq!(rig.operations.len(), 13);
    for operation in &rig.operations {
        assert!(matches!(operation.access(), Access::Needs(_)), "{operation:?}");
        let (method, path) = (operation.method().clone(), filled(operation.path()));
        let body = || (method == Method::PUT).then(|| json!({ "type": "x" }));
        let (status, problem) = rig.call(None, (method.clone(), &path), body()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNAUTHORIZED, &json!("http.nobody_known")),
            "{operation:?}"
        );
        let almost = rig.without(operation.access());
        let (status, problem) = rig.call(Some(&almost), (method.clone(), &path), body()).await;
        assert_eq!((status, &problem["code"]), (StatusCode::FORBIDDEN, &json!("kernel.forbidden")), "{operation:?}");
        let (status, problem) = rig.call(Some(&rig.app.system()), (method.clone(), &path), body()).await;
        let expected = if operation.path().contains('{') { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(status, expected, "{operation:?}: {problem}");
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told_by_field() {
    let rig = Rig::new(&[]).await;
    let cases = [
        ("/api/v1/jobs?limit=many", StatusCode::UNPROCESSABLE_ENTITY, "http.bad_fields", "limit"),
        ("/api/v1/jobs?colour=red", StatusCode::UNPROCESSABLE_ENTITY, "http.bad_fields", "colour"),
        ("/api/v1/jobs?limit=0", StatusCode::UNPROCESSABLE_ENTITY, "kernel.bad_limit", ""),
        ("/api/v1/jobs?cursor=nonsense", StatusCode::UNPROCESSABLE_ENTITY, "kernel.bad_cursor", ""),
        ("/api/v1/jobs?state=asleep", StatusCode::UNPROCESSABLE_ENTITY, "api.unknown_state", ""),
        ("/api/v1/jobs/17", StatusCode::NOT_FOUND, "http.no_route", ""),
    ];
    for (path, status, code, field) in cases {
        let (found, problem) = rig.get(&rig.app.system(), path).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{path}: {problem}");
        assert_eq!(problem["errors"][0]["field"].as_str().unwrap_or_default(), field, "{path}: {problem}");
    }
}

#[tokio::test]
async fn the_document_names_each_with_its_permission() {
    let rig = Rig::new(&[]).await;
    let about = About { title: "test", version: "0", description: "" };
    let document = document(about, &rig.operations);
    for operation in &rig.operations {
        let described = &document["paths"][operation.path()][operation.method().as_str().to_ascii_lowercase()];
        assert_eq!(described["operationId"], operation.id());
        let Access::Needs(permission) = operation.access() else { panic!("{operation:?}") };
        assert_eq!(described["x-permission"], permission.name());
    }
    let references: Vec<String> = document
        .to_string()
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
        .collect();
    assert!(!references.is_empty());
    for name in references {
        assert!(document["components"]["schemas"][&name].is_object(), "{name} is not described");
    }
}
